"""The feedback of patrols and records, simulated on real neighbourhoods under a declared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.patrol.over_recording import OVER_RECORDING, places_of, simulate_over_recording

if TYPE_CHECKING:
    import pandas as pd

PATROL_SHARE = 0.05
# Runs times places: enough to steady the means, few enough to take seconds.
_PLACES_IN_ALL = 20_000
_FEWEST_RUNS, _MOST_RUNS = 10, 40


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
    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_feedback"]
    places = places_of(lsoas, "daily_crime_count")
    if not places.both_have_crime:
        return empty_frame(contract)
    runs = places.runs(_PLACES_IN_ALL, _FEWEST_RUNS, _MOST_RUNS)
    table = simulate_over_recording(places, patrol_share=PATROL_SHARE, runs=runs, ratios=over_recording)
    return conform(table[contract.column_names], contract)
