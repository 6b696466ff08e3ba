"""Residents of districts by the age ranges and genders of police.uk."""

from __future__ import annotations

from dbt_run import Build


def test_years_of_age_are_taken_together_as_police_uk_does(good_build: Build) -> None:
    """A year of age in the wrong range, or in none, would shift the rates of both."""
    rows = good_build.query(
        """
        select age_range, gender, resident_count from dim_district_residents where lad_code = 'E07000001'
        """
    )
    assert sorted(rows) == [
        ("10-17", "Female", 8 * 48),
        ("10-17", "Male", 8 * 30),
        ("18-24", "Female", 7 * 48),
        ("18-24", "Male", 7 * 30),
        ("25-34", "Female", 10 * 48),
        ("25-34", "Male", 10 * 30),
        ("over 34", "Female", 56 * 48 + 52),
        ("over 34", "Male", 56 * 30),
        ("under 10", "Female", 10 * 48),
        ("under 10", "Male", 10 * 30),
    ]


def test_residents_by_age_are_those_of_the_areas(good_build: Build) -> None:
    """Rates by age and by area would be over different people, and nothing would say so."""
    compared = good_build.query(
        """
        with areas as (select lad_code, sum(population_count) as count from dim_lsoa group by lad_code)
        select lad_code, sum(resident_count) = any_value(areas.count), any_value(resident_basis)
        from dim_district_residents inner join areas using (lad_code) group by lad_code order by lad_code
        """
    )
    assert compared == [(f"E0700000{n}", True, "agrees_with_areas") for n in (1, 2)]
    assert good_build.statuses["assert_districts_have_residents_by_age"] == "pass"
