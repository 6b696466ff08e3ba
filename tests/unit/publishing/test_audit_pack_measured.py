"""What the records of governance say of groups and of models, word by word from the release's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.publishing.audit_pack import measured
from orchestration.publishing.audit_pack.answers import Answers, Facts
from orchestration.publishing.audit_pack.governance import Governance
from orchestration.publishing.audit_pack.plan import PlanPage, plan_page
from orchestration.publishing.published import PublishedTables

RISK = [
    ("lsoa", "hit_rate", "empirical_bayes", 0.05, 0.12, 0.11, 0.13, True),
    ("lsoa", "hit_rate", "mean_12", 0.05, 0.125, 0.115, 0.135, False),
    ("lsoa", "hit_rate", "naive", 0.05, 0.09, 0.08, 0.1, False),
    ("lsoa", "hit_rate", "mean_12", 0.01, 0.5, 0.4, 0.6, False),
    ("grid", "harm_hit_rate", "mean_12", 0.05, 0.3, np.nan, np.nan, True),
]


def _tables(folder: Path, **frames: pd.DataFrame) -> PublishedTables:
    (folder / "tables").mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / "tables" / f"{name}.parquet")
    return PublishedTables(folder)


def _flagged(group: str, attribute: str, share: float, is_suppressed: bool = False) -> dict[str, Any]:
    return {
        "model": "risk_harm",
        "flagged_area": "top_5_percent",
        "attribute": attribute,
        "group_name": group,
        "flagged_share": share,
        "flagged_share_lower": share / 2,
        "flagged_share_upper": share * 2,
        "is_suppressed": is_suppressed,
    }


def test_exposure_is_told_with_intervals_and_small_groups_are_not(tmp_path: Path) -> None:
    """A record without the figures of groups, or with those of few people, fails whoever it is about."""
    audit = pd.DataFrame(
        [
            _flagged("Everyone", "all", 0.05),
            _flagged("1", "imd_2025_decile", 0.2),
            _flagged("10", "imd_2025_decile", 0.0),
            _flagged("5", "imd_2025_decile", 0.4),
            _flagged("Asian", "ethnic_group", 0.1),
            _flagged("Other", "ethnic_group", np.nan, True),
        ]
    )
    (text,) = measured.exposure_of_maps(_tables(tmp_path, ml_fairness_models=audit))
    assert text.endswith(
        "Everyone 5.0% (2.5% to 10.0%); most deprived tenth 20.0% (10.0% to 40.0%); least deprived tenth "
        "0.0% (0.0% to 0.0%); Asian 10.0% (5.0% to 20.0%); Other withheld (few residents)."
    )
    assert text.startswith("Risk harm, top 5 percent: ")


def test_ratios_of_searches_are_told_as_they_are_published(tmp_path: Path) -> None:
    """A ratio of a withheld group gives its count away."""
    columns = [
        *("force_slug", "ethnicity_basis", "group_name", "reference_group"),
        *("rate_ratio", "rate_ratio_lower", "rate_ratio_upper", "is_suppressed"),
    ]
    rows = [
        ("west-mere", "self_defined", "White", "White", 1.0, 1.0, 1.0, False),
        ("west-mere", "self_defined", "Black", "White", 2.07, 1.69, 2.53, False),
        ("west-mere", "self_defined", "Mixed", "White", np.nan, np.nan, np.nan, True),
        ("west-mere", "self_defined", "Not stated", "White", np.nan, np.nan, np.nan, False),
        ("west-mere", "officer_defined", "Black", "White", 9.0, 8.0, 10.0, False),
    ]
    stops = pd.DataFrame(rows, columns=columns)
    (text,) = measured.search_ratios(_tables(tmp_path, ml_fairness_stops=stops))
    assert text.startswith("Searches in West Mere, rate of residents over that of White residents")
    assert text.endswith("with 95% interval: Black 2.07 (1.69 to 2.53); Mixed withheld.")


def test_models_stand_beside_the_plain_count_with_both_intervals(tmp_path: Path) -> None:
    """A published figure without the count's says nothing; here the count is even the better one."""
    columns = [
        *("area_kind", "metric", "model", "area_share", "metric_value"),
        *("metric_value_lower", "metric_value_upper", "is_champion"),
    ]
    scores = pd.DataFrame(RISK, columns=columns).assign(crime_group="all_crime", origin_count=24)
    by_force = scores.assign(force_slug="west-mere", metric_value=0.99)
    scores = pd.concat([by_force, scores.assign(force_slug="all")])
    grid, lsoa = measured.risk_beside_counts(_tables(tmp_path, ml_risk_backtest=scores))
    assert "12.0% (11.0% to 13.0%) as published (empirical_bayes), 12.5% (11.5% to 13.5%) by plain" in lsoa
    assert "24 months forecast" in lsoa and "later crime" in lsoa
    assert "later harm" in grid and "30.0% (–)" in grid


