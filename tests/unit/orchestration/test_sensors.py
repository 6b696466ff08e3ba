"""Sensors: what is missing or revised is requested, once at a time, and not for ever."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest

from ml.monitoring import RetrainRequest
from orchestration.definitions import build_definitions
from orchestration.defs.automation.automation import automation
from orchestration.defs.automation.jobs import PARTITIONS_JOB, RETRAIN_JOB
from orchestration.defs.automation.sensors import (
    MOST_ATTEMPTS,
    RETRAIN_TAG,
    WORK_TAG,
    published_months_sensor,
    release_due_sensor,
    retrain_requested_sensor,
)
from orchestration.partitions import RANGE_END_TAG, RANGE_START_TAG, month_force_partitions
from orchestration.resources import Run
from orchestration.retraining import write_request


@pytest.fixture
def instance():
    """A Dagster instance in memory."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def _context(mirror, instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorEvaluationContext:
    return dg.build_sensor_context(
        instance=instance,
        cursor=cursor,
        resources={"run": Run(mirror.settings)},
        definitions=build_definitions(mirror.settings),
    )


def _tick(sensor: dg.SensorDefinition, mirror, instance: dg.DagsterInstance):
    return sensor(_context(mirror, instance))


def _add_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, work: str) -> None:
    instance.add_run(dg.DagsterRun(job_name=PARTITIONS_JOB, status=status, tags={WORK_TAG: work}))


def test_exactly_the_missing_partitions_are_requested(mirror, partitions, instance) -> None:
    """A sensor that asks for the whole window fetches what is held; one that asks for less leaves gaps."""
    sensor = published_months_sensor(mirror.settings)
    (request,) = _tick(sensor, mirror, instance).run_requests
    assert (request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) == ("kent|2024-01", "surrey|2024-02")
    mirror.take(*partitions("2024-01", "2024-02"))
    assert isinstance(_tick(sensor, mirror, instance), dg.SkipReason)
    mirror.publish("2024-02", "kent", outcome="Suspect charged")
    (request,) = _tick(sensor, mirror, instance).run_requests
    assert (request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) == ("kent|2024-02", "kent|2024-02")


def test_an_unchanged_archive_is_not_read_again(mirror, partitions, instance) -> None:
    """The directory would be fetched every hour; or a force that was added would never be looked for."""
    sensor = published_months_sensor(mirror.settings)
    mirror.take(*partitions("2024-01", "2024-02"))
    first = _context(mirror, instance)
    assert "nothing that is missing" in sensor(first).skip_message
    assert "looked at before" in sensor(_context(mirror, instance, first.cursor)).skip_message
    fewer = published_months_sensor(replace(mirror.settings, forces=("kent",)))
    assert "nothing that is missing" in fewer(_context(mirror, instance, first.cursor)).skip_message
    mirror.publish("2024-01", "kent", outcome="Suspect charged")
    assert len(sensor(_context(mirror, instance, first.cursor)).run_requests) == 1


def test_the_same_state_upstream_has_the_same_run_key(mirror, instance) -> None:
    """Dagster starts a run for each new key: one that changes by itself asks hourly."""
    sensor = published_months_sensor(mirror.settings)
    first, second = (_tick(sensor, mirror, instance).run_requests[0].run_key for _ in range(2))
    assert first == second
    mirror.publish("2024-01", "kent", outcome="Suspect charged")
    assert _tick(sensor, mirror, instance).run_requests[0].run_key != first


def test_nothing_is_requested_while_a_run_has_not_ended(mirror, instance) -> None:
    """What is just being fetched looks missing, and would be requested a second time."""
    _add_run(instance, dg.DagsterRunStatus.STARTED, "other")
    answer = _tick(published_months_sensor(mirror.settings), mirror, instance)
    assert isinstance(answer, dg.SkipReason)
    assert PARTITIONS_JOB in answer.skip_message


def test_work_that_fails_is_tried_again_but_not_for_ever(mirror, instance) -> None:
    """A passing outage would lose a month, or a broken file would keep the machine busy for ever."""
    sensor = published_months_sensor(mirror.settings)
    keys = set()
    for _ in range(MOST_ATTEMPTS):
        (request,) = _tick(sensor, mirror, instance).run_requests
        keys.add(request.run_key)
        _add_run(instance, dg.DagsterRunStatus.FAILURE, request.tags[WORK_TAG])
    assert len(keys) == MOST_ATTEMPTS
    answer = _tick(sensor, mirror, instance)
    assert isinstance(answer, dg.SkipReason)
    assert "make refresh" in answer.skip_message


