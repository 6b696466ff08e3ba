"""How far the published models were off, by force, crime group and type, with intervals over origins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.intervals import percentile_interval
from ml.common.model_card import Metric
from ml.forecast.backtest import BASELINES
from ml.forecast.scores import judged_table

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: Districts are left to the means of their level: a card of hundreds of lines is not read.
LEVELS = ("total", "force", "crime_group", "crime_type")
FEWEST_ORIGINS = 6
_REPLICATES, _SEED = 1_000, 20251126
_WORDS = {
    "mase": "MASE",
    "adjusted_coverage_80_share": "coverage of adjusted 80% intervals",
    "adjusted_coverage_95_share": "coverage of adjusted 95% intervals",
}


def errors_by_series(backtest: pd.DataFrame, scores: pd.DataFrame, measure: str) -> list[Metric]:
    """Error and coverage of each force's, crime group's and type's model, beside its first baseline's.

    Parameters
    ----------
    backtest, scores : DataFrame
        What `ml.forecast.fit_all` returned.
    measure : str
        'harm_days' or 'crime_count'.

    Returns
    -------
    list of Metric
        Values are those of ``scores``; their 95% intervals draw origins anew, NaN below six of them.
    """
    metrics = []
    table = judged_table(backtest, measure)
    champions = scores[scores["is_champion"].astype(bool) & scores["level"].isin(LEVELS)]
    rank = champions["level"].map(LEVELS.index)
    for one in champions.assign(rank=rank).sort_values(["rank", "series"]).itertuples():
        own = table[(table["series"] == one.series) & (table["model"] == one.model)]
        if own.empty:
            continue
        beside = scores[(scores["series"] == one.series) & scores["model"].isin(BASELINES)]
        baseline = beside.set_index("model").reindex(list(BASELINES)).dropna(subset="mase").head(1)
        for name, words in _WORDS.items():
            lower, upper = _interval(own[name], own["origin_month"])
            metrics.append(
                Metric(
                    words,
                    float(getattr(one, name)),
                    lower,
                    upper,
                    float(baseline[name].iloc[0]) if len(baseline) else math.nan,
                    f"{str(one.level).replace('_', ' ')} {one.series}, {one.model}",
                )
            )
    return metrics


def _interval(values: pd.Series, origins: pd.Series) -> tuple[float, float]:
    """95% percentile interval of the mean over origins drawn anew, each with all of its horizons."""
    known = values.notna()
    _, place = np.unique(origins[known], return_inverse=True)
    count = np.bincount(place).astype(np.float64)
    if len(count) < FEWEST_ORIGINS:
        return math.nan, math.nan
    total = np.bincount(place, values[known])
    drawn = np.random.default_rng(_SEED).integers(0, len(count), (_REPLICATES, len(count)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    return percentile_interval(means)
