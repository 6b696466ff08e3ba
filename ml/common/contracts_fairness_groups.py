"""Declared contract of the long table: every figure by group of the fairness tables, in one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.fairness_sources import (
    DIFFERENCE,
    DISPARITY_NULL_REASONS,
    NO_DISPARITY,
    NULL_REASONS,
    RATIO,
    SOURCE_TABLES,
    SOURCES,
    WITHHELD,
)
from ml.common.schema import Check, Column, DuckDBType, TableContract

if TYPE_CHECKING:
    import pandas as pd

_FIGURES = ("metric_value", "disparity")
_REASON_OF = {"metric_value": "null_reason", "disparity": "disparity_null_reason"}
_BOUNDED = tuple(f"{name}{side}" for name in _FIGURES for side in ("", "_lower", "_upper"))


def _read_from(name: str) -> tuple[str, ...]:
    columns = (f"{source.table}.{source.read[name]}" for source in SOURCES if name in source.read)
    return tuple(dict.fromkeys(columns))


def _column(name: str, kind: DuckDBType, description: str, nullable: bool = False) -> Column:
    return Column(name, kind, description, nullable, inputs=_read_from(name))


def _words(name: str, description: str, *allowed: str) -> Column:
    return Column(name, "VARCHAR", description, allowed=allowed, inputs=_read_from(name))


def _named(name: str, description: str, *allowed: str) -> Column:
    return Column(name, "VARCHAR", description, allowed=allowed, origin_note="written by the model itself")


def _figure(name: str, description: str) -> list[Column]:
    return [
        _column(name, "DOUBLE", description, True),
        _column(f"{name}_lower", "DOUBLE", "Lower bound, 95%, as its source has it; null for none", True),
        _column(f"{name}_upper", "DOUBLE", "Upper bound, 95%, as its source has it; null for none", True),
    ]


def _shown_of_withheld(frame: pd.DataFrame) -> str | None:
    withheld = frame[frame["is_suppressed"].astype(bool)]
    for name in (*_BOUNDED, "part_amount"):
        if withheld[name].notna().any():
            return f"{name} is shown of a group that is marked as withheld"
    return None


def _undeclared_disparity(frame: pd.DataFrame) -> str | None:
    stray = frame[(frame["disparity_kind"] == NO_DISPARITY) & frame["disparity"].notna()]
    return f"{stray['metric'].iloc[0]} is compared, and nothing says how" if len(stray) else None


def _unexplained_null(frame: pd.DataFrame) -> str | None:
    for value, reason in _REASON_OF.items():
        wrong = frame[frame[value].isna() != frame[reason].notna()]
        if len(wrong):
            return f"{reason} of {wrong['metric'].iloc[0]} is there with a figure, or not without one"
    is_said = frame["null_reason"] == WITHHELD
    if (is_said & ~frame["is_suppressed"].astype(bool)).any():
        return "null_reason says withheld of what is not"
    return None


def _reason(name: str, description: str, allowed: tuple[str, ...], *made_of: str) -> Column:
    needed = [source.residents for source in SOURCES] + [key for one in SOURCES for key in one.worked_out]
    tables = {source.table for source in SOURCES if source.residents}
    inputs = [f"{table}.{column}" for table in sorted(tables) for column in needed if column]
    read = [column for own in ("metric_value", "is_suppressed", *made_of) for column in _read_from(own)]
    return Column(
        name, "VARCHAR", description, True, allowed=allowed, inputs=tuple(dict.fromkeys([*read, *inputs]))
    )


ML_FAIRNESS_GROUPS = TableContract(
    name="ml_fairness_groups",
    grain="One row per source, model, place, category, selected areas, metric, attribute and group.",
    key=(
        "source_table",
        "model",
        "force_slug",
        "area_code",
        "category",
        "selected_areas",
        "metric",
        "attribute",
        "group_name",
    ),
    columns=(
        _named("source_table", "Table that the figure stands in", *SOURCE_TABLES),
        _words("model", "stop_and_search, hotspots, or the risk map by what it is of"),
        _words("force_slug", "Force; all for figures of all forces together"),
        _words("area_code", "District, or the force itself; all for all areas together"),
        _words("category", "Object of search or crime group; all for everything together"),
        _words("selected_areas", "Hulls, share or class of areas, or level of the forecast; all for no map"),
        _words("metric", "What is measured; docs/methods/fairness.md says what each is"),
        _words("attribute", "What people are told apart by; all for everyone together"),
        _words("group_name", "Group of people, Not stated or Everyone; of deciles '1' is the most deprived"),
        _words("reference_group", "What the disparity compares with"),
        _column("part_amount", "DOUBLE", "Numerator; null when withheld or not published", True),
        _column("whole_amount", "DOUBLE", "Denominator; null when withheld or not published", True),
        *_figure(
            "metric_value",
            "The figure; null when withheld, undefined or not worked out",
        ),
        _named("disparity_kind", "How it is compared", RATIO, DIFFERENCE, NO_DISPARITY),
        *_figure(
            "disparity",
            "The figure over, or less, the reference's; null where either has none",
        ),
        _column(
            "is_suppressed",
            "BOOLEAN",
            "Whether the figure is withheld; the reference has its own row",
        ),
        _reason(
            "null_reason",
            "Why metric_value is null, the first that holds; null where it is there",
            NULL_REASONS,
        ),
        _reason(
            "disparity_null_reason",
            "Why disparity is null, the first that holds; null where it is there",
            DISPARITY_NULL_REASONS,
            "disparity",
            "group_name",
            "reference_group",
        ),
    ),
    ordered=tuple((f"{name}_lower", name, f"{name}_upper") for name in _FIGURES),
    checks=(
        Check("withheld_is_withheld", "No figure of a withheld group is shown.", _shown_of_withheld),
        Check("disparity_is_declared", "What is compared says how.", _undeclared_disparity),
        Check("nulls_have_reasons", "What is missing says why, and nothing else does.", _unexplained_null),
    ),
)
