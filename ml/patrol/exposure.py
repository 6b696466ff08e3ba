"""Who lives in the areas of a patrol plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.fairness.hotspot_exposure import audit_hotspot_exposure

if TYPE_CHECKING:
    import pandas as pd


def plan_exposure(plan: pd.DataFrame, lsoas: pd.DataFrame) -> pd.DataFrame:
    """Share of each group's residents who live in an area of the plan.

    Parameters
    ----------
    plan : DataFrame
        ``lsoa_code`` of the areas of a plan.
    lsoas : DataFrame
        One row for each area that the plan could have named, with the columns that
        :func:`ml.fairness.audit_hotspot_exposure` asks for but ``covered_area_share``.

    Returns
    -------
    DataFrame
        As of :func:`ml.fairness.audit_hotspot_exposure`, with the same intervals and the same small groups
        left without figures; no rows without areas.
    """
    covered = lsoas["lsoa_code"].isin(plan["lsoa_code"]).astype("float64")
    table = audit_hotspot_exposure(lsoas.assign(covered_area_share=covered)).drop(columns="model")
    # Deciles in the order of their numbers.
    order = table["group_name"].str.len()
    return table.iloc[np.lexsort((table["group_name"], order, table["attribute"]))].reset_index(drop=True)
