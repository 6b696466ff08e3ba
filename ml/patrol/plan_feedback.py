"""What a plan makes of an error of the record: the feedback simulation, with the plan's own shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.patrol.feedback import Policy
from ml.patrol.over_recording import places_of, simulate_over_recording
from ml.patrol.plan import Capacity

if TYPE_CHECKING:
    import pandas as pd

THE_PLAN, WITHOUT_RANDOM = "plan", "plan_without_random"
_DAYS_A_MONTH = 365.25 / 12
# Runs times places: enough to steady the means, few enough to take a second.
_PLACES_IN_ALL = 20_000
_FEWEST_RUNS, _MOST_RUNS = 10, 40


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
        ``error_amplification`` and its standard error are as
        :func:`ml.patrol.over_recording.simulate_over_recording` measures them.
    """
    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_patrol_feedback"]
    places = places_of(lsoas, "expected_crime_count", _DAYS_A_MONTH)
    if not places.both_have_crime:
        return empty_frame(contract)
    held = len(places.daily_rates)
    by_harm, at_random = (capacity or Capacity()).areas(held)
    patrolled = by_harm + at_random
    simulated = simulate_over_recording(
        places,
        patrol_share=patrolled / held,
        runs=places.runs(_PLACES_IN_ALL, _FEWEST_RUNS, _MOST_RUNS),
        policies={THE_PLAN: Policy(random_share=at_random / patrolled), WITHOUT_RANDOM: Policy()},
    )
    return conform(simulated[contract.column_names], contract)
