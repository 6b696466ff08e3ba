"""Answers for the records of governance: what the release itself shows, and what somebody declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.publishing import formats
from orchestration.publishing.audit_pack import measured
from orchestration.publishing.audit_pack.cards import ReadCard
from orchestration.publishing.audit_pack.governance import Governance
from orchestration.publishing.audit_pack.plan import WITHHELD, PlanPage
from orchestration.publishing.names import spelled
from orchestration.publishing.published import PublishedTables

#: Where an answer comes from.
SHOWN, DECLARED = "the release", "governance.yml"
_SEARCHES, _ETHNIC_GROUPS, _AGES = "police_stop_and_search", "nomis_ethnicity", "nomis_age_sex"
# Records of all three police files are placed by one list of map points.
_PLACES = frozenset({"Latitude", "Longitude"})


@dataclass(frozen=True)
class Answer:
    """An answer and where it comes from: `SHOWN` or `DECLARED`."""

    text: str
    source: str


@dataclass(frozen=True)
class Facts:
    """What the records are filled from.

    Parameters
    ----------
    manifest
        The release's, without its files.
    governance
        What is declared.
    cards
        The model cards.
    audited
        Names of the fairness tables.
    reached
        By table of a model, the raw columns (dataset and name) that its values begin in; none when the
        lineage names no model.
    forces, months
        Whom and when the data are about, in words.
    tables
        The release's tables.
    plan
        What became of the patrol plan; none without one.
    """

    manifest: Mapping[str, Any]
    governance: Governance
    cards: Sequence[ReadCard]
    audited: Sequence[str]
    reached: Mapping[str, frozenset[tuple[str, str]]] | None
    forces: str
    months: str
    tables: PublishedTables
    plan: PlanPage | None


def said(*texts: str) -> list[Answer]:
    """Return answers that the release itself shows."""
    return [Answer(text, SHOWN) for text in texts]


class Answers:
    """Turns facts into answers; each method returns none for what nobody knows.

    Parameters
    ----------
    facts
        What is known.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._manifest = facts.manifest

    def _columns_of(self, table: str, dataset: str) -> frozenset[str]:
        """Return the raw columns of a dataset that values of a table begin in."""
        reached = self._facts.reached or {}
        return frozenset(column for name, column in reached[table] if name == dataset)

    def declared(self, *fields: str) -> list[Answer]:
        """Return what is declared under the names of these fields."""
        declared = self._facts.governance.declared
        return [Answer(declared[name], DECLARED) for name in fields if name in declared]

    def release(self) -> list[Answer]:
        """Return the name of the release."""
        return said(self._manifest["release"])

    def scope(self) -> list[Answer]:
        """Return whom and when the data are about."""
        scheme = self._manifest["harm_scheme"]
        return said(f"{self._facts.forces}; {self._facts.months}; harm scheme: {spelled(scheme)}.")

    def of_cards(self, fact: str) -> list[Answer]:
        """Return one fact of each model card that has it, such as its verdict."""
        cards = [card for card in self._facts.cards if fact in card.facts]
        return said(*(f"{card.name}: {card.facts[fact]}" for card in cards))

    def points_of_cards(self, section: str) -> list[Answer]:
        """Return the points of one section of every model card."""
        return said(*(f"{c.name}: {point}" for c in self._facts.cards for point in c.points(section)))

    def sources(self) -> list[Answer]:
        """Return the datasets with edition, extent and where the publisher describes them."""
        months = Counter(entry["dataset"] for entry in self._manifest["data_versions"] if entry["month"])
        return said(*(_source(one, months[one["dataset"]]) for one in self._manifest["sources"]))

    def licences(self) -> list[Answer]:
        """Return the licences of the data, each with the datasets that are under it."""
        titles: dict[str, list[str]] = {}
        for source in self._manifest["sources"]:
            titles.setdefault(source["licence"], []).append(source["title"])
        return said(*(f"{licence}: {'; '.join(titles[licence])}." for licence in sorted(titles)))

    def groups(self) -> list[Answer]:
        """Return where groups of people are compared, and which models use records about them."""
        audited = ", ".join(self._facts.audited) or "no table of this release"
        answers = said(f"Groups of people are compared in {audited}.")
        if self._facts.reached is None:
            return answers
        searches = {table: self._columns_of(table, _SEARCHES) for table in self._facts.reached}
        told = sorted(table for table, columns in searches.items() if columns - _PLACES)
        placed = sorted(table for table, columns in searches.items() if columns and not columns - _PLACES)
        ethnic = sorted(table for table in self._facts.reached if self._columns_of(table, _ETHNIC_GROUPS))
        aged = sorted(table for table in self._facts.reached if self._columns_of(table, _AGES))
        answers += said(
            f"Tables of models that hold values from stop and search, by lineage: {_listed(told)}.",
            "Tables of models that hold values from the ethnic groups of residents (census), by lineage: "
            f"{_listed(ethnic)}.",
            f"Tables of models that hold values from residents by age and sex, by lineage: {_listed(aged)}.",
        )
        if placed:
            answers += said(
                "Tables of models that hold of stop and search the coordinates alone, as records of all "
                f"police files are placed by one list of map points: {_listed(placed)}."
            )
        return answers

    def impact(self) -> list[Answer]:
        """Return who lives where maps and plan point, and who is searched how often, with intervals."""
        tables, plan = self._facts.tables, self._facts.plan
        texts = [*measured.exposure_of_maps(tables), *measured.errors_of_risk(tables)]
        texts += measured.exposure_of_plan(plan)
        return said(*texts, *measured.search_ratios(tables))

    def performance(self) -> list[Answer]:
        """Return how models did in backtests beside plain counts, with intervals where they were measured."""
        tables = self._facts.tables
        return said(*measured.risk_beside_counts(tables), *measured.forecast_beside_counts(tables))

    def plan(self) -> list[Answer]:
        """Return what became of the patrol plan, and what it takes to approve one."""
        plan = self._facts.plan
        if plan is None:
            return said("This release has no patrol plan.")
        rule = (
            "A patrol plan is a proposal until a person in one of the roles that may sign names its digest "
            "in a signed file; the code approves none by itself."
        )
        return said(rule, f"The plan of this release is {plan.status}{_why(plan)} (plan.html).")

    def measures(self) -> list[Answer]:
        """Return what the publication policy measured."""
        return said(*map(_measure, self._manifest["policy"]["measures"]))

    def decisions(self) -> list[Answer]:
        """Return what people signed that let something pass, and who may."""
        policy, waivers = self._manifest["policy"], self._manifest["waivers"]
        lifted = [measure for measure in policy["measures"] if measure["decision"]]
        decided = sum(bool(entry.get("decisions_version")) for entry in self._manifest["data_versions"])
        return said(
            "A publication policy stops a release, or leaves the patrol plan out of it, when a measure lies "
            "past its bound, until a person has signed why it may be published all the same. May sign: "
            f"{', '.join(policy['may_sign'])}.",
            f"Bounds lifted by signed decisions: {len(lifted)}. Signed waivers that data rest on: "
            f"{len(waivers)}. Partitions judged under signed waivers or corrections: {decided}.",
            *map(_lifted, lifted),
            *map(_waived, waivers),
        )

    def missing(self) -> list[Answer]:
        """Return how many partitions are not there."""
        absent, withheld = self._manifest["absent_count"], len(self._manifest["withheld"])
        return said(f"Partitions that the publisher does not have: {absent}; withheld by a gate: {withheld}.")

    def versions(self) -> list[Answer]:
        """Return the versions of code and dependencies, and what they ran on."""
        code, lock = self._manifest["code_version"], self._manifest["dependency_lock_sha256"]
        ran_on = self._manifest["runtime"]
        return said(
            f"Code version {code}; dependencies as in requirements.lock (SHA-256 {lock}); "
            f"{ran_on['implementation']} {ran_on['python']} on {ran_on['platform']}."
        )


