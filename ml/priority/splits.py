"""Which calls train and which test: at random, in order of time, by year; and what a model may know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.priority.features import EVERYTHING, SEED, Knowledge, precisions_held

if TYPE_CHECKING:
    import pandas as pd

_TEST_SHARE = 0.25


@dataclass(frozen=True)
class Split:
    """A division of calls.

    Parameters
    ----------
    name : str
        How they were divided.
    is_train, is_test : ndarray, shape (calls,)
        Never both.
    """

    name: str
    is_train: npt.NDArray[np.bool_]
    is_test: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scenario:
    """One question put to every model.

    Parameters
    ----------
    split : Split
        Which calls train and test.
    knowledge : Knowledge
        What models may know of a call.
    has_officer_calls : bool
        Whether calls that officers began themselves are among the calls.
    has_refits : bool
        Whether settings of the candidates are searched, and models of danger fitted anew each month as well,
        and chosen from on validation months.
    """

    split: Split
    knowledge: Knowledge = EVERYTHING
    has_officer_calls: bool = True
    has_refits: bool = False


def random_split(calls: pd.DataFrame) -> Split:
    """Draw a quarter of the calls as the test, which lets a model see days on both sides of a test call."""
    is_test = np.random.default_rng(SEED).random(len(calls)) < _TEST_SHARE
    return Split("random", ~is_test, is_test)


def time_ordered_split(calls: pd.DataFrame) -> Split:
    """Take the newest quarter of the calls as the test, as a model meets calls in use."""
    rank = calls["called_at_local"].rank(method="first").to_numpy(np.float64)
    is_test = rank > np.floor(len(calls) * (1 - _TEST_SHARE))
    return Split("time_ordered", ~is_test, is_test)


def year_split(calls: pd.DataFrame, train_year: int, test_year: int) -> Split:
    """Train on the calls of one year and test on those of another."""
    year = calls["called_at_local"].dt.year.to_numpy()
    return Split(f"{train_year}_to_{test_year}", year == train_year, year == test_year)


def usual_scenarios(calls: pd.DataFrame) -> tuple[Scenario, ...]:
    """Return the main scenario first (in order of time, everything known), then one change at a time."""
    later = time_ordered_split(calls)
    held = precisions_held(calls)
    best = Knowledge(held[-1])
    return (
        Scenario(later, best, has_refits=True),
        Scenario(random_split(calls), best),
        *(Scenario(later, Knowledge(precision)) for precision in held[:-1]),
        Scenario(later, Knowledge(held[-1], has_call_type=False), has_refits=True),
        Scenario(later, best, has_officer_calls=False),
    )
