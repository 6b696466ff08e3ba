"""Residents of the groups that are searched, by district and by whole force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.fairness.stop_outcomes import ETHNIC_ATTRIBUTES

if TYPE_CHECKING:
    import pandas as pd

AGE_ATTRIBUTES = ("age_range", "gender")
NEEDED_BY_AGE = ("force_slug", "district_code", *AGE_ATTRIBUTES, "resident_count")


def residents_of_groups(residents: pd.DataFrame, residents_by_age: pd.DataFrame) -> pd.DataFrame:
    """Add residents up by area, attribute and group.

    Parameters
    ----------
    residents : DataFrame
        ``district_code``, ``force_slug``, ``ethnic_group``, ``resident_count``.
    residents_by_age : DataFrame
        `NEEDED_BY_AGE`: one row per district, age range and gender; ``resident_count`` null where unknown.

    Returns
    -------
    DataFrame
        ``area_code`` (district or force), ``attribute``, ``group_name``, ``resident_count``. One count that
        is unknown makes every sum unknown that it is part of: a force less a district would have rates that
        are too high. Groups of which nobody counts the residents have no row.

    Raises
    ------
    ValueError
        A column is missing.
    """
    import pandas as pd

    for name in NEEDED_BY_AGE:
        if name not in residents_by_age.columns:
            raise ValueError(f"residents_of_groups: residents by age have no column {name!r}")
    parts = [
        _by_area(residents, "ethnic_group").assign(attribute=attribute) for attribute in ETHNIC_ATTRIBUTES
    ]
    parts += [_by_area(residents_by_age, name).assign(attribute=name) for name in AGE_ATTRIBUTES]
    return pd.concat(parts, ignore_index=True)


def _by_area(residents: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return sums by district and by force, under the names of the table of searches."""
    import pandas as pd

    areas = [residents.rename(columns={name: "area_code"}) for name in ("district_code", "force_slug")]
    both = pd.concat([one[["area_code", group, "resident_count"]] for one in areas])
    sums = both.groupby(["area_code", group])["resident_count"].agg(["sum", "count", "size"])
    known = sums["sum"].astype("float64").where(sums["count"] == sums["size"])
    return known.rename("resident_count").reset_index().rename(columns={group: "group_name"})
