"""Draws what became of each crime: the outcomes files, and the last outcome that a street file states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.sandbox.categories import (
    ASB,
    CHARGED,
    COURT_OUTCOMES,
    FIRST_OUTCOMES,
    OUTCOME_NAMES,
    STATUS_UNAVAILABLE,
    UNDER_INVESTIGATION,
)
from orchestration.sandbox.crimes import CrimeRecords, first_month_of_2021_codes, new_ids, source_rows
from orchestration.sandbox.plan import CityPlan

NO_OUTCOME_SHARE = 0.12
COURT_SHARE = 0.8
SECOND_OUTCOME_SHARE = 0.04
OLDER_CRIMES_SHARE = 0.03
_OLDER_CRIMES_MONTHS = 9


@dataclass(frozen=True)
class OutcomeRecords:
    """Every outcome, sorted by month, force and place in its file.

    Parameters
    ----------
    month, force, outcome
        Indices into the plan's months, ``FORCES`` and ``OUTCOME_NAMES``.
    source_row
        Place in its file, 1 for the first record.
    crime
        Index of the street record, -1 where the crime is older than the window.
    crime_id
        Its Crime ID.
    snap
        Index of its snap point.
    is_located
        Whether its location is published.
    has_2011_code
        Whether it carries the LSOA code of 2011.
    """

    month: np.ndarray
    force: np.ndarray
    outcome: np.ndarray
    source_row: np.ndarray
    crime: np.ndarray
    crime_id: np.ndarray
    snap: np.ndarray
    is_located: np.ndarray
    has_2011_code: np.ndarray

    def __len__(self) -> int:
        return len(self.month)


def draw_outcomes(plan: CityPlan, crimes: CrimeRecords) -> OutcomeRecords:
    """Draw the outcomes of the crimes, and some of crimes from before the window.

    Parameters
    ----------
    plan
        Window and seed.
    crimes
        The street records; anti-social behaviour never has an outcome.

    Returns
    -------
    OutcomeRecords
        Several for some Crime IDs; none dated after the window.
    """
    rng = plan.stream("outcomes")
    crime, month, outcome = _follow(rng, crimes)
    older = _older(rng, plan, crimes, len(crime))
    month = np.concatenate([month, older.month])
    keep = np.flatnonzero(month < len(plan.months))
    known = len(crime)
    force = np.concatenate([crimes.force[crime], older.force])
    keep = keep[np.lexsort((rng.random(len(keep)), force[keep], month[keep]))]
    crime = np.concatenate([crime, np.full(len(older), -1)])
    source = np.where(crime >= 0, crime, 0)
    is_known = np.arange(len(crime)) < known

    def gather(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        values = mine[source].copy()
        values[~is_known] = theirs
        return values[keep]

    early = month[keep] < first_month_of_2021_codes(plan)
    return OutcomeRecords(
        month=month[keep],
        force=force[keep],
        outcome=np.concatenate([outcome, older.outcome])[keep],
        source_row=source_rows(month[keep], force[keep]),
        crime=crime[keep],
        crime_id=gather(crimes.crime_id, older.crime_id),
        snap=gather(crimes.snap, older.snap),
        is_located=gather(crimes.is_located, older.is_located),
        has_2011_code=gather(crimes.has_2011_code, older.has_2011_code) & early,
    )


def last_outcomes(plan: CityPlan, crimes: CrimeRecords, outcomes: OutcomeRecords, release: int) -> np.ndarray:
    """Return the last outcome that the street files of a release state for each crime.

    Parameters
    ----------
    plan, crimes, outcomes
        The city.
    release
        Index of the release's month: later outcomes are not known to it, which is how old months get revised.

    Returns
    -------
    numpy.ndarray
        Index into ``OUTCOME_NAMES`` of each record, -1 for anti-social behaviour.
    """
    waiting, lost = OUTCOME_NAMES.index(UNDER_INVESTIGATION), OUTCOME_NAMES.index(STATUS_UNAVAILABLE)
    last = np.where(crimes.month > release - len(plan.months) // 3, waiting, lost)
    last[crimes.category == ASB] = -1
    known = np.flatnonzero((outcomes.month <= release) & (outcomes.crime >= 0))
    # Outcomes are in month order, so of several assignments to one crime the newest stays.
    last[outcomes.crime[known]] = outcomes.outcome[known]
    return last


def outcome_month(crimes: CrimeRecords, outcomes: OutcomeRecords, release: int) -> np.ndarray:
    """Return the month of each crime's last outcome known to a release; its own month without one.

    Parameters
    ----------
    crimes, outcomes, release
        As for :func:`last_outcomes`.

    Returns
    -------
    numpy.ndarray, shape (crimes,)
        Indices into the plan's months.
    """
    month = crimes.month.copy()
    known = np.flatnonzero((outcomes.month <= release) & (outcomes.crime >= 0))
    month[outcomes.crime[known]] = outcomes.month[known]
    return month


def _follow(rng: np.random.Generator, crimes: CrimeRecords) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return crime, month and outcome of every event; the first ones come before the second ones."""
    crime = np.flatnonzero((crimes.category != ASB) & (rng.random(len(crimes)) >= NO_OUTCOME_SHARE))
    month = crimes.month[crime] + np.minimum(rng.geometric(0.45, len(crime)) - 1, 12)
    outcome = _pick(rng, FIRST_OUTCOMES, len(crime))
    chance = np.where(outcome == CHARGED, COURT_SHARE, SECOND_OUTCOME_SHARE)
    again = np.flatnonzero(rng.random(len(crime)) < chance)
    court = len(FIRST_OUTCOMES) + _pick(rng, COURT_OUTCOMES, len(again))
    second = np.where(outcome[again] == CHARGED, court, _pick(rng, FIRST_OUTCOMES, len(again)))
    second_month = month[again] + rng.integers(1, 7, len(again))
    return (
        np.concatenate([crime, crime[again]]),
        np.concatenate([month, second_month]),
        np.concatenate([outcome, second]),
    )


def _older(rng: np.random.Generator, plan: CityPlan, crimes: CrimeRecords, known: int) -> OutcomeRecords:
    """Return outcomes of crimes from before the window, in its first months and where crimes happen."""
    count = int(known * OLDER_CRIMES_SHARE)
    like = rng.choice(np.flatnonzero(crimes.month < _OLDER_CRIMES_MONTHS), count)
    return OutcomeRecords(
        month=crimes.month[like],
        force=crimes.force[like],
        outcome=_pick(rng, FIRST_OUTCOMES, count),
        source_row=np.zeros(count, dtype=np.int64),
        crime=np.full(count, -1),
        crime_id=new_ids(rng, count),
        snap=crimes.snap[like],
        is_located=crimes.is_located[like],
        has_2011_code=crimes.has_2011_code[like],
    )


def _pick(rng: np.random.Generator, odds: tuple[tuple[str, float], ...], count: int) -> np.ndarray:
    weight = np.array([share for _, share in odds])
    return rng.choice(len(odds), count, p=weight / weight.sum())
