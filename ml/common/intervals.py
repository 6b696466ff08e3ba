"""Confidence intervals of counts, shares and rate ratios.

All functions take arrays, answer arrays of the broadcast shape, and give NaN where the figure is
undefined (0/0, nothing to compare with).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml.common.draws import fewest_draws

Floats = npt.NDArray[np.float64]
#: Standard errors either way of a normal 95% interval.
Z_95 = 1.96


def percentile_interval(draws: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval: the middle part of what was drawn.

    Parameters
    ----------
    draws : array_like, shape (replicates,)
        The figure of each resample; NaN (0/0) is passed over.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    lower, upper : float
        NaN with fewer figures than :func:`ml.common.draws.fewest_draws`.

    Raises
    ------
    ValueError
        A draw is infinite: a figure that is divided by nothing is not known, and to be given as NaN.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993), *An Introduction to the Bootstrap*, chapter 13.
    """
    values = np.asarray(draws, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not np.isfinite(values).all():
        raise ValueError("percentile_interval: a draw is infinite; give NaN where a figure is not known")
    if len(values) < fewest_draws(confidence):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return float(lower), float(upper)


def wilson_interval(
    success_count: npt.ArrayLike, trial_count: npt.ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Wilson score interval of a share.

    Parameters
    ----------
    success_count, trial_count : array_like
        Counts; successes must not exceed trials.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    lower, upper : ndarray
        Bounds in [0, 1]; NaN where there are no trials.

    Raises
    ------
    ValueError
        More successes than trials.

    References
    ----------
    Wilson, E. B. (1927), JASA 22(158), 209-212.
    """
    from scipy.stats import norm

    success = np.asarray(success_count, dtype=np.float64)
    trials = np.asarray(trial_count, dtype=np.float64)
    if np.any(success > trials):
        raise ValueError("wilson_interval: more successes than trials")
    z = float(norm.ppf(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = success / trials
        centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    # The exact bounds at the ends are 0 and 1: rounding must not move them past the share itself.
    lower = np.where(success == 0, 0.0, np.clip(centre - half, 0.0, 1.0))
    upper = np.where(success == trials, 1.0, np.clip(centre + half, 0.0, 1.0))
    undefined = ~(trials > 0)
    return np.where(undefined, np.nan, lower), np.where(undefined, np.nan, upper)


def effective_count(weights: npt.ArrayLike) -> float:
    """How many observations of the same weight unequal ones are worth.

    Parameters
    ----------
    weights : array_like, shape (n,)
        Weight of each, not negative.

    Returns
    -------
    float
        From 1 to n; 0 without any weight.

    References
    ----------
    Kish, L. (1965), *Survey Sampling*, chapter 11.
    """
    held = np.asarray(weights, dtype=np.float64)
    squares = float((held**2).sum())
    return float(held.sum() ** 2 / squares) if squares > 0 else 0.0


def exact_share_interval(share: float, trial_count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper-Pearson) interval of a share, for an effective number of trials that may be broken.

    Parameters
    ----------
    share : float
        Observed share, in [0, 1].
    trial_count : float
        Independent trials that it is worth.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    lower, upper : float
        Bounds in [0, 1]; NaN without a share or a trial.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934), Biometrika 26(4), 404-413; with effective trials: Korn, E. L.
    and Graubard, B. I. (1998), Survey Methodology 24(2), 193-201.
    """
    from scipy.stats import beta

    if np.isnan(share) or not trial_count > 0:
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    inside, outside = share * trial_count, (1 - share) * trial_count
    lower = float(beta.ppf(tail, inside, outside + 1)) if inside > 0 else 0.0
    upper = float(beta.ppf(1 - tail, inside + 1, outside)) if outside > 0 else 1.0
    return lower, upper


def garwood_interval(event_count: npt.ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson mean.

    Parameters
    ----------
    event_count : array_like
        Observed counts.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    lower, upper : ndarray
        Bounds on the count's scale; the lower bound of a zero count is 0.

    References
    ----------
    Garwood, F. (1936), Biometrika 28(3/4), 437-442.
    """
    from scipy.stats import chi2

    count = np.asarray(event_count, dtype=np.float64)
    tail = (1 - confidence) / 2
    lower = np.where(count > 0, chi2.ppf(tail, 2 * np.maximum(count, 1e-300)) / 2, 0.0)
    upper = chi2.ppf(1 - tail, 2 * (count + 1)) / 2
    return np.where(np.isnan(count), np.nan, lower), upper


def rate_ratio_interval(
    count: npt.ArrayLike,
    exposure: npt.ArrayLike,
    reference_count: npt.ArrayLike,
    reference_exposure: npt.ArrayLike,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Exact conditional interval of the ratio of two Poisson rates.

    Given the sum of the two counts, the first is binomial; the Clopper-Pearson bounds of its share
    turn into bounds of the ratio. The interval never covers less than it says, and is a little wide.

    Parameters
    ----------
    count, reference_count : array_like
        Events of the group and of the reference group.
    exposure, reference_exposure : array_like
        Their residents.
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    lower, upper : ndarray
        Bounds of (count / exposure) / (reference_count / reference_exposure); NaN where the ratio is
        undefined (no reference events, no residents).

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940), Biometrika 31(3/4), 313-323.
    """
    from scipy.stats import beta

    a = np.asarray(count, dtype=np.float64)
    c = np.asarray(reference_count, dtype=np.float64)
    n1 = np.asarray(exposure, dtype=np.float64)
    n0 = np.asarray(reference_exposure, dtype=np.float64)
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share_lower = np.where(a > 0, beta.ppf(tail, a, c + 1), 0.0)
        share_upper = beta.ppf(1 - tail, a + 1, c)
        scale = n0 / n1
        lower = share_lower / (1 - share_lower) * scale
        upper = share_upper / (1 - share_upper) * scale
    undefined = ~((c > 0) & (n1 > 0) & (n0 > 0)) | np.isnan(a)
    return np.where(undefined, np.nan, lower), np.where(undefined, np.nan, upper)
