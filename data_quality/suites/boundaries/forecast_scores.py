"""The suite of forecast scores: what is said of a model must follow from the backtest beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part
from data_quality.suites.rules import Derive, Rule, between, holds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

#: Coverages of adjusted intervals that are called near their level, in per cent.
COVERAGE_BANDS = {80: (0.76, 0.84), 95: (0.92, 0.98)}
# A share of a count of forecasts is the same up to rounding, however it is added up.
_ROUNDING = 1e-9


def score_rows() -> Part:
    """The rules of each series and model, beside figures of its backtest (``backtest_...``)."""
    return Part(
        "rows",
        ("series", "model"),
        (
            _of_backtest(
                "mase_of_backtest",
                "mase",
                "champions are chosen by this: it must be of the forecasts beside it",
            ),
            holds(
                "champion_covers_most",
                ("is_champion", "coverage_95_share"),
                lambda frame, _: ~frame["is_champion"] | ~(frame["coverage_95_share"] < 0.6),
                "a published 95% interval that held less than 60% of past months promises too much",
                severity="warning",
            ),
            _of_backtest(
                "months_of_backtest",
                "judged_month_count",
                "forecasts of one month miss together: a figure rests on months, and not on forecasts",
            ),
            *(rule for level in COVERAGE_BANDS for rule in _coverage_rules(level)),
        ),
    )


def horizon_rows() -> Part:
    """The rules of each measure, level and horizon, beside figures of the backtests (``backtest_...``)."""
    counts = "a horizon rests on fewer forecasts the longer it is, and a reader must see how many"
    own = "what is told of a horizon must be what the champions did there, not another model or horizon"
    shares = [f"{prefix}coverage_{level}_share" for prefix in ("", "adjusted_") for level in COVERAGE_BANDS]
    return Part(
        "rows",
        ("measure", "level", "horizon_months"),
        (
            _of_backtest("origins_of_backtest", "origin_count", counts),
            _of_backtest("forecasts_of_backtest", "forecast_count", counts),
            _of_backtest("mase_of_backtest", "mase", own),
            *(_of_backtest(f"{share.removesuffix('_share')}_of_backtest", share, own) for share in shares),
        ),
    )


def coverage_findings(share: Floats, months_worth: Floats, level: int) -> npt.NDArray[np.str_]:
    """Say where coverages lie, by the chance of so few or so many inside of right intervals.

    The models say it by an exact interval. This is a computation of its own.

    Parameters
    ----------
    share
        Shares of outcomes inside the intervals, of shape (n,).
    months_worth
        Months of the same weight that each rests on, of shape (n,).
    level
        Promised coverage in per cent, 80 or 95.

    Returns
    -------
    ndarray of str
        'near', 'below' or 'above' `COVERAGE_BANDS`, with '_beyond_chance' where the chance is below 2.5%.
    """
    import numpy as np
    from scipy.stats import beta

    lowest, highest = COVERAGE_BANDS[level]
    is_below, is_above = share < lowest - _ROUNDING, share > highest + _ROUNDING
    inside, outside = share * months_worth, (1 - share) * months_worth
    # Tails of the binomial, also for numbers that are not whole.
    chance_of_so_few = beta.sf(level / 100, inside + 1, outside)
    chance_of_so_many = beta.cdf(level / 100, inside, outside + 1)
    return np.select(
        [is_below & (chance_of_so_few < 0.025), is_above & (chance_of_so_many < 0.025), is_below, is_above],
        ["below_beyond_chance", "above_beyond_chance", "below", "above"],
        "near",
    )


def _coverage_rules(level: int) -> tuple[Rule, ...]:
    share, finding = f"adjusted_coverage_{level}_share", f"adjusted_coverage_{level}_finding"
    changed = f"adjusted_{level}_share"

    def follows(frame: pd.DataFrame, month: str | None) -> pd.Series:
        shares, worth = (frame[name].to_numpy(dtype=float) for name in (share, "backtest_months_worth"))
        is_said = frame[finding].notna()
        is_right = frame[finding].to_numpy(dtype=object) == coverage_findings(shares, worth, level)
        return is_said.eq(frame["mase"].notna()) & (~is_said | is_right)

    elsewhere = "a coverage that the forecasts beside it do not have is of other months or of another model"
    return (
        _of_backtest(f"coverage_{level}_of_backtest", f"coverage_{level}_share", elsewhere),
        _of_backtest(f"adjusted_coverage_{level}_of_backtest", share, elsewhere),
        between(f"adjusted_{level}_is_share", changed, 0.0, 1.0, "a share lies between 0 and 1"),
        _of_backtest(
            f"adjusted_{level}_of_backtest",
            changed,
            "a coverage of intervals that were hardly ever widened says little of those that are",
        ),
        holds(
            f"coverage_{level}_finding_of_its_share",
            (share, finding, "mase", "backtest_months_worth"),
            follows,
            "whoever filters series by what is found of their intervals must get those that it is true of",
        ),
    )


def _of_backtest(name: str, column: str, reason: str) -> Rule:
    """The rule that a column is what the backtest says, and missing where that is."""
    return holds(name, (column, f"backtest_{column}"), _same(column), reason)


def _same(column: str) -> Derive:
    def condition(frame: pd.DataFrame, month: str | None) -> pd.Series:
        said, own = frame[column].astype(float), frame[f"backtest_{column}"].astype(float)
        return ((said - own).abs() <= _ROUNDING) | (said.isna() & own.isna())

    return condition
