"""The lineage of the dbt project: worked out when a checkout is prepared, and read whenever it is needed."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.lineage.model import ColumnRef, LineageError, Origin

LINEAGE_FILE = "column_lineage.json"
#: What a compilation for the sake of lineage is told: no dataset may look as if it had not been supplied.
COMPILE_VARIABLES = {"assume_every_file": True}


def model_lineage(manifest: Mapping[str, Any], project: Path) -> dict[str, dict[str, Origin]]:
    """Return the origin of each column of each model and seed.

    Parameters
    ----------
    manifest
        dbt's manifest after ``dbt compile`` with `COMPILE_VARIABLES`.
    project
        The project's folder, for the headers of the seeds.

    Returns
    -------
    dict
        Origins by column, by model or seed.

    Raises
    ------
    LineageError
        When a model is not compiled, or its SQL cannot be followed.
    """
    from data_quality.schemas import QUARANTINE_SCHEMA, VALIDATED_SCHEMAS
    from orchestration.lineage.sql import column_origins

    files = {name: tuple(schema.names) for name, schema in VALIDATED_SCHEMAS.items()}
    files["quarantine"] = tuple(QUARANTINE_SCHEMA.names)
    nodes = {i: n for i, n in manifest["nodes"].items() if n["resource_type"] in ("model", "seed")}
    schemas: dict[str, list[str]] = {}
    lineage: dict[str, dict[str, Origin]] = {}
    for node in _in_order(nodes):
        name = node["name"]
        if node["resource_type"] == "seed":
            note = f"declared in {node['original_file_path']}"
            with (project / node["original_file_path"]).open(newline="", encoding="utf-8") as handle:
                lineage[name] = {column: Origin((), note) for column in next(csv.reader(handle))}
        elif node["language"] == "python":
            note = f"worked out by {node['original_file_path']} when dbt runs"
            lineage[name] = {column: Origin((), note) for column in node["columns"]}
        else:
            if not node.get("compiled_code"):
                raise LineageError(f"{name} has no compiled SQL: run `make setup` again")
            lineage[name] = column_origins(name, node["compiled_code"], schemas, files)
        schemas[name] = list(lineage[name])
    return lineage


def write_model_lineage(lineage: Mapping[str, Mapping[str, Origin]], path: Path) -> None:
    """Write the lineage of the dbt project beside its manifest.

    Parameters
    ----------
    lineage
        Origin of each column of each asset.
    path
        The JSON file, which is replaced in one step; its folder must exist.
    """
    document = {
        asset: {
            column: {"inputs": [str(reference) for reference in origin.inputs], "note": origin.note}
            for column, origin in columns.items()
        }
        for asset, columns in lineage.items()
    }
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)


def read_model_lineage(path: Path) -> dict[str, dict[str, Origin]]:
    """Read what :func:`write_model_lineage` wrote.

    Raises
    ------
    FileNotFoundError
        When the checkout was not prepared since the lineage became part of it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `make setup`, which works out the lineage")
    return {
        asset: {
            column: Origin(tuple(map(ColumnRef.parse, entry["inputs"])), entry["note"])
            for column, entry in columns.items()
        }
        for asset, columns in json.loads(path.read_text(encoding="utf-8")).items()
    }


def _in_order(nodes: Mapping[str, Any]) -> list[Any]:
    """Return the nodes, each after those that it reads."""
    from graphlib import TopologicalSorter

    graph = {i: [p for p in node["depends_on"].get("nodes", []) if p in nodes] for i, node in nodes.items()}
    return [nodes[i] for i in TopologicalSorter(graph).static_order()]
