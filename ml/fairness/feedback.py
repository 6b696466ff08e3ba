"""The feedback of patrols and records, simulated on real neighbourhoods under a declared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.fairness.frontier import DEPRIVED_DECILES

if TYPE_CHECKING:
    import pandas as pd

#: The most deprived fifth's record is taken to begin so many times too high: an assumption, no finding.
#: Without the first, right record nobody could tell what the error does from what the map does.
OVER_RECORDING = (1.0, 1.5)
PATROL_SHARE = 0.05
REPORTING_SHARE = 0.5
DISCOVERY_SHARE = 0.5
DAYS = 120
SEED = 20261125
# Runs times places: enough to steady the means, few enough to take seconds.
_PLACES_IN_ALL = 1500
_MOST_RUNS = 20
_FEWEST_RUNS = 2


def feedback_on_lsoas(
    lsoas: pd.DataFrame, *, over_recording: tuple[float, ...] = OVER_RECORDING
) -> pd.DataFrame:
    """Simulate what patrols make of a record that over-counts crime in the most deprived fifth.

    The rates are recorded ones and taken for true; reporting, discovery and the initial error are
    assumptions, which the table repeats. So it shows which policies keep, enlarge or undo a known error on
    a map of this shape, and nothing about an error of these records.

    Parameters
    ----------
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile``, ``daily_crime_count`` (recorded crimes a day over twelve months).
        LSOAs without a decile are left out.
    over_recording : tuple of float
        What the group's record is multiplied by at the start, each simulated; 1 for no error.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_feedback``; empty where the group or the others have no crime.

    References
    ----------
    Lum, K. and Isaac, W. (2016), "To predict and serve?", Significance 13(5); Ensign, D. et al. (2018),
    "Runaway feedback loops in predictive policing", Proceedings of Machine Learning Research 81.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame
    from ml.patrol import Scenario, simulate_feedback

    contract = CONTRACTS["ml_fairness_feedback"]
    known = lsoas[lsoas["imd_2025_decile"].notna()].sort_values("lsoa_code", ignore_index=True)
    rates = known["daily_crime_count"].to_numpy(dtype=np.float64)
    in_group = known["imd_2025_decile"].isin(DEPRIVED_DECILES).to_numpy(dtype=bool)
    if not (rates[in_group].sum() > 0 and rates[~in_group].sum() > 0):
        return empty_frame(contract)
    runs = int(np.clip(_PLACES_IN_ALL // len(known), _FEWEST_RUNS, _MOST_RUNS))
    parts = []
    for ratio in over_recording:
        scenario = Scenario(
            daily_rates=rates,
            initial_counts=np.where(in_group, ratio * rates, rates),
            in_group=in_group,
            reporting_share=REPORTING_SHARE,
            discovery_share=DISCOVERY_SHARE,
            patrol_share=PATROL_SHARE,
        )
        simulated = simulate_feedback(scenario, days=DAYS, runs=runs, seed=SEED)
        parts.append(simulated.assign(over_recording_ratio=ratio, memory_days=scenario.memory_days))
    table = pd.concat(parts, ignore_index=True).assign(
        reporting_share=REPORTING_SHARE,
        discovery_share=DISCOVERY_SHARE,
        patrol_share=PATROL_SHARE,
        place_count=len(known),
        run_count=runs,
        seed=SEED,
    )
    return conform(table[contract.column_names], contract)
