"""Definitions: what Dagster is shown, and how fast."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.errors import DagsterResourceFunctionError

from data_quality.schemas import VALIDATED_SCHEMAS
from ml.common.contracts import CONTRACTS
from orchestration.definitions import build_definitions
from orchestration.defs.gates.gates import validated_assets
from orchestration.environment import PROJECT_ROOT, Settings, SettingsError, read_settings
from orchestration.partitions import month_force_partitions
from orchestration.paths import DataPaths
from orchestration.resources import Run, build_resources
from orchestration.sources.catalogue import CATALOGUE

SNAPSHOT = PROJECT_ROOT / "tests" / "snapshots" / "asset_and_check_keys.txt"
HEAVY = ("great_expectations", "sklearn", "statsmodels", "geopandas", "bokeh", "scipy", "shapely")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> AssetGraph:
    """The asset graph of the default settings, whatever the default data folder holds."""
    return build_definitions(_settings(tmp_path_factory.mktemp("data"))).resolve_asset_graph()


def _settings(data: Path, profile: str = "sandbox") -> Settings:
    return read_settings({"CRIMEHARM_DATA": str(data), "CRIMEHARM_PROFILE": profile})


def test_asset_and_check_keys_are_as_pinned(graph: AssetGraph) -> None:
    """An asset or a check could vanish from the graph in a refactoring, and a gate with it.

    When a change is meant, run this file as a script to write the snapshot again, and read its diff.
    """
    assert keys(graph) == SNAPSHOT.read_text()


def test_every_asset_says_whose_and_what_it_is(graph: AssetGraph) -> None:
    """An auditor could not tell who answers for a table, or what a row of it is."""
    for node in graph.asset_nodes:
        if not node.is_materializable:
            continue
        name = node.key.to_user_string()
        assert node.owners, f"{name} has no owner"
        assert node.group_name not in (None, "default"), f"{name} has no group"
        assert node.kinds, f"{name} has no kind"
        assert node.description, f"{name} has no description"


def test_tables_show_their_columns(graph: AssetGraph) -> None:
    """Without a column schema nobody can read a table's meaning in the UI."""
    tables = [
        node
        for node in graph.asset_nodes
        if node.key.path[-1].split("_")[0] in {"fct", "dim", "mart", "audit", "ml", "validated", "stg", "int"}
    ]
    without = [node.key.to_user_string() for node in tables if "dagster/column_schema" not in node.metadata]
    assert len(tables) > 50
    assert without == []


@pytest.mark.parametrize("layer", ["raw", "validated"])
def test_reference_data_say_what_their_columns_mean(graph: AssetGraph, layer: str) -> None:
    """Names such as af or imd_score_basis, without unit or meaning, are read as something else."""
    for dataset in CATALOGUE:
        schema = graph.get(dg.AssetKey(f"{layer}_{dataset}")).metadata["dagster/column_schema"]
        assert schema.columns, dataset
        assert all(column.description for column in schema.columns), dataset


@pytest.mark.parametrize(
    ("dataset", "severity"),
    [
        ("metoffice_monthly_weather", dg.AssetCheckSeverity.WARN),
        ("ons_lsoa_2021_wards", dg.AssetCheckSeverity.ERROR),
    ],
)
def test_only_what_is_needed_stops_a_run(
    tmp_path: Path, dataset: str, severity: dg.AssetCheckSeverity
) -> None:
    """A weather host that is down would hold up every release; a lost look-up must."""
    settings = read_settings({"CRIMEHARM_DATA": str(tmp_path)})
    folder = DataPaths(tmp_path).landing(dataset)
    folder.mkdir(parents=True)
    (folder / "absence.json").write_text('{"status": "fetch_failed", "reason": "the host is down"}')
    name = dg.AssetKey(f"validated_{dataset}")
    asset = next(a for a in validated_assets(month_force_partitions(settings)) if name in a.keys)
    ended = dg.materialize([asset], resources={"run": Run(settings)}, raise_on_error=False)
    (check,) = ended.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, severity)
    assert "the host is down" in str(check.metadata["withheld"].value)


