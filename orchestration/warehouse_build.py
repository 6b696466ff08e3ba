"""Builds the warehouse beside the last good one and puts it in its place in one step, without dagster.

A build works on a copy, ``warehouse/next/crimeharm.duckdb``: of the same name, since dbt writes the name of
the database into its views. Whatever ends it early, the last good warehouse stays as it was. A finished build
records what it was made from, so that the next one need only rebuild the months that have changed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_quality.files import SUPERSEDED, storage_errors_named
from data_quality.promotion import SCHEMA_FILE
from orchestration.paths import DataPaths
from orchestration.warehouse import DBT_PROJECT, dbt_environment, open_warehouse

# The tables that are rebuilt by month, and the dataset whose months those are.
FACTS = ("fct_crimes", "fct_crime_lsoa_month")
FACTS_DATASET = "police_street"
REBUILD_FROM = "CRIMEHARM_REBUILD_FROM"
# dbt drops it whenever it builds: only a build that was finished here leaves one.
_RECORD = "build_record"
_DBT_SUFFIXES = {".sql", ".yml", ".csv"}
# Past this share of the months, deleting and inserting again costs more than starting anew.
_MOST_REBUILT_SHARE = 0.5


@dataclass(frozen=True)
class Inputs:
    """What the facts of crime are made from.

    Parameters
    ----------
    everywhere
        Digest of what every month depends on: the dbt project, the harm scheme and reference data.
    months
        Digest of each month's files of street crime and of the verdicts on them.
    """

    everywhere: str
    months: dict[str, str]


def read_inputs(paths: DataPaths, harm_scheme: str) -> Inputs:
    """Look at what is validated now, byte for byte, as the gate inside dbt does.

    Parameters
    ----------
    paths
        The data folder.
    harm_scheme
        The scheme that the run asked for.

    Returns
    -------
    Inputs
        Digests.
    """
    everywhere = hashlib.sha256(f"{duckdb.__version__}\n{harm_scheme}\n".encode())
    for path in _dbt_files():
        _digest_file(everywhere, DBT_PROJECT, path)
    months: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
    for dataset in sorted(_datasets_behind_facts()):
        for root in (paths.landing_root, paths.validated_root):
            for path in _judged_files(root / dataset):
                month = _month_of(path) if dataset == FACTS_DATASET else None
                _digest_file(everywhere if month is None else months[month], paths.root, path)
    return Inputs(everywhere.hexdigest(), {month: d.hexdigest() for month, d in sorted(months.items())})


def first_changed_month(before: Inputs | None, now: Inputs) -> str | None:
    """Return the month (``YYYY-MM``) from which on facts must be built again; none for all of them.

    Facts lie in order of month, so what follows the first month that was added, replaced or removed is built
    again with it: only then do rows lie as a whole build would lay them. When nothing has changed, it is a
    month after the last.
    """
    if before is None or before.everywhere != now.everywhere:
        return None
    months = sorted(before.months.keys() | now.months.keys())
    changed = [month for month in months if before.months.get(month) != now.months.get(month)]
    if not changed:
        return "9999-12"
    rebuilt = sum(month >= changed[0] for month in months)
    return changed[0] if rebuilt <= _MOST_REBUILT_SHARE * len(months) else None


@contextmanager
def next_warehouse(paths: DataPaths, harm_scheme: str) -> Iterator[dict[str, str]]:
    """Prepare a copy of the warehouse for dbt, and put it in the warehouse's place when the block succeeds.

    Parameters
    ----------
    paths
        The data folder.
    harm_scheme
        The scheme that the run asked for.

    Yields
    ------
    dict
        Variables for the environment of dbt, which must have ended when the block does. When the block
        raises, the copy is left under ``warehouse/next``; the next build throws it away.
    """
    copy = paths.warehouse.parent / "next" / paths.warehouse.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    now = read_inputs(paths, harm_scheme)
    before = _copy_warehouse(paths.warehouse, copy)
    variables = dbt_environment(paths) | {
        "CRIMEHARM_WAREHOUSE": str(copy),
        REBUILD_FROM: first_changed_month(before, now) or "",
    }
    yield variables
    # Judged again: what changed while dbt was reading must not count as built.
    if read_inputs(paths, harm_scheme) == now:
        _write_record(copy, now)
    copy.replace(paths.warehouse)
    shutil.rmtree(copy.parent, ignore_errors=True)


def _copy_warehouse(warehouse: Path, copy: Path) -> Inputs | None:
    """Copy the last good warehouse, if there is one, and return what it was made from."""
    copy.parent.mkdir(parents=True)
    if not warehouse.is_file():
        return None
    # Opening it takes in what a process that was killed had only written to its log.
    with open_warehouse(warehouse) as connection:
        before = _read_record(connection)
    with storage_errors_named(copy):
        shutil.copyfile(warehouse, copy)
    return before


def _read_record(connection: duckdb.DuckDBPyConnection) -> Inputs | None:
    held = {
        name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()
    }
    if not held.issuperset({_RECORD, *FACTS}):
        return None
    row = connection.execute(f"select everywhere, months from {_RECORD}").fetchone()
    return Inputs(row[0], json.loads(row[1])) if row else None


def _write_record(database: Path, inputs: Inputs) -> None:
    with open_warehouse(database) as connection:
        connection.execute(f"create or replace table {_RECORD} (everywhere varchar, months varchar)")
        connection.execute(
            f"insert into {_RECORD} values (?, ?)", [inputs.everywhere, json.dumps(inputs.months)]
        )


def _dbt_files() -> list[Path]:
    found = DBT_PROJECT.rglob("*")
    return sorted(
        path
        for path in found
        if path.suffix in _DBT_SUFFIXES and not {"target", "logs"} & set(path.relative_to(DBT_PROJECT).parts)
    )


def _datasets_behind_facts() -> set[str]:
    """Return the validated datasets that the facts are made from, as dbt's own lineage has it."""
    manifest = json.loads((DBT_PROJECT / "target" / "manifest.json").read_text(encoding="utf-8"))
    wanted, seen = [f"model.crimeharm.{fact}" for fact in FACTS], set()
    while wanted:
        node = wanted.pop()
        if node not in seen:
            seen.add(node)
            wanted += manifest["parent_map"][node]
    return {manifest["sources"][node]["name"] for node in seen if node in manifest["sources"]}


def _judged_files(folder: Path) -> list[Path]:
    names = ("*.parquet", "verdict.json", "provenance.json")
    found = {path for name in names for path in folder.rglob(name)}
    return sorted(path for path in found if SUPERSEDED not in path.parts and path.name != SCHEMA_FILE)


def _month_of(path: Path) -> str | None:
    found = (part.removeprefix("month=") for part in path.parts if part.startswith("month="))
    return next(found, None)


def _digest_file(digest: hashlib._Hash, root: Path, path: Path) -> None:
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
