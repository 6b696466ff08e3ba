"""Whether held-out rates are too high or too low in the more and the less deprived areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ml.deprivation.evaluate import block_weights, interval
from ml.deprivation.sample import DOMAINS, Floats, Ints, Sample

TENTHS = 10
#: With fewer areas, or areas of fewer regions, nothing is told of a tenth.
FEWEST_AREAS, FEWEST_BLOCKS = 20, 3
#: No other domain weighs more in the indices.
BY = "income"


def errors_by_tenth(
    sample: Sample, rates: Mapping[str, Floats], blocks: Ints, *, model: str, beside: str
) -> list[dict[str, Any]]:
    """Mean error of held-out rates by tenths of the areas, ordered by income deprivation.

    Parameters
    ----------
    sample : Sample
        The areas.
    rates : mapping of str to ndarray, shape (areas,)
        Held-out rates by model, on spatial folds.
    blocks : ndarray of int, shape (areas,)
        Region of each area; whole regions are drawn for the intervals.
    model, beside : str
        The model that is told of, and the baseline.

    Returns
    -------
    list of dict
        ``tenth`` (1 for the most deprived), ``area_count``, ``mean_error`` (expected less recorded, per
        1,000 residents and year, areas weighted by residents) with ``lower`` and ``upper``, and
        ``baseline``, the mean error of the other model; NaN below 20 areas or 3 regions.
    """
    weights = block_weights(blocks)
    order = np.argsort(-sample.features[:, DOMAINS.index(BY)], kind="stable")
    rows = []
    for number, part in enumerate(np.array_split(order, TENTHS), start=1):
        row: dict[str, Any] = {"tenth": number, "area_count": len(part)}
        names = ("mean_error", "lower", "upper", "baseline")
        figures = (np.nan,) * len(names)
        if len(part) >= FEWEST_AREAS and len(np.unique(blocks[part])) >= FEWEST_BLOCKS:
            own, other = (_mean_errors(sample, rates[name], part, weights) for name in (model, beside))
            figures = (*interval(own), float(other[0]))
        rows.append(row | dict(zip(names, figures, strict=True)))
    return rows


def _mean_errors(sample: Sample, rate: Floats, part: Ints, weights: Floats) -> Floats:
    """Mean error of all areas of the part and of every resample, shape (weightings,)."""
    exposure = weights[:, part] * sample.exposure[part]
    total = exposure.sum(axis=1)
    error = exposure @ (rate[part] - sample.rate[part])
    return np.divide(error, total, out=np.full(len(total), np.nan), where=total > 0)
