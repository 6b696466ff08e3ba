"""Trends and many tests at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MannKendall:
    """Mann-Kendall trend of each row.

    Parameters
    ----------
    score : ndarray of float, shape (n,)
        Rising pairs of periods less falling ones.
    z_score, p_value : ndarray of float, shape (n,)
        Normal approximation with ties and continuity corrected, two-sided; 0 and 1 for a constant row.
    """

    score: Floats
    z_score: Floats
    p_value: Floats


def mann_kendall(series: npt.ArrayLike) -> MannKendall:
    """Test each row for a monotone trend.

    Parameters
    ----------
    series : array_like of float, shape (n, periods)
        No nulls.

    Raises
    ------
    ValueError
        The series is not a table.

    References
    ----------
    Mann, H. B. (1945), Econometrica 13(3), 245-259; Kendall, M. G. (1975), Rank Correlation Methods,
    for the variance with ties.
    """
    from scipy.stats import norm

    table = np.asarray(series, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(
            f"mann_kendall: needs one row per place and one column per period, not {table.shape}"
        )
    periods = table.shape[1]
    score = np.zeros(len(table))
    ties = np.zeros(len(table))
    for lag in range(1, periods):
        score += np.sign(table[:, lag:] - table[:, :-lag]).sum(axis=1)
    # Summed over members, t(t-1)(2t+5) of a group of t is (t-1)(2t+5) for each member.
    for period in range(periods):
        size = (table == table[:, [period]]).sum(axis=1)
        ties += (size - 1) * (2 * size + 5)
    variance = (periods * (periods - 1) * (2 * periods + 5) - ties) / 18
    with np.errstate(divide="ignore", invalid="ignore"):
        z_score = np.where(variance > 0, (score - np.sign(score)) / np.sqrt(variance), 0.0)
    return MannKendall(score, z_score, 2 * norm.sf(np.abs(z_score)))


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Turn p values into q values: rejecting q <= a keeps the expected share of false finds at a.

    Parameters
    ----------
    p_values : array_like of float, any shape
        NaN is no test, and stays NaN.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), Journal of the Royal Statistical Society B 57(1), 289-300.
    """
    p = np.asarray(p_values, dtype=np.float64)
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p.reshape(-1)))
    values = p.reshape(-1)[tested]
    order = np.argsort(-values, kind="stable")
    ranks = np.arange(len(values), 0, -1)
    # Divided first: a factor of exactly 1 or more rounds no q value below its p value.
    factors = len(values) / ranks
    q.reshape(-1)[tested[order]] = np.minimum.accumulate(np.minimum(values[order] * factors, 1.0))
    return q
