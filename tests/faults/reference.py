"""Faults of look-ups, boundaries, counts of people, deprivation and calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.faults.edits import Edit, drop, drop_where, put, repeat, swap
from tests.faults.model import Fault, Severity
from tests.faults.shapes import a_point, bow_tie, in_degrees

if TYPE_CHECKING:
    pass

_LOOKUP = "ons_lsoa_2011_2021_lookup"
_BOUNDARIES = "ons_lsoa_2021_boundaries"
_CENTROIDS = "ons_lsoa_2021_centroids"
_FORCES = "ons_lad_police_forces"
_PEOPLE = "nomis_population"
_GROUPS = "nomis_ethnicity"
_INDEX = "iod_2025"
_OLD_INDEX = "iod_2019"
_HOLIDAYS = "govuk_bank_holidays"
_WEATHER = "metoffice_monthly_weather"


def reference_faults() -> tuple[Fault, ...]:
    """Return the faults of reference data, whole files first."""
    return (*_files(), *_lookups(), *_shapes(), *_people(), *_deprivation(), *_calendar(), *_benign())


def _fault(
    dataset: str, name: str, story: str, edit: Edit, rule: str, severity: Severity = "critical"
) -> Fault:
    return Fault(name, dataset, "reference records", story, edit, rule, severity)


def _files() -> tuple[Fault, ...]:
    def fault(
        name: str, dataset: str, story: str, corrupt: Callable[[bytes], bytes], rule: str = "file_readable"
    ) -> Fault:
        return Fault(name, f"{dataset}, files", "reference files", story, corrupt, rule, "critical")

    return (
        fault(
            "reference_answer_cut_short",
            _BOUNDARIES,
            "An answer of the map server breaks off.",
            lambda content: content[: len(content) // 2],
        ),
        fault(
            "reference_answer_is_an_error",
            _CENTROIDS,
            "The map server answers 200 with an error in the body.",
            lambda content: b'{"error": {"code": 400, "message": "Invalid URL"}}',
        ),
        fault(
            "reference_field_renamed",
            _PEOPLE,
            "Upstream renames the column of the counts.",
            lambda content: content.replace(b"OBS_VALUE", b"VALUE"),
        ),
        fault(
            "reference_number_in_words",
            _PEOPLE,
            "A count is withheld upstream and shown as a letter.",
            lambda content: content.replace(b'"OBS_VALUE"', b"OBS_VALUE").replace(b",1", b",c1", 1),
        ),
    )


def _lookups() -> tuple[Fault, ...]:
    return (
        _fault(
            _LOOKUP,
            "lookup_keys_repeated",
            "Two editions of the look-up are joined: every crime of a repeated area would count twice.",
            repeat(0.05),
            "key_unique",
        ),
        _fault(
            _LOOKUP,
            "lookup_split_called_unchanged",
            "The change of an area is mistyped: a split area's crimes would stay on a code that is gone.",
            _relabelled("S", "U"),
            "code_in_both_vintages_is_unchanged",
        ),
        _fault(
            _LOOKUP,
            "lookup_vintages_exchanged",
            "The columns of 2011 and 2021 are exchanged, and with them the way from old to new.",
            swap("lsoa_2011_code", "lsoa_2021_code"),
            "change_fits_its_areas",
        ),
        _fault(
            _LOOKUP,
            "lookup_of_middle_layer_areas",
            "The look-up of middle layer areas is landed under this name.",
            put({"lsoa_2021_code": lambda codes: "E02" + codes.str[3:]}, 0.02),
            "lsoa_2021_code_well_formed",
        ),
        _fault(
            _LOOKUP,
            "lookup_change_unknown",
            "A new kind of change is coded with a letter that nobody knows.",
            put({"change_indicator": "F"}, 0.02),
            "change_indicator_known",
        ),
        _fault(
            "ons_lsoa_2021_wards",
            "ward_codes_of_another_country",
            "The best-fit look-up of Scotland is joined in.",
            put({"ward_2024_code": "S13002516"}, 0.02),
            "ward_2024_code_well_formed",
        ),
        _fault(
            "ons_lsoa_2021_wards",
            "lsoa_in_two_wards",
            "An exact instead of a best-fit look-up lists an area once for each ward that it touches.",
            repeat(0.05),
            "key_unique",
        ),
        _fault(
            _FORCES,
            "district_in_two_forces",
            "A district that moved from one force to another is listed under both.",
            repeat(0.2),
            "key_unique",
        ),
        _fault(
            _FORCES,
            "police_force_area_missing",
            "The area of a force is left empty.",
            put({"police_force_area_code": None}, 0.2),
            "police_force_area_code_well_formed",
        ),
    )


def _shapes() -> tuple[Fault, ...]:
    return (
        _fault(
            _BOUNDARIES,
            "boundary_crosses_itself",
            "Generalising a boundary makes its line cross itself, and inside and outside lose their meaning.",
            put({"geometry_wkb": lambda column: [bow_tie()] * len(column)}, 0.02),
            "geometry_is_area",
        ),
        _fault(
            _BOUNDARIES,
            "boundaries_in_degrees",
            "The boundaries are asked for in the default projection, longitude and latitude.",
            in_degrees,
            "geometry_in_national_grid",
        ),
        _fault(
            _BOUNDARIES,
            "boundary_is_a_point",
            "The layer of centroids is landed under the name of the boundaries.",
            put({"geometry_wkb": lambda column: [a_point()] * len(column)}),
            "geometry_is_area",
        ),
        _fault(
            _BOUNDARIES,
            "boundary_lost",
            "A shape could not be exported and is empty.",
            put({"geometry_wkb": None}, 0.02),
            "geometry_present",
        ),
        _fault(
            _BOUNDARIES,
            "page_of_boundaries_twice",
            "Paging without an order gives one page twice and another never.",
            repeat(0.1),
            "key_unique",
        ),
        _fault(
            _CENTROIDS,
            "centroids_in_degrees",
            "The centroids are asked for in longitude and latitude.",
            put({"easting_m": -1.2, "northing_m": 52.6}),
            "easting_in_national_grid",
        ),
        _fault(
            _CENTROIDS,
            "centroid_missing",
            "An area has no residents to weigh its centre by.",
            put({"easting_m": float("nan")}, 0.02),
            "easting_present",
        ),
        _fault(
            "gla_town_centres",
            "town_centre_unnamed",
            "A town centre is drawn and not named.",
            put({"town_centre_name": None}, 0.5),
            "town_centre_name_present",
        ),
    )


def _people() -> tuple[Fault, ...]:
    return (
        _fault(
            _PEOPLE,
            "population_negative",
            "An estimate is written over with its change.",
            put({"population_count": -12}, 0.02),
            "population_not_negative",
        ),
        _fault(
            _PEOPLE,
            "population_missing",
            "An estimate is withheld: its rate would be empty or infinite.",
            put({"population_count": None}, 0.02),
            "population_present",
        ),
        _fault(
            _PEOPLE,
            "population_year_in_two_digits",
            "A spreadsheet shortens 2022 to 22.",
            put({"population_year": 22}),
            "population_year_plausible",
        ),
        _fault(
            _PEOPLE,
            "population_twice",
            "Two tables of the same year are joined.",
            repeat(0.1),
            "key_unique",
        ),
        _fault(
            _GROUPS,
            "ethnic_group_left_out",
            "A filter drops one group of the census, and its stops would have no residents.",
            drop_where("ethnic_group", "Mixed"),
            "five_ethnic_groups",
        ),
        _fault(
            _GROUPS,
            "ethnic_group_renamed",
            "A census table of nineteen groups is landed for that of five.",
            put({"ethnic_group": "White: Irish"}, 0.02),
            "ethnic_group_known",
        ),
        _fault(
            _GROUPS,
            "residents_as_shares",
            "Percentages are downloaded in place of counts.",
            lambda frame: frame.assign(resident_count=frame["resident_count"].astype("float64") / 7.3),
            "columns_as_published",
        ),
        _fault(
            _GROUPS,
            "residents_negative",
            "A figure for 'withheld', -1, is taken for a count.",
            put({"resident_count": -1}, 0.02),
            "resident_count_not_negative",
        ),
    )


def _deprivation() -> tuple[Fault, ...]:
    return (
        _fault(
            _INDEX,
            "deprivation_ranks_from_zero",
            "A programme numbers ranks from 0.",
            lambda frame: frame.assign(imd_rank=frame["imd_rank"] - frame["imd_rank"].min()),
            "imd_rank_positive",
        ),
        _fault(
            _INDEX,
            "deprivation_decile_out_of_range",
            "Deciles are worked out from 0 to 10 in place of 1 to 10.",
            put({"imd_decile": 0}, 0.05),
            "imd_decile_in_range",
        ),
        _fault(
            _INDEX,
            "deciles_upside_down",
            "Decile 10 is taken for the most deprived.",
            lambda frame: frame.assign(imd_decile=11 - frame["imd_decile"]),
            "decile_follows_rank",
        ),
        _fault(
            _INDEX,
            "deprivation_score_missing",
            "The scores of some areas are left empty.",
            put({"imd_score": float("nan")}, 0.05),
            "imd_score_present",
        ),
        _fault(
            _INDEX,
            "deprivation_score_is_a_rank",
            "The column of ranks is read for that of scores.",
            lambda frame: frame.assign(imd_score=frame["imd_rank"].astype("float64") * 400),
            "imd_score_in_range",
        ),
        _fault(
            _INDEX,
            "deprivation_of_wales",
            "The Welsh index is joined in, whose ranks are of another list.",
            put({"lsoa_2021_code": "W01000240"}, 0.01),
            "lsoa_2021_code_well_formed",
        ),
        _fault(
            _OLD_INDEX,
            "deprivation_twice",
            "Two sheets of the workbook are stacked.",
            repeat(0.05),
            "key_unique",
        ),
        _fault(
            _OLD_INDEX,
            "deprivation_domain_missing",
            "A domain's column is empty.",
            put({"health_rank": None}, 0.05),
            "health_rank_present",
        ),
    )


def _calendar() -> tuple[Fault, ...]:
    return (
        _fault(
            _HOLIDAYS,
            "holidays_of_an_unknown_division",
            "A division is spelt anew, and its holidays would be nobody's.",
            put({"division": "england"}, 0.1),
            "division_known",
        ),
        _fault(
            _HOLIDAYS,
            "holidays_lost",
            "Half of the holidays are lost, so that the months would be compared with wrong calendars.",
            drop(0.5),
            "year_complete",
            "warning",
        ),
        _fault(
            _WEATHER,
            "weather_sentinel_as_value",
            "-999 stands for 'no reading' and is taken for a temperature.",
            put({"temperature_min_c": -999.0}, 0.05),
            "temperature_min_c_plausible",
        ),
        _fault(
            _WEATHER,
            "weather_columns_exchanged",
            "Highest and lowest temperature are exchanged.",
            swap("temperature_max_c", "temperature_min_c"),
            "highest_not_below_lowest",
        ),
        _fault(
            _WEATHER,
            "weather_in_fahrenheit",
            "A tool converts to degrees Fahrenheit.",
            lambda frame: frame.assign(temperature_max_c=frame["temperature_max_c"] * 9 / 5 + 32),
            "temperature_max_c_plausible",
        ),
    )


def _benign() -> tuple[Fault, ...]:
    def variant(dataset: str, name: str, story: str, edit: Edit) -> Fault:
        return Fault(name, dataset, "reference records", story, edit)

    return (
        variant(
            _LOOKUP,
            "lookup_in_another_order",
            "Upstream sorts the look-up anew.",
            lambda frame: frame.sample(frac=1, random_state=1).reset_index(drop=True),
        ),
        variant(
            _WEATHER,
            "weather_without_sunshine",
            "Some stations measure no sunshine.",
            put({"sunshine_hours": float("nan")}, 0.3),
        ),
    )


def _relabelled(before: str, after: str) -> Edit:
    return lambda frame: frame.assign(change_indicator=frame["change_indicator"].replace(before, after))
