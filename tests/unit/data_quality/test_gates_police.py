"""Each rule of the police suites catches its fault, and nothing else does."""

from __future__ import annotations

import pytest

PLACED = {"longitude": "-0.465001", "latitude": "52.135002", "lsoa_code": "E01017439"}

ROW_FAULTS = [
    ("police_street", "month_matches_file", {"month": "2024-05"}, "2024-05"),
    ("police_street", "month_matches_file", {"month": None}, None),
    ("police_street", "crime_type_known", {"crime_type": "Cattle rustling"}, "Cattle rustling"),
    ("police_street", "crime_type_known", {"crime_type": "Violent crime"}, "Violent crime"),
    ("police_street", "crime_type_known", {"crime_type": None}, None),
    ("police_street", "coordinates_complete", {"latitude": None}, "longitude=-0.465001, latitude="),
    (
        "police_street",
        "coordinates_in_great_britain",
        {"longitude": "52.1", "latitude": "-0.4"},
        "longitude=52.1, latitude=-0.4",
    ),
    (
        "police_street",
        "coordinates_in_great_britain",
        {"longitude": "0.000000", "latitude": "0.000000"},
        "longitude=0.000000, latitude=0.000000",
    ),
    (
        "police_street",
        "coordinates_in_great_britain",
        {"longitude": "west"},
        "longitude=west, latitude=52.135002",
    ),
    (
        "police_street",
        "coordinates_in_great_britain",
        {"latitude": "nan"},
        "longitude=-0.465001, latitude=nan",
    ),
    ("police_street", "lsoa_code_well_formed", {"lsoa_code": "95AA01S1"}, "95AA01S1"),
    ("police_street", "lsoa_code_well_formed", {"lsoa_code": "E0101743"}, "E0101743"),
    ("police_street", "lsoa_code_well_formed", {"lsoa_code": "E01017439\n"}, "E01017439\n"),
    ("police_street", "crime_id_well_formed", {"crime_id": "abc123"}, "abc123"),
    ("police_street", "crime_id_absent_only_for_asb", {"crime_id": None}, "crime_id=, crime_type=Burglary"),
    ("police_outcomes", "month_matches_file", {"month": "2018-11"}, "2018-11"),
    ("police_outcomes", "outcome_type_known", {"outcome_type": "Released"}, "Released"),
    ("police_outcomes", "crime_id_well_formed", {"crime_id": None}, None),
    ("police_outcomes", "lsoa_code_well_formed", {"lsoa_code": "S01006506"}, "S01006506"),
    (
        "police_stop_and_search",
        "date_in_month",
        {"date": "2024-05-30T23:59:00+00:00"},
        "2024-05-30T23:59:00+00:00",
    ),
    (
        "police_stop_and_search",
        "date_in_month",
        {"date": "2024-07-02T00:00:00+00:00"},
        "2024-07-02T00:00:00+00:00",
    ),
    (
        "police_stop_and_search",
        "date_in_month",
        {"date": "2024-06-31T12:00:00+00:00"},
        "2024-06-31T12:00:00+00:00",
    ),
    ("police_stop_and_search", "date_in_month", {"date": "yesterday"}, "yesterday"),
    ("police_stop_and_search", "date_in_month", {"date": None}, None),
    ("police_stop_and_search", "ethnicity_wording_known", {"self_defined_ethnicity": "W1"}, "W1"),
    ("police_stop_and_search", "officer_ethnicity_known", {"officer_defined_ethnicity": "Unsure"}, "Unsure"),
    (
        "police_stop_and_search",
        "coordinates_in_great_britain",
        {"longitude": "0.000000", "latitude": "0.000000"},
        "longitude=0.000000, latitude=0.000000",
    ),
]

HARMLESS = [
    ("police_street", {"longitude": None, "latitude": None, "lsoa_code": None, "lsoa_name": None}),
    ("police_street", {"lsoa_code": "W01000001"}),
    ("police_street", {"location": "On or near "}),
    ("police_outcomes", {"outcome_type": "Offender given a penalty notice"}),
    ("police_outcomes", {"outcome_type": "Offender given penalty notice"}),
    ("police_stop_and_search", {"date": "2024-05-31T23:15:00+00:00"}),
    ("police_stop_and_search", {"date": "2024-07-01T00:30:00+01:00"}),
    ("police_stop_and_search", {"longitude": None, "latitude": None}),
    ("police_stop_and_search", {"self_defined_ethnicity": "Other ethnic group - Not stated"}),
    ("police_stop_and_search", {"self_defined_ethnicity": "Not Stated (NS)"}),
    ("police_stop_and_search", {"self_defined_ethnicity": "Black or Black British - Caribbean (B1)"}),
    ("police_stop_and_search", {"self_defined_ethnicity": None, "officer_defined_ethnicity": None}),
]

