"""dbt's documentation: every column says where it comes from, and nothing can end the script it lies in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.lineage.model import ColumnRef, Lineage, Origin
from orchestration.publishing.dbt_docs import describe_origins, write_dbt_docs
from orchestration.publishing.errors import ReleaseError

LINEAGE: Lineage = {
    "raw_street": {"Month": Origin()},
    "stg_street": {"crime_month": Origin((ColumnRef("raw_street", "Month"),))},
    "mart": {
        "crime_month": Origin((ColumnRef("stg_street", "crime_month"),)),
        "scheme": Origin(note="a setting of the run"),
    },
}


def manifest() -> dict[str, Any]:
    """A manifest of one model, of which one column is documented."""
    column = {"name": "crime_month", "description": "First day of the month"}
    model = {"resource_type": "model", "name": "mart", "columns": {"crime_month": column}}
    return {"nodes": {"model.mart": model, "test.mart": {"resource_type": "test", "name": "mart"}}}


def test_a_column_says_what_it_is_made_from_and_where_it_begins() -> None:
    """Dbt draws models only: an auditor who reads its pages alone would not find the published field."""
    columns = describe_origins(manifest(), LINEAGE)["nodes"]["model.mart"]["columns"]
    assert columns["crime_month"]["description"] == (
        "First day of the month\n\n"
        "**Made from:** `stg_street.crime_month`\n\n"
        "**Begins in:** `raw_street.Month`"
    )
    assert columns["scheme"]["description"] == "**Notes:** mart.scheme: a setting of the run"


def test_the_page_holds_the_described_manifest(tmp_path: Path) -> None:
    """Text that ends the script element would break the page, or run what upstream wrote."""
    given = manifest()
    given["nodes"]["model.mart"]["description"] = "</script><script>alert(1)</script>"
    text = json.dumps(given)
    (tmp_path / "manifest.json").write_text(text)
    (tmp_path / "static_index.html").write_text(f"<script>n=[{text}]</script>")
    write_dbt_docs(tmp_path, LINEAGE, tmp_path / "docs" / "index.html")
    page = (tmp_path / "docs" / "index.html").read_text()
    assert page.count("</script>") == 1
    held = json.loads(page.removeprefix("<script>n=[").removesuffix("]</script>"))
    assert held == describe_origins(given, LINEAGE)


def test_a_page_without_the_manifest_is_refused(tmp_path: Path) -> None:
    """Another dbt might write its page otherwise: a page without origins must not pass for one with them."""
    (tmp_path / "manifest.json").write_text(json.dumps(manifest()))
    (tmp_path / "static_index.html").write_text("<html></html>")
    with pytest.raises(ReleaseError, match=r"static_index\.html"):
        write_dbt_docs(tmp_path, LINEAGE, tmp_path / "index.html")
