"""Harm-weighted micro-hotspots: found, tested, followed through time, and who lives in them."""

from ml.hotspots.exposure import hotspot_population_exposure
from ml.hotspots.settings import HotspotSettings
from ml.hotspots.tables import HotspotTables, hotspot_tables

__all__ = [
    "HotspotSettings",
    "HotspotTables",
    "hotspot_population_exposure",
    "hotspot_tables",
]