def test_errors_of_the_risk_map_are_told_by_group(tmp_path: Path) -> None:
    """A record that says whom a map points at, and not for whom it is wrong, tells half of its impact."""
    rows = [
        (
            "burglary",
            "top_5_percent",
            "false_alarm_per_1000",
            "ethnic_group",
            "Black",
            21.44,
            10.0,
            30.0,
            False,
        ),
        (
            "burglary",
            "top_5_percent",
            "false_alarm_per_1000",
            "imd_2025_decile",
            "1",
            60.0,
            40.0,
            80.0,
            False,
        ),
        (
            "burglary",
            "top_5_percent",
            "false_alarm_per_1000",
            "imd_2025_decile",
            "5",
            30.0,
            20.0,
            40.0,
            False,
        ),
        ("burglary", "top_1_percent", "false_alarm_per_1000", "ethnic_group", "Black", 5.0, 4.0, 6.0, False),
        ("all_crime", "all_areas", "expected_to_recorded_ratio", "all", "Everyone", 1.004, 0.97, 1.03, False),
        (
            "all_crime",
            "all_areas",
            "expected_to_recorded_ratio",
            "ethnic_group",
            "Other",
            *[np.nan] * 3,
            True,
        ),
    ]
    columns = "crime_group flagged_area metric attribute group_name metric_value metric_value_lower"
    columns += " metric_value_upper is_suppressed"
    audit = pd.DataFrame(rows, columns=columns.split()).assign(measure="crime_count")
    audit = pd.concat([audit, audit.assign(measure="harm_days", metric_value=7.0)])
    alarms, calibration, of_harm = measured.errors_of_risk(_tables(tmp_path, ml_fairness_errors=audit))
    assert alarms.endswith(": most deprived tenth 60.0 (40.0 to 80.0); Black 21.4 (10.0 to 30.0).")
    assert calibration.endswith(": Everyone 1.00 (0.97 to 1.03); Other withheld (few residents).")
    assert "harm days expected over recorded" in of_harm and "Everyone 7.00" in of_harm


def test_a_forecast_that_was_not_tested_is_not_told(tmp_path: Path) -> None:
    """A figure that nobody measured would read as a test that was passed."""
    scores = {"series": "total", "model": ["a", "seasonal_naive"], "mase": [0.5, 0.75], "origin_count": 12}
    frame = pd.DataFrame({**scores, "is_champion": [True, False]})
    (text,) = measured.forecast_beside_counts(_tables(tmp_path / "a", ml_forecast_scores=frame))
    assert "0.5 as published (a), 0.75 by the same month of last year" in text and "no interval" in text
    untested = frame.assign(mase=np.nan)
    assert measured.forecast_beside_counts(_tables(tmp_path / "b", ml_forecast_scores=untested)) == []
    nothing = _tables(tmp_path / "c")
    for say in (
        measured.exposure_of_maps,
        measured.errors_of_risk,
        measured.search_ratios,
        measured.risk_beside_counts,
        measured.forecast_beside_counts,
    ):
        assert say(nothing) == []
    assert measured.exposure_of_plan(None) == []


