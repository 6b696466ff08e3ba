"""Reference data are whole or nothing: each rule catches its fault and withholds the dataset."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from data_quality.gate import run_gate
from data_quality.schemas import DOMAIN_RANKS, VALIDATED_SCHEMAS
from data_quality.suites import SUITES, suite_of

CODES = ["E01000001", "E01000002", "W01000003"]


def _square(size: float = 500.0, east: float = 500_000.0) -> bytes:
    return shapely.to_wkb(shapely.box(east, 180_000, east + size, 180_000 + size))


def _deprivation(code: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            code: ["E01000001", "E01000002"],
            "imd_score": [12.5, 40.1],
            "imd_score_basis": ["published", "rebuilt_from_domain_ranks"],
            "imd_rank": [2, 1],
            "imd_decile": [10, 1],
            **{rank: [2, 1] for rank in DOMAIN_RANKS},
            "population_count": [1500, 1700],
        }
    )


def _clean(dataset: str) -> pd.DataFrame:
    frames = {
        "ons_lsoa_2021_boundaries": {
            "lsoa_2021_code": CODES,
            "lsoa_2021_name": ["A", "B", "C"],
            "is_point_in_polygon_grade": [True, True, False],
            "geometry_wkb": [_square(), _square(800), _square(900)],
        },
        "ons_lsoa_2011_2021_lookup": {
            "lsoa_2011_code": ["E01000001", "E01000002", "E01000002", "E01000003", "E01000004"],
            "lsoa_2011_name": list("abccd"),
            "lsoa_2021_code": ["E01000001", "E01030001", "E01030002", "E01030003", "E01030003"],
            "lsoa_2021_name": list("abcde"),
            "change_indicator": ["U", "S", "S", "M", "M"],
            "lad_2022_code": ["E09000001"] * 5,
            "lad_2022_name": ["City"] * 5,
        },
        "ons_lsoa_2021_centroids": {
            "lsoa_2021_code": CODES,
            "easting_m": [532_000.5, 533_000.0, 320_000.0],
            "northing_m": [181_000.0, 182_000.0, 180_000.0],
        },
        "ons_lsoa_2021_wards": {
            "lsoa_2021_code": CODES,
            "lsoa_2021_name": ["A", "B", "C"],
            "ward_2024_code": ["E05000001", "E05000002", "W05000003"],
            "ward_2024_name": ["A", "B", "C"],
            "lad_2024_code": ["E09000001", "E06000055", "W06000001"],
            "lad_2024_name": ["A", "B", "C"],
        },
        "ons_lad_police_forces": {
            "lad_2024_code": ["E09000001", "W06000001"],
            "lad_2024_name": ["A", "B"],
            "police_force_area_code": ["E23000034", "W15000001"],
            "police_force_area_name": ["London, City of", "North Wales"],
        },
        "nomis_population": {
            "lsoa_2021_code": [*CODES, "E01000001"],
            "population_year": [2022, 2022, 2022, 2023],
            "population_count": [1500, 0, 1700, 1501],
        },
        "nomis_ethnicity": {
            "lsoa_2021_code": ["E01000001"] * 5,
            "ethnic_group": ["Asian", "Black", "Mixed", "White", "Other"],
            "resident_count": [10, 0, 3, 900, 4],
        },
        "nomis_age_sex": {
            "lad_2023_code": ["E06000055"] * 182 + ["W06000001"] * 182,
            "lad_2023_name": ["A"] * 182 + ["B"] * 182,
            "population_year": [2024] * 364,
            "sex": (["Male"] * 91 + ["Female"] * 91) * 2,
            "age_years": list(range(91)) * 4,
            "resident_count": list(range(0, 364)),
        },
        "gla_town_centres": {
            "town_centre_name": ["Angel"],
            "classification": [None],
            "geometry_wkb": [_square()],
        },
        "govuk_bank_holidays": {
            "division": ["england-and-wales"] * 8,
            "holiday_date": pd.date_range("2024-01-01", periods=8, freq="35D"),
            "title": [f"Holiday {number}" for number in range(8)],
            "notes": ["Substitute day", *[None] * 7],
        },
        "metoffice_monthly_weather": {
            "station_id": ["oxford", "oxford", "cardiff"],
            "station_name": ["Oxford", "Oxford", "Cardiff"],
            "easting_m": [450_900.0, 450_900.0, 317_600.0],
            "northing_m": [207_200.0, 207_200.0, 177_300.0],
            "weather_month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-01-01"]),
            "temperature_max_c": [7.1, 10.4, None],
            "temperature_min_c": [1.2, 5.0, 3.3],
            "air_frost_days": pd.array([9, 2, None], dtype="Int32"),
            "rain_mm": [80.1, None, 120.0],
            "sunshine_hours": [None, 60.5, 44.0],
            "is_estimated": [True, False, False],
            "is_sunshine_from_sensor": [False, False, True],
            "is_provisional": [False, True, False],
        },
    }
    if dataset in frames:
        return pd.DataFrame(frames[dataset])
    return _deprivation(VALIDATED_SCHEMAS[dataset].names[0])


REFERENCE = [
    dataset for dataset in SUITES if not dataset.startswith("police_") and dataset != "calls_for_service"
]
LSOA = "lsoa_2021_code"
FAULTS = [
    ("ons_lsoa_2021_boundaries", "key_unique", LSOA, "E01000002"),
    ("ons_lsoa_2021_boundaries", "lsoa_2021_code_well_formed", LSOA, "S01000001"),
    ("ons_lsoa_2021_boundaries", "lsoa_2021_code_well_formed", LSOA, None),
    ("ons_lsoa_2021_boundaries", "geometry_present", "geometry_wkb", None),
    ("ons_lsoa_2021_boundaries", "geometry_is_area", "geometry_wkb", b"not a shape"),
    ("ons_lsoa_2021_boundaries", "geometry_is_area", "geometry_wkb", shapely.to_wkb(shapely.Point(5e5, 2e5))),
    ("ons_lsoa_2021_boundaries", "geometry_in_national_grid", "geometry_wkb", _square(0.01, east=51.0)),
    ("ons_lsoa_2011_2021_lookup", "key_unique", ["lsoa_2011_code", LSOA], ["E01000002", "E01030001"]),
    ("ons_lsoa_2011_2021_lookup", "change_indicator_known", "change_indicator", "Z"),
    ("ons_lsoa_2011_2021_lookup", "code_in_both_vintages_is_unchanged", "change_indicator", "S"),
    ("ons_lsoa_2021_centroids", "easting_in_national_grid", "easting_m", -0.12),
    ("ons_lsoa_2021_centroids", "northing_present", "northing_m", None),
    ("ons_lsoa_2021_wards", "ward_2024_code_well_formed", "ward_2024_code", "E36000001"),
    ("ons_lsoa_2021_wards", "lad_2024_code_well_formed", "lad_2024_code", "E10000001"),
    ("ons_lad_police_forces", "key_unique", "lad_2024_code", "W06000001"),
    ("ons_lad_police_forces", "police_force_area_code_well_formed", "police_force_area_code", "E22000001"),
    ("nomis_population", "key_unique", "population_year", 2023),
    ("nomis_population", "population_not_negative", "population_count", -1),
    ("nomis_population", "population_year_plausible", "population_year", 22),
    ("nomis_ethnicity", "ethnic_group_known", "ethnic_group", "Not stated"),
    ("nomis_ethnicity", "five_ethnic_groups", "ethnic_group", "White"),
    ("nomis_ethnicity", "resident_count_not_negative", "resident_count", -5),
    ("nomis_age_sex", "key_unique", "age_years", 1),
    ("nomis_age_sex", "every_age_of_both_sexes", "age_years", 1),
    ("nomis_age_sex", "every_age_of_both_sexes", "sex", "Female"),
    ("nomis_age_sex", "sex_known", "sex", "Total"),
    ("nomis_age_sex", "age_in_range", "age_years", 91),
    ("nomis_age_sex", "one_year_for_all", "population_year", 2023),
    ("nomis_age_sex", "population_year_plausible", "population_year", 2015),
    ("nomis_age_sex", "lad_2023_code_well_formed", "lad_2023_code", "E01000001"),
    ("nomis_age_sex", "resident_count_not_negative", "resident_count", -1),
    ("iod_2019", "imd_decile_in_range", "imd_decile", 11),
    ("iod_2019", "imd_score_present", "imd_score", None),
    ("iod_2019", "lsoa_2011_code_well_formed", "lsoa_2011_code", "W01000003"),
    ("iod_2025", "imd_rank_positive", "imd_rank", 0),
    ("iod_2025", "crime_rank_positive", "crime_rank", -3),
    ("iod_2025", "imd_score_basis_known", "imd_score_basis", "guessed"),
    ("gla_town_centres", "town_centre_name_present", "town_centre_name", None),
    ("govuk_bank_holidays", "key_unique", "holiday_date", pd.Timestamp("2024-02-05")),
    ("govuk_bank_holidays", "division_known", "division", "wales"),
    ("govuk_bank_holidays", "title_present", "title", None),
    ("govuk_bank_holidays", "holiday_date_plausible", "holiday_date", pd.Timestamp("1024-01-01")),
    ("metoffice_monthly_weather", "key_unique", "weather_month", pd.Timestamp("2024-02-01")),
    ("metoffice_monthly_weather", "station_id_well_formed", "station_id", None),
    ("metoffice_monthly_weather", "rain_mm_plausible", "rain_mm", -1.0),
    ("metoffice_monthly_weather", "temperature_max_c_plausible", "temperature_max_c", 71.0),
    ("metoffice_monthly_weather", "highest_not_below_lowest", "temperature_max_c", 1.0),
    ("metoffice_monthly_weather", "easting_in_national_grid", "easting_m", 9_000_000.0),
]


def _run(dataset: str, frame: pd.DataFrame):
    return run_gate(
        dataset,
        frame,
        partition=None,
        data_version="cd" * 32,
        record_count_landed=len(frame),
        source_file="f.csv",
    )


def test_every_dataset_has_a_schema_and_a_suite():
    """A dataset without a suite would be promoted unjudged."""
    assert set(SUITES) == set(VALIDATED_SCHEMAS)
    for dataset in SUITES:
        names = [rule.name for rule in suite_of(dataset).rules]
        assert len(names) == len(set(names)), dataset
        assert suite_of(dataset).dataset == dataset


@pytest.mark.parametrize("dataset", REFERENCE)
def test_clean_reference_data_pass_sorted(dataset):
    """Clean data must pass, and in one order, or the same input would give other bytes."""
    frame = _clean(dataset)
    outcome = _run(dataset, frame.iloc[::-1])
    assert outcome.verdict.status == "passed", outcome.verdict.reason
    assert [result.rule for result in outcome.verdict.rules if not result.success] == []
    forwards = _run(dataset, frame).accepted
    pd.testing.assert_frame_equal(outcome.accepted, forwards)


@pytest.mark.parametrize(("dataset", "rule", "column", "value"), FAULTS)
def test_reference_fault_withholds_the_dataset(dataset, rule, column, value):
    """One lost LSOA silently loses its crimes, so one bad record stops the whole dataset."""
    frame = _clean(dataset)
    if isinstance(column, list):
        frame.loc[2, column] = value
    else:
        frame[column] = [value, *frame[column].iloc[1:]]
    outcome = _run(dataset, frame)
    assert outcome.verdict.status == "failed"
    broken = [result.rule for result in outcome.verdict.rules if not result.success]
    assert rule in broken
    assert outcome.accepted.empty
    assert len(outcome.quarantined) == len(frame)
    assert rule in " ".join(outcome.quarantined["rule"] + " " + outcome.quarantined["reason"])


def test_a_year_with_few_bank_holidays_is_only_noticed():
    """The publisher's window may begin within a year, but a lost holiday should not go unseen."""
    outcome = _run("govuk_bank_holidays", _clean("govuk_bank_holidays").iloc[:5])
    assert outcome.verdict.status == "passed"
    assert [result.rule for result in outcome.verdict.rules if not result.success] == ["year_complete"]


def test_a_district_where_nobody_of_a_sex_lives_is_refused():
    """A download filled with zeros would empty every rate of the district."""
    frame = _clean("nomis_age_sex")
    frame.loc[91:181, "resident_count"] = 0
    outcome = _run("nomis_age_sex", frame)
    assert outcome.verdict.status == "failed"
    assert "residents_of_both_sexes" in str(outcome.verdict.reason)


def test_missing_geometry_is_readable_in_quarantine():
    """Raw WKB in the quarantine would be unreadable and huge."""
    frame = _clean("ons_lsoa_2021_boundaries")
    frame["geometry_wkb"] = [b"not a shape", *frame["geometry_wkb"].iloc[1:]]
    quarantined = _run("ons_lsoa_2021_boundaries", frame).quarantined
    assert quarantined["value"].iloc[0] == "<11 bytes of geometry>"
    assert "bytes of geometry" in quarantined["record"].iloc[1]


def test_optional_dataset_may_be_empty():
    """Town centres are optional: an empty file must not stop a release."""
    outcome = _run("gla_town_centres", _clean("gla_town_centres").iloc[:0])
    assert outcome.verdict.status == "passed"
