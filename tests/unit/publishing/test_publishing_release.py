"""A release is whole or not there, the same for the same inputs, and holds no small counts of people."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.publishing import overview
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.identity import ReleaseIdentity, release_name
from orchestration.publishing.licences import publishable_address
from orchestration.publishing.manifest import verify_release
from orchestration.sources.catalogue import CATALOGUE, OGL, OGL_ADDRESS
from tests.unit.publishing.conftest import World


def file_bytes(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def visible(folder: Path) -> list[str]:
    """List what a reader of the folder of releases sees."""
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def test_release_name_depends_on_every_ingredient() -> None:
    """Two different releases under one name would overwrite each other."""
    base = ReleaseIdentity("2024-12", ("a=1", "b=2"), "c", "l", "h", "p")
    changed = [
        replace(base, last_month="2024-11"),
        replace(base, data_versions=("a=1", "b=3")),
        replace(base, code_version="x"),
        replace(base, dependency_lock_sha256="x"),
        replace(base, harm_scheme="x"),
        replace(base, policy_version="x"),
    ]
    names = {identity.name for identity in [base, *changed]}
    assert len(names) == 7
    assert all(re.fullmatch(r"2024-1\d-[0-9a-f]{10}", name) for name in names)
    assert replace(base, data_versions=("b=2", "a=1")).name == base.name


def test_release_name_refuses_what_is_not_a_month() -> None:
    """The name becomes a folder."""
    with pytest.raises(ReleaseError, match="not a month"):
        release_name("../2024", [])


def test_release_holds_the_promised_files_and_verifies(shared_world: World) -> None:
    """A file missing from a release breaks those who read it."""
    release = shared_world.build()
    names = set(file_bytes(release.path))
    assert verify_release(release.path) == []
    assert names >= {
        "manifest.json",
        "overview.html",
        "audit/validation/index.html",
        "geo/harm_by_lsoa.parquet",
        "geo/hotspots.geojson",
        "geo/hotspots.parquet",
        "tables/fct_crimes.parquet",
        "tables/audit_coverage.parquet",
        "tables/ml_forecast_harm.parquet",
    }
    assert "tables/fct_stops.parquet" not in names
    assert (shared_world.published / "latest").readlink() == Path(release.path.name)


def test_manifest_says_where_everything_came_from(shared_world: World) -> None:
    """An auditor starts at the manifest."""
    manifest = shared_world.build().manifest
    assert manifest["run_id"] == "run-1" and manifest["harm_scheme"] == "seed_article"
    assert manifest["absent_count"] == 4
    assert [w["reason"] for w in manifest["withheld"]] == ["rule crime_type_is_known failed"]
    assert len(manifest["data_versions"]) == 3
    assert all("Synthetic" in source["attribution"] for source in manifest["sources"])
    assert "manifest.json" not in manifest["files"]


def test_real_data_carry_the_publishers_words(world: World) -> None:
    """The Open Government Licence asks for the attribution of each publisher."""
    words = " ".join(source["attribution"] for source in world.build(profile="mirror").manifest["sources"])
    assert "Contains public sector information licensed under the Open Government Licence v3.0." in words
    assert "Contains OS data © Crown copyright and database right 2024" in words
    assert "Synthetic" not in words


def test_each_source_says_what_and_whose_it_is_and_where_from(world: World) -> None:
    """Figures whose edition, terms or origin nobody can name cannot be used or checked by others."""
    boundaries, street = world.build(profile="live").manifest["sources"]
    described = CATALOGUE["ons_lsoa_2021_boundaries"]
    assert boundaries == {
        "dataset": "ons_lsoa_2021_boundaries",
        "title": described.title,
        "vintage": described.vintage,
        "licence": f"{OGL} ({OGL_ADDRESS})",
        "attribution": described.attribution,
        "home_page": described.home_page,
        # Two pages of one query are one address.
        "urls": ["https://host.example/FeatureServer/0/query?where=1%3D1"],
        "data_version": "e" * 64,
        "fetched_at": "2025-02-01T00:00:00+00:00",
    }
    assert (street["dataset"], street["vintage"]) == ("police_street", "2025-01")
    assert street["urls"] == ["https://data.police.uk/a.zip"]
    assert street["home_page"] == "https://data.police.uk/data/"
    assert len(street["data_version"]) == 64


def test_a_source_without_provenance_is_not_published(world: World) -> None:
    """A release would go out without the words that its licence asks for."""
    (world.data_root / "landing" / "ons_lsoa_2021_boundaries" / "provenance.json").unlink()
    with pytest.raises(ReleaseError, match=r"ons_lsoa_2021_boundaries/-/-=e+: has no provenance"):
        world.build()


def test_addresses_are_fit_to_be_published() -> None:
    """Folders of the machine that published, or the sandbox's port of the day, would be in every manifest."""
    assert publishable_address("/somewhere/private/File_7.csv", is_synthetic=False) == "File_7.csv"
    sandbox = "http://127.0.0.1:40123/arcgis/A/FeatureServer/0/query?f=json&resultOffset=2000"
    assert publishable_address(sandbox, is_synthetic=True) == "sandbox:/arcgis/A/FeatureServer/0/query?f=json"


