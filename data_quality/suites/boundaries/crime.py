"""Suites of the tables about crime: judged by force and month, where all months are at hand.

Drift, volume, completeness and plausible area are judged here and not when a file comes in: they compare a
month with its force's other months and with areas, and a file's verdict would else depend on which came
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, DATA_ENGINEERING, Derive, Rule, between, holds

if TYPE_CHECKING:
    import pandas as pd

_ROUNDING = 1e-9


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the crime tables."""
    return (
        TableSuite("warehouse", "fct_crimes", DATA_ENGINEERING, (_force_months(),)),
        TableSuite("warehouse", "fct_crime_lsoa_month", ANALYSIS, (_populated("months", ("crime_month",)),)),
        TableSuite("warehouse", "mart_crime_area_month", ANALYSIS, (_populated("levels", ("area_type",)),)),
        TableSuite("warehouse", "mart_crime_change_year", ANALYSIS, (_change_years(),)),
        TableSuite("warehouse", "mart_harm_force_month", ANALYSIS, (_harm_months(),)),
        TableSuite("warehouse", "mart_harm_lsoa_scheme", ANALYSIS, (_schemes(),)),
        TableSuite("warehouse", "mart_harm_ranking", ANALYSIS, (_rankings(),)),
        TableSuite("warehouse", "mart_harm_rank_movers", ANALYSIS, (_movers(),)),
        TableSuite("warehouse", "mart_harm_scheme_sensitivity", ANALYSIS, (_sensitivity(),)),
    )


def _force_months() -> Part:
    return Part(
        "force_months",
        ("force_slug", "crime_month"),
        (
            between("crimes_there", "crime_count", 1, None, "a month that is held has crimes"),
            between(
                "crime_mix_steady",
                "mix_drift",
                None,
                0.05,
                "a mix of crime types more than 0.05 bits from the twelve months before: of 99 real months "
                "three exceed it, those of the lockdown of spring 2020 in the City of London",
                severity="warning",
                owner=ANALYSIS,
            ),
            between(
                "crime_mix_of_this_force",
                "mix_drift",
                None,
                0.35,
                "thrice the largest drift of any real month (0.12 bits): types were lost or mixed up",
            ),
            between(
                "outside_force_area",
                "outside_share",
                None,
                0.15,
                "up to 10% of a real month's located crimes lie outside the force's own area; more suggests "
                "that the coordinates or the area look-up are wrong",
                severity="warning",
            ),
            between(
                "inside_force_area",
                "outside_share",
                None,
                0.5,
                "a file most of whose crimes lie in other forces' areas is another force's file",
            ),
            between(
                "share_unlocated",
                "unlocated_share",
                None,
                0.2,
                "2% to 13% of a real month's crimes have no area; above a fifth, maps and rates mislead",
                severity="warning",
                owner=ANALYSIS,
            ),
            between(
                "one_lsoa_vintage",
                "lesser_vintage_share",
                None,
                0.0,
                "rows with codes of either census in one month were coded anew in part; each is read alone",
                severity="info",
            ),
        ),
    )


def _populated(name: str, label: tuple[str, ...]) -> Part:
    return Part(
        name,
        label,
        (
            between("crimes_there", "crime_count", 1, None, "a row of counts stands for crimes"),
            between(
                "population_there",
                "without_population_share",
                None,
                0.01,
                "a rate needs residents; more than one row in a hundred without them suggests a lost look-up",
            ),
        ),
    )


def _change_years() -> Part:
    return Part(
        "comparisons",
        ("area_type",),
        (
            between(
                "intervals_in_order",
                "disordered_count",
                None,
                0,
                "a ratio lies within its own interval, or the interval was worked out of other counts",
            ),
            between(
                "incomparable_without_ratio",
                "ratio_without_comparison_count",
                None,
                0,
                "years that cannot be compared must show no ratio",
            ),
        ),
    )


def _harm_months() -> Part:
    return Part(
        "months",
        ("force_slug", "crime_month"),
        (
            holds(
                "harm_within_weights",
                ("crime_count", "harm_days", "highest_weight"),
                _harm_within_weights,
                "a month's harm lies between nothing and its crimes times the heaviest weight",
            ),
            holds(
                "parts_within_total",
                ("crime_count", "unlocated_count", "outside_force_area_count"),
                _parts_within_total,
                "no more crimes can be unlocated or outside than there are",
            ),
        ),
    )


def _harm_within_weights(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["harm_days"].between(0, frame["crime_count"] * frame["highest_weight"] * (1 + _ROUNDING))


def _parts_within_total(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["unlocated_count"] + frame["outside_force_area_count"] <= frame["crime_count"]


def _schemes() -> Part:
    return Part(
        "schemes",
        ("harm_scheme",),
        (
            holds(
                "schemes_count_the_same_crimes",
                ("crime_count",),
                _all_equal("crime_count"),
                "harm schemes weigh the same crimes differently; another count means lost rows",
            ),
            holds(
                "proactive_within_harm",
                ("harm_days", "harm_days_without_proactive"),
                _without_proactive_is_less,
                "harm without the categories that measure police activity cannot exceed harm with them",
            ),
        ),
    )


def _all_equal(column: str) -> Derive:
    def condition(frame: pd.DataFrame, month: str | None) -> pd.Series:
        return frame[column] == frame[column].max()

    return condition


def _without_proactive_is_less(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["harm_days_without_proactive"] <= frame["harm_days"] * (1 + _ROUNDING)


def _rankings() -> Part:
    one = (1 - 1e-6, 1 + 1e-6)
    return Part(
        "schemes",
        ("harm_scheme",),
        (
            between("areas_ranked", "area_count", 1, None, "a ranking without areas ranks nothing"),
            between(
                "shares_sum_to_one", "harm_share_total", *one, "the areas' shares of harm make the whole"
            ),
            between(
                "cumulative_share_ends_at_one",
                "highest_cumulative_share",
                *one,
                "the last area of the ranking completes the whole of the harm",
            ),
            between("ranks_begin_at_one", "first_rank", 1, 1, "the area with the most harm has rank 1"),
        ),
    )


def _movers() -> Part:
    return Part(
        "rows",
        ("other_scheme", "mover_place"),
        (
            holds(
                "gain_is_difference_of_ranks",
                ("active_rank", "other_rank", "rank_gain"),
                lambda frame, _: (
                    (frame["active_rank"] - frame["other_rank"]).abs() == frame["rank_gain"].abs()
                ),
                "a mover moves by the difference of its two ranks",
            ),
        ),
    )


def _sensitivity() -> Part:
    return Part(
        "rows",
        ("other_scheme",),
        (
            _correlation("rank_correlation"),
            _correlation("kendall_tau"),
            between("overlap_is_share", "top_5_percent_overlap_share", 0.0, 1.0, "an overlap is a share"),
            between(
                "schemes_broadly_agree",
                "rank_correlation",
                0.5,
                None,
                "rankings that depend on the scheme this much must not be shown without saying so",
                severity="warning",
            ),
        ),
    )


def _correlation(column: str) -> Rule:
    return between(f"{column}_in_range", column, -1.0, 1.0, "a correlation lies between -1 and 1")
