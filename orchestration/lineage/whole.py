"""The whole lineage: raw and validated columns, dbt models, ml tables and what is published."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ml.common.contracts import CONTRACTS
from orchestration.lineage.dbt import LINEAGE_FILE, read_model_lineage
from orchestration.lineage.gates import gate_lineage
from orchestration.lineage.model import RELEASE, ColumnRef, Lineage, Origin
from orchestration.publishing.tables import SUPPRESSED_FROM, is_published
from orchestration.warehouse import DBT_PROJECT


def ml_lineage() -> dict[str, dict[str, Origin]]:
    """Return the origin of each column of each ml table, as its contract declares it."""
    return {
        name: {
            column.name: Origin(tuple(sorted(map(ColumnRef.parse, column.inputs))), column.origin_note)
            for column in contract.columns
        }
        for name, contract in CONTRACTS.items()
    }


def release_lineage(lineage: Lineage) -> dict[str, Origin]:
    """Return the origin of each column of a release, named ``table.column``."""
    columns = {
        f"{table}.{column}": Origin((ColumnRef(table, column),))
        for table, held in lineage.items()
        if is_published(table)
        for column in held
    }
    for table, counts in SUPPRESSED_FROM.items():
        columns[f"{table}.is_suppressed"] = Origin(tuple(ColumnRef(table, count) for count in sorted(counts)))
    return columns


def compose(models: Lineage) -> Lineage:
    """Return the whole lineage around that of the dbt project."""
    lineage = {**gate_lineage(), **models, **ml_lineage()}
    return {**lineage, RELEASE: release_lineage(lineage)}


@lru_cache(maxsize=1)
def whole_lineage(target: Path = DBT_PROJECT / "target") -> Lineage:
    """Return the whole lineage of this checkout, as it was when the checkout was prepared.

    Raises
    ------
    FileNotFoundError
        When the checkout was not prepared.
    """
    return compose(read_model_lineage(target / LINEAGE_FILE))
