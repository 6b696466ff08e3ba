"""Harm-weighted micro-hotspots and the residents who live in them."""

from ml.hotspots.exposure import hotspot_population_exposure
from ml.hotspots.find import find_hotspots

__all__ = ["find_hotspots", "hotspot_population_exposure"]
