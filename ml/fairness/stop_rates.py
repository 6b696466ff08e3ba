"""Stop and search by force, district and object: rates, ratios, shares and outcomes of groups of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.contracts_fairness import OUTCOME_FIGURES
from ml.fairness.stop_outcomes import ALL_OBJECTS, ETHNIC_ATTRIBUTES, PLACE, of_group, outcomes_of
from ml.fairness.stop_residents import residents_of_groups
from ml.fairness.stops import NOT_STATED, rates_of, ratios_of
from ml.fairness.withheld import Flags, Floats, kept_columns, withheld_cells
from ml.fairness.withheld_stops import withheld_of_force

if TYPE_CHECKING:
    import pandas as pd

OTHER_OBJECTS = "Other objects"
WITHOUT_COORDINATES = "without_coordinates"
ELSEWHERE = "elsewhere"
OTHER_PLACES = "other_places"
_ETHNIC_GROUPS = ("Asian", "Black", "Mixed", "Other", "White", NOT_STATED)
#: Reference group of each attribute.
REFERENCES = {
    "self_defined_ethnicity": "White",
    "officer_defined_ethnicity": "White",
    "age_range": "25-34",
    "gender": "Male",
}
_COUNTS = ("stop_count", "unrepeated_count", "hit_count", "miss_count", "find_count", "no_find_count")
#: What is told of searches: searches that it is so of, and that it is not so of.
_OUTCOMES = {"hit_rate": ("hit_count", "miss_count"), "find_rate": ("find_count", "no_find_count")}
NEEDED = (
    "force_slug",
    "district_code",
    "district_name",
    "object_of_search",
    *REFERENCES,
    *_COUNTS,
    "window_start_month",
    "window_end_month",
)


@dataclass(frozen=True)
class _Table:
    """One force's counts by group of one attribute: of the whole force, and of each column of a breakdown."""

    groups: tuple[str, ...]
    # One row a group, one column a place or object, by the name of what is counted.
    counts: dict[str, Floats]
    columns: pd.DataFrame