def test_gates_block_what_is_downstream(graph: AssetGraph) -> None:
    """A gate that does not block would let unvalidated data into the warehouse."""
    gates = [key for key in graph.asset_check_keys if key.name == "gate"]
    assert {key.asset_key.path[-1] for key in gates} == {f"validated_{name}" for name in VALIDATED_SCHEMAS}
    for key in gates:
        assert graph.get_check_spec(key).blocking, f"{key} does not block"


def test_dbt_models_stand_downstream_of_the_gates(graph: AssetGraph) -> None:
    """A broken link would show lineage that stops half way, from the published row to nothing."""
    for name in ("raw_police_street", "raw_iod_2019", "raw_ons_lsoa_2011_2021_lookup"):
        reached = dg.AssetSelection.keys("published_release").upstream().resolve(graph)
        assert dg.AssetKey(name) in reached


def test_ml_columns_are_made_of_what_their_assets_depend_on(graph: AssetGraph) -> None:
    """A contract could declare an input that its asset never reads, or leave out a table that it does."""
    for table, contract in CONTRACTS.items():
        declared = {name.split(".")[0] for column in contract.columns for name in column.inputs}
        depended = {key.to_user_string() for key in graph.get(dg.AssetKey(table)).parent_keys}
        # fct_crimes only says which forces' areas are audited.
        assert declared <= depended, table
        assert depended - declared <= {"fct_crimes"}, table


def test_the_live_feed_reaches_no_fact(graph: AssetGraph) -> None:
    """The newest month would be counted twice: from the API, and again from the archive's files."""
    reached = dg.AssetSelection.keys("raw_police_street_live").downstream().resolve(graph)
    about_everything = {"judged_warehouse", "validation_report", "dbt_docs", "published_release"}
    names = {key.to_user_string() for key in reached} - about_everything
    assert names == {
        "raw_police_street_live",
        "validated_police_street_live",
        "stg_police_uk__street_live",
        "audit_live_feed",
    }


def test_no_interface_opens_a_folder_that_is_not_the_runs(tmp_path: Path) -> None:
    """From the rebuild of a release, something would be published under decisions that have expired."""
    ordinary = _settings(tmp_path)
    rebuilt = replace(ordinary, rebuild_of="2025-12-0123456789", judged_on=date(2026, 2, 3))
    DataPaths(tmp_path).claim(rebuilt)
    with pytest.raises(SettingsError, match="holds the rebuild of release '2025-12-0123456789'"):
        build_definitions(ordinary)
    build_definitions(rebuilt)


def test_a_run_of_the_interface_claims_its_folder_and_a_look_does_not(tmp_path: Path) -> None:
    """Data fetched from the interface would lie unmarked, and real rows could be added to synthetic ones."""

    @dg.asset(required_resource_keys={"run"})
    def anything() -> None: ...

    sandbox, live = _settings(tmp_path), _settings(tmp_path, profile="live")
    with dg.build_resources({"run": build_resources(sandbox)["run"]}):
        assert not (tmp_path / "profile.json").exists()
    assert dg.materialize([anything], resources=build_resources(sandbox)).success
    with pytest.raises(DagsterResourceFunctionError) as refused:
        dg.materialize([anything], resources=build_resources(live))
    assert isinstance(refused.value.__cause__, SettingsError)


def test_definitions_load_without_the_heavy_libraries(tmp_path: Path) -> None:
    """Loading takes part in every start of the UI, of a schedule's tick and of every run."""
    code = (
        "import sys, orchestration.definitions as d; from orchestration.environment import read_settings; "
        f"d.build_definitions(read_settings({{'CRIMEHARM_DATA': {str(tmp_path)!r}}})); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    started = time.monotonic()
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"
    # Ten seconds are promised; a busy machine is given three times that before the promise counts as broken.
    assert time.monotonic() - started < 30


def keys(graph: AssetGraph) -> str:
    """Return the keys of all assets and checks, a line each."""
    assets = sorted(f"asset {node.key.to_user_string()}" for node in graph.asset_nodes)
    checks = sorted(f"check {key.asset_key.to_user_string()} {key.name}" for key in graph.asset_check_keys)
    return "\n".join([*assets, *checks]) + "\n"


if __name__ == "__main__":
    Path(SNAPSHOT).write_text(keys(build_definitions(read_settings({})).resolve_asset_graph()))
