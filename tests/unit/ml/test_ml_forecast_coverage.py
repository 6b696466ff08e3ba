"""What is said of intervals that held more or less often than they promise, and how sure figures are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.common.intervals import effective_count
from ml.forecast.coverage import coverage_finding, coverage_texts
from ml.forecast.errors import interval_over_months
from ml.forecast.run import MOST_ORIGINS
from ml.forecast.scores import score


@pytest.mark.parametrize(
    ("share", "months", "level", "finding"),
    [
        (114 / 150, 18, 80, "near"),
        (126 / 150, 18, 80, "near"),
        (0.66, 18, 80, "below"),
        (0.66, 100, 80, "below_beyond_chance"),
        (0.9, 18, 80, "above"),
        (1.0, 18, 80, "above_beyond_chance"),
        (0.95, 18, 95, "near"),
        (0.5, 18, 95, "below_beyond_chance"),
        (1.0, 18, 95, "above"),
        (float("nan"), 0, 80, None),
    ],
)
def test_a_finding_is_of_share_and_months(share: float, months: int, level: int, finding: str | None) -> None:
    """150 forecasts of 18 months are not 150 trials: most differences would seem beyond chance."""
    assert coverage_finding(share, months, level) == finding


def test_months_that_are_forecast_more_often_make_fewer_trials() -> None:
    """Eighteen months of one to twelve forecasts would be judged as surely as eighteen of the same number."""
    times = np.minimum(np.arange(1, 19), 12)
    rows = pd.DataFrame({"forecast_month": pd.date_range("2023-01-01", periods=18, freq="MS").repeat(times)})
    # Five of the months forecast twelve times are missed, and one forecast five times.
    missed = np.isin(np.arange(18), [4, 12, 13, 14, 15, 16]).repeat(times)
    bounds = {f"{prefix}lower_{level}": 0.0 for prefix in ("", "adjusted_") for level in (80, 95)}
    bounds |= {name.replace("lower", "upper"): 10.0 for name in bounds}
    rows = rows.assign(
        model="naive", origin_month=1, actual=np.where(missed, 20.0, 5.0), predicted=5.0, scaling_error=1.0
    ).assign(**bounds)
    (one,) = score(rows).to_dict("records")
    assert one["judged_month_count"] == 18 and effective_count(times) == pytest.approx(22500 / 1514)
    share = one["adjusted_coverage_80_share"]
    assert coverage_finding(share, 18, 80) == "below_beyond_chance"
    assert one["adjusted_coverage_80_finding"] == coverage_finding(share, 22500 / 1514, 80) == "below"


def test_months_of_the_same_weight_are_worth_their_number() -> None:
    """What counts for less must be the inequality, and not the number of forecasts."""
    assert effective_count(np.full(18, 12)) == pytest.approx(18) and effective_count([]) == 0.0
    assert 1.0 < effective_count([100, 1]) < 1.1


def test_intervals_can_hardly_be_found_too_wide() -> None:
    """The card says from how many months on: "beyond chance in 0" would be read as that none is too wide."""
    worth = {months: effective_count(np.minimum(np.arange(1, months + 1), 12)) for months in (18, 19, 20, 23)}
    assert round(worth[18]) == 15
    found = {months: coverage_finding(1.0, worth[months], 80) for months in worth}
    assert [months for months, one in found.items() if one == "above_beyond_chance"] == [20, 23]
    # No backtest has more than 23 origins.
    assert MOST_ORIGINS == 23 and coverage_finding(1.0, worth[23], 95) == "above"


def test_the_card_names_series_that_are_off() -> None:
    """A mean over series is right while one force's intervals hold half of what they promise."""
    scores = pd.DataFrame(
        {
            "series": ["a", "b", "c", "c"],
            "level": "force",
            "is_champion": [True, True, True, False],
            "judged_month_count": 18,
            "adjusted_coverage_80_share": [0.4, 0.8, 0.9, 0.1],
            "adjusted_coverage_95_share": [0.95, 0.95, np.nan, 0.1],
            "adjusted_80_share": [0.02, 0.10, 0.0, 0.9],
            "adjusted_95_share": [0.0, 0.1, 0.2, 0.9],
        }
    )
    forecast = pd.DataFrame(
        {
            "series": ["a", "a", "b", "b", "c", "c", "d"],
            "interval_factor_80": [1.2, 1.0, 1.1, 1.1, 1.0, 1.0, np.nan],
            "interval_factor_95": [1.0, 1.0, 1.0, 1.5, 1.0, 1.0, np.nan],
        }
    )
    for level in (80, 95):
        shares = scores[f"adjusted_coverage_{level}_share"]
        scores[f"adjusted_coverage_{level}_finding"] = [coverage_finding(one, 18, level) for one in shares]
    below, above, *of_95, widened = coverage_texts(forecast, scores)
    assert "below 76% in 1 of 3 series, beyond chance in 1: a 40% (18 months," in below
    assert below.endswith("2% widened, 50% of those published, beyond chance).")
    assert above.endswith("in 0: c 90% (18 months).")
    assert len(of_95) == 2 and all(text.endswith("in 0 of 2 series, beyond chance in 0.") for text in of_95)
    assert "4% of the 80% intervals judged and 50% of those published" in widened
    assert "10% of the 95% intervals judged and 17% of those published" in widened
    (none,) = coverage_texts(forecast, scores[scores["series"] == "none"])
    assert "No series" in none


