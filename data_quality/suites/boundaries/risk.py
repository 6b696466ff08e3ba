"""Suites of the risk tables: what an expected count, its intervals and a backtest must be to be published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, Rule, between, holds

if TYPE_CHECKING:
    import pandas as pd

_SHARE_METRICS = "hit_rate|pei|coverage_80_share|coverage_95_share|central_80_share|central_95_share"


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the risk tables."""
    return (
        TableSuite("ml", "ml_risk_lsoa", ANALYSIS, (_risk_rows("lsoa_code"), _risk_groups())),
        TableSuite("ml", "ml_risk_grid", ANALYSIS, (_risk_rows("cell_id"), _risk_groups())),
        TableSuite("ml", "ml_risk_backtest", ANALYSIS, (_backtest_rows(), _backtest_groups())),
    )


def _risk_rows(area: str) -> Part:
    return Part(
        "rows",
        (area, "crime_group"),
        (
            _nested("crime_count"),
            _nested("harm_days"),
            between("crime_not_negative", "expected_crime_count", 0.0, None, "no area has less than none"),
            between("harm_not_negative", "expected_harm_days", 0.0, None, "no area has less than none"),
            between(
                "probability_is_share",
                "any_crime_probability",
                0.0,
                1.0,
                "a probability lies between 0 and 1",
            ),
            holds(
                "forecast_after_training",
                ("train_end_month", "forecast_month"),
                lambda frame, _: frame["forecast_month"] > frame["train_end_month"],
                "a month that the model was trained on is no forecast",
            ),
            holds(
                "intervals_all_or_none",
                ("crime_count_lower_80", "harm_days_lower_80", "any_crime_probability"),
                _all_or_none,
                "an area whose count has an interval has one of harm, and a probability",
            ),
        ),
    )


def _nested(name: str) -> Rule:
    columns = (f"{name}_lower_95", f"{name}_lower_80", f"{name}_upper_80", f"{name}_upper_95")

    def condition(frame: pd.DataFrame, month: str | None) -> pd.Series:
        values = frame[list(columns)].astype(float)
        return ~(values.diff(axis="columns").iloc[:, 1:] < 0).any(axis="columns")

    return holds(
        f"{name}_intervals_in_order",
        columns,
        condition,
        "the 95% interval holds the 80% interval",
    )


def _all_or_none(frame: pd.DataFrame, month: str | None) -> pd.Series:
    held = frame[["crime_count_lower_80", "harm_days_lower_80", "any_crime_probability"]].notna().sum(axis=1)
    return held.isin([0, 3])


def _risk_groups() -> Part:
    reason = "maps of two crime groups are compared: each has the same areas and month, and one model"
    return Part(
        "groups",
        ("crime_group",),
        (
            between("one_model", "model_count", 1, 1, reason),
            between("one_month", "month_count", 1, 1, reason),
            between("areas_there", "area_count", 1, None, reason),
        ),
    )


def _backtest_rows() -> Part:
    return Part(
        "rows",
        ("area_kind", "crime_group", "force_slug", "model", "metric", "area_share"),
        (
            holds(
                "value_in_its_interval",
                ("metric_value_lower", "metric_value", "metric_value_upper"),
                lambda frame, _: (
                    ~(frame["metric_value"] < frame["metric_value_lower"])
                    & ~(frame["metric_value"] > frame["metric_value_upper"])
                ),
                "a mean outside its own interval is of other months",
            ),
            holds(
                "shares_are_shares",
                ("metric", "metric_value"),
                _shares_are_shares,
                "nothing catches less than nothing or more than all",
            ),
        ),
    )


def _shares_are_shares(frame: pd.DataFrame, month: str | None) -> pd.Series:
    is_share = frame["metric"].str.fullmatch(f"(harm_)?({_SHARE_METRICS})")
    return ~is_share | frame["metric_value"].isna() | frame["metric_value"].between(0.0, 1.0 + 1e-9)


def _backtest_groups() -> Part:
    return Part(
        "groups",
        ("area_kind", "crime_group"),
        (
            between("one_champion", "champion_count", 1, 1, "each crime group publishes one model"),
            between(
                "baselines_beside_models",
                "baseline_count",
                3,
                None,
                "a figure says nothing without that of a naive forecast of the same months",
            ),
            between(
                "champion_not_worse_than_baselines",
                "champion_excess_deviance",
                None,
                1e-9,
                "a model that a baseline beats must not be the one that is published",
            ),
            *_calibrated("central"),
            *_calibrated("harm_central"),
        ),
    )


def _calibrated(name: str) -> tuple[Rule, Rule]:
    reason = "an interval that held far more or less than it says in past months misleads"
    return (
        between(f"{name}_80_holds", f"{name}_80_share", 0.7, 0.9, reason, severity="warning"),
        between(f"{name}_95_holds", f"{name}_95_share", 0.9, 0.99, reason, severity="warning"),
    )
