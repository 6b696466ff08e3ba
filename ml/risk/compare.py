"""Who won: paired bootstrap intervals over origins, and the choice of a champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.common.intervals import percentile_interval
from ml.risk.cells import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

SEED = 20210321
REPLICATES = 2000


@dataclass(frozen=True)
class Difference:
    """A mean figure of a model less that of another over the same origins.

    Parameters
    ----------
    value, lower, upper : float
        The difference and its interval.
    """

    value: float
    lower: float
    upper: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.lower > 0 or self.upper < 0


def resampled_means(
    table: Floats, *, block: int = 1, periods: Sequence[int] = (), confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Bootstrap interval of the column means, resampling stretches of consecutive rows.

    Parameters
    ----------
    table : ndarray, shape (origins, figures)
        Figures in time's order, paired within a row. A NaN (0/0) is left out of its column's means; a
        column that some replicate has no figure of has no interval.
    block : int
        Rows in a stretch: the number of origins that one window overlaps, so that shared events are
        not taken for separate evidence.
    periods : sequence of int
        Origins of each unbroken period, in the table's order, where there is more than one: each is resampled
        by itself, so that no stretch crosses a gap.
    confidence : float
        Two-sided level.

    Returns
    -------
    lower, upper : ndarray, shape (figures,)

    References
    ----------
    Politis, D. N. and Romano, J. P. (1992): the circular block bootstrap.
    """
    # One product instead of a copy of the table for each replicate.
    drawn = drawn_counts(len(table), block=block, periods=periods)
    is_there = np.isfinite(table)
    with np.errstate(invalid="ignore"):
        means = (drawn @ np.where(is_there, table, 0.0)) / (drawn @ is_there.astype(np.float64))
    tail = (1 - confidence) / 2
    bounds = np.full((2, table.shape[1]), np.nan)
    is_defined = np.isfinite(means).all(axis=0)
    bounds[:, is_defined] = np.quantile(means[:, is_defined], [tail, 1 - tail], axis=0)
    return bounds[0], bounds[1]


def drawn_counts(origins: int, *, block: int = 1, periods: Sequence[int] = ()) -> Ints:
    """How often each origin is drawn in each replicate, shape (replicates, origins).

    Parameters
    ----------
    origins : int
        Origins in time's order.
    block, periods
        As for `resampled_means`.
    """
    places = np.arange(REPLICATES)[:, None] * origins + _resamples(origins, block, periods)
    return np.bincount(places.ravel(), minlength=REPLICATES * origins).reshape(REPLICATES, -1)


def difference(
    ours: Floats, theirs: Floats, *, block: int = 1, periods: Sequence[int] = (), confidence: float = 0.95
) -> Difference:
    """Mean of ours less theirs with its paired interval.

    Parameters
    ----------
    ours, theirs : ndarray, shape (origins,)
        Figures at the same origins in the same order.
    block, periods, confidence
        As for `resampled_means`.
    """
    gap = (ours - theirs)[:, None]
    lower, upper = resampled_means(gap, block=block, periods=periods, confidence=confidence)
    return Difference(float(gap.mean()), float(lower[0]), float(upper[0]))


def ratio_difference(
    ours: Floats, theirs: Floats, whole: Floats, *, block: int = 1, confidence: float = 0.95
) -> Difference:
    """Pooled share of ours less that of theirs: sum(ours) / sum(whole) - sum(theirs) / sum(whole).

    Parameters
    ----------
    ours, theirs, whole : ndarray, shape (origins,)
        Amounts at the same origins: caught by each, and all that came (or could be caught).
    block, confidence
        As for `resampled_means`.
    """
    gap = ours - theirs
    picked = _resamples(len(gap), block)
    shares = gap[picked].sum(axis=1) / whole[picked].sum(axis=1)
    return Difference(float(gap.sum() / whole.sum()), *percentile_interval(shares, confidence))


def _resamples(count: int, block: int, periods: Sequence[int] = ()) -> Ints:
    """Origins drawn in each replicate, shape (replicates, origins)."""
    random = np.random.default_rng(SEED)
    parts, first = [], 0
    for size in periods or (count,):
        starts = random.integers(0, size, size=(REPLICATES, -(-size // block)))
        picked = (starts[:, :, None] + np.arange(block)) % size
        parts.append(first + picked.reshape(REPLICATES, -1)[:, :size])
        first += size
    if first != count:
        raise ValueError(f"resampling: periods hold {first} origins of {count}")
    return np.concatenate(parts, axis=1)


def choose_champion(
    figures: pd.DataFrame,
    baselines: Sequence[str],
    *,
    is_lower_better: bool,
    block: int = 1,
    periods: Sequence[int] = (),
) -> tuple[str, str]:
    """Pick the model to publish for one group.

    The rule: the best mean over the same origins. A challenger must be better than every baseline on that
    mean, and better than the best of them with a paired 95% interval that excludes zero; otherwise the
    best baseline is the champion, and the reason says that the challenger lost or is not clearly better.

    Parameters
    ----------
    figures : DataFrame
        One row per origin in time's order, one column per model, without gaps.
    baselines : sequence of str
        Columns that are baselines.
    is_lower_better : bool
        Whether the figure is an error.
    block, periods
        As for `resampled_means`.

    Returns
    -------
    champion : str
    reason : str

    Raises
    ------
    ValueError
        A figure is missing, or there is no baseline.
    """
    if figures.isna().any().any() or not baselines:
        raise ValueError("choose_champion: needs a baseline, and every model at every origin")
    sign = 1.0 if is_lower_better else -1.0
    means = (sign * figures.mean()).sort_values(kind="stable")
    baseline = str(means[list(baselines)].idxmin())
    challengers = [name for name in means.index if name not in baselines]
    if not challengers:
        return baseline, f"{baseline} is the best of the baselines; there is no challenger"
    best = str(challengers[0])
    ours, theirs = (sign * figures[name].to_numpy(float) for name in (best, baseline))
    gap = difference(ours, theirs, block=block, periods=periods)
    shown = f"{sign * means[best]:.4g} against {sign * means[baseline]:.4g} over {len(figures)} origins"
    if gap.value >= 0:
        return baseline, f"{best} loses to {baseline}: {shown}"
    if not gap.is_clear:
        return baseline, f"{best} is not clearly better than {baseline}: {shown}"
    return best, f"{best} is better than every baseline, the best being {baseline}: {shown}"


def leader_so_far(captures: pd.DataFrame, candidates: Sequence[str], origins: Sequence[float]) -> list[str]:
    """Name the model to publish at each origin: the one that has caught most until then.

    Only windows that were over by the origin count, so the choice could have been made on the day. Ties,
    and origins before any window is over, go to the first candidate: put the plainest first.

    Parameters
    ----------
    captures : DataFrame
        ``model``, ``end_day``, ``caught``, as `ml.risk.backtest.backtest` gives them; several horizons
        or grids may be put together, with every candidate in each.
    candidates : sequence of str
        Models, baselines among them, in order of preference.
    origins : sequence of float
        Days.

    Returns
    -------
    list of str
        One name for each origin.
    """
    caught = captures.pivot_table(index="end_day", columns="model", values="caught", aggfunc="sum")
    sums = caught.sort_index()[list(candidates)].cumsum()
    ends = sums.index.to_numpy()
    leaders = []
    for origin in origins:
        over = int(np.searchsorted(ends, origin, side="right"))
        leaders.append(str(sums.iloc[over - 1].idxmax()) if over else candidates[0])
    return leaders
