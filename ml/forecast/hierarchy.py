"""From records by force, district and crime type to series that are parts of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.history import LATE_MONTHS, months_asked

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "total"
ELSEWHERE = "elsewhere"
MEASURES = ("harm_days", "crime_count")


def hierarchy_series(cells: pd.DataFrame) -> pd.DataFrame:
    """Monthly series of the total, of forces, of their districts, of crime groups and of their crime types.

    Series end together, or their forecasts could not add up: at the last month that all current forces
    have. A force whose files ended more than three months before the newest is no longer current; it is
    forecast alone and is no part of the total, and so is a new one until it has three months beside the
    others, or 24 where most have as many: the total of all would have no more months than it has. The total
    exists only for months in which every force that is part of it has a figure. A district without a record
    in a month of its force has 0, and so has a crime group or type in a month of the total.

    Parameters
    ----------
    cells : DataFrame
        ``force_slug``, ``district_code`` (null where the place is unknown or outside the force's area),
        ``crime_type``, ``crime_month``, ``harm_days``, ``crime_count``; any finer grain is summed.

    Returns
    -------
    DataFrame
        ``series``, ``level``, ``parent_series`` (empty for the total and for forces apart), ``month``,
        ``harm_days``, ``crime_count``.
    """
    import pandas as pd

    columns = ["series", "level", "parent_series", "month", *MEASURES]
    if cells.empty:
        return pd.DataFrame(columns=columns)
    cells = cells.rename(columns={"crime_month": "month"})
    cells["month"] = pd.to_datetime(cells["month"])
    # A column of nulls alone comes with a type of its own, which would take no text.
    cells["district"] = cells["district_code"].astype(object).fillna(ELSEWHERE).astype(str)
    cells = cells.sort_values(["month", "force_slug", "district", "crime_type"], kind="stable")
    current, end = _current_forces(cells)
    is_current = cells["force_slug"].isin(current)
    apart, cells = cells[~is_current], cells[is_current & (cells["month"] <= end)]
    forces = _summed(cells, "force_slug").assign(level="force", parent_series=TOTAL)
    present = forces.groupby("month")["series"].size()
    complete = present.index[present == len(current)]
    whole = cells[cells["month"].isin(complete)]
    parts = [
        whole.groupby("month")[list(MEASURES)]
        .sum()
        .reset_index()
        .assign(series=TOTAL, level=TOTAL, parent_series=""),
        forces,
        _summed(apart, "force_slug").assign(level="force", parent_series=""),
        *_by_crime(whole),
        *(
            _filled(rows, "district", f"{force}/").assign(level="district", parent_series=force)
            for force, rows in cells.groupby("force_slug")
        ),
    ]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)[columns]


def _current_forces(cells: pd.DataFrame) -> tuple[pd.Index, pd.Timestamp]:
    """Forces that are parts of the total, and the last month that all of them have."""
    import pandas as pd

    from ml.forecast.models import LONG_ENOUGH, SHORTEST

    months = cells.groupby("force_slug")["month"]
    last = months.max()
    current = last.index[last >= last.max() - pd.DateOffset(months=LATE_MONTHS)]
    counts = months.nunique()[current]
    # Where most forces can show a season, so can their total.
    asked = months_asked(counts, LONG_ENOUGH, SHORTEST)
    known = current[counts >= asked]
    if known.empty:
        return current, last[current].min()
    end = last[known].min()
    held = cells[cells["month"] <= end].groupby("force_slug")["month"].nunique()
    # Of months beyond the end, a new force may have any number.
    return known[held.reindex(known, fill_value=0) >= asked], end


def _by_crime(whole: pd.DataFrame) -> list[pd.DataFrame]:
    """The total by crime group, and each group by crime type."""
    import numpy as np
    import pandas as pd

    from ml.common.crime_groups import OTHER, group_by_type

    whole = whole.assign(crime_group=whole["crime_type"].map(group_by_type()).fillna(OTHER))
    groups = _filled(whole, "crime_group", "crime_group/").assign(level="crime_group", parent_series=TOTAL)
    # Of the total, not of the group: one without a record in the newest month would end its types before it.
    months = pd.Index(np.sort(whole["month"].unique()), name="month")
    types = (
        _filled(rows, "crime_type", "crime_type/", months).assign(
            level="crime_type", parent_series=f"crime_group/{group}"
        )
        for group, rows in whole.groupby("crime_group")
    )
    return [groups, *types]


def _summed(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    grouped = cells.groupby([name, "month"])[list(MEASURES)].sum().reset_index()
    return grouped.rename(columns={name: "series"})


def _filled(cells: pd.DataFrame, name: str, prefix: str, months: pd.Index | None = None) -> pd.DataFrame:
    """Sums by name and month, with 0 in months that others have, or that are given."""
    table = cells.groupby(["month", name])[list(MEASURES)].sum().unstack(name, fill_value=0)
    table = table if months is None else table.reindex(months, fill_value=0)
    filled = table.stack(name, future_stack=True).reset_index().rename(columns={name: "series"})
    filled["series"] = prefix + filled["series"].astype(str)
    return filled
