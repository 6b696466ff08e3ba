"""How unequally crime or harm is spread over places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def lorenz_curve(values: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Share of places, from the least burdened on, and their share of the whole.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Count or harm of every place, those with none included.

    Returns
    -------
    place_share, value_share : ndarray of float, shape (n + 1,)
        From 0 to 1; ``value_share`` is NaN when the whole is 0.

    Raises
    ------
    ValueError
        There is no place, or a value is negative or null.
    """
    x = _checked(values)
    cumulated = np.concatenate([[0.0], np.cumsum(x)])
    with np.errstate(invalid="ignore"):
        return np.linspace(0.0, 1.0, len(x) + 1), cumulated / cumulated[-1]


def gini(values: npt.ArrayLike) -> float:
    """Gini coefficient: 0 when all places have the same, (n - 1)/n when one has all; NaN when none has any.

    Raises
    ------
    ValueError
        There is no place, or a value is negative or null.
    """
    x = _checked(values)
    largest = x[-1]
    if largest == 0:
        return float("nan")
    # Divided by the largest first, so that neither tiny nor huge values leave the range of floats.
    scaled = x / largest
    n = len(x)
    raw = float(2 * (np.arange(1, n + 1) @ scaled) / (n * scaled.sum()) - (n + 1) / n)
    return min(max(raw, 0.0), 1.0)


def generalised_gini(counts: npt.ArrayLike) -> float:
    """Gini coefficient that does not call scarcity concentration.

    Fewer crimes than places leave most places empty however evenly they fall. This one measures the
    distance from the most even spread possible: c crimes, each at a place of its own, give 0.

    Parameters
    ----------
    counts : array_like of int, shape (n,)
        Crimes of every place, those with none included. Counts only: harm has no smallest unit.

    Raises
    ------
    ValueError
        There is no place, or a value is negative, null or not whole.

    References
    ----------
    Bernasco, W. and Steenbeek, W. (2017), Journal of Quantitative Criminology 33(3), 451-467.
    """
    x = _checked(counts)
    if (x != np.floor(x)).any():
        raise ValueError("generalised_gini: counts must be whole numbers; use gini for harm")
    total = x.sum()
    if total == 0:
        return float("nan")
    return float(max(len(x) / total, 1.0) * (gini(x) - 1.0) + 1.0)


def _checked(values: npt.ArrayLike) -> Floats:
    x = np.sort(np.asarray(values, dtype=np.float64).reshape(-1))
    if len(x) == 0 or not np.isfinite(x).all() or x[0] < 0:
        raise ValueError(
            "concentration needs at least one place, and values that are finite and not negative"
        )
    return x
