"""What searches found, by group: shares and their cases, the outcome test and the threshold test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.fairness.outcomes import SEPARATIONS, outcome_test, search_threshold, threshold_draws
from ml.fairness.stops import NOT_STATED

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

ALL_OBJECTS = "All objects"
ETHNIC_ATTRIBUTES = ("self_defined_ethnicity", "officer_defined_ethnicity")
#: What the groups that are compared have in common.
PLACE = ["force_slug", "area_type", "area_code", "area_name", "object_of_search", "attribute"]
_SEED = 20170601
_HITS = ("hit_count", "miss_count")
_COMPARED = ("_difference", "_difference_lower", "_difference_upper", "_p_value")


def of_group(table: pd.DataFrame, name: str, group: str | pd.Series) -> pd.Series:
    """Return one group's value beside every row of its place.

    Parameters
    ----------
    table : DataFrame
        The columns of `PLACE`, ``group_name`` and the value.
    name : str
        Column of the value.
    group : str or Series
        Name of the group, one for all or one a row.

    Returns
    -------
    Series
        On the table's index; NaN where a place has no such group.
    """
    own = table[table["group_name"] == group].set_index(PLACE)[name]
    return table[PLACE].join(own.rename("value"), on=PLACE)["value"]


def outcomes_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return shares of searches that something followed and that found their object, with tests and cases.

    Parameters
    ----------
    table : DataFrame
        Columns of `PLACE`, ``group_name``, ``reference_group``, ``stop_count``, ``resident_count``,
        ``hit_count``, ``miss_count``, ``find_count``, ``no_find_count``, ``is_hit_rate_suppressed``,
        ``is_find_rate_suppressed``.

    Returns
    -------
    DataFrame
        On the table's index. Comparisons of rows that are withheld are NaN. Thresholds are of whole forces
        and all objects, and NaN where no residents are known.
    """
    is_whole = (table["area_type"] == "force") & (table["object_of_search"] == ALL_OBJECTS)
    ethnic = table[is_whole & table["attribute"].isin(ETHNIC_ATTRIBUTES)]
    parts = (
        _rates(table, "hit_rate", _HITS),
        _not_stated_cases(table),
        _rates(table, "find_rate", ("find_count", "no_find_count")),
        _not_recorded_cases(table),
        _thresholds(ethnic).reindex(table.index),
    )
    return parts[0].join(list(parts[1:]))


def _rates(table: pd.DataFrame, rate: str, counted: tuple[str, str]) -> pd.DataFrame:
    """Return a share with its interval and the outcome test; ``counted``: searches with and without it."""
    import pandas as pd

    from ml.common.intervals import wilson_interval

    found, judged = table[counted[0]], table[list(counted)].sum(axis="columns")
    lower, upper = wilson_interval(found, judged)
    figures = pd.DataFrame(
        {rate: found / judged.where(judged > 0), f"{rate}_lower": lower, f"{rate}_upper": upper}
    )
    is_compared = ~table[f"is_{rate}_suppressed"] & (table["group_name"] != table["reference_group"])
    reference = [of_group(table, name, table["reference_group"]) for name in counted]
    sides = (one[is_compared] for one in (*(table[name] for name in counted), *reference))
    tests = [outcome_test(*counts) for counts in zip(*sides, strict=True)]
    names = [f"{rate}{ending}" for ending in _COMPARED]
    tested = pd.DataFrame(tests, index=table.index[is_compared], columns=names, dtype=np.float64)
    return figures.join(tested)


def _not_stated_cases(table: pd.DataFrame) -> pd.DataFrame:
    """Return the hit rate if those "Not stated" of no hit, or of every hit, were of the group.

    Any of them whom the group takes moves its rate towards one of the two, so that no split leaves them.
    """
    import pandas as pd

    hits, misses = table["hit_count"], table["miss_count"]
    more_hits, more_misses = (of_group(table, name, NOT_STATED).fillna(0.0) for name in _HITS)
    lowest, highest = hits + misses + more_misses, hits + misses + more_hits
    cases = {
        "hit_rate_lowest_case": hits / lowest.where(hits + misses > 0),
        "hit_rate_highest_case": (hits + more_hits) / highest.where(hits + misses > 0),
    }
    return pd.DataFrame(cases).where(table["group_name"] != NOT_STATED)


def _not_recorded_cases(table: pd.DataFrame) -> pd.DataFrame:
    """Return the share that is not recorded, and the find rate if none or all of it had found something."""
    import pandas as pd

    stops = table["stop_count"].where(table["stop_count"] > 0)
    missing = table["stop_count"] - table["find_count"] - table["no_find_count"]
    return pd.DataFrame(
        {
            "find_missing_share": missing / stops,
            "find_rate_lowest_case": table["find_count"] / stops,
            "find_rate_highest_case": (table["find_count"] + missing) / stops,
        }
    )


def _thresholds(ethnic: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    hits, misses = ethnic["hit_count"], ethnic["miss_count"]
    stops, residents = ethnic["stop_count"], ethnic["resident_count"].astype("float64")
    found = hits / (hits + misses).where(hits + misses > 0)
    figures = pd.DataFrame(
        {
            f"threshold_{words}_signal": search_threshold(stops / residents, found, separation)[1]
            for words, separation in SEPARATIONS.items()
        },
        index=ethnic.index,
    )
    draws = [
        threshold_draws(*counts, SEPARATIONS["middle"], np.random.default_rng([_SEED, number]))
        for number, counts in enumerate(zip(stops, residents, hits, misses, strict=True))
    ]
    drawn = np.array(draws)
    middle = figures["threshold_middle_signal"].to_numpy()
    positions = ethnic.assign(position=np.arange(len(ethnic)))
    compared = of_group(positions, "position", ethnic["reference_group"]).to_numpy(dtype=int)
    difference = np.where(compared == np.arange(len(ethnic)), np.nan, middle - middle[compared])
    for name, value, sample in (
        ("threshold", middle, drawn),
        ("threshold_difference", difference, drawn - drawn[compared]),
    ):
        figures[f"{name}_lower"], figures[f"{name}_upper"] = _around(sample, value)
    return figures.assign(threshold_difference=difference)


def _around(
    draws: npt.NDArray[np.float64], value: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return 2.5 and 97.5% of each row's draws, widened to hold the value itself; NaN where it is."""
    lower, upper = np.full(len(value), np.nan), np.full(len(value), np.nan)
    is_there = ~(np.isnan(draws).any(axis=1) | np.isnan(value))
    if is_there.any():
        lower[is_there], upper[is_there] = np.quantile(draws[is_there], [0.025, 0.975], axis=1)
    return np.minimum(lower, value), np.maximum(upper, value)
