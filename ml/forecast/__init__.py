"""Monthly harm forecasts with intervals, judged by a rolling-origin backtest beside naive baselines."""

from ml.forecast.run import forecast_all
from ml.forecast.series import monthly_series

__all__ = ["forecast_all", "monthly_series"]
