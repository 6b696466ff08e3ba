"""A release is rebuilt from exactly the bytes that it names, and every difference is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from data_quality.decision_files import read_decisions
from orchestration.environment import read_settings
from orchestration.gating import decisions_of
from orchestration.paths import DataPaths
from orchestration.provenance import land
from orchestration.reproduction import (
    NotReproducible,
    check_signed_files,
    compare_tables,
    lay_out_landed,
    window_of,
)
from orchestration.sources.types import Description, Fetched, Partition

MAY, JUNE = Partition("2024-05", "kent"), Partition("2024-06", "kent")


def _land(paths: DataPaths, partition: Partition, content: bytes) -> dict[str, Any]:
    described = Description("police_street", "Street crime", "licence", "attribution", "home")
    fetched = [Fetched(f"{partition.month}-kent-street.csv", content, "http://127.0.0.1/a.zip")]
    landed = land(paths.landing("police_street", partition), described, fetched, partition, 1)
    version = landed.data_version
    return {"dataset": "police_street", "month": partition.month, "force": "kent", "data_version": version}


@pytest.fixture(name="held")
def held_folder(tmp_path: Path) -> DataPaths:
    """Return an empty data folder."""
    return DataPaths(tmp_path / "held")


def _manifest(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"data_versions": list(entries), "withheld": []}


def test_bytes_that_were_replaced_since_come_from_where_they_were_put_aside(
    held: DataPaths, tmp_path: Path
) -> None:
    """A force restates old months: rebuilding from today's bytes would be another release."""
    first, later = _land(held, MAY, b"first"), _land(held, JUNE, b"june")
    _land(held, MAY, b"restated")
    target = DataPaths(tmp_path / "target")
    assert lay_out_landed(_manifest(first, later), held, target) == 2
    copied = target.landing("police_street", MAY) / "2024-05-kent-street.csv"
    assert copied.read_bytes() == b"first"
    assert (held.landing("police_street", MAY) / copied.name).read_bytes() == b"restated"


def test_months_that_came_after_the_release_stay_out(held: DataPaths, tmp_path: Path) -> None:
    """A month more would change every rolling figure of the rebuilt tables."""
    first = _land(held, MAY, b"first")
    _land(held, JUNE, b"june")
    target = DataPaths(tmp_path / "target")
    lay_out_landed(_manifest(first), held, target)
    assert not target.landing("police_street", JUNE).exists()
    assert window_of(_manifest(first)) == (("kent",), "2024-05", "2024-05")


def test_declared_governance_comes_along(held: DataPaths, tmp_path: Path) -> None:
    """The release's name depends on it: without it the rebuilt release would be another one."""
    first, target = _land(held, MAY, b"first"), DataPaths(tmp_path / "target")
    held.governance.write_text("team: A\n")
    lay_out_landed(_manifest(first), held, target)
    assert target.governance.read_text() == "team: A\n"


def test_missing_bytes_are_named(held: DataPaths, tmp_path: Path) -> None:
    """A rebuild that goes on without a partition would only show that the tables differ."""
    entry = _land(held, MAY, b"first") | {"data_version": "0" * 64}
    with pytest.raises(NotReproducible, match=r"2024-05 kent.*neither landed nor superseded"):
        lay_out_landed(_manifest(entry), held, DataPaths(tmp_path / "target"))


@pytest.fixture(name="waived")
def month_under_an_expired_waiver(held: DataPaths, tmp_path: Path) -> tuple[dict[str, Any], DataPaths]:
    """Return the manifest of a release judged on a day in January, and its rebuild's folder laid out."""
    entry = _land(held, MAY, b"first")
    waiver = {
        **{name: entry[name] for name in ("dataset", "month", "force", "data_version")},
        "rules": ["crime_type_known"],
        "signed_by": {"name": "A. Inspector", "role": "head of data governance"},
        "signed_on": date(2026, 1, 5),
        "reason": "The force wrote to say that the new category is what it is called from now on.",
        "valid_until": date(2026, 1, 31),
    }
    held.waivers.mkdir(parents=True)
    (held.waivers / "one.yml").write_text(yaml.safe_dump(waiver))
    found = read_decisions(held.waivers, held.corrections, date(2026, 1, 20))
    assert found.problems == ()
    version = found.about("police_street", "2024-05", "kent", entry["data_version"]).version
    manifest = _manifest(entry | {"decisions_version": version}) | {"policy": {"measures": []}}
    return manifest, _laid_out(manifest, held, tmp_path / "rebuilt", date(2026, 1, 20))


def _laid_out(manifest: dict[str, Any], held: DataPaths, folder: Path, day: date | None) -> DataPaths:
    settings = replace(read_settings({"CRIMEHARM_DATA": str(folder)}), rebuild_of="r", judged_on=day)
    target = DataPaths(folder)
    target.claim(settings)
    lay_out_landed(manifest, held, target)
    return target


def test_a_waiver_that_has_expired_since_holds_in_the_rebuild(
    waived: tuple[dict[str, Any], DataPaths], held: DataPaths, tmp_path: Path
) -> None:
    """Judged as of today the month would be withheld, and the release could never be made again."""
    manifest, target = waived
    check_signed_files(manifest, target)
    assert decisions_of(held).waivers == ()
    today = _laid_out(manifest, held, tmp_path / "today", None)
    with pytest.raises(NotReproducible, match="police_street 2024-05 kent was judged under waivers"):
        check_signed_files(manifest, today)


def test_a_signed_file_that_was_altered_or_lost_is_named(waived: tuple[dict[str, Any], DataPaths]) -> None:
    """The rebuild would rest on what nobody signed, or lack what was decided, and only look different."""
    manifest, target = waived
    waiver = target.waivers / "one.yml"
    waiver.write_text(waiver.read_text() + "# read again\n")
    with pytest.raises(NotReproducible, match="restore them from a backup"):
        check_signed_files(manifest, target)
    for wanted, folder in (
        ({"measures": [{"decision": {"sha256": "d1"}}, {"decision": None}]}, target.policy_decisions),
        ({"measures": [], "patrol_plan": {"approval": {"sha256": "d1"}}}, target.plan_approvals),
    ):
        with pytest.raises(NotReproducible, match=f"{folder.name} lacks the file d1"):
            check_signed_files(manifest | {"policy": wanted}, target)


def test_every_kind_of_difference_between_tables_is_told_apart(tmp_path: Path) -> None:
    """Equal rows in other bytes are equal; a changed value, a lost row and a lost table are not."""
    one, other = (tmp_path / name / "tables" for name in ("one", "other"))
    for folder in (one, other):
        folder.mkdir(parents=True)
    queries = {
        "same": ("select 1 as a", "select 1 as a"),
        "reordered": ("from (values (1), (2)) as t (a)", "from (values (2), (1)) as t (a)"),
        "changed": ("select 1 as a", "select 2 as a"),
        "shorter": ("from (values (1), (1)) as t (a)", "select 1 as a"),
    }
    for name, pair in queries.items():
        for folder, query in zip((one, other), pair, strict=True):
            duckdb.sql(f"copy ({query}) to '{folder / name}.parquet'")
    duckdb.sql(f"copy (select 1 as a) to '{one / 'lost'}.parquet'")
    found = {
        table.table: (table.is_same_bytes, table.is_equal)
        for table in compare_tables(one.parent, other.parent)
    }
    assert found == {
        "changed": (False, False),
        "lost": (False, False),
        "reordered": (False, True),
        "same": (True, True),
        "shorter": (False, False),
    }
