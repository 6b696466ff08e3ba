"""The warehouse in memory: dbt's own SQL over the clean world, and dbt's own tests over the corrupted one."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.binding import RequiredVersions, required_versions
from orchestration.paths import DataPaths
from orchestration.warehouse import DBT_PROJECT, install_spatial
from tests.faults.model import Alarm, Severity
from tests.faults.world import World

DBT_TESTS = "dbt tests"
_SEVERITIES: dict[str, Severity] = {"error": "critical", "warn": "warning"}
Node = dict[str, Any]


@dataclass(frozen=True)
class Sql:
    """A corruption of one table of the warehouse.

    Parameters
    ----------
    table
        The table.
    statements
        What is done to it.
    """

    table: str
    statements: tuple[str, ...]

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Corrupt the table and return its name."""
        for statement in self.statements:
            connection.execute(statement)
        return self.table


class Warehouse:
    """Every seed and model as a table, made from the SQL that dbt compiled.

    Parameters
    ----------
    world
        The clean world.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The clean warehouse; what a fault does to it is rolled back."""
        install_spatial()
        connection = duckdb.connect(":memory:", config={"threads": 1})
        connection.load_extension("spatial")
        # dbt writes the catalogue's name into every reference.
        connection.execute("attach ':memory:' as data; use data")
        for node in self._ordered:
            _make(connection, node, self._world.paths)
        return connection

    def judge(self, corrupt: Callable[[duckdb.DuckDBPyConnection], str] | None) -> frozenset[Alarm]:
        """Corrupt one table, build again what is made from it, and run the tests."""
        self.connection.begin()
        try:
            if corrupt is None:
                return self._run_tests(set(self._nodes), lambda sql: sql)
            changed = {self._names[corrupt(self.connection)]}
            for node in self._ordered:
                if changed & _parents(node):
                    _make(self.connection, node, self._world.paths)
                    changed.add(node["unique_id"])
            return self._run_tests(changed, lambda sql: sql)
        finally:
            self.connection.rollback()

    def judge_folder(self, corrupt: Callable[[DataPaths], frozenset[Alarm] | None]) -> frozenset[Alarm]:
        """Corrupt a copy of the data folder, build everything from it, and run the tests.

        The corruption may return what gates said while it was brought in.
        """
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "data"
            shutil.copytree(self._world.paths.root, root)
            before = corrupt(DataPaths(root)) or frozenset()

            def moved(sql: str) -> str:
                return sql.replace(str(self._world.paths.root), str(root))

            self.connection.begin()
            try:
                changed: set[str] = set()
                for node in self._ordered:
                    kept = self._contents[node["unique_id"]]
                    is_read_from_folder = _is_python(node) or str(self._world.paths.root) in _sql(node)
                    if not (is_read_from_folder or changed & _parents(node)):
                        continue
                    _make(self.connection, node, DataPaths(root), moved)
                    if self._content(node) != kept:
                        changed.add(node["unique_id"])
                return before | self._run_tests(changed, moved)
            finally:
                self.connection.rollback()

    def _run_tests(self, changed: set[str], moved: Callable[[str], str]) -> frozenset[Alarm]:
        """Run the tests that look at what has changed; the clean warehouse is put to all of them."""
        return frozenset(
            Alarm(test["name"], _SEVERITIES[test["config"]["severity"].lower()], DBT_TESTS)
            for test in self._nodes.values()
            if test["resource_type"] == "test"
            and changed & _parents(test)
            and _finds(self.connection, moved(test["compiled_code"]))
        )

    @cached_property
    def _contents(self) -> dict[str, tuple[int, int]]:
        """A digest of every clean table, whatever the order of its rows."""
        return {node["unique_id"]: self._content(node) for node in self._ordered}

    def _content(self, node: Node) -> tuple[int, int]:
        sql = f"select count(*), bit_xor(hash(held)) from {node['name']} as held"
        found: list[tuple[int, int]] = self.connection.execute(sql).fetchall()
        return found[0]

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        nodes: dict[str, Node] = json.loads(self._world.compiled.read_text(encoding="utf-8"))["nodes"]
        return nodes

    @cached_property
    def _ordered(self) -> list[Node]:
        """Seeds and models, each after all that it is made from."""
        ordered: dict[str, Node] = {}

        def visit(name: str) -> None:
            node = self._nodes.get(name)
            if node is None or name in ordered or node["resource_type"] not in ("seed", "model"):
                return
            for parent in sorted(_parents(node)):
                visit(parent)
            ordered[name] = node

        for name in self._nodes:
            visit(name)
        return list(ordered.values())

    @cached_property
    def _names(self) -> dict[str, str]:
        return {node["name"]: name for name, node in self._nodes.items()}


@dataclass(frozen=True)
class DataFolder:
    """The folder of landed and validated data, through a whole build of the warehouse and its tests."""

    warehouse: Warehouse

    def judge(self, corrupt: Callable[[DataPaths], frozenset[Alarm] | None] | None) -> frozenset[Alarm]:
        """Return what the gates say of what changed, and dbt's tests of a build from the folder."""
        return self.warehouse.judge_folder(corrupt or (lambda paths: None))


def _parents(node: Node) -> set[str]:
    return set(node["depends_on"].get("nodes", ()))


def _make(
    connection: duckdb.DuckDBPyConnection,
    node: Node,
    paths: DataPaths,
    moved: Callable[[str], str] = lambda sql: sql,
) -> None:
    if not _is_python(node):
        connection.execute(moved(_sql(node)))
        return
    # The one model in Python asks the project's own code what each verdict must name.
    fields = [(field.name, pa.string()) for field in dataclasses.fields(RequiredVersions)]
    required = pa.Table.from_pylist(
        [asdict(one) for one in required_versions(paths)], schema=pa.schema(fields)
    )
    connection.register("required", required)
    connection.execute(f"create or replace table {node['name']} as from required")
    connection.unregister("required")


def _is_python(node: Node) -> bool:
    return bool(node.get("language") == "python")


def _sql(node: Node) -> str:
    if node["resource_type"] == "seed":
        path = DBT_PROJECT / node["original_file_path"]
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in node["config"]["column_types"].items())
        typed = f", types = {{{types}}}" if types else ""
        return f"create or replace table {node['name']} as from read_csv('{path}', header = true{typed})"
    return f"create or replace table {node['name']} as {node['compiled_code']}"


def _finds(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    return bool(connection.execute(f"select 1 from ({sql}) limit 1").fetchall())
