"""Hotspots of records that are all there is: what they are found among is themselves."""

from __future__ import annotations

import pandas as pd

from ml.hotspots import HotspotSettings, hotspot_tables


def places_of(records: pd.DataFrame, others: int = 0) -> pd.DataFrame:
    """Count the records on each point, and as many others there."""
    points = records.groupby(["easting_m", "northing_m"]).size().rename("record_count").reset_index()
    return points.assign(record_count=points["record_count"] + others)


def find_hotspots(
    records: pd.DataFrame,
    town_centres: pd.DataFrame | None = None,
    settings: HotspotSettings | None = None,
) -> pd.DataFrame:
    """Return the table of hotspots alone, with hardly any relabelling."""
    settings = settings or HotspotSettings(relabellings=1)
    found = hotspot_tables(records, places_of(records), town_centres, harm_scheme="s", settings=settings)
    return found.hotspots
