"""What a verdict must name to bind now: the landed bytes, the rules of today and the decisions that hold."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from data_quality.decisions import Decisions
from data_quality.files import SUPERSEDED, sha256_of
from data_quality.gate import suite_version
from data_quality.promotion import SCHEMA_FILE
from data_quality.schemas import VALIDATED_SCHEMAS
from data_quality.verdicts import VerdictError, read_verdict
from orchestration.gating import decisions_of
from orchestration.paths import DataPaths
from orchestration.provenance import PROVENANCE_FILE, held_version, read_provenance
from orchestration.sources.types import SourceError

_REMEDY = "run the gates again (make quarantine RELEASE=1), and then the job"
_NAMED = 5


@dataclass(frozen=True)
class RequiredVersions:
    """What the verdict on one landed partition, or dataset that comes whole, must name to bind.

    Parameters
    ----------
    dataset, month, force
        The partition; month and force are none for a dataset that comes whole.
    data_version
        Digest of the bytes that lie landed; none when provenance and bytes do not agree.
    suite_version
        Version of the rules in the code that asks; none for a dataset without a suite.
    decisions_version
        Digest of the waivers and corrections that hold today; none without any.
    """

    dataset: str
    month: str | None
    force: str | None
    data_version: str | None
    suite_version: str | None
    decisions_version: str | None


def required_versions(paths: DataPaths) -> list[RequiredVersions]:
    """Look at everything that is landed, byte for byte.

    Parameters
    ----------
    paths
        The data folder.

    Returns
    -------
    list of RequiredVersions
        One for each landed partition or dataset, in order of folder.
    """
    decisions = decisions_of(paths)
    folders = [path.parent for path in _current(paths.landing_root, PROVENANCE_FILE)]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda folder: _required(folder, paths.landing_root, decisions), folders))


class UnboundVerdict(SourceError):
    """Something is validated without a passed verdict that binds; nothing may be published from it."""


def check_verdicts(paths: DataPaths) -> None:
    """Refuse to go on while anything lies in ``validated`` that no binding verdict vouches for.

    Raises
    ------
    UnboundVerdict
        Naming the first few files, each with the reason.
    """
    found = refusals(paths)
    if found:
        more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise UnboundVerdict(
            "validated", f"no verdict that binds vouches for {'; '.join(found[:_NAMED])}{more}", _REMEDY
        )


def refusals(paths: DataPaths) -> list[str]:
    """Return what lies in ``validated`` without a passed verdict that binds, each with the reason.

    dbt refuses the same files by its model ``int_gate_files_judged``; this is for stages that run without it.
    """
    required = {(one.dataset, one.month, one.force): one for one in required_versions(paths)}
    found = []
    for part in _current(paths.validated_root, "*.parquet"):
        place = _place(part.parent, paths.validated_root)
        reason = _refusal(part, place, required.get(place))
        if part.name != SCHEMA_FILE and reason is not None:
            found.append(f"{part.relative_to(paths.validated_root)}: {reason}")
    return found


def _refusal(
    part: Path, place: tuple[str, str | None, str | None], required: RequiredVersions | None
) -> str | None:
    try:
        verdict = read_verdict(part.parent)
    except VerdictError:
        return "no readable verdict lies beside it"
    if (verdict.dataset, verdict.month, verdict.force) != place:
        return "the verdict beside it is that of another partition"
    if verdict.status != "passed":
        return f"its verdict is {verdict.status}"
    if required is None or verdict.data_version != required.data_version:
        return "its verdict is for other bytes than those landed"
    if verdict.suite_version != required.suite_version:
        return "its verdict was given by other rules than those of today"
    if verdict.decisions_version != required.decisions_version:
        return "waivers or corrections have changed, expired or been removed since its verdict"
    if verdict.parquet_sha256 != sha256_of(part):
        return "its bytes are not those that the gate passed"
    return None


def _required(folder: Path, root: Path, decisions: Decisions) -> RequiredVersions:
    dataset, month, force = _place(folder, root)
    rules = suite_version(dataset) if dataset in VALIDATED_SCHEMAS else None
    try:
        held = read_provenance(folder)
    except SourceError:
        held = None
    lying = held_version(folder, held) if held is not None else None
    version = lying if held is not None and lying == held.data_version else None
    decided = decisions.about(dataset, month, force, version).version
    return RequiredVersions(dataset, month, force, version, rules, decided)


def _place(folder: Path, root: Path) -> tuple[str, str | None, str | None]:
    dataset, *parts = folder.relative_to(root).parts
    named = dict(part.partition("=")[::2] for part in parts)
    return dataset, named.get("month"), named.get("force")


def _current(root: Path, pattern: str) -> Iterator[Path]:
    yield from sorted(path for path in root.rglob(pattern) if SUPERSEDED not in path.parts)
