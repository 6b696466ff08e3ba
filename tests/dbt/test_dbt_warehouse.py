"""The marts of a world whose every answer is known by hand."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from dbt_run import Build, run_dbt


def test_every_model_and_test_passes(good_build: Build) -> None:
    """Sound data must build green, or an operator learns to ignore red."""
    assert good_build.failures() == set()
    unclear = {name for name, status in good_build.statuses.items() if status not in ("success", "pass")}
    # One of its codes is of no census, so that the point must decide; that is worth a warning.
    assert unclear == {"assert_supplied_codes_are_of_a_census"}


def test_each_record_is_located_by_the_rule_for_its_code(good_build: Build) -> None:
    """A record in the wrong area, or dropped for want of one, falsifies every rate and ranking."""
    located = good_build.query(
        """
        select crime_type, location_method, lsoa_code
        from fct_crimes
        where crime_month = '2024-12-01'
        order by source_row
        """
    )
    assert located == [
        ("Robbery", "supplied_unchanged", "E01000001"),
        ("Drugs", "supplied_unchanged", "E01000002"),
        ("Burglary", "supplied_2021", "E01033002"),
        ("Shoplifting", "merged_parent", "E01033003"),
        ("Possession of weapons", "split_point_in_polygon", "E01033002"),
        ("Vehicle crime", "split_nearest_centroid", "E01033002"),
        ("Public order", "point_in_polygon", "W01000001"),
        ("Other theft", "nearest_centroid", "E01000008"),
        ("Other crime", "unlocated", None),
        ("Bicycle theft", "point_in_polygon", "E01000001"),
        ("Anti-social behaviour", "unlocated", None),
        ("Anti-social behaviour", "unlocated", None),
    ]


def test_identical_reports_stay_two_records(good_build: Build) -> None:
    """Anti-social behaviour has no id: removing equal rows would remove real reports."""
    repeats = good_build.query(
        """
        select count(*), count(distinct crime_record_id), count(crime_id)
        from fct_crimes
        where lsoa_code is null and crime_type = 'Anti-social behaviour'
        """
    )
    assert repeats == [(2, 2, 0)]


def test_harm_area_and_ultra_high_harm_come_from_weight_and_lsoa(good_build: Build) -> None:
    """Harm that follows another scheme, or an area taken from the file's name, is silent and wrong."""
    crimes = good_build.query(
        """
        select crime_type, harm_days, is_ultra_high_harm, is_inside_force_area
        from fct_crimes
        where crime_type in ('Robbery', 'Drugs', 'Vehicle crime', 'Other crime')
        order by crime_type
        """
    )
    assert crimes == [
        ("Drugs", 300.0, True, False),
        ("Other crime", 1.0, False, None),
        ("Robbery", 1000.0, True, True),
        ("Vehicle crime", 100.0, False, True),
    ]


def test_deprivation_reaches_every_english_area(good_build: Build) -> None:
    """A direct join loses a fifth of a growing county's records; each area must get its parents' score."""
    scores = good_build.query(
        """
        select lsoa_code, imd_2019_score, imd_2019_method, is_in_england
        from dim_lsoa
        order by lsoa_code
        """
    )
    assert scores == [
        ("E01000001", 50.0, "unchanged", True),
        ("E01000002", 40.0, "unchanged", True),
        ("E01000008", 5.0, "unchanged", True),
        ("E01000009", 1.0, "unchanged", True),
        ("E01033001", 30.0, "inherited_from_split", True),
        ("E01033002", 30.0, "inherited_from_split", True),
        ("E01033003", 25.0, "merged_mean", True),
        # 1000 residents at 10 and a quarter of 4000 at 20.
        ("E01033004", 15.0, "irregular_mean", True),
        ("E01033005", 20.0, "irregular_mean", True),
        ("W01000001", None, None, False),
    ]


def test_counts_are_split_by_residents(good_build: Build) -> None:
    """Weights that do not sum to 1 create or destroy people and crimes."""
    weights = good_build.query(
        """
        select lsoa_2021_code, count_weight
        from int_lsoa_2011_to_2021_weights
        where change_indicator in ('S', 'X')
        order by lsoa_2011_code, lsoa_2021_code
        """
    )
    assert weights == [
        ("E01033001", 0.75),
        ("E01033002", 0.25),
        ("E01033004", 1.0),
        ("E01033004", 0.25),
        ("E01033005", 0.75),
    ]


