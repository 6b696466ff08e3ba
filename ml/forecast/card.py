"""The model card of the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml.common.model_card import Metric, ModelCard
from ml.forecast.conformal import FEWEST_ERRORS
from ml.forecast.coverage import coverage_texts
from ml.forecast.errors import FEWEST_MONTHS

if TYPE_CHECKING:
    import pandas as pd

_FEATURES = (
    "earlier months of the series",
    "month of the year and its days",
    "weekends and bank holidays (calendar_regression alone)",
    "declared breaks",
)
_LIMITS = (
    "Intervals of figures draw the forecast months anew, each with all series and origins, as those of one "
    "month miss together; of coverages they are exact, for as many trials. Months that follow each other "
    "count as if they did not, which makes intervals too narrow. A dash stands for fewer than "
    f"{FEWEST_MONTHS} months, or a MASE of 0/0.",
    "Whether a coverage differs beyond chance is judged by its exact 95% interval. A month is one trial; as "
    "some are forecast more often than others, 18 are worth 15. Where intervals are right, 6 to 8 series in "
    "ten lie outside the band with 18 to 23 months, 1 to 3 in a hundred beyond chance, and 5 to 13 where "
    "errors persist (docs/methods/forecasts.md). 80% intervals that are too wide can be found so from 20 "
    "months on and 95% intervals never: that none was found says nothing there.",
    "Recorded crime is forecast, not crime: what is reported and how it is recorded decides with.",
    "Declared breaks are taken out by estimate; a change of recording that nobody declared looks like crime.",
    "Intervals of parts are moved with their reconciled forecasts and do not add up; only forecasts do.",
    f"Intervals of a horizon are widened by its past errors, and its neighbours' while those are fewer than "
    f"{FEWEST_ERRORS} (interval_pooled_months). Neighbours share most months, so this is less than it seems.",
    "Weather is left out: known or not, no gain beside the season was shown on real files.",
    "Champions were chosen by the months that they are scored on, so their scores flatter.",
    "Series of under 24 months get naive methods only, and those cannot know a season.",
    "Errors are held against those of the months before (ml_drift). Upon an alarm, look first for a break of "
    "recording; until that is settled, take the intervals for too narrow.",
)


def forecast_card(
    forecast: pd.DataFrame,
    scores: pd.DataFrame,
    metrics: Sequence[Metric],
    *,
    version: str,
    measure: str,
) -> ModelCard:
    """Write the card from what was measured.

    Parameters
    ----------
    forecast, scores : DataFrame
        What `ml.forecast.forecast_all` returned.
    metrics : sequence of Metric
        As `ml.forecast.errors.card_metrics` gives them.
    version : str
        Code and data.
    measure : str
        'harm_days' or 'crime_count'.
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
        metrics=tuple(metrics),
        limits=(*_LIMITS, *coverage_texts(forecast, scores)),
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


def _month(forecast: pd.DataFrame, column: str, which: str) -> str:
    return f"{forecast[column].agg(which):%Y-%m}" if len(forecast) else "none"
