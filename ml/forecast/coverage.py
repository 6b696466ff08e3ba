"""How often past outcomes lay inside the champions' intervals, by horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def coverage_by_horizon(backtest: pd.DataFrame, scores: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Coverage of the champions by level and horizon, as forecast and as adjusted.

    Parameters
    ----------
    backtest, scores : DataFrame
        What `ml.forecast.forecast_all` returned.
    measure : str
        'harm_days' or 'crime_count'.

    Returns
    -------
    DataFrame
        Table ``ml_forecast_coverage`` of one measure; every series and origin of a level weighs the same.
        The champions were chosen by these months, so the figures flatter a little.
    """
    import pandas as pd

    champions = scores.loc[scores["is_champion"].astype(bool), ["series", "model"]]
    rows = backtest.merge(champions, on=["series", "model"])
    actual = rows[f"actual_{measure}"]
    inside = {
        f"{prefix}coverage_{level}_share": actual.between(
            rows[f"{prefix}lower_{level}"], rows[f"{prefix}upper_{level}"]
        ).astype(float)
        for prefix in ("", "adjusted_")
        for level in (80, 95)
    }
    keys = ["level", "horizon_months"]
    judged = pd.DataFrame({**{key: rows[key] for key in keys}, **inside, "forecast_count": 1})
    counted = judged.groupby(keys).agg({**dict.fromkeys(inside, "mean"), "forecast_count": "sum"})
    return counted.reset_index().assign(measure=measure)
