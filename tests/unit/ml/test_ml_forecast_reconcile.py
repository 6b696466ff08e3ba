"""What reconciliation rests on: errors of the published models, their covariance, and bounds that follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.forecast import fit_all, hierarchy_series
from ml.forecast.conformal import horizon_factors
from ml.forecast.reconcile import reconcile, shrunk_covariance
from ml.forecast.run import Forecasts

ORIGINS = 16


@pytest.fixture(scope="module")
def found() -> Forecasts:
    """A force of two districts of different size and two crime types, which lately is harder to forecast."""
    random = np.random.default_rng(6)
    months = pd.date_range("2022-01-01", periods=40, freq="MS")
    cells = pd.DataFrame(
        [
            ("a", district, crime, month, float(random.poisson(size * np.exp(random.normal(0, noise)))))
            for district, size in (("E1", 20.0), ("E2", 400.0))
            for crime in ("Robbery", "Burglary")
            for month, noise in zip(months, np.repeat([0.05, 0.5], [24, 16]), strict=True)
        ],
        columns=["force_slug", "district_code", "crime_type", "crime_month", "crime_count"],
    )
    monthly = hierarchy_series(cells.assign(harm_days=cells["crime_count"]))
    return fit_all(monthly, measure="crime_count", max_origins=ORIGINS)


def champion_rows(found: Forecasts) -> pd.DataFrame:
    """The published models' backtest."""
    champions = found.scores.loc[found.scores["is_champion"], ["series", "model"]]
    return found.backtest.merge(champions, on=["series", "model"])


def test_shrinkage_is_what_its_authors_define() -> None:
    """Correlations of a few months taken as they are would move a series by another's accident."""
    errors = np.random.default_rng(1).normal(size=(20, 4)) * np.array([1.0, 5.0, 0.1, 30.0])
    errors[:, 1] += 4 * errors[:, 0]
    months, size = errors.shape
    spread = np.sqrt((errors**2).mean(axis=0))
    product = [
        [errors[:, i] * errors[:, j] / spread[i] / spread[j] for j in range(size)] for i in range(size)
    ]
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    variances = [product[i][j].var(ddof=1) / months for i, j in pairs]
    intensity = sum(variances) / sum(product[i][j].mean() ** 2 for i, j in pairs)
    assert 0.05 < intensity < 0.95
    expected = np.array(
        [
            [
                spread[i] * spread[j] * product[i][j].mean() * (1 if i == j else 1 - intensity)
                for j in range(size)
            ]
            for i in range(size)
        ]
    )
    assert shrunk_covariance(errors) == pytest.approx(expected)


def test_who_errs_more_is_moved_more() -> None:
    """A forecast that was seldom off must not be bent to one that often was."""
    parents, kinds = np.array([-1, 0, 0]), ["total", "force", "force"]
    base = np.array([[33.0], [10.0], [20.0]])
    moved = reconcile(base, np.diag([1.0, 1.0, 4.0]), parents, kinds)
    assert moved[:, 0] == pytest.approx([32.5, 10.5, 22.0])


def test_reconciliation_rests_on_the_errors_of_the_published_models(found: Forecasts) -> None:
    """Errors of other models, or of a year ahead, say nothing of how far these may be moved."""
    tree = found.models.reconciliation
    assert tree is not None and tree.errors.shape == (ORIGINS, len(tree.series))
    rows = champion_rows(found).query("horizon_months == 1")
    off = rows.assign(error=rows["actual_crime_count"] - rows["predicted_crime_count"])
    table = off.pivot(index="origin_month", columns="series", values="error")[list(tree.series)]
    assert tree.errors == pytest.approx(table.to_numpy())
    small, large = (np.abs(tree.errors[:, tree.series.index(f"a/{name}")]).mean() for name in ("E1", "E2"))
    assert large > 2 * small


def test_few_origins_leave_the_sizes_of_the_series(found: Forecasts) -> None:
    """Two errors have no covariance: what is moved then goes by size."""
    columns = {"actual_crime_count": "crime_count", "forecast_month": "month"}
    months = found.backtest.rename(columns=columns)[["series", "level", "month", "crime_count"]]
    parents = found.forecast.drop_duplicates("series").set_index("series")["parent_series"]
    monthly = months.drop_duplicates(["series", "month"]).assign(parent_series=months["series"].map(parents))
    tree = fit_all(monthly, measure="crime_count", max_origins=2).models.reconciliation
    assert tree is not None and tree.errors.ndim == 1
    means = monthly.groupby("series")["crime_count"].mean()[list(tree.series)]
    assert tree.errors == pytest.approx(np.sqrt(means.to_numpy()))


def test_bounds_follow_their_reconciled_forecast(found: Forecasts) -> None:
    """An interval that stays where the forecast was would be lopsided, and hold less than it says."""
    alone = replace(found.models, reconciliation=None).forecast(12)
    moved = found.models.forecast(12)
    shift = (moved["crime_count"] - moved["base_crime_count"]).to_numpy()
    assert np.abs(shift).max() > 1
    for name in ("lower_80", "upper_80", "upper_95"):
        ends, began = (table[f"crime_count_{name}"].to_numpy() for table in (moved, alone))
        # Nothing is below 0, nor moved beyond it.
        is_free = (ends > 0) & (began > 0)
        assert is_free.any()
        assert (ends - began)[is_free] == pytest.approx(shift[is_free], abs=1e-9)


def test_factors_are_those_of_the_published_model(found: Forecasts) -> None:
    """Intervals stretched by what other models did would be another model's."""
    rows = champion_rows(found).rename(
        columns={"actual_crime_count": "actual", "predicted_crime_count": "predicted"}
    )
    published = found.forecast.set_index("series")
    assert (published[["interval_factor_80", "interval_factor_95"]] > 1).any(axis=None)
    for series, own in rows.groupby("series"):
        factors, pooled = horizon_factors(own, 12)
        for level in (80, 95):
            assert published.loc[series, f"interval_factor_{level}"].to_numpy() == pytest.approx(
                factors[level]
            )
        told = published.loc[series, "interval_pooled_months"].to_numpy(dtype=float)
        assert told == pytest.approx(pooled, nan_ok=True)
