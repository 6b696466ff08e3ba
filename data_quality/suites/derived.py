"""Conditions across columns, worked out for whole frames at once.

Each function returns a boolean series aligned with the frame: True where the condition holds. Great
Expectations then judges that series like any other column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.vocabularies import ANTI_SOCIAL_BEHAVIOUR, ETHNIC_GROUPS

if TYPE_CHECKING:
    import pandas as pd

    from data_quality.suites.rules import Derive

LONGITUDES = (-8.7, 1.8)
LATITUDES = (49.8, 60.9)
EASTINGS_M = (0.0, 700_000.0)
NORTHINGS_M = (0.0, 1_300_000.0)

_ISO_TIMESTAMP = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})"


def coordinates_in_great_britain(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether longitude and latitude are degrees inside Great Britain's bounds, or missing."""
    return _inside(frame["longitude"], LONGITUDES) & _inside(frame["latitude"], LATITUDES)


def coordinates_complete(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether longitude and latitude are both there or both missing."""
    return frame["longitude"].isna() == frame["latitude"].isna()


def location_complete(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the LSOA code is there exactly when a coordinate is."""
    is_placed = frame["longitude"].notna() | frame["latitude"].notna()
    return frame["lsoa_code"].notna() == is_placed


def crime_id_absent_only_for_asb(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the Crime ID is missing exactly for anti-social behaviour."""
    return frame["crime_id"].isna() == (frame["crime_type"] == ANTI_SOCIAL_BEHAVIOUR)


def date_in_month(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the stop's timestamp lies in the file's month, or on the day before or after it.

    Timestamps are UTC and files are cut by local time, so a stop just after midnight in summer carries the
    last date of the month before.
    """
    import pandas as pd

    dates = frame["date"].astype("str")
    is_timestamp = dates.str.fullmatch(_ISO_TIMESTAMP, na=False)
    moments = pd.to_datetime(dates.where(is_timestamp), format="ISO8601", utc=True, errors="coerce")
    start = pd.Timestamp(f"{month}-01", tz="UTC")
    earliest = start - pd.Timedelta(days=1)
    end = start + pd.offsets.MonthBegin(1) + pd.Timedelta(days=1)
    return (moments >= earliest) & (moments < end)


def appears_once(columns: tuple[str, ...]) -> Derive:
    """Return the condition that no other record is equal in every one of the given columns."""

    def condition(frame: pd.DataFrame, month: str | None) -> pd.Series:
        return ~frame.duplicated(subset=list(columns), keep=False)

    return condition


def unchanged_exactly_when_in_both_vintages(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the change indicator is U exactly when the 2011 code lives on as the same 2021 code."""
    is_in_both = frame["lsoa_2011_code"].isin(frame["lsoa_2021_code"])
    is_kept = frame["lsoa_2011_code"] == frame["lsoa_2021_code"]
    is_unchanged = frame["change_indicator"] == "U"
    return (is_in_both == is_unchanged) & (is_kept == is_unchanged)


def change_fits_its_areas(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether a split (S) has several 2021 codes, and a merger (M) several 2011 codes."""
    has_several_children = frame.duplicated("lsoa_2011_code", keep=False)
    has_several_parents = frame.duplicated("lsoa_2021_code", keep=False)
    is_split, is_merger = frame["change_indicator"] == "S", frame["change_indicator"] == "M"
    return (~is_split | has_several_children) & (~is_merger | has_several_parents)


def decile_follows_rank(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether no record of a lower rank, so more deprived, has a higher decile; missing ones pass."""
    import pandas as pd

    rank = pd.to_numeric(frame["imd_rank"]).astype("float64")
    decile = pd.to_numeric(frame["imd_decile"]).astype("float64")
    highest_so_far = decile[rank.sort_values(kind="stable").index].cummax().reindex(frame.index)
    return ~(decile < highest_so_far)


def has_five_ethnic_groups(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the record's LSOA has a count for each of the five ethnic groups."""
    distinct = frame.groupby("lsoa_2021_code", dropna=False)["ethnic_group"].transform("nunique")
    return distinct == len(ETHNIC_GROUPS)


def geometry_is_area(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the geometry is a valid, non-empty polygon or multipolygon (OGC Simple Features)."""
    import pandas as pd
    import shapely

    shapes = _shapes(frame)
    is_area = pd.Series(shapely.get_type_id(shapes), index=frame.index).isin([3, 6])
    return is_area & shapely.is_valid(shapes) & ~shapely.is_empty(shapes)


def geometry_in_national_grid(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the geometry's bounds are metres on the British National Grid (EPSG:27700).

    Degrees look like metres close to the grid's origin, so a shape must also span more than ten metres.
    """
    import numpy as np
    import pandas as pd
    import shapely

    west, south, east, north = shapely.bounds(_shapes(frame)).T
    with np.errstate(invalid="ignore"):
        is_inside = (
            (west >= EASTINGS_M[0])
            & (east <= EASTINGS_M[1])
            & (south >= NORTHINGS_M[0])
            & (north <= NORTHINGS_M[1])
            & (np.maximum(east - west, north - south) > 10.0)
        )
    return pd.Series(is_inside, index=frame.index)


def _shapes(frame: pd.DataFrame) -> object:
    import shapely

    geometry = frame["geometry_wkb"]
    return shapely.from_wkb(
        geometry.where(geometry.notna(), None).to_numpy(dtype=object), on_invalid="ignore"
    )


def _inside(texts: pd.Series, bounds: tuple[float, float]) -> pd.Series:
    import pandas as pd

    return texts.isna() | pd.to_numeric(texts, errors="coerce").between(*bounds)
