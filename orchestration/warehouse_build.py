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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_quality.files import SUPERSEDED, storage_errors_named
from data_quality.promotion import SCHEMA_FILE
from data_quality.suites import SUITES
from data_quality.suites.version import suite_version
from orchestration.gating import decisions_of
from orchestration.paths import DataPaths
from orchestration.sources.types import SourceError
from orchestration.warehouse import DBT_PROJECT, dbt_environment, open_warehouse

# The tables that are rebuilt by month.
FACTS = ("fct_crimes", "fct_crime_lsoa_month")
REBUILD_FROM = "CRIMEHARM_REBUILD_FROM"
# dbt drops it whenever it builds: only a build that was finished here leaves one.
_RECORD = "build_record"
_DBT_SUFFIXES = {".sql", ".yml", ".csv", ".py"}
# Past this share of the months, deleting and inserting again costs more than starting anew.
_MOST_REBUILT_SHARE = 0.5


class StaleWarehouse(SourceError):
    """The warehouse was not built from what is validated now; nothing may be made from it."""


@dataclass(frozen=True)
class Inputs:
    """What the warehouse is made from; ``everywhere`` and ``months`` stand for what the facts come from.

    Parameters
    ----------
    everywhere
        Digest of what every month depends on: the dbt project, the harm scheme and reference data.
    months
        Digest of each month's files behind the facts and of the verdicts on them.
    others
        Digest of the datasets behind other tables alone.
    """

    everywhere: str
    months: dict[str, str]
    others: str


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
    others = hashlib.sha256()
    months: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
    behind_facts = _datasets_behind_facts()

    def digest_of(dataset: str, month: str | None) -> hashlib._Hash:
        if dataset not in behind_facts:
            return others
        return everywhere if month is None else months[month]

    for dataset in sorted(SUITES):
        # A verdict by other rules, or under other decisions, no longer binds, though its file is what it was.
        digest_of(dataset, None).update(f"{dataset} {suite_version(dataset)}\n".encode())
        for root in (paths.landing_root, paths.validated_root):
            for path in _judged_files(root / dataset):
                _digest_file(digest_of(dataset, _month_of(path)), paths.root, path)
    decisions = decisions_of(paths)
    for dataset, month, force in decisions.places():
        files = decisions.files_about(dataset, month, force)
        digest_of(dataset, month).update(f"{dataset} {month} {force} {files}\n".encode())
    digests = {month: digest.hexdigest() for month, digest in sorted(months.items())}
    return Inputs(everywhere.hexdigest(), digests, others.hexdigest())


def check_warehouse(paths: DataPaths, harm_scheme: str) -> None:
    """Refuse a warehouse that was not built, as a whole, from what is validated now.

    Parameters
    ----------
    paths
        The data folder.
    harm_scheme
        The scheme that the run asked for.

    Raises
    ------
    StaleWarehouse
        When something that it was made from has changed since, when it was built by hand or in part, or when
        there is none. Only verdicts that bind let files into a build, so what is made from a warehouse that
        passes here rests on verdicts that bind.
    """
    where, remedy = paths.warehouse.name, "build the warehouse again as a whole: make run, or all dbt models"
    if not paths.warehouse.is_file():
        raise StaleWarehouse(where, "there is no warehouse", remedy)
    with open_warehouse(paths.warehouse, read_only=True) as connection:
        before = _read_record(connection)
    if before is None:
        raise StaleWarehouse(
            where, "nothing says what it was made from: dbt was run by hand, or built only a part", remedy
        )
    if before != read_inputs(paths, harm_scheme):
        raise StaleWarehouse(where, "it was not built from what is validated now", remedy)


def first_changed_month(before: Inputs | None, now: Inputs) -> str | None:
    """Return the month (``YYYY-MM``) from which on facts must be built again; none for all of them.

    Facts lie in order of month, so what follows the first month that was added, replaced or removed is built
    again with it: only then do rows lie as a whole build would lay them. Past half of the months, all are
    built again, since that costs less. When nothing has changed, it is a month after the last.

    Parameters
    ----------
    before
        What the held warehouse was made from; none when that is not known.
    now
        What is validated now.
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
def next_warehouse(paths: DataPaths, harm_scheme: str, *, is_whole: bool = True) -> Iterator[dict[str, str]]:
    """Prepare a copy of the warehouse for dbt, and put it in the warehouse's place when the block succeeds.

    Parameters
    ----------
    paths
        The data folder.
    harm_scheme
        The scheme that the run asked for.
    is_whole
        Whether everything is built; after another build, the warehouse is only said to be made from what is
        validated now if that was true before it.

    Yields
    ------
    dict
        Variables for the environment of dbt, which must have ended when the block does. When the block
        raises, the copy is left under ``warehouse/next``; the next build throws it away.
    """
    copy = paths.warehouse.parent / "next" / paths.warehouse.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    # Copying waits for the disk, and looking at the inputs for the processor.
    with ThreadPoolExecutor(1) as beside:
        copying = beside.submit(_copy_warehouse, paths.warehouse, copy)
        now = read_inputs(paths, harm_scheme)
        before = copying.result()
    variables = dbt_environment(paths) | {
        "CRIMEHARM_WAREHOUSE": str(copy),
        REBUILD_FROM: first_changed_month(before, now) or "",
    }
    yield variables
    # Judged again: what changed while dbt was reading must not count as built.
    if read_inputs(paths, harm_scheme) == now and (is_whole or before == now):
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
    try:
        row = connection.execute(f"select everywhere, months, others from {_RECORD}").fetchone()
    except duckdb.BinderException:
        # Written by an earlier version of this code, which recorded less.
        return None
    return Inputs(row[0], json.loads(row[1]), row[2]) if row else None


def _write_record(database: Path, inputs: Inputs) -> None:
    with open_warehouse(database) as connection:
        connection.execute(
            f"create or replace table {_RECORD} (everywhere varchar, months varchar, others varchar)"
        )
        connection.execute(
            f"insert into {_RECORD} values (?, ?, ?)",
            [inputs.everywhere, json.dumps(inputs.months), inputs.others],
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
