"""The frame by which the long table is judged: its rows beside those that its sources say it must have."""

from __future__ import annotations

from ml.common.contracts import CONTRACTS
from ml.common.fairness_sources import (
    DIFFERENCE,
    IS_REFERENCE,
    MAP_OF,
    NOT_COMPARED,
    NOT_DEFINED,
    NOT_WORKED_OUT,
    REFERENCE_HAS_NONE,
    RESIDENTS_UNKNOWN,
    SOURCES,
    WITHHELD,
    Source,
)

_TABLE = "ml_fairness_groups"
_COLUMNS = CONTRACTS[_TABLE].columns
_NAMES = ", ".join(column.name for column in _COLUMNS)


def _expected(source: Source) -> str:
    """Return the query of the rows that a source gives."""
    given = {
        "source_table": source.table,
        "disparity_kind": source.disparity_kind,
        "metric": source.metric,
        **source.constants,
    }
    read_or_given = {
        **{name: f"'{value}'" for name, value in given.items()},
        **source.read,
        **_reasons(source),
    }
    parts = []
    for column in _COLUMNS:
        value = read_or_given.get(column.name, "null")
        if column.name == "model" and column.name in source.read:
            whens = " ".join(f"when '{measure}' then '{model}'" for measure, model in MAP_OF.items())
            value = f"case {value} {whens} else {value} end"
        parts.append(f"({value})::{column.type.lower()} as {column.name}")
    return f"select {', '.join(parts)} from {source.table}"


def _reasons(source: Source) -> dict[str, str]:
    """Return by column the expressions of why a source's figure, and its comparison, is null."""
    elsewhere = " or ".join(
        f"{column} not in ({', '.join(map(repr, values))})" for column, values in source.worked_out.items()
    )
    whens = [f"when {source.value} is not null then null", f"when {source.withheld} then '{WITHHELD}'"]
    whens += [f"when {elsewhere} then '{NOT_WORKED_OUT}'"] if elsewhere else []
    whens += [f"when {source.residents} is null then '{RESIDENTS_UNKNOWN}'"] if source.residents else []
    of_figure = f"case {' '.join(whens)} else '{NOT_DEFINED}' end"
    if not source.disparity:
        return {"null_reason": of_figure, "disparity_null_reason": f"'{NOT_COMPARED}'"}
    own = (
        f"when group_name = reference_group then '{IS_REFERENCE}'"
        if source.disparity_kind == DIFFERENCE
        else ""
    )
    of_disparity = f"""
        case
            when {source.disparity} is not null then null
            when {source.value} is null then {of_figure}
            {own}
            else '{REFERENCE_HAS_NONE}'
        end
    """
    return {"null_reason": of_figure, "disparity_null_reason": of_disparity}


QUERIES: dict[str, dict[str, str]] = {
    _TABLE: {
        "sources": f"""
            with expected as ({" union all ".join(map(_expected, SOURCES))}),
            held as (select {_NAMES} from {_TABLE}),
            other as (select * from held except all select * from expected),
            sizes as (select source_table, count(*) as row_count from expected group by source_table),
            held_sizes as (select source_table, count(*) as row_count from held group by source_table),
            others as (select source_table, count(*) as row_count from other group by source_table)
            select
                sizes.source_table,
                sizes.row_count - coalesce(held_sizes.row_count, 0) as missing_row_count,
                coalesce(others.row_count, 0) as other_row_count
            from sizes
            left join held_sizes on sizes.source_table = held_sizes.source_table
            left join others on sizes.source_table = others.source_table
            order by sizes.source_table
        """,
    },
}
