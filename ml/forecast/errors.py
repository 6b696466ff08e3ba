"""How far the published models were off: by level, by horizon and by series, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.common.contracts_forecast import LEVELS
from ml.common.intervals import effective_count, exact_share_interval
from ml.common.model_card import Metric
from ml.common.words import counted
from ml.forecast.backtest import BASELINES
from ml.forecast.scores import judged_table

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: Districts are left to the means of their level: a card of hundreds of lines is not read.
LEVELS_BY_SERIES = ("total", "force", "crime_group", "crime_type")
SHOWN_HORIZONS = (1, 6, 12)
FEWEST_MONTHS = 6
_REPLICATES, _SEED = 1_000, 20251126
_PLAIN = {
    "mase": "MASE",
    "scaled_pinball_loss": "scaled pinball loss",
    "adjusted_scaled_pinball_loss": "scaled pinball loss of adjusted intervals",
}
_ADJUSTED = {
    f"adjusted_coverage_{level}_share": f"coverage of adjusted {level}% intervals" for level in (80, 95)
}
_OF_LEVELS = (
    _PLAIN | {f"coverage_{level}_share": f"coverage of {level}% intervals" for level in (80, 95)} | _ADJUSTED
)
_OF_SERIES = {"mase": "MASE"} | _ADJUSTED


def card_metrics(
    backtest: pd.DataFrame, scores: pd.DataFrame, horizons: pd.DataFrame, measure: str
) -> list[Metric]:
    """Error and coverage of the champions by level, by horizon, and by force, crime group and crime type.

    Parameters
    ----------
    backtest, scores : DataFrame
        What `ml.forecast.fit_all` returned.
    horizons : DataFrame
        What `ml.forecast.scores.scores_by_horizon` made of them.
    measure : str
        'harm_days' or 'crime_count'.

    Returns
    -------
    list of Metric
        Values are those of ``scores`` and ``horizons``, with the intervals of `interval_over_months`. Beside
        them the seasonal naive forecast's by level and horizon, and the first baseline's by series.
    """
    champions = scores[scores["is_champion"].astype(bool)]
    rows = judged_table(backtest, measure).merge(champions[["series", "model"]], on=["series", "model"])
    return [
        *_by_level(rows, scores, champions),
        *_by_horizon(rows, horizons),
        *_by_series(rows, scores, champions),
    ]


def interval_over_months(rows: pd.DataFrame, column: str, *, is_pooled: bool = False) -> tuple[float, float]:
    """95% interval of a mean, by drawing the forecast months anew.

    A month is drawn with all forecasts of it, of every series and from every origin, as they miss together.
    Months that are forecast more often weigh more, so that they are worth fewer of the same weight (Kish
    1965). Of losses it is Student's, with the draws' variance and these months less one as degrees of
    freedom: percentiles of draws of so few months are too narrow (Efron and Tibshirani 1993, chapters 6 and
    12). Of shares, where draws see no chance if all months agree, it is the exact one, for as many trials as
    give the variance of the draws, and at least one a month of that worth (Korn and Graubard 1998).

    Parameters
    ----------
    rows : DataFrame
        Judged forecasts: ``series``, ``forecast_month`` and the column.
    column : str
        What is averaged.
    is_pooled : bool
        Whether every forecast weighs the same; else every series does.

    Returns
    -------
    lower, upper : float
        NaN below six months.
    """
    rows = rows[rows[column].notna()]
    months, month = np.unique(rows["forecast_month"], return_inverse=True)
    if len(months) < FEWEST_MONTHS:
        return math.nan, math.nan
    names, series = np.unique(rows["series"].astype(str), return_inverse=True)
    values, count = np.zeros((2, len(months), len(names)))
    np.add.at(values, (month, series), rows[column].to_numpy(dtype=np.float64))
    np.add.at(count, (month, series), 1.0)
    drawn = np.random.default_rng(_SEED).multinomial(
        len(months), np.full(len(months), 1 / len(months)), _REPLICATES
    )
    if is_pooled:
        mean = float(values.sum() / count.sum())
        means = (drawn @ values).sum(axis=1) / (drawn @ count).sum(axis=1)
    else:
        mean = float(np.mean(values.sum(axis=0) / count.sum(axis=0)))
        with np.errstate(invalid="ignore"):
            means = np.nanmean((drawn @ values) / (drawn @ count), axis=1)
    spread, worth = float(np.var(means)), effective_count(count.sum(axis=1))
    if not column.endswith("_share"):
        return _students_interval(mean, spread, worth)
    trials = mean * (1 - mean) / spread if spread > 0 else 0.0
    return exact_share_interval(mean, float(np.clip(trials, worth, len(months) * len(names))))


def _students_interval(mean: float, spread: float, months: float) -> tuple[float, float]:
    """95% interval of a mean loss, which is never below 0."""
    from scipy.stats import t

    # Draws of n months vary (n - 1) / n times as much as the mean of n months does.
    half = float(t.ppf(0.975, months - 1)) * math.sqrt(spread * months / (months - 1))
    return max(mean - half, 0.0), mean + half


def _by_level(rows: pd.DataFrame, scores: pd.DataFrame, champions: pd.DataFrame) -> Iterator[Metric]:
    naive = scores[scores["model"] == "seasonal_naive"]
    for level in LEVELS:
        own, beside = champions[champions["level"] == level], naive[naive["level"] == level]
        if own.empty:
            continue
        judged = rows[rows["level"] == level]
        # That a level has no backtest is said once, and not of every figure.
        for column, words in list(_OF_LEVELS.items())[: None if len(judged) else 1]:
            yield Metric(
                f"{words}, mean of series",
                float(own[column].mean()),
                *interval_over_months(judged, column),
                float(beside[column].mean()),
                f"{_plain(level)}, {len(own)} series, {_months(judged)}",
            )


def _by_horizon(rows: pd.DataFrame, horizons: pd.DataFrame) -> Iterator[Metric]:
    shown = horizons[horizons["horizon_months"].isin(SHOWN_HORIZONS)]
    for one in shown.sort_values(["level", "horizon_months"]).to_dict("records"):
        level, horizon = str(one["level"]), int(one["horizon_months"])
        judged = rows[(rows["level"] == level) & (rows["horizon_months"] == horizon)]
        for column, words in (_PLAIN | _ADJUSTED).items():
            yield Metric(
                words,
                one[column],
                *interval_over_months(judged, column, is_pooled=True),
                one.get(f"baseline_{column}", math.nan),
                f"{_plain(level)}, {counted(horizon, 'month')} ahead, {_months(judged)}",
            )


def _by_series(rows: pd.DataFrame, scores: pd.DataFrame, champions: pd.DataFrame) -> Iterator[Metric]:
    shown = champions[champions["level"].isin(LEVELS_BY_SERIES)]
    rank = shown["level"].map(LEVELS_BY_SERIES.index)
    for one in shown.assign(rank=rank).sort_values(["rank", "series"]).to_dict("records"):
        judged = rows[rows["series"] == one["series"]]
        if judged.empty:
            continue
        beside = scores[(scores["series"] == one["series"]) & scores["model"].isin(BASELINES)]
        baseline = beside.set_index("model").reindex(list(BASELINES)).dropna(subset="mase").head(1)
        for column, words in _OF_SERIES.items():
            yield Metric(
                words,
                float(one[column]),
                *interval_over_months(judged, column),
                float(baseline[column].iloc[0]) if len(baseline) else math.nan,
                f"{_named(one)}, {one['model']}, {_months(judged)}",
            )


def _months(rows: pd.DataFrame) -> str:
    return counted(rows["forecast_month"].nunique(), "month")


def _named(one: dict[Hashable, Any]) -> str:
    """Crime groups and types say in their name what they are."""
    return str(one["series"]) if one["level"] != "force" else f"force {one['series']}"


def _plain(level: object) -> str:
    return str(level).replace("_", " ")
