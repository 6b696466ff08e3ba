"""The suites of boundaries, centroids, lookups and census counts from ONS, Nomis and the GLA.

Reference data are whole or nothing: one LSOA lost would silently lose its crimes, so no record may fail.
"""

from __future__ import annotations

from data_quality.suites import derived
from data_quality.suites import vocabularies as words
from data_quality.suites.rules import (
    DATA_ENGINEERING,
    Rule,
    Suite,
    between,
    holds,
    in_set,
    matches,
    present,
    unique_key,
)

_LSOA_REASON = "an LSOA code is E01 or W01 and six digits"


def _code(name: str, column: str, pattern: str, reason: str) -> Rule:
    return matches(name, column, pattern, reason, nulls_fail=True)


def _reference(
    dataset: str, rules: tuple[Rule, ...], sort_by: tuple[str, ...], may_be_empty: bool = False
) -> Suite:
    return Suite(
        dataset, rules, sort_by, quarantine_tolerance=0.0, may_be_empty=may_be_empty, owner=DATA_ENGINEERING
    )


def _geometry_rules() -> tuple[Rule, ...]:
    return (
        present("geometry_present", "geometry_wkb", "an area without a shape cannot hold any point"),
        holds(
            "geometry_is_area",
            ("geometry_wkb",),
            derived.geometry_is_area,
            "a shape must be a valid polygon or multipolygon in WKB",
        ),
        holds(
            "geometry_in_national_grid",
            ("geometry_wkb",),
            derived.geometry_in_national_grid,
            "a shape must be in metres on the British National Grid (EPSG:27700)",
        ),
    )


def boundaries() -> Suite:
    """Return the rules of LSOA 2021 boundaries, one record an LSOA."""
    rules = (
        unique_key(("lsoa_2021_code",), "each LSOA has one boundary"),
        _code("lsoa_2021_code_well_formed", "lsoa_2021_code", words.LSOA_PATTERN, _LSOA_REASON),
        present("lsoa_2021_name_present", "lsoa_2021_name", "an LSOA is shown by its name"),
        present(
            "grade_present",
            "is_point_in_polygon_grade",
            "a boundary must say whether it is exact enough to place points",
        ),
        *_geometry_rules(),
    )
    return _reference("ons_lsoa_2021_boundaries", rules, ("lsoa_2021_code",))


def change_lookup() -> Suite:
    """Return the rules of the LSOA 2011 to 2021 lookup, one record a pair of codes."""
    rules = (
        unique_key(("lsoa_2011_code", "lsoa_2021_code"), "each pair of codes comes once"),
        _code("lsoa_2011_code_well_formed", "lsoa_2011_code", words.LSOA_PATTERN, _LSOA_REASON),
        _code("lsoa_2021_code_well_formed", "lsoa_2021_code", words.LSOA_PATTERN, _LSOA_REASON),
        in_set(
            "change_indicator_known",
            "change_indicator",
            words.CHANGE_INDICATORS,
            "a change is U (unchanged), S (split), M (merged) or X (irregular)",
            nulls_fail=True,
        ),
        holds(
            "code_in_both_vintages_is_unchanged",
            ("lsoa_2011_code", "lsoa_2021_code", "change_indicator"),
            derived.unchanged_exactly_when_in_both_vintages,
            "a code that exists in both censuses is unchanged (U), and no other: records are placed by it",
        ),
        holds(
            "change_fits_its_areas",
            ("lsoa_2011_code", "lsoa_2021_code", "change_indicator"),
            derived.change_fits_its_areas,
            "a split has several 2021 codes, a merger several 2011 codes: or the columns are exchanged",
        ),
        _code(
            "lad_2022_code_well_formed",
            "lad_2022_code",
            words.DISTRICT_PATTERN,
            "E06 to E09 or W06 and six digits",
        ),
    )
    return _reference("ons_lsoa_2011_2021_lookup", rules, ("lsoa_2011_code", "lsoa_2021_code"))


