"""What a withheld dataset does to the rest of a run."""

import dagster as dg
import pytest

from data_quality.gate import absent_verdict
from orchestration.defs.gates.gates import OPTIONAL, _summarise


@pytest.mark.parametrize(
    ("is_optional", "severity"), [(True, dg.AssetCheckSeverity.WARN), (False, dg.AssetCheckSeverity.ERROR)]
)
def test_only_what_a_release_needs_can_stop_it(is_optional: bool, severity: dg.AssetCheckSeverity) -> None:
    """A city's portal that is down would stop a release about another country."""
    verdict = absent_verdict("calls_for_service", None, "the portal is down", status="failed")
    result = _summarise("validated_calls_for_service", [verdict], is_optional=is_optional, links={})
    (check,) = result.check_results or []
    assert (check.passed, check.severity) == (False, severity)


def test_the_optional_datasets_are_these() -> None:
    """A dataset that is optional by mistake could be missing from a release unnoticed."""
    assert {
        "calls_for_service",
        "gla_town_centres",
        "govuk_bank_holidays",
        "metoffice_monthly_weather",
        "nomis_age_sex",
        "police_street_live",
    } == OPTIONAL
