"""Every rule of every suite says who answers for it, and its result carries that on."""

from __future__ import annotations

from typing import get_args

import pytest

from data_quality.suites import SUITES, suite_of
from data_quality.suites.file_rules import file_rules
from data_quality.suites.rules import Owner, Severity
from data_quality.verdicts import read_verdict, write_verdict
from orchestration.defs import common


@pytest.mark.parametrize("dataset", SUITES)
def test_every_rule_has_an_owner_a_severity_and_a_reason(dataset):
    """A rule that nobody answers for is a warning that nobody reads."""
    suite = suite_of(dataset)
    for rule in (*suite.rules, *file_rules(0.0, may_be_empty=False, owner=suite.owner)):
        assert rule.owner in get_args(Owner), rule.name
        assert rule.severity in get_args(Severity), rule.name
        assert len(rule.reason) > 10, rule.name


def test_owners_are_the_teams_of_the_definitions():
    """A role that Dagster does not know as an owner could not be found in its catalogue."""
    teams = {common.DATA_ENGINEERING, common.ANALYSIS, common.GOVERNANCE}
    assert {f"team:{owner}" for owner in get_args(Owner)} == teams


def test_a_verdict_says_who_answers_for_each_rule(clean, run, tmp_path):
    """An auditor who reads verdict.json must see whom to ask, also where a rule overrides its suite."""
    outcome = run("police_stop_and_search", clean("police_stop_and_search"))
    write_verdict(outcome.verdict, tmp_path)
    owners = {result.rule: result.owner for result in read_verdict(tmp_path).rules}
    assert owners["officer_ethnicity_known"] == "governance"
    assert owners["date_in_month"] == owners["columns_as_published"] == "data-engineering"
