"""Small made-up frames in the shape that the risk job reads from the warehouse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from ml.risk.study import CELL_M, DOMAINS

SIDE = 5
EDGE_M = 600.0
LEFT_M, BOTTOM_M = 400_100.0, 300_050.0
TYPES = {"Burglary": 400.0, "Drugs": 300.0, "Anti-social behaviour": 1.0, "Something new": 5.0}


def months_of(count: int) -> np.ndarray:
    """Consecutive months up to December 2025."""
    return np.arange(np.datetime64("2026-01") - count, np.datetime64("2026-01"))


def neighbourhoods() -> pd.DataFrame:
    """25 square neighbourhoods of two forces, whose edges do not follow the National Grid."""
    column, row = (part.ravel() for part in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    west, south = LEFT_M + column * EDGE_M, BOTTOM_M + row * EDGE_M
    random = np.random.default_rng(70)
    frame = pd.DataFrame(
        {
            "lsoa_code": [f"E0100{i:04d}" for i in range(SIDE * SIDE)],
            "force_slug": np.where(row < 3, "eastvale", "westvale"),
            "easting_m": west + EDGE_M / 2,
            "northing_m": south + EDGE_M / 2,
            "area_km2": EDGE_M**2 / 1e6,
            "population_count": random.integers(900, 2500, SIDE * SIDE),
            "geometry_wkb": shapely.to_wkb(shapely.box(west, south, west + EDGE_M, south + EDGE_M)),
        }
    )
    return frame.assign(**{f"{name}_score": random.uniform(0, 80, len(frame)) for name in DOMAINS})


def records(months: np.ndarray, seed: int, mean: float = 2.0) -> pd.DataFrame:
    """Records of every neighbourhood, type and month, at points of it; some types are unknown."""
    random = np.random.default_rng(seed)
    lsoas = neighbourhoods()
    risk = np.random.default_rng(71).gamma(2.0, mean / 2.0, (len(lsoas), len(TYPES)))
    counts = random.poisson(risk * np.ones((len(months), 1, 1)))
    month, lsoa, kind = (np.repeat(part, counts[counts > 0]) for part in np.nonzero(counts))
    x = lsoas["easting_m"].to_numpy()[lsoa] + random.uniform(-EDGE_M / 2, EDGE_M / 2, len(lsoa))
    y = lsoas["northing_m"].to_numpy()[lsoa] + random.uniform(-EDGE_M / 2, EDGE_M / 2, len(lsoa))
    names = np.array(list(TYPES), dtype=object)[kind]
    return pd.DataFrame(
        {
            "lsoa_code": lsoas["lsoa_code"].to_numpy()[lsoa],
            "cell_easting_m": np.floor(x / CELL_M) * CELL_M,
            "cell_northing_m": np.floor(y / CELL_M) * CELL_M,
            "crime_month": months[month].astype("datetime64[s]"),
            "crime_type": names,
            "crime_count": 1,
            "harm_days": pd.Series(names).map(TYPES).to_numpy(),
        }
    )
