"""Simulates the loop of prediction, patrol and record on many places, and what damps it.

After Lum, K. and Isaac, W. (2016), "To predict and serve?", Significance 13(5): crime that patrols discover
is added to the record that the next prediction learns from. The scenario's rates are assumptions: the
simulation shows what a policy does to a difference that is known, not what happens in any real place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.common.intervals import percentile_interval
from ml.patrol.targeting import measure_targeting

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
LEARNS_FROM = ("all", "reported", "reweighted")


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
        ``_lower`` and ``_upper`` (2.5 and 97.5% of the runs) and ``_standard_error`` (of the mean over runs;
        NaN of one run), ``group_crime_share`` (true), ``amplification``
        (the ratio of both; NaN for 0/0), ``captured_share`` (of the true incidents, in patrolled places),
        ``flagging_gini`` and ``ever_patrolled_share`` (means over runs, up to the last day).

    Raises
    ------
    ValueError
        When shapes or shares do not fit, for a memory of no days or an unknown ``learns_from``.
    """
    import pandas as pd

    rates = _checked(scenario, policies)
    generator = np.random.default_rng(seed)
    walks = {name: Walk.begin(scenario, rates, policy, runs) for name, policy in policies.items()}
    ends = set(np.linspace(0, days, checkpoints + 1).round().astype(int).tolist())
    rows = []
    for day in range(1, days + 1):
        drawn = Day.draw(scenario, rates, runs, generator)
        for name, walk in walks.items():
            walk.live(drawn)
            if day in ends:
                rows.append({"policy": name, **walk.report()})
    order = {name: number for number, name in enumerate(policies)}
    rows.sort(key=lambda row: order[row["policy"]])
    return pd.DataFrame(rows)


def _checked(scenario: Scenario, policies: Mapping[str, Policy]) -> Floats:
    rates = np.asarray(scenario.daily_rates, dtype=float)
    shapes = {np.shape(scenario.initial_counts), np.shape(scenario.in_group), rates.shape}
    if len(shapes) != 1 or rates.ndim != 1 or not len(rates):
        raise ValueError("rates, initial counts and group must have one value for each of one place or more")
    if (rates < 0).any() or (np.asarray(scenario.initial_counts, dtype=float) < 0).any():
        raise ValueError("rates and initial counts must not be negative")
    for name in ("reporting_share", "discovery_share", "patrol_share"):
        if not 0 <= getattr(scenario, name) <= 1:
            raise ValueError(f"{name} must be from 0 to 1")
    if not scenario.memory_days > 0:
        raise ValueError("memory_days must be above 0")
    for policy in policies.values():
        if policy.learns_from not in LEARNS_FROM:
            raise ValueError(f"learns_from must be one of {', '.join(LEARNS_FROM)}")
    return rates


@dataclass(frozen=True)
class Day:
    """What happens on a day, the same for every policy.

    Parameters
    ----------
    reported, discoverable, incidents
        Shape (runs, places): incidents that are reported, that only a patrol would find, and all.
    ties, lots
        Shape (runs, places), from 0 to 1: which of equal places is led to first, and which is drawn by lot.
    """

    reported: Floats
    discoverable: Floats
    incidents: Floats
    ties: Floats
    lots: Floats

    @classmethod
    def draw(cls, scenario: Scenario, rates: Floats, runs: int, generator: np.random.Generator) -> Day:
        """Draw a day.

        Parameters
        ----------
        scenario
            The world.
        rates
            Shape (places,): true incidents a day.
        runs
            Runs a policy.
        generator
            Source of random numbers.

        Returns
        -------
        Day
            Of every run.
        """
        # Parts of a Poisson count, each kept by chance, are independent Poisson counts.
        unreported = rates * (1 - scenario.reporting_share)
        shape = (runs, len(rates))
        reported = generator.poisson(rates * scenario.reporting_share, shape)
        discoverable = generator.poisson(unreported * scenario.discovery_share, shape)
        hidden = generator.poisson(unreported * (1 - scenario.discovery_share), shape)
        return cls(
            reported.astype(float),
            discoverable.astype(float),
            (reported + discoverable + hidden).astype(float),
            generator.random(shape),
            generator.random(shape),
        )


@dataclass
class _Period:
    """Sums since the last report, each of shape (runs,)."""

    first_day: int
    in_group: Floats
    caught: Floats
    happened: Floats

    @classmethod
    def begin(cls, first_day: int, runs: int) -> _Period:
        return cls(first_day, np.zeros(runs), np.zeros(runs), np.zeros(runs))


