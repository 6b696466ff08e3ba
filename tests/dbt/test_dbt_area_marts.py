"""The marts about areas and outcomes, in the world whose every answer is known by hand."""

from __future__ import annotations

from datetime import date

import pytest
from dbt_run import Build

LAST = date(2024, 12, 1)


def test_codes_are_set_beside_the_polygons_that_hold_their_points(good_build: Build) -> None:
    """A wrong look-up or moved snap points would put crimes in the wrong area, and no total would change."""
    agreement = good_build.query(
        """
        select crime_month, coded_point_count, judged_count, agreeing_count, near_count, agreeing_share
        from audit_location_agreement
        order by crime_month
        """
    )
    # Of seven with a code and a point, two were split and one has a code that nobody knows.
    assert agreement == [(date(2023, 12, 1), 1, 1, 1, 0, 1.0), (LAST, 7, 4, 4, 0, 1.0)]


def test_a_crime_has_its_outcomes_in_order(good_build: Build) -> None:
    """An outcome that is lost, or put before another, tells the wrong end of a crime."""
    told = good_build.query(
        """
        select crime_id, crime_type, outcome_count, outcome_types, latest_outcome_group,
            months_to_latest_outcome
        from mart_crime_outcomes
        where crime_id in ('id0', 'id1', 'elsewhere')
        order by crime_id
        """
    )
    both = ["Suspect charged", "Offender given penalty notice"]
    assert told == [
        ("elsewhere", None, 1, ["Under investigation"], "unknown", None),
        ("id0", "Robbery", 2, both, "out_of_court", 0),
        ("id1", "Drugs", 0, None, None, None),
    ]
    ids = "select count(distinct crime_id) from (select crime_id from {} union select crime_id from {})"
    assert good_build.query("select count(*) from mart_crime_outcomes") == good_build.query(
        ids.format("fct_crimes", "fct_outcomes")
    )


def test_areas_add_up_and_the_force_keeps_what_has_no_place(good_build: Build) -> None:
    """A force's total without its unlocated records, or with another's, is not the published one."""
    areas = good_build.query(
        """
        select area_type, area_code, sum(crime_count), sum(unlocated_count), sum(harm_days),
            any_value(population_count), any_value(population_year)
        from mart_crime_area_month
        where crime_month = '2024-12-01'
        group by area_type, area_code
        order by area_type, area_code
        """
    )
    assert areas == [
        ("district", "E07000001", 8, None, 1882.0, 7150, 2022),
        ("district", "E07000002", 1, None, 300.0, 1000, 2022),
        ("force", "eastvale", 12, 3, 2183.0, 7150, 2022),
        ("ward", "E05000001", 9, None, 2182.0, 8150, 2022),
    ]
    rate = good_build.query(
        "select crime_rate_per_1000 from mart_crime_area_month "
        "where area_type = 'district' and crime_type = 'Drugs'"
    )
    assert rate == [(1.0,)]


def test_denominators_are_flagged_by_a_named_rule(good_build: Build) -> None:
    """A rate over few residents, or over those of a shopping street, ranks first and means nothing."""
    flagged = good_build.query(
        """
        select lsoa_code, is_small_population, crimes_per_resident_year, town_centre_rule
        from mart_resident_denominators
        where lsoa_code in ('E01000001', 'E01000002', 'E01000008', 'E01000009')
        order by lsoa_code
        """
    )
    # Two crimes of one month, as if of twelve, over 1,000; the other force sent nothing.
    assert flagged == [
        ("E01000001", False, pytest.approx(0.024), "crimes_per_resident"),
        ("E01000002", False, None, "not_judged"),
        ("E01000008", True, pytest.approx(0.08), "crimes_per_resident"),
        ("E01000009", True, None, "not_judged"),
    ]


def test_every_scheme_has_its_harm_and_its_movers(good_build: Build) -> None:
    """Harm by the active scheme alone hides how much of a ranking is a choice."""
    harm = good_build.query(
        """
        select harm_scheme, crime_count, harm_days
        from mart_harm_lsoa_scheme
        where lsoa_code = 'E01000001' and crime_month = '2024-12-01'
        order by harm_scheme
        """
    )
    assert harm == [("cchi_2026", 2, 367.0), ("ons_severity", 2, 756.0), ("seed_article", 2, 1001.0)]
    movers = good_build.query(
        """
        select mover_place, lsoa_code, active_rank, other_rank, is_top_5_percent_active,
            is_top_5_percent_other
        from mart_harm_rank_movers
        where other_scheme = 'cchi_2026'
        order by mover_place
        """
    )
    assert movers == [
        (1, "E01033003", 3, 5, False, False),
        (2, "W01000001", 5, 3, False, False),
        (3, "E01000001", 1, 2, True, False),
        (4, "E01033002", 2, 1, False, True),
    ]


def test_rank_agreement_is_kendalls_too(good_build: Build) -> None:
    """Of 36 pairs of areas six are ties in both, and four stand the other way round: (26 - 4) / 30."""
    found = good_build.query("select other_scheme, kendall_tau from mart_harm_scheme_sensitivity order by 1")
    assert found == [("cchi_2026", pytest.approx(22 / 30)), ("ons_severity", pytest.approx(22 / 30))]


def test_both_indices_reach_every_english_area_by_domain(good_build: Build) -> None:
    """An audit that finds no domain for a changed area drops it; one with crime in it goes in a circle."""
    rows = good_build.query(
        """
        select index_year, count(*), count(distinct lsoa_code), count(*) filter (where is_built_from_crime)
        from mart_deprivation_domains
        group by index_year
        order by index_year
        """
    )
    assert rows == [(2019, 72, 9, 9), (2025, 72, 9, 9)]


def test_years_with_gaps_are_counted_and_not_compared(good_build: Build) -> None:
    """Two months of two years would pass for a twelvefold rise."""
    change = good_build.query(
        """
        select area_code, crime_count, earlier_crime_count, month_count, is_comparable, rate_ratio
        from mart_crime_change_year
        where is_latest_window and crime_type = 'All crime'
        order by area_type, area_code
        """
    )
    assert change == [
        ("E07000001", 8, 1, 1, False, None),
        ("E07000002", 1, 0, 0, False, None),
        ("eastvale", 12, 1, 1, False, None),
    ]
