"""Column lineage: complete for everything published, and true to the SQL that it is derived from."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from data_quality.schemas import VALIDATED_SCHEMAS
from ml.common.contracts import CONTRACTS
from orchestration.defs.lineage import column_lineage
from orchestration.environment import PROJECT_ROOT
from orchestration.lineage.dbt import model_lineage, read_model_lineage, write_model_lineage
from orchestration.lineage.model import RAW, ColumnRef, Lineage, LineageError, Origin, beginnings, walk_back
from orchestration.lineage.sql import column_origins
from orchestration.lineage.whole import RELEASE, compose, whole_lineage
from orchestration.setup import compile_dbt_project
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.catalogue.published import published_names
from orchestration.sources.reference_readers import age_sex, census, geometry, lookups
from orchestration.warehouse import DBT_PROJECT

SNAPSHOT = PROJECT_ROOT / "tests" / "snapshots" / "column_lineage.txt"
TABLES = {"t": ["a", "b"], "u": ["a", "c"]}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Lineage:
    """The lineage of the dbt project, derived anew."""
    manifest = compile_dbt_project(tmp_path_factory.mktemp("compiled"))
    return model_lineage(json.loads(manifest.read_text()), DBT_PROJECT)


@pytest.fixture(scope="module")
def lineage(models: Lineage) -> Lineage:
    """The whole lineage."""
    return compose(models)


def test_every_edge_is_as_pinned(lineage: Lineage) -> None:
    """An edge could go missing in a refactoring, and an auditor would read the shorter chain as the truth.

    When a change is meant, run this file as a script to write the snapshot again, and read its diff.
    """
    assert edges(lineage) == SNAPSHOT.read_text()


def test_every_column_leads_back_to_a_raw_column_or_says_why_not(lineage: Lineage) -> None:
    """A published figure that comes from nowhere cannot be audited."""
    for asset, columns in lineage.items():
        for column in columns if not asset.startswith(RAW) else ():
            raw, notes = beginnings(lineage, ColumnRef(asset, column))
            assert raw or notes, f"{asset}.{column}"


def test_what_is_measured_leads_back_to_the_police_files(lineage: Lineage) -> None:
    """A chain that is complete but ends in a seed alone would hide what was counted."""
    for column in (
        "mart_harm_ranking.harm_days",
        "mart_harm_force_month.harm_days",
        "ml_hotspots.harm_days",
        "ml_forecast_harm.harm_days",
    ):
        raw, notes = beginnings(lineage, ColumnRef(RELEASE, column))
        assert ColumnRef("raw_police_street", "Crime type") in raw, column
        assert any("harm_weights.csv" in note for note in notes), column


@pytest.mark.parametrize("layer", ["dim_", "fct_", "mart_", "ml_"])
def test_a_missing_edge_is_noticed(lineage: Lineage, layer: str) -> None:
    """Without this the walk could pass over a hole in the lineage in silence."""
    broken: dict[str, dict[str, Origin]] = {asset: dict(columns) for asset, columns in lineage.items()}
    asset = next(a for a in broken if a.startswith(layer))
    column = next(c for c, origin in broken[asset].items() if origin.inputs)
    broken[asset][column] = Origin()
    with pytest.raises(LineageError, match=f"{asset}.{column} has no input"):
        list(walk_back(broken, ColumnRef(asset, column)))
    del broken[asset][column]
    with pytest.raises(LineageError, match="no lineage names it"):
        list(walk_back(broken, ColumnRef(asset, column)))
    assert edges(broken) != edges(lineage)


def test_dagster_shows_where_each_column_of_an_asset_begins() -> None:
    """The open source pages draw no column graph: without this table nobody sees the lineage there."""
    shown = column_lineage("mart_harm_force_month")["column_origins"]
    assert isinstance(shown, dg.MarkdownMetadataValue)
    rows = {row.split(" | ")[0].strip("| "): row for row in str(shown.value).split("\n")[2:]}
    assert rows.keys() == whole_lineage()["mart_harm_force_month"].keys()
    assert "`fct_crimes.harm_days`" in rows["harm_days"]
    assert "`raw_police_street.Crime type`" in rows["harm_days"]


def test_lineage_knows_every_declared_column(lineage: Lineage) -> None:
    """A table or column that is added elsewhere must be in the lineage without anybody thinking of it."""
    for dataset, schema in VALIDATED_SCHEMAS.items():
        assert list(lineage[f"validated_{dataset}"]) == schema.names
    for table, contract in CONTRACTS.items():
        assert list(lineage[table]) == contract.column_names
    for node in json.loads((DBT_PROJECT / "target" / "manifest.json").read_text())["nodes"].values():
        if node["resource_type"] == "model":
            assert set(node["columns"]) == set(lineage[node["name"]]), node["name"]


def test_published_names_are_those_that_the_readers_look_for() -> None:
    """A name that the page shows and no file has would send an auditor looking for nothing."""
    read = {
        "ons_lsoa_2011_2021_lookup": lookups._LSOA_LOOKUP,
        "ons_lsoa_2021_wards": lookups._WARDS,
        "ons_lad_police_forces": lookups._POLICE_FORCES,
        "ons_lsoa_2021_centroids": lookups._CENTROIDS,
        "ons_lsoa_2021_boundaries": geometry._BOUNDARIES,
        "gla_town_centres": geometry._TOWN_CENTRES,
        "nomis_population": census._NOMIS_POPULATION,
        "nomis_ethnicity": census._NOMIS_ETHNICITY,
        "nomis_age_sex": age_sex._COLUMNS,
    }
    for dataset, names in read.items():
        for column, name in names.items():
            assert published_names(dataset, column)[0] == name, f"{dataset}.{column}"
    for dataset, source in CATALOGUE.items():
        assert all(published_names(dataset, column.name) for column in source.columns)


@pytest.mark.parametrize(
    ("sql", "inputs"),
    [
        ("select b + 1 as x from t", ["t.b"]),
        ("with w as (select * from t) select sum(b) as x from w", ["t.b"]),
        ("select a as x from t union all select c as x from u", ["t.a", "u.c"]),
        ("select a, count(*) as x from t group by a", ["t.a"]),
        ("select count(*) filter (where b > 1) as x from t", ["t.a", "t.b"]),
        ("select u.c as x from t left join u on t.a = u.a", ["t.a", "u.c"]),
        ("select t.b as x from t left join u on t.a = u.a", ["t.b"]),
        ("select (select max(u.c) from u where u.a = t.a) as x from t", ["t.a", "u.a", "u.c"]),
        ("with w as (unpivot (select * from t) on a, b into name n value x) select x from w", ["t.a", "t.b"]),
        ("select row_number() over (partition by a order by b) as x from t", ["t.a", "t.b"]),
    ],
)
def test_origins_follow_the_sql(sql: str, inputs: list[str]) -> None:
    """Each form that a model may take must give its edges, or they are wrong wherever it is used."""
    origin = column_origins("m", sql, TABLES, {})["x"]
    assert [str(reference) for reference in origin.inputs] == inputs


def test_a_constant_says_that_it_is_one() -> None:
    """An empty origin must be told apart from one that was lost."""
    assert column_origins("m", "select 'seed' as x from t", TABLES, {})["x"].note.startswith("a constant")


def test_a_column_of_no_known_table_is_refused() -> None:
    """A lineage with a guess in it is worth less than none."""
    with pytest.raises(LineageError, match="zzz"):
        column_origins("m", "select zzz as x from t cross join u", TABLES, {})


def test_lineage_is_read_as_it_was_written(models: Lineage, tmp_path: Path) -> None:
    """The UI and the page read the file, and this test of the SQL would not notice a loss on the way."""
    write_model_lineage(models, tmp_path / "column_lineage.json")
    assert read_model_lineage(tmp_path / "column_lineage.json") == copy.deepcopy(models)
    with pytest.raises(FileNotFoundError, match="make setup"):
        read_model_lineage(tmp_path / "other.json")


def edges(lineage: Lineage) -> str:
    """Return every edge of the lineage and every note, a line each."""
    return "\n".join(sorted(_lines(lineage))) + "\n"


def _lines(lineage: Lineage) -> Iterator[str]:
    for asset, columns in lineage.items():
        for column, origin in columns.items():
            for reference in origin.inputs:
                yield f"{asset}.{column} <- {reference}"
            if origin.note:
                yield f"{asset}.{column} ({origin.note})"


def _write_snapshot() -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        manifest = json.loads(compile_dbt_project(Path(folder)).read_text())
    SNAPSHOT.write_text(edges(compose(model_lineage(manifest, DBT_PROJECT))))


if __name__ == "__main__":
    _write_snapshot()
