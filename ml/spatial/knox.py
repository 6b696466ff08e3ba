"""Knox's test for near repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

# Orders of the times that are counted side by side, and pairs in a block: whole bytes' worth of rows.
_BATCH = 100
_BLOCK = 8 * 255


@dataclass(frozen=True)
class KnoxResult:
    """Pairs near in space and time, against shuffled times.

    Parameters
    ----------
    near_pair_count : int
        Pairs within the distance, at any time.
    close_pair_count : int
        Of them, the pairs within the time too.
    expected_pair_count : float
        Mean of the latter over the shuffles.
    ratio : float
        Observed over expected; NaN for 0/0.
    p_value : float
        (r + 1)/(permutations + 1), r the shuffles with at least as many close pairs.
    """

    near_pair_count: int
    close_pair_count: int
    expected_pair_count: float
    ratio: float
    p_value: float


def knox_test(
    easting_m: npt.ArrayLike,
    northing_m: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    distance_m: float,
    interval: int,
    permutations: int = 99,
    seed: int = 0,
) -> KnoxResult:
    """Test whether events near in space are near in time more often than chance has it.

    The pairs near in space are found once; a permutation shuffles the times over the places and counts
    again. Events are sorted first, so the answer does not depend on the order of the input.
    On police.uk data, time is a month and the place a snap point: repeats within weeks cannot be seen.

    Parameters
    ----------
    easting_m, northing_m : array_like of float, shape (n,)
        Coordinates, in metres.
    time : array_like of int, shape (n,)
        Day or month number.
    distance_m : float
        Largest distance of a near pair, in metres, bound included.
    interval : int
        Largest difference in time of a close pair, in units of ``time``, bound included.
    permutations : int
        Number of shuffles.
    seed : int
        Seed of the shuffles.

    Raises
    ------
    ValueError
        A bound or the number of shuffles is out of range.

    References
    ----------
    Knox, E. G. (1964), Applied Statistics 13(1), 25-29; Johnson, S. D. et al. (2007), Journal of
    Quantitative Criminology 23(3), 201-219, for shuffled dates and p = (r + 1)/(m + 1).
    """
    from scipy.spatial import cKDTree

    if not (distance_m > 0 and interval >= 0 and permutations > 0):
        raise ValueError("knox_test: distance_m and permutations must be positive, interval not negative")
    points = np.column_stack([np.asarray(easting_m, float), np.asarray(northing_m, float)])
    days = np.asarray(time, dtype=np.int64)
    order = np.lexsort((days, points[:, 1], points[:, 0]))
    points, days = points[order], days[order]
    if len(points) < 2:
        return KnoxResult(0, 0, 0.0, float("nan"), 1.0)
    tree = cKDTree(points)
    # Numbered in the order of the tree, neighbours in space are neighbours in memory.
    rank = np.empty(len(points), dtype=np.int32)
    rank[tree.indices] = np.arange(len(points), dtype=np.int32)
    pairs = rank[tree.query_pairs(distance_m, output_type="ndarray")]
    first, second = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    days = _narrowed(days - days.min())[tree.indices]
    counts = _close_pairs(_orders(days, permutations, seed), first, second, interval)
    observed, shuffled = int(counts[0]), counts[1:]
    expected = float(np.mean(shuffled))
    at_least = int(np.count_nonzero(shuffled >= observed))
    ratio = observed / expected if expected > 0 else (float("inf") if observed else float("nan"))
    return KnoxResult(len(first), observed, expected, ratio, (at_least + 1) / (permutations + 1))


def _narrowed(days: npt.NDArray[np.int64]) -> npt.NDArray[np.unsignedinteger]:
    """Use the shortest type that holds twice the span: the counting is bound by memory."""
    for kind in (np.uint8, np.uint16, np.uint32):
        if days.max() <= np.iinfo(kind).max // 2:
            return days.astype(kind)
    return days.astype(np.uint64)


def _orders(
    days: npt.NDArray[np.unsignedinteger], permutations: int, seed: int
) -> Iterator[npt.NDArray[np.unsignedinteger]]:
    """Yield the times as they are and then shuffled, a batch of orders side by side: (n, orders)."""
    generator = np.random.default_rng(seed)
    orders = chain([days], (generator.permutation(days) for _ in range(permutations)))
    while batch := list(islice(orders, _BATCH)):
        yield np.stack(batch, axis=1)


def _close_pairs(
    orders: Iterable[npt.NDArray[np.unsignedinteger]],
    first: npt.NDArray[np.int32],
    second: npt.NDArray[np.int32],
    interval: int,
) -> npt.NDArray[np.int64]:
    """Count pairs within the interval in each order of the times.

    A place's times in all orders of a batch lie side by side, so that a pair is looked up once for all of
    them; a block of pairs stays in the cache. Gaps are unsigned: with the interval added, those that are
    too negative turn round to values above twice the interval, so that one comparison does for both ends.
    """
    counts = []
    for days in orders:
        bound = days.dtype.type(min(interval, int(days.max())))
        total = np.zeros(days.shape[1], dtype=np.int64)
        for start in range(0, len(first), _BLOCK):
            gap = days[first[start : start + _BLOCK]]
            gap -= days[second[start : start + _BLOCK]]
            gap += bound
            is_close = gap <= 2 * bound
            # Sums of at most 255 rows fit one byte, which is eight times as fast.
            for row in range(0, len(is_close), 255):
                total += np.add.reduce(is_close[row : row + 255], axis=0, dtype=np.uint8)
        counts.append(total)
    return np.concatenate(counts)
