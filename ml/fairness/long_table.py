"""Every figure by group of the fairness tables in one shape, so that models can be read beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    import pandas as pd


def long_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the figures by group of the fairness tables under each other.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Each of `ml.common.fairness_sources.SOURCE_TABLES` by name. Nothing is worked out again: what a
        table withholds or leaves undefined is so here.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_groups``.

    Raises
    ------
    KeyError
        A table is missing.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform

    contract = CONTRACTS["ml_fairness_groups"]
    parts = [_figures(tables[source.table], source) for source in SOURCES]
    stacked = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return conform(stacked.reindex(columns=contract.column_names), contract)


def _figures(table: pd.DataFrame, source: Source) -> pd.DataFrame:
    own = table[list(source.read.values())].set_axis(list(source.read), axis=1)
    given = {
        "source_table": source.table,
        "disparity_kind": source.disparity_kind,
        **({"metric": source.metric} if source.metric else {}),
        **source.constants,
    }
    rows = own.assign(**given)
    reason = _null_reason(table, source)
    return rows.assign(
        model=rows["model"].replace(MAP_OF),
        null_reason=reason,
        disparity_null_reason=_disparity_null_reason(rows, reason, source),
    )


def _null_reason(table: pd.DataFrame, source: Source) -> pd.Series:
    """Say of each row why it has no figure; None of one that has. What holds first is written last."""
    import pandas as pd

    reason = pd.Series(NOT_DEFINED, index=table.index, dtype=object)
    if source.residents:
        reason[table[source.residents].isna()] = RESIDENTS_UNKNOWN
    for column, values in source.worked_out.items():
        reason[~table[column].isin(values)] = NOT_WORKED_OUT
    reason[table[source.withheld].astype(bool)] = WITHHELD
    return reason.where(table[source.value].isna(), None)


def _disparity_null_reason(rows: pd.DataFrame, null_reason: pd.Series, source: Source) -> pd.Series:
    """Say of each row why its figure is not compared; None of one that is."""
    import pandas as pd

    if not source.disparity:
        return pd.Series(NOT_COMPARED, index=rows.index, dtype=object)
    reason = pd.Series(REFERENCE_HAS_NONE, index=rows.index, dtype=object)
    if source.disparity_kind == DIFFERENCE:
        reason[rows["group_name"] == rows["reference_group"]] = IS_REFERENCE
    reason = null_reason.where(null_reason.notna(), reason)
    return reason.where(rows["disparity"].isna(), None)
