"""The suite of the sensitivity of rankings and risk maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import GOVERNANCE, between, holds

if TYPE_CHECKING:
    import pandas as pd

_LABEL = ("scenario", "amount", "measure", "attribute", "group_name")
_SHARES = r"(changed_share|share_of|capture|flagged_share)_.*"


def suites() -> tuple[TableSuite, ...]:
    """Return the suite of the sensitivity table."""
    return (TableSuite("ml", "ml_fairness_sensitivity", GOVERNANCE, (_rows(), _scenarios())),)


def _rows() -> Part:
    return Part(
        "rows",
        _LABEL,
        (
            holds(
                "shares_are_shares",
                ("measure", "scenario_value"),
                _shares_are_shares,
                "nothing changes, catches or flags less than nothing or more than all",
            ),
            holds(
                "correlations_within_bounds",
                ("measure", "scenario_value"),
                lambda frame, _: (
                    (frame["measure"] != "kendall_tau")
                    | frame["scenario_value"].isna()
                    | frame["scenario_value"].between(-1 - 1e-9, 1 + 1e-9)
                ),
                "a correlation lies between -1 and 1",
            ),
            holds(
                "correlation_has_its_feature",
                ("most_correlated_feature", "feature_correlation"),
                lambda frame, _: (
                    frame["most_correlated_feature"].notna() == frame["feature_correlation"].notna()
                ),
                "a correlation without its feature says nothing of what may stand in for a group",
            ),
            holds(
                "difference_is_one",
                ("baseline_value", "scenario_value", "difference"),
                _difference_is_one,
                "a difference that is not the scenario's less the baseline's is of another scenario",
            ),
        ),
    )


def _shares_are_shares(frame: pd.DataFrame, month: str | None) -> pd.Series:
    is_share = frame["measure"].str.fullmatch(_SHARES)
    return ~is_share | frame["scenario_value"].isna() | frame["scenario_value"].between(-1e-9, 1 + 1e-9)


def _difference_is_one(frame: pd.DataFrame, month: str | None) -> pd.Series:
    expected = frame["scenario_value"] - frame["baseline_value"]
    return (expected.isna() & frame["difference"].isna()) | ((expected - frame["difference"]).abs() <= 1e-9)


def _scenarios() -> Part:
    return Part(
        "scenarios",
        ("kind", "scenario"),
        (
            between(
                "one_baseline",
                "baseline_count",
                None,
                1,
                "scenarios of a kind are compared: each measure has one baseline",
            ),
            between(
                "both_amounts_there",
                "amount_count",
                2,
                2,
                "a ranking by records says nothing of one by harm",
            ),
        ),
    )