@dataclass
class Walk:
    """All runs of a policy as they stand.

    Parameters
    ----------
    policy
        Where it sends patrols, and what it learns from.
    group
        Shape (places,): which places are of the group.
    true_share
        Share of true incidents that happen in the group; NaN when none happen.
    count
        Places patrolled a day.
    keep
        What is kept of the record from day to day.
    record
        Shape (runs, places): incidents on record, faded by age.
    patrolled_days
        Shape (runs, places): days with a patrol so far.
    period
        Sums since the last report.
    day
        Days lived so far.
    """

    policy: Policy
    group: npt.NDArray[np.bool_]
    true_share: float
    count: int
    keep: float
    record: Floats
    patrolled_days: Floats
    period: _Period
    day: int = 0

    @classmethod
    def begin(cls, scenario: Scenario, rates: Floats, policy: Policy, runs: int) -> Walk:
        """Return the runs before the first day.

        Parameters
        ----------
        scenario
            The world.
        rates
            Shape (places,): true incidents a day.
        policy
            What is followed.
        runs
            How many runs.

        Returns
        -------
        Walk
            With the record that the scenario begins with.
        """
        keep = 0.5 ** (1 / scenario.memory_days)
        group = np.asarray(scenario.in_group, dtype=bool)
        return cls(
            policy,
            group,
            float(rates[group].sum() / rates.sum()) if rates.sum() else float("nan"),
            max(1, round(scenario.patrol_share * len(rates))),
            keep,
            # A record that neither grows nor fades holds each day's worth 1 / (1 - keep) times.
            np.tile(np.asarray(scenario.initial_counts, dtype=float) / (1 - keep), (runs, 1)),
            np.zeros((runs, len(rates))),
            _Period.begin(1, runs),
        )

    def live(self, drawn: Day) -> None:
        """Patrol a day and learn from it.

        Parameters
        ----------
        drawn
            What happens on it.
        """
        patrolled, chance = _send(self, drawn)
        self.day += 1
        self.patrolled_days += patrolled
        learnt = _learnt(drawn.reported, drawn.discoverable * patrolled, chance, self.policy)
        self.record = self.keep * self.record + learnt
        self.period.in_group += patrolled[:, self.group].sum(axis=1)
        self.period.caught += (drawn.incidents * patrolled).sum(axis=1)
        self.period.happened += drawn.incidents.sum(axis=1)

    def report(self) -> dict[str, Any]:
        """Return the row of the period that ends, and begin the next."""
        period, self.period = self.period, _Period.begin(self.day + 1, len(self.record))
        shares = period.in_group / (self.count * (self.day + 1 - period.first_day))
        return (
            {"first_day": period.first_day, "last_day": self.day}
            | _summary(shares, self.true_share)
            | _targeting(self.patrolled_days)
            | {"captured_share": _mean_ratio(period.caught, period.happened)}
        )


def _mean_ratio(part: Floats, whole: Floats) -> float:
    """Return the mean over runs; NaN when nothing happened in any."""
    is_there = whole > 0
    return float((part[is_there] / whole[is_there]).mean()) if is_there.any() else float("nan")


def _send(walk: Walk, drawn: Day) -> tuple[Floats, Floats]:
    """Return where patrols go (0 or 1) and how likely each place was to get one."""
    policy, count = walk.policy, walk.count
    scores = walk.record + 1e-9 * drawn.ties
    if policy.most_days < 1 and walk.day:
        scores = np.where(walk.patrolled_days / walk.day > policy.most_days, -1.0 + drawn.ties, scores)
    random_count = round(policy.random_share * count)
    led = _highest(scores, count - random_count)
    by_lot = _highest(np.where(led > 0, -1.0, drawn.lots), random_count)
    others = walk.record.shape[1] - (count - random_count)
    chance = np.where(led > 0, 1.0, random_count / others if others else 0.0)
    return led + by_lot, chance


def _highest(scores: Floats, count: int) -> Floats:
    chosen = np.zeros(scores.shape)
    if count:
        best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        np.put_along_axis(chosen, best, 1.0, axis=1)
    return chosen


def _learnt(reported: Floats, found: Floats, chance: Floats, policy: Policy) -> Floats:
    if policy.learns_from == "reported":
        return reported
    if policy.learns_from == "reweighted":
        # As Horvitz and Thompson weigh a sample: what was unlikely to be seen stands for more.
        weighted: Floats = np.divide(found, chance, out=np.zeros(found.shape), where=chance > 0)
        return reported + weighted
    total: Floats = reported + found
    return total


def _summary(shares: Floats, true_share: float) -> dict[str, float]:
    mean = float(shares.mean())
    lower, upper = percentile_interval(shares)
    error = float(shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else float("nan")
    return {
        "group_patrol_share": mean,
        "group_patrol_share_lower": float(lower),
        "group_patrol_share_upper": float(upper),
        "group_patrol_share_standard_error": error,
        "group_crime_share": true_share,
        "amplification": mean / true_share if true_share > 0 else float("nan"),
    }


def _targeting(patrolled_days: Floats) -> dict[str, float]:
    measured = [measure_targeting(days) for days in patrolled_days]
    return {
        "flagging_gini": float(np.mean([one.flagging_gini for one in measured])),
        "ever_patrolled_share": float(np.mean([one.ever_flagged_share for one in measured])),
    }
