"""What searches of whole forces found, by group: shares, the outcome test and the threshold test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.fairness.outcomes import SEPARATIONS, outcome_test, search_threshold, threshold_draws

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

ALL_OBJECTS = "All objects"
ETHNIC_ATTRIBUTES = ("self_defined_ethnicity", "officer_defined_ethnicity")
#: What the groups that are compared have in common.
PLACE = ["force_slug", "area_type", "area_code", "area_name", "object_of_search", "attribute"]
_SEED = 20170601
_DIFFERENCE = ("hit_rate_difference", "hit_rate_difference_lower", "hit_rate_difference_upper")


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
    """Return shares of searches that found something, with both tests.

    Parameters
    ----------
    table : DataFrame
        Columns of `PLACE`, ``group_name``, ``reference_group``, ``stop_count``, ``resident_count``,
        ``hit_count``, ``miss_count``.

    Returns
    -------
    DataFrame
        On the table's index; NaN outside rows of whole forces and all objects, and thresholds NaN where no
        residents are known.
    """
    is_whole = (table["area_type"] == "force") & (table["object_of_search"] == ALL_OBJECTS)
    whole = table[is_whole]
    ethnic = whole[whole["attribute"].isin(ETHNIC_ATTRIBUTES)]
    return _hit_rates(whole).join(_thresholds(ethnic)).reindex(table.index)


def _hit_rates(whole: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from ml.common.intervals import wilson_interval

    hits, misses = whole["hit_count"], whole["miss_count"]
    judged = hits + misses
    lower, upper = wilson_interval(hits, judged)
    figures = pd.DataFrame(
        {"hit_rate": hits / judged.where(judged > 0), "hit_rate_lower": lower, "hit_rate_upper": upper}
    )
    reference = [of_group(whole, name, whole["reference_group"]) for name in ("hit_count", "miss_count")]
    tests = [outcome_test(*counts) for counts in zip(hits, misses, *reference, strict=True)]
    tested = pd.DataFrame(tests, index=whole.index, columns=[*_DIFFERENCE, "hit_rate_p_value"])
    tested.loc[whole["group_name"] == whole["reference_group"]] = np.nan
    return figures.join(tested)


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
