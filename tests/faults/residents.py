"""Faults of residents by age and sex, from the publisher's answer to the rates that are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.edits import Edit, drop, drop_where, put, repeat
from tests.faults.ml_gates import gate_name
from tests.faults.model import Fault, Severity
from tests.faults.warehouse import Sql

if TYPE_CHECKING:
    import pandas as pd

_AGES = "nomis_age_sex"
_STAGED = "stg_nomis__age_sex"
_RATES = "ml_fairness_stop_rates"
_WARNING = "assert_districts_have_residents_by_age"


def resident_faults() -> tuple[Fault, ...]:
    """Return the faults of files, records, the warehouse and the audit, and one variant that is none."""
    return (*_records(), *_warehouse(), *_audit(), *_benign())


def _records() -> tuple[Fault, ...]:
    def fault(name: str, story: str, edit: Edit, rule: str) -> Fault:
        return Fault(name, _AGES, "reference records", story, edit, rule, "critical")

    return (
        Fault(
            "open_age_begins_earlier",
            f"{_AGES}, files",
            "reference files",
            "Upstream ends single years at 85 and over.",
            lambda content: content.replace(b"Aged 90+", b"Aged 85+"),
            "file_readable",
            "critical",
        ),
        Fault(
            "sexes_in_total",
            f"{_AGES}, files",
            "reference files",
            "The total of both sexes is downloaded in place of one of them.",
            lambda content: content.replace(b'"Female"', b'"Total"'),
            "file_readable",
            "critical",
        ),
        fault(
            "page_of_ages_lost",
            "A page of the answer is lost: some ages of some districts would have no residents.",
            drop(0.3),
            "every_age_of_both_sexes",
        ),
        fault(
            "one_sex_left_out",
            "A filter keeps one sex, and the other's searches would have no residents.",
            drop_where("sex", "Female"),
            "every_age_of_both_sexes",
        ),
        fault(
            "ages_from_one",
            "Codes of ages are counted from 1, and everybody becomes a year older.",
            lambda frame: frame.assign(age_years=frame["age_years"] + 1),
            "age_in_range",
        ),
        fault(
            "ages_twice",
            "Two pages overlap.",
            repeat(0.1),
            "key_unique",
        ),
        fault(
            "districts_of_two_years",
            "A district's figures are kept from the year before.",
            _of_the_year_before,
            "one_year_for_all",
        ),
        fault(
            "ages_filled_with_zeros",
            "A failed download is filled with zeros.",
            put({"resident_count": 0}),
            "residents_of_both_sexes",
        ),
        fault(
            "ages_of_areas_below_districts",
            "The estimates of small areas are landed for those of districts.",
            put({"lad_2023_code": lambda codes: "E01" + codes.str[3:]}),
            "lad_2023_code_well_formed",
        ),
    )


def _of_the_year_before(frame: pd.DataFrame) -> pd.DataFrame:
    is_first = frame["lad_2023_code"] == frame["lad_2023_code"].iloc[0]
    return frame.assign(population_year=frame["population_year"] - is_first.astype("Int32"))


def _warehouse() -> tuple[Fault, ...]:
    def fault(
        name: str, story: str, statement: str, rule: str, severity: Severity = "warning", table: str = _STAGED
    ) -> Fault:
        return Fault(name, "warehouse", "joins", story, Sql(table, (statement,)), rule, severity)

    first = f"(select min(lad_code) from {_STAGED})"
    return (
        fault(
            "district_codes_of_another_vintage",
            "Districts are merged under a new code that the look-up does not know yet.",
            f"update {_STAGED} set lad_code = 'E06999999' where lad_code = {first}",
            _WARNING,
        ),
        fault(
            "residents_doubled_by_a_join",
            "A join counts a district's residents twice: its rates would be half of what they are.",
            f"update {_STAGED} set resident_count = 2 * resident_count where lad_code = {first}",
            _WARNING,
        ),
        fault(
            "unknown_residents_of_one_age",
            "The residents of one age range are lost, and ratios to it would be of nothing.",
            "update dim_district_residents set resident_count = null where age_range = '18-24'",
            "residents_are_known_of_a_whole_district_or_not_at_all",
            "critical",
            "dim_district_residents",
        ),
    )


def _audit() -> tuple[Fault, ...]:
    def gated(name: str, story: str, edit: Edit, rule: str) -> Fault:
        return Fault(name, gate_name(_RATES), "ml table at its gate", story, edit, rule, "critical")

    return (
        Fault(
            "residents_below_zero",
            _RATES,
            "ml table",
            "Residents who moved away are subtracted twice.",
            put({"resident_count": -1}, 0.1),
            f"{_RATES}.resident_count",
            "critical",
        ),
        gated(
            "rates_lost_beside_residents",
            "Rates are joined by the names of another list of age ranges.",
            lambda frame: frame.assign(
                rate_per_1000=frame["rate_per_1000"].mask(frame["attribute"] == "age_range")
            ),
            "rate_missing_only_where_allowed",
        ),
        gated(
            "gender_without_a_count_given_one",
            "Everybody is taken for the residents of those who are neither counted as male nor as female.",
            lambda frame: frame.assign(
                group_name=frame["group_name"].mask(
                    (frame["attribute"] == "gender") & (frame["group_name"] == "Female"), "Non-binary"
                )
            ),
            "rates_of_counted_genders_alone",
        ),
    )


def _benign() -> tuple[Fault, ...]:
    return (
        Fault(
            "districts_without_the_very_old",
            _AGES,
            "reference records",
            "In a small district nobody is of some age.",
            put({"resident_count": 0}, 0.02),
        ),
    )