def stop_rates(stops: pd.DataFrame, residents: pd.DataFrame, residents_by_age: pd.DataFrame) -> pd.DataFrame:
    """Compare groups of people in stop and search, within forces, their districts and objects of search.

    What `audit_stops` says of rates, ratios, "Not stated" and their limits holds here, for age ranges and
    genders too. Where nobody counts the residents (gender "Other", or a place without an estimate), there are
    shares of the stops alone. Small counts are withheld, with as many others as it takes for nobody to work
    them out from the rest of this table.

    Parameters
    ----------
    stops : DataFrame
        Searches of people, counted by the columns in `NEEDED`: the district of the coordinates (or
        ``without_coordinates``, or ``elsewhere`` outside the force's area); groups with 'Not stated';
        ``stop_count`` of all rows, ``unrepeated_count`` of those that repeat no other in every field,
        ``hit_count`` and ``miss_count`` of those whose outcome is known (any action taken, or none),
        ``find_count`` and ``no_find_count`` of those of which is recorded whether something was found that
        was linked to the object of the search.
    residents : DataFrame
        ``district_code``, ``force_slug``, ``ethnic_group``, ``resident_count``.
    residents_by_age : DataFrame
        One row per district, age range and gender: ``force_slug``, ``district_code``, ``age_range``,
        ``gender``, ``resident_count`` (null where unknown).

    Returns
    -------
    DataFrame
        Table ``ml_fairness_stop_rates``.

    Raises
    ------
    ValueError
        A column is missing.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_stop_rates"]
    for name in NEEDED:
        if name not in stops.columns:
            raise ValueError(f"stop_rates: stops have no column {name!r}")
    if stops.empty:
        return empty_frame(contract)
    parts = []
    for _, force in stops.groupby("force_slug", sort=True):
        folded, said = _fold_small_columns(force), _said_of_force(force)
        parts += [_attribute(folded, attribute).assign(**said) for attribute in REFERENCES]
    table = pd.concat(parts, ignore_index=True)
    counted = residents_of_groups(residents, residents_by_age)
    table = table.merge(counted, on=["area_code", "attribute", "group_name"], how="left")
    figures = pd.concat([table, _figures(table)], axis=1)
    return conform(_without_withheld(figures)[contract.column_names], contract)


def _fold_small_columns(force: pd.DataFrame) -> pd.DataFrame:
    """Take districts and objects of few stops together: small tables cannot be made safe."""
    force = force.copy()
    for key, other in (("district_code", OTHER_PLACES), ("object_of_search", OTHER_OBJECTS)):
        totals = force.groupby(key)["unrepeated_count"].sum()
        kept = totals.index[kept_columns(totals.to_numpy(dtype=np.float64))]
        force[key] = force[key].where(force[key].isin(kept), other)
    force["district_name"] = force["district_name"].where(
        force["district_code"] != OTHER_PLACES, "Other places"
    )
    return force


def _attribute(force: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return the rows of one force and attribute: the whole, then each breakdown that can be made safe."""
    import pandas as pd

    slug = str(force["force_slug"].iloc[0])
    groups = _ETHNIC_GROUPS if attribute in ETHNIC_ATTRIBUTES else tuple(sorted(force[attribute].unique()))
    base = {"force_slug": slug, "area_type": "force", "area_code": slug, "area_name": slug}
    whole = _count(force.assign(**base, object_of_search=ALL_OBJECTS), attribute, groups)
    totals = {name: counts[:, 0] for name, counts in whole.counts.items()}
    # "Not stated" bounds the ratios of ethnic groups; of gender, women would be withheld in its place.
    is_ethnic = attribute in ETHNIC_ATTRIBUTES
    hidden, of_outcomes = withheld_of_force(
        groups,
        {REFERENCES[attribute], NOT_STATED} if is_ethnic else {REFERENCES[attribute]},
        totals["unrepeated_count"],
        {rate: (totals[with_it], totals[without]) for rate, (with_it, without) in _OUTCOMES.items()},
        first=() if is_ethnic else {NOT_STATED},
    )
    parts = [
        _rows(whole, hidden[:, None], {rate: flags[:, None] for rate, flags in of_outcomes.items()}),
    ]
    by_district = force.assign(
        area_type="district",
        area_code=force["district_code"],
        area_name=force["district_name"],
        object_of_search=ALL_OBJECTS,
    )
    for broken_down in (by_district, force.assign(**base)):
        table = _count(broken_down, attribute, groups)
        cells = withheld_cells(table.counts["unrepeated_count"], hidden)
        # A breakdown into one column says nothing that the whole does not.
        if cells is not None and len(table.columns) > 1:
            parts.append(_rows(table, cells, _outcome_cells(table, cells, of_outcomes)))
    return pd.concat(parts, ignore_index=True).assign(
        attribute=attribute, reference_group=REFERENCES[attribute]
    )


def _outcome_cells(table: _Table, cells: Flags, whole: dict[str, Flags]) -> dict[str, Flags]:
    """Choose the cells of a breakdown whose outcomes are withheld: all, where nothing less is safe."""
    chosen = {}
    for rate, (found, not_found) in _OUTCOMES.items():
        counts, others = table.counts[found], table.counts[not_found]
        flags = withheld_cells(counts, whole[rate], others=others, hidden=cells)
        chosen[rate] = np.ones(cells.shape, dtype=bool) if flags is None else flags
    return chosen


def _said_of_force(force: pd.DataFrame) -> dict[str, Any]:
    """Return the window and what is missing, of all of the force's searches together."""
    sums = force[list(_COUNTS)].sum()
    total = sums["stop_count"]
    unlocated = force.loc[force["district_code"] == WITHOUT_COORDINATES, "stop_count"].sum()
    return {
        "window_start_month": force["window_start_month"].min(),
        "window_end_month": force["window_end_month"].max(),
        "without_coordinates_share": unlocated / total,
        "repeated_share": 1 - sums["unrepeated_count"] / total,
        "without_outcome_share": 1 - (sums["hit_count"] + sums["miss_count"]) / total,
        "without_find_record_share": 1 - (sums["find_count"] + sums["no_find_count"]) / total,
    }


def _count(force: pd.DataFrame, attribute: str, groups: tuple[str, ...]) -> _Table:
    import pandas as pd

    labels = ["force_slug", "area_type", "area_code", "area_name", "object_of_search"]
    summed = force.groupby([*labels, attribute])[list(_COUNTS)].sum().unstack(attribute, fill_value=0)
    wide = {name: pd.DataFrame(summed[name]) for name in _COUNTS}
    counts = {
        name: one.reindex(columns=list(groups), fill_value=0).to_numpy(dtype=np.float64).T
        for name, one in wide.items()
    }
    return _Table(groups, counts, summed.index.to_frame(index=False))


