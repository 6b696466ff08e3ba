"""Every figure by group of the fairness tables in one shape, so that models can be read beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ml.common.fairness_sources import MAP_OF, SOURCES, Source

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
    return rows.assign(model=rows["model"].replace(MAP_OF))
