"""What a plan's areas are expected to hold, beside as many areas that a plain count would have chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.common.intervals import wilson_interval
from ml.patrol.plan import AT_RANDOM, BY_HARM

if TYPE_CHECKING:
    import pandas as pd

THE_PLAN, PLAIN_COUNT, PLAIN_COUNT_OF_PART = "plan", "plain_count", "plain_count_as_expected_harm"
_AMOUNTS = ("expected_crime_count", "expected_harm_days", "crime_count")


def expected_capture(plan: pd.DataFrame, risk: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Hold a plan beside as many areas with the most recorded crime.

    What is expected is the forecast that the plan was made of, and no finding about it: backtests say how
    good such forecasts were. What was recorded is of the very months that the plain count is made of, and
    that the forecast learned from.

    Parameters
    ----------
    plan : DataFrame
        ``lsoa_code`` and ``selection`` of the areas of a plan.
    risk : DataFrame
        Rows of ``ml_risk_lsoa`` of all crime: ``lsoa_code``, ``expected_crime_count``,
        ``expected_harm_days``.
    recorded : DataFrame
        ``lsoa_code`` and ``crime_count`` of recent months; an area without a record need not be there.

    Returns
    -------
    DataFrame
        A row for the whole plan (``plan``) and as many areas by plain count (``plain_count``), for its part
        by harm (``expected_harm``) and as many (``plain_count_as_expected_harm``), and for its random part:
        ``choice``, ``area_count``, ``area_share`` of all areas, the sums ``expected_crime_count``,
        ``expected_harm_days`` and ``crime_count``, and the share of each in that of all areas
        (``…_share``; NaN for 0/0). ``crime_count_share`` has the bounds ``_lower`` and ``_upper``: 95%,
        Wilson, as if records came one by one, so that what varies from year to year is not in them.
    """
    import pandas as pd

    areas = risk.merge(recorded[["lsoa_code", "crime_count"]], on="lsoa_code", how="left")
    areas = areas.fillna({"crime_count": 0}).sort_values("lsoa_code", ignore_index=True)
    most = areas.sort_values("crime_count", ascending=False, kind="stable")["lsoa_code"]
    by_harm = plan.loc[plan["selection"] == BY_HARM, "lsoa_code"]
    choices = {
        THE_PLAN: plan["lsoa_code"],
        PLAIN_COUNT: most.iloc[: len(plan)],
        BY_HARM: by_harm,
        PLAIN_COUNT_OF_PART: most.iloc[: len(by_harm)],
        AT_RANDOM: plan.loc[plan["selection"] == AT_RANDOM, "lsoa_code"],
    }
    rows = []
    for choice, codes in choices.items():
        held = areas[areas["lsoa_code"].isin(codes)]
        sums = {name: held[name].sum() for name in _AMOUNTS}
        rows.append({"choice": choice, "area_count": len(held), **sums})
    table = pd.DataFrame(rows)
    table["area_share"] = table["area_count"] / (len(areas) or np.nan)
    for name in _AMOUNTS:
        every = areas[name].sum()
        table[f"{name}_share"] = table[name] / (every if every > 0 else np.nan)
    lower, upper = wilson_interval(table["crime_count"], np.full(len(table), areas["crime_count"].sum()))
    return table.assign(crime_count_share_lower=lower, crime_count_share_upper=upper)
