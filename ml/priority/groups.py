"""How often the published model errs by hour, by who began the call, and by city."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.intervals import percentile_interval, wilson_interval
from ml.common.model_card import Metric
from ml.priority.features import Floats, is_officer_initiated
from ml.priority.judged import Judged
from ml.priority.metrics import resamples
from ml.priority.models import LOOK_UP
from ml.priority.splits import time_ordered_split

if TYPE_CHECKING:
    import pandas as pd

Mask = npt.NDArray[np.bool_]

#: With fewer calls that a share is of, nothing is told of it.
FEWEST = 30
MOST_CITIES = 8
_HOURS = ((0, 6), (6, 12), (12, 18), (18, 24))
_REPLICATES = 200
_SHARES = ("dangerous share", "recall at cost", "false alarm share at cost")
_GAP = "promised less observed share"


def errors_by_group(calls: pd.DataFrame, judged: Mapping[str, Judged], model: str) -> list[Metric]:
    """Errors of the published model of dangerous calls, on the test calls of the main scenario.

    Parameters
    ----------
    calls : DataFrame
        What `ml.priority.assess_agency` was given, with ``city`` where the agency names one.
    judged : mapping of str to Judged
        Its answers to the dangerous calls in the main scenario, by model.
    model : str
        The published model.

    Returns
    -------
    list of Metric
        For each group: calls; the share that is dangerous; of dangerous calls those sent as such, and of
        harmless ones those sent as dangerous, both from the threshold of least cost; the mean chance less
        the share that came. Shares of fewer than 30 calls are NaN. Beside them, what the look-up does.
    """
    test = calls[time_ordered_split(calls).is_test]
    own, beside = judged[model], judged[LOOK_UP]
    weights = resamples(len(test), _REPLICATES)
    metrics = []
    for group, mask in _groups(test):
        metrics.append(Metric("calls", float(mask.sum()), group=group))
        shares = zip(_SHARES, _shares(own, mask), _shares(beside, mask), strict=True)
        metrics += [Metric(name, *held, other[0], group) for name, held, other in shares]
        metrics.append(Metric(_GAP, *_gap(own, mask, weights), _gap(beside, mask, weights)[0], group))
    return metrics


def _groups(test: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
    hour = test["called_at_local"].dt.hour.to_numpy()
    for start, end in _HOURS:
        yield f"called from {start:02d}:00 to {end:02d}:00", (hour >= start) & (hour < end)
    is_officer = is_officer_initiated(test["call_type"]).to_numpy()
    yield "begun by officers", is_officer
    yield "begun by others", ~is_officer
    if "city" not in test or test["city"].isna().all():
        return
    city = test["city"].astype(object).where(test["city"].notna(), None)
    counts = city.value_counts()
    largest = sorted(counts[counts >= FEWEST].head(MOST_CITIES).index)
    for name in largest:
        yield f"city {name}", (city == name).to_numpy()
    is_other = ~city.isin(largest).to_numpy()
    if is_other.any():
        yield "no city, or a smaller one", is_other


def _shares(judged: Judged, mask: Mask) -> list[tuple[float, float, float]]:
    """Share and interval of what is dangerous, of what is caught and of false alarms."""
    is_dangerous = judged.target == 1
    is_sent = judged.probability[:, 1] >= judged.threshold
    pairs = (
        (is_dangerous & mask, mask),
        (is_sent & is_dangerous & mask, is_dangerous & mask),
        (is_sent & ~is_dangerous & mask, ~is_dangerous & mask),
    )
    return [_share(int(part.sum()), int(whole.sum())) for part, whole in pairs]


def _share(part: int, whole: int) -> tuple[float, float, float]:
    if whole < FEWEST:
        return math.nan, math.nan, math.nan
    lower, upper = wilson_interval(part, whole)
    return part / whole, float(lower), float(upper)


def _gap(judged: Judged, mask: Mask, weights: Floats) -> tuple[float, float, float]:
    """Mean chance less the share that came, with the middle 95% of resampled calls."""
    if mask.sum() < FEWEST:
        return math.nan, math.nan, math.nan
    chosen = weights[:, mask]
    gaps = chosen @ (judged.probability[mask, 1] - judged.target[mask]) / chosen.sum(axis=1)
    # Where nothing, or everything, was dangerous, resamples know of no other outcome.
    if len(np.unique(judged.target[mask])) == 1:
        return float(gaps[0]), math.nan, math.nan
    return float(gaps[0]), *percentile_interval(gaps[1:])
