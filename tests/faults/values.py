"""Faults of values in police files: what a force's export, a join or a tired hand does to records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.edits import Edit, put, repeat, rewrite, swap
from tests.faults.model import Fault, Severity

if TYPE_CHECKING:
    import pandas as pd


def value_faults() -> tuple[Fault, ...]:
    """Return the faults of values in street, outcome and stop and search files."""
    return (*_places(), *_street(), *_outcomes(), *_stops(), *_benign())


def _fault(dataset: str, name: str, story: str, edit: Edit, rule: str, severity: Severity) -> Fault:
    return Fault(name, dataset, "record values", story, rewrite(edit), rule, severity)


def _places() -> tuple[Fault, ...]:
    def fault(name: str, story: str, edit: Edit, rule: str, severity: Severity = "critical") -> Fault:
        return _fault("police_street", name, story, edit, rule, severity)

    bounds, code = "coordinates_in_great_britain", "lsoa_code_well_formed"
    return (
        fault(
            "coordinates_swapped",
            "An export takes latitude for longitude.",
            swap("Longitude", "Latitude"),
            bounds,
        ),
        fault(
            "coordinates_swapped_in_a_few",
            "A few records are typed in with latitude and longitude exchanged.",
            swap("Longitude", "Latitude", 0.02),
            bounds,
            "record",
        ),
        fault(
            "coordinates_zero",
            "A geocoder that finds nothing answers 0, 0.",
            put({"Longitude": "0.000000", "Latitude": "0.000000"}, 0.02),
            bounds,
            "record",
        ),
        fault(
            "coordinates_abroad",
            "A geocoder takes a street name for one in Paris.",
            put({"Longitude": "2.352200", "Latitude": "48.856600"}, 0.02),
            bounds,
            "record",
        ),
        fault(
            "coordinates_in_metres",
            "A file is exported with eastings and northings under the names of degrees.",
            put({"Longitude": "530120.5", "Latitude": "180340.2"}, among="Longitude"),
            bounds,
        ),
        fault(
            "coordinates_with_decimal_comma",
            "A spreadsheet with another locale writes 51,5 for 51.5.",
            put(dict.fromkeys(("Longitude", "Latitude"), _with_comma), among="Longitude"),
            bounds,
        ),
        fault(
            "coordinate_missing",
            "One of two columns is lost in a few records.",
            put({"Latitude": None}, 0.02, among="Latitude"),
            "coordinates_complete",
            "record",
        ),
        fault(
            "locations_lost",
            "A geocoder is down for a week: three records in ten have no place.",
            put({"Longitude": None, "Latitude": None, "LSOA code": None, "LSOA name": None}, 0.3),
            "share_unlocated",
            "warning",
        ),
        fault(
            "lsoa_code_lost",
            "A join to the areas fails for some records, which keep their coordinates.",
            put({"LSOA code": None, "LSOA name": None}, 0.05, among="LSOA code"),
            "location_complete",
            "warning",
        ),
        fault(
            "msoa_for_lsoa",
            "A force joins the wrong layer: middle layer areas for lower layer ones.",
            put({"LSOA code": lambda codes: "E02" + codes.str[3:]}, among="LSOA code"),
            code,
        ),
        fault(
            "lsoa_name_for_code",
            "The names stand in the column of the codes.",
            swap("LSOA code", "LSOA name"),
            code,
        ),
        fault(
            "scottish_data_zones",
            "Records of a neighbour across the border come with Scottish data zones.",
            put({"LSOA code": "S01006506"}, 0.02, among="LSOA code"),
            code,
            "record",
        ),
        fault(
            "lsoa_code_with_blank",
            "A fixed-width export pads the codes with a blank.",
            put({"LSOA code": lambda codes: codes + " "}, among="LSOA code"),
            code,
        ),
    )


def _street() -> tuple[Fault, ...]:
    def fault(name: str, story: str, edit: Edit, rule: str, severity: Severity = "critical") -> Fault:
        return _fault("police_street", name, story, edit, rule, severity)

    return (
        fault(
            "month_of_another_file",
            "Last month's file is saved under this month's name.",
            put({"Month": "2024-11"}),
            "month_matches_file",
        ),
        fault(
            "a_few_of_the_next_month",
            "An export is cut at the wrong hour and has the first crimes of the next month.",
            put({"Month": "2025-01"}, 0.02),
            "month_matches_file",
            "record",
        ),
        fault(
            "two_forces_in_one_file",
            "Two forces' files are joined under one name.",
            put({"Reported by": "Westmere Police"}, 0.5),
            "one_force_per_file",
            "warning",
        ),
        fault(
            "category_renamed",
            "Upstream renames a category: its crimes would have no harm weight.",
            _renamed("Violence and sexual offences", "Violent crime"),
            "crime_type_known",
        ),
        fault(
            "category_unknown_in_a_few",
            "A trial category appears in a few records.",
            put({"Crime type": "Cattle rustling"}, 0.01, among="Crime ID"),
            "crime_type_known",
            "record",
        ),
        fault(
            "category_in_capitals",
            "A force hands in its categories in capitals.",
            put({"Crime type": lambda types: types.str.upper()}),
            "crime_type_known",
        ),
        fault(
            "category_missing",
            "The category is left empty in a few records.",
            put({"Crime type": None}, 0.01, among="Crime ID"),
            "crime_type_known",
            "record",
        ),
        fault(
            "crime_ids_lost",
            "An anonymisation step removes every Crime ID.",
            put({"Crime ID": None}),
            "crime_id_absent_only_for_asb",
        ),
        fault(
            "crime_ids_for_every_incident",
            "Anti-social behaviour is given IDs, as if it were recorded crime.",
            put({"Crime ID": lambda ids: ids.fillna("ab" * 32)}),
            "crime_id_absent_only_for_asb",
        ),
        fault(
            "crime_ids_as_numbers",
            "A spreadsheet takes IDs for numbers and writes them as 1.23E+63.",
            put({"Crime ID": "1.23E+63"}, 0.2, among="Crime ID"),
            "crime_id_well_formed",
        ),
        fault(
            "crime_ids_cut_short",
            "A database column of 32 characters cuts every ID in half.",
            put({"Crime ID": lambda ids: ids.str[:32]}, among="Crime ID"),
            "crime_id_well_formed",
        ),
        fault(
            "crime_ids_repeated",
            "A crime with several victims is exported once for each of them.",
            _same_ids,
            "crime_id_repeats",
            "warning",
        ),
        fault(
            "records_twice",
            "A file is loaded twice before it is exported.",
            repeat(1.0),
            "full_row_repeats",
            "warning",
        ),
        fault(
            "outcome_reworded",
            "Upstream rewords an outcome.",
            put({"Last outcome category": "No suspect found"}, 0.3, among="Last outcome category"),
            "last_outcome_known",
            "warning",
        ),
    )


def _outcomes() -> tuple[Fault, ...]:
    def fault(name: str, story: str, edit: Edit, rule: str, severity: Severity = "critical") -> Fault:
        return _fault("police_outcomes", name, story, edit, rule, severity)

    return (
        fault(
            "outcome_type_unknown",
            "A force's own wording of outcomes is not mapped to the published list.",
            put({"Outcome type": "NFA - victim does not support"}, 0.2),
            "outcome_type_known",
        ),
        fault(
            "outcome_without_crime_id",
            "The link from outcomes to crimes is lost.",
            put({"Crime ID": None}, 0.02),
            "crime_id_well_formed",
            "record",
        ),
        fault(
            "outcomes_twice",
            "The month's outcomes are exported twice into one file.",
            repeat(1.0),
            "full_row_repeats",
            "warning",
        ),
        fault(
            "outcomes_of_another_month",
            "The newest outcomes are saved under an older month's name.",
            put({"Month": "2025-01"}),
            "month_matches_file",
        ),
    )


def _stops() -> tuple[Fault, ...]:
    def fault(name: str, story: str, edit: Edit, rule: str, severity: Severity = "critical") -> Fault:
        return _fault("police_stop_and_search", name, story, edit, rule, severity)

    return (
        fault(
            "ethnicity_in_codes",
            "Self-defined ethnicity comes as bare codes, which would be counted as nobody's.",
            put({"Self-defined ethnicity": "W1"}, 0.3),
            "ethnicity_wording_known",
        ),
        fault(
            "ethnicity_in_another_wording",
            "A force writes groups in the wording of another form.",
            put({"Self-defined ethnicity": "White British"}, 0.3),
            "ethnicity_wording_known",
        ),
        fault(
            "officer_ethnicity_in_codes",
            "Officer-defined ethnicity comes in identity codes.",
            put({"Officer-defined ethnicity": "IC3"}, 0.3),
            "officer_ethnicity_known",
        ),
        fault(
            "dates_in_local_format",
            "A spreadsheet writes 05/12/2024 10:30 for a timestamp.",
            put({"Date": "05/12/2024 10:30"}),
            "date_in_month",
        ),
        fault(
            "dates_with_month_and_day_exchanged",
            "An American locale reads 12 March where 3 December was meant.",
            put({"Date": "2024-03-12T10:30:00+00:00"}, 0.3),
            "date_in_month",
        ),
        fault(
            "stops_of_another_month",
            "Last month's searches are saved under this month's name.",
            put({"Date": lambda dates: dates.str.replace("2024-12", "2024-10")}),
            "date_in_month",
        ),
        fault(
            "legislation_unknown",
            "A new power of search is not in the list yet.",
            put({"Legislation": "Serious Disruption Prevention Act 2031 (section 1)"}, 0.3),
            "legislation_known",
            "warning",
        ),
        fault(
            "gender_in_letters",
            "A force writes M and F.",
            put({"Gender": lambda words: words.str[:1]}, among="Gender"),
            "gender_known",
            "warning",
        ),
        fault(
            "age_ranges_reworded",
            "Age ranges are written in words.",
            put({"Age range": "18 to 24"}, 0.3),
            "age_range_known",
            "warning",
        ),
        fault(
            "stop_outcome_unknown",
            "A new outcome of a search falls in no outcome group.",
            put({"Outcome": "Advice given"}, 0.3),
            "outcome_known",
            "warning",
        ),
        fault(
            "stops_twice",
            "Every search is in the file twice, as once in a real month.",
            repeat(1.0),
            "full_row_repeats",
            "warning",
        ),
        fault(
            "stop_locations_lost",
            "A force's devices send no position for a month.",
            put({"Longitude": None, "Latitude": None}),
            "share_unlocated",
            "warning",
        ),
        fault(
            "stop_coordinates_swapped",
            "Stop and search puts latitude first, street crime longitude: a shared export mixes them up.",
            swap("Longitude", "Latitude"),
            "coordinates_in_great_britain",
        ),
    )


def _benign() -> tuple[Fault, ...]:
    def variant(dataset: str, name: str, story: str, edit: Edit) -> Fault:
        return Fault(name, dataset, "record values", story, rewrite(edit))

    return (
        variant(
            "police_street",
            "repeats_of_anti_social_behaviour",
            "Anti-social behaviour has neither ID nor exact place: equal records are different events.",
            _some_behaviour_again,
        ),
        variant(
            "police_street",
            "few_records_without_place",
            "About one record in twenty-five has no place, truly.",
            put({"Longitude": None, "Latitude": None, "LSOA code": None, "LSOA name": None}, 0.03),
        ),
        variant(
            "police_stop_and_search",
            "search_just_before_midnight_utc",
            "Files are cut by local time, timestamps are UTC: an hour belongs to the month before.",
            put({"Date": "2024-11-30T23:30:00+00:00"}, 0.05),
        ),
        variant(
            "police_stop_and_search",
            "ethnicity_not_stated",
            "Many people do not state their ethnicity.",
            put({"Self-defined ethnicity": "Other ethnic group - Not stated"}, 0.4),
        ),
        variant(
            "police_stop_and_search",
            "older_wording_of_ethnicity",
            "Files up to 2016 use another published wording.",
            put({"Self-defined ethnicity": "Black or Black British - African (B2)"}, 0.4),
        ),
    )


def _with_comma(values: pd.Series) -> pd.Series:
    return values.str.replace(".", ",")


def _renamed(before: str, after: str) -> Edit:
    return lambda frame: frame.assign(**{"Crime type": frame["Crime type"].replace(before, after)})


def _same_ids(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    rows = frame.index[frame["Crime ID"].notna()][:20]
    frame.loc[rows, "Crime ID"] = frame.loc[rows[0], "Crime ID"]
    return frame


def _some_behaviour_again(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([frame, frame[frame["Crime ID"].isna()].head(20)], ignore_index=True)