def _facts(
    folder: Path,
    manifest: dict[str, Any],
    reached: dict[str, Any] | None = None,
    plan: PlanPage | None = None,
) -> Answers:
    return Answers(
        Facts(
            manifest=manifest,
            governance=Governance(),
            cards=[],
            audited=[],
            reached=reached,
            forces="",
            months="",
            tables=_tables(folder),
            plan=plan,
        )
    )


def test_coordinates_of_searches_are_told_apart_from_what_searches_say(tmp_path: Path) -> None:
    """A risk map that only shares a list of map points with searches would seem to be built on them."""
    searches = "police_stop_and_search"
    reached = {
        "ml_a": frozenset({(searches, "Latitude"), ("police_street", "Month")}),
        "ml_b": frozenset({(searches, "Latitude"), (searches, "Self-defined ethnicity")}),
        "ml_c": frozenset({("nomis_ethnicity", "OBS_VALUE")}),
        "ml_d": frozenset({("nomis_age_sex", "C_AGE_NAME")}),
    }
    texts = [answer.text for answer in _facts(tmp_path, {}, reached).groups()]
    assert "stop and search, by lineage: ml_b." in texts[1]
    assert "(census), by lineage: ml_c." in texts[2]
    assert texts[3].endswith("by age and sex, by lineage: ml_d.")
    assert "coordinates alone" in texts[4] and texts[4].endswith(": ml_a.")


def test_each_signature_is_told_with_its_reason(tmp_path: Path) -> None:
    """A count of decisions does not tell an auditor whom to ask."""
    signed = {"signed_by": "A", "role": "head", "signed_on": "2026-01-01", "valid_until": "2026-02-01"}
    decision = {**signed, "rationale": "why", "accepted_value": 1.7, "unmeasured_because": None}
    unmeasured = {**decision, "accepted_value": None, "unmeasured_because": "no decile"}
    waiver = {
        **signed,
        "dataset": "d",
        "month": "2026-01",
        "force": None,
        "rules": ["r"],
        "reason": "because",
    }
    manifest = {
        "policy": {
            "may_sign": ["head"],
            "measures": [{"name": "one", "decision": decision}, {"name": "two", "decision": unmeasured}],
        },
        "waivers": [waiver],
        "data_versions": [{"decisions_version": "x"}, {}],
    }
    texts = [answer.text for answer in _facts(tmp_path, manifest).decisions()]
    assert "lifted by signed decisions: 2" in texts[1] and "corrections: 1." in texts[1]
    assert texts[2] == "one was let pass up to 1.7 by A, head, on 2026-01-01, until 2026-02-01: why"
    assert "two was let pass although it was not measured (no decile) by A" in texts[3]
    assert texts[4] == "r of d 2026-01 was waived by A, head, on 2026-01-01, until 2026-02-01: because"


@pytest.mark.parametrize("status", ["withheld", "proposed"])
def test_a_plan_that_no_person_approved_is_not_said_to_be(tmp_path: Path, status: str) -> None:
    """The record must say what stands in the way of a plan, and never that somebody approved it."""
    folder = tmp_path / "release"
    _tables(folder)
    (folder / "patrol_plan.json").write_text('{"areas": []}')
    reasons = ["m"] if status == "withheld" else []
    record = {"status": status, "plan_sha256": "0", "approval": None, "reasons": reasons}
    page = plan_page(folder, folder, {"patrol_plan": record, "measures": []}, tmp_path)
    text = _facts(tmp_path / "other", {}, plan=page).plan()[1].text
    assert ("because of m" in text) == (status == "withheld")
    assert ("approved by nobody" in text) == (status == "proposed")
