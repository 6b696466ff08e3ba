"""Sensors that look upstream and ask for exactly what is missing or was revised, and never twice."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import dagster as dg

from data_quality.decisions import Decisions
from data_quality.gate import suite_version
from orchestration.defs.automation.jobs import MAIN_JOB, PARTITIONS_JOB, RELEASE_JOB, RETRAIN_JOB
from orchestration.environment import Settings, as_of, read_ops
from orchestration.gating import decisions_of, held_data_versions
from orchestration.landing import POLICE_KINDS
from orchestration.partitions import range_tags
from orchestration.planning import Change, PartitionRange, partition_ranges, plan_refresh, release_is_due
from orchestration.resources import Run
from orchestration.retraining import requested_id
from orchestration.sources.police_uk.archive import Validators
from orchestration.sources.types import SourceError

# Stands for the state that a run is to bring about; runs with the same one are attempts at the same work.
WORK_TAG = "crimeharm/work"
# On a run that drift asked for: which request it answers.
RETRAIN_TAG = "crimeharm/retrain_request"
# An upstream that stays down, or a file that stays broken, is not asked for for ever.
MOST_ATTEMPTS = 3
_HOUR = 3_600
_JOBS = (MAIN_JOB, PARTITIONS_JOB, RELEASE_JOB, RETRAIN_JOB)
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

Answer = dg.SkipReason | dg.SensorResult


def published_months_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that requests the partitions that upstream has and the data folder lacks."""

    @dg.sensor(
        name="published_months",
        job_name=PARTITIONS_JOB,
        minimum_interval_seconds=_HOUR,
        description="Requests exactly the months and forces that are missing, or that upstream revised.",
    )
    def published_months(context: dg.SensorEvaluationContext, run: dg.ResourceParam[Run]) -> Answer:
        if busy := _busy(context.instance):
            return busy
        archive = run.open_upstream().archive()
        wanted = as_of(settings, date.today())
        seen = json.loads(context.cursor) if context.cursor else {}
        asked = _asked(wanted, decisions_of(run.paths))
        if seen.get("asked") == asked and archive.validators.prove_same(Validators(**seen["archive"])):
            return dg.SkipReason(f"the archive is the one that was looked at before: {archive.validators}")
        changes = plan_refresh(wanted, archive, run.paths)
        if not changes:
            context.update_cursor(json.dumps({"asked": asked, "archive": asdict(archive.validators)}))
            return dg.SkipReason(f"release {archive.release} holds nothing that is missing or revised")
        ranges = partition_ranges((change.partition for change in changes), settings.forces)
        return _requests(context.instance, ((range_tags(one), _work_of(one, changes)) for one in ranges))

    return published_months


def release_due_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that requests a release once what is held is no longer what is published."""

    @dg.sensor(
        name="release_due",
        job_name=RELEASE_JOB,
        minimum_interval_seconds=_HOUR // 12,
        description="Publishes anew when what passed its gates differs from the latest release.",
    )
    def release_due(context: dg.SensorEvaluationContext, run: dg.ResourceParam[Run]) -> Answer:
        if busy := _busy(context.instance):
            return busy
        try:
            held = held_data_versions(run.paths)
        except SourceError as error:
            # Its gate names and withholds it at the next refresh; until then nobody knows what is held.
            return dg.SkipReason(f"what is held cannot be told: {error}")
        if not any(entry["month"] for entry in held):
            return dg.SkipReason("no police data have passed their gate yet")
        if not release_is_due(run.paths):
            return dg.SkipReason("the latest release is made of exactly what is held")
        work = _digest(str(sorted(map(str, held))))
        return _requests(context.instance, [({}, work)], run_config(settings))

    return release_due


def retrain_requested_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that answers each request of drift by one run, whether or not that succeeds.

    Every run asks again for as long as drift is there; a request that was answered is not answered twice.
    """

    @dg.sensor(
        name="retrain_requested",
        job_name=RETRAIN_JOB,
        minimum_interval_seconds=_HOUR // 12,
        description="Chooses models anew, once for each request of the watch for drift.",
    )
    def retrain_requested(context: dg.SensorEvaluationContext, run: dg.ResourceParam[Run]) -> Answer:
        request_id = requested_id(run.paths)
        if request_id is None:
            return dg.SkipReason("drift asks for nothing")
        if context.instance.get_runs(dg.RunsFilter(tags={RETRAIN_TAG: request_id}), limit=1):
            return dg.SkipReason(f"request {request_id} was answered already")
        if busy := _busy(context.instance):
            return busy
        request = dg.RunRequest(
            run_key=request_id, run_config=run_config(settings), tags={RETRAIN_TAG: request_id}
        )
        return dg.SensorResult(run_requests=[request])

    return retrain_requested


def run_config(settings: Settings) -> dict[str, Any]:
    """Return the configuration of a run that publishes, read anew at each request."""
    return {"ops": dict(read_ops(settings.configuration))}


def _asked(settings: Settings, decisions: Decisions) -> dict[str, list[str]]:
    """Return what a plan depends on besides the archive."""
    return {
        "forces": list(settings.forces),
        "months": [settings.first_month, settings.last_month],
        "rules": [suite_version(dataset) for dataset in POLICE_KINDS],
        "decisions": sorted(decisions.files),
    }


def _busy(instance: dg.DagsterInstance) -> dg.SkipReason | None:
    # What is being fetched looks missing until it is there: asking now would ask twice.
    for job in _JOBS:
        if instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNFINISHED), limit=1):
            return dg.SkipReason(f"a run of {job} has not ended")
    return None


def _requests(
    instance: dg.DagsterInstance,
    wanted: Iterable[tuple[dict[str, str], str]],
    config: Mapping[str, Any] | None = None,
) -> Answer:
    """Return a request for each piece of work that was not attempted too often."""
    requests, given_up = [], 0
    for tags, work in wanted:
        attempts = len(instance.get_runs(dg.RunsFilter(tags={WORK_TAG: work})))
        if attempts < MOST_ATTEMPTS:
            request = dg.RunRequest(
                run_key=f"{work}-{attempts}", run_config=config, tags={**tags, WORK_TAG: work}
            )
            requests.append(request)
        else:
            given_up += 1
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SkipReason(
        f"{given_up} requests were tried {MOST_ATTEMPTS} times: look at their runs, then use make refresh"
    )


def _work_of(wanted: PartitionRange, changes: list[Change]) -> str:
    first, last = wanted.first, wanted.last
    inside = [
        f"{change.partition}|{change.dataset}|{change.fingerprint}"
        for change in changes
        if first.month <= change.partition.month <= last.month
        and first.force <= change.partition.force <= last.force
    ]
    return _digest("\n".join(inside))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
