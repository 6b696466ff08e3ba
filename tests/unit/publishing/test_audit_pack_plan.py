"""The page of the patrol plan: what became of it, what it proposes, and nothing of a withheld one."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from orchestration.publishing.manifest import read_manifest, verify_release
from tests.unit.publishing.conftest import World
from tests.unit.publishing.lineage_frames import HOSTILE
from tests.unit.publishing.plan_world import (
    BECAUSE,
    MEASURE,
    approve,
    decide,
    pack_again,
    plan_tables,
    write_planned_world,
)

HOSTILE_RATIONALE = f"{HOSTILE} read area by area with the neighbourhood teams, who know of each"
ESCAPED = html.escape(HOSTILE).replace("&#x27;", "&#39;")
NEAR = "(standard error 0.2; the bound lies within the error of the simulation)"
_CODE = re.compile(r"E01\d{6}")
FIGURES = ("audit/patrol_plan/capture.csv", "audit/patrol_plan/exposure.csv")


@pytest.fixture(scope="module", name="tables")
def tables_of_a_plan() -> dict[str, pd.DataFrame]:
    """Return the tables that a plan is published from."""
    return plan_tables()


@pytest.fixture(scope="module", name="world")
def planned_world(tmp_path_factory: pytest.TempPathFactory, tables: dict[str, pd.DataFrame]) -> World:
    """Return a world with a plan, one of whose areas has a hostile name and one no boundary."""
    world = write_planned_world(tmp_path_factory.mktemp("planned"), tables)
    first = tables["ml_patrol_plan"]["lsoa_code"].iloc[0]
    name = HOSTILE.replace("'", "''")
    world.run_sql(f"update dim_lsoa set lsoa_name = '{name}' where lsoa_code = '{first}'")
    path = world.data_root / "validated" / "ons_lsoa_2021_boundaries" / "part.parquet"
    shapes = pd.read_parquet(path)
    last = tables["ml_patrol_plan"]["lsoa_code"].iloc[-1]
    shapes[shapes["lsoa_2021_code"] != last].to_parquet(path)
    return world


@pytest.fixture(scope="module", name="releases")
def releases_of_that_world(world: World, tables: dict[str, pd.DataFrame]) -> dict[str, Path]:
    """Return a release of each thing that can become of a plan."""
    built = {"proposed": world.build().path}

    def keep(status: str) -> None:
        built[status] = pack_again(world, built["proposed"], world.published / status)

    approve(world.data_root, tables["ml_patrol_plan"]["plan_sha256"].iloc[0], HOSTILE_RATIONALE)
    keep("approved")
    world.run_sql("update ml_patrol_feedback set error_amplification = 1.75 where over_recording_ratio > 1")
    keep("withheld")
    world.run_sql("delete from ml_patrol_feedback")
    keep("unmeasured")
    decide(world.data_root, unmeasured_because=BECAUSE)
    keep("let pass")
    world.run_sql("update ml_patrol_plan set team = team + 1 where patrol_rank = 1")
    keep("altered")
    return built


def _page(release: Path, name: str = "plan.html") -> str:
    return (release / "audit" / name).read_text(encoding="utf-8")


def test_the_page_says_what_became_of_the_plan_and_by_whom(
    releases: dict[str, Path], tables: dict[str, pd.DataFrame]
) -> None:
    """A reader who finds areas without their status would take a proposal for an order."""
    digest = tables["ml_patrol_plan"]["plan_sha256"].iloc[0]
    proposed, approved = _page(releases["proposed"]), _page(releases["approved"])
    assert "Status: proposed" in proposed and "nobody has approved" in proposed
    assert "A. Inspector" not in proposed and f"plan: {digest}" in proposed
    assert "Status: approved" in approved and "A. Inspector" in approved and ESCAPED in approved
    document = json.loads((releases["approved"] / "patrol_plan.json").read_text())
    assert document["status"] == "approved" and len(document["areas"]) == len(tables["ml_patrol_plan"])
    assert document["approval"]["statement"]["signed_by"] == "A. Inspector"
    assert document["areas"][0]["forecast_month"] == "2026-01"
    manifest = read_manifest(releases["approved"])
    assert manifest["policy"]["patrol_plan"]["status"] == "approved"
    assert "tables/ml_patrol_plan.parquet" not in manifest["files"]
    for status, words in (("proposed", "approved by nobody"), ("approved", "Approved by A. Inspector")):
        assert words in _page(releases[status], "index.html")
        # A pack handed on by itself has nothing of the release around it.
        assert 'href="..' not in _page(releases[status])


def test_every_area_is_in_the_table_and_on_a_map_or_said_not_to_be(
    releases: dict[str, Path], tables: dict[str, pd.DataFrame]
) -> None:
    """Whoever signs has to see each area: one left out would be approved unseen."""
    page, plan = _page(releases["proposed"]), tables["ml_patrol_plan"]
    listed = re.findall(r'<span class="code">(E01\d{6})</span>', page)
    assert listed == plan["lsoa_code"].tolist()
    drawn = re.findall(r"<title>\d+: (E01\d{6}), team \d+</title>", page)
    assert sorted(drawn) == sorted(plan["lsoa_code"].iloc[:-1])
    assert f"on no map: {plan['lsoa_code'].iloc[-1]}." in page
    assert page.count('<svg class="plan"') == 2 and page.count('path class="random"') == 3
    for words in ("5, with 4 areas each", "16 of 20", "4 of 20", "20% asked for"):
        assert words in page


def test_figures_of_the_plan_stand_beside_a_plain_count(
    releases: dict[str, Path], tables: dict[str, pd.DataFrame]
) -> None:
    """A plan without what a plain count gives, or without who lives there, cannot be weighed."""
    folder = releases["proposed"]
    capture = pd.read_csv(folder / FIGURES[0], index_col="choice")
    assert capture["area_count"].to_dict() == {
        "plan": 20,
        "plain_count": 20,
        "expected_harm": 16,
        "plain_count_as_expected_harm": 16,
        "random": 4,
    }
    plan = tables["ml_patrol_plan"]
    assert capture.loc["plan", "expected_harm_days"] == pytest.approx(plan["expected_harm_days"].sum())
    assert capture.loc["plain_count", "crime_count"] >= capture.loc["plan", "crime_count"]
    exposure = pd.read_csv(folder / FIGURES[1])
    assert set(exposure["attribute"]) == {"imd_2025_decile", "ethnic_group"}
    page = _page(releases["proposed"])
    assert "no backtest could be made" in page and page.count('<svg class="plot"') == 2
    assert f"1.200 {NEAR}, where at most 1.5 is allowed (kept)" in page


def test_a_withheld_plan_leaves_its_rule_and_nothing_of_itself(releases: dict[str, Path]) -> None:
    """A page that names the areas of a withheld plan publishes it."""
    for status, value in (("withheld", f"is 1.750 {NEAR}"), ("unmeasured", "is not measured")):
        page, folder = _page(releases[status]), releases[status]
        assert "Status: withheld" in page and "A. Inspector" not in page
        assert f"<strong>{MEASURE}</strong> {value}, where at most 1.5 is allowed" in page
        assert f"measure: {MEASURE}" in page and read_manifest(folder)["policy"]["policy_sha256"] in page
        texts = [page, _page(releases[status], "index.html"), (folder / "patrol_plan.json").read_text()]
        assert not any(map(_CODE.search, texts))
        assert not any((folder / name).exists() for name in FIGURES)
        assert "<svg" not in page and "How a person approves" not in page
    assert "accepted_value:" in _page(releases["withheld"])
    assert "unmeasured_because:" in _page(releases["unmeasured"])


def test_a_plan_whose_rows_are_not_those_of_its_digest_can_be_lifted_by_nobody(
    releases: dict[str, Path],
) -> None:
    """A decision about a measure must not bring back rows that were exchanged after they were digested."""
    page = _page(releases["altered"])
    assert "the rows are not those of plan_sha256" in page and "Nobody can" in page
    assert not _CODE.search(page) and "decisions/" not in page and "approvals/" not in page


def test_a_plan_that_was_let_pass_unmeasured_says_so(releases: dict[str, Path]) -> None:
    """Areas whose feedback nobody knows must not look like those of a plan that kept its bound."""
    page = _page(releases["let pass"])
    assert "although it was not measured" in page and html.escape(BECAUSE) in page
    assert "Status: approved" in page and "nothing could be simulated" in page
    assert "although it was not measured" in _page(releases["let pass"], "index.html")


def test_a_release_without_a_plan_says_so(shared_world: World) -> None:
    """A page that is missing would look as if the plan had been left out."""
    page = (shared_world.build().path / "audit" / "plan.html").read_text()
    assert "No plan is in this release" in page and "<svg" not in page


@pytest.mark.parametrize("status", ["proposed", "approved", "withheld", "unmeasured", "let pass"])
def test_the_page_loads_nothing_runs_nothing_and_leads_to_files(
    releases: dict[str, Path], status: str
) -> None:
    """Names and rationales are texts of others; and the page is read without a network."""
    page = _page(releases[status])
    assert "<img" not in page and "<script" not in page and "default-src 'none'" in page
    assert "@import" not in page and "url(" not in page and "http:" not in page
    for address in re.findall(r'href="([^"#]+)"', page):
        assert (releases[status] / "audit" / address).is_file(), address


def _flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])


def _drop_row(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("alter", "name", "words"),
    [
        (_flip, "audit/plan.html", r"altered \(its SHA-256 differs"),
        (_flip, "audit/publication_policy.yml", r"altered \(its SHA-256 differs"),
        (_drop_row, FIGURES[0], r"altered \(.*; 4 rows, 5 in the manifest\)"),
        (_drop_row, FIGURES[1], r"altered \(.*; 14 rows, 15 in the manifest\)"),
        (Path.unlink, "audit/plan.html", "missing"),
        (lambda path: path.with_name("more.html").write_text(""), "audit/more.html", "unexpected"),
    ],
)
def test_whatever_is_altered_about_the_plan_is_named(
    releases: dict[str, Path], tmp_path: Path, alter: Callable[[Path], object], name: str, words: str
) -> None:
    """An area exchanged on the page after it was approved must be found by who checks the pack."""
    folder = Path(shutil.copytree(releases["approved"], tmp_path / "copy"))
    alter(folder / name.replace("more.html", "plan.html"))
    for checked, shown in ((folder, name), (folder / "audit", name.removeprefix("audit/"))):
        assert any(re.match(rf"{re.escape(shown)}: {words}", one) for one in verify_release(checked))
