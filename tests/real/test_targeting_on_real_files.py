"""Targeting concentration of PredPol's Oakland maps, as Lum and Isaac published them."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.patrol.targeting import flagged_days, measure_targeting
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files


@pytest.mark.parametrize(
    ("count", "ever", "gini"), [(7, 20, 0.986), (20, 52, 0.959), (33, 78, 0.935), (66, 136, 0.879)]
)
def test_oakland_maps_single_out_few_cells(count: int, ever: int, gini: float) -> None:
    """The concentration of a system in use is the yardstick: ours must be measured the same way."""
    path = REAL_FILES / "oakland_lum_isaac" / "predpol_drug_predictions.csv.gz"
    predictions = pd.read_csv(path, index_col="bin")
    # The record of the first 180 days is what the predictions begin with; they hold no map.
    maps = predictions.loc[:, predictions.sum() > 0].T.to_numpy()
    measured = measure_targeting(flagged_days(maps, count))
    assert measured.ever_flagged_count == ever
    assert measured.flagging_gini == pytest.approx(gini, abs=0.0006)
