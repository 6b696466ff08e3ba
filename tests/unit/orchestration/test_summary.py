"""What a run ends with: its own release, or that there is none of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import summary
from orchestration.environment import Settings, read_settings
from orchestration.run import Start, finish, latest_release
from orchestration.summary import _forecast, _harm, _plan

MEASURE = {
    "name": "patrol_error_amplification",
    "value": 1.516,
    "highest": 1.5,
    "lowest": None,
    "is_within_error": True,
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a folder with a release."""
    release = tmp_path / "published" / "2025-12-0123456789"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps({"release": release.name}))
    (release.parent / "latest").symlink_to(release.name)
    return read_settings({"CRIMEHARM_DATA": str(tmp_path)})


@pytest.mark.parametrize(
    ("before", "succeeded", "is_told"),
    [
        ("2025-12-0123456789", True, True),
        ("2025-11-9876543210", False, True),
        ("2025-12-0123456789", False, False),
    ],
)
def test_a_failed_run_does_not_tell_an_earlier_release_as_its_own(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    before: str,
    succeeded: bool,
    is_told: bool,
) -> None:
    """Figures of last month would be read as those of the run that just failed."""
    told: list[Settings] = []
    monkeypatch.setattr(summary, "print_summary", lambda given, seconds: told.append(given))
    assert latest_release(settings) == "2025-12-0123456789"
    start = Start(clock=0.0, release=before)
    if succeeded:
        finish(settings, succeeded, start)
    else:
        with pytest.raises(SystemExit):
            finish(settings, succeeded, start)
    assert bool(told) == is_told
    said = capsys.readouterr().err
    assert ("Nothing was published: the latest release is still 2025-12-0123456789." in said) != is_told


@pytest.mark.parametrize(
    ("status", "reasons", "expected"),
    [
        (
            "withheld",
            [MEASURE["name"]],
            "patrol_error_amplification is 1.516, and at most 1.5 is allowed, which lies within the error",
        ),
        ("withheld", ["the rows are not those of plan_sha256"], "the rows are not those of plan_sha256"),
        ("proposed", [], "Patrol plan: proposed, until a person signs its digest"),
        ("approved", [], "Patrol plan: approved"),
    ],
)
def test_what_became_of_the_plan_is_told(status: str, reasons: list[str], expected: str) -> None:
    """A plan that the policy withholds would be missed, and nobody told who may decide."""
    plan: dict[str, Any] = {"status": status, "reasons": reasons}
    lines = "\n".join(_plan({"patrol_plan": plan, "measures": [MEASURE]}))
    assert expected in lines
    assert ("docs/runbook.md" in lines) == (status != "approved")
    assert list(_plan({"patrol_plan": None, "measures": []})) == []


def test_the_months_of_the_ranking_are_told() -> None:
    """The harm of one month would be read as that of a year, of one force beside a year of another."""
    with duckdb.connect() as tables:
        tables.execute(
            """
            create table mart_harm_ranking as
            select 1 as harm_rank, 'E01' as lsoa_code, 'Mill 001A' as lsoa_name, 'Mill' as lad_name,
                10.0 as harm_days, 0.5 as harm_share, true as is_active_scheme,
                date '2025-12-01' as window_start_month, date '2025-12-01' as window_end_month
            """
        )
        tables.execute(
            """
            create table mart_harm_force_month as
            from (
                values ('mill', date '2025-12-01'), ('vale', date '2025-11-01'), ('vale', date '2025-12-01')
            ) as held (force_slug, crime_month)
            """
        )
        top = "   1. Mill 001A (Mill)  10  50.0%"
        assert list(_harm(tables)) == [
            "\nTop harm areas, 2025-12 to 2025-12 (harm days, share of all)",
            top,
        ]
        tables.execute("update mart_harm_ranking set window_start_month = date '2025-11-01'")
        assert list(_harm(tables)) == [
            "\nTop harm areas, 2025-11 to 2025-12 (harm days, share of all)",
            top,
            "  months missing: mill has 1 of 2, so that its areas stand too low",
        ]
        tables.execute("delete from mart_harm_ranking")
        assert list(_harm(tables)) == ["\nTop harm areas: none"]


def test_the_forces_that_a_total_is_of_are_told_where_it_is_not_of_all() -> None:
    """Half the harm of a city would be read as the forecast of all of it."""
    with duckdb.connect() as tables:
        tables.execute(
            """
            create table ml_forecast_harm as
            select *, date '2026-01-01' as forecast_month, 'naive' as model, 7.0 as harm_days,
                5.0 as harm_days_lower_80, 9.0 as harm_days_upper_80
            from (values ('total', 'total', null), ('mill', 'force', 'total'), ('vale', 'force', null))
                as held (series, level, parent_series)
            """
        )
        tables.execute("create table mart_harm_force_month as select unnest(['mill', 'vale']) as force_slug")
        figure = "  2026-01  7 days, 80% interval 5 to 9  (naive)"
        assert list(_forecast(tables)) == ["\nForecast of total harm, of mill alone", figure]
        tables.execute("update ml_forecast_harm set parent_series = 'total' where series = 'vale'")
        assert list(_forecast(tables)) == ["\nForecast of total harm", figure]
