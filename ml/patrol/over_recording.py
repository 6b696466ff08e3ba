"""An assumed error of the record, simulated: the most deprived fifth is over-recorded at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.deprived import DEPRIVED_DECILES
from ml.patrol.feedback import POLICIES, Policy, Scenario, simulate_feedback

if TYPE_CHECKING:
    import pandas as pd

#: The most deprived fifth's record is taken to begin so many times too high: an assumption, no finding.
#: Without the first, right record nobody could tell what the error does from what the map does.
OVER_RECORDING = (1.0, 1.5)
REPORTING_SHARE = 0.5
DISCOVERY_SHARE = 0.5
DAYS = 120
SEED = 20261125


@dataclass(frozen=True)
class Places:
    """LSOAs with a decile, in order of code: rates and membership of the most deprived fifth, a value each.

    Parameters
    ----------
    daily_rates : ndarray of float
        Crimes a day that are taken for true.
    in_group : ndarray of bool
        Whether an LSOA is of the most deprived fifth.
    """

    daily_rates: npt.NDArray[np.float64]
    in_group: npt.NDArray[np.bool_]

    @property
    def both_have_crime(self) -> bool:
        """Whether the fifth and the others have any: without, there is nothing to compare."""
        rates, group = self.daily_rates, self.in_group
        return bool(rates[group].sum() > 0 and rates[~group].sum() > 0)

    def runs(self, places_in_all: int, fewest: int, most: int) -> int:
        """Return how many runs keep runs times places near a number, within bounds.

        Parameters
        ----------
        places_in_all : int
            Places simulated over all runs together: the work that there is time for.
        fewest, most : int
            Bounds of the runs, which go before.
        """
        return int(np.clip(places_in_all // len(self.daily_rates), fewest, most))


def places_of(lsoas: pd.DataFrame, count: str, days: float = 1.0) -> Places:
    """Return the LSOAs whose decile is known.

    Parameters
    ----------
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile`` and the column ``count``.
    count : str
        Column of crimes.
    days : float
        Days that it counts.
    """
    known = lsoas[lsoas["imd_2025_decile"].notna()].sort_values("lsoa_code", ignore_index=True)
    return Places(
        known[count].to_numpy(dtype=np.float64) / days,
        known["imd_2025_decile"].isin(DEPRIVED_DECILES).to_numpy(dtype=bool),
    )


def simulate_over_recording(
    places: Places,
    *,
    patrol_share: float,
    runs: int,
    ratios: Sequence[float] = OVER_RECORDING,
    policies: Mapping[str, Policy] = POLICIES,
    seed: int = SEED,
) -> pd.DataFrame:
    """Simulate the feedback of patrols and records for each error of the record.

    Parameters
    ----------
    places : Places
        Where; the fifth and the others must have crime.
    patrol_share : float
        Share of the places patrolled a day.
    runs : int
        Runs of each policy.
    ratios : sequence of float
        What the fifth's record is multiplied by at the start; 1 for no error.
    policies : mapping
        As for :func:`ml.patrol.simulate_feedback`.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    DataFrame
        As :func:`ml.patrol.simulate_feedback`, with ``over_recording_ratio`` and the assumptions, and
        ``error_amplification``: the fifth's share of the patrols over that with a right record, 1 when the
        error does nothing, the error's size when patrols repeat it; NaN for 0/0 or without a right record
        among the ratios. Its Monte Carlo standard error ``error_amplification_standard_error`` is that of the
        delta method (Casella, G. and Berger, R. L. 2002, *Statistical Inference*, 5.5.4), the two shares
        taken for independent; 0 for a right record, which is held against itself, and NaN for one run.
    """
    import pandas as pd

    parts = []
    for ratio in ratios:
        scenario = Scenario(
            daily_rates=places.daily_rates,
            initial_counts=np.where(places.in_group, ratio * places.daily_rates, places.daily_rates),
            in_group=places.in_group,
            reporting_share=REPORTING_SHARE,
            discovery_share=DISCOVERY_SHARE,
            patrol_share=patrol_share,
        )
        simulated = simulate_feedback(scenario, days=DAYS, runs=runs, seed=seed, policies=policies)
        parts.append(simulated.assign(over_recording_ratio=ratio, memory_days=scenario.memory_days))
    return _with_amplification(pd.concat(parts, ignore_index=True)).assign(
        reporting_share=REPORTING_SHARE,
        discovery_share=DISCOVERY_SHARE,
        patrol_share=patrol_share,
        place_count=len(places.daily_rates),
        run_count=runs,
        seed=seed,
    )


def _with_amplification(table: pd.DataFrame) -> pd.DataFrame:
    key, share, error = ["policy", "last_day"], "group_patrol_share", "group_patrol_share_standard_error"
    is_right = table["over_recording_ratio"] == 1.0
    right = table[is_right].set_index(key)[[share, error]]
    beside = right.reindex(table.set_index(key).index).reset_index(drop=True)
    beside = beside.where(beside[share] > 0)
    ratio = table[share] / beside[share]
    noise = np.hypot(table[error], ratio * beside[error]) / beside[share]
    return table.assign(
        error_amplification=ratio,
        error_amplification_standard_error=noise.mask(is_right & noise.notna(), 0.0),
        amplification_standard_error=table[error] / table["group_crime_share"],
    )
