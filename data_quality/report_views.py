"""Arranges what the validation report shows into grids and charts, ready for its templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_quality.report_charts import Series, line_chart
from data_quality.report_data import DatasetSummary, Partition, RuleSummary
from data_quality.report_trends import Measure

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Mark:
    """How a partition's state is drawn: a letter, as colour alone tells some readers nothing, and words."""

    letter: str
    words: str


MARKS: dict[str, Mark] = {
    "passed": Mark("P", "passed, nothing rejected"),
    "rejects": Mark("Q", "passed, some records quarantined"),
    "warned": Mark("W", "passed with warnings"),
    "waived": Mark("V", "passed because of a waiver"),
    "failed": Mark("F", "failed: withheld as a whole"),
    "crashed": Mark("C", "the gate crashed: withheld as a whole"),
    "absent": Mark("A", "absent: upstream does not have it"),
}


@dataclass(frozen=True)
class GridRow:
    """One force's partitions, one a month; none where a month was never asked for."""

    force: str
    cells: tuple[Partition | None, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether each of its partitions passed without a word."""
        return all(cell is not None and cell.mark == "passed" for cell in self.cells)


@dataclass(frozen=True)
class RuleView:
    """The trend of a rule.

    Parameters
    ----------
    is_share
        Whether its values are shares of records.
    chart
        Over the months of the data; none for what comes whole or when no number was seen.
    months
        Months of the table.
    rows
        For each force its measures, one a month; none without anything but zeros to show.
    runs
        Over the days on which gates ran; none with fewer than two.
    """

    is_share: bool
    chart: Markup | None
    months: list[str]
    rows: list[tuple[str, list[Measure | None]]]
    runs: Markup | None


def grid_of(dataset: DatasetSummary) -> list[GridRow]:
    """Return the partitions of a dataset, one row a force; empty for what comes whole."""
    held = {(p.verdict.force, p.verdict.month): p for p in dataset.partitions}
    months = dataset.months
    return [GridRow(force, tuple(held.get((force, month)) for month in months)) for force in dataset.forces]


def marks_used(dataset: DatasetSummary) -> dict[str, int]:
    """Return how many partitions carry each mark, in the order of the marks."""
    marks = [partition.mark for partition in dataset.partitions]
    return {mark: marks.count(mark) for mark in MARKS if mark in marks}


def trend_of_runs(dataset: DatasetSummary) -> Markup | None:
    """Draw how many partitions were withheld, by day of judgement; none with fewer than two days."""
    if len(dataset.days) < 2:
        return None
    withheld = [
        float(day.status_counts.get("failed", 0) + day.status_counts.get("crashed", 0))
        for day in dataset.days
    ]
    return line_chart(
        [day.day for day in dataset.days],
        [Series(withheld)],
        f"Partitions of {dataset.dataset} withheld, by day of judgement",
        is_share=False,
    )


def rule_view(dataset: DatasetSummary, rule: RuleSummary) -> RuleView:
    """Arrange the trend of a rule."""
    cells = {(m.force, month.month): m for month in rule.months for m in month.measures}
    is_share = all(measure.is_share for measure in cells.values())
    months = [month.month for month in rule.months]
    forces = sorted({force for force, _ in cells})
    says_something = any(measure.value or not measure.success for measure in cells.values())
    rows = [(force, [cells.get((force, month)) for month in months]) for force in forces]
    return RuleView(
        is_share,
        _over_months(dataset, rule, rows, is_share) if says_something else None,
        months,
        rows if says_something else [],
        _over_runs(dataset, rule),
    )


def _over_months(
    dataset: DatasetSummary,
    rule: RuleSummary,
    rows: list[tuple[str, list[Measure | None]]],
    is_share: bool,
) -> Markup | None:
    main = Series([month.value for month in rule.months])
    if all(value is None for value in main.values):
        return None
    thin = [Series([m.value if m else None for m in measures], is_main=False) for _, measures in rows]
    what = "share of records that break it" if is_share else "observed value"
    return line_chart(
        [month.month for month in rule.months],
        [*thin, main],
        f"{rule.rule} of {dataset.dataset}: {what}, by month; the same numbers are in the table below",
        is_share,
    )


def _over_runs(dataset: DatasetSummary, rule: RuleSummary) -> Markup | None:
    if len(rule.days) < 2:
        return None
    is_share = any(day.share is not None for day in rule.days)
    values = [day.share if is_share else float(day.broken_count) for day in rule.days]
    what = "share of records that break it" if is_share else "partitions in which it does not hold"
    return line_chart(
        [day.day for day in rule.days],
        [Series(values)],
        f"{rule.rule} of {dataset.dataset}: {what}, by day of judgement",
        is_share,
    )
