"""The policy that decides what may be published: measures, bounds, and decisions that people signed.

A measure past its bound stops a release, or withholds the one product that it is about. A person in a role
that the policy names can decide otherwise, in a signed file that says why; the decision holds for this
policy and until a day, and either up to the value that it accepts or for as long as the measure could not be
measured: whoever accepts a value has said nothing about not knowing it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from data_quality.signed_files import (
    MINIMUM_RATIONALE_CHARACTERS,
    SignedFileError,
    load_yaml,
    read_signed_files,
    statement_of,
    text_of,
)

POLICY_FILE = Path(__file__).parent / "publication_policy.yml"
#: The product that a release can do without: a broken bound leaves it out and stops nothing else.
PATROL_PLANS = "patrol plans"
_DECISION_KEYS = {"policy", "measure", "signed_by", "signed_on", "rationale", "valid_until"}
# A decision has exactly one of these.
_ACCEPTED = {"accepted_value", "unmeasured_because"}
_BOUNDS = ("highest", "lowest")
_WORDS = ("name", "product", "what", "why")
_MEASURE_KEYS = {*_WORDS, *_BOUNDS, "may_be_unmeasured", "unmeasured_where", "withholds_only"}
_GUIDE = "write it as docs/runbook.md shows, under 'Decide on a policy'"

Status = Literal["kept", "broken", "accepted", "not_measured", "accepted_unmeasured"]


@dataclass(frozen=True)
class Measure:
    """One bound of the policy.

    Parameters
    ----------
    name, product, what
        Its name, the product that it guards, and what is measured in plain words.
    highest, lowest
        The bounds, either or both; none for no bound.
    may_be_unmeasured
        Whether a product may be published when there was nothing to measure.
    withholds_only
        Whether a broken bound leaves the product out of the release instead of stopping the release.
    why
        Why the bounds are where they are.
    unmeasured_where
        Which legitimate input lacks the measure; empty where it may not be unmeasured.
    """

    name: str
    product: str
    what: str
    highest: float | None
    lowest: float | None
    may_be_unmeasured: bool
    withholds_only: bool = False
    why: str = ""
    unmeasured_where: str = ""

    def excess(self, value: float) -> float:
        """Return how far a value lies above the highest (positive) or below the lowest (negative); else 0."""
        if self.highest is not None and value > self.highest:
            return value - self.highest
        if self.lowest is not None and value < self.lowest:
            return value - self.lowest
        return 0.0

    def is_accepted(self, value: float, accepted: float) -> bool:
        """Return whether a value lies past the same bound as an accepted one, and no farther."""
        excess, up_to = self.excess(value), self.excess(accepted)
        return (excess > 0) == (up_to > 0) and abs(excess) <= abs(up_to)


@dataclass(frozen=True)
class Policy:
    """A policy as read: ``sha256`` is the digest of its bytes, which decisions name."""

    version: int
    sha256: str
    may_sign: tuple[str, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Decision:
    """A signed decision about a measure.

    Parameters
    ----------
    file, sha256
        The signed file and its digest.
    measure
        The measure.
    accepted_value
        Up to where the measure may lie past its bound; none in a decision about an unmeasured one.
    signed_by, role, signed_on, rationale, valid_until
        Who says so, why, and until when.
    unmeasured_because
        Why there is nothing to measure, where it is decided that the measure may be unmeasured; else none.
    """

    file: str
    sha256: str
    measure: str
    accepted_value: float | None
    signed_by: str
    role: str
    signed_on: str
    rationale: str
    valid_until: str
    unmeasured_because: str | None = None


@dataclass(frozen=True)
class Judgement:
    """What became of one measure.

    Parameters
    ----------
    measure, value, status
        The measure, what was measured (none for nothing to measure), and what became of it.
    decision
        The signed one that let it pass all the same.
    standard_error
        Of the value, where it is known, as that of a simulation is; it decides nothing.
    """

    measure: Measure
    value: float | None
    status: Status
    decision: Decision | None = None
    standard_error: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether it stops the release."""
        return self._is_broken and not self.measure.withholds_only

    @property
    def is_withheld(self) -> bool:
        """Whether it leaves its product out of the release."""
        return self._is_broken and self.measure.withholds_only

    @property
    def is_within_error(self) -> bool:
        """Whether a bound lies within two standard errors of the value: another run might cross it."""
        if self.value is None or self.standard_error is None:
            return False
        bounds = (self.measure.highest, self.measure.lowest)
        # What is known exactly lies on one side of every bound.
        reach = 2 * self.standard_error
        return reach > 0 and any(abs(self.value - bound) <= reach for bound in bounds if bound is not None)

    @property
    def _is_broken(self) -> bool:
        return self.status == "broken" or (
            self.status == "not_measured" and not self.measure.may_be_unmeasured
        )


def read_policy(path: Path = POLICY_FILE) -> Policy:
    """Read a policy.

    Raises
    ------
    SignedFileError
        When it is not one: a policy that is half understood must not decide.
    """
    data = path.read_bytes()
    content = load_yaml(data)
    if not isinstance(content, dict) or set(content) != {"version", "may_sign", "measures"}:
        raise SignedFileError("a policy has version, may_sign and measures, and nothing else")
    roles, measures = content["may_sign"], content["measures"]
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        raise SignedFileError("may_sign lists no role")
    if not isinstance(measures, list) or not measures:
        raise SignedFileError("measures lists none")
    read = tuple(_measure(measure) for measure in measures)
    if len({measure.name for measure in read}) != len(read):
        raise SignedFileError("a measure is listed twice")
    return Policy(content["version"], hashlib.sha256(data).hexdigest(), tuple(roles), read)


