"""The frame by which the long table is judged: of each source, what it holds beside what came of it."""

from __future__ import annotations

from ml.common.fairness_sources import SOURCES, Source


def _held(source: Source) -> str:
    disparity = source.disparity or "null::double"
    return f"""
        select
            '{source.table}' as source_table,
            count(*) as row_count,
            sum({source.value}) as value_sum,
            sum({disparity}) as disparity_sum,
            count(*) filter (where {source.withheld}) as withheld_count
        from {source.table}
    """


_HELD = " union all ".join(map(_held, SOURCES))

QUERIES: dict[str, dict[str, str]] = {
    "ml_fairness_groups": {
        # Sums may differ by rounding only, relative to the whole.
        "sources": f"""
            with held as ({_HELD}),
            expected as (
                select
                    source_table,
                    sum(row_count) as row_count,
                    coalesce(sum(value_sum), 0) as value_sum,
                    coalesce(sum(disparity_sum), 0) as disparity_sum,
                    sum(withheld_count) as withheld_count
                from held group by source_table
            ),
            long_rows as (
                select
                    source_table,
                    count(*) as row_count,
                    coalesce(sum(metric_value), 0) as value_sum,
                    coalesce(sum(disparity), 0) as disparity_sum,
                    count(*) filter (where is_suppressed) as withheld_count
                from ml_fairness_groups group by source_table
            )
            select
                expected.source_table,
                expected.row_count - coalesce(long_rows.row_count, 0) as missing_row_count,
                abs(expected.value_sum - coalesce(long_rows.value_sum, 0))
                    / (1 + abs(expected.value_sum)) as value_gap,
                abs(expected.disparity_sum - coalesce(long_rows.disparity_sum, 0))
                    / (1 + abs(expected.disparity_sum)) as disparity_gap,
                expected.withheld_count - coalesce(long_rows.withheld_count, 0) as missing_withheld_count
            from expected
            left join long_rows on expected.source_table = long_rows.source_table
            order by expected.source_table
        """,
    },
}
