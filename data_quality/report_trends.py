"""The trend of each rule: over the months of the data, and over the days on which gates ran."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from data_quality.history import PastJudgement
from data_quality.verdicts import RuleResult, Verdict

MAXIMUM_DAYS = 36
_SHARE_IN_WORDS = re.compile(r"([\d,]+) of ([\d,]+) records")


@dataclass(frozen=True)
class Measure:
    """What a rule saw in one partition, as a number.

    Parameters
    ----------
    force
        The partition's force.
    is_share
        Whether ``value`` is the share of the records that break the rule, 0 to 1; else it is the value that
        the rule observed, in its own unit.
    value
        None when nothing was to be counted (0/0) or what was observed is no number.
    success
        Whether the rule held.
    """

    force: str
    is_share: bool
    value: float | None
    success: bool


@dataclass(frozen=True)
class MonthOfRule:
    """One rule in one month of the data.

    Parameters
    ----------
    month
        ``YYYY-MM``.
    judged_count, broken_count
        Partitions in which the rule was judged, and in which it did not hold.
    record_count
        Records that break it; none for a rule that counts no records.
    value
        Of all forces together: the share of the records that break it, or the median of what was observed.
    measures
        Each force's own.
    """

    month: str
    judged_count: int
    broken_count: int
    record_count: int | None
    value: float | None
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class DayOfRuns:
    """How a dataset stood at the end of a day on which it was judged: partitions by status."""

    day: str
    status_counts: dict[str, int]


@dataclass(frozen=True)
class RuleOnDay:
    """How a rule stood at the end of a day on which its dataset was judged.

    Parameters
    ----------
    day
        ``YYYY-MM-DD``, UTC.
    judged_count, broken_count
        Partitions in which it was judged, and in which it did not hold.
    record_count, share
        Records that break it, and their share of the records landed in those partitions; the share is None
        for 0/0.
    """

    day: str
    judged_count: int
    broken_count: int
    record_count: int
    share: float | None


def measure(result: RuleResult, landed: int, force: str = "") -> Measure:
    """Return what a rule saw as a number.

    Parameters
    ----------
    result
        The rule's result.
    landed
        Records in the partition.
    force
        The partition's force.
    """
    if result.unexpected_count is not None:
        return Measure(force, True, _share(result.unexpected_count, landed), result.success)
    in_words = _SHARE_IN_WORDS.match(result.observed or "")
    if in_words:
        count, total = (int(number.replace(",", "")) for number in in_words.groups())
        return Measure(force, True, _share(count, total), result.success)
    return Measure(force, False, _number(result.observed), result.success)


def rules_over_months(verdicts: Sequence[Verdict]) -> dict[str, tuple[MonthOfRule, ...]]:
    """Return the trend of each rule over the months of the data; empty for what comes whole."""
    found: dict[str, dict[str, list[tuple[Verdict, RuleResult]]]] = {}
    for verdict in verdicts:
        for result in verdict.rules:
            months = found.setdefault(result.rule, {})
            if verdict.month is not None:
                months.setdefault(verdict.month, []).append((verdict, result))
    return {
        rule: tuple(_month_of_rule(month, held) for month, held in sorted(months.items()))
        for rule, months in found.items()
    }


def trend_over_runs(
    histories: Sequence[Sequence[PastJudgement]], maximum_days: int = MAXIMUM_DAYS
) -> tuple[tuple[DayOfRuns, ...], dict[str, tuple[RuleOnDay, ...]]]:
    """Return how a dataset and its rules stood at the end of each day on which a gate said something new.

    Parameters
    ----------
    histories
        The judgements of each partition, oldest first.
    maximum_days
        Most days to return; the newest are kept.

    Returns
    -------
    tuple
        The dataset's days, and each rule's.
    """
    dated = sorted(
        (
            (judgement.evaluated_at, number, judgement)
            for number, held in enumerate(histories)
            for judgement in held
        ),
        key=lambda item: item[:2],
    )
    days: dict[str, list[tuple[int, PastJudgement]]] = {}
    for moment, number, judgement in dated:
        days.setdefault(moment[:10], []).append((number, judgement))
    standing = _Standing()
    statuses: list[DayOfRuns] = []
    rules: dict[str, list[RuleOnDay]] = {}
    kept = set(list(days)[-maximum_days:])
    for day, judged in days.items():
        for number, judgement in judged:
            standing.put(number, judgement)
        if day in kept:
            statuses.append(DayOfRuns(day, standing.status_counts()))
            for rule, on_day in standing.rules(day):
                rules.setdefault(rule, []).append(on_day)
    return tuple(statuses), {rule: tuple(held) for rule, held in rules.items()}


class _Standing:
    """The newest judgement of every partition so far, added up as they come."""

    def __init__(self) -> None:
        self._current: dict[int, PastJudgement] = {}
        self._statuses: Counter[str] = Counter()
        self._judged: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._records: Counter[str] = Counter()
        self._landed: Counter[str] = Counter()

    def put(self, number: int, judgement: PastJudgement) -> None:
        """Let a judgement take the place of the partition's earlier one."""
        earlier = self._current.get(number)
        if earlier is not None:
            self._add(earlier, -1)
        self._add(judgement, 1)
        self._current[number] = judgement

    def status_counts(self) -> dict[str, int]:
        """Return partitions by status."""
        return {status: count for status, count in sorted(self._statuses.items()) if count}

    def rules(self, day: str) -> list[tuple[str, RuleOnDay]]:
        """Return each rule that is judged anywhere now."""
        return [
            (
                rule,
                RuleOnDay(
                    day,
                    count,
                    self._broken[rule],
                    self._records[rule],
                    _share(self._records[rule], self._landed[rule]),
                ),
            )
            for rule, count in sorted(self._judged.items())
            if count
        ]

    def _add(self, judgement: PastJudgement, sign: int) -> None:
        self._statuses[judgement.status] += sign
        for rule, (held, count) in judgement.rules.items():
            self._judged[rule] += sign
            self._broken[rule] += 0 if held else sign
            if count is not None:
                self._records[rule] += sign * count
                self._landed[rule] += sign * judgement.record_count_landed


def _month_of_rule(month: str, held: Sequence[tuple[Verdict, RuleResult]]) -> MonthOfRule:
    measures = tuple(
        measure(result, verdict.record_count_landed, verdict.force or "") for verdict, result in held
    )
    counted = [(v.record_count_landed, r.unexpected_count) for v, r in held if r.unexpected_count is not None]
    record_count = sum(count for _, count in counted) if counted else None
    if record_count is not None:
        value = _share(record_count, sum(landed for landed, _ in counted))
    else:
        numbers = [item.value for item in measures if item.value is not None]
        value = median(numbers) if numbers else None
    broken = sum(not item.success for item in measures)
    return MonthOfRule(month, len(held), broken, record_count, value, measures)


def _share(count: int, total: int) -> float | None:
    return count / total if total else None


def _number(observed: str | None) -> float | None:
    try:
        value = float(observed or "")
    except ValueError:
        return None
    # NaN and infinity are words of floats, not something that was measured.
    return value if abs(value) < float("inf") else None