def test_two_builds_differ_in_the_run_id_alone(make_world: Callable[..., World]) -> None:
    """Bytes that change from run to run make every comparison of releases worthless."""
    first, second = make_world("one").build(run_id="run-1"), make_world("two").build(run_id="run-2")
    one, two = file_bytes(first.path), file_bytes(second.path)
    manifests = [json.loads(files.pop("manifest.json")) for files in (one, two)]
    assert one == two
    assert [m.pop("run_id") for m in manifests] == ["run-1", "run-2"]
    assert manifests[0] == manifests[1]


def test_second_run_does_nothing_but_point_latest(world: World) -> None:
    """A monthly refresh without news must not rewrite what was published."""
    first = world.build()
    other = world.build(code_version="next")
    assert first.is_new and other.is_new
    again = world.build(run_id="run-2")
    assert not again.is_new and again.path == first.path and again.manifest["run_id"] == "run-1"
    assert other.path != first.path
    assert (world.published / "latest").resolve() == first.path.resolve()


def test_damaged_release_is_rebuilt_and_the_evidence_kept(world: World) -> None:
    """An altered file must neither stay published nor disappear unseen."""
    release = world.build()
    (release.path / "overview.html").write_text("forged")
    rebuilt = world.build()
    assert rebuilt.is_new and rebuilt.damage[0].startswith("overview.html: altered")
    assert verify_release(rebuilt.path) == []
    assert (world.published / f".damaged-{release.path.name}-1" / "overview.html").read_text() == "forged"


