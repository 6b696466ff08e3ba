"""Drift of what models of call priority read: a month's calls against those of the months before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.monitoring.reference import FEWEST_CALLS, Row, drift_row, stability_excess, windows
from ml.priority.features import is_officer_initiated, place_cell

if TYPE_CHECKING:
    import pandas as pd

#: What each measure compares.
CALL_INPUTS: Mapping[str, str] = {
    "call_type_mix_excess": "types",
    "call_type_unseen_excess": "known and new types",
    "call_hour_mix_excess": "three-hour slots of the day",
    "call_place_mix_excess": "places",
    "call_place_unseen_excess": "known and new places",
    "call_address_mix_excess": "kinds of address (block, intersection, none)",
    "call_officer_mix_excess": "calls that officers began and others",
    "call_priority_mix_excess": "priorities",
}
# Calls come in bursts, which counts of classes with fewer calls would show as drift.
FEWEST_EXPECTED = 10
_SLOT_HOURS = 3
_CELL_DECIMALS = 2

Counts = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def call_input_drift(calls: pd.DataFrame) -> Iterator[Row]:
    """Hold the mixes of each agency's month against those of the months before.

    Months of fewer than a hundred calls are neither judged nor judged by. Classes that the reference lets
    expect fewer than ten of the month's calls are one class. New is a type or place of no call in the
    reference; how many are to be expected is told by those of a single call, each of which would be new
    without that call.

    Parameters
    ----------
    calls
        One row a ranked incident: ``agency``, ``called_at_local``, ``priority``, ``call_type``, ``street``,
        ``cross_street``, ``longitude``, ``latitude``.

    Yields
    ------
    tuple
        A row a measure of ``CALL_INPUTS``, agency and month.

    References
    ----------
    Good, I. J. (1953), The population frequencies of species, Biometrika 40, 237-264.
    """
    for agency, held in calls.groupby("agency"):
        months = held["called_at_local"].dt.to_period("M").dt.to_timestamp()
        usable = held[months.groupby(months).transform("size") >= FEWEST_CALLS]
        for name, classes in _classes(usable).items():
            counts = _by_month(months.loc[usable.index], classes)
            for place, window in windows(counts.index):
                old, new = counts.iloc[window].sum(), counts.iloc[place]
                for measure, value in _compared(name, old.to_numpy(float), new.to_numpy(float)):
                    yield drift_row(measure, agency, counts.index, place, window, value)


def _compared(name: str, old: Counts, new: Counts) -> Iterator[tuple[str, float]]:
    """Yield each measure of one kind of class, NaN where every class is rare."""
    is_common = old / old.sum() * new.sum() >= FEWEST_EXPECTED
    mix = (_rest_as_one(counts, is_common) for counts in (old, new))
    yield f"{name}_mix_excess", stability_excess(*mix) if is_common.any() else float("nan")
    unseen = f"{name}_unseen_excess"
    if unseen in CALL_INPUTS:
        yield unseen, stability_excess(_parted(old, old == 1), _parted(new, old == 0))


def _rest_as_one(counts: Counts, is_common: Mask) -> Counts:
    return np.append(counts[is_common], counts[~is_common].sum())


def _parted(counts: Counts, is_part: Mask) -> Counts:
    return np.array([counts[~is_part].sum(), counts[is_part].sum()])


def _classes(calls: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the class of each call, by what is compared."""
    kind = calls["street"].notna().astype(int) + calls["cross_street"].notna().astype(int)
    cell = place_cell(calls, _CELL_DECIMALS)
    return {
        "call_type": calls["call_type"].fillna(""),
        "call_hour": calls["called_at_local"].dt.hour // _SLOT_HOURS,
        "call_place": cell.where(calls["longitude"].notna(), calls["street"]).fillna(""),
        "call_address": kind,
        "call_officer": is_officer_initiated(calls["call_type"]),
        "call_priority": calls["priority"],
    }


def _by_month(months: pd.Series, classes: pd.Series) -> pd.DataFrame:
    """Count calls by month, in order, and class."""
    return classes.groupby([months, classes]).size().unstack(fill_value=0)
