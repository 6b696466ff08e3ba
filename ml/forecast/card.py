"""The model card of the forecast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.contracts_forecast import LEVELS
from ml.common.intervals import percentile_interval
from ml.common.model_card import Metric, ModelCard
from ml.forecast.conformal import FEWEST_ERRORS

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_HORIZONS = (1, 6, 12)
_FEWEST_SERIES, _REPLICATES, _SEED = 10, 1_000, 20251125
_FEATURES = (
    "earlier months of the series",
    "month of the year and its days",
    "weekends and bank holidays (calendar_regression alone)",
    "declared breaks",
)
_LIMITS = (
    f"Intervals of figures draw series anew, at least {_FEWEST_SERIES} of them. Series move together, which "
    "makes them too narrow. Those of one force or crime type draw origins, whose months overlap.",
    "Recorded crime is forecast, not crime: what is reported and how it is recorded decides with.",
    "Declared breaks are taken out by estimate; a change of recording that nobody declared looks like crime.",
    "Intervals of parts are moved with their reconciled forecasts and do not add up; only forecasts do.",
    f"Intervals of a horizon are widened by its past errors, and its neighbours' while those are fewer than "
    f"{FEWEST_ERRORS} (interval_pooled_months). Neighbours share most months, so this is less than it seems.",
    "Weather is left out: known or not, it lowers no error on real files beside the season.",
    "Champions were chosen by the months that they are scored on, so their scores flatter a little.",
    "Series of under 24 months get naive methods only, and those cannot know a season.",
    "Errors are held against those of the months before (ml_drift). Upon an alarm, look first for a break of "
    "recording; until that is settled, take the intervals for too narrow.",
)


def forecast_card(
    forecast: pd.DataFrame,
    scores: pd.DataFrame,
    horizons: pd.DataFrame,
    *,
    version: str,
    measure: str,
    errors: Sequence[Metric] = (),
) -> ModelCard:
    """Write the card from what was measured.

    Parameters
    ----------
    forecast, scores : DataFrame
        What `ml.forecast.forecast_all` returned.
    horizons : DataFrame
        What `ml.forecast.scores.scores_by_horizon` returned.
    version : str
        Code and data.
    measure : str
        'harm_days' or 'crime_count'.
    errors : sequence of Metric
        By force and crime type, as `ml.forecast.errors.errors_by_series` gives them.
    """
    total = scores[scores["series"] == "total"]
    champion = total[total["is_champion"].astype(bool)]
    baseline = total[total["model"].isin(["seasonal_naive", "naive"])]
    # The baseline is the seasonal naive forecast wherever the series is long enough for it.
    baseline = baseline.sort_values("model", ascending=False).head(1)
    name = str(champion["model"].iloc[0]) if len(champion) else "none"
    beside = str(baseline["model"].iloc[0]) if len(baseline) else "none"
    return ModelCard(
        name=f"Monthly forecast of {measure.replace('_', ' ')}",
        version=version,
        purpose="Expected months of the next year of all, forces, districts, crime groups and types, banded.",
        data="police.uk street-level records by month, force, district and crime type",
        period=(_month(forecast, "train_start_month", "min"), _month(forecast, "train_end_month", "max")),
        champion=name,
        baseline=beside,
        verdict=str(champion["note"].iloc[0]) if len(champion) else "There is no total series.",
        metrics=(*_metrics(scores), *_horizon_metrics(horizons), *errors),
        limits=_LIMITS,
        fairness=(
            "Errors are told by force and by crime type, and not by groups of people: series are of areas "
            "and crime types.",
        ),
        features=_FEATURES,
        source=(
            "Hyndman et al. (2008), Forecasting with Exponential Smoothing",
            "Box and Jenkins (1970), Time Series Analysis",
            "Wickramasuriya, Athanasopoulos and Hyndman (2019), JASA 114(526)",
            "Romano, Patterson and Candes (2019), Conformalized Quantile Regression",
        ),
    )


def _metrics(scores: pd.DataFrame) -> list[Metric]:
    """Means of the champions of each level, beside those of the seasonal naive forecast."""
    metrics = []
    champions = scores[scores["is_champion"].astype(bool)]
    naive = scores[scores["model"] == "seasonal_naive"]
    for level in LEVELS:
        own, other = champions[champions["level"] == level], naive[naive["level"] == level]
        for column, words in (
            ("mase", "MASE"),
            ("scaled_pinball_loss", "scaled pinball loss"),
            ("coverage_80_share", "coverage of 80% intervals"),
            ("adjusted_coverage_80_share", "coverage of adjusted 80% intervals"),
            ("coverage_95_share", "coverage of 95% intervals"),
            ("adjusted_coverage_95_share", "coverage of adjusted 95% intervals"),
        ):
            if len(own):
                value, baseline = float(own[column].mean()), float(other[column].mean())
                lower, upper = _interval(own[column].dropna().to_numpy(dtype=np.float64))
                metrics.append(Metric(f"{words}, mean of series", value, lower, upper, baseline, level))
    return metrics


def _horizon_metrics(horizons: pd.DataFrame) -> list[Metric]:
    """Error and coverage of each level at the horizons that a reader plans by."""
    shown = horizons[horizons["horizon_months"].isin(_SHOWN_HORIZONS)]
    metrics = []
    for row in shown.sort_values(["level", "horizon_months"]).to_dict("records"):
        group = f"{row['level']}, {row['horizon_months']} months ahead, {row['origin_count']} origins"
        for column, words in (
            ("mase", "MASE"),
            ("scaled_pinball_loss", "scaled pinball loss"),
            ("adjusted_coverage_80_share", "coverage of adjusted 80% intervals"),
            ("adjusted_coverage_95_share", "coverage of adjusted 95% intervals"),
        ):
            baseline = row.get(f"baseline_{column}", math.nan)
            metrics.append(Metric(words, row[column], baseline=baseline, group=group))
    return metrics


def _interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95% percentile interval of the mean over series drawn anew; NaN with too few series to draw from."""
    if len(values) < _FEWEST_SERIES:
        return math.nan, math.nan
    random = np.random.default_rng(_SEED)
    means = random.choice(values, (_REPLICATES, len(values))).mean(axis=1)
    return percentile_interval(means)


def _month(forecast: pd.DataFrame, column: str, which: str) -> str:
    return f"{forecast[column].agg(which):%Y-%m}" if len(forecast) else "none"
