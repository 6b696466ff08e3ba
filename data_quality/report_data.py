"""Gathers what the validation report shows: verdicts of every boundary, quarantine, waivers and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data_quality.decisions import AppliedCorrections, Waiver
from data_quality.history import PastJudgement, read_history
from data_quality.report_pages import RAW
from data_quality.report_quarantine import Quarantine, QuarantinedRule, summarise_quarantine
from data_quality.report_trends import (
    DayOfRuns,
    MonthOfRule,
    RuleOnDay,
    rules_over_months,
    trend_over_runs,
)
from data_quality.verdicts import RuleResult, Status, Verdict, read_all

STATUSES: tuple[Status, ...] = ("passed", "failed", "crashed", "absent")
TITLES = {RAW: "Raw", "warehouse": "Warehouse", "ml": "ML", "release": "Release"}


@dataclass(frozen=True)
class Partition:
    """A partition, or what comes whole, with everything that the report says about it."""

    verdict: Verdict
    quarantined: tuple[QuarantinedRule, ...] = ()
    judgements: tuple[PastJudgement, ...] = ()

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """The signed waivers without which more would have been refused."""
        return self.verdict.waivers

    @property
    def corrections(self) -> tuple[AppliedCorrections, ...]:
        """The signed corrections that were applied before it was judged."""
        return self.verdict.corrections

    @property
    def notable_results(self) -> list[RuleResult]:
        """Results worth a line: rules that do not hold, and those that rejected records."""
        return [r for r in self.verdict.rules if not r.success or (r.scope == "row" and r.unexpected_count)]

    @property
    def mark(self) -> str:
        """The one word by which a grid shows it: the status, or what a passed one has to say."""
        if self.verdict.status != "passed":
            return self.verdict.status
        if self.waivers:
            return "waived"
        if self.verdict.record_count_quarantined:
            return "rejects"
        return "warned" if self.notable_results else "passed"

    @property
    def is_notable(self) -> bool:
        """Whether there is more to say about it than that it passed, or is not there."""
        return bool(
            self.mark not in ("passed", "absent")
            or self.corrections
            or self.quarantined
            or len(self.judgements) > 1
        )


@dataclass(frozen=True)
class RuleSummary:
    """One rule over all partitions of a dataset: how often it did not hold, and by how many records.

    ``months`` is its trend over the months of the data, ``days`` over the days on which gates ran.
    """

    rule: str
    expectation: str
    scope: str
    severity: str
    owner: str
    reason: str
    judged_count: int
    broken_count: int
    record_count: int
    months: tuple[MonthOfRule, ...] = ()
    days: tuple[RuleOnDay, ...] = ()


@dataclass(frozen=True)
class DatasetSummary:
    """One dataset of the report, with its partitions and rules."""

    boundary: str
    dataset: str
    partitions: tuple[Partition, ...]
    rules: tuple[RuleSummary, ...]
    quarantined: tuple[QuarantinedRule, ...] = ()
    days: tuple[DayOfRuns, ...] = ()
    status_counts: dict[str, int] = field(default_factory=dict)
    landed_count: int = 0
    validated_count: int = 0
    quarantined_count: int = 0

    @property
    def status(self) -> str:
        """The status that most needs attention."""
        for status in ("crashed", "failed", "passed"):
            if self.status_counts.get(status):
                return status
        return "absent"

    @property
    def months(self) -> list[str]:
        """Months of its partitions; none for what comes whole."""
        return sorted({p.verdict.month for p in self.partitions if p.verdict.month})

    @property
    def forces(self) -> list[str]:
        """Forces of its partitions."""
        return sorted({p.verdict.force for p in self.partitions if p.verdict.force})


@dataclass(frozen=True)
class Boundary:
    """The datasets that were judged at one place on their way, such as landed files or the warehouse."""

    name: str
    title: str
    datasets: tuple[DatasetSummary, ...]


@dataclass(frozen=True)
class Report:
    """Everything that the report shows.

    Parameters
    ----------
    boundaries
        In the order of the flow; those at which nothing was judged are left out.
    has_history
        Whether times and earlier judgements are in it. They differ between two people who run the same data,
        so a release goes without them.
    """

    boundaries: tuple[Boundary, ...]
    has_history: bool

    @property
    def datasets(self) -> list[DatasetSummary]:
        """Every dataset, in the order of the flow."""
        return [dataset for boundary in self.boundaries for dataset in boundary.datasets]

    @property
    def status_counts(self) -> dict[str, int]:
        """Partitions by status, over all datasets."""
        return {status: sum(d.status_counts[status] for d in self.datasets) for status in STATUSES}


def gather_report(
    validated_root: Path, quarantine_root: Path, verdicts_root: Path, *, with_history: bool
) -> Report:
    """Read verdicts, quarantine and, if wanted, history.

    Parameters
    ----------
    validated_root, quarantine_root
        Roots of the validated data and of the quarantine.
    verdicts_root
        Root of the verdicts of later boundaries, ``<boundary>/<table>/verdict.json``; may not exist.
    with_history
        Whether to read the histories beside the verdicts.

    Raises
    ------
    VerdictError, HistoryError
        When a verdict or a history is not readable.
    """
    quarantine = summarise_quarantine(quarantine_root)
    boundaries = [_boundary(RAW, validated_root, quarantine, with_history)]
    boundaries += [
        _boundary(name, verdicts_root / name, Quarantine({}, {}), with_history)
        for name in _later_boundaries(verdicts_root)
        # Verdicts on other releases are no part of what a release was made from.
        if with_history or name != "release"
    ]
    return Report(tuple(b for b in boundaries if b.datasets), with_history)


def folder_of(root: Path, verdict: Verdict) -> Path:
    """Return the folder of a verdict below the root of its boundary."""
    folder = root / verdict.dataset
    if verdict.month is None:
        return folder
    return folder / f"month={verdict.month}" / f"force={verdict.force}"


def as_partition(
    verdict: Verdict, quarantine: Quarantine, judgements: tuple[PastJudgement, ...] = ()
) -> Partition:
    """Return a verdict with what else is known about its partition."""
    key = (verdict.dataset, verdict.month or "", verdict.force or "")
    return Partition(verdict, quarantined=quarantine.by_partition.get(key, ()), judgements=judgements)


def summarise_datasets(
    partitions: Sequence[Partition], quarantine: Quarantine, boundary: str = RAW
) -> tuple[DatasetSummary, ...]:
    """Group partitions by dataset, in order of name, and add up their records and rules.

    Parameters
    ----------
    partitions
        Of one boundary.
    quarantine
        The quarantined records of that boundary.
    boundary
        Its name: ``raw``, ``warehouse``, ``ml`` or ``release``.
    """
    grouped: dict[str, list[Partition]] = {}
    for partition in partitions:
        grouped.setdefault(partition.verdict.dataset, []).append(partition)
    return tuple(
        _summarise(boundary, dataset, held, quarantine.by_dataset.get(dataset, ()))
        for dataset, held in sorted(grouped.items())
    )


def _later_boundaries(verdicts_root: Path) -> list[str]:
    if not verdicts_root.is_dir():
        return []
    order = list(TITLES)
    names = [path.name for path in verdicts_root.iterdir() if path.is_dir() and path.name != RAW]
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def _boundary(name: str, root: Path, quarantine: Quarantine, with_history: bool) -> Boundary:
    partitions = [
        as_partition(verdict, quarantine, read_history(folder_of(root, verdict)) if with_history else ())
        for verdict in read_all(root)
    ]
    title = TITLES.get(name, name.capitalize())
    return Boundary(name, title, summarise_datasets(partitions, quarantine, name))


def _summarise(
    boundary: str, dataset: str, held: Sequence[Partition], quarantined: tuple[QuarantinedRule, ...]
) -> DatasetSummary:
    verdicts = [partition.verdict for partition in held]
    counts = Counter(verdict.status for verdict in verdicts)
    days, rules_by_day = trend_over_runs([partition.judgements for partition in held])
    return DatasetSummary(
        boundary=boundary,
        dataset=dataset,
        partitions=tuple(held),
        rules=_summarise_rules(verdicts, rules_by_day),
        quarantined=quarantined,
        days=days,
        status_counts={status: counts[status] for status in STATUSES},
        landed_count=sum(verdict.record_count_landed for verdict in verdicts),
        validated_count=sum(verdict.record_count_validated for verdict in verdicts),
        quarantined_count=sum(verdict.record_count_quarantined for verdict in verdicts),
    )


def _summarise_rules(
    verdicts: Sequence[Verdict], rules_by_day: dict[str, tuple[RuleOnDay, ...]]
) -> tuple[RuleSummary, ...]:
    found: dict[str, list[RuleResult]] = {}
    for verdict in verdicts:
        for result in verdict.rules:
            found.setdefault(result.rule, []).append(result)
    months = rules_over_months(verdicts)
    return tuple(
        RuleSummary(
            rule=name,
            expectation=results[0].expectation,
            scope=results[0].scope,
            severity=results[0].severity,
            owner=results[0].owner,
            reason=results[0].reason,
            judged_count=len(results),
            broken_count=sum(not result.success for result in results),
            record_count=sum(result.unexpected_count or 0 for result in results),
            months=months[name],
            days=rules_by_day.get(name, ()),
        )
        for name, results in found.items()
    )
