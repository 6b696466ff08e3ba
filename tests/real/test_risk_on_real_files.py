"""Risk models on real files: a published forecast is judged as it was, and the last year's mean is beaten."""

from __future__ import annotations

import numpy as np
import pytest

from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files


def test_published_predpol_figures_are_reproduced() -> None:
    """PredPol's captures, counted by others from the same file, must come out of our metrics too."""
    from ml.risk.metrics import flagged
    from orchestration.bench_risk.oakland import SHARES, read

    history, predpol, days = read(REAL_FILES / "oakland_lum_isaac")
    came = np.array([history.amount(day, day + 1) for day in days])
    assert came.sum() == 2323
    for bins, published in zip(SHARES.values(), (0.161, 0.310, 0.409, 0.588), strict=True):
        caught = sum(
            float(flagged(score, history.cells.area, bins) @ now)
            for score, now in zip(predpol, came, strict=True)
        )
        assert caught / came.sum() == pytest.approx(published, abs=0.002)


def test_last_years_mean_is_beaten_in_bedfordshire() -> None:
    """The claim of the benchmark, with models that take a second."""
    from ml.risk.backtest import backtest, every_origin
    from ml.risk.compare import difference
    from ml.risk.counts import EmpiricalBayes, PeriodMean
    from ml.risk.mixture import Mixture
    from orchestration.bench_risk.police import STRETCHES, read_histories

    counts, harm, _ = read_histories(REAL_FILES, STRETCHES[1])
    assert counts.cells.count == 417
    assert harm.weight.sum() > 1e6
    models = [PeriodMean(12), Mixture((PeriodMean(1), PeriodMean(3), EmpiricalBayes(365)))]
    scores, _ = backtest(counts, models, every_origin(counts, shortest=12))
    wide = scores.pivot(index="origin_day", columns="model", values="poisson_deviance")
    gap = difference(wide["mixture"].to_numpy(float), wide["mean_12"].to_numpy(float))
    assert gap.is_clear and gap.value < 0
    central = scores.loc[scores["model"] == "mixture", ["central_80_share", "central_95_share"]].mean()
    assert 0.76 <= central.iloc[0] <= 0.84
    assert 0.92 <= central.iloc[1] <= 0.98
