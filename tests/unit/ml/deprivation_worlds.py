"""Made-up areas on a jittered grid, with smooth scores of deprivation and records by a known rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from ml.deprivation.sample import DOMAINS

Fields = dict[str, np.ndarray]


def smooth_field(rng: np.random.Generator, side: int, width: float) -> np.ndarray:
    """A standardised random field on a square grid, flattened; neighbours are alike over ``width`` cells."""
    field = gaussian_filter(rng.normal(size=(side, side)), width, mode="reflect").reshape(-1)
    return (field - field.mean()) / field.std()


def make_world(side: int, seed: int, width: float) -> tuple[pd.DataFrame, pd.DataFrame, Fields]:
    """Return areas without records, the domains in long form, and the domains' fields by name."""
    rng = np.random.default_rng(seed)
    east, north = np.meshgrid(np.arange(side) * 1000.0, np.arange(side) * 1000.0)
    count = side * side
    areas = pd.DataFrame(
        {
            "lsoa_code": [f"E{place:08d}" for place in range(count)],
            "easting_m": 400_000 + east.reshape(-1) + rng.uniform(-200, 200, count),
            "northing_m": 200_000 + north.reshape(-1) + rng.uniform(-200, 200, count),
            "resident_count": rng.integers(1_000, 2_500, count),
            "month_count": 12,
            "crime_count": 0,
            "harm_days": 0.0,
        }
    )
    fields = {name: smooth_field(rng, side, width) for name in DOMAINS}
    return areas, long_domains(areas, fields), fields


def percent(field: np.ndarray) -> np.ndarray:
    """The share of areas that lie no higher."""
    return pd.Series(field).rank(pct=True).to_numpy()


def long_domains(areas: pd.DataFrame, fields: Fields, index_year: int = 2025) -> pd.DataFrame:
    """Return fields as scores between 0 and 100, a row for each area and domain."""
    scores = {name: 100 * percent(field) for name, field in fields.items()}
    wide = pd.DataFrame(scores).assign(lsoa_code=areas["lsoa_code"])
    long = wide.melt(id_vars="lsoa_code", var_name="domain", value_name="domain_score")
    return long.assign(index_year=index_year)


def unrelated(field: np.ndarray, fields: Fields) -> np.ndarray:
    """A field less what a straight line on the others tells of it by chance; standardised."""
    others = np.column_stack([np.ones(len(field)), *fields.values()])
    rest = field - others @ np.linalg.lstsq(others, field, rcond=None)[0]
    return rest / rest.std()


def drawn(areas: pd.DataFrame, rate_per_1000: np.ndarray, seed: int) -> np.ndarray:
    """Poisson records at the given rates."""
    return np.random.default_rng(seed).poisson(rate_per_1000 * areas["resident_count"].to_numpy() / 1000)
