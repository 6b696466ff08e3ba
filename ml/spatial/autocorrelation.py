"""Global and local measures of spatial autocorrelation, with analytic z scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GlobalMoran:
    """Moran's I of a whole map.

    Parameters
    ----------
    statistic, expected, variance : float
        I, its mean and its variance when values are shuffled over the places.
    z_score : float
        Standardised I; NaN when all values are equal.
    """

    statistic: float
    expected: float
    variance: float
    z_score: float


def grid_neighbours(rows: int, columns: int) -> csr_array:
    """Queen contiguity of a grid, places numbered row by row, weights of 1, no place its own neighbour."""
    from scipy.sparse import csr_array, diags_array, eye_array, kron

    def band(size: int) -> csr_array:
        ones = np.ones(max(size - 1, 0))
        return csr_array(diags_array([ones, np.ones(size), ones], offsets=[-1, 0, 1], shape=(size, size)))

    return csr_array(kron(band(rows), band(columns)) - eye_array(rows * columns))


def getis_ord(values: npt.ArrayLike, weights: csr_array, *, is_star: bool = True) -> Floats:
    """Getis-Ord local statistic as a z score: positive where high values stand together.

    Parameters
    ----------
    values : array_like of float, shape (n,) or (n, periods)
        Value of each place; each column is a map of its own.
    weights : sparse array, shape (n, n)
        Neighbour weights, diagonal empty.
    is_star : bool
        Gi*, where a place is its own neighbour with weight 1; otherwise Gi, which leaves it out.

    Returns
    -------
    ndarray of float, shape of ``values``
        NaN where values do not vary, or a place has no neighbour or every other one.

    Raises
    ------
    ValueError
        Shapes do not fit, or a weight stands on the diagonal.

    References
    ----------
    Ord, J. K. and Getis, A. (1995), Geographical Analysis 27(4), 286-306, equations 5 and 6.
    """
    from scipy.sparse import csr_array, eye_array

    x, w = _checked(values, weights)
    table = x.reshape(len(x), -1)
    if is_star:
        w = csr_array(w + eye_array(len(x)))
    count = len(x) if is_star else len(x) - 1
    # Centring first leaves every z score as it is, and keeps the sums of squares exact.
    table = table - table.mean(axis=0)
    own = np.zeros_like(table) if is_star else table
    mean = (table.sum(axis=0) - own) / count
    deviation = np.sqrt(np.maximum((table**2).sum(axis=0) - own**2, 0.0) / count - mean**2)
    total = np.asarray(w.sum(axis=1)).reshape(-1, 1)
    squares = np.asarray(w.multiply(w).sum(axis=1)).reshape(-1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = deviation * np.sqrt((count * squares - total**2) / (count - 1))
        z_score = (w @ table - total * mean) / spread
    z_score = np.where(spread > 0, z_score, np.nan)
    return np.asarray(z_score, dtype=np.float64).reshape(x.shape)


def local_moran(values: npt.ArrayLike, weights: csr_array) -> tuple[Floats, Floats]:
    """Local Moran's I of each place and its z score, given the place's own value.

    Parameters
    ----------
    values : array_like of float, shape (n,)
    weights : sparse array, shape (n, n)
        Neighbour weights, diagonal empty; scale each row to 1 for the usual form.

    Returns
    -------
    statistic, z_score : ndarray of float, shape (n,)
        ``statistic`` divides by the variance with n in the denominator. The z score has the exact mean
        and variance over all shuffles of the other values; NaN where these do not vary.

    Raises
    ------
    ValueError
        Shapes do not fit, or a weight stands on the diagonal.

    References
    ----------
    Anselin, L. (1995), Geographical Analysis 27(2), 93-115; Sokal, R. R., Oden, N. L. and Thomson, B. A.
    (1998), Geographical Analysis 30(4), 331-354, for the conditional moments.
    """
    x, w = _checked(values, weights)
    n = len(x)
    z = x - x.mean()
    second = float((z**2).mean())
    lag = w @ z
    total = np.asarray(w.sum(axis=1)).reshape(-1)
    squares = np.asarray(w.multiply(w).sum(axis=1)).reshape(-1)
    mean = -z / (n - 1)
    variance = (n * second - z**2) / (n - 1) - mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(variance * (n - 1) / (n - 2) * (squares - total**2 / (n - 1)))
        return z * lag / second, np.where(spread > 0, np.sign(z) * (lag - total * mean) / spread, np.nan)


def global_moran(values: npt.ArrayLike, weights: csr_array) -> GlobalMoran:
    """Moran's I with its mean and variance over all shuffles of the values.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Of fewer than four places nothing but the mean is defined, and of one not even that: NaN.
    weights : sparse array, shape (n, n)
        Neighbour weights, diagonal empty.

    Raises
    ------
    ValueError
        Shapes do not fit, or a weight stands on the diagonal.

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981), Spatial Processes, Pion, chapter 2 (randomisation).
    """
    x, w = _checked(values, weights)
    n = len(x)
    z = x - x.mean()
    s0 = float(w.sum())
    both = w + w.T
    s1 = float(both.multiply(both).sum()) / 2
    s2 = float((np.asarray(both.sum(axis=1)) ** 2).sum())
    squares = float((z**2).sum())
    expected = -1 / (n - 1) if n > 1 else float("nan")
    if squares == 0 or s0 == 0 or n < 4:
        return GlobalMoran(float("nan"), expected, float("nan"), float("nan"))
    statistic = n / s0 * float(z @ (w @ z)) / squares
    kurtosis = n * float((z**4).sum()) / squares**2
    first = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    variance = (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    z_score = (statistic - expected) / np.sqrt(variance) if variance > 0 else np.nan
    return GlobalMoran(statistic, expected, variance, float(z_score))


def _checked(values: npt.ArrayLike, weights: csr_array) -> tuple[Floats, csr_array]:
    from scipy.sparse import csr_array

    x = np.asarray(values, dtype=np.float64)
    if x.shape[0] != weights.shape[0] or weights.shape[0] != weights.shape[1]:
        raise ValueError(f"weights of shape {weights.shape} do not fit {x.shape[0]} values")
    if weights.diagonal().any():
        raise ValueError("a place is its own neighbour; leave the diagonal of the weights empty")
    return x, csr_array(weights)