def centroids() -> Suite:
    """Return the rules of population-weighted centroids, one record an LSOA 2021."""
    reason = "a centroid is in metres on the British National Grid (EPSG:27700)"
    rules = (
        unique_key(("lsoa_2021_code",), "each LSOA has one centroid"),
        _code("lsoa_2021_code_well_formed", "lsoa_2021_code", words.LSOA_PATTERN, _LSOA_REASON),
        present("easting_present", "easting_m", reason),
        present("northing_present", "northing_m", reason),
        between("easting_in_national_grid", "easting_m", 1_000.0, derived.EASTINGS_M[1], reason),
        between("northing_in_national_grid", "northing_m", 1_000.0, derived.NORTHINGS_M[1], reason),
    )
    return _reference("ons_lsoa_2021_centroids", rules, ("lsoa_2021_code",))


def wards() -> Suite:
    """Return the rules of the LSOA 2021 to ward and district lookup, one record an LSOA."""
    rules = (
        unique_key(("lsoa_2021_code",), "each LSOA has one best-fit ward"),
        _code("lsoa_2021_code_well_formed", "lsoa_2021_code", words.LSOA_PATTERN, _LSOA_REASON),
        _code(
            "ward_2024_code_well_formed", "ward_2024_code", words.WARD_PATTERN, "E05 or W05 and six digits"
        ),
        _code(
            "lad_2024_code_well_formed",
            "lad_2024_code",
            words.DISTRICT_PATTERN,
            "E06 to E09 or W06 and six digits",
        ),
        present("lad_2024_name_present", "lad_2024_name", "a district is shown by its name"),
    )
    return _reference("ons_lsoa_2021_wards", rules, ("lsoa_2021_code",))


def police_forces() -> Suite:
    """Return the rules of the district to police force area lookup, one record a district."""
    rules = (
        unique_key(("lad_2024_code",), "each district lies in one police force area"),
        _code(
            "lad_2024_code_well_formed",
            "lad_2024_code",
            words.DISTRICT_PATTERN,
            "E06 to E09 or W06 and six digits",
        ),
        _code(
            "police_force_area_code_well_formed",
            "police_force_area_code",
            words.POLICE_FORCE_AREA_PATTERN,
            "E23 or W15 and six digits",
        ),
        present(
            "police_force_area_name_present", "police_force_area_name", "a force area is shown by its name"
        ),
    )
    return _reference("ons_lad_police_forces", rules, ("lad_2024_code",))


def population() -> Suite:
    """Return the rules of mid-year population estimates, one record an LSOA 2021 and year."""
    rules = (
        unique_key(("lsoa_2021_code", "population_year"), "each LSOA has one estimate a year"),
        _code("lsoa_2021_code_well_formed", "lsoa_2021_code", words.LSOA_PATTERN, _LSOA_REASON),
        present("population_year_present", "population_year", "an estimate belongs to a year"),
        between(
            "population_year_plausible", "population_year", 2001, 2100, "estimates by LSOA begin in 2001"
        ),
        present("population_present", "population_count", "a rate needs its denominator"),
        between("population_not_negative", "population_count", 0, None, "a population is not below zero"),
    )
    return _reference("nomis_population", rules, ("lsoa_2021_code", "population_year"))


def ethnicity() -> Suite:
    """Return the rules of Census 2021 ethnic groups (TS021), one record an LSOA 2021 and group."""
    rules = (
        unique_key(("lsoa_2021_code", "ethnic_group"), "each LSOA has one count a group"),
        _code("lsoa_2021_code_well_formed", "lsoa_2021_code", words.LSOA_PATTERN, _LSOA_REASON),
        in_set(
            "ethnic_group_known",
            "ethnic_group",
            words.ETHNIC_GROUPS,
            "groups are Asian, Black, Mixed, White and Other",
            nulls_fail=True,
        ),
        holds(
            "five_ethnic_groups",
            ("lsoa_2021_code", "ethnic_group"),
            derived.has_five_ethnic_groups,
            "a group left out would understate the residents of its LSOA",
        ),
        present("resident_count_present", "resident_count", "a rate needs its denominator"),
        between("resident_count_not_negative", "resident_count", 0, None, "a count is not below zero"),
    )
    return _reference("nomis_ethnicity", rules, ("lsoa_2021_code", "ethnic_group"))


def town_centres() -> Suite:
    """Return the rules of town centre boundaries, one record a centre."""
    rules = (
        present("town_centre_name_present", "town_centre_name", "a town centre is shown by its name"),
        *_geometry_rules(),
    )
    return _reference("gla_town_centres", rules, ("town_centre_name", "geometry_wkb"), may_be_empty=True)
