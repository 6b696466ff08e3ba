"""What the warehouse says about its own data: freshness, volume, gaps and repeats."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from dbt_run import Build, run_dbt
from synthetic_world import write_partition, write_references


def test_freshness_is_that_of_the_newest_fetch(good_build: Build) -> None:
    """Old bytes would pass for new ones, and a force that stopped reporting for one that did not."""
    held = good_build.query(
        """
        select dataset, force_slug, newest_month, months_behind_count from audit_freshness
        where dataset in ('police_street', 'iod_2019') order by all
        """
    )
    assert held == [
        ("iod_2019", None, None, None),
        ("police_street", "eastvale", date(2024, 12, 1), 0),
        ("police_street", "westmere", None, None),
    ]
    fetched = good_build.query("select distinct first_fetched_at, last_fetched_at from int_gate_fetches")
    assert fetched == [(datetime(2025, 1, 31, 9), datetime(2025, 1, 31, 9))]


def test_sources_answer_when_asked_for_their_freshness(good_build: Build) -> None:
    """The sources are files without a relation: a broken query would show only when somebody asks."""
    run_dbt(good_build.root, "source", "freshness")
    target = good_build.root.parent / f"{good_build.root.name}_target" / "sources.json"
    results = {r["unique_id"].split(".")[-1]: r for r in json.loads(target.read_text())["results"]}
    assert results["police_street"]["max_loaded_at"].startswith("2025-01-31T09:00:00")
    # Fetched long ago: the monthly files are overdue, the yearly ones are not judged by the same measure.
    assert results["police_street"]["status"] == "error"
    assert results["iod_2019"]["status"] == "warn"


def test_too_little_history_gives_no_score(good_build: Build) -> None:
    """A score made of one earlier month would call every change an anomaly."""
    rows = good_build.query(
        "select count(*), count(anomaly_score), count(reason_without_score) from audit_volume"
    )
    assert rows == [(4, 0, 4)]


def test_repeats_are_listed_and_kept(good_build: Build) -> None:
    """A repeat in no table is counted twice in silence; one that is dropped may have been a report."""
    rows = good_build.query(
        "select duplicate_rule, first_record_id, record_count, is_kept from audit_duplicates order by all"
    )
    assert rows == [
        ("full_row_repeats_without_id", "eastvale|2024-12|11", 2, True),
        ("stop_exact_repeat", "eastvale|2024-12|1", 2, True),
    ]


def test_half_a_file_warns_and_a_hole_in_it_is_listed(tmp_path: Path) -> None:
    """A file cut short passes every rule about its rows: only the force's own history gives it away."""
    root = tmp_path / "data"
    write_references(root)
    for year, month in [(y, m) for y in (2022, 2023) for m in range(1, 13)]:
        count = 20 if (year, month) == (2023, 12) else 120
        types = ["Drugs"] if (year, month) == (2023, 6) else ["Drugs", "Burglary"]
        name = f"{year}-{month:02d}"
        rows = [
            {"crime_id": f"{name}{n}", "month": name, "crime_type": types[n % len(types)]}
            for n in range(count)
        ]
        write_partition(root, "police_street", name, "eastvale", rows)
    build = run_dbt(
        root, "build", "--select", "+audit_volume", "+audit_category_gaps", "--exclude", "test_type:unit"
    )
    assert build.statuses["no_month_has_an_anomalous_volume"] == "warn"
    volume = build.query(
        "select record_month, record_count, round(expected_count) from audit_volume where is_anomalous"
    )
    assert volume == [(date(2023, 12, 1), 20, 120.0)]
    gaps = build.query("select crime_month, crime_type from audit_category_gaps")
    assert gaps == [(date(2023, 6, 1), "Burglary")]
