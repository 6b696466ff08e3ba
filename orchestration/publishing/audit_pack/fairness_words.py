"""Plain words for the fairness tables: what a table says, an axis measures and a value means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.publishing import formats

DECILE = "imd_2025_decile"


@dataclass(frozen=True)
class TableWords:
    """Title of a table and how to read it."""

    title: str
    reading: str


@dataclass(frozen=True)
class Axis:
    """What an axis measures, with its unit; shares and their differences are drawn times 100."""

    words: str
    is_share: bool = False

    @property
    def of_change(self) -> Axis:
        """The axis of a difference between two such values."""
        if self.is_share:
            return Axis(f"change in {self.words.removesuffix(' (%)')} (percentage points)", True)
        return Axis(f"change in {self.words}")


_TABLES = {
    "ml_fairness_stops": TableWords(
        "Stop and search by ethnic group",
        "A ratio of 2 says that, of as many residents, twice as many searches were of this group as of "
        "the reference group; it does not say why.",
    ),
    "ml_fairness_stop_rates": TableWords(
        "Stop and search by age, gender and ethnicity, and what searches found",
        "Ratios compare searches per resident. What searches found is the share of a group’s searches "
        "with an outcome: a lower share says that fewer of them found something, and not why. Beside it "
        "is the share that found what was looked for, of the searches of which that is recorded.",
    ),
    "ml_fairness_models": TableWords(
        "Who lives where the maps point",
        "The share of each group’s residents who live in a flagged area, and that share over everyone’s: "
        "above 1 the map points at the group more often than at residents in general.",
    ),
    "ml_fairness_errors": TableWords(
        "For whom the risk map is wrong",
        "The map of past months beside what was then recorded there: each mark is one group’s residents, "
        "and groups whose marks differ bear different errors.",
    ),
    "ml_fairness_composition": TableWords(
        "Who lives in areas of high and low predicted crime",
        "A group’s share of the residents of such areas over its share of all areas’: 1 says that it "
        "lives there as much as anywhere. Then what part of the group’s areas, and of their land, is of "
        "those with the most predicted crime.",
    ),
    "ml_fairness_calibration": TableWords(
        "Whether forecasts were right for each group, where little and where much was expected",
        "Recorded over expected crime of past months: above 1 the forecast was too low for the group at "
        "this level of the forecast, below 1 too high. Then how often the records of an area and month lay "
        "within the interval that would have been published with the forecast on the day (backtest): less "
        "often than its level says, it was too narrow.",
    ),
    "ml_fairness_groups": TableWords(
        "Every figure by group in one table",
        "The figures of the tables on searches, maps and errors under each other, so that they can be "
        "sorted, filtered and compared: what is measured of whom, against which group, with intervals. "
        "Plots are with the tables that the figures are from.",
    ),
    "ml_fairness_frontier": TableWords(
        "What a cap on areas of one group would cost",
        "Each row lets at most this share of the flagged areas lie in the most deprived fifth, or in the "
        "fifth where most residents are of an ethnic group: the first plots say how much of the forecast is "
        "then still in flagged areas, the second how much more of the group’s residents are flagged than of "
        "all others. Of ethnic groups the map of harm is drawn; a group that is not drawn has no figures, "
        "and the table’s note says why.",
    ),
    "ml_fairness_feedback": TableWords(
        "What patrols make of a biased record (simulation)",
        "The share of patrols that go to the most deprived fifth, by how patrols are sent and by days "
        "into the simulation; the interval holds 95% of its runs. Then that share over the fifth’s share "
        "of crime, and over its share of patrols with a right record (what the error alone does), both "
        "with 95% intervals of the mean over runs. Nothing here was observed.",
    ),
    "ml_fairness_hotspot_exposure": TableWords(
        "Who lives in hotspots",
        "The share of each group’s residents who live in a hotspot, taking residents as spread evenly "
        "over their area.",
    ),
    "ml_fairness_sensitivity": TableWords(
        "How far the results hang on what nobody knows",
        "What becomes of the ranking if crime were reported less (stress factors, no estimates), and of "
        "the risk map if the model could not see a feature. Largest single rises and falls are in the "
        "table alone, and so is the predictive accuracy index: it is capture over a fixed share of areas."
        " The last plots say how far what was removed goes with a group (Spearman’s correlation over areas,"
        " of the feature named): with its share of the residents, or with the decile (10 is the least"
        " deprived)."
        " The deprived fifth is the most deprived fifth of areas; uninsured crime is all but burglary and"
        " vehicle crime.",
    ),
}
_RATIO_TO_REFERENCE = "ratio to the reference group"
_AXES = {
    "rate_ratio": Axis("searches per resident, ratio to the reference group"),
    "stop_share": Axis("share of the force’s searches (%)", True),
    "hit_rate": Axis("share of searches with an outcome (%)", True),
    "hit_rate_difference": Axis("share with an outcome less the reference group’s (points)", True),
    "find_rate": Axis("share of recorded searches that found their object (%)", True),
    "find_rate_difference": Axis("share that found it less the reference group’s (points)", True),
    "metric_value": Axis("errors, each on its own axis"),
    "ratio_to_everyone": Axis("ratio to everyone"),
    "flagged_share": Axis("share of residents in flagged areas (%)", True),
    "false_alarm_per_1000": Axis("residents per 1,000 flagged without a record"),
    "false_discovery_share": Axis("share of flagged residents without a record (%)", True),
    "not_of_the_top_share": Axis("share of the flagged not in the real top (%)", True),
    "missed_share": Axis("share of residents of the real top not flagged (%)", True),
    "expected_to_recorded_ratio": Axis("expected over recorded (ratio)"),
    "recorded_to_expected_ratio": Axis("recorded over expected (ratio)"),
    "coverage_share": Axis("areas and months within an interval, each on its own axis (%)", True),
    **{
        f"coverage_{level}_share": Axis(f"areas and months within their {level}% interval (%)", True)
        for level in (80, 95)
    },
    "ratio_to_all_areas": Axis("share of residents, ratio to that of all areas"),
    "group_lsoa_share": Axis("share of the group’s areas that are of these (%)", True),
    "area_share": Axis("share of the group’s square kilometres that are of these (%)", True),
    "captured_share": Axis("share of forecast crime or harm in flagged areas (%)", True),
    "disparity_points": Axis("residents flagged, the group less all others (points)"),
    "group_patrol_share": Axis("share of patrols in the most deprived fifth (%)", True),
    "amplification": Axis("share of patrols over share of crime (ratio)"),
    "error_amplification": Axis("share of patrols over that with a right record (ratio)"),
    "exposed_share": Axis("share of residents inside (%)", True),
    "changed_share": Axis("share of the top that is no longer in it (%)", True),
    "feature_correlation": Axis("correlation of ranks with the group (Spearman; 0 is none)"),
    "kendall_tau": Axis("agreement with the ranking as recorded (Kendall’s tau)"),
    "mean_rank_rise": Axis("places risen in the ranking (mean; below 0 fallen)"),
    "share_of_top_5_percent": Axis("share of the top 5% of areas (%)", True),
    "flagged_share_top_5_percent": Axis("share of residents in the top 5% (%)", True),
    "disparity_ratio_top_5_percent": Axis(f"share flagged, {_RATIO_TO_REFERENCE}"),
    "disparity_ratio": Axis(_RATIO_TO_REFERENCE),
    **{
        f"capture_top_{share}_percent": Axis(f"share of later crime or harm in the top {share}% (%)", True)
        for share in (1, 5, 10)
    },
}
_REPORTS_LESS = "deprived fifth reports"
_VALUES = {
    DECILE: "by deprivation of the area (decile 1 is the most deprived tenth)",
    "ethnic_group": "by ethnic group",
    "age_range": "by age range",
    "gender": "by gender",
    "officer_defined_ethnicity": "by ethnicity as the officer saw it",
    "self_defined_ethnicity": "by ethnicity as people defined it themselves",
    "officer_defined": "ethnicity as the officer saw it",
    "self_defined": "ethnicity as people defined it themselves",
    "crime_count": "recorded crimes",
    "harm_days": "harm days",
    "all_crime": "all crime",
    "violence_robbery": "violence and robbery",
    "damage_disorder": "damage and disorder",
    "proactive": "drugs, weapons and shoplifting",
    "risk_crime": "risk map of crimes",
    "risk_harm": "risk map of harm",
    "risk_grid_crime": "risk map of crimes by 250 m cell",
    "risk_grid_harm": "risk map of harm by 250 m cell",
    "hulls": "inside their outlines",
    "all_areas": "all areas",
    "most_predicted": "areas with the most predicted crime (top 5%)",
    "median_predicted": "areas in the middle",
    "least_predicted": "areas with the least predicted crime (bottom 5%)",
    "false_alarm_per_1000": "flagged without a record",
    "false_discovery_share": "flagged without a record, of all flagged",
    "not_of_the_top_share": "flagged but not of the real top",
    "missed_share": "of the real top but not flagged",
    "expected_to_recorded_ratio": "expected over recorded",
    "recorded_to_expected_ratio": "recorded over expected",
    "coverage_80_share": "within the 80% interval",
    "coverage_95_share": "within the 95% interval",
    "all_levels": "all forecasts",
    "fifth_1": "fifth 1 (least expected)",
    "fifth_5": "fifth 5 (most expected)",
    "highest_first": "highest count first",
    "random_tenth": "a tenth of patrols by chance",
    "random_third": "a third of patrols by chance",
    "at_most_half_the_days": "no area on more than half the days",
    "reported_only": "learning from reports alone",
    "reweighted": "discoveries weighted by the chance of a patrol",
    "deprived_fifth_violence_minus_50_percent": f"{_REPORTS_LESS} half of violence and robbery",
    "everywhere_all_but_insured_minus_50_percent": "half of uninsured crime is reported everywhere",
    **{f"deprived_fifth_minus_{less}_percent": f"{_REPORTS_LESS} {less}% less" for less in (10, 25, 50)},
    **{f"top_{share}_percent": f"top {share}% of areas" for share in (1, 5, 10)},
    **{f"changed_share_top_{share}_percent": f"top {share}%" for share in (1, 5, 10)},
    **{f"capture_top_{share}_percent": f"capture of the top {share}% of areas" for share in (1, 5, 10)},
    "kendall_tau": "the whole ranking",
    "mean_rank_rise": "rise in the ranking",
    "share_of_top_5_percent": "part of the top 5%",
    "flagged_share_top_5_percent": "residents in the top 5%",
    "disparity_ratio_top_5_percent": "residents in the top 5%, ratio",
    "without_deprivation": "without any deprivation",
    "without_own_past": "without the area’s own past",
    "without_neighbours_past": "without the neighbours’ past",
    "without_residents": "without residents and density",
}


def _over_recording(value: float) -> str:
    if value == 1:
        return "The record is right at the start"
    return f"Crime of the most deprived fifth is recorded {value:g} times as often at the start"


_COLUMNS: Mapping[str, Callable[[Any], str]] = {
    "force_slug": formats.force_name,
    "over_recording_ratio": _over_recording,
    "first_day": lambda day: f"from day {day}",
    "cap_share": lambda share: f"at most {formats.percent(share, 0)}",
    "group_name": lambda name: f"decile {name}" if str(name).isdigit() else str(name),
}


def table_words(table: str) -> TableWords:
    """Return title and reading of a table; of one that has no words, its name in words."""
    return _TABLES.get(table, TableWords(formats.plain(table.removeprefix("ml_fairness_")), ""))


def axis_words(name: str) -> Axis:
    """Return what an axis measures, by column or by the metric in it; of an unknown one its name in words."""
    return _AXES.get(name, Axis(_in_words(name)))


def value_words(column: str, value: Any) -> str:
    """Write a value of a column in plain words.

    Parameters
    ----------
    column
        Its column.
    value
        What is in it, never nothing.

    Returns
    -------
    str
        Such as ``top 5% of areas``; of an unknown id the id with spaces.
    """
    write = _COLUMNS.get(column)
    return write(value) if write else _VALUES.get(str(value), _in_words(value))


def _in_words(value: Any) -> str:
    return str(value).replace("_", " ")