def _rows(table: _Table, hidden: Flags, of_outcomes: dict[str, Flags]) -> pd.DataFrame:
    """Return a row a column and group; what is hidden is only marked, as totals are still to be made."""
    import pandas as pd

    size = len(table.groups)
    rows = table.columns.loc[table.columns.index.repeat(size)].reset_index(drop=True)
    rows["group_name"] = np.tile(np.array(table.groups, dtype=object), len(table.columns))
    values = {name: counts.T.ravel() for name, counts in table.counts.items()}
    flags = {"is_suppressed": hidden.T.ravel()}
    flags |= {f"is_{rate}_suppressed": own.T.ravel() for rate, own in of_outcomes.items()}
    return pd.concat([rows, pd.DataFrame({**values, **flags})], axis=1)


def _figures(table: pd.DataFrame) -> pd.DataFrame:
    """Return every figure, of withheld rows too."""
    import pandas as pd

    from ml.common.intervals import wilson_interval

    totals = table.groupby(PLACE)["stop_count"].transform("sum")
    context = table[["group_name", "stop_count", "resident_count"]].assign(
        not_stated_stops=of_group(table, "stop_count", NOT_STATED).fillna(0.0),
        reference_stops=of_group(table, "stop_count", table["reference_group"]),
        reference_residents=of_group(table, "resident_count", table["reference_group"]),
    )
    ratios = ratios_of(context, table["reference_group"])
    again = context.assign(
        stop_count=table["unrepeated_count"],
        reference_stops=of_group(table, "unrepeated_count", table["reference_group"]),
    )
    ratios["rate_ratio_without_repeats"] = ratios_of(again, table["reference_group"])["rate_ratio"]
    lower, upper = wilson_interval(table["stop_count"], totals)
    shares = pd.DataFrame(
        {
            "stop_count_without_repeats": table["unrepeated_count"],
            "stop_share": table["stop_count"] / totals.where(totals > 0),
            "stop_share_lower": lower,
            "stop_share_upper": upper,
            "not_stated_share": context["not_stated_stops"] / totals.where(totals > 0),
        }
    )
    return pd.concat([shares, rates_of(context), ratios, outcomes_of(table)], axis=1)


def _without_withheld(table: pd.DataFrame) -> pd.DataFrame:
    """Take away every figure that a withheld count could be worked out from."""
    table = table.copy()
    hidden = table["is_suppressed"].astype(bool)
    reference_hidden = _is_hidden(table, "is_suppressed", table["reference_group"])
    not_stated_hidden = _is_hidden(table, "is_suppressed", NOT_STATED)
    ratios = [name for name in map(str, table.columns) if name.startswith("rate_ratio")]
    rates = [name for name in map(str, table.columns) if name.startswith(("stop_", "rate_per_1000"))]
    cases = ["rate_ratio_best_case", "rate_ratio_worst_case"]
    table.loc[hidden, [*rates, *ratios]] = np.nan
    table.loc[reference_hidden, ratios] = np.nan
    table.loc[not_stated_hidden, [*cases, "not_stated_share"]] = np.nan
    for flag, starts in OUTCOME_FIGURES.items():
        _take_outcomes_away(table, flag, starts)
    not_stated_hits_hidden = _is_hidden(table, "is_hit_rate_suppressed", NOT_STATED)
    table.loc[not_stated_hits_hidden, ["hit_rate_lowest_case", "hit_rate_highest_case"]] = np.nan
    return table


def _take_outcomes_away(table: pd.DataFrame, flag: str, starts: tuple[str, ...]) -> None:
    figures = [name for name in map(str, table.columns) if name.startswith(starts)]
    compared = [name for name in figures if "_difference" in name or name.endswith("_p_value")]
    hidden = table[flag].astype(bool)
    table.loc[hidden, figures] = np.nan
    table.loc[hidden | _is_hidden(table, flag, table["reference_group"]), compared] = np.nan


def _is_hidden(table: pd.DataFrame, flag: str, group: str | pd.Series) -> pd.Series:
    """Return whether one group of each row's place is withheld; False where the place has no such group."""
    flags = table.assign(**{flag: table[flag].astype(float)})
    return of_group(flags, flag, group).fillna(0.0) > 0
