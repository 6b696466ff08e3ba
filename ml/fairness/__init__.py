"""Audit tables: who is stopped, and who lives in the hotspots.

For audit only: nothing here may feed a model or a ranking.
"""

from ml.fairness.hotspot_exposure import audit_hotspot_exposure
from ml.fairness.stops import audit_stops

__all__ = ["audit_hotspot_exposure", "audit_stops"]
