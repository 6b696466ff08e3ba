"""Monthly forecasts of harm and counts with intervals, judged by a rolling-origin backtest."""

from ml.forecast.hierarchy import hierarchy_series
from ml.forecast.run import fit_all, forecast_all

__all__ = ["fit_all", "forecast_all", "hierarchy_series"]
