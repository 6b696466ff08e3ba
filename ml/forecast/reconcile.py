"""Forecasts of parts and wholes that add up.

Minimum trace reconciliation: Wickramasuriya, S. L., Athanasopoulos, G. and Hyndman, R. J. (2019), JASA
114(526), 804-819, as a projection on the constraints; covariances shrunk towards their diagonal as in
Schaefer, J. and Strimmer, K. (2005), Statistical Applications in Genetics and Molecular Biology 4(1), 32.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def shrunk_covariance(errors: Floats) -> Floats:
    """Covariance with correlations shrunk by the intensity that the data ask for.

    Parameters
    ----------
    errors : ndarray, shape (t, n)
        One-step forecast errors, series in columns.

    Returns
    -------
    ndarray, shape (n, n)
        Positive definite; series without any error get a small variance.
    """
    count, size = errors.shape
    deviation = np.sqrt(np.mean(errors**2, axis=0))
    floor = 1e-6 * max(float(deviation.max(initial=0.0)), 1.0)
    deviation = np.maximum(deviation, floor)
    scaled = errors / deviation
    correlation = scaled.T @ scaled / count
    products = scaled[:, :, None] * scaled[:, None, :]
    variance = np.sum((products - correlation) ** 2, axis=0) / (count * max(count - 1, 1))
    apart = ~np.eye(size, dtype=bool)
    squares = float(np.sum(correlation[apart] ** 2))
    intensity = min(1.0, float(np.sum(variance[apart])) / squares) if squares > 0 else 1.0
    shrunk = (1 - max(intensity, 1e-3)) * correlation
    np.fill_diagonal(shrunk, 1.0)
    return shrunk * np.outer(deviation, deviation)


def reconcile(base: Floats, covariance: Floats, parents: npt.NDArray[np.int64], kinds: list[str]) -> Floats:
    """Move forecasts as little as their errors allow until parts add up to wholes.

    Afterwards nothing is negative: parts are cut at 0 from the bottom, wholes are summed again, and any
    second division of a whole is scaled to it, from the top.

    Parameters
    ----------
    base : ndarray, shape (n, h)
        Forecasts of n series, not negative.
    covariance : ndarray, shape (n, n)
        Of their errors.
    parents : ndarray of int, shape (n,)
        Row of each series' whole; -1 for the top.
    kinds : list of str
        Which division of its whole a series belongs to ('force', 'district', 'crime_group', 'crime_type').

    Returns
    -------
    ndarray, shape (n, h)
    """
    divisions = _divisions(parents, kinds)
    constraints = np.zeros((len(divisions), len(base)))
    for row, (parent, members, _) in enumerate(divisions):
        constraints[row, parent] = 1.0
        constraints[row, members] = -1.0
    spread = covariance @ constraints.T
    gain = spread @ np.linalg.pinv(constraints @ spread, hermitian=True)
    result = np.maximum(base - gain @ (constraints @ base), 0.0)
    return _summed(result, divisions)


def _divisions(
    parents: npt.NDArray[np.int64], kinds: list[str]
) -> list[tuple[int, npt.NDArray[np.int64], str]]:
    """Whole, parts and kind of each division: from the deepest place up, then by crime from the top."""
    labels = np.array(kinds)
    found = [
        (int(parent), np.flatnonzero((parents == parent) & (labels == kind)), kind)
        for parent in np.unique(parents[parents >= 0])
        for kind in dict.fromkeys(labels[parents == parent])
    ]
    order = {"district": 0, "force": 1, "crime_group": 2, "crime_type": 3}
    return sorted(found, key=lambda item: (order[item[2]], item[0]))


def _summed(values: Floats, divisions: list[tuple[int, npt.NDArray[np.int64], str]]) -> Floats:
    result = values.copy()
    for parent, members, kind in divisions:
        if kind in ("crime_group", "crime_type"):
            total = result[members].sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(total > 0, result[members] / total, 1 / len(members))
            result[members] = share * result[parent]
        else:
            result[parent] = result[members].sum(axis=0)
    return result