def test_rates_name_their_population(good_build: Build) -> None:
    """A rate over another year's residents, or over a handful of them, misleads without a trace."""
    rates = good_build.query(
        """
        select lsoa_code, crime_count, population_year, population_count, crime_rate_per_1000,
            harm_days_rate_per_1000
        from fct_crime_lsoa_month
        where crime_type in ('Burglary', 'Other theft')
        order by lsoa_code, crime_month
        """
    )
    assert rates == [
        ("E01000001", 1, 2022, 1000, 1.0, 400.0),
        ("E01000008", 1, 2022, 150, None, None),
        ("E01033002", 1, 2022, 500, 2.0, 800.0),
    ]


def test_ranking_holds_the_last_twelve_months_of_reporting_areas(good_build: Build) -> None:
    """The window must leave out the burglary of 2023, and the areas of a force that sent nothing."""
    ranking = good_build.query(
        """
        select lsoa_code, crime_count, harm_days, harm_days_without_proactive, harm_rank, window_start_month,
            window_end_month
        from mart_harm_ranking
        where is_active_scheme
        order by harm_rank, lsoa_code limit 3
        """
    )
    window = (date(2024, 1, 1), date(2024, 12, 1))
    assert ranking == [
        ("E01000001", 2, 1001.0, 1001.0, 1, *window),
        ("E01033002", 3, 850.0, 500.0, 2, *window),
        ("E01033003", 1, 20.0, 0.0, 3, *window),
    ]
    areas = good_build.query(
        """
        select harm_scheme, count(*), sum(harm_share)
        from mart_harm_ranking
        group by all
        """
    )
    assert {scheme: count for scheme, count, _ in areas} == dict.fromkeys(
        ("seed_article", "cchi_2026", "ons_severity"), 9
    )
    assert [share for _, _, share in areas] == pytest.approx([1.0, 1.0, 1.0])


def test_force_month_counts_what_has_no_place(good_build: Build) -> None:
    """Records without a place, or outside the force's area, are counted for the force, never dropped."""
    months = good_build.query(
        """
        select crime_month, crime_count, unlocated_count, outside_force_area_count
        from mart_harm_force_month
        order by 1
        """
    )
    assert months == [(date(2023, 12, 1), 1, 0, 0), (date(2024, 12, 1), 12, 3, 1)]


def test_outcomes_are_grouped_and_tied_to_crimes(good_build: Build) -> None:
    """Both wordings of an outcome must fall in one group, and an outcome of an unseen crime must say so."""
    outcomes = good_build.query(
        """
        select outcome_group, location_method, is_crime_in_warehouse
        from fct_outcomes
        order by source_row
        """
    )
    assert outcomes == [
        ("charged_or_summonsed", "supplied_unchanged", True),
        ("out_of_court", "supplied_unchanged", True),
        ("unknown", "supplied_unchanged", False),
    ]


def test_stops_keep_month_repeats_and_missing_ethnicity(good_build: Build) -> None:
    """The month is the file's, equal records are marked, "Not stated" is no group and a blank no find."""
    stops = good_build.query(
        """
        select stop_month, searched_at, ethnic_group, outcome_group, is_ethnicity_stated, is_exact_repeat,
            lsoa_code, is_outcome_linked_to_object, is_object_found
        from fct_stops
        order by source_row
        """
    )
    month, late = date(2024, 12, 1), datetime(2024, 11, 30, 23, 59)
    assert stops == [
        (month, late, "Black", "arrest", True, False, "E01000001", True, True),
        (month, late, "Black", "arrest", True, True, "E01000001", True, True),
        (month, datetime(2024, 12, 5, 10), None, "no_further_action", False, False, None, None, None),
    ]


def test_disproportionality_has_every_group_and_its_residents(good_build: Build) -> None:
    """A group without stops must stand there with zero, beside the residents of the force's own area."""
    groups = good_build.query(
        """
        select ethnic_group, stop_count, arrest_count, no_further_action_count, resident_count
        from mart_stops_ethnicity
        where ethnicity_basis = 'self_defined'
        order by ethnic_group
        """
    )
    assert groups == [
        ("Asian", 0, 0, 0, 90),
        ("Black", 2, 2, 0, 180),
        ("Mixed", 0, 0, 0, 270),
        ("Not stated", 1, 0, 1, None),
        ("Other", 0, 0, 0, 450),
        ("White", 0, 0, 0, 360),
    ]


