"""Identities of hotspots that stay the same from month to month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Identity:
    """Who a hotspot of one window is.

    Parameters
    ----------
    stable_id
        Name that it keeps; ``2025-03-002`` is the second one born in the window to March 2025.
    event
        ``new``; ``continued``; ``split``, new out of one that goes on elsewhere; ``merged``, continued and
        joined by others that end in it; ``returned``, unseen in the window before.
    merged_ids
        Those that ended in it.
    split_from_id
        The one that it was part of.
    """

    stable_id: str
    event: str
    merged_ids: tuple[str, ...] = ()
    split_from_id: str | None = None


def follow(windows: list[tuple[str, Shapes]], *, memory: int = 12) -> list[list[Identity]]:
    """Give each hotspot the identity of the one in the window before that it overlaps most.

    Where several want the same identity, the one with the largest overlap has it, and the others are
    ``split`` from it. A hotspot that overlaps none of the window before is compared with those
    that have gone in the ``memory`` windows before that, each where it was last seen.
    Ties go to the earlier place in the list. Later windows change nothing about earlier ones.

    Parameters
    ----------
    windows : list of (str, ndarray of shapely polygons)
        For each window, in order of time, its end as ``YYYY-MM`` and its hulls, most important first.
    memory : int
        Number of windows for which a hotspot that has gone is remembered.

    Returns
    -------
    list of list of Identity
        For each window, an identity for each hull.
    """
    import numpy as np

    followed: list[list[Identity]] = []
    last_seen: dict[str, tuple[int, Any]] = {}
    for turn, (end, hulls) in enumerate(windows):
        before = [name for name, (seen, _) in last_seen.items() if seen == turn - 1]
        gone = [name for name, (seen, _) in last_seen.items() if turn - 1 > seen >= turn - 1 - memory]
        area = _overlaps(hulls, [last_seen[name][1] for name in before])
        kept = _claims(area)
        lone = np.flatnonzero(~(area > 0).any(axis=1))
        returned = _claims(_overlaps(hulls[lone], [last_seen[name][1] for name in gone]))
        names = {hull: before[column] for hull, column in kept.items()}
        back = {int(lone[row]): gone[column] for row, column in returned.items()}
        found = _name(end, area, before, names, back)
        followed.append(found)
        last_seen |= {one.stable_id: (turn, hull) for one, hull in zip(found, hulls, strict=True)}
    return followed


def _overlaps(hulls: Shapes, others: list[Any]) -> npt.NDArray[np.float64]:
    """Area that each hull shares with each other one, in square metres."""
    import numpy as np
    import shapely

    area = np.zeros((len(hulls), len(others)))
    if area.size:
        targets = np.array(others, dtype=object)
        row, column = shapely.STRtree(targets).query(hulls, predicate="intersects")
        area[row, column] = shapely.area(shapely.intersection(hulls[row], targets[column]))
    return area


def _claims(area: npt.NDArray[np.float64]) -> dict[int, int]:
    """Which hull keeps which column: every hull wants its largest, and the largest claim wins."""
    import numpy as np

    wanted = {int(row): int(area[row].argmax()) for row in np.flatnonzero((area > 0).any(axis=1))}
    winners: dict[int, int] = {}
    for row, column in wanted.items():
        if column not in winners or area[row, column] > area[winners[column], column]:
            winners[column] = row
    return {row: column for column, row in winners.items()}


def _name(
    end: str, area: npt.NDArray[np.float64], before: list[str], kept: dict[int, str], back: dict[int, str]
) -> list[Identity]:
    going_on = set(kept.values())
    found, born = [], 0
    for hull in range(len(area)):
        touched = [before[column] for column in area[hull].nonzero()[0]]
        if hull in kept:
            ended = tuple(sorted(set(touched) - going_on))
            found.append(Identity(kept[hull], "merged" if ended else "continued", ended))
        elif hull in back:
            found.append(Identity(back[hull], "returned"))
        else:
            born += 1
            parent = before[int(area[hull].argmax())] if touched else None
            found.append(Identity(f"{end}-{born:03d}", "split" if parent else "new", (), parent))
    return found


def window_persistence(found: npt.NDArray[np.bool_], *, recent: int = 12) -> str | None:
    """Class of a hotspot by the windows that it was found in; None where one window is all there is.

    Of a hull over overlapping windows, without a test: `ml.spatial.emerging.trend_classes` has the same words
    for areas, by tested months and a trend.

    ``fading``: not found in the last. Of those found in the last: ``persistent`` when found in all of the
    recent ones; ``new`` when first found in the last three and in each since; ``emerging`` when first found
    earlier and in each since; ``sporadic`` otherwise. Windows overlap, so this is a description and no test.

    Parameters
    ----------
    found : ndarray of bool, shape (windows,)
        Whether it was found in each window of the whole history, in order of time; true at least once. Of the
        recent ones alone, a hotspot that has come back would be called new.
    recent : int
        Number of windows that make a hotspot persistent, or all when there are fewer.
    """
    if len(found) < 2:
        return None
    first = int(found.argmax())
    if not found[-1]:
        return "fading"
    if found[-recent:].all():
        return "persistent"
    if not found[first:].all():
        return "sporadic"
    return "new" if len(found) - first <= 3 else "emerging"
