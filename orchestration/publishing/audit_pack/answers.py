"""Answers for the records of governance: what the release itself shows, and what somebody declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.publishing.audit_pack.cards import ReadCard
from orchestration.publishing.audit_pack.governance import Governance

#: Where an answer comes from.
SHOWN, DECLARED = "the release", "governance.yml"


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
    reached_by_searches
        Tables of models that hold values from stop and search; none when the lineage names no model.
    forces, months
        Whom and when the data are about, in words.
    """

    manifest: Mapping[str, Any]
    governance: Governance
    cards: Sequence[ReadCard]
    audited: Sequence[str]
    reached_by_searches: Sequence[str] | None
    forces: str
    months: str


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
        return said(f"{self._facts.forces}; {self._facts.months}; harm scheme {scheme}.")

    def of_cards(self, fact: str) -> list[Answer]:
        """Return one fact of each model card that has it, such as its verdict."""
        cards = [card for card in self._facts.cards if fact in card.facts]
        return said(*(f"{card.name}: {card.facts[fact]}" for card in cards))

    def points_of_cards(self, section: str) -> list[Answer]:
        """Return the points of one section of every model card."""
        return said(*(f"{c.name}: {point}" for c in self._facts.cards for point in c.points(section)))

    def sources(self) -> list[Answer]:
        """Return the datasets with their editions."""
        sources = self._manifest["sources"]
        return said(*(f"{s['title']} ({s['vintage']})" if s["vintage"] else s["title"] for s in sources))

    def licences(self) -> list[Answer]:
        """Return the licences of the data."""
        return said(*sorted({source["licence"] for source in self._manifest["sources"]}))

    def groups(self) -> list[Answer]:
        """Return where groups of people are compared, and whether models use records of searches."""
        audited = ", ".join(self._facts.audited) or "no table of this release"
        answers = said(f"Groups of people are compared in {audited}.")
        reached = self._facts.reached_by_searches
        if reached is not None:
            tables = ", ".join(reached) or "none"
            answers += said(f"Tables of models that hold values from stop and search, by lineage: {tables}.")
        return answers

    def measures(self) -> list[Answer]:
        """Return what the publication policy measured."""
        return said(*map(_measure, self._manifest["policy"]["measures"]))

    def decisions(self) -> list[Answer]:
        """Return how often people let something pass, and who may."""
        policy = self._manifest["policy"]
        lifted = sum(bool(measure["decision"]) for measure in policy["measures"])
        return said(
            "A publication policy stops a release when a measure lies past its bound, until a person has "
            f"signed why it may be published all the same. May sign: {', '.join(policy['may_sign'])}.",
            f"Bounds lifted by signed decisions: {lifted}. "
            f"Signed waivers that data rest on: {len(self._manifest['waivers'])}.",
        )

    def missing(self) -> list[Answer]:
        """Return how many partitions are not there."""
        absent, withheld = self._manifest["absent_count"], len(self._manifest["withheld"])
        return said(f"Partitions that the publisher does not have: {absent}; withheld by a gate: {withheld}.")

    def versions(self) -> list[Answer]:
        """Return the versions of code and dependencies."""
        code, lock = self._manifest["code_version"], self._manifest["dependency_lock_sha256"]
        return said(f"Code version {code}; dependencies as in requirements.lock (SHA-256 {lock}).")


def _measure(measure: Mapping[str, Any]) -> str:
    value = "nothing to measure" if measure["value"] is None else f"{measure['value']:.4g}"
    return f"{measure['what'].strip()}: {value}; allowed is {bounds_of(measure)} ({measure['status']})"


def bounds_of(measure: Mapping[str, Any]) -> str:
    """Return the bounds of a measure of the policy in words."""
    bounds = [f"at most {measure['highest']:g}"] if measure["highest"] is not None else []
    bounds += [f"at least {measure['lowest']:g}"] if measure["lowest"] is not None else []
    return " and ".join(bounds)
