"""Mean make-up of areas by what was predicted: The Markup's published means come out of our function."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.fairness.composition import area_classes, mean_composition
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

_TABLES = REAL_FILES / "predpol_markup"


@pytest.mark.parametrize("kind", ["race", "income"])
def test_published_means_by_percentile_are_reproduced(kind: str) -> None:
    """Each department counts the same there, as each LSOA does here: another mean would be no comparison."""
    by_department = pd.read_csv(_TABLES / f"{kind}_demo_comp_percentile.csv")
    published = pd.read_csv(_TABLES / f"{kind}_demo_comp_mean_percentile.csv")
    assert set(by_department["pop_est"]) == {"est"}
    found = 0
    for percentile, own in by_department.groupby("prank_filter"):
        shares = own.pivot(index="department", columns="demo", values="values")
        means = mean_composition(np.ones((1, len(shares))), shares.to_numpy(np.float64))[0]
        printed = published[published["prank_filter"] == percentile].set_index("demo")["mean_val"]
        assert means == pytest.approx(printed[list(shares.columns)].to_numpy(), abs=1e-12)
        found += len(means)
    assert found == len(published) == 40


def test_most_predicted_cells_of_a_real_city_hold_most_predictions() -> None:
    """Real prediction counts tie by the dozen: classes must keep their size, whoever ties."""
    counts = pd.read_csv(_TABLES / "pred_count_plainfieldpdnj.csv")["pred_count"].to_numpy(np.float64)
    most, median, least, never, every = area_classes(counts[None, :])
    sizes = [part.sum() for part in (most, median, least, every)]
    assert sizes == pytest.approx([28.5, 28.5, 28.5, 570])
    means = [float(part @ counts / part.sum()) for part in (most, median, least)]
    assert means[0] > counts.mean() > means[1] > means[2] >= counts.min()
    assert (never == (counts < np.sort(counts)[-29])).all()