WARNINGS = [
    ("police_street", "location_complete", {"lsoa_code": None}),
    ("police_street", "location_complete", {"longitude": None, "latitude": None}),
    ("police_street", "last_outcome_known", {"last_outcome_category": "Lost"}),
    ("police_street", "one_force_per_file", {"reported_by": "British Transport Police"}),
    ("police_stop_and_search", "type_known", {"type": "Drone search"}),
    ("police_stop_and_search", "gender_known", {"gender": "Unknown"}),
    ("police_stop_and_search", "age_range_known", {"age_range": "over 90"}),
    ("police_stop_and_search", "legislation_known", {"legislation": "Magna Carta"}),
    ("police_stop_and_search", "object_of_search_known", {"object_of_search": "Swans"}),
    ("police_stop_and_search", "outcome_known", {"outcome": "Thanked"}),
]


def _corrupt(frame, row, values):
    for column, value in values.items():
        frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize("dataset", ["police_street", "police_outcomes", "police_stop_and_search"])
def test_clean_records_pass_whole(dataset, clean, run):
    """A suite that quarantines or warns about clean records would cry wolf every month."""
    outcome = run(dataset, clean(dataset))
    assert outcome.verdict.status == "passed"
    assert outcome.verdict.reason is None
    assert outcome.quarantined.empty
    assert [result.rule for result in outcome.verdict.rules if not result.success] == []


@pytest.mark.parametrize(("dataset", "rule", "values", "shown"), ROW_FAULTS)
def test_row_rule_quarantines_its_record(dataset, rule, values, shown, clean, run):
    """A fault that no rule catches, or that another rule catches, would mislead readers of the quarantine."""
    outcome = run(dataset, _corrupt(clean(dataset), 5, values))
    assert outcome.verdict.status == "passed"
    assert outcome.quarantined["source_row"].tolist() == [6]
    row = outcome.quarantined.iloc[0]
    assert row["rule"] == rule
    assert row["value"] == shown if shown is not None else row["value"] in (None, "")
    assert row["source_file"] == "2024-06-bedfordshire.csv"
    assert 6 not in outcome.accepted["source_row"].tolist()
    assert len(outcome.accepted) == len(clean(dataset)) - 1


@pytest.mark.parametrize(("dataset", "values"), HARMLESS)
def test_known_quirk_is_not_quarantined(dataset, values, clean, run):
    """Real files do these things; quarantining them would lose good records."""
    outcome = run(dataset, _corrupt(clean(dataset), 5, values))
    assert outcome.verdict.record_count_quarantined == 0


@pytest.mark.parametrize(("dataset", "rule", "values"), WARNINGS)
def test_open_list_only_warns(dataset, rule, values, clean, run):
    """An unknown word in a list that police.uk leaves open must be seen, and must cost no record."""
    outcome = run(dataset, _corrupt(clean(dataset), 5, values))
    broken = {result.rule: result for result in outcome.verdict.rules if not result.success}
    assert set(broken) == {rule}
    assert broken[rule].severity == "warning"
    assert outcome.verdict.status == "passed"
    assert outcome.quarantined.empty


def test_historic_categories_belong_to_historic_months(clean, run):
    """Violent crime was a category until April 2013; today it has no weight and must not slip through."""
    frame = clean("police_street").assign(month="2012-03", partition_month="2012-03")
    frame.loc[frame["crime_type"] == "Burglary", "crime_type"] = "Violent crime"
    outcome = run("police_street", frame, partition={"month": "2012-03", "force": "bedfordshire"})
    assert outcome.verdict.status == "passed"
    assert outcome.quarantined.empty


def test_repeats_warn_and_stay(clean, run):
    """Repeats of a Crime ID and of whole records are real; dropping them would change counts."""
    frame = clean("police_street")
    frame.loc[2, "crime_id"] = frame.loc[1, "crime_id"]
    outcome = run("police_street", frame)
    repeats = {result.rule: result for result in outcome.verdict.rules}["crime_id_repeats"]
    assert (repeats.success, repeats.unexpected_count) == (False, 2)
    assert len(outcome.accepted) == len(frame)


def test_file_that_holds_its_records_twice_warns(clean, run):
    """A real file of July 2020 holds each search twice; nobody noticed for want of a warning."""
    once = clean("police_stop_and_search")
    frame = once.loc[[*once.index, *once.index]].reset_index(drop=True)
    frame["source_row"] = range(1, len(frame) + 1)
    outcome = run("police_stop_and_search", frame)
    assert [result.rule for result in outcome.verdict.rules if not result.success] == ["full_row_repeats"]


def test_unlocated_share_warns(clean, run):
    """A file that has lost a third of its locations is usable, but maps made from it are not."""
    frame = clean("police_street")
    frame.loc[:12, ["longitude", "latitude", "lsoa_code"]] = None
    outcome = run("police_street", frame)
    assert [result.rule for result in outcome.verdict.rules if not result.success] == ["share_unlocated"]


def test_first_broken_rule_is_named_and_others_added(clean, run):
    """A record with three faults must be one row, or quarantined and validated no longer add up to landed."""
    frame = _corrupt(
        clean("police_street"), 5, {"month": "2020-01", "crime_type": "Piracy", "lsoa_code": "X"}
    )
    quarantined = run("police_street", frame).quarantined
    assert quarantined["rule"].tolist() == ["month_matches_file"]
    assert (
        quarantined["reason"]
        .iloc[0]
        .endswith("also breaks crime_type_known; also breaks lsoa_code_well_formed")
    )
