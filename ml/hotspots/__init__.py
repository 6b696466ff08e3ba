"""Harm-weighted micro-hotspots: found, tested, followed through time, and who lives in them."""

from ml.hotspots.clusters import Dbscan, Hdbscan
from ml.hotspots.exposure import hotspot_population_exposure
from ml.hotspots.find import find_hotspots
from ml.hotspots.tables import HotspotTables, hotspot_tables

__all__ = [
    "Dbscan",
    "Hdbscan",
    "HotspotTables",
    "find_hotspots",
    "hotspot_population_exposure",
    "hotspot_tables",
]
