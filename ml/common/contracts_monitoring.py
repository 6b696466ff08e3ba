"""Declared contract of the table that watches for drift."""

from __future__ import annotations

from ml.common.schema import Column, TableContract

_COUNTS = tuple(
    f"fct_crimes.{name}" for name in ("crime_month", "crime_type", "force_slug", "lsoa_code", "harm_days")
)
_RISK = (
    "ml_risk_lsoa.expected_crime_count",
    "ml_risk_lsoa.expected_harm_days",
    "fct_crime_lsoa_month.crime_count",
    "fct_crime_lsoa_month.harm_days",
    "ml_risk_backtest_lsoa.expected_crime_count",
    "ml_risk_backtest_lsoa.recorded_crime_count",
    "ml_risk_backtest_lsoa.expected_harm_days",
    "ml_risk_backtest_lsoa.recorded_harm_days",
    "dim_lsoa.force_slug",
)
_ERRORS = tuple(
    f"{table}.{name}"
    for backtest, scores, measure in (
        ("ml_forecast_count_backtest", "ml_forecast_count_scores", "crime_count"),
        ("ml_forecast_backtest", "ml_forecast_scores", "harm_days"),
    )
    for table, names in (
        (
            backtest,
            (
                f"actual_{measure}",
                f"predicted_{measure}",
                "adjusted_lower_80",
                "adjusted_upper_80",
                "scaling_error",
            ),
        ),
        (scores, ("is_champion",)),
    )
    for name in names
)
_CALLS = tuple(
    f"ml_call_priority_months.{name}"
    for name in (
        "call_count",
        "roc_auc",
        "expected_calibration_error",
        "calibration_floor_upper",
        "is_chosen",
    )
)
_INCIDENTS = tuple(
    f"stg_calls_for_service__incidents.{name}"
    for name in (
        "is_latest_record",
        "priority",
        "call_type",
        "called_at_local",
        "street",
        "cross_street",
        "longitude",
        "latitude",
    )
)
_ALL = (*_COUNTS, *_RISK, *_ERRORS, *_CALLS, *_INCIDENTS)
_MONTH = (
    "fct_crimes.crime_month",
    "ml_risk_lsoa.forecast_month",
    "ml_risk_backtest_lsoa.forecast_month",
    "ml_forecast_backtest.forecast_month",
    "ml_forecast_count_backtest.forecast_month",
    "ml_call_priority_months.month",
    "stg_calls_for_service__incidents.called_at_local",
)
_SUBJECT = (
    "fct_crimes.force_slug",
    "dim_lsoa.force_slug",
    "ml_forecast_backtest.series",
    "ml_forecast_count_backtest.series",
    "ml_call_priority_months.agency",
    "stg_calls_for_service__incidents.agency",
)
_NAMED = "written by the monitor itself"

ML_DRIFT = TableContract(
    name="ml_drift",
    grain="One row per measure of drift, subject (a force, an agency of calls, total or all) and month.",
    key=("measure", "subject", "month"),
    columns=(
        Column(
            "kind", "VARCHAR", "What drifts", allowed=("input", "prediction", "error"), origin_note=_NAMED
        ),
        Column("measure", "VARCHAR", "Measure; docs/methods/drift.md says what each is", origin_note=_NAMED),
        Column(
            "subject",
            "VARCHAR",
            "Force, agency of calls, total (a series) or all (areas, series)",
            inputs=_SUBJECT,
        ),
        Column("month", "DATE", "Month judged, or forecast", inputs=_MONTH),
        Column(
            "value", "DOUBLE", "What was measured; null where nothing can be told", True, 0.0, inputs=_ALL
        ),
        Column(
            "source",
            "VARCHAR",
            "What is measured: records, the newest forecast, or forecasts of past months, issued by a "
            "release or made anew by the backtest",
            allowed=("records", "forecast", "issued", "backtest"),
            origin_note=_NAMED,
        ),
        Column("warning_limit", "DOUBLE", "From here on it warns", origin_note=_NAMED),
        Column("alarm_limit", "DOUBLE", "From here on it alarms", origin_note=_NAMED),
        Column(
            "status",
            "VARCHAR",
            "What the value says",
            allowed=("ok", "warning", "alarm", "not_measured"),
            inputs=_ALL,
        ),
        Column("reference_start_month", "DATE", "First month it is held against", True, inputs=_MONTH),
        Column("reference_end_month", "DATE", "Last of them; always before the month", True, inputs=_MONTH),
        Column(
            "is_retrain_requested",
            "BOOLEAN",
            "Whether errors or predictions of the newest month alarm, so that models should be chosen anew",
            inputs=_ALL,
        ),
    ),
    ordered=(("warning_limit", "alarm_limit"), ("reference_start_month", "reference_end_month", "month")),
)
