"""The state equations of exponential smoothing, for many series at once, with their derivatives.

Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008), *Forecasting with Exponential
Smoothing*, Springer, chapter 2.

Every quantity is an array of shape (1 + p, series): its value and then its derivatives by p parameters,
which are carried along by the product and quotient rules (forward differentiation). With p = 0 it is plain
numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecast.ets_forms import Form

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Smoothers:
    """Smoothing of level, trend and season, and damping: each of shape (1 + p, series)."""

    alpha: Floats
    beta: Floats
    gamma: Floats
    phi: Floats


@dataclass
class States:
    """Level and trend, each of shape (1 + p, series), and the season, the next month's first."""

    level: Floats
    trend: Floats
    season: list[Floats]


@dataclass(frozen=True)
class Expected:
    """What a month is expected to be: by level and trend alone, the trend in it, and with the season."""

    base: Floats
    carried: Floats
    mean: Floats


def times(one: Floats, other: Floats) -> Floats:
    """Product, with its derivatives."""
    product = one[..., :1, :] * other
    product[..., 1:, :] += other[..., :1, :] * one[..., 1:, :]
    return product


def over(one: Floats, other: Floats) -> Floats:
    """Quotient, with its derivatives."""
    ratio = one[..., :1, :] / other[..., :1, :]
    quotient: Floats = one / other[..., :1, :]
    quotient[..., 1:, :] -= ratio / other[..., :1, :] * other[..., 1:, :]
    return quotient


def expected(form: Form, smoothers: Smoothers, states: States) -> Expected:
    """Expect the next month."""
    carried = times(smoothers.phi, states.trend) if form.is_damped else states.trend
    base = states.level + carried if form.has_trend else states.level
    if form.season is None:
        return Expected(base, carried, base)
    wave = states.season[0]
    return Expected(base, carried, times(base, wave) if form.season == "mul" else base + wave)


def follow(form: Form, smoothers: Smoothers, states: States, ahead: Expected, deviation: Floats) -> None:
    """Move the states by how far a month was from what was expected.

    The equations are the same for both kinds of error: they differ in what size of deviation is usual.
    """
    struck = deviation
    if form.season is not None:
        wave = states.season.pop(0)
        moved = deviation
        if form.season == "mul":
            struck, moved = over(deviation, wave), over(deviation, ahead.base)
        states.season.append(wave + times(smoothers.gamma, moved))
    states.level = ahead.base + times(smoothers.alpha, struck)
    if form.has_trend:
        states.trend = ahead.carried + times(smoothers.beta, struck)
