"""Counts of searches as published: nobody works out the small ones from what a release holds."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.publishing.tables import open_warehouse, selection
from tests.unit.ml.published_searches import attack_release
from tests.unit.publishing.conftest import World

WIDTH = 10


def test_published_small_counts_cannot_be_narrowed_down(shared_world: World, tmp_path: Path) -> None:
    """Seven searches withheld alone are the force's total less the others."""
    path = shared_world.build().path / "tables" / "mart_stops_ethnicity.parquet"
    (tmp_path / path.name).write_bytes(path.read_bytes())
    with open_warehouse(shared_world.warehouse) as connection:
        mart = connection.execute("select * from mart_stops_ethnicity").df()
    found = attack_release(tmp_path, mart)
    assert {"stops", "misses", "arrests"} <= set(found["counted"])
    assert (found["highest"] - found["lowest"] >= WIDTH - 1e-6).all(), found


def test_what_was_published_before_is_opened_by_the_attack(shared_world: World, tmp_path: Path) -> None:
    """With the small counts alone withheld, the attack must find them, or it says nothing of the rest."""
    with open_warehouse(shared_world.warehouse) as connection:
        mart = connection.execute("select * from mart_stops_ethnicity").df()
    counts = [name for name in mart if name.endswith(("_count", "_repeats")) and name != "resident_count"]
    mart.assign(**{name: mart[name].where(mart[name] >= WIDTH) for name in counts}).to_parquet(
        tmp_path / "mart_stops_ethnicity.parquet"
    )
    found = attack_release(tmp_path, mart)
    solved = found[(found["counted"] == "stops") & (found["highest"] - found["lowest"] < 1e-6)]
    assert (solved["highest"] == 7).all() and len(solved) == 2


def test_groups_withheld_are_no_more_than_it_takes(shared_world: World) -> None:
    """A release that withheld every group would stand the attack and say nothing."""
    path = shared_world.build().path / "tables" / "mart_stops_ethnicity.parquet"
    withheld = duckdb.sql(
        "select force_slug, ethnicity_basis, list(ethnic_group order by ethnic_group)"
        f" from '{path}' where stop_count is null group by all order by all"
    ).fetchall()
    assert [(force, basis) for force, basis, _ in withheld] == [
        ("bedfordshire", "officer_defined"),
        ("bedfordshire", "self_defined"),
    ]
    assert all(len(groups) == 2 and "Other" in groups for *_, groups in withheld)


def test_selection_keeps_columns_and_types(shared_world: World) -> None:
    """A flag left in, or a count that became a fraction, breaks whoever reads the table."""
    with open_warehouse(shared_world.warehouse) as connection:
        name = "mart_stops_ethnicity"
        published = connection.execute(f"describe {selection(connection, name, name)}").fetchall()
        held = connection.execute(f"describe {name}").fetchall()
    assert [row[:2] for row in published] == [*(row[:2] for row in held), ("is_suppressed", "BOOLEAN")]
