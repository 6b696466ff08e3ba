"""Writes the data contract of the reference data: ``python -m orchestration.sources.describe``."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.sources.catalogue import (
    CATALOGUE,
    OGL_ADDRESS,
    ArcgisLayer,
    NomisQuery,
    ReferenceDataset,
)
from orchestration.sources.endpoints import LIVE_ENDPOINTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data_contracts" / "reference.md"
_HEAD = """# Reference data

Written by `python -m orchestration.sources.describe` from the catalogue (`orchestration/sources/catalogue`);
edit that, not this page. Each dataset is landed as `raw_<name>` with its bytes untouched, and read, gated and
typed as `validated_<name>` with the columns below. What is optional may be missing: the run goes on and names
it. In the profile `mirror` a file is found by any of the patterns given, in subfolders too. A file of another
edition is refused: publishers put the year of a geography into the names of the columns.
"""


def contract() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *map(_section, CATALOGUE.values())])


def _section(dataset: ReferenceDataset) -> str:
    facts = {
        "What": dataset.title,
        "Edition": dataset.vintage,
        "Needed": "optional" if dataset.is_optional else "required",
        "Home page": f"<{dataset.home_page}>",
        "Fetched from": "<br>".join(_addresses(dataset)),
        "In a mirror": "<br>".join(" with ".join(f"`{p}`" for p in shape) for shape in _shapes(dataset)),
        "Licence": f"[{dataset.licence}]({OGL_ADDRESS})",
        "Attribution": dataset.attribution,
        "Key": ", ".join(f"`{name}`" for name in dataset.key),
    }
    columns = [f"| `{c.name}` | {c.type} | {c.unit} | {c.meaning} |" for c in dataset.columns]
    return "\n".join(
        [
            f"## {dataset.slug}\n",
            f"{dataset.grain}\n",
            "| | |\n|---|---|",
            *(f"| {name} | {fact} |" for name, fact in facts.items()),
            "\n| column | type | unit | meaning |\n|---|---|---|---|",
            *columns,
            "",
        ]
    )


def _shapes(dataset: ReferenceDataset) -> list[tuple[str, ...]]:
    # Parts need not all be there, so each pattern stands for itself.
    if dataset.comes_in_parts:
        return [(pattern,) for shape in dataset.shapes for pattern in shape]
    return list(dataset.shapes)


def _addresses(dataset: ReferenceDataset) -> list[str]:
    source = dataset.source
    if isinstance(source, ArcgisLayer):
        layer = f"{getattr(LIVE_ENDPOINTS, source.host)}/{source.path}"
        hub = f"{LIVE_ENDPOINTS.arcgis_hub}/api/download/v1/items/{source.hub_item}/csv"
        return [f"<{layer}>", *([f"<{hub}> when it cannot be paged"] if source.hub_item else [])]
    if isinstance(source, NomisQuery):
        selection = ", ".join(f"{name}={value}" for name, value in source.selection)
        return [f"<{LIVE_ENDPOINTS.nomis}/api/v01/dataset/{source.dataset_id}.data.csv> ({selection})"]
    return [f"<{getattr(LIVE_ENDPOINTS, source.host)}/{path}>" for path, _ in source.files]


@click.command()
def main() -> None:
    """Write docs/data_contracts/reference.md."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(contract(), encoding="utf-8")
    click.echo(f"wrote {PAGE.relative_to(PAGE.parents[2])}")


if __name__ == "__main__":
    main()
