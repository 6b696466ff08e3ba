"""The file in which drift asks for models to be chosen anew, and the check that alerts."""

from __future__ import annotations

import json

import dagster as dg

from ml.monitoring import RetrainRequest
from orchestration.defs.ml.drift import _warning
from orchestration.paths import DataPaths
from orchestration.retraining import requested_id, write_request

NOTHING = RetrainRequest("", ())


def test_the_file_says_what_asks_and_by_which_id(tmp_path) -> None:
    """Who reads it must know why, and who acts on it must know whether it is the same request."""
    paths = DataPaths(tmp_path)
    assert requested_id(paths) is None
    write_request(paths, RetrainRequest("abc", ("risk_harm_bias of kent, 2025-12: 0.7 (limit 0.5)",)))
    assert json.loads(paths.retrain_request.read_text()) == {
        "is_retrain_requested": True,
        "request_id": "abc",
        "reasons": ["risk_harm_bias of kent, 2025-12: 0.7 (limit 0.5)"],
    }
    assert requested_id(paths) == "abc"
    assert [file.name for file in paths.retrain_request.parent.iterdir()] == ["retrain_request.json"]


def test_a_request_ends_when_drift_does(tmp_path) -> None:
    """An old request would have models fitted anew for what is over."""
    paths = DataPaths(tmp_path)
    write_request(paths, RetrainRequest("abc", ("an error",)))
    write_request(paths, NOTHING)
    assert requested_id(paths) is None
    assert json.loads(paths.retrain_request.read_text())["is_retrain_requested"] is False


def test_a_file_of_an_earlier_version_asks_for_nothing(tmp_path) -> None:
    """The sensor would stop at the first file that an older release wrote."""
    paths = DataPaths(tmp_path)
    paths.retrain_request.parent.mkdir(parents=True)
    paths.retrain_request.write_text(json.dumps({"is_retrain_requested": True, "alarms": ["an error"]}))
    assert requested_id(paths) is None


def test_an_alarm_warns_and_stops_nothing() -> None:
    """A release would be withheld by a convention, or drift pass without a word."""
    calm, alarmed = (_warning("no_alarm", {"alarms": alarms}) for alarms in ([], ["an error"]))
    assert calm.passed and not alarmed.passed
    assert alarmed.severity is dg.AssetCheckSeverity.WARN
