"""Intervals of counts and harm: negative binomial, the dispersion and how sure it is learned from errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats
from ml.risk.history import History
from ml.risk.laws import POISSON_BELOW, law_of
from ml.risk.model import Model
from ml.risk.sizes import Sizes

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
        next to nothing is expected, the mean may lie above its interval, which holds 0 alone.
    dispersion : float
        Negative-binomial dispersion of the amounts in units of a typical event; NaN likewise.
    freedom : float
        Degrees of freedom behind it, as `freedom_of` gives them; NaN likewise.
    """

    mean: Floats
    bounds: dict[float, tuple[Floats, Floats]]
    dispersion: float
    freedom: float


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
        Earlier windows; those that the model could not forecast yet are passed over.
    """
    lengths = np.diff(history.bounds)
    span = max(1, round((until - history.end) / float(np.median(lengths))))
    earlier = []
    for i in range(1, holdouts + 1):
        if len(history.bounds) - 1 - i * span < 1:
            break
        start, end = history.bounds[-1 - i * span], history.bounds[-1 - (i - 1) * span]
        mean = model.fit(history.before(float(start))).predict(float(end))
        # A year ago is not known in the first year: what was no forecast has no error.
        if np.isfinite(mean).all():
            earlier.append((history.amount(float(start), float(end)), mean))
    nothing = float("nan")
    dispersion = dispersion_of(earlier, history.unit) if earlier else nothing
    freedom = freedom_of(earlier, history.unit) if earlier else nothing
    return with_intervals(model.fit(history).predict(until), history, dispersion, freedom)


def with_intervals(mean: Floats, history: History, dispersion: float, freedom: float) -> Expected:
    """Put intervals around what is expected.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected amount.
    history : History
        Up to the origin.
    dispersion, freedom : float
        As `dispersion_of` and `freedom_of` give them; NaN without an earlier window to learn from.
    """
    if np.isnan(dispersion):
        return Expected(mean, dict.fromkeys(LEVELS, (mean * np.nan, mean * np.nan)), dispersion, freedom)
    law = law_of(np.maximum(mean, floor_of(history)), dispersion, history.sizes)
    bounds = {level: law.interval(tail_of(level, freedom)) for level in LEVELS}
    return Expected(mean, bounds, dispersion, freedom)


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
    came, mean, weight = _weighted(earlier, unit)
    if mean.sum() == 0:
        return 0.0
    excess = float((weight * ((came - mean) ** 2 - mean)).sum())
    return max(0.0, excess / float((weight * mean**2).sum()))


def freedom_of(earlier: list[tuple[Floats, Floats]], unit: float = 1.0) -> float:
    """Degrees of freedom of the squared errors that `dispersion_of` rests on.

    Six areas over six months tell little of how far the next month may lie, and areas that rise and fall
    together tell less than their number. So the degrees of freedom come from how much the windows' sums of
    squared errors differ, and are no more than there are errors.

    Parameters
    ----------
    earlier, unit
        As for `dispersion_of`.

    Returns
    -------
    float
        At least 2 with two windows or more. One window differs from no other: the number of its errors.

    References
    ----------
    Satterthwaite, F. E. (1946), Biometrics Bulletin 2(6), 110-114.
    """
    came, mean, weight = _weighted(earlier, unit)
    squares = weight * (came - mean) ** 2
    if len(squares) < 2 or not squares.any():
        return float(squares.size)
    sums = squares.sum(axis=1)
    spread = len(sums) * float(sums.var(ddof=1)) / float(sums.sum()) ** 2
    return min(2 / spread, float(squares.size)) if spread > 0 else float(squares.size)


def _weighted(earlier: list[tuple[Floats, Floats]], unit: float) -> tuple[Floats, Floats, Floats]:
    """What came, what was expected, and the weight of the squared error, shape (windows, cells)."""
    came, mean = (np.array([pair[side] for pair in earlier]) / unit for side in (0, 1))
    if mean.sum() == 0:
        return came, mean, np.zeros_like(mean)
    # A surprise in a cell of which next to nothing was expected must not decide either.
    return came, mean, 1 / np.maximum(mean, mean.mean() / 10)


def tail_of(level: float, freedom: float) -> float:
    """Probability on each side of a central interval, under the point estimate of the dispersion."""
    from scipy.stats import norm, t

    tail = (1 - level) / 2
    return tail if np.isinf(freedom) else float(norm.sf(t.isf(tail, freedom)))


def any_probability(mean: Floats, dispersion: float) -> Floats:
    """Probability of at least one event, shape (cells,); NaN for a dispersion that is NaN.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected counts.
    dispersion : float
        As `dispersion_of` gives it.
    """
    if dispersion < POISSON_BELOW:
        return -np.expm1(-mean)
    return -np.expm1(-np.log1p(dispersion * mean) / dispersion)


def log_probability(came: Floats, mean: Floats, dispersion: float) -> Floats:
    """Log probability of whole counts, shape (cells,)."""
    from scipy.special import gammaln, xlog1py, xlogy

    safe = np.maximum(mean, 1e-12)
    if dispersion < POISSON_BELOW:
        return np.asarray(xlogy(came, safe) - safe - gammaln(came + 1))
    size = 1 / dispersion
    arranged = gammaln(size + came) - gammaln(size) - gammaln(came + 1)
    share = safe / (size + safe)
    return np.asarray(arranged + xlog1py(size, -share) + xlogy(came, share))


def interval_scores(
    came: Floats, mean: Floats, dispersion: float, sizes: Sizes, freedom: float = np.inf
) -> dict[str, Floats]:
    """Whether intervals held each outcome, plainly and with the discreteness taken out.

    An interval of whole numbers cannot cover its level exactly, and must cover more where it holds little
    but 0; and so it is with harm, which most cells have none of. So coverage alone cannot tell a right
    forecast from a wide one. The central share can: the outcome's stretch of the distribution function,
    from below it to it, is spread evenly (its randomised probability integral transform, averaged over the
    randomness), and the share of it inside the central level is that level exactly under a right forecast,
    on average.

    Parameters
    ----------
    came, mean : ndarray, shape (cells,)
        Amounts.
    dispersion, sizes
        As for `ml.risk.laws.law_of`.
    freedom : float
        As `freedom_of` gives it: intervals are widened as Student's are for a spread that errors tell.

    Returns
    -------
    dict of str to ndarray, shape (cells,)
        ``coverage_80_share`` and so on: 1 for an outcome within the interval that is published, 0 for any
        other; ``central_80_share``: share of the outcome inside the central level.

    References
    ----------
    Czado, C., Gneiting, T. and Held, L. (2009), Biometrics 65(4), 1254-1261.
    """
    law = law_of(mean, dispersion, sizes)
    stretch = law.stretch(came)
    scores = {}
    for level in LEVELS:
        tail = tail_of(level, freedom)
        scores[f"coverage_{round(level * 100)}_share"] = law.covered(came, stretch, tail).astype(np.float64)
        scores[f"central_{round(level * 100)}_share"] = _central(*stretch, tail)
    return scores


def _central(below: Floats, at: Floats, tail: float) -> Floats:
    inside = np.clip(at, tail, 1 - tail) - np.clip(below, tail, 1 - tail)
    width = at - below
    # Where rounding leaves no width, the outcome is a point of the distribution function.
    point = ((at >= tail) & (at <= 1 - tail)).astype(np.float64)
    return np.where(width > 0, inside / np.where(width > 0, width, 1.0), point)
