"""The frame by which the long table is judged: its rows beside those that its sources say it must have."""

from __future__ import annotations

from ml.common.contracts import CONTRACTS
from ml.common.fairness_sources import MAP_OF, SOURCES, Source

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
    parts = []
    for column in _COLUMNS:
        read = source.read.get(column.name)
        value = read or (f"'{given[column.name]}'" if column.name in given else "null")
        if column.name == "model" and read:
            whens = " ".join(f"when '{measure}' then '{model}'" for measure, model in MAP_OF.items())
            value = f"case {read} {whens} else {read} end"
        parts.append(f"({value})::{column.type.lower()} as {column.name}")
    return f"select {', '.join(parts)} from {source.table}"


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
