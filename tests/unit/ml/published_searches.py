"""What a reader can read, or work out row by row, of a release's tables of searches."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from tests.unit.ml.suppression_attack import ranges_of_force

KEY = ["force_slug", "ethnicity_basis", "ethnic_group"]
COUNTED = {
    "stops": "stop_count",
    "unrepeated": "stop_count_without_repeats",
    "hits": "further_action_count",
    "misses": "no_further_action_count",
    "arrests": "arrest_count",
}
#: Columns of each table that, beside totals and residents, give a count of their row back.
_TELL = {
    "mart_stops_ethnicity": {name: (column,) for name, column in COUNTED.items()},
    "ml_fairness_stops": {"stops": ("stop_count", "rate_"), "misses": ("no_further_action_share",)},
    "ml_fairness_stop_rates": {
        "stops": ("stop_count", "stop_share", "rate_per_1000", "rate_ratio"),
        "unrepeated": ("stop_count_without_repeats", "rate_ratio_without_repeats"),
        "hits": ("hit_rate", "threshold_"),
        "misses": ("hit_rate", "threshold_"),
    },
}
#: Columns that give the count of the group "Not stated" back, in whatever row they stand.
_TELL_NOT_STATED = ("not_stated_share", "rate_ratio_best_case", "rate_ratio_worst_case")


def attack_release(tables: Path, warehouse: pd.DataFrame) -> pd.DataFrame:
    """Attack the small counts of every force and basis with all that the release's tables tell.

    ``tables``: the release's folder of Parquet files. ``warehouse``: `mart_stops_ethnicity` before anything
    was withheld. A column is left out where the release shows nothing of it at all.
    """
    truth = warehouse.set_index(KEY)[list(COUNTED.values())].set_axis(list(COUNTED), axis="columns")
    shown = pd.DataFrame(False, index=truth.index, columns=truth.columns)
    for table, tells in _TELL.items():
        path = tables / f"{table}.parquet"
        if path.is_file():
            shown |= _shown(_of_whole_forces(path), tells, truth.index)
    found = []
    for unit, own in truth.groupby(level=KEY[:2]):
        told = shown.loc[own.index]
        ranges = ranges_of_force(own.astype(float).where(told), own)
        ranges = ranges[ranges["counted"].map(told.any())]
        found.append(ranges.assign(unit="/".join(unit)))
    return pd.concat(found, ignore_index=True)


def _of_whole_forces(path: Path) -> pd.DataFrame:
    """Return a published table's rows of whole forces by ethnic group, on the key of the mart."""
    rows = duckdb.sql(f"select * from '{path}'").df()
    if "area_type" in rows:
        is_whole = (rows["area_type"] == "force") & (rows["object_of_search"] == "All objects")
        rows = rows[is_whole & rows["attribute"].str.endswith("_ethnicity")]
        rows = rows.assign(ethnicity_basis=rows["attribute"].str.removesuffix("_ethnicity"))
    return rows.rename(columns={"group_name": "ethnic_group"}).set_index(KEY)


def _shown(rows: pd.DataFrame, tells: dict[str, tuple[str, ...]], index: pd.MultiIndex) -> pd.DataFrame:
    shown = pd.DataFrame(False, index=index, columns=list(COUNTED))
    for name, starts in tells.items():
        columns = [column for column in rows if column.startswith(starts)]
        shown[name] = rows[columns].notna().any(axis="columns").reindex(index, fill_value=False)
    bounds = [column for column in rows if column in _TELL_NOT_STATED]
    if bounds:
        # The reference's own ratios are 1 by definition and tell nothing.
        is_told = rows[bounds].notna() & (rows[bounds] != 1)
        told = is_told.any(axis="columns").groupby(level=KEY[:2]).any()
        is_not_stated = index.get_level_values("ethnic_group") == "Not stated"
        units = index.droplevel("ethnic_group")
        shown["stops"] |= np.asarray(told.reindex(units, fill_value=False)) & is_not_stated
    return shown
