"""The whole DAG on the sandbox, held against the city's known truth."""

import json
import re
from html import unescape

import duckdb
import numpy as np
import pandas as pd
import pytest

from ml.forecast.artefact import from_document
from ml.risk.artefact import forecast_from
from ml.risk.study import held_whole, lsoa_study
from orchestration.artefacts import load_document, manifest_of
from orchestration.defs.ml.risk_queries import FORCE_MONTHS, LSOAS, RECORDS
from orchestration.publishing.manifest import verify_release
from orchestration.risk_models import load_risk
from orchestration.sandbox.calls import CALLS_A_YEAR, CHANGED_RECORDS, SECOND_CALLS
from orchestration.sandbox.city import build_city
from orchestration.sandbox.truth import Truth
from orchestration.sources.catalogue import CATALOGUE
from tests.integration.command import Finished, run_command
from tests.unit.ml.published_searches import attack_release

pytestmark = pytest.mark.slow


def test_the_job_succeeds_and_says_where_to_look(demo: Finished) -> None:
    """`make demo` would leave a newcomer with an error, or with nothing to open."""
    assert demo.exit_code == 0, demo.output
    for said in ("Rows", "Top harm areas", "Hotspots:", "Forecast of total harm", "overview.html"):
        assert said in demo.output
    assert (demo.paths.published_root / "latest" / "overview.html").is_file()
    assert demo.paths.validation_report.is_file()
    assert (demo.paths.data_docs / "index.html").is_file()


def test_every_landed_row_is_staged_or_quarantined(
    warehouse: duckdb.DuckDBPyConnection, truth: Truth
) -> None:
    """A row could be lost between the file and the warehouse without anybody noticing."""
    rows = warehouse.execute(
        "select sum(landed_count), sum(staged_count), sum(quarantined_count), "
        "count(*) filter (landed_count <> staged_count + quarantined_count) "
        "from audit_row_reconciliation where dataset = 'police_street'"
    ).fetchall()
    landed, staged, quarantined, unreconciled = rows[0]
    bad = [row for row in truth.bad_rows if row.kind == "street"]
    assert unreconciled == 0
    assert landed == truth.records.num_rows
    assert quarantined == len(bad)
    assert staged == landed - quarantined


def test_exactly_the_planted_bad_rows_are_quarantined(demo: Finished, truth: Truth) -> None:
    """A gate that misses a planted fault, or rejects a good row, cannot be trusted on real files."""
    pattern = str(demo.paths.quarantine_root / "**" / "rows.parquet")
    found = duckdb.sql(
        f"select month, force, dataset, source_row, rule from read_parquet('{pattern}')"
    ).fetchall()
    kinds = {
        "street": "police_street",
        "outcomes": "police_outcomes",
        "stop-and-search": "police_stop_and_search",
    }
    planted = {(row.month, row.force, kinds[row.kind], row.source_row, row.rule) for row in truth.bad_rows}
    assert set(found) == planted


