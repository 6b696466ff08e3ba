"""What discoveries by patrols do to the record of Oakland's drug crimes, as Lum and Isaac found it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from ml.patrol.feedback import Day, Policy, Scenario, Walk
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

CELLS, PATROLS = 661, 20
#: What Lum and Isaac add to the record of a cell on a day with a patrol.
ADDED = 0.2
QUARTERS = (90, 181, 272, 364)
Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module", name="counts")
def daily_counts() -> pd.DataFrame:
    """Return recorded drug crimes by day and cell of 150 m."""
    crimes = pd.read_csv(REAL_FILES / "oakland_lum_isaac" / "drug_crimes_with_bins.csv").dropna(
        subset=["bin"]
    )
    days = pd.to_datetime(crimes["OCCURRED"], format="%m/%d/%y")
    every = pd.date_range("2009-01-01", "2011-12-31")
    table = pd.crosstab(days, crimes["bin"].astype(int))
    return table.reindex(index=every, columns=range(1, CELLS + 1), fill_value=0).astype(float)


def _targeted(counts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the cells that the first map flags."""
    rates = counts[:"2010-12-31"].mean().to_numpy()
    is_targeted = np.zeros(CELLS, dtype=bool)
    is_targeted[np.argsort(-rates, kind="stable")[:PATROLS]] = True
    return is_targeted


def _replay(counts: pd.DataFrame, added: float) -> tuple[list[Floats], list[float]]:
    """Return each quarter's forecast by cell and the targeted cells' share of patrol days up to then.

    The days are those of 2011 as recorded: two replays differ by what patrols add, and by nothing else.
    """
    past, coming = counts[:"2010-12-31"], counts["2011-01-01":]
    rates, targeted = past.mean().to_numpy(), _targeted(counts)
    scenario = Scenario(rates, rates, targeted, patrol_share=PATROLS / CELLS)
    walk = Walk.begin(scenario, rates, Policy(), runs=1)
    generator = np.random.default_rng(1)
    forecasts, shares = [], []
    for day, recorded in enumerate(coming.to_numpy()[:, None, :]):
        ties = generator.random(recorded.shape)
        walk.live(Day(recorded, added * recorded, recorded, ties, ties))
        if day in QUARTERS:
            forecasts.append(walk.record[0].copy())
            shares.append(float(walk.patrolled_days[0][targeted].sum() / walk.patrolled_days.sum()))
    return forecasts, shares


def test_added_discoveries_drift_towards_the_cells_that_were_targeted(counts: pd.DataFrame) -> None:
    """Lum and Isaac (2016): the gap between targeted cells and others widens by what patrols add alone."""
    targeted = _targeted(counts)
    with_added, shares = _replay(counts, ADDED)
    as_recorded, shares_as_recorded = _replay(counts, 0.0)
    odds = [
        (more[targeted].sum() / more[~targeted].sum()) / (same[targeted].sum() / same[~targeted].sum())
        for more, same in zip(with_added, as_recorded, strict=True)
    ]
    assert np.all(np.diff([1.0, *odds]) > 0.01)
    # A record that counts half after 180 days cannot take up more of the added fifth in a year.
    assert 1.08 < odds[-1] < 1 + ADDED * (1 - 0.5 ** (365 / 180)) + 0.005
    others = with_added[-1][~targeted].sum() / as_recorded[-1][~targeted].sum()
    assert 1.0 <= others < 1.02
    gained = np.subtract(shares, shares_as_recorded)
    assert np.all(gained > 0) and gained[-1] > gained[0]
