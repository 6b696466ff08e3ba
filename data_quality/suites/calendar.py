"""The suites of bank holidays and monthly weather, which explain a month's total; both are optional."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites import derived
from data_quality.suites.rules import (
    DATA_ENGINEERING,
    Rule,
    Suite,
    between,
    holds,
    in_set,
    matches,
    present,
    unique_key,
)

if TYPE_CHECKING:
    import pandas as pd

DIVISIONS = frozenset({"england-and-wales", "northern-ireland", "scotland"})
# A year in full has eight of them in England and Wales, nine in Scotland and ten in Northern Ireland.
_FEWEST_IN_A_YEAR = 8


def bank_holidays() -> Suite:
    """Return the rules of bank holidays, one record a division and day."""
    rules = (
        unique_key(("division", "holiday_date"), "a day off is one day off"),
        in_set(
            "division_known",
            "division",
            DIVISIONS,
            "a division is england-and-wales, scotland or northern-ireland",
            nulls_fail=True,
        ),
        present("holiday_date_present", "holiday_date", "a holiday falls on a day"),
        present("title_present", "title", "a holiday is shown by its name"),
        holds(
            "holiday_date_plausible",
            ("holiday_date",),
            _in_plausible_years,
            "the Bank Holidays Act is of 1871, and no list looks further ahead than 2100",
        ),
        holds(
            "year_complete",
            ("division", "holiday_date"),
            _in_complete_year,
            "a year with fewer than eight holidays has lost some, or the window begins within it",
            scope="table",
            severity="warning",
        ),
    )
    return Suite(
        "govuk_bank_holidays",
        rules,
        ("division", "holiday_date"),
        quarantine_tolerance=0.0,
        may_be_empty=False,
        owner=DATA_ENGINEERING,
    )


def weather() -> Suite:
    """Return the rules of monthly weather, one record a station and month."""
    site = "a station stands on the British National Grid (EPSG:27700)"
    rules = (
        unique_key(("station_id", "weather_month"), "a station has one record a month"),
        matches(
            "station_id_well_formed",
            "station_id",
            r"^[a-z][a-z-]*$",
            "an id is lower-case letters",
            nulls_fail=True,
        ),
        present("weather_month_present", "weather_month", "a record is of a month"),
        between("easting_in_national_grid", "easting_m", *derived.EASTINGS_M, site),
        between("northing_in_national_grid", "northing_m", *derived.NORTHINGS_M, site),
        *(_measure(name, low, high, reason) for name, low, high, reason in _MEASURES),
        holds(
            "highest_not_below_lowest",
            ("temperature_max_c", "temperature_min_c"),
            _highest_not_below_lowest,
            "the mean highest temperature is not below the mean lowest: the columns may be swapped",
        ),
    )
    return Suite(
        "metoffice_monthly_weather",
        rules,
        ("station_id", "weather_month"),
        quarantine_tolerance=0.0,
        may_be_empty=False,
        owner=DATA_ENGINEERING,
    )


# Beyond any monthly value on record in the United Kingdom: a column out of place, not a rare month.
_MEASURES = (
    ("temperature_max_c", -15.0, 40.0, "a monthly mean in degrees Celsius"),
    ("temperature_min_c", -25.0, 30.0, "a monthly mean in degrees Celsius"),
    ("air_frost_days", 0, 31, "a month has at most 31 days"),
    ("rain_mm", 0.0, 1_600.0, "a monthly total in millimetres"),
    ("sunshine_hours", 0.0, 500.0, "a monthly total in hours of daylight"),
)


def _measure(name: str, low: float, high: float, reason: str) -> Rule:
    return between(f"{name}_plausible", name, low, high, reason)


def _in_plausible_years(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["holiday_date"].dt.year.between(1871, 2100)


def _in_complete_year(frame: pd.DataFrame, month: str | None) -> pd.Series:
    count = frame.groupby(["division", frame["holiday_date"].dt.year])["title"].transform("size")
    return count >= _FEWEST_IN_A_YEAR


def _highest_not_below_lowest(frame: pd.DataFrame, month: str | None) -> pd.Series:
    highest, lowest = frame["temperature_max_c"], frame["temperature_min_c"]
    return (highest >= lowest) | highest.isna() | lowest.isna()
