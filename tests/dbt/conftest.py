"""The warehouse that most tests ask: one whole build of a world in which nothing is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from dbt_run import Build, run_dbt
from synthetic_world import (
    point,
    write_absence,
    write_live_feed,
    write_partition,
    write_reference,
    write_references,
    write_revision,
)


@pytest.fixture(scope="session")
def good_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a whole build, unit tests included, of a world in which nothing is wrong."""
    root = tmp_path_factory.mktemp("good") / "data"
    write_references(root)
    for dataset, columns in {**_calendar(), "nomis_age_sex": _ages()}.items():
        write_reference(root, dataset, columns)
    write_partition(root, "police_street", "2023-12", "eastvale", _street_2023())
    write_partition(root, "police_street", "2024-12", "eastvale", _street_2024(), quarantined=2)
    write_partition(root, "police_outcomes", "2024-12", "eastvale", _outcomes())
    write_partition(root, "police_stop_and_search", "2024-12", "eastvale", _stops())
    write_live_feed(root, "2024-12", _live_feed())
    write_absence(root, "police_street", "2024-12", "westmere", "absent", "not in the archive")
    old = root / "validated/police_street/month=2024-12/force=eastvale/superseded/1"
    old.mkdir(parents=True)
    (old / "part.parquet").write_bytes((old.parents[1] / "part.parquet").read_bytes())
    write_revision(old, earlier_count=12, later_count=12, outcome_changed_count=3)
    return run_dbt(root, "build")


def _live_feed() -> list[dict[str, Any]]:
    west, east = point(0, 0), point(2, 1000)
    corners = [(west, west), (east, west), (east, east), (west, east), (west, west)]
    ring = ", ".join(f"{x['longitude']} {y['latitude']}" for x, y in corners)
    shared = {"month": "2024-12", "area": "west", "area_wkt": f"POLYGON (({ring}))", "location_type": "Force"}
    return [
        shared | point(0.5) | {"api_id": "11", "crime_id": "live", "crime_type": "Robbery", "street_id": "5"},
        shared | {"api_id": "12", "crime_type": "Anti-social behaviour", "last_outcome_month": "2025-01"},
    ]


def _calendar() -> dict[str, dict[str, list[Any]]]:
    holidays = [date(2024, 1, 1), date(2024, 12, 25), date(2024, 12, 26), date(2024, 1, 2)]
    stations = ["oxford", "cardiff", "oxford"]
    return {
        "govuk_bank_holidays": {
            "division": ["england-and-wales"] * 3 + ["scotland"],
            "holiday_date": holidays,
            "title": ["New Year’s Day", "Christmas Day", "Boxing Day", "2nd January"],
            "notes": [None] * 4,
        },
        "metoffice_monthly_weather": {
            "station_id": stations,
            "station_name": stations,
            "easting_m": [450_900.0, 317_600.0, 450_900.0],
            "northing_m": [207_200.0, 177_300.0, 207_200.0],
            "weather_month": [date(2024, 12, 1), date(2024, 12, 1), date(2024, 11, 1)],
            "temperature_max_c": [9.0, 11.0, 12.5],
            "temperature_min_c": [3.0, 5.0, 6.5],
            "air_frost_days": [4, 2, 0],
            "rain_mm": [60.0, 120.0, 50.0],
            "sunshine_hours": [48.0, None, 70.0],
            "is_estimated": [False, True, False],
            "is_sunshine_from_sensor": [False, False, False],
            "is_provisional": [True, True, False],
        },
    }


def _ages() -> dict[str, list[Any]]:
    """Residents of 2022 by age and sex, as many of each age but the last, which makes up the areas' total."""
    each = [("E07000001", "Male", 30, 0), ("E07000001", "Female", 48, 52)]
    each += [("E07000002", "Male", 5, 0), ("E07000002", "Female", 5, 90)]
    cells = [
        (code, "Eastvale", 2022, sex, age, count + (extra if age == 90 else 0))
        for code, sex, count, extra in each
        for age in range(91)
    ]
    names = ["lad_2023_code", "lad_2023_name", "population_year", "sex", "age_years", "resident_count"]
    return dict(zip(names, map(list, zip(*cells, strict=True)), strict=True))


def _street_2023() -> list[dict[str, Any]]:
    crime = {"crime_id": "old", "month": "2023-12", "lsoa_code": "E01000001", "crime_type": "Burglary"}
    return [crime | point(0.5)]


def _street_2024() -> list[dict[str, Any]]:
    placed = [
        ("E01000001", 0.5, "Robbery"),
        ("E01000002", 1.5, "Drugs"),
        ("E01033002", 3.5, "Burglary"),
        ("E01000004", 4.5, "Shoplifting"),
        # Contained by E01033002, though the centroid of E01033001 is nearer.
        ("E01000003", 3.8, "Possession of weapons"),
        # Of the split, but north of every polygon: the nearest centroid of a child decides.
        ("E01000003", 3.1, "Vehicle crime"),
        (None, 7.5, "Public order"),
        # No polygon but the crude one, and its centroid within 5 km; then beyond 5 km of every centroid.
        (None, 21.5, "Other theft"),
        (None, 40.0, "Other crime"),
        ("E01999999", 0.5, "Bicycle theft"),
    ]
    rows = []
    for place, (code, kilometre, crime_type) in enumerate(placed):
        north = 1_500.0 if crime_type == "Vehicle crime" else 500.0
        rows.append(
            {
                "crime_id": f"id{place}",
                "month": "2024-12",
                "lsoa_code": code,
                "crime_type": crime_type,
                **point(kilometre, north),
            }
        )
    # Two reports of anti-social behaviour that equal each other in every field are two reports.
    nowhere = {"month": "2024-12", "crime_type": "Anti-social behaviour", "location": "No Location"}
    return [*rows, nowhere, dict(nowhere)]


def _outcomes() -> list[dict[str, Any]]:
    common = {"month": "2024-12", "lsoa_code": "E01000001", **point(0.5)}
    return [
        {"crime_id": "id0", "outcome_type": "Suspect charged", **common},
        {"crime_id": "id0", "outcome_type": "Offender given penalty notice", **common},
        {"crime_id": "elsewhere", "outcome_type": "Under investigation", **common},
    ]


def _stops() -> list[dict[str, Any]]:
    stop = {
        "type": "Person search",
        # Just before midnight UTC of the month before: still of the file's month.
        "date": "2024-11-30T23:59:00+00:00",
        "self_defined_ethnicity": "Black or Black British - African (B2)",
        "officer_defined_ethnicity": "Black",
        "outcome": "Suspect arrested",
        "outcome_linked_to_object_of_search": "True",
        **point(0.5),
    }
    not_stated = {
        "type": "Person search",
        "date": "2024-12-05T10:00:00+00:00",
        "self_defined_ethnicity": "Other ethnic group - Not stated",
        "officer_defined_ethnicity": "White",
        "outcome": "A no further action disposal",
    }
    return [stop, dict(stop), not_stated]
