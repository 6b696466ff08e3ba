"""The calendar as a covariate: right days, and a model that learns what they do."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ml.forecast.covariates import bank_holidays, calendar_columns
from ml.forecast.models import CALENDAR_MODEL, forecast_with, history_of


@pytest.mark.parametrize(
    ("year", "at_christmas"),
    [(2020, (25, 28)), (2021, (27, 28)), (2022, (26, 27)), (2023, (25, 26)), (2027, (27, 28))],
)
def test_holidays_at_christmas_move_off_the_weekend(year: int, at_christmas: tuple[int, int]) -> None:
    """A holiday on a Saturday that is not moved is lost, and two moved to one day count once."""
    held = bank_holidays(year)
    assert tuple(day.day for day in held if day.month == 12) == at_christmas
    assert len(held) == 8 and all(day.weekday() < 5 for day in held)


def test_easter_moves_between_months() -> None:
    """Easter is the only thing that a season of months cannot know: it must be in its own month."""
    months = pd.DatetimeIndex(["2024-03-01", "2024-04-01", "2025-03-01", "2025-04-01"])
    assert calendar_columns(months)[:, 1].tolist() == [1.0, 1.0, 0.0, 2.0]
    assert date(2024, 3, 29) in bank_holidays(2024)


def test_weekend_days_are_told_from_the_length_of_the_month() -> None:
    """February 2021 had four of each weekday: nothing beyond two in seven. May 2021 had ten in 31."""
    columns = calendar_columns(pd.DatetimeIndex(["2021-02-01", "2021-05-01"]))
    assert columns[:, 0] == pytest.approx([0.0, 10 - 62 / 7])


def test_model_with_the_calendar_learns_what_weekends_and_holidays_do() -> None:
    """Columns laid out otherwise for the months ahead than for the history would forecast nonsense."""
    months = pd.date_range("2014-01-01", periods=60, freq="MS")
    effect = calendar_columns(months) @ np.array([0.05, -0.08])
    values = 100.0 * months.days_in_month.to_numpy() * np.exp(effect)
    known, ahead = months[:48], values[48:]
    with_calendar = forecast_with(CALENDAR_MODEL, history_of(known, values[:48]), 12)
    without = forecast_with("count_regression", history_of(known, values[:48]), 12)
    assert with_calendar is not None and without is not None
    assert with_calendar.mean == pytest.approx(ahead, rel=1e-4)
    assert np.abs(without.mean / ahead - 1).max() > 0.02