def judged(count: int, share: float, seed: int) -> pd.DataFrame:
    """Forecasts of three series from three origins that hold or miss a month together."""
    months = pd.date_range("2023-01-01", periods=count, freq="MS").repeat(9)
    holds = (np.random.default_rng(seed).random(count) < share).astype(float).repeat(9)
    return pd.DataFrame(
        {"series": list("abcabcabc") * count, "forecast_month": months, "x_share": holds, "x": holds}
    )


def test_intervals_do_not_take_forecasts_of_a_month_for_many() -> None:
    """Drawing origins, or series, left the truth out of half of the 95% intervals in such a case."""
    missed = 0
    for seed in range(200):
        lower, upper = interval_over_months(judged(20, 0.8, seed), "x_share")
        missed += not lower <= 0.8 <= upper
    assert missed / 200 < 0.06


def test_series_that_miss_apart_are_worth_more_than_one() -> None:
    """As wide as that of one series, the interval of fourteen would say nothing."""
    random = np.random.default_rng(1)
    months = pd.date_range("2023-01-01", periods=20, freq="MS").repeat(14)
    rows = pd.DataFrame({"series": list("abcdefghijklmn") * 20, "forecast_month": months})
    rows["x_share"] = (random.random(280) < 0.8).astype(float)
    lower, upper = interval_over_months(rows, "x_share")
    one = interval_over_months(rows[rows["series"] == "a"], "x_share")
    assert upper - lower < 0.5 * (one[1] - one[0]) and lower < rows["x_share"].mean() < upper
    assert interval_over_months(rows, "x_share", is_pooled=True) == pytest.approx((lower, upper))


def test_a_mean_weighs_series_or_forecasts() -> None:
    """A long series beside a short one: their level's mean gives each half, their horizon's does not."""
    rows = pd.concat(
        [judged(20, 0.5, 3).assign(series="a", x=1.0), judged(8, 0.5, 3).assign(series="b", x=5.0)]
    )
    assert sum(interval_over_months(rows, "x")) / 2 == pytest.approx(3.0, abs=0.2)
    pooled = interval_over_months(rows, "x", is_pooled=True)
    assert pooled[0] < (20 * 1 + 8 * 5) / 28 < pooled[1] < 3.0
    assert np.isnan(interval_over_months(rows[rows["forecast_month"] < "2023-06-01"], "x")).all()


def test_intervals_of_losses_hold_the_loss_that_is_expected() -> None:
    """Percentiles of draws of eighteen months missed it in a tenth of such series, and in more of fewer."""
    missed, expected = 0, float(np.sqrt(2 / np.pi))
    for seed in range(300):
        random = np.random.default_rng(seed)
        months = pd.date_range("2023-01-01", periods=18, freq="MS")
        # A month is forecast from up to twelve origins, all of which are off alike.
        times = np.minimum(np.arange(1, 19), 12)
        rows = pd.DataFrame({"forecast_month": months.repeat(times), "series": "a"})
        lower, upper = interval_over_months(rows.assign(x=np.abs(random.normal(size=18)).repeat(times)), "x")
        missed += not lower <= expected <= upper
    assert missed / 300 < 0.09
