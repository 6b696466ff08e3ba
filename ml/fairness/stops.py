"""Stop and search: rates, rate ratios and outcomes by ethnic group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NEEDED = (
    "force_slug",
    "ethnicity_basis",
    "ethnic_group",
    "stop_count",
    "stop_count_without_repeats",
    "further_action_count",
    "no_further_action_count",
    "resident_count",
)
NOT_STATED = "Not stated"
UNIT = ["force_slug", "ethnicity_basis"]


def audit_stops(
    stops: pd.DataFrame, *, reference_group: str = "White", suppress_below: int = 10
) -> pd.DataFrame:
    """Compare the ethnic groups' rates of stop and search within each force.

    A rate is stops of the group per 1,000 of its residents at the census; a ratio compares it with the
    reference group's. What the figures cannot say: residents are not the people on the street (visitors
    are stopped too); the intervals take stops as independent events, which stops in one operation are
    not, so they are the least uncertainty there is; and a rate ratio is a disparity, not its cause.

    "Not stated" is missing information, never a group. It has a row with its count, no rate and no
    ratio, and it bounds the ratios: the best case gives all of it to the reference group, the worst
    case all of it to the group compared.

    Parameters
    ----------
    stops : DataFrame
        One row per force, ethnicity basis and group: ``force_slug``, ``ethnicity_basis``,
        ``ethnic_group``, ``stop_count`` (every row), ``stop_count_without_repeats``,
        ``further_action_count``, ``no_further_action_count``, ``resident_count`` (null for
        'Not stated'). Other columns are ignored.
    reference_group : str
        Group that the ratios compare with.
    suppress_below : int
        Groups with fewer stops (repeated rows left out) are marked ``is_suppressed`` and have no
        figures but their residents; so are the groups that would give them away. What would give an
        outcome or a withheld reference or 'Not stated' away is null. See `withheld_stops`.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_stops``.

    Raises
    ------
    ValueError
        A column is missing, a group repeats, a count is null, or a part is more than the stops made.

    References
    ----------
    Rate and ratio: Home Office, Stop and search statistics; Race Disparity Unit (2021), on their limits.
    Intervals: Garwood (1936); Przyborowski and Wilenski (1940); Wilson (1927).
    """
    import pandas as pd

    from ml.common.contracts import ML_FAIRNESS_STOPS, conform, empty_frame
    from ml.fairness.withheld_stops import withheld_stops

    _check(stops)
    if stops.empty:
        return empty_frame(ML_FAIRNESS_STOPS)
    table = stops[list(NEEDED)].rename(columns={"ethnic_group": "group_name"}).reset_index(drop=True)
    counts = ["stop_count", "no_further_action_count", "resident_count"]
    table[counts] = table[counts].astype("Float64").astype("float64")
    withheld = withheld_stops(
        table.rename(columns={"group_name": "ethnic_group"}),
        reference_group=reference_group,
        small=suppress_below,
    )
    table["is_suppressed"] = withheld["is_stop_withheld"]
    table = table.join(_force_figures(table, reference_group), on=UNIT)
    # Nobody lives as "Not stated": without residents it can have neither rate nor ratio.
    table.loc[table["group_name"] == NOT_STATED, "resident_count"] = float("nan")
    table = pd.concat([table, rates_of(table), ratios_of(table, reference_group), _outcomes(table)], axis=1)
    outcomes = [name for name in table.columns if name.startswith("no_further_action_share")]
    rates = [name for name in table.columns if name.startswith("rate_")]
    cases = ["rate_ratio_best_case", "rate_ratio_worst_case", "not_stated_share"]
    table.loc[table["is_suppressed"], ["stop_count", *rates]] = float("nan")
    table.loc[withheld["is_outcome_withheld"], outcomes] = float("nan")
    table.loc[table["is_not_stated_withheld"], cases] = float("nan")
    table = table.assign(model="stop_and_search", attribute="ethnic_group", reference_group=reference_group)
    return conform(table[ML_FAIRNESS_STOPS.column_names], ML_FAIRNESS_STOPS)


def _check(stops: pd.DataFrame) -> None:
    for name in NEEDED:
        if name not in stops.columns:
            raise ValueError(f"audit_stops: stops have no column {name!r}")
    key = [*UNIT, "ethnic_group"]
    if stops.duplicated(key).any():
        first = stops.loc[stops.duplicated(key), key].iloc[0].to_dict()
        raise ValueError(f"audit_stops: {first} repeats; give one row per force, basis and group")
    counts = [name for name in NEEDED if "_count" in name and name != "resident_count"]
    if stops[counts].isna().any(axis=None):
        raise ValueError("audit_stops: a null count; a group without stops has a count of 0")
    if (stops["no_further_action_count"] + stops["further_action_count"] > stops["stop_count"]).any():
        raise ValueError("audit_stops: more stops ended in an outcome than were made")
    if (stops["stop_count_without_repeats"] > stops["stop_count"]).any():
        raise ValueError("audit_stops: more stops are no repeats than were made")


def _force_figures(table: pd.DataFrame, reference_group: str) -> pd.DataFrame:
    """Per force and basis: the reference's stops and residents, the stops not stated and their share.

    A withheld reference has none: a ratio to it would give it away.
    """
    grouped = table.groupby(UNIT)
    figures = grouped["stop_count"].sum().rename("force_stops").to_frame()
    not_stated = table[table["group_name"] == NOT_STATED].set_index(UNIT).reindex(figures.index)
    figures["not_stated_stops"] = not_stated["stop_count"].fillna(0.0)
    figures["is_not_stated_withheld"] = not_stated["is_suppressed"].eq(True)
    figures["not_stated_share"] = figures["not_stated_stops"] / figures["force_stops"]
    is_reference = (table["group_name"] == reference_group) & ~table["is_suppressed"]
    reference = table[is_reference].set_index(UNIT)
    figures["reference_stops"] = reference["stop_count"].reindex(figures.index)
    figures["reference_residents"] = reference["resident_count"].reindex(figures.index)
    return figures


def rates_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return stops per 1,000 residents with exact Poisson bounds, of stop and resident counts."""
    import pandas as pd

    from ml.common.intervals import garwood_interval

    residents = table["resident_count"].where(table["resident_count"] > 0)
    lower, upper = garwood_interval(table["stop_count"])
    return pd.DataFrame(
        {
            "rate_per_1000": 1000 * table["stop_count"] / residents,
            "rate_per_1000_lower": 1000 * lower / residents,
            "rate_per_1000_upper": 1000 * upper / residents,
        }
    )


