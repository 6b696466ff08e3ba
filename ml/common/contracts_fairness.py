"""Declared contracts of the fairness tables beside the first two: stop rates, models, frontier, feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.draws import fewest_draws
from ml.common.schema import Check, Column, TableContract

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTES = ("self_defined_ethnicity", "officer_defined_ethnicity", "age_range", "gender")
RISK_MODELS = ("risk_crime", "risk_harm")
GRID_MODELS = ("risk_grid_crime", "risk_grid_harm")
RISK_AREAS = ("top_1_percent", "top_5_percent", "top_10_percent")
POLICIES = (
    "highest_first",
    "random_tenth",
    "random_third",
    "at_most_half_the_days",
    "reported_only",
    "reweighted",
)

_NAMED = "written by the model itself"
_ASSUMED = "a declared assumption"
_FORCE = ("fct_stops.force_slug", "dim_lsoa.force_slug")
_PLACE = ("fct_stops.lsoa_code", "dim_lsoa.lad_code", *_FORCE)
_WINDOW = "mart_stops_ethnicity.window"
_OBJECT = ("fct_stops.object_of_search",)
_GROUP = (
    "fct_stops.ethnic_group",
    "fct_stops.officer_ethnic_group",
    "fct_stops.age_range",
    "fct_stops.gender",
)
_ETHNIC_COUNTS = tuple(f"dim_lsoa.{group}_count" for group in ("asian", "black", "mixed", "white", "other"))
_STOPS = ("fct_stops.stop_record_id", "fct_stops.stop_type", "fct_stops.stop_month", *_GROUP, *_PLACE)
_UNREPEATED = (*_STOPS, "fct_stops.is_exact_repeat")
_AGE_COUNTS = ("dim_district_residents.resident_count",)
_RATES = (*_STOPS, *_ETHNIC_COUNTS, *_AGE_COUNTS)
_FOUND = (*_STOPS, "fct_stops.is_outcome_no_further_action")
_RECORDED = (*_STOPS, "fct_stops.is_object_found")
_DECILE = ("dim_lsoa.imd_2025_decile",)
_RESIDENTS = ("dim_lsoa.lsoa_code", *_DECILE, *_ETHNIC_COUNTS)
_FORECAST = ("ml_risk_lsoa.expected_crime_count", "ml_risk_lsoa.expected_harm_days", "ml_risk_lsoa.lsoa_code")
_CELLS = tuple(
    f"ml_risk_grid.{name}"
    for name in ("cell_easting_m", "cell_northing_m", "expected_crime_count", "expected_harm_days")
)
_HULLS = ("ml_hotspots.geometry_wkt", "stg_ons__lsoa_boundaries.boundary")
_FLAGGED = (*_RESIDENTS, *_FORECAST, *_CELLS, *_HULLS)
_FRONTIER = (*_RESIDENTS, *_FORECAST)
_CRIMES = ("fct_crime_lsoa_month.crime_count", "fct_crime_lsoa_month.crime_month", *_DECILE)


def _once(inputs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(inputs))


def _named(name: str, description: str, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, "VARCHAR", description, allowed=allowed, origin_note=_NAMED)


def _count(name: str, description: str, inputs: tuple[str, ...], nullable: bool = True) -> Column:
    return Column(name, "BIGINT", description, nullable, 0, inputs=_once(inputs))


def _ratio(name: str, description: str, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0, inputs=_once(inputs))


def _share(name: str, description: str, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0, 1.0, inputs=_once(inputs))


def _points(name: str, description: str, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", description, True, inputs=_once(inputs))


def _difference(name: str, description: str, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", description, True, -1.0, 1.0, inputs=_once(inputs))


def _assumed(name: str, description: str) -> Column:
    return Column(name, "DOUBLE", description, False, 0.0, origin_note=_ASSUMED)


#: How the columns that tell of an outcome begin, by the flag that withholds them.
OUTCOME_FIGURES = {
    "is_hit_rate_suppressed": ("hit_rate", "threshold_"),
    "is_find_rate_suppressed": ("find_rate", "find_missing"),
}


def _shown_of_withheld(frame: pd.DataFrame) -> str | None:
    """A withheld count must not stand, nor follow from what stands, in its own row."""
    hidden = frame["is_suppressed"].astype(bool)
    for name in frame.columns:
        is_figure = name.startswith(("stop_", "rate_"))
        if is_figure and frame.loc[hidden, name].notna().any():
            return f"{name} is shown of a withheld group"
    for flag, starts in OUTCOME_FIGURES.items():
        outcomes = frame[flag].astype(bool)
        for name in frame.columns:
            if name.startswith(starts) and frame.loc[outcomes, name].notna().any():
                return f"{name} is shown of a group whose outcomes are withheld"
    return None


def _withheld_alone(frame: pd.DataFrame) -> str | None:
    """One withheld group of a place is the total less the others."""
    place = ["force_slug", "area_code", "object_of_search", "attribute"]
    alone = frame.groupby(place)["is_suppressed"].sum() == 1
    size = frame.groupby(place).size()
    found = alone & (size > 1)
    return f"a single group of {found[found].index[0]} is withheld" if found.any() else None


ML_FAIRNESS_STOP_RATES = TableContract(
    name="ml_fairness_stop_rates",
    grain="One row per force, area, object of search, attribute and group of people searched.",
    key=("force_slug", "area_code", "object_of_search", "attribute", "group_name"),
    columns=(
        Column("force_slug", "VARCHAR", "Force", inputs=("fct_stops.force_slug",)),
        _named("area_type", "The whole force, or a district of its area", ("force", "district")),
        Column(
            "area_code",
            "VARCHAR",
            "Force, district code, without_coordinates, elsewhere (outside the force's area), other_places",
            inputs=_PLACE,
        ),
        Column("area_name", "VARCHAR", "Name of the area", inputs=(*_PLACE, "dim_lsoa.lad_name")),
        Column(
            "object_of_search",
            "VARCHAR",
            "All objects, an object, or Other objects (each with few searches)",
            inputs=_OBJECT,
        ),
        _named("attribute", "What people are told apart by", ATTRIBUTES),
        Column("group_name", "VARCHAR", "Group, or 'Not stated'", inputs=_GROUP),
        _named("reference_group", "Group that ratios and differences compare with"),
        Column("window_start_month", "DATE", "First month counted", inputs=(f"{_WINDOW}_start_month",)),
        Column("window_end_month", "DATE", "Last month counted", inputs=(f"{_WINDOW}_end_month",)),
        _count("stop_count", "Searches of the group, every row counted; null when withheld", _STOPS),
        _count("stop_count_without_repeats", "Searches less rows that repeat another in all", _UNREPEATED),
        _share("stop_share", "Share of the place's searches", _STOPS),
        _share("stop_share_lower", "Lower bound, Wilson 95%", _STOPS),
        _share("stop_share_upper", "Upper bound, Wilson 95%", _STOPS),
        _count(
            "resident_count",
            "Residents of the area: by ethnic group at Census 2021, by age and gender at mid-year; else null",
            (*_ETHNIC_COUNTS, *_AGE_COUNTS),
        ),
        _ratio("rate_per_1000", "Searches per 1,000 residents", _RATES),
        _ratio("rate_per_1000_lower", "Lower bound, exact Poisson 95%", _RATES),
        _ratio("rate_per_1000_upper", "Upper bound, exact Poisson 95%", _RATES),
        _ratio("rate_ratio", "Rate over the reference group's rate", _RATES),
        _ratio("rate_ratio_lower", "Lower bound, exact conditional 95%", _RATES),
        _ratio("rate_ratio_upper", "Upper bound, exact conditional 95%", _RATES),
        _ratio("rate_ratio_best_case", "Ratio if every 'Not stated' were of the reference group", _RATES),
        _ratio("rate_ratio_worst_case", "Ratio if every 'Not stated' were of this group", _RATES),
        _ratio("rate_ratio_without_repeats", "Ratio with repeated rows left out", (*_RATES, *_UNREPEATED)),
        _share("not_stated_share", "Share of the place's searches that are 'Not stated'", _STOPS),
        _share("hit_rate", "Share of searches of known outcome that led to any action", _FOUND),
        _share("hit_rate_lower", "Lower bound, Wilson 95%", _FOUND),
        _share("hit_rate_upper", "Upper bound, Wilson 95%", _FOUND),
        _difference("hit_rate_difference", "Hit rate less the reference group's", _FOUND),
        _difference("hit_rate_difference_lower", "Lower bound, Newcombe 95%", _FOUND),
        _difference("hit_rate_difference_upper", "Upper bound, Newcombe 95%", _FOUND),
        _share("hit_rate_p_value", "Fisher's exact test of the difference, two-sided, of one test", _FOUND),
        _share("hit_rate_lowest_case", "Hit rate if all 'Not stated' of no hit were of this group", _FOUND),
        _share("hit_rate_highest_case", "Hit rate if all 'Not stated' of a hit were of this group", _FOUND),
        _share(
            "find_rate", "Share of searches with a record that found something of their object", _RECORDED
        ),
        _share("find_rate_lower", "Lower bound, Wilson 95%", _RECORDED),
        _share("find_rate_upper", "Upper bound, Wilson 95%", _RECORDED),
        _difference("find_rate_difference", "Find rate less the reference group's", _RECORDED),
        _difference("find_rate_difference_lower", "Lower bound, Newcombe 95%", _RECORDED),
        _difference("find_rate_difference_upper", "Upper bound, Newcombe 95%", _RECORDED),
        _share("find_rate_p_value", "Fisher's exact test of it, two-sided, of one test", _RECORDED),
        _share("find_missing_share", "Share of the group's searches without a record of it", _RECORDED),
        _share("find_rate_lowest_case", "Find rate if none without a record had found it", _RECORDED),
        _share("find_rate_highest_case", "Find rate if all without a record had found it", _RECORDED),
        _share("threshold_weak_signal", "Inferred threshold, signals 1 apart", (*_FOUND, *_RATES)),
        _share("threshold_middle_signal", "Inferred threshold, signals 2 apart", (*_FOUND, *_RATES)),
        _share("threshold_strong_signal", "Inferred threshold, signals 3 apart", (*_FOUND, *_RATES)),
        _share("threshold_lower", "Lower bound of the middle one, 95%", (*_FOUND, *_RATES)),
        _share("threshold_upper", "Upper bound of the middle one, 95%", (*_FOUND, *_RATES)),
        _difference("threshold_difference", "Middle one less the reference's", (*_FOUND, *_RATES)),
        _difference("threshold_difference_lower", "Lower bound, 95%", (*_FOUND, *_RATES)),
        _difference("threshold_difference_upper", "Upper bound, 95%", (*_FOUND, *_RATES)),
        _share("without_coordinates_share", "Share of the force's searches without coordinates", _STOPS),
        _share("repeated_share", "Share of the force's rows that repeat another in every field", _UNREPEATED),
        _share("without_outcome_share", "Share of the force's searches without an outcome", _FOUND),
        _share("without_find_record_share", "Share of the force's searches without that record", _RECORDED),
        Column("is_suppressed", "BOOLEAN", "Withheld, as small or as the key to a small one", inputs=_STOPS),
        Column("is_hit_rate_suppressed", "BOOLEAN", "Outcomes withheld", inputs=_FOUND),
        Column("is_find_rate_suppressed", "BOOLEAN", "Finds withheld, or none recorded", inputs=_RECORDED),
    ),
    ordered=(
        ("stop_count_without_repeats", "stop_count"),
        ("stop_share_lower", "stop_share", "stop_share_upper"),
        ("rate_per_1000_lower", "rate_per_1000", "rate_per_1000_upper"),
        ("rate_ratio_lower", "rate_ratio", "rate_ratio_upper"),
        ("rate_ratio_best_case", "rate_ratio", "rate_ratio_worst_case"),
        ("hit_rate_lower", "hit_rate", "hit_rate_upper"),
        ("hit_rate_difference_lower", "hit_rate_difference", "hit_rate_difference_upper"),
        ("hit_rate_lowest_case", "hit_rate", "hit_rate_highest_case"),
        ("find_rate_lower", "find_rate", "find_rate_upper"),
        ("find_rate_difference_lower", "find_rate_difference", "find_rate_difference_upper"),
        ("find_rate_lowest_case", "find_rate", "find_rate_highest_case"),
        ("threshold_lower", "threshold_middle_signal", "threshold_upper"),
        ("threshold_difference_lower", "threshold_difference", "threshold_difference_upper"),
        ("window_start_month", "window_end_month"),
    ),
    checks=(
        Check("withheld_is_withheld", "No figure of a withheld group is shown.", _shown_of_withheld),
        Check("withheld_in_company", "No group is withheld alone.", _withheld_alone),
    ),
)

ML_FAIRNESS_MODELS = TableContract(
    name="ml_fairness_models",
    grain="One row per map, flagged area, attribute and group of residents.",
    key=("model", "flagged_area", "attribute", "group_name"),
    columns=(
        _named(
            "model",
            "Hotspots, or the risk map of crimes or of harm, by LSOA or by 250 m cell (grid)",
            ("hotspots", *RISK_MODELS, *GRID_MODELS),
        ),
        _named(
            "flagged_area",
            "What is flagged: hulls, or a share of the LSOAs or cells",
            ("hulls", *RISK_AREAS),
        ),
        _named(
            "attribute",
            "Attribute; all for everyone together",
            ("all", "imd_2025_decile", "ethnic_group"),
        ),
        Column(
            "group_name", "VARCHAR", "Decile ('1' most deprived), ethnic group, or Everyone", inputs=_DECILE
        ),
        _named("reference_group", "Group that the ratio compares with"),
        _count("resident_count", "Census 2021 residents; null when suppressed", _RESIDENTS),
        _count("flagged_resident_count", "Those who are flagged, by share of their LSOA", _FLAGGED),
        _share("flagged_share", "Flagged residents over residents", _FLAGGED),
        _share("flagged_share_lower", "Lower bound, 95% bootstrap over LSOAs", _FLAGGED),
        _share("flagged_share_upper", "Upper bound, 95% bootstrap over LSOAs", _FLAGGED),
        _ratio("disparity_ratio", "Flagged share over the reference group's; null for 0/0", _FLAGGED),
        _ratio("disparity_ratio_lower", "Lower bound, 95% bootstrap over LSOAs", _FLAGGED),
        _ratio("disparity_ratio_upper", "Upper bound, 95% bootstrap over LSOAs", _FLAGGED),
        _ratio("ratio_to_everyone", "Flagged share over everyone's", _FLAGGED),
        _ratio("ratio_to_everyone_lower", "Lower bound, 95% bootstrap over LSOAs", _FLAGGED),
        _ratio("ratio_to_everyone_upper", "Upper bound, 95% bootstrap over LSOAs", _FLAGGED),
        Column("is_suppressed", "BOOLEAN", "Fewer residents than the threshold", inputs=_RESIDENTS),
    ),
    ordered=(
        ("flagged_resident_count", "resident_count"),
        ("flagged_share_lower", "flagged_share", "flagged_share_upper"),
        ("disparity_ratio_lower", "disparity_ratio", "disparity_ratio_upper"),
        ("ratio_to_everyone_lower", "ratio_to_everyone", "ratio_to_everyone_upper"),
    ),
)

ML_FAIRNESS_FRONTIER = TableContract(
    name="ml_fairness_frontier",
    grain="One row per risk map, flagged area, attribute, group and cap on the share of the group's areas.",
    key=("model", "flagged_area", "attribute", "group_name", "cap_share"),
    columns=(
        _named("model", "Risk map of crimes or of harm", RISK_MODELS),
        _named("flagged_area", "Share of the LSOAs that is flagged", RISK_AREAS),
        _named("attribute", "Attribute", ("imd_2025_decile", "ethnic_group")),
        _named("group_name", "Most deprived fifth, or the ethnic group of which the fifth has most"),
        Column(
            "cap_share",
            "DOUBLE",
            "Highest share of the flagged LSOAs that may be of the group's fifth; 1 for no cap",
            False,
            0.0,
            1.0,
            origin_note=_NAMED,
        ),
        _count("flagged_count", "LSOAs flagged", _FORECAST, False),
        _count("group_flagged_count", "Of them, of the group's fifth", _FRONTIER),
        _share("captured_share", "Share of the forecast crime or harm in the flagged LSOAs", _FRONTIER),
        _ratio("capture_lost_points", "Percentage points captured less than without a cap", _FRONTIER),
        _share(
            "group_flagged_share",
            "Share flagged of the group's residents: those of the fifth, or of the ethnic group anywhere",
            _FRONTIER,
        ),
        _share("other_flagged_share", "Share of all other residents who are flagged", _FRONTIER),
        _points("disparity_points", "The one share less the other, in percentage points", _FRONTIER),
        _points(
            "disparity_removed_points",
            "Points nearer to equality than uncapped; below 0 if further",
            _FRONTIER,
        ),
        _ratio("lost_per_point", "Points of capture lost per point removed; null where none is", _FRONTIER),
        Column(
            "note",
            "VARCHAR",
            "Why there are no figures; null where there are",
            True,
            inputs=_once(_FRONTIER),
        ),
    ),
    ordered=(("group_flagged_count", "flagged_count"),),
)

_TOO_FEW = f"null with fewer than {fewest_draws()} runs"
ML_FAIRNESS_FEEDBACK = TableContract(
    name="ml_fairness_feedback",
    grain="One row per assumed error of the record, patrol policy and period of a simulation on the LSOAs.",
    key=("over_recording_ratio", "policy", "first_day"),
    columns=(
        _named("policy", "How patrols are sent and what is learnt", POLICIES),
        Column("first_day", "INTEGER", "First day of the period", False, 1, origin_note=_NAMED),
        Column("last_day", "INTEGER", "Last day of the period", False, 1, origin_note=_NAMED),
        _share("group_patrol_share", "Share of patrols sent to the most deprived fifth, mean", _CRIMES),
        _share("group_patrol_share_lower", f"2.5% of the runs; {_TOO_FEW}", _CRIMES),
        _share("group_patrol_share_upper", f"97.5% of the runs; {_TOO_FEW}", _CRIMES),
        _share("group_crime_share", "The fifth's share of the incidents that are simulated", _CRIMES),
        _ratio("amplification", "Share of patrols over share of incidents", _CRIMES),
        _ratio("amplification_standard_error", "Its Monte Carlo standard error; null for one run", _CRIMES),
        _ratio("error_amplification", "Share of patrols over that with a right record", _CRIMES),
        _ratio(
            "error_amplification_standard_error",
            "Its Monte Carlo standard error; 0 for a right record, null for one run or 0/0",
            _CRIMES,
        ),
        _share("captured_share", "Share of the incidents in patrolled places", _CRIMES),
        _share("flagging_gini", "How unequally places were patrolled up to the last day", _CRIMES),
        _share("ever_patrolled_share", "Share of the places patrolled at least once", _CRIMES),
        _assumed("over_recording_ratio", "What the fifth's record is multiplied by at the start"),
        _assumed("reporting_share", "Share of the incidents that people report"),
        _assumed("discovery_share", "Share of the others that a patrol discovers where it is"),
        _assumed("patrol_share", "Share of the places patrolled a day"),
        _assumed("memory_days", "Days after which a record counts half"),
        _count("place_count", "LSOAs simulated", _CRIMES, False),
        Column("run_count", "BIGINT", "Runs of each policy", False, 1, inputs=_CRIMES),
        Column("seed", "BIGINT", "Seed of the random numbers", False, 0, origin_note=_ASSUMED),
    ),
    ordered=(
        ("first_day", "last_day"),
        ("group_patrol_share_lower", "group_patrol_share_upper"),
    ),
)

FAIRNESS_CONTRACTS = (
    ML_FAIRNESS_STOP_RATES,
    ML_FAIRNESS_MODELS,
    ML_FAIRNESS_FRONTIER,
    ML_FAIRNESS_FEEDBACK,
)