def test_failed_build_leaves_readers_where_they_were(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half release under a release's name would be read as a whole one."""
    first = world.build()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(overview, "write_overview", fail)
    with pytest.raises(KeyboardInterrupt):
        world.build(code_version="next")
    assert visible(world.published) == sorted([first.path.name, "latest"])
    assert (world.published / "latest").resolve() == first.path.resolve()
    assert not list(world.published.glob(".building-*"))


def test_leftover_of_a_killed_build_is_swept(world: World) -> None:
    """A build killed outright cannot tidy up, so the next one does."""
    leftover = world.published / ".building-2024-12-0000000000"
    leftover.mkdir(parents=True)
    (leftover / "half.parquet").write_bytes(b"half")
    world.build()
    assert not leftover.exists()


def test_a_folder_named_latest_is_not_replaced(world: World) -> None:
    """Somebody's copy called latest must not be deleted by a link."""
    (world.published / "latest").mkdir(parents=True)
    with pytest.raises(ReleaseError, match="is not a link"):
        world.build()


def test_small_counts_of_searches_are_withheld(shared_world: World) -> None:
    """Seven searches of a small group could point at persons."""
    tables = shared_world.build().path / "tables"
    mart = shared_world.read_sql(
        f"select stop_count, arrest_count, is_suppressed from '{tables}/mart_stops_ethnicity.parquet'"
        " where force_slug = 'bedfordshire' and ethnic_group = 'Other'"
    )
    assert mart == [(None, None, True)] * 2
    [(least,)] = shared_world.read_sql(
        f"select min(arrest_count) from '{tables}/mart_stops_ethnicity.parquet'"
    )
    assert least >= 10
    audit = shared_world.read_sql(
        f"select stop_count, rate_per_1000, rate_ratio_upper, is_suppressed, resident_count"
        f" from '{tables}/ml_fairness_stops.parquet' where group_name = 'Other'"
    )
    assert audit == [(None, None, None, True, 40_000)] * 4


def test_large_counts_are_not_withheld(shared_world: World) -> None:
    """Suppression of everything would pass the test above."""
    tables = shared_world.build().path / "tables"
    query = f"select count(*) from '{tables}/ml_fairness_stops.parquet' where not is_suppressed"
    assert shared_world.read_sql(query) == [(16,)]


def test_hotspots_geojson_follows_the_standard(shared_world: World) -> None:
    """RFC 7946: WGS84 degrees, counter-clockwise outer rings, no crs member."""
    import shapely

    collection = json.loads((shared_world.build().path / "geo" / "hotspots.geojson").read_text())
    assert set(collection) == {"type", "features"} and len(collection["features"]) == 6
    for feature in collection["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        west, south, east, north = shape.bounds
        assert -3 < west <= east < -2 and 51 < south <= north < 52
        assert shape.geom_type == "Point" or shape.exterior.is_ccw
    assert collection["features"][0]["properties"]["window_end_month"] == "2024-12-01"


def test_harm_by_lsoa_is_geoparquet_with_crime_only(shared_world: World) -> None:
    """An area without crime has no place in a file of harm."""
    import geopandas as gpd

    frame = gpd.read_parquet(shared_world.build().path / "geo" / "harm_by_lsoa.parquet")
    assert frame.crs.to_epsg() == 27700
    assert (frame["crime_count"] > 0).all() and frame["lsoa_code"].is_unique
    assert frame["harm_rank"].is_monotonic_increasing


@pytest.mark.parametrize(
    "name", ["../out.html", "/out.html", "manifest.json", "tables/x.parquet", "audit/index.html", ""]
)
def test_extra_files_stay_in_their_place(world: World, name: str) -> None:
    """A report must not overwrite a table or land outside the release."""
    with pytest.raises(ReleaseError, match="free place"):
        world.build(extra_files={name: world.lock})


def test_missing_inputs_are_named_with_a_remedy(world: World) -> None:
    """An operator must learn which step to run."""
    with pytest.raises(ReleaseError, match=r"gone\.html .*Remedy: make the report"):
        world.build(extra_files={"audit/validation/index.html": world.lock.with_name("gone.html")})
    with pytest.raises(ReleaseError, match=r"none\.lock: is not there"):
        world.build(lock_path=world.lock.with_name("none.lock"))
    world.run_sql("drop table mart_harm_ranking", "drop table audit_coverage")
    with pytest.raises(ReleaseError, match="audit_coverage, mart_harm_ranking: are missing"):
        world.build()
    world.warehouse.unlink()
    with pytest.raises(ReleaseError, match=r"crimeharm\.duckdb: is not there"):
        world.build()


def test_a_warehouse_without_crime_is_not_published(world: World) -> None:
    """An empty release would take the place of a good one."""
    world.run_sql("delete from mart_harm_force_month")
    with pytest.raises(ReleaseError, match="nothing to publish"):
        world.build()
    assert not (world.published / "latest").exists()


def test_importing_the_builder_is_light() -> None:
    """Whoever loads the definitions would wait seconds for drawing and geography libraries."""
    code = (
        "import sys, orchestration.publishing.release;"
        " print({'bokeh', 'geopandas', 'pandas', 'shapely', 'dagster'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