def ratios_of(table: pd.DataFrame, reference_group: str | pd.Series) -> pd.DataFrame:
    """Return ratios to the reference's rate; the reference's own is 1 by definition.

    Parameters
    ----------
    table : DataFrame
        ``group_name``, ``stop_count``, ``resident_count``, ``not_stated_stops``, ``reference_stops``,
        ``reference_residents``.
    reference_group : str or Series
        Name of the reference group, one for all or one a row.

    Returns
    -------
    DataFrame
        ``rate_ratio`` with its exact conditional bounds and its best and worst case, on the same index.
    """
    import pandas as pd

    from ml.common.intervals import rate_ratio_interval

    stops, unknown = table["stop_count"], table["not_stated_stops"]
    reference = table["reference_stops"].where(table["reference_stops"] > 0)
    residents = table["resident_count"].where(table["resident_count"] > 0)
    reference_residents = table["reference_residents"].where(table["reference_residents"] > 0)
    scale = reference_residents / residents
    lower, upper = rate_ratio_interval(stops, residents, reference, reference_residents)
    ratios = pd.DataFrame(
        {
            "rate_ratio": stops / reference * scale,
            "rate_ratio_lower": lower,
            "rate_ratio_upper": upper,
            "rate_ratio_best_case": stops / (reference + unknown) * scale,
            "rate_ratio_worst_case": (stops + unknown) / reference * scale,
        }
    )
    is_reference = (table["group_name"] == reference_group) & reference.notna() & scale.notna()
    ratios[is_reference] = 1.0
    return ratios


def _outcomes(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from ml.common.intervals import wilson_interval

    stops = table["stop_count"].where(table["stop_count"] > 0)
    lower, upper = wilson_interval(table["no_further_action_count"], table["stop_count"])
    return pd.DataFrame(
        {
            "no_further_action_share": table["no_further_action_count"] / stops,
            "no_further_action_share_lower": lower,
            "no_further_action_share_upper": upper,
        }
    )
