"""The forest, and the baselines that it is held against; each learns rates with residents as exposure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ml.deprivation.folds import SEED
from ml.deprivation.sample import Floats, Sample

Predict = Callable[[Sample], Floats]
_LOWEST = 0.01


class Model(Protocol):
    """What learns rates."""

    @property
    def name(self) -> str:
        """Name in the tables."""
        ...

    def fit(self, seen: Sample) -> Predict:
        """Learn, and return what gives the rates per 1,000 of other areas."""
        ...


@dataclass(frozen=True)
class Forest:
    """Random forest with the Poisson criterion, areas weighted by residents.

    Parameters
    ----------
    trees : int
        Trees.
    smallest : int
        Fewest areas in a leaf.
    rows : int
        Areas that a tree is grown on, at most.

    References
    ----------
    Breiman, L. (2001), Machine Learning 45, 5-32.
    """

    trees: int = 40
    smallest: int = 5
    rows: int = 5_000
    name: str = "forest"

    def fit(self, seen: Sample) -> Predict:
        """Grow the forest."""
        return self.using(self.grow(seen), seen)

    def using(self, forest: Any, seen: Sample) -> Predict:
        """Return what gives the rates of other areas, with a forest that was grown on the areas seen.

        Parameters
        ----------
        forest : RandomForestRegressor
            As :meth:`grow` gives it.
        seen : Sample
            The areas that it was grown on: their rates bound what is given, see :func:`rate_bounds`.
        """
        return _within(seen, lambda other: forest.predict(other.features))

    def grow(self, seen: Sample) -> Any:
        """Return the regressor itself, which can be stored."""
        from sklearn.ensemble import RandomForestRegressor

        return RandomForestRegressor(
            n_estimators=self.trees,
            criterion="poisson",
            min_samples_leaf=self.smallest,
            max_features=0.5,
            max_samples=min(self.rows, len(seen.amount)),
            random_state=SEED,
        ).fit(seen.features, seen.rate, sample_weight=seen.exposure)


@dataclass(frozen=True)
class PoissonGlm:
    """Log-linear Poisson regression on the scores, with residents as exposure and next to no penalty.

    Parameters
    ----------
    penalty : float
        Weight of the squared penalty on standardised coefficients: the domains are so alike that without
        one the fit may not settle.
    """

    penalty: float = 1e-3
    name: str = "poisson_glm"

    def fit(self, seen: Sample) -> Predict:
        """Fit the coefficients; a rate weighted by its exposure is a count with an offset."""
        from sklearn.linear_model import PoissonRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        level = _mean_rate(seen)
        pipe = make_pipeline(StandardScaler(), PoissonRegressor(alpha=self.penalty, max_iter=500))
        weight = seen.exposure / seen.exposure.mean()
        # Rates in units of their mean, so that the penalty means the same for records and for harm.
        pipe.fit(seen.features, seen.rate / level, poissonregressor__sample_weight=weight)
        return _within(seen, lambda other: level * pipe.predict(other.features))


@dataclass(frozen=True)
class SpatialLag:
    """Rate of the nearest areas that were learned from, taken together; knows nothing of deprivation.

    Parameters
    ----------
    neighbours : int
        Areas taken together.
    """

    neighbours: int = 8
    name: str = "spatial_lag"

    def fit(self, seen: Sample) -> Predict:
        """Keep the areas seen; those held out are never anybody's neighbours."""
        from scipy.spatial import cKDTree

        tree = cKDTree(seen.place)
        count = min(self.neighbours, len(seen.place))

        def predict(other: Sample) -> Floats:
            near = tree.query(other.place, k=count)[1].reshape(len(other.place), count)
            return np.asarray(seen.amount[near].sum(axis=1) / seen.exposure[near].sum(axis=1))

        return _within(seen, predict)


@dataclass(frozen=True)
class Mean:
    """One rate for all: that of the areas seen."""

    name: str = "mean"

    def fit(self, seen: Sample) -> Predict:
        """Take amounts and residents together."""
        level = _mean_rate(seen)
        return lambda other: np.full(len(other.place), level)


FOREST = Forest()
BASELINES: tuple[Model, ...] = (PoissonGlm(), SpatialLag(), Mean())


def _mean_rate(seen: Sample) -> float:
    return float(seen.amount.sum() / seen.exposure.sum())


def rate_bounds(seen: Sample) -> tuple[float, float]:
    """Return a hundredth of the mean and the highest rate seen: a rate of 0 has no deviance."""
    return _LOWEST * _mean_rate(seen), float(seen.rate.max())


def _within(seen: Sample, predict: Predict) -> Predict:
    lowest, highest = rate_bounds(seen)
    return lambda other: np.clip(predict(other), lowest, highest)
