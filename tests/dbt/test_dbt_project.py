"""The project as Dagster and auditors see it: parsed without data, with lineage and contracts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dbt_run import PROJECT

from data_quality.schemas import VALIDATED_SCHEMAS

MARTS = {
    "dim_district_residents",
    "dim_lsoa",
    "dim_month",
    "fct_crimes",
    "fct_crime_lsoa_month",
    "mart_harm_ranking",
    "mart_harm_scheme_sensitivity",
    "mart_harm_force_month",
    "mart_crime_area_month",
    "mart_crime_change_year",
    "mart_crime_outcomes",
    "mart_deprivation_domains",
    "mart_harm_lsoa_scheme",
    "mart_harm_rank_movers",
    "mart_resident_denominators",
    "fct_outcomes",
    "fct_stops",
    "mart_stops_ethnicity",
    "audit_revisions",
    "audit_row_reconciliation",
    "audit_category_gaps",
    "audit_coverage",
    "audit_duplicates",
    "audit_freshness",
    "audit_live_feed",
    "audit_location_agreement",
    "audit_location_methods",
    "audit_volume",
}
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Return the manifest of `dbt parse` in an environment that sets nothing and holds no data."""
    target = tmp_path_factory.mktemp("parse")
    ours = ("CRIMEHARM_", "DBT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    dbt = str(Path(sys.executable).with_name("dbt"))
    places = ["--profiles-dir", ".", "--target-path", str(target), "--log-path", str(target)]
    subprocess.run([dbt, "--quiet", "parse", *places], cwd=PROJECT, env=environment, check=True)
    loaded: Manifest = json.loads((target / "manifest.json").read_text())
    return loaded


def _nodes(manifest: Manifest, resource_type: str) -> dict[str, Any]:
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == resource_type}


def test_every_mart_has_an_enforced_and_complete_contract(manifest: Manifest) -> None:
    """Whoever reads a release relies on names and types; an undeclared column may vanish unnoticed."""
    models = _nodes(manifest, "model")
    marts = {name: node for name, node in models.items() if node["fqn"][1] == "marts"}
    assert set(marts) == MARTS
    for name, node in marts.items():
        assert node["config"]["contract"]["enforced"], name
        assert all(column["data_type"] and column["description"] for column in node["columns"].values()), name


def test_descriptions_open_with_the_grain(manifest: Manifest) -> None:
    """A reader who does not know what a row is will count the wrong thing."""
    described = _nodes(manifest, "model") | _nodes(manifest, "seed")
    for name, node in described.items():
        assert node["description"].startswith("One row per "), name


def test_sources_are_the_gated_assets(manifest: Manifest) -> None:
    """Without these keys the lineage from upstream file to mart breaks in two."""
    sources = manifest["sources"].values()
    keys = {node["name"]: node["config"]["meta"]["dagster"]["asset_key"] for node in sources}
    assert set(keys) == set(VALIDATED_SCHEMAS)
    assert all(key == [f"validated_{name}"] for name, key in keys.items())
    used = {parent for node in manifest["nodes"].values() for parent in node["depends_on"].get("nodes", [])}
    assert {node["unique_id"] for node in sources} <= used


def test_singular_tests_name_the_asset_that_they_check(manifest: Manifest) -> None:
    """A singular test without a ref is no asset check, and a red one would show nowhere."""
    models = _nodes(manifest, "model")
    for name, node in _nodes(manifest, "test").items():
        if name.startswith("assert_"):
            checked = models[node["config"]["meta"]["dagster"]["ref"]["name"]]
            # Of a model that the test does not read, Dagster makes an observation and no check.
            assert checked["unique_id"] in node["depends_on"]["nodes"], name
            assert node["description"], name


def test_no_call_for_service_reaches_the_facts_of_crime(manifest: Manifest) -> None:
    """A call is what somebody said on the telephone in another country: it is no recorded crime."""
    models = _nodes(manifest, "model")
    by_id = {node["unique_id"]: node for node in models.values()}
    wanted, seen = [models[name]["unique_id"] for name in MARTS if not name.startswith("audit_")], set()
    while wanted:
        seen.add(node := wanted.pop())
        wanted += [p for p in by_id[node]["depends_on"]["nodes"] if p in by_id and p not in seen]
    assert models["fct_crimes"]["unique_id"] in seen
    assert models["stg_calls_for_service__incidents"]["unique_id"] not in seen


def test_models_have_group_and_owner(manifest: Manifest) -> None:
    """An asset without an owner is one that nobody repairs."""
    for name, node in _nodes(manifest, "model").items():
        assert node["meta"]["dagster"]["owners"] == ["team:data-engineering"], name
        area = node["fqn"][2]
        # What the gate left on disk stands with the gates themselves, not apart from them.
        assert node["meta"]["dagster"]["group"] == {"gate": "gates"}.get(area, area), name
