"""What a plan makes of an error of the record: the feedback simulation, with the plan's own shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.patrol.feedback import Policy, Scenario, simulate_feedback
from ml.patrol.plan import SEED, Capacity

if TYPE_CHECKING:
    import pandas as pd

#: The most deprived fifth's record is taken to begin so many times too high: an assumption, no finding. The
#: right record is beside it, as only the difference is the error's.
OVER_RECORDING = (1.0, 1.5)
REPORTING_SHARE = 0.5
DISCOVERY_SHARE = 0.5
DAYS = 120
THE_PLAN, WITHOUT_RANDOM = "plan", "plan_without_random"
_DEPRIVED_DECILES = (1, 2)
_DAYS_A_MONTH = 365.25 / 12
# Runs times places: enough to steady the means, few enough to take a second.
_PLACES_IN_ALL = 3000
_FEWEST_RUNS, _MOST_RUNS = 4, 40


def simulate_plan(lsoas: pd.DataFrame, capacity: Capacity | None = None) -> pd.DataFrame:
    """Simulate a plan's patrols on the forecast, with a right record and with one that errs.

    Forecasts are taken for true rates; reporting, discovery and the error of the record are assumptions that
    the table repeats. The simulation re-plans daily from the record, which is faster than any force.

    Parameters
    ----------
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile`` (1 most deprived; without one an LSOA is left out),
        ``expected_crime_count`` of the month.
    capacity : Capacity, optional
        As for :func:`ml.patrol.plan.propose_plan`.

    Returns
    -------
    DataFrame
        Table ``ml_patrol_feedback``; no rows where the most deprived fifth or the others expect no crime.
        ``error_amplification`` is the fifth's share of the patrols over that with a right record: 1 when the
        error does nothing, the error's size when the plan repeats it; NaN for 0/0.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_patrol_feedback"]
    known = lsoas[lsoas["imd_2025_decile"].notna()].sort_values("lsoa_code", ignore_index=True)
    rates = known["expected_crime_count"].to_numpy(dtype=np.float64) / _DAYS_A_MONTH
    group = known["imd_2025_decile"].isin(_DEPRIVED_DECILES).to_numpy(dtype=bool)
    if not (rates[group].sum() > 0 and rates[~group].sum() > 0):
        return empty_frame(contract)
    capacity = capacity or Capacity()
    by_harm, at_random = capacity.areas(len(known))
    patrolled = by_harm + at_random
    policies = {THE_PLAN: Policy(random_share=at_random / patrolled), WITHOUT_RANDOM: Policy()}
    runs = int(np.clip(_PLACES_IN_ALL // len(known), _FEWEST_RUNS, _MOST_RUNS))
    parts = []
    for ratio in OVER_RECORDING:
        scenario = Scenario(
            daily_rates=rates,
            initial_counts=np.where(group, ratio * rates, rates),
            in_group=group,
            reporting_share=REPORTING_SHARE,
            discovery_share=DISCOVERY_SHARE,
            patrol_share=patrolled / len(known),
        )
        simulated = simulate_feedback(scenario, days=DAYS, runs=runs, seed=SEED, policies=policies)
        parts.append(simulated.assign(over_recording_ratio=ratio))
    table = _with_amplification(pd.concat(parts, ignore_index=True)).assign(
        reporting_share=REPORTING_SHARE,
        discovery_share=DISCOVERY_SHARE,
        patrol_share=patrolled / len(known),
        run_count=runs,
    )
    return conform(table[contract.column_names], contract)


def _with_amplification(table: pd.DataFrame) -> pd.DataFrame:
    key = ["policy", "last_day"]
    right = table[table["over_recording_ratio"] == 1.0].set_index(key)["group_patrol_share"]
    beside = right.reindex(table.set_index(key).index).to_numpy()
    own = table["group_patrol_share"].to_numpy()
    ratio = np.divide(own, beside, out=np.full(len(own), np.nan), where=beside > 0)
    return table.assign(error_amplification=ratio)
