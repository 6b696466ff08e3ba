"""The suite of the live feed: street-level crime of an area's newest month, from the police.uk API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites import derived
from data_quality.suites.located import POLICE_TOLERANCE, coordinate_rules
from data_quality.suites.rules import DATA_ENGINEERING, Suite, holds, in_set, matches
from data_quality.suites.vocabularies import CRIME_ID_PATTERN, CRIME_TYPES_SINCE_2013_05, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

API_NUMBER_PATTERN = r"^[0-9]{1,18}\Z"
MONTH_PATTERN = r"^20\d{2}-(?:0[1-9]|1[0-2])\Z"
LOCATION_TYPES = frozenset({"Force", "BTP"})
# Some ten metres: the API decides by places that are rounded, as the area's corners are.
_EDGE_DEGREES = 0.0001


def suite() -> Suite:
    """Return the rules of the live feed, one record a crime."""
    rules = (
        holds(
            "month_matches_feed",
            ("month", "partition_month"),
            _month_as_asked,
            "a record of another month says that the API silently answered a month that nobody asked for",
            tolerance=POLICE_TOLERANCE,
        ),
        in_set(
            "crime_type_known",
            "crime_type",
            CRIME_TYPES_SINCE_2013_05,
            "a category that is not in the list of the API has no wording in the files and no harm weight",
            nulls_fail=True,
            tolerance=POLICE_TOLERANCE,
        ),
        matches(
            "api_id_well_formed",
            "api_id",
            API_NUMBER_PATTERN,
            "without the API's number a crime of two answers would be counted twice",
            nulls_fail=True,
            tolerance=POLICE_TOLERANCE,
        ),
        *coordinate_rules(),
        matches(
            "street_id_well_formed",
            "street_id",
            API_NUMBER_PATTERN,
            "the API numbers its snap points; another value cannot be a number in the warehouse",
            tolerance=POLICE_TOLERANCE,
        ),
        matches(
            "last_outcome_month_well_formed",
            "last_outcome_month",
            MONTH_PATTERN,
            "the month of an outcome is written YYYY-MM; another value cannot be a date in the warehouse",
            tolerance=POLICE_TOLERANCE,
        ),
        matches(
            "crime_id_well_formed",
            "crime_id",
            CRIME_ID_PATTERN,
            "a Crime ID is 64 hexadecimal digits; anything else cannot be found again in the files",
            tolerance=POLICE_TOLERANCE,
        ),
        holds(
            "crime_id_absent_only_for_asb",
            ("crime_id", "crime_type"),
            derived.crime_id_absent_only_for_asb,
            "every crime has an ID and anti-social behaviour has none",
            tolerance=POLICE_TOLERANCE,
        ),
        holds(
            "inside_area",
            ("area", "longitude", "latitude"),
            _inside_area,
            "a crime outside the area asked for says that the API understood another polygon",
            scope="table",
            severity="warning",
        ),
        in_set(
            "last_outcome_known",
            "last_outcome_category",
            OUTCOMES,
            "an outcome that is not in police.uk's list falls in no outcome group",
            scope="table",
            severity="warning",
        ),
        in_set(
            "location_type_known",
            "location_type",
            LOCATION_TYPES,
            "a record is of a territorial force or of the British Transport Police (BTP)",
            scope="table",
            severity="warning",
        ),
    )
    return Suite(
        "police_street_live",
        rules,
        ("source_file", "source_row"),
        POLICE_TOLERANCE,
        may_be_empty=True,
        owner=DATA_ENGINEERING,
    )


def _month_as_asked(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["month"].eq(frame["partition_month"]).fillna(False)


def _inside_area(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the record's place lies in the area, or is missing."""
    import numpy as np
    import pandas as pd
    import shapely

    longitude, latitude = (pd.to_numeric(frame[name], errors="coerce") for name in ("longitude", "latitude"))
    areas = shapely.buffer(shapely.from_wkt(frame["area_wkt"].to_numpy(dtype=object)), _EDGE_DEGREES)
    is_inside = shapely.contains_xy(areas, longitude.to_numpy(), latitude.to_numpy())
    return pd.Series(np.isnan(longitude.to_numpy()) | is_inside, index=frame.index)
