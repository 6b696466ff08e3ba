"""The rule that a simulated figure comes with the error that its runs leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.rules import Rule, holds

if TYPE_CHECKING:
    import pandas as pd


def error_is_stated(column: str) -> Rule:
    """Return the rule that a mean over runs has a standard error of 0 or more, and none of one run.

    Parameters
    ----------
    column
        The simulated figure; its error is in ``<column>_standard_error``, the runs in ``run_count``.
    """
    error = f"{column}_standard_error"

    def is_stated(frame: pd.DataFrame, month: str | None) -> pd.Series:
        may_be_known = (frame["run_count"] > 1) & frame[column].notna()
        return (frame[error] >= 0).fillna(False).where(may_be_known, frame[error].isna())

    return holds(
        f"{column}_has_its_error",
        (column, error, "run_count"),
        is_stated,
        "two simulated figures cannot be told apart without the error of their runs, which one run has not",
    )
