"""The suite of the table that watches for drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, holds

if TYPE_CHECKING:
    import pandas as pd

_SOURCES = {"input": "records", "prediction": "forecast", "error": "backtest"}
# Releases hold no forecast of single calls.
_ISSUED = ("forecast_", "risk_")


def _source_follows_kind(frame: pd.DataFrame, _: object) -> pd.Series:
    can_be_issued = (frame["kind"] == "error") & frame["measure"].str.startswith(_ISSUED)
    return (frame["kind"].map(_SOURCES) == frame["source"]) | (can_be_issued & (frame["source"] == "issued"))


def suites() -> tuple[TableSuite, ...]:
    """Return the suite of the drift table."""
    rules = (
        holds(
            "reference_is_older",
            ("reference_end_month", "month"),
            lambda frame, _: (
                frame["reference_end_month"].isna() | (frame["reference_end_month"] < frame["month"])
            ),
            "a month that is held against itself never drifts",
        ),
        holds(
            "status_follows_value",
            ("value", "alarm_limit", "status"),
            lambda frame, _: (frame["value"] >= frame["alarm_limit"]) == (frame["status"] == "alarm"),
            "an alarm that is not given, or given for nothing, makes the others worthless",
        ),
        holds(
            "retraining_follows_alarm",
            ("is_retrain_requested", "status"),
            lambda frame, _: ~frame["is_retrain_requested"].astype(bool) | (frame["status"] == "alarm"),
            "models are chosen anew because of an alarm alone",
        ),
        holds(
            "retraining_not_by_inputs",
            ("is_retrain_requested", "kind"),
            lambda frame, _: ~frame["is_retrain_requested"].astype(bool) | (frame["kind"] != "input"),
            "to train on what was recorded otherwise would hide it",
        ),
        holds(
            "source_follows_kind",
            ("kind", "source", "measure"),
            _source_follows_kind,
            "a forecast made anew for a past month is not one that was issued, nor a record",
        ),
    )
    return (TableSuite("ml", "ml_drift", ANALYSIS, (Part("rows", ("measure", "subject", "month"), rules),)),)
