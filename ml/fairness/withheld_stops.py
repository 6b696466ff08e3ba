"""Which counts of a whole force's searches to withhold: one decision for every table that shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ml.fairness.stops import NOT_STATED, UNIT
from ml.fairness.withheld import SMALL_COUNT, Flags, Floats, withheld_groups, withheld_hits

if TYPE_CHECKING:
    import pandas as pd

#: What the decision rests on, of each force, basis and ethnic group.
COUNTED = ("stop_count_without_repeats", "further_action_count", "no_further_action_count")


def withheld_of_force(
    groups: Sequence[str],
    spared: Collection[str],
    searches: Floats,
    outcomes: Mapping[str, tuple[Floats, Floats]],
    *,
    first: Collection[str] = (),
    small: int = SMALL_COUNT,
) -> tuple[Flags, dict[str, Flags]]:
    """Choose the groups of a force whose searches are withheld, and those whose outcomes of each kind are.

    Groups of equal counts are taken in order of name, so that tables of different order choose the same.

    Parameters
    ----------
    groups : sequence of str, length n
        Names of the groups.
    spared : collection of str
        Groups to take for company only when no others are left.
    searches : ndarray, shape (n,)
        Searches without repeated rows.
    outcomes : mapping of str to two ndarray, each of shape (n,)
        By kind of outcome, all searches with it, and all without it.
    first : collection of str
        Groups to take for company before any other.
    small : int
        Counts below it are small.

    Returns
    -------
    tuple of ndarray of bool, shape (n,), and dict of str to such
        Whether the searches are withheld, and by kind whether the outcomes are (of each group whose searches
        are, and of others).
    """
    order = np.argsort(np.asarray(groups, dtype=object), kind="stable")
    back = np.argsort(order)
    worth = [1 + (groups[place] in spared) - (groups[place] in first) for place in order]
    hidden = withheld_groups(searches[order], worth, small=small)
    chosen = {
        kind: withheld_hits(hits[order], misses[order], hidden, small=small)[back]
        for kind, (hits, misses) in outcomes.items()
    }
    return hidden[back], chosen


def withheld_stops(
    stops: pd.DataFrame, *, reference_group: str = "White", small: int = SMALL_COUNT
) -> pd.DataFrame:
    """Choose what is withheld of each force's searches by ethnic group.

    Parameters
    ----------
    stops : DataFrame
        One row per force, ethnicity basis and group: ``force_slug``, ``ethnicity_basis``,
        ``ethnic_group`` and the counts in `COUNTED`.
    reference_group : str
        Group that is spared while others can be withheld, as "Not stated" is.
    small : int
        Counts below it are small.

    Returns
    -------
    DataFrame
        ``is_stop_withheld`` and ``is_outcome_withheld``, on the index of ``stops``.
    """
    import pandas as pd

    flags = pd.DataFrame(False, index=stops.index, columns=["is_stop_withheld", "is_outcome_withheld"])
    for positions in stops.groupby(UNIT).indices.values():
        force = stops.iloc[positions]
        searches, hits, misses = (force[name].to_numpy(dtype=np.float64) for name in COUNTED)
        groups = force["ethnic_group"].astype(str).tolist()
        hidden, of_outcomes = withheld_of_force(
            groups, {reference_group, NOT_STATED}, searches, {"hits": (hits, misses)}, small=small
        )
        flags.iloc[positions] = np.column_stack([hidden, of_outcomes["hits"]])
    return flags


def withheld_arrests(
    stops: pd.DataFrame, is_outcome_withheld: pd.Series, *, small: int = SMALL_COUNT
) -> pd.Series:
    """Choose the groups whose arrests are withheld: an arrest more is another action less.

    Parameters
    ----------
    stops : DataFrame
        As for `withheld_stops`, with ``arrest_count``, which is part of ``further_action_count``.
    is_outcome_withheld : Series
        From `withheld_stops`.
    small : int
        Counts below it are small.

    Returns
    -------
    Series
        Whether the arrests are withheld, on the index of ``stops``.
    """
    flags = is_outcome_withheld.astype(bool)
    for positions in stops.sort_values("ethnic_group").groupby(UNIT).groups.values():
        force = stops.loc[positions]
        arrests = force["arrest_count"].to_numpy(dtype=np.float64)
        others = force["further_action_count"].to_numpy(dtype=np.float64) - arrests
        hidden = flags.loc[positions].to_numpy()
        flags.loc[positions] = withheld_hits(arrests, others, hidden, small=small)
    return flags
