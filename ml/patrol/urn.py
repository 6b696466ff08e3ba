"""The urn of runaway feedback: each day a patrol goes where a ball is drawn, and what it finds adds a ball.

Ensign, D. et al. (2018), "Runaway Feedback Loops in Predictive Policing", Proceedings of Machine Learning
Research 81: patrols that are sent by what patrols discovered drift to one place even where all places are
alike; incidents that people report whatever the patrols do damp that; counting a discovery the less, the more
likely its place was to be visited, undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class UrnRates:
    """How incidents reach the urn.

    Parameters
    ----------
    discovered
        Shape (places,): probability that a patrol, once there, discovers an incident in a day.
    reported
        Shape (places,): probability that an incident is reported in a day, patrol or not; none for none.
    is_corrected
        Whether a discovery is kept with a probability inverse to that of having been visited.
    """

    discovered: npt.ArrayLike
    reported: npt.ArrayLike | None = None
    is_corrected: bool = False


def simulate_urn(
    initial: npt.ArrayLike, rates: UrnRates, *, days: int, runs: int, seed: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Draw patrols from urns that begin alike.

    Parameters
    ----------
    initial
        Shape (places,): balls at the start, each above 0.
    rates
        How incidents add balls.
    days
        Draws of each urn.
    runs
        Urns.
    seed
        Seed of the random numbers; the same one gives the same answer.

    Returns
    -------
    shares
        Shape (runs, places): share of each place's balls after the last day.
    visits
        Shape (runs, places): days on which each place was patrolled.

    Raises
    ------
    ValueError
        When a probability or a number of balls is out of bounds.
    """
    balls = np.tile(_positive(initial), (runs, 1))
    places = balls.shape[1]
    discovered = _probabilities(rates.discovered, places)
    reported = _probabilities(np.zeros(places) if rates.reported is None else rates.reported, places)
    generator = np.random.default_rng(seed)
    visits = np.zeros(balls.shape, dtype=np.int64)
    every_run = np.arange(runs)
    for _ in range(days):
        shares = balls / balls.sum(axis=1, keepdims=True)
        # The last bound is 1 by rounding only: a draw beyond it would be nowhere.
        bounds = np.cumsum(shares, axis=1)[:, :-1]
        place = (generator.random((runs, 1)) > bounds).sum(axis=1)
        visits[every_run, place] += 1
        kept = discovered[place]
        if rates.is_corrected:
            kept = kept * shares.min(axis=1) / shares[every_run, place]
        balls[every_run, place] += generator.random(runs) < kept
        balls += generator.random(balls.shape) < reported
    return balls / balls.sum(axis=1, keepdims=True), visits


def settled_share(rates: UrnRates) -> Floats:
    """Return each place's share of balls in the long run when discoveries are corrected: its true share.

    Parameters
    ----------
    rates
        Corrected and without reports.

    Returns
    -------
    ndarray of float
        Shape (places,); NaN when nothing is ever discovered.
    """
    discovered = np.asarray(rates.discovered, dtype=float)
    total = discovered.sum()
    return discovered / total if total > 0 else np.full(len(discovered), np.nan)


def two_place_equilibrium(rates: UrnRates) -> float:
    """Return the first of two places' share of balls in the long run, without correction.

    Each day adds p d1 + r1 balls to the first place in expectation and (1 - p) d2 + r2 to the second. The
    share p rests where what is added has the same share: p^2 (d1 - d2) + p (d2 - d1 + r1 + r2) - r1 = 0.

    Parameters
    ----------
    rates
        Of two places, with reports; not corrected.

    Returns
    -------
    float
        Between 0 and 1; NaN when there are no reports, as nothing then holds the share (equal rates) or it
        runs away to 0 or 1.
    """
    d1, d2 = np.asarray(rates.discovered, dtype=float)
    r1, r2 = np.zeros(2) if rates.reported is None else np.asarray(rates.reported, dtype=float)
    if r1 + r2 == 0:
        return float("nan")
    square, linear = d1 - d2, d2 - d1 + r1 + r2
    # Of the two roots, the share comes back to the one at which the left side rises; so it is written that
    # nothing cancels out.
    slope = np.sqrt(max(linear**2 + 4 * square * r1, 0.0))
    share = 2 * r1 / (linear + slope) if linear > 0 else (slope - linear) / (2 * square)
    return float(np.clip(share, 0, 1))


def _positive(initial: npt.ArrayLike) -> Floats:
    balls = np.asarray(initial, dtype=float)
    if balls.ndim != 1 or len(balls) < 2 or not (balls > 0).all():
        raise ValueError("an urn needs two places or more, each with balls to begin with")
    return balls


def _probabilities(values: npt.ArrayLike, places: int) -> Floats:
    probabilities = np.asarray(values, dtype=float)
    if probabilities.shape != (places,) or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(f"there must be {places} probabilities from 0 to 1, one a place")
    return probabilities