def test_absent_members_are_named(warehouse: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    """A month that upstream never published would look like a month without crime."""
    absent = warehouse.execute(
        "select month, force, dataset from audit_coverage where status = 'absent'"
    ).fetchall()
    kinds = {
        "street": "police_street",
        "outcomes": "police_outcomes",
        "stop-and-search": "police_stop_and_search",
    }
    assert set(absent) == {(month, force, kinds[kind]) for month, force, kind in truth.absent_members}


def test_the_planted_category_gap_is_found_and_nothing_else(
    warehouse: duckdb.DuckDBPyConnection, truth: Truth
) -> None:
    """A category that is missing from one month would read as a month without that crime."""
    found = warehouse.execute(
        "select strftime(crime_month, '%Y-%m'), force_slug, crime_type from audit_category_gaps"
    ).fetchall()
    assert tuple(found) == truth.absent_categories


def test_a_sound_series_has_no_anomalous_month(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A warning that the seasons set off would soon be read by nobody."""
    judged, anomalous = warehouse.execute(
        "select count(anomaly_score), count(*) filter (where is_anomalous) from audit_volume"
    ).fetchall()[0]
    assert judged > 100
    assert anomalous == 0


def test_located_rows_lie_where_the_truth_has_them(
    warehouse: duckdb.DuckDBPyConnection, truth: Truth
) -> None:
    """Boundary reconciliation could move crimes to the wrong area, or drop those of changed areas."""
    warehouse.register("truth_records", truth.records)
    placed = warehouse.execute(
        """
        select
            crimes.location_method,
            count(*) as row_count,
            avg((crimes.lsoa_code = truth_records.lsoa_2021_code)::int) as right_share
        from fct_crimes as crimes
        inner join truth_records
            on crimes.force_slug = truth_records.force
            and strftime(crimes.crime_month, '%Y-%m') = truth_records.month
            and crimes.source_row = truth_records.source_row
        where crimes.lsoa_code is not null
        group by all
        """
    ).df()
    shares = placed.set_index("location_method")["right_share"]
    assert {"supplied_2021", "supplied_unchanged", "merged_parent", "split_point_in_polygon"} <= set(
        shares.index
    )
    assert shares.min() >= 0.999, placed
    unlocated = warehouse.execute("select count(*) from fct_crimes where lsoa_code is null").fetchall()[0][0]
    assert (
        unlocated
        == warehouse.execute(
            """
        select count(*) from truth_records
        inner join fct_crimes as crimes
            on crimes.force_slug = truth_records.force
            and strftime(crimes.crime_month, '%Y-%m') = truth_records.month
            and crimes.source_row = truth_records.source_row
        where not truth_records.is_located
        """
        ).fetchall()[0][0]
    )


def test_the_planted_hotspots_are_recovered(warehouse: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    """Hotspots that are not there, or planted ones that are missed, would misdirect whoever reads the map."""
    found = warehouse.execute(
        "select centroid_easting_m as x, centroid_northing_m as y from ml_hotspots"
    ).df()
    active = [spot for spot in truth.hotspots if spot.is_active(truth.months[-12], truth.months[-1])]
    planted = pd.DataFrame({"x": [s.easting_m for s in active], "y": [s.northing_m for s in active]})
    pairs = found.merge(planted, how="cross", suffixes=("_found", "_planted"))
    near = pairs[
        ((pairs.x_found - pairs.x_planted) ** 2 + (pairs.y_found - pairs.y_planted) ** 2) ** 0.5 < 75
    ]
    recall = near[["x_planted", "y_planted"]].drop_duplicates().shape[0] / len(planted)
    precision = near[["x_found", "y_found"]].drop_duplicates().shape[0] / len(found)
    assert recall >= 0.9, (recall, precision)
    assert precision >= 0.9, (recall, precision)


def test_stop_rate_ratios_cover_the_planted_ones(warehouse: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    """A ratio whose interval misses the truth in most groups says the method is wrong."""
    rows = warehouse.execute(
        """
        select force_slug, group_name, rate_ratio_lower, rate_ratio_upper
        from ml_fairness_stops
        where ethnicity_basis = 'self_defined' and group_name in ('Asian', 'Black', 'Mixed', 'Other')
        """
    ).fetchall()
    covered = [
        lower <= truth.stop_rate_ratios[force][group] <= upper
        for force, group, lower, upper in rows
        if lower is not None
    ]
    assert len(covered) >= 6
    # Nominal coverage is 95%; eight intervals that hold the truth in six are still plausible, five are not.
    assert sum(covered) >= len(covered) - 2


def test_small_counts_of_published_searches_stay_open(
    warehouse: duckdb.DuckDBPyConnection, demo: Finished
) -> None:
    """Held together, the published tables of searches could give away what each of them withholds."""
    counted = warehouse.execute("select * from mart_stops_ethnicity").df()
    found = attack_release(demo.paths.published_root / "latest" / "tables", counted)
    assert len(found)
    assert (found["highest"] - found["lowest"] >= 10 - 1e-6).all(), found


def test_the_live_feed_agrees_with_the_archive(warehouse: duckdb.DuckDBPyConnection, demo: Finished) -> None:
    """The preview could be of another area or month, or lose or double crimes on its way."""
    rows = warehouse.execute(
        "select count(*), sum(api_count), sum(archive_count), sum(abs(count_difference)) from audit_live_feed"
    ).fetchall()
    landed = json.loads((demo.paths.landing("police_street_live") / "provenance.json").read_text())
    assert rows == [(14, landed["record_count"], landed["record_count"], 0)]
    assert landed["record_count"] > 200


def test_the_release_verifies_against_its_manifest(demo: Finished) -> None:
    """An auditor could not tell a release from one that was altered afterwards."""
    latest = demo.paths.published_root / "latest"
    assert verify_release(latest) == []
    manifest = json.loads((latest / "manifest.json").read_text())
    assert manifest["profile"] == "sandbox"
    assert {"tables/fct_crimes.parquet", "overview.html", "audit/validation/index.html"} <= set(
        manifest["files"]
    )


def test_every_link_of_the_pack_stays_inside_it(demo: Finished) -> None:
    """A pack handed on by itself would lose validation pages or cards that no small release has."""
    pack = (demo.paths.published_root / "latest" / "audit").resolve()
    pages = sorted(pack.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        for address in set(re.findall(r'(?:href|src)="([^"#:]+)[#"]', page.read_text(encoding="utf-8"))):
            target = (page.parent / unescape(address)).resolve()
            assert target.is_file() and target.is_relative_to(pack), (page, address)


def test_stored_models_give_the_published_rows(demo: Finished, warehouse: duckdb.DuckDBPyConnection) -> None:
    """The digest in a card would stand for a model that is not the one whose figures were published."""
    tables = {
        "ml_forecast_harm": from_document(load_document(demo.paths, "forecast_harm_days")).forecast(12),
        "ml_forecast_count": from_document(load_document(demo.paths, "forecast_crime_count")).forecast(12),
    }
    warehouse.execute("load spatial")
    stretch = held_whole(warehouse.execute(FORCE_MONTHS).df())
    assert stretch is not None
    lsoas = warehouse.execute(LSOAS, [list(stretch.forces)]).df()
    records = warehouse.execute(RECORDS, [stretch.months[0].astype("datetime64[D]").item()]).df()
    study = lsoa_study(records, lsoas, stretch.months)
    tables["ml_risk_lsoa"] = forecast_from(*load_risk(demo.paths, "lsoa"), study)
    for name, frame in tables.items():
        columns = list(frame.select_dtypes("number"))
        keys = [key for key in ("series", "lsoa_code", "crime_group", "forecast_month") if key in frame]
        published = warehouse.execute(f"from {name}").df().sort_values(keys)[columns]
        again = frame.sort_values(keys)[columns]
        assert again.to_numpy(float) == pytest.approx(published.to_numpy(float), rel=1e-9, nan_ok=True), name
    card = (demo.paths.published_root / "latest" / "audit" / "model_cards" / "risk.md").read_text()
    assert manifest_of(demo.paths, "risk_lsoa").sha256 in card


def test_the_release_names_every_source_that_it_used(demo: Finished) -> None:
    """Figures whose source, edition or terms are not stated may not be published, nor can they be checked."""
    manifest = json.loads((demo.paths.published_root / "latest" / "manifest.json").read_text())
    sources = {source["dataset"]: source for source in manifest["sources"]}
    assert set(sources) == {entry["dataset"] for entry in manifest["data_versions"]}
    assert set(CATALOGUE) <= set(sources)
    for slug, described in CATALOGUE.items():
        assert sources[slug]["vintage"] == described.vintage
        assert sources[slug]["attribution"].endswith(described.attribution)
        assert all(url.startswith("sandbox:/") for url in sources[slug]["urls"])


def test_months_carry_the_weather_of_the_truth(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A reader that shifts a column or a month would give forecasts the weather of another time."""
    weather = build_city().weather
    found = warehouse.execute(
        "select strftime(calendar_month, '%Y-%m') as month, temperature_max_c, rain_mm, bank_holiday_count "
        "from dim_month order by month"
    ).df()
    place = [weather.months.astype(str).tolist().index(month) for month in found["month"]]
    assert np.allclose(found["temperature_max_c"], weather.temperature_max_c[:, place].mean(axis=0))
    assert np.allclose(found["rain_mm"], weather.rain_mm[:, place].mean(axis=0))
    assert found.groupby(found["month"].str[:4])["bank_holiday_count"].sum().to_dict() == dict.fromkeys(
        ("2023", "2024", "2025"), 8
    )


def test_calls_are_staged_and_stay_apart_from_crimes(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The calls would be fetched and gated, and never reach the warehouse; or reach the counts of crime."""
    staged = warehouse.execute(
        "select count(*), count(*) filter (is_latest_record) from stg_calls_for_service__incidents"
    ).fetchall()
    landed = warehouse.execute(
        "select landed_count, status from audit_coverage where dataset = 'calls_for_service'"
    ).fetchall()
    (crimes, streets) = warehouse.execute(
        "select (select count(*) from fct_crimes), (select count(*) from stg_police_uk__street)"
    ).fetchall()[0]
    records = CALLS_A_YEAR + CHANGED_RECORDS + SECOND_CALLS
    assert staged == [(records, CALLS_A_YEAR)]
    assert landed == [(records, "present")]
    assert crimes == streets


def test_a_refresh_with_nothing_new_does_nothing(demo: Finished) -> None:
    """A monthly refresh with nothing new would fetch, gate and publish everything again."""
    refreshed = run_command(demo.paths.root, module="orchestration.refresh")
    assert refreshed.exit_code == 0 and "nothing to do" in refreshed.output, refreshed.output
