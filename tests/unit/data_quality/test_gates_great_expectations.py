"""The short way to Great Expectations must give the answers of its public one."""

from __future__ import annotations

from data_quality.great_expectations_context import batch_definition
from data_quality.judge import _as_evidence, _expectation_suite, _judged_columns, _validate
from data_quality.suites import partition_parameters, suite_of

MONTH = "2024-06"


def test_remembered_configurations_change_no_answer(clean):
    """A configuration that one expectation left to another would judge a column by the wrong rule."""
    frame = clean("police_street")
    frame.loc[0, "crime_type"] = "Piracy"
    frame.loc[1, "longitude"] = "east"
    rules = suite_of("police_street").rules
    judged, parameters = _judged_columns(rules, frame, MONTH), partition_parameters(MONTH)
    batch = batch_definition().get_batch(batch_parameters={"dataframe": judged})
    for result_format in ("BASIC", "COMPLETE"):
        short = _validate("short way", rules, judged, parameters, result_format)
        public = batch.validate(
            _expectation_suite("short way", rules),
            expectation_parameters=parameters,
            result_format=result_format,
        )
        assert _as_evidence(short) == _as_evidence(public)
        assert any(item.result.get("unexpected_count") for item in short.results)
