"""dbt's own documentation in one file, with the origin of every column added to what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from data_quality.files import write_text_atomically
from orchestration.lineage.model import ColumnRef, Lineage, beginnings
from orchestration.publishing.errors import ReleaseError

_DOCUMENTED = ("model", "seed")


def write_dbt_docs(target: Path, lineage: Lineage, page: Path) -> None:
    """Write the page that ``dbt docs generate --static`` made, with column lineage in it.

    dbt's documentation knows which model is made from which, not which column. The page holds the manifest
    that lies beside it; here it is replaced by one whose descriptions name the columns that a column is
    made from and the raw columns in which it begins.

    Parameters
    ----------
    target
        The folder of dbt's artefacts, with ``static_index.html`` and ``manifest.json``.
    lineage
        The whole lineage.
    page
        The HTML file to write; its folder is made when missing.

    Raises
    ------
    ReleaseError
        When the page does not hold the manifest, as another version of dbt might have it.
    """
    static = (target / "static_index.html").read_text(encoding="utf-8")
    manifest = (target / "manifest.json").read_text(encoding="utf-8")
    before, found, after = static.partition(manifest)
    if not found:
        raise ReleaseError(
            "static_index.html",
            "does not hold the manifest that lies beside it",
            "generate the documentation again with the pinned version of dbt",
        )
    page.parent.mkdir(parents=True, exist_ok=True)
    described = json.dumps(describe_origins(json.loads(manifest), lineage))
    # What is put into a script element must not be able to end it.
    write_text_atomically(page, before + described.replace("</", "<\\/") + after)


def describe_origins(manifest: dict[str, Any], lineage: Lineage) -> dict[str, Any]:
    """Add to the description of each column of each model and seed where it comes from.

    Parameters
    ----------
    manifest
        dbt's manifest; it is changed in place.
    lineage
        The whole lineage. Columns that it has but dbt does not document are added.

    Returns
    -------
    dict
        The same manifest.
    """
    for node in manifest["nodes"].values():
        if node["resource_type"] not in _DOCUMENTED:
            continue
        for column in lineage.get(node["name"], {}):
            documented = node["columns"].setdefault(column, {"name": column, "description": ""})
            origin = _origin_in_words(lineage, ColumnRef(node["name"], column))
            documented["description"] = f"{documented['description']}\n\n{origin}".strip()
    return manifest


def _origin_in_words(lineage: Lineage, reference: ColumnRef) -> str:
    made_from = lineage[reference.asset][reference.column].inputs
    raw, notes = beginnings(lineage, reference)
    parts = {
        "Made from": [f"`{column}`" for column in made_from],
        "Begins in": [f"`{column}`" for column in sorted(raw)],
        "Notes": sorted(notes),
    }
    return "\n\n".join(f"**{title}:** {', '.join(found)}" for title, found in parts.items() if found)
