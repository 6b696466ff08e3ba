"""The suite of calls for service: what every agency's calls must be, whatever their file looked like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.schemas import schema_of
from data_quality.suites.located import repeats_rule
from data_quality.suites.rules import (
    DATA_ENGINEERING,
    Derive,
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

DATASET = "calls_for_service"
# A file is at fault itself when the mapping cannot read one record in fifty.
TOLERANCE = 0.02

GEOCODE_METHODS = frozenset({"supplied", "block_centroid", "street_centroid", "none"})
CALLED_AT_METHODS = frozenset({"exact", "assumed_first", "assumed_second", "shifted_forward"})
_EARLIEST, _LATEST = "1990-01-01", "2100-01-01"
_LONGEST_OFFSET_HOURS = 14
_LINEAGE = frozenset({"source_file", "source_row", "data_version"})


def suite() -> Suite:
    """Return the rules of calls for service, one record a record of the agency's file."""
    rules = (*_key_rules(), *_time_rules(), *_call_rules(), *_place_rules(), *_warnings())
    return Suite(
        DATASET, rules, ("source_file", "source_row"), TOLERANCE, may_be_empty=True, owner=DATA_ENGINEERING
    )


def _key_rules() -> tuple[Rule, ...]:
    return (
        unique_key(("source_file", "source_row"), "each record of a file comes once"),
        matches(
            "incident_id_well_formed",
            "incident_id",
            r"^[a-z][a-z0-9_]*:\S.*\Z",
            "an incident is named by its agency and the agency's own id",
            nulls_fail=True,
            tolerance=TOLERANCE,
        ),
        holds(
            "incident_id_of_agency",
            ("incident_id", "agency"),
            _is_of_agency,
            "an incident's id must begin with its agency, or agencies could share ids",
        ),
    )


def _time_rules() -> tuple[Rule, ...]:
    return (
        present("called_at_present", "called_at", "a call without a time is in no hour", tolerance=TOLERANCE),
        holds(
            "called_at_plausible",
            ("called_at",),
            _is_plausible,
            f"calls are made from {_EARLIEST} on; another year means that the date was misread",
            tolerance=TOLERANCE,
        ),
        holds(
            "local_time_fits",
            ("called_at", "called_at_local"),
            _local_time_fits,
            "the agency's clock differs from UTC by whole quarters of an hour, and by no more than 14 hours",
            tolerance=TOLERANCE,
        ),
        in_set(
            "called_at_method_known",
            "called_at_method",
            CALLED_AT_METHODS,
            "a time must say how it was settled when clocks changed",
            nulls_fail=True,
        ),
    )


def _call_rules() -> tuple[Rule, ...]:
    return (
        between("priority_in_range", "priority", 1, 6, "priorities run from 1 to 6", tolerance=TOLERANCE),
        present("call_type_present", "call_type", "a call of no type says nothing", tolerance=TOLERANCE),
    )


def _place_rules() -> tuple[Rule, ...]:
    reason = "a place is in WGS 84 degrees"
    return (
        in_set(
            "geocode_method_known",
            "geocode_method",
            GEOCODE_METHODS,
            "coordinates must say where they come from",
            nulls_fail=True,
        ),
        between("longitude_in_range", "longitude", -180, 180, reason, tolerance=TOLERANCE),
        between("latitude_in_range", "latitude", -90, 90, reason, tolerance=TOLERANCE),
        holds(
            "coordinates_as_geocoded",
            ("longitude", "latitude", "geocode_method"),
            _coordinates_as_geocoded,
            "both coordinates are there exactly when the method says that they were found",
        ),
    )


def _warnings() -> tuple[Rule, ...]:
    published = tuple(name for name in schema_of(DATASET).names if name not in _LINEAGE)
    return (
        holds(
            "priority_given",
            ("priority",),
            _is_priority_given,
            "an agency that ranks calls should rank nearly all of them",
            scope="table",
            severity="warning",
            tolerance=0.1,
        ),
        holds(
            "one_call_type_per_code",
            ("call_type_code", "call_type"),
            _has_one_meaning("call_type_code", "call_type"),
            "a code with two meanings makes counts by code wrong",
            scope="table",
            severity="warning",
        ),
        holds(
            "one_disposition_per_code",
            ("disposition_code", "disposition"),
            _has_one_meaning("disposition_code", "disposition"),
            "a code with two meanings makes counts by code wrong",
            scope="table",
            severity="warning",
        ),
        Rule(
            "incident_repeats",
            "ExpectColumnValuesToBeUnique",
            "an incident that comes again, with another end or as a second call, would be counted twice",
            ("incident_id",),
            scope="table",
            severity="warning",
        ),
        repeats_rule(published, 0.0, "a record that equals another in every field suggests a doubled file"),
        holds(
            "share_without_place",
            ("address", "longitude"),
            _has_place,
            "more than a tenth of the calls without an address or coordinates makes maps unreliable",
            scope="table",
            severity="warning",
            tolerance=0.1,
        ),
    )


def _is_of_agency(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["incident_id"].str.split(":", n=1).str[0] == frame["agency"]


def _is_plausible(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["called_at"].isna() | frame["called_at"].between(_EARLIEST, _LATEST)


def _local_time_fits(frame: pd.DataFrame, month: str | None) -> pd.Series:
    minutes = (frame["called_at_local"] - frame["called_at"]).dt.total_seconds() / 60
    return frame["called_at"].isna() | ((minutes % 15 == 0) & (minutes.abs() <= _LONGEST_OFFSET_HOURS * 60))


def _coordinates_as_geocoded(frame: pd.DataFrame, month: str | None) -> pd.Series:
    is_found = frame["geocode_method"] != "none"
    return (frame["longitude"].notna() == is_found) & (frame["latitude"].notna() == is_found)


def _has_place(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["address"].notna() | frame["longitude"].notna()


def _is_priority_given(frame: pd.DataFrame, month: str | None) -> pd.Series:
    ranks_none = frame.groupby("agency")["priority"].transform("count") == 0
    return frame["priority"].notna() | ranks_none


def _has_one_meaning(code: str, meaning: str) -> Derive:
    def condition(frame: pd.DataFrame, month: str | None) -> pd.Series:
        meanings = frame.groupby(code)[meaning].transform("nunique")
        return ~(meanings > 1)

    return condition