def read_policy_decisions(folder: Path, policy: Policy, today: date) -> tuple[list[Decision], list[str]]:
    """Read the signed decisions about a policy.

    Parameters
    ----------
    folder
        Folder of ``<name>.yml``; it need not exist.
    policy
        The policy that they must name.
    today
        The day on which they are to hold.

    Returns
    -------
    tuple of list of Decision and list of str
        Those that hold, and what is wrong with each other file.
    """
    return read_signed_files(
        folder,
        lambda data, name: _decision(load_yaml(data), name, data, policy, today),
        kind="decision",
        guide=_GUIDE,
    )


def judge_policy(
    policy: Policy,
    values: Mapping[str, float | None],
    decisions: Sequence[Decision],
    errors: Mapping[str, float | None] | None = None,
) -> list[Judgement]:
    """Hold what was measured against the bounds.

    Parameters
    ----------
    policy
        The policy.
    values
        What was measured, by name; none or NaN for nothing to measure. A measure without an entry was not
        measured either.
    decisions
        Those that hold.
    errors
        Standard errors of the values that have one, by name. They are told, and decide nothing: the value
        does.

    Returns
    -------
    list of Judgement
        One a measure, in the order of the policy.
    """
    known = errors or {}
    return [
        replace(
            _judge(measure, values.get(measure.name), decisions),
            standard_error=_known(known.get(measure.name)),
        )
        for measure in policy.measures
    ]


def _known(number: float | None) -> float | None:
    return None if number is None or math.isnan(number) else number


def _judge(measure: Measure, value: float | None, decisions: Sequence[Decision]) -> Judgement:
    own = [decision for decision in decisions if decision.measure == measure.name]
    if value is None or math.isnan(value):
        return _judge_unmeasured(measure, own)
    if measure.excess(value) == 0:
        return Judgement(measure, value, "kept")
    for decision in own:
        accepted = decision.accepted_value
        if accepted is not None and measure.is_accepted(value, accepted):
            return Judgement(measure, value, "accepted", decision)
    return Judgement(measure, value, "broken")


def _judge_unmeasured(measure: Measure, own: Sequence[Decision]) -> Judgement:
    about = next((decision for decision in own if decision.unmeasured_because), None)
    # Where the policy lets it be unmeasured, nobody has to answer for that.
    if about is None or measure.may_be_unmeasured:
        return Judgement(measure, None, "not_measured")
    return Judgement(measure, None, "accepted_unmeasured", about)


def _measure(content: object) -> Measure:
    if not isinstance(content, dict) or not set(content) <= _MEASURE_KEYS:
        raise SignedFileError(f"a measure has {', '.join(sorted(_MEASURE_KEYS))}, and nothing else")
    name = text_of(content, "name")
    bounds = {key: content.get(key) for key in _BOUNDS}
    if all(bound is None for bound in bounds.values()):
        raise SignedFileError(f"the measure {name!r} has no bound")
    if not isinstance(content.get("may_be_unmeasured"), bool):
        raise SignedFileError(f"the measure {name!r} does not say whether it may be unmeasured")
    if content["may_be_unmeasured"] != ("unmeasured_where" in content):
        raise SignedFileError(f"the measure {name!r} says where it may be unmeasured, or that it may not")
    product, withholds = text_of(content, "product"), content.get("withholds_only", False)
    if withholds is not False and (withholds is not True or product != PATROL_PLANS):
        raise SignedFileError(f"the measure {name!r} may not withhold: only {PATROL_PLANS} can be left out")
    return Measure(
        name=name,
        product=product,
        what=text_of(content, "what"),
        highest=_number_or_none(bounds["highest"], name),
        lowest=_number_or_none(bounds["lowest"], name),
        may_be_unmeasured=content["may_be_unmeasured"],
        withholds_only=withholds,
        why=text_of(content, "why"),
        unmeasured_where=text_of(content, "unmeasured_where") if content["may_be_unmeasured"] else "",
    )


def _decision(content: object, file: str, data: bytes, policy: Policy, today: date) -> Decision:
    named = set(content) & _ACCEPTED if isinstance(content, dict) else set()
    if not isinstance(content, dict) or len(named) != 1 or set(content) - named != _DECISION_KEYS:
        raise SignedFileError(
            f"it must have {', '.join(sorted(_DECISION_KEYS))} and one of {', '.join(sorted(_ACCEPTED))}, "
            "and nothing else"
        )
    if text_of(content, "policy") != policy.sha256:
        raise SignedFileError(
            "it is about another policy than today's",
            f"decide anew about the policy with sha256 {policy.sha256}",
        )
    measure = text_of(content, "measure")
    if measure not in {known.name for known in policy.measures}:
        raise SignedFileError(f"{measure!r} is not a measure of the policy")
    said = statement_of(content, policy.may_sign, today)
    because = _reason(content) if "unmeasured_because" in named else None
    accepted = None if because else _number_or_none(content["accepted_value"], measure)
    if accepted is None and because is None:
        raise SignedFileError("accepted_value is missing", "give the value up to which it is accepted")
    return Decision(
        file,
        hashlib.sha256(data).hexdigest(),
        measure,
        accepted,
        said.signed_by,
        said.role,
        said.signed_on,
        said.rationale,
        said.valid_until,
        because,
    )


def _reason(content: dict) -> str:
    reason = text_of(content, "unmeasured_because")
    if len(reason) < MINIMUM_RATIONALE_CHARACTERS:
        raise SignedFileError(
            "unmeasured_because is too short to be a reason", "say why there is nothing to measure"
        )
    return reason


def _number_or_none(value: object, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SignedFileError(f"{value!r} is not a number, for {name}")
    return float(value)
