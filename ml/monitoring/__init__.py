"""Watches inputs, predictions and errors from month to month, and asks for new training when they drift."""

from ml.monitoring.drift import monitor
from ml.monitoring.limits import MEASURES, Limit
from ml.monitoring.watch import RetrainRequest, Watch

__all__ = ["MEASURES", "Limit", "RetrainRequest", "Watch", "monitor"]
