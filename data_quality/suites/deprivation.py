"""The suites of the English indices of deprivation 2019 and 2025: whole or nothing, as all reference data."""

from __future__ import annotations

from data_quality.schemas import DOMAIN_RANKS
from data_quality.suites import derived
from data_quality.suites.rules import (
    ANALYSIS,
    Rule,
    Suite,
    between,
    holds,
    in_set,
    matches,
    present,
    unique_key,
)
from data_quality.suites.vocabularies import ENGLISH_LSOA_PATTERN, IMD_SCORE_BASES


def deprivation_2019() -> Suite:
    """Return the rules of the indices of 2019, one record an LSOA 2011 of England."""
    return _deprivation("iod_2019", "lsoa_2011_code")


def deprivation_2025() -> Suite:
    """Return the rules of the indices of 2025, one record an LSOA 2021 of England."""
    return _deprivation("iod_2025", "lsoa_2021_code")


def _deprivation(dataset: str, code: str) -> Suite:
    rules = (
        unique_key((code,), "each LSOA has one score"),
        matches(
            f"{code}_well_formed",
            code,
            ENGLISH_LSOA_PATTERN,
            "the English index knows codes of E01 and six digits",
            nulls_fail=True,
        ),
        present("imd_score_present", "imd_score", "a score is published or rebuilt, never missing"),
        between("imd_score_in_range", "imd_score", 0.0, 100.0, "scores lie between 0 and 100"),
        in_set(
            "imd_score_basis_known",
            "imd_score_basis",
            IMD_SCORE_BASES,
            "a score says whether it is published or rebuilt from the domain ranks",
            nulls_fail=True,
        ),
        present("imd_decile_present", "imd_decile", "an audit by deprivation needs every decile"),
        between("imd_decile_in_range", "imd_decile", 1, 10, "deciles run from 1, the most deprived, to 10"),
        holds(
            "decile_follows_rank",
            ("imd_rank", "imd_decile"),
            derived.decile_follows_rank,
            "decile 1 is the most deprived, as rank 1 is: read the other way round, every finding turns over",
        ),
        *(rule for rank in ("imd_rank", *DOMAIN_RANKS) for rule in _rank_rules(rank)),
        between("population_not_negative", "population_count", 0, None, "a population is not below zero"),
    )
    return Suite(dataset, rules, (code,), quarantine_tolerance=0.0, may_be_empty=False, owner=ANALYSIS)


def _rank_rules(rank: str) -> tuple[Rule, ...]:
    return (
        present(f"{rank}_present", rank, "a rank is never missing"),
        between(f"{rank}_positive", rank, 1, None, "ranks run from 1, the most deprived, upwards"),
    )
