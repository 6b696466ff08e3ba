"""What is known to be true of the city, for tests to hold an analysis against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from orchestration.sandbox.categories import CATEGORIES, NAMES, Category
from orchestration.sandbox.crimes import hotspot_intensity
from orchestration.sandbox.flaws import BadRow
from orchestration.sandbox.plan import FORCES
from orchestration.sandbox.stops import GROUP_NAMES, NO_FURTHER_ACTION_SHARE, NOT_STATED_SHARE, RATE_RATIOS

if TYPE_CHECKING:
    from orchestration.sandbox.city import City


@dataclass(frozen=True)
class PlantedHotspot:
    """A planted micro-hotspot in words.

    Parameters
    ----------
    hotspot_id
        Name of it.
    easting_m, northing_m, radius_m
        Circle that holds all its snap points, EPSG:27700.
    longitude, latitude
        Its centre, WGS 84.
    first_month, last_month
        Months in which it is active, both included, as ``YYYY-MM``.
    monthly_count
        Expected number of records in an active month.
    dominant_crime_type
        What most of them are.
    town_centre
        The town centre that it lies in, or None.
    lsoa_2021_code
        Its LSOA.
    """

    hotspot_id: str
    easting_m: float
    northing_m: float
    radius_m: float
    longitude: float
    latitude: float
    first_month: str
    last_month: str
    monthly_count: float
    dominant_crime_type: str
    town_centre: str | None
    lsoa_2021_code: str

    def is_active(self, first_month: str, last_month: str) -> bool:
        """Say whether it is active in any month of a window, both ends included."""
        return self.first_month <= last_month and first_month <= self.last_month


@dataclass(frozen=True)
class Truth:
    """The declared parameters and the hidden facts behind the published records.

    Parameters
    ----------
    months, lsoa_2021_codes
        Axes of ``expected_counts``; its middle axis is ``categories``.
    categories
        Crime types with their season (amplitude, peak month), annual growth and other parameters.
    expected_counts
        Expected street records, hotspots included, shape (2021 LSOAs, crime types, months), by true place.
    hotspots
        The planted micro-hotspots; not all are active at the end.
    records
        One row per street record: month, force, source_row, crime_type, lsoa_2021_code, lsoa_2011_code,
        easting_m, northing_m (all true, also where unpublished), is_located, is_outside_force_area,
        has_2011_code, repeats_crime_id, hotspot_id (null for the background), near_repeat_pair (null, or
        shared by two burglaries at one place in consecutive months).
    bad_rows
        Every row that a gate must quarantine, with the rule that it breaks.
    absent_members
        Archive members that were never published, as (month, force, kind).
    absent_categories
        Crime types missing from a street file, as (month, force, crime type).
    stop_rate_ratios
        Searches per resident relative to the White group, by force and then ethnic group.
    stop_no_further_action_share, stop_not_stated_share
        The same for every group.
    """

    months: tuple[str, ...]
    lsoa_2021_codes: tuple[str, ...]
    categories: tuple[Category, ...]
    expected_counts: np.ndarray
    hotspots: tuple[PlantedHotspot, ...]
    records: pa.Table
    bad_rows: tuple[BadRow, ...]
    absent_members: tuple[tuple[str, str, str], ...]
    absent_categories: tuple[tuple[str, str, str], ...]
    stop_rate_ratios: dict[str, dict[str, float]]
    stop_no_further_action_share: float
    stop_not_stated_share: float


def tell_truth(city: City) -> Truth:
    """Gather the truth of a city."""
    return Truth(
        months=city.plan.months,
        lsoa_2021_codes=tuple(city.geography.lsoa_2021.code.tolist()),
        categories=CATEGORIES,
        expected_counts=_expected(city),
        hotspots=_hotspots(city),
        records=_records(city),
        bad_rows=city.bad_rows,
        absent_members=city.plan.absent_members,
        absent_categories=city.plan.absent_categories,
        stop_rate_ratios={
            force.slug: dict(zip(GROUP_NAMES, ratios, strict=True))
            for force, ratios in zip(FORCES, RATE_RATIOS, strict=True)
        },
        stop_no_further_action_share=NO_FURTHER_ACTION_SHARE,
        stop_not_stated_share=NOT_STATED_SHARE,
    )


def _expected(city: City) -> np.ndarray:
    expected = city.intensity.copy()
    planted = hotspot_intensity(city.plan, city.hotspots)
    np.add.at(expected, [spot.lsoa for spot in city.hotspots], planted)
    return expected


def _hotspots(city: City) -> tuple[PlantedHotspot, ...]:
    from orchestration.sandbox.places import to_wgs84

    at = np.array([(spot.easting_m, spot.northing_m) for spot in city.hotspots])
    longitude, latitude = to_wgs84(at[:, 0], at[:, 1])
    return tuple(
        PlantedHotspot(
            hotspot_id=spot.hotspot_id,
            easting_m=spot.easting_m,
            northing_m=spot.northing_m,
            radius_m=spot.radius_m,
            longitude=float(longitude[i]),
            latitude=float(latitude[i]),
            first_month=city.plan.months[spot.first_month],
            last_month=city.plan.months[spot.last_month],
            monthly_count=spot.monthly_count,
            dominant_crime_type=NAMES[spot.dominant_category],
            town_centre=spot.town_centre,
            lsoa_2021_code=str(city.geography.lsoa_2021.code[spot.lsoa]),
        )
        for i, spot in enumerate(city.hotspots)
    )


def _records(city: City) -> pa.Table:
    crimes, geography, snaps = city.crimes, city.geography, city.snaps
    atom = snaps.atom[crimes.snap]

    def words(vocabulary: list[str], index: np.ndarray) -> pa.Array:
        return pa.array(vocabulary, pa.string()).take(pa.array(index, mask=index < 0))

    return pa.table(
        {
            "month": words(list(city.plan.months), crimes.month),
            "force": words([force.slug for force in FORCES], crimes.force),
            "source_row": pa.array(crimes.source_row),
            "crime_type": words(list(NAMES), crimes.category),
            "lsoa_2021_code": words(geography.lsoa_2021.code.tolist(), geography.atom_2021[atom]),
            "lsoa_2011_code": words(geography.lsoa_2011.code.tolist(), geography.atom_2011[atom]),
            "easting_m": pa.array(snaps.easting_m[crimes.snap]),
            "northing_m": pa.array(snaps.northing_m[crimes.snap]),
            "is_located": pa.array(crimes.is_located),
            "is_outside_force_area": pa.array(crimes.is_outside_force_area),
            "has_2011_code": pa.array(crimes.has_2011_code),
            "repeats_crime_id": pa.array(crimes.repeats_crime_id),
            "hotspot_id": words([spot.hotspot_id for spot in city.hotspots], crimes.hotspot),
            "near_repeat_pair": pa.array(crimes.near_repeat, mask=crimes.near_repeat < 0),
        }
    )
