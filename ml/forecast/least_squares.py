"""Nonlinear least squares of many small problems at once, by the method of Levenberg and Marquardt.

Nocedal, J. and Wright, S. J. (2006), *Numerical Optimization*, Springer, section 10.3. A step that would
leave the bounds is cut off at them, and a parameter that presses against its bound is left there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
#: From parameters of shape (p, problems) and which problems they are of, to residuals of shape (n, problems)
#: and their derivatives of shape (n, p, problems).
Residuals = Callable[[Floats, Places], tuple[Floats, Floats]]

MOST_STEPS = 40
# A step that gains less than this share of the sum of squares is the last one.
SMALL_GAIN = 1e-6
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-8, 1e8


def least_squares(residuals: Residuals, start: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Search from a point of each problem for a smaller sum of squares.

    Parameters
    ----------
    residuals : callable
        From parameters, and the places of their problems, to residuals and derivatives; not finite where
        parameters are impossible.
    start : ndarray, shape (p, problems)
        Where to begin.
    lower, upper : ndarray, shape (p, 1)
        Bounds of the parameters.

    Returns
    -------
    parameters : ndarray, shape (p, problems)
        The best that was found.
    squares : ndarray, shape (problems,)
        The sum of squares that they give; infinite where the start was impossible.
    """
    places = np.arange(start.shape[1])
    now = _Point.at(residuals, np.clip(start, lower, upper), places)
    best, reached = now.parameters.copy(), now.squares.copy()
    damping = np.full(len(places), FIRST_DAMPING)
    for _ in range(MOST_STEPS):
        trial = np.clip(now.parameters + _step(now, lower, upper, damping), lower, upper)
        then = _Point.at(residuals, trial, places)
        is_better = then.squares < now.squares
        is_small = is_better & (then.squares > (1 - SMALL_GAIN) * now.squares)
        now = now.replaced(is_better, then)
        damping = np.where(is_better, np.maximum(damping / 5, LEAST_DAMPING), damping * 4)
        best[:, places], reached[places] = now.parameters, now.squares
        goes_on = ~is_small & (damping < MOST_DAMPING) & np.isfinite(now.squares)
        if not goes_on.any():
            break
        now, damping, places = now.only(goes_on), damping[goes_on], places[goes_on]
    return best, reached


@dataclass(frozen=True)
class _Point:
    """Where the searches are, and what is known there."""

    parameters: Floats
    residuals: Floats
    slopes: Floats
    squares: Floats

    @classmethod
    def at(cls, residuals: Residuals, parameters: Floats, places: Places) -> _Point:
        off, slopes = residuals(parameters, places)
        squares = np.sum(off**2, axis=0)
        return cls(parameters, off, slopes, np.where(np.isfinite(squares), squares, np.inf))

    def replaced(self, which: Bools, other: _Point) -> _Point:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Point(*(np.where(which, theirs, own) for own, theirs in pairs))

    def only(self, which: Bools) -> _Point:
        return _Point(*(own[..., which] for own in vars(self).values()))


def _step(now: _Point, lower: Floats, upper: Floats, damping: Floats) -> Floats:
    """Where the damped normal equations lead from here: shape (p, problems)."""
    slopes = now.slopes.transpose(2, 1, 0)
    downhill = -np.matmul(slopes, now.residuals.T[..., None])[..., 0]
    curvature = np.matmul(slopes, slopes.transpose(0, 2, 1))
    # What is not finite has nowhere to go, and would stop the solution of all others.
    curvature[~np.isfinite(curvature).all(axis=(1, 2))] = 0.0
    parameters = now.parameters.T
    is_held = ((parameters <= lower.T) & (downhill < 0)) | ((parameters >= upper.T) & (downhill > 0))
    curvature[is_held[:, :, None] | is_held[:, None, :]] = 0.0
    own = np.diagonal(curvature, axis1=1, axis2=2)
    # A parameter that changes nothing has no curvature of its own.
    added = np.where(own > 0, own * damping[:, None] + 1e-12, 1.0)
    damped = curvature + added[:, :, None] * np.eye(parameters.shape[1])
    step = np.linalg.solve(damped, np.where(is_held, 0.0, downhill)[..., None])[..., 0]
    return np.ascontiguousarray(step.T)
