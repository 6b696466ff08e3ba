"""Risk terrain: a Poisson model of fixed features, chosen by BIC, with relative risk values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.risk.cells import Cells, Floats
from ml.risk.history import History
from ml.risk.model import Rate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RiskTerrain:
    """Counts of the history against features of the cells.

    Features enter one at a time, whichever lowers the Bayesian information criterion most, and only with a
    positive coefficient, as a risk terrain holds what attracts crime. One that would turn an earlier
    feature negative stays out too.

    Parameters
    ----------
    features : tuple of str, optional
        Candidates among the cells' features; all of them when not given.
    periods : int, optional
        Last periods to learn from, no more than the history has; all when not given.

    References
    ----------
    Caplan, J. M., Kennedy, L. W. and Miller, J. (2011), Justice Quarterly 28(2), 360-381.
    """

    features: tuple[str, ...] | None = None
    periods: int | None = None
    name: str = "risk_terrain"

    def fit(self, history: History) -> Terrain:
        """Choose features and estimate them.

        Parameters
        ----------
        history : History
            What came before the origin.

        Raises
        ------
        ValueError
            When ``periods`` is less than one, or more than the history has.
        """
        cells = history.cells
        names = tuple(sorted(cells.features)) if self.features is None else self.features
        columns = _columns(cells, names)
        counts = history.amount(self._since(history), history.end) / history.unit
        chosen = _choose(columns, counts, cells.area)
        fit = _poisson(columns[:, chosen], counts, cells.area)
        kept = tuple(names[i - 1] for i in chosen[1:])
        rate = self.rate(history, kept, fit.coefficients)
        return Terrain(rate, kept, fit.coefficients[1:], fit.errors[1:], float(fit.coefficients[0]))

    def rate(self, history: History, features: tuple[str, ...], coefficients: Floats) -> Rate:
        """Return the expected amounts with what is learned given.

        Parameters
        ----------
        history : History
            Gives the cells, the unit and the days that the model counted over.
        features : tuple of str
            The chosen features of the cells.
        coefficients : ndarray, shape (1 + features,)
            The intercept, then the log relative risk of each feature, in the same order.
        """
        mean = _mean(_columns(history.cells, features), coefficients, history.cells.area)
        return Rate(history.end, mean * history.unit / (history.end - self._since(history)))

    def _since(self, history: History) -> float:
        if self.periods is None:
            return history.start
        held = len(history.bounds) - 1
        if not 1 <= self.periods <= held:
            raise ValueError(
                f"RiskTerrain({self.name}): periods is {self.periods}, and the history has {held}; "
                "give one to as many, or none for all"
            )
        return float(history.bounds[-1 - self.periods])


@dataclass(frozen=True)
class Terrain:
    """A fitted risk terrain.

    Parameters
    ----------
    rate : Rate
        Expected amounts.
    features : tuple of str
        What was chosen, in order.
    coefficients, errors : ndarray, shape (features,)
        Log relative risk of each, and its standard error.
    intercept : float
        Log amount per unit of area where every feature is 0.
    """

    rate: Rate
    features: tuple[str, ...]
    coefficients: Floats
    errors: Floats
    intercept: float

    def predict(self, until: float) -> Floats:
        """Expected amount of each cell."""
        return self.rate.predict(until)

    def relative_risk(self) -> pd.DataFrame:
        """Relative risk values of the chosen features.

        Returns
        -------
        DataFrame
            ``feature``, ``relative_risk`` (the exponential of the coefficient), ``lower`` and ``upper``
            (95%, taking the choice of features as given).
        """
        import pandas as pd

        half = 1.959964 * self.errors
        return pd.DataFrame(
            {
                "feature": list(self.features),
                "relative_risk": np.exp(self.coefficients),
                "lower": np.exp(self.coefficients - half),
                "upper": np.exp(self.coefficients + half),
            }
        )

    def relative_score(self, cells: Cells) -> Floats:
        """Score of each cell, scaled so that the lowest is 1, per area."""
        density = self.rate.per_day / cells.area
        return density / density.min()


def influence(cells: Cells, places: Floats, reach: float, kind: str) -> Floats:
    """Spatial influence of places of one type on each cell, 0 or 1.

    Parameters
    ----------
    cells : Cells
        The study area.
    places : ndarray, shape (places, 2)
        Coordinates, in the cells' system.
    reach : float
        How far the influence goes, in the units of the coordinates.
    kind : str
        'near': a place lies within reach of the centre. 'dense': at least two places lie within reach, and
        as many as in the top fifth of the cells that have any.

    Returns
    -------
    ndarray of float, shape (cells,)

    Raises
    ------
    ValueError
        Another kind.
    """
    from scipy.spatial import cKDTree

    if kind not in ("near", "dense"):
        raise ValueError(f"influence: kind is 'near' or 'dense', not {kind!r}")
    count = cKDTree(places).query_ball_point(cells.xy, reach, return_length=True).astype(np.float64)
    if kind == "near" or not count.any():
        return (count > 0).astype(np.float64)
    return (count >= max(2.0, float(np.quantile(count[count > 0], 0.8)))).astype(np.float64)


@dataclass(frozen=True)
class _Fit:
    coefficients: Floats
    errors: Floats
    mean: Floats
    bic: float


def _choose(columns: Floats, counts: Floats, area: Floats) -> list[int]:
    """Numbers of the chosen columns, the constant first."""
    chosen = [0]
    best = _poisson(columns[:, chosen], counts, area).bic
    while True:
        trials = []
        for i in range(1, columns.shape[1]):
            if i in chosen or columns[:, i].std() == 0:
                continue
            fit = _poisson(columns[:, [*chosen, i]], counts, area)
            if (fit.coefficients[1:] > 0).all():
                trials.append((fit.bic, i))
        if not trials or min(trials)[0] >= best:
            return chosen
        best, column = min(trials)
        chosen.append(column)


def _columns(cells: Cells, names: tuple[str, ...]) -> Floats:
    return np.column_stack([np.ones(cells.count), *(cells.features[name] for name in names)])


def _mean(columns: Floats, coefficients: Floats, area: Floats) -> Floats:
    return np.exp(np.clip(columns @ coefficients + np.log(area), -700, 700))


def _poisson(columns: Floats, counts: Floats, area: Floats) -> _Fit:
    """Maximum likelihood of a log-linear Poisson model with the area as exposure (Newton's method)."""
    coefficients = np.zeros(columns.shape[1])
    coefficients[0] = np.log(max(counts.sum(), 0.5) / area.sum())
    for _ in range(50):
        mean = _mean(columns, coefficients, area)
        information = columns.T @ (columns * mean[:, None]) + 1e-10 * np.eye(len(coefficients))
        step = np.linalg.solve(information, columns.T @ (counts - mean))
        # A long step can overshoot where counts are few: no coefficient moves more than 2 at a time.
        coefficients = coefficients + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-9:
            break
    mean = _mean(columns, coefficients, area)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    likelihood = float((counts * np.log(mean) - mean).sum())
    return _Fit(coefficients, errors, mean, len(coefficients) * np.log(len(counts)) - 2 * likelihood)
