"""The suite of residents by district, sex and year of age, the denominators of rates by age and sex."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites import vocabularies as words
from data_quality.suites.rules import (
    DATA_ENGINEERING,
    Suite,
    between,
    holds,
    in_set,
    matches,
    present,
    unique_key,
)

if TYPE_CHECKING:
    import pandas as pd

SEXES = frozenset({"Male", "Female"})
# The last of them stands for 90 and over.
AGE_COUNT = 91
_KEY = ("lad_2023_code", "population_year", "sex", "age_years")
_PLACE = ["lad_2023_code", "population_year"]


def suite() -> Suite:
    """Return the rules of residents by age and sex, one record a district, year, sex and year of age."""
    rules = (
        unique_key(_KEY, "a district has one count a year, sex and age"),
        matches(
            "lad_2023_code_well_formed",
            "lad_2023_code",
            words.DISTRICT_PATTERN,
            "E06 to E09 or W06 and six digits",
            nulls_fail=True,
        ),
        present("lad_2023_name_present", "lad_2023_name", "a district is shown by its name"),
        present("population_year_present", "population_year", "an estimate belongs to a year"),
        between(
            "population_year_plausible",
            "population_year",
            2022,
            2100,
            "rates of today are over residents of mid-2022 or later, as the catalogue names them",
        ),
        in_set("sex_known", "sex", SEXES, "a sex is Male or Female", nulls_fail=True),
        present("age_present", "age_years", "residents are counted by age"),
        between("age_in_range", "age_years", 0, AGE_COUNT - 1, "an age is 0 to 90, which is 90 and over"),
        present("resident_count_present", "resident_count", "a rate needs its denominator"),
        between("resident_count_not_negative", "resident_count", 0, None, "a count is not below zero"),
        holds(
            "every_age_of_both_sexes",
            _KEY,
            _has_every_age,
            "an age or sex left out, or a page lost, would understate the residents of its district",
        ),
        holds(
            "residents_of_both_sexes",
            ("lad_2023_code", "population_year", "sex", "resident_count"),
            _has_residents,
            "a district where nobody of a sex lives was not counted: every rate in it would be empty",
        ),
        holds(
            "one_year_for_all",
            ("population_year",),
            _is_of_one_year,
            "districts of different years have other residents, and a force's sum would be of no year",
        ),
    )
    return Suite(
        "nomis_age_sex",
        rules,
        _KEY,
        quarantine_tolerance=0.0,
        may_be_empty=False,
        owner=DATA_ENGINEERING,
    )


def _has_every_age(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the record's district and year have each of the 91 ages of both sexes."""
    cells = frame[[*_PLACE, "sex", "age_years"]].drop_duplicates().groupby(_PLACE, dropna=False).size()
    held = frame[_PLACE].join(cells.rename("cell_count"), on=_PLACE)["cell_count"]
    return held.eq(AGE_COUNT * len(SEXES))


def _has_residents(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether anybody of the record's sex lives in its district."""
    people = frame.groupby([*_PLACE, "sex"], dropna=False)["resident_count"].transform("sum")
    return people.gt(0).fillna(False).astype(bool)


def _is_of_one_year(frame: pd.DataFrame, month: str | None) -> pd.Series:
    """Return whether the record is of the year that most records are of, the first of them in a tie."""
    return frame["population_year"].eq(frame["population_year"].mode().min()).fillna(False).astype(bool)
