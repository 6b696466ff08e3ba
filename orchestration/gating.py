"""Takes landed bytes through their gate into ``validated`` or ``quarantine``; knows nothing of dagster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import pandas as pd

from data_quality.decision_files import read_decisions
from data_quality.decisions import Decisions, PartitionDecisions
from data_quality.gate import GateOutcome, absent_verdict, run_gate, suite_version
from data_quality.promotion import is_current, promote, withhold
from data_quality.revisions import REVISED_DATASET, record_revisions
from data_quality.verdicts import Status, Verdict, read_all, read_verdict
from orchestration.landing import CALLS, POLICE_KINDS, Absence, read_absence
from orchestration.paths import DataPaths
from orchestration.provenance import Provenance, altered_files, held_version, read_provenance
from orchestration.sources.calls_for_service.geocoding import read_centroids
from orchestration.sources.calls_for_service.mapping import load_mapping
from orchestration.sources.calls_for_service.reader import INCIDENT_COLUMNS, ParsedCalls, read_calls
from orchestration.sources.police_uk.live_street import LIVE_STREET, read_street_live
from orchestration.sources.police_uk.reader import read_police_csv
from orchestration.sources.progress import track
from orchestration.sources.reference_readers import read_reference
from orchestration.sources.strict_csv import FileProblem
from orchestration.sources.types import Partition, SourceError

# Starting a worker costs as much as judging some twenty files.
_FILES_A_WORKER = 20
INTACT_RULE = "landed_bytes_intact"


def gate_police(
    dataset: str, partitions: Sequence[Partition], paths: DataPaths, workers: int | None = None
) -> list[Verdict]:
    """Run the gate on every partition that has not passed with exactly its bytes, rules and decisions.

    Each partition is judged alone and writes into folders of its own, so that what is written does not depend
    on how many processes share the work.

    Parameters
    ----------
    dataset
        A police dataset.
    partitions
        What to judge.
    paths
        Where it lies.
    workers
        Processes; none takes one a core, and fewer for little work.

    Returns
    -------
    list of Verdict
        In the order of the partitions.
    """
    if workers is None:
        workers = min(os.cpu_count() or 1, len(partitions) // _FILES_A_WORKER)
    progress = track(partitions, f"gate {dataset}")
    decisions = decisions_of(paths)
    if workers < 2:
        verdicts = [_gate(dataset, partition, paths, decisions) for partition in progress]
    else:
        # Spawned, not forked: a fork would copy whatever locks the threads of this process hold.
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=spawned) as pool:
            judged = pool.map(
                _gate, repeat(dataset), partitions, repeat(paths), repeat(decisions), chunksize=8
            )
            verdicts = [verdict for _, verdict in zip(progress, judged, strict=True)]
    if dataset == REVISED_DATASET:
        for partition in partitions:
            record_revisions(paths.validated(dataset, partition))
    return verdicts


def gate_reference(dataset: str, paths: DataPaths) -> Verdict:
    """Run the gate on a dataset that comes whole, as :func:`gate_police` does on a partition."""
    return _gate(dataset, None, paths, decisions_of(paths))


def decisions_of(paths: DataPaths) -> Decisions:
    """Return the waivers and corrections of a data folder that hold, and those that were refused."""
    return read_decisions(paths.waivers, paths.corrections, paths.judged_on)


def _gate(dataset: str, partition: Partition | None, paths: DataPaths, all_decisions: Decisions) -> Verdict:
    landed = paths.landing(dataset, partition)
    validated = paths.validated(dataset, partition)
    try:
        provenance = read_provenance(landed)
        absence = read_absence(landed)
    except SourceError as error:
        provenance, absence = None, Absence("fetch_failed", str(error))
    if provenance is None:
        reason = (
            absence.reason if absence else f"{landed.name} was never landed: materialise raw_{dataset} first"
        )
        status: Status = "failed" if absence and absence.status == "fetch_failed" else "absent"
        verdict = absent_verdict(dataset, _as_dict(partition), reason, status=status)
        withhold(verdict, validated, paths.quarantine(dataset, partition))
        return verdict
    month, force = (partition.month, partition.force) if partition else (None, None)
    decisions = all_decisions.about(dataset, month, force, provenance.data_version)
    is_intact = held_version(landed, provenance) == provenance.data_version
    if is_intact and is_current(
        validated, provenance.data_version, suite_version(dataset), decisions.version
    ):
        return read_verdict(validated)
    if is_intact:
        outcome = _judge(dataset, partition, landed, provenance, decisions)
    else:
        refused = _refuse_replaced(dataset, partition, landed, provenance)
        # No decision has a say in it, but the verdict must be the one that a refresh looks for.
        verdict = replace(refused.verdict, decisions_version=decisions.version)
        outcome = replace(refused, verdict=verdict)
    return promote(outcome, validated, paths.quarantine(dataset, partition))


def _refuse_replaced(
    dataset: str, partition: Partition | None, landed: Path, provenance: Provenance
) -> GateOutcome:
    """Refuse bytes that are not those that were landed: nobody knows where they come from."""
    altered = altered_files(landed, provenance)
    problem = FileProblem(
        str(landed / altered[0] if altered else landed),
        INTACT_RULE,
        "the landed bytes are not those that provenance.json describes: they were replaced or removed",
        f"move {landed} out of the landing folder and run again, which fetches it anew; a value that is "
        "wrong upstream is mended by a correction",
    )
    return run_gate(
        dataset,
        pd.DataFrame(),
        partition=_as_dict(partition),
        data_version=provenance.data_version,
        record_count_landed=provenance.record_count,
        problem=problem,
        source_file=altered[0] if altered else landed.name,
    )


def _judge(
    dataset: str,
    partition: Partition | None,
    landed: Path,
    provenance: Provenance,
    decisions: PartitionDecisions,
) -> GateOutcome:
    files = [landed / file.name for file in provenance.files]
    if dataset == CALLS:
        return _judge_calls(files, provenance, decisions)
    if partition is None:
        return _judge_reference(dataset, files, provenance, decisions)
    parsed = read_police_csv(files[0], POLICE_KINDS[dataset])
    return run_gate(
        dataset,
        _with_lineage(parsed.frame, partition, provenance),
        partition=_as_dict(partition),
        data_version=provenance.data_version,
        record_count_landed=provenance.record_count,
        rejects=parsed.rejects,
        problem=parsed.problem,
        source_file=files[0].name,
        decisions=decisions,
    )


def _judge_reference(
    dataset: str, files: list[Path], provenance: Provenance, decisions: PartitionDecisions
) -> GateOutcome:
    problem = None
    frame = pd.DataFrame()
    try:
        frame = _read_whole(dataset, files, provenance)
    except SourceError as error:
        problem = error
    return run_gate(
        dataset,
        frame,
        partition=None,
        data_version=provenance.data_version,
        record_count_landed=len(frame) if provenance.record_count is None else provenance.record_count,
        rejects=None,
        problem=problem,
        source_file=files[0].name,
        decisions=decisions,
    )


def _read_whole(dataset: str, files: list[Path], provenance: Provenance) -> pd.DataFrame:
    if dataset == LIVE_STREET:
        lineage = {"data_version": provenance.data_version, "release": provenance.release}
        return read_street_live(files).assign(**lineage)
    return read_reference(dataset, files)


def _judge_calls(files: list[Path], provenance: Provenance, decisions: PartitionDecisions) -> GateOutcome:
    problem: SourceError | None = None
    parsed = ParsedCalls(pd.DataFrame(columns=list(INCIDENT_COLUMNS)), pd.DataFrame(), 0, None)
    try:
        # The mapping that was landed, so that a verdict can always be traced to the rules of reading.
        mapping = load_mapping(next(path for path in files if path.suffix == ".yml"))
        tables = [path for path in files if mapping.is_centroid_file(path.name)]
        parsed = read_calls(
            [path for path in files if mapping.is_calls_file(path.name)],
            mapping,
            data_version=provenance.data_version,
            centroids=read_centroids(tables[0]) if tables else None,
        )
        problem = parsed.problem
    except SourceError as error:
        problem = error
    return run_gate(
        CALLS,
        parsed.frame,
        partition=None,
        data_version=provenance.data_version,
        record_count_landed=provenance.record_count,
        rejects=parsed.rejects if len(parsed.rejects) else None,
        problem=problem,
        source_file=Path(problem.where).name if problem else None,
        decisions=decisions,
    )


def _with_lineage(frame: pd.DataFrame, partition: Partition, provenance: Provenance) -> pd.DataFrame:
    return frame.assign(
        partition_month=partition.month,
        force_slug=partition.force,
        source_file=provenance.files[0].name,
        data_version=provenance.data_version,
        release=provenance.release,
    )


def _as_dict(partition: Partition | None) -> dict[str, str] | None:
    return {"month": partition.month, "force": partition.force} if partition else None


def held_waivers(paths: DataPaths) -> list[dict[str, Any]]:
    """Return each waiver that a passed verdict rests on, with what it is about, its signer and its reason."""
    verdicts = [verdict for verdict in read_all(paths.validated_root) if verdict.status == "passed"]
    return [asdict(waiver) for verdict in verdicts for waiver in verdict.waivers]


def held_data_versions(paths: DataPaths) -> list[dict[str, str | None]]:
    """Return dataset, month, force, data version and upstream release of everything that passed its gate.

    Where waivers or corrections were in force, ``decisions_version`` stands for them: the same bytes under
    others are other data.
    """
    held = []
    for verdict in read_all(paths.validated_root):
        if verdict.status != "passed":
            continue
        partition = Partition(verdict.month, verdict.force) if verdict.month and verdict.force else None
        provenance = read_provenance(paths.landing(verdict.dataset, partition))
        entry = {
            "dataset": verdict.dataset,
            "month": verdict.month,
            "force": verdict.force,
            "data_version": verdict.data_version,
            "release": provenance.release if provenance else None,
        }
        if verdict.decisions_version is not None:
            entry["decisions_version"] = verdict.decisions_version
        held.append(entry)
    return held
