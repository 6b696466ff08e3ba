"""Watches inputs, predictions and errors from month to month, and asks for new training when they drift."""

from ml.monitoring.drift import MEASURES, Limit, monitor

__all__ = ["MEASURES", "Limit", "monitor"]