def _source(source: Mapping[str, Any], month_count: int) -> str:
    edition = f" ({source['vintage']})" if source["vintage"] else ""
    described = f"described at {source['home_page']}" if source["home_page"] else "no page describes it"
    extent = f"{month_count} months of a force each" if month_count else "as a whole"
    return f"{source['title']}{edition}: {extent}, {described}."


def _listed(tables: Sequence[str]) -> str:
    return ", ".join(tables) or "none"


def _why(plan: PlanPage) -> str:
    if plan.status == WITHHELD:
        return f", because of {', '.join(reason.words for reason in plan.reasons)}"
    if plan.record["approval"] is None:
        return ", and approved by nobody"
    statement = plan.record["approval"]["statement"]
    return f" by {statement['signed_by']}, {statement['role']}, on {statement['signed_on']}"


def _lifted(measure: Mapping[str, Any]) -> str:
    said_by = measure["decision"]
    until = (
        f"although it was not measured ({said_by['unmeasured_because']})"
        if said_by["unmeasured_because"]
        else f"up to {formats.significant(said_by['accepted_value'])}"
    )
    return f"{measure['name']} was let pass {until} by {_signature(said_by)}: {said_by['rationale']}"


def _waived(waiver: Mapping[str, Any]) -> str:
    where = " ".join(filter(None, (waiver["dataset"], waiver["month"], waiver["force"])))
    return f"{', '.join(waiver['rules'])} of {where} was waived by {_signature(waiver)}: {waiver['reason']}"


def _signature(signed: Mapping[str, Any]) -> str:
    return f"{signed['signed_by']}, {signed['role']}, on {signed['signed_on']}, until {signed['valid_until']}"


def _measure(measure: Mapping[str, Any]) -> str:
    value = "nothing to measure" if measure["value"] is None else formats.significant(measure["value"])
    words = f"{measure['what'].strip()}: {value}{error_of(measure)}"
    return f"{words}; allowed is {bounds_of(measure)} ({measure['status']})"


def bounds_of(measure: Mapping[str, Any]) -> str:
    """Return the bounds of a measure of the policy in words."""
    bounds = [f"at most {formats.significant(measure['highest'])}"] if measure["highest"] is not None else []
    bounds += [f"at least {formats.significant(measure['lowest'])}"] if measure["lowest"] is not None else []
    return " and ".join(bounds)


def error_of(measure: Mapping[str, Any]) -> str:
    """Return the standard error of a measure in words, and whether its bound lies within two; else nothing.

    The error decides nothing: a value past its bound is past it, however near.
    """
    error = measure["standard_error"]
    if error is None:
        return ""
    near = "; the bound lies within the error of the simulation" if measure["is_within_error"] else ""
    return f" (standard error {formats.significant(error, 2)}{near})"
