"""Simulates the loop of prediction, patrol and record on many places, and what damps it.

After Lum, K. and Isaac, W. (2016), "To predict and serve?", Significance 13(5): crime that patrols discover
is added to the record that the next prediction learns from. The scenario's rates are assumptions: the
simulation shows what a policy does to a difference that is known, not what happens in any real place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.patrol.targeting import measure_targeting

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Policy:
    """How patrols are sent and what is learnt from what they find.

    Parameters
    ----------
    random_share
        Share of the patrols that go to places drawn at random.
    most_days
        Highest share of the past days on which a place may have been patrolled; 1 for no limit.
    learns_from
        ``all`` records, ``reported`` ones alone, or all, ``reweighted``: discoveries by how likely the place
        was to be patrolled.
    """

    random_share: float = 0.0
    most_days: float = 1.0
    learns_from: str = "all"


POLICIES: Mapping[str, Policy] = {
    "highest_first": Policy(),
    "random_tenth": Policy(random_share=0.1),
    "random_third": Policy(random_share=1 / 3),
    "at_most_half_the_days": Policy(most_days=0.5),
    "reported_only": Policy(learns_from="reported"),
    "reweighted": Policy(random_share=0.1, learns_from="reweighted"),
}


@dataclass(frozen=True)
class Scenario:
    """The assumed world.

    Parameters
    ----------
    daily_rates
        Shape (places,): true incidents a day.
    initial_counts
        Shape (places,): what the record holds at the start, a day's worth; its error is the difference.
    in_group
        Shape (places,): the places whose share of patrols is watched.
    reporting_share
        Share of incidents that people report, patrol or not.
    discovery_share
        Share of the others that a patrol discovers where it is.
    patrol_share
        Share of the places patrolled a day.
    memory_days
        Days after which a record counts half.
    """

    daily_rates: npt.ArrayLike
    initial_counts: npt.ArrayLike
    in_group: npt.ArrayLike
    reporting_share: float = 0.5
    discovery_share: float = 0.5
    patrol_share: float = 0.05
    memory_days: float = 180.0


def simulate_feedback(
    scenario: Scenario,
    *,
    days: int = 365,
    runs: int = 40,
    checkpoints: int = 4,
    seed: int = 20261125,
    policies: Mapping[str, Policy] = POLICIES,
) -> pd.DataFrame:
    """Run every policy on the same scenario.

    Parameters
    ----------
    scenario
        The world.
    days
        Days of each run.
    runs
        Runs a policy; all policies see the same incidents.
    checkpoints
        Periods of equal length that are reported.
    seed
        Seed of the random numbers.
    policies
        What is compared, by name.

    Returns
    -------
    pandas.DataFrame
        A row per policy and period: ``policy``, ``first_day``, ``last_day``; ``group_patrol_share`` with
        ``_lower`` and ``_upper`` (2.5 and 97.5% of the runs), ``group_crime_share`` (true), ``amplification``
        (the ratio of both; NaN for 0/0), ``captured_share`` (of the true incidents, in patrolled places),
        ``flagging_gini`` and ``ever_patrolled_share`` (means over runs, up to the last day).

    Raises
    ------
    ValueError
        When shapes or shares do not fit.
    """
    import pandas as pd

    rates = _checked(scenario)
    rows = []
    for name, policy in policies.items():
        for row in _run(scenario, rates, policy, days, runs, checkpoints, seed):
            rows.append({"policy": name, **row})
    return pd.DataFrame(rows)


def _checked(scenario: Scenario) -> Floats:
    rates = np.asarray(scenario.daily_rates, dtype=float)
    shapes = {np.shape(scenario.initial_counts), np.shape(scenario.in_group), rates.shape}
    if len(shapes) != 1 or rates.ndim != 1 or not len(rates):
        raise ValueError("rates, initial counts and group must have one value for each of one place or more")
    if (rates < 0).any() or (np.asarray(scenario.initial_counts, dtype=float) < 0).any():
        raise ValueError("rates and initial counts must not be negative")
    for name in ("reporting_share", "discovery_share", "patrol_share"):
        if not 0 <= getattr(scenario, name) <= 1:
            raise ValueError(f"{name} must be from 0 to 1")
    return rates


def _run(
    scenario: Scenario, rates: Floats, policy: Policy, days: int, runs: int, checkpoints: int, seed: int
) -> list[dict[str, float | int]]:
    generator = np.random.default_rng(seed)
    group = np.asarray(scenario.in_group, dtype=bool)
    count = max(1, round(scenario.patrol_share * len(rates)))
    keep = 0.5 ** (1 / scenario.memory_days)
    # A record that neither grows nor fades holds each day's worth 1 / (1 - keep) times.
    record = np.tile(np.asarray(scenario.initial_counts, dtype=float) / (1 - keep), (runs, 1))
    patrolled_days = np.zeros((runs, len(rates)))
    ends = np.linspace(0, days, checkpoints + 1).round().astype(int)
    rows, first = [], 0
    in_group, caught, happened = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    for day in range(days):
        incidents = generator.poisson(rates, record.shape)
        reported = generator.binomial(incidents, scenario.reporting_share)
        noise = generator.random((3, *record.shape))
        patrolled, chance = _send(record, patrolled_days, day, count, policy, noise)
        patrolled_days += patrolled
        found = generator.binomial(incidents - reported, scenario.discovery_share) * patrolled
        record = keep * record + _learnt(reported, found, chance, policy)
        in_group += patrolled[:, group].sum(axis=1)
        caught += (incidents * patrolled).sum(axis=1)
        happened += incidents.sum(axis=1)
        if day + 1 in ends[1:]:
            shares = in_group / (count * (day + 1 - first))
            rows.append(
                _summary(first, day, shares, rates[group].sum() / rates.sum() if rates.sum() else np.nan)
                | _targeting(patrolled_days)
                | {"captured_share": _mean_ratio(caught, happened)}
            )
            first = day + 1
            in_group, caught, happened = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    return rows


def _mean_ratio(part: Floats, whole: Floats) -> float:
    """Return the mean over runs; NaN when nothing happened in any."""
    is_there = whole > 0
    return float((part[is_there] / whole[is_there]).mean()) if is_there.any() else float("nan")


def _send(
    record: Floats, patrolled_days: Floats, day: int, count: int, policy: Policy, noise: Floats
) -> tuple[Floats, Floats]:
    """Return where patrols go (0 or 1) and how likely each place was to get one."""
    scores = record + 1e-9 * noise[0]
    if policy.most_days < 1 and day:
        scores = np.where(patrolled_days / day > policy.most_days, -1.0 + noise[0], scores)
    random_count = round(policy.random_share * count)
    led = _highest(scores, count - random_count)
    drawn = _highest(np.where(led > 0, -1.0, noise[1]), random_count)
    others = record.shape[1] - (count - random_count)
    chance = np.where(led > 0, 1.0, random_count / others if others else 0.0)
    return led + drawn, chance


def _highest(scores: Floats, count: int) -> Floats:
    chosen = np.zeros(scores.shape)
    if count:
        best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        np.put_along_axis(chosen, best, 1.0, axis=1)
    return chosen


def _learnt(reported: npt.NDArray[np.int64], found: Floats, chance: Floats, policy: Policy) -> Floats:
    if policy.learns_from == "reported":
        return reported.astype(float)
    if policy.learns_from == "reweighted":
        # As Horvitz and Thompson weigh a sample: what was unlikely to be seen stands for more.
        weighted: Floats = np.divide(found, chance, out=np.zeros(found.shape), where=chance > 0)
        return reported + weighted
    return (reported + found).astype(float)


def _summary(first: int, day: int, shares: Floats, true_share: float) -> dict[str, float | int]:
    mean = float(shares.mean())
    lower, upper = np.percentile(shares, [2.5, 97.5])
    return {
        "first_day": first + 1,
        "last_day": day + 1,
        "group_patrol_share": mean,
        "group_patrol_share_lower": float(lower),
        "group_patrol_share_upper": float(upper),
        "group_crime_share": float(true_share),
        "amplification": mean / true_share if true_share > 0 else float("nan"),
    }


def _targeting(patrolled_days: Floats) -> dict[str, float]:
    measured = [measure_targeting(days) for days in patrolled_days]
    return {
        "flagging_gini": float(np.mean([one.flagging_gini for one in measured])),
        "ever_patrolled_share": float(np.mean([one.ever_flagged_share for one in measured])),
    }