def test_landed_rows_are_staged_or_quarantined(good_build: Build) -> None:
    """A row that is neither staged nor in quarantine has been lost, and nobody would know."""
    rows = good_build.query(
        """
        select month, landed_count, staged_count, quarantined_count
        from audit_row_reconciliation
        where dataset = 'police_street'
        order by month
        """
    )
    assert rows == [("2023-12", 1, 1, 0), ("2024-12", 14, 12, 2)]


def test_coverage_tells_absent_from_present(good_build: Build) -> None:
    """A month that upstream does not have must not look like a month without crime."""
    coverage = good_build.query(
        """
        select force, month, status, reason
        from audit_coverage
        where dataset = 'police_street'
        order by 1, 2
        """
    )
    assert coverage == [
        ("eastvale", "2023-12", "present", None),
        ("eastvale", "2024-12", "present", None),
        ("westmere", "2024-12", "absent", "not in the archive"),
    ]


def test_months_have_their_days_holidays_and_weather(good_build: Build) -> None:
    """A month that is missing, or a holiday counted in the wrong one, misleads every forecast."""
    months = good_build.query(
        """
        select calendar_month, days_in_month, weekend_day_count, bank_holiday_count, weather_station_count,
            temperature_mean_c, rain_mm, sunshine_hours, is_weather_provisional
        from dim_month
        order by calendar_month
        """
    )
    assert len(months) == 13
    none = (0, None, None, None, None)
    assert months[0] == (date(2023, 12, 1), 31, 10, None, *none)
    assert months[1] == (date(2024, 1, 1), 31, 8, 1, *none)
    assert months[2] == (date(2024, 2, 1), 29, 8, 0, *none)
    assert months[-1] == (date(2024, 12, 1), 31, 9, 2, 2, 7.0, 90.0, 48.0, True)


def test_building_again_gives_the_same_tables(good_build: Build) -> None:
    """A warehouse that changes without its input changing cannot be audited."""
    before = good_build.tables()
    run_dbt(good_build.root, "run")
    assert good_build.tables() == before


def test_revisions_are_listed_and_the_current_one_is_marked(good_build: Build) -> None:
    """What upstream changed after the fact would be on disk and in no table that an auditor reads."""
    rows = good_build.query(
        "select month, force, earlier_release, later_release, outcome_changed_count, is_later_current "
        "from audit_revisions"
    )
    assert rows == [("2024-12", "eastvale", "2024-11", "2024-12", 3, True)]


def test_the_live_feed_is_staged_like_the_street_files(good_build: Build) -> None:
    """A preview in other columns, types or wording could not be set beside the archive."""
    columns = {
        model: dict(
            good_build.query(
                f"select column_name, data_type from information_schema.columns where table_name = '{model}'"
            )
        )
        for model in ("stg_police_uk__street", "stg_police_uk__street_live")
    }
    live = columns["stg_police_uk__street_live"]
    assert columns["stg_police_uk__street"].items() <= live.items()
    staged = good_build.query(
        """
        select crime_record_id, crime_id, crime_month::varchar, crime_type, longitude is null,
            api_id, street_id, last_outcome_month::varchar
        from stg_police_uk__street_live order by api_id
        """
    )
    assert staged == [
        ("live|west|2024-12|11", "live", "2024-12-01", "Robbery", False, 11, 5, None),
        ("live|west|2024-12|12", None, "2024-12-01", "Anti-social behaviour", True, 12, None, "2025-01-01"),
    ]


def test_the_live_feed_is_compared_and_not_counted(good_build: Build) -> None:
    """The newest month would be counted twice, or its difference from the archive would go unseen."""
    assert good_build.query("select count(*) from fct_crimes where crime_id = 'live'") == [(0,)]
    compared = good_build.query(
        """
        select crime_type, api_count, archive_count, count_difference from audit_live_feed
        where count_difference <> 0 or api_count > 0 order by crime_type
        """
    )
    assert compared == [
        ("Anti-social behaviour", 1, 0, 1),
        ("Bicycle theft", 0, 1, -1),
        ("Drugs", 0, 1, -1),
        ("Robbery", 1, 1, 0),
    ]
