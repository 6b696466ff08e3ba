"""Intervals of counts: negative binomial, its dispersion learned from earlier errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats
from ml.risk.history import History
from ml.risk.model import Model

LEVELS = (0.80, 0.95)


@dataclass(frozen=True)
class Expected:
    """What is expected of each cell in a window, with intervals.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected amount.
    bounds : dict of float to (lower, upper)
        Central intervals by level, each shape (cells,); NaN without an earlier window to learn from. Where
        next to nothing is expected, the mean may lie above its interval, which is of whole events.
    dispersion : float
        Negative-binomial dispersion of the amounts in units of a typical event; NaN likewise.
    """

    mean: Floats
    bounds: dict[float, tuple[Floats, Floats]]
    dispersion: float


def floor_of(history: History) -> float:
    """Least amount that a forecast allows for: half a typical event in the whole history.

    A count of nothing would make any surprise infinitely wrong. The floor is the same for every model, and
    the baselines are who need it.

    Parameters
    ----------
    history : History
        Up to the origin.
    """
    return 0.5 * history.unit / (len(history.bounds) - 1)


def expect(model: Model, history: History, until: float, *, holdouts: int = 3) -> Expected:
    """Forecast a window and say how sure that is.

    The dispersion comes from forecasts of the last windows of the same number of periods as if they
    were still to come; each is fitted to what was known before it.

    Parameters
    ----------
    model : Model
        Any risk model.
    history : History
        Up to the origin.
    until : float
        End of the window, in days.
    holdouts : int
        Earlier windows.
    """
    lengths = np.diff(history.bounds)
    span = max(1, round((until - history.end) / float(np.median(lengths))))
    earlier = []
    for i in range(1, holdouts + 1):
        if len(history.bounds) - 1 - i * span < 1:
            break
        start, end = history.bounds[-1 - i * span], history.bounds[-1 - (i - 1) * span]
        mean = model.fit(history.before(float(start))).predict(float(end))
        earlier.append((history.amount(float(start), float(end)), mean))
    dispersion = dispersion_of(earlier, history.unit) if earlier else float("nan")
    return with_intervals(model.fit(history).predict(until), history, dispersion)


def with_intervals(mean: Floats, history: History, dispersion: float) -> Expected:
    """Put intervals around what is expected.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected amount.
    history : History
        Up to the origin.
    dispersion : float
        As `dispersion_of` gives it; NaN without an earlier window to learn from.
    """
    if np.isnan(dispersion):
        return Expected(mean, dict.fromkeys(LEVELS, (mean * np.nan, mean * np.nan)), dispersion)
    floored = np.maximum(mean, floor_of(history))
    bounds = {level: middle_interval(floored, dispersion, level, history.unit) for level in LEVELS}
    return Expected(mean, bounds, dispersion)


def dispersion_of(earlier: list[tuple[Floats, Floats]], unit: float = 1.0) -> float:
    """Dispersion a of variance = mean + a x mean^2, by the moments of earlier errors.

    Squared errors are weighted by the inverse of the mean, their size under Poisson; without weights the few
    largest cells would decide, which vary relatively little.

    Parameters
    ----------
    earlier : list of (came, expected)
        Pairs of shape (cells,).
    unit : float
        Amount of a typical event.

    Returns
    -------
    float
        0 (Poisson) where the errors are no larger than chance, or there are none.
    """
    if not earlier:
        return 0.0
    came = np.concatenate([pair[0] for pair in earlier]) / unit
    mean = np.concatenate([pair[1] for pair in earlier]) / unit
    if mean.sum() == 0:
        return 0.0
    # A surprise in a cell of which next to nothing was expected must not decide either.
    weight = 1 / np.maximum(mean, mean.mean() / 10)
    excess = float((weight * ((came - mean) ** 2 - mean)).sum())
    return max(0.0, excess / float((weight * mean**2).sum()))


def middle_interval(
    mean: Floats, dispersion: float, level: float, unit: float = 1.0
) -> tuple[Floats, Floats]:
    """Interval of the whole numbers of which at least half lies in the central part of a forecast.

    One that held all of the central part would cover no less than its level, and so far more where counts
    are small. This one covers its level on average over cells of different means, and may cover less than
    it in a single cell.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected amount.
    dispersion : float
        As `dispersion_of` gives it.
    level : float
        0.8 for 80%.
    unit : float
        Amount of a typical event.

    Returns
    -------
    lower, upper : ndarray
        Whole numbers of units.

    References
    ----------
    Lancaster, H. O. (1961), Journal of the American Statistical Association 56(294), 223-234 (the mid-P).
    """
    tail = (1 - level) / 2
    lower, upper = _quantile(mean / unit, dispersion, tail), _quantile(mean / unit, dispersion, 1 - tail)
    lower = lower + (_middle(*_stretch(lower, mean / unit, dispersion, 1.0)) < tail)
    upper = upper - (_middle(*_stretch(upper, mean / unit, dispersion, 1.0)) > 1 - tail)
    return lower * unit, upper * unit


def _middle(below: Floats, at: Floats) -> Floats:
    return (below + at) / 2


def _quantile(mean: Floats, dispersion: float, p: float) -> Floats:
    from scipy.stats import nbinom, poisson

    safe = np.maximum(mean, 1e-12)
    if dispersion < 1e-8:
        return np.asarray(poisson.ppf(p, safe))
    size = 1 / dispersion
    return np.asarray(nbinom.ppf(p, size, size / (size + safe)))


def any_probability(mean: Floats, dispersion: float) -> Floats:
    """Probability of at least one event, shape (cells,); NaN for a dispersion that is NaN.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected counts.
    dispersion : float
        As `dispersion_of` gives it.
    """
    if dispersion < 1e-8:
        return -np.expm1(-mean)
    return -np.expm1(-np.log1p(dispersion * mean) / dispersion)


def log_probability(came: Floats, mean: Floats, dispersion: float) -> Floats:
    """Log probability of whole counts, shape (cells,)."""
    from scipy.special import gammaln, xlog1py, xlogy

    safe = np.maximum(mean, 1e-12)
    if dispersion < 1e-8:
        return np.asarray(xlogy(came, safe) - safe - gammaln(came + 1))
    size = 1 / dispersion
    arranged = gammaln(size + came) - gammaln(size) - gammaln(came + 1)
    share = safe / (size + safe)
    return np.asarray(arranged + xlog1py(size, -share) + xlogy(came, share))


def interval_scores(came: Floats, mean: Floats, dispersion: float, unit: float = 1.0) -> dict[str, float]:
    """Plain and randomised coverage of the intervals at every level, from one look at the distribution.

    An interval of whole numbers cannot cover its level exactly, and must cover more where it holds little
    but 0. So coverage alone cannot tell a right forecast from a wide one. The central share can: the
    outcome's stretch of the distribution function, from below it to it, is spread evenly (its randomised
    probability integral transform, averaged over the randomness), and the share of it inside the central
    level is that level exactly under a right forecast, on average.

    Parameters
    ----------
    came, mean : ndarray, shape (cells,)
        Amounts.
    dispersion, unit : float
        As for `middle_interval`.

    Returns
    -------
    dict of str to float
        ``coverage_80_share`` and so on: outcomes within `middle_interval`, which is the published one;
        ``central_80_share``: mean share inside the central level.

    References
    ----------
    Czado, C., Gneiting, T. and Held, L. (2009), Biometrics 65(4), 1254-1261.
    """
    below, at = _stretch(came, mean, dispersion, unit)
    middle = _middle(below, at)
    scores: dict[str, float] = {}
    for level in LEVELS:
        tail = (1 - level) / 2
        shares = {
            "coverage": (middle >= tail) & (middle <= 1 - tail),
            "central": _central(below, at, level),
        }
        scores |= {f"{kind}_{round(level * 100)}_share": float(held.mean()) for kind, held in shares.items()}
    return scores


def _central(below: Floats, at: Floats, level: float) -> Floats:
    tail = (1 - level) / 2
    inside = np.clip(at, tail, 1 - tail) - np.clip(below, tail, 1 - tail)
    width = at - below
    # Where rounding leaves no width, the outcome is a point of the distribution function.
    point = ((at >= tail) & (at <= 1 - tail)).astype(np.float64)
    return np.where(width > 0, inside / np.where(width > 0, width, 1.0), point)


def _stretch(came: Floats, mean: Floats, dispersion: float, unit: float) -> tuple[Floats, Floats]:
    """Distribution function just below each outcome and at it, outcomes in whole units."""
    from scipy.special import betainc, gammaincc

    safe, count = np.maximum(mean / unit, 1e-12), np.round(came / unit)
    if dispersion < 1e-8:
        below = np.where(count > 0, gammaincc(np.maximum(count, 1.0), safe), 0.0)
        return below, gammaincc(count + 1, safe)
    size = 1 / dispersion
    share = size / (size + safe)
    below = np.where(count > 0, betainc(size, np.maximum(count, 1.0), share), 0.0)
    return below, betainc(size, count + 1, share)
