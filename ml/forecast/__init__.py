"""Monthly forecasts of harm and counts with intervals, judged by a rolling-origin backtest."""

from ml.forecast.hierarchy import hierarchy_series
from ml.forecast.run import forecast_all

__all__ = ["forecast_all", "hierarchy_series"]