def test_a_release_is_requested_once_data_have_passed_their_gate(mirror, partitions, instance) -> None:
    """Months would be fetched and gated, and never published; or a release would be made of nothing."""
    sensor = release_due_sensor(mirror.settings)
    assert "no police data" in _tick(sensor, mirror, instance).skip_message
    mirror.take(*partitions("2024-01"))
    (request,) = _tick(sensor, mirror, instance).run_requests
    assert request.run_key.startswith(request.tags[WORK_TAG])


def test_a_provenance_that_cannot_be_read_is_named(mirror, partitions, instance) -> None:
    """The tick would fail every five minutes, and say nothing of the file among a page of its own code."""
    mirror.take(*partitions("2024-01"))
    file = next(mirror.paths.landing_root.rglob("provenance.json"))
    file.write_text("{")
    answer = _tick(release_due_sensor(mirror.settings), mirror, instance)
    assert isinstance(answer, dg.SkipReason)
    assert str(file) in answer.skip_message and "Remedy" in answer.skip_message


def test_what_starts_by_itself_has_the_teams_of_the_file(mirror, partitions, instance, tmp_path) -> None:
    """The monthly release would propose a plan for teams that nobody has."""
    mirror.take(*partitions("2024-01"))
    file = tmp_path / "teams.yml"
    file.write_text("ops: {patrol: {config: {team_count: 3}}}")
    settings = replace(mirror.settings, configuration=file)
    asked = {"ops": {"patrol": {"config": {"team_count": 3}}}}
    (request,) = _tick(release_due_sensor(settings), mirror, instance).run_requests
    assert request.run_config == asked
    automatic = automation(settings, month_force_partitions(settings))
    (schedule,) = automatic.schedules or ()
    (request,) = schedule.evaluate_tick(dg.build_schedule_context()).run_requests
    assert request.run_config == asked
    file.write_text("ops: {}")
    assert _tick(release_due_sensor(settings), mirror, instance).run_requests[0].run_config == {"ops": {}}


def test_each_request_of_drift_is_answered_once(mirror, instance) -> None:
    """Drift that lasts would have every model fitted anew at each look, or a new one none."""
    sensor = retrain_requested_sensor(mirror.settings)
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert "asks for nothing" in _tick(sensor, mirror, instance).skip_message
    for identity in ("first", "second"):
        write_request(mirror.paths, RetrainRequest(identity, ("an error",)))
        (request,) = _tick(sensor, mirror, instance).run_requests
        assert (request.run_key, request.tags) == (identity, {RETRAIN_TAG: identity})
        instance.add_run(
            dg.DagsterRun(job_name=RETRAIN_JOB, status=dg.DagsterRunStatus.FAILURE, tags=request.tags)
        )
        assert "answered already" in _tick(sensor, mirror, instance).skip_message
    write_request(mirror.paths, RetrainRequest("", ()))
    assert "asks for nothing" in _tick(sensor, mirror, instance).skip_message


def test_no_training_is_asked_for_while_a_run_has_not_ended(mirror, instance) -> None:
    """Two runs would write the same models."""
    write_request(mirror.paths, RetrainRequest("first", ("an error",)))
    _add_run(instance, dg.DagsterRunStatus.STARTED, "other")
    answer = _tick(retrain_requested_sensor(mirror.settings), mirror, instance)
    assert PARTITIONS_JOB in answer.skip_message


def test_what_drift_asks_for_is_a_run_of_the_job(mirror, instance, tmp_path) -> None:
    """A request that the job cannot take would fail once, count as answered, and never be made again."""
    file = tmp_path / "teams.yml"
    file.write_text("ops: {patrol: {config: {team_count: 3}}, hotspots: {config: {eps_m: 300.0}}}")
    settings = replace(mirror.settings, configuration=file)
    write_request(mirror.paths, RetrainRequest("first", ("an error",)))
    definitions = build_definitions(settings)
    (request,) = _tick(retrain_requested_sensor(settings), mirror, instance).run_requests
    job = definitions.resolve_job_def(RETRAIN_JOB)
    resolved = dg.validate_run_config(job, request.run_config)
    assert resolved["ops"]["patrol"]["config"]["team_count"] == 3
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"ops": {"no_such_step": {}}})


def test_new_training_chooses_every_model_and_publishes(mirror) -> None:
    """A model that is not fitted anew goes on as it was; one that is not published is nobody's."""
    definitions = build_definitions(mirror.settings)
    graph = definitions.resolve_asset_graph()
    job = definitions.resolve_job_def(RETRAIN_JOB)
    chosen = job.asset_layer.executable_asset_keys
    models = {key for key in graph.get_all_asset_keys() if graph.get(key).group_name == "ml"}
    assert models and models <= chosen
    assert dg.AssetKey("published_release") in chosen
    assert dg.AssetKey("fct_crimes") not in chosen
