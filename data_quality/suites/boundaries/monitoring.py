"""The suite of the table that watches for drift."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, holds

_SOURCES = {"input": "records", "prediction": "forecast", "error": "backtest"}


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
            ("kind", "source"),
            lambda frame, _: frame["kind"].map(_SOURCES) == frame["source"],
            "a forecast made anew for a past month is not one that was issued, nor a record",
        ),
    )
    return (TableSuite("ml", "ml_drift", ANALYSIS, (Part("rows", ("measure", "subject", "month"), rules),)),)
