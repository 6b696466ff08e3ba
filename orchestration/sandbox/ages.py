"""Ages and sexes of the city's residents by district, adding up to the residents of its LSOAs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from orchestration.sandbox.geography import DISTRICTS
from orchestration.sandbox.population import POPULATION_YEARS

if TYPE_CHECKING:
    from orchestration.sandbox.city import City

#: Code of a sex in the query, and its name in the answer; the total is over both.
SEXES = {0: "Total", 1: "Male", 2: "Female"}
ALL_AGES = 200
_FIRST_AGE_CODE = 101
_OLDEST = 90
#: Code of each single year of age, the last for 90 and over, and of all ages together.
AGE_CODES = (ALL_AGES, *range(_FIRST_AGE_CODE, _FIRST_AGE_CODE + _OLDEST + 1))
# Relative numbers of residents at these ages; the last age holds everyone of 90 and over.
_SHAPE = {0: 1.1, 10: 1.25, 17: 1.2, 20: 1.4, 30: 1.45, 45: 1.25, 55: 1.35, 65: 1.1, 75: 0.85, 89: 0.2}
_OLDEST_SHAPE = 0.75
# Boys are born a little more often, and women live longer.
_MALE_SHARE = {0: 0.513, 30: 0.497, 60: 0.493, 75: 0.47, 90: 0.35}


def residents_by_age(city: City) -> np.ndarray:
    """Share out the residents of every district among sexes and single years of age.

    Parameters
    ----------
    city
        The city.

    Returns
    -------
    numpy.ndarray
        Persons, shape (districts, years of ``POPULATION_YEARS``, 2 sexes, 91 ages), male first. Over sexes
        and ages they add up to the residents of the district's LSOAs in that year.
    """
    rng = city.plan.stream("ages")
    ages = np.arange(_OLDEST + 1)
    shape = np.interp(ages, list(_SHAPE), list(_SHAPE.values()))
    shape[_OLDEST] = _OLDEST_SHAPE
    # A district is younger or older than the city: its shape leans on age.
    lean = rng.normal(0, 0.2, len(DISTRICTS))
    by_age = shape * np.exp(lean[:, None] * (ages - 40) / 40)
    male = np.interp(ages, list(_MALE_SHARE), list(_MALE_SHARE.values()))
    odds = np.stack([by_age * male, by_age * (1 - male)], axis=1).reshape(len(DISTRICTS), -1)
    shares = odds / odds.sum(axis=1, keepdims=True)
    residents = np.zeros((len(DISTRICTS), len(POPULATION_YEARS)), dtype=int)
    np.add.at(residents, city.geography.lsoa_2021.district, city.people.residents)
    counts = _whole(residents[:, :, None] * shares[:, None, :], residents)
    return counts.reshape(*residents.shape, 2, len(ages))


def age_columns(city: City, years: Sequence[int], sexes: Sequence[int], ages: Sequence[int]) -> dict:
    """Return the cells of population estimates by district, sex and age, in the order of their codes.

    Parameters
    ----------
    city
        The city.
    years
        Of ``POPULATION_YEARS``.
    sexes, ages
        Codes, of ``SEXES`` and ``AGE_CODES``.

    Returns
    -------
    dict of str to numpy.ndarray
        Columns of the answer, one value a cell.
    """
    counts = residents_by_age(city)[:, [POPULATION_YEARS.index(year) for year in years]]
    counts = np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2)[:, :, list(sexes)]
    counts = np.concatenate([counts.sum(axis=3, keepdims=True), counts], axis=3)
    counts = counts[..., [AGE_CODES.index(code) for code in ages]].swapaxes(0, 1)
    year, district, sex, age = (index.ravel() for index in np.indices(counts.shape))
    dates = np.array([str(value) for value in years])[year]
    return {
        "DATE": dates,
        "DATE_NAME": dates,
        "DATE_CODE": dates,
        "GEOGRAPHY": district + 645_900_001,
        "GEOGRAPHY_NAME": np.array([name for name, *_ in DISTRICTS])[district],
        "GEOGRAPHY_CODE": city.geography.district_code[district],
        "GENDER": np.array(sexes)[sex],
        "GENDER_NAME": np.array([SEXES[code] for code in sexes])[sex],
        "C_AGE": np.array(ages)[age],
        "C_AGE_NAME": np.array([_age_name(code) for code in ages])[age],
        "MEASURES_NAME": np.full(counts.size, "Value"),
        "OBS_VALUE": counts.ravel(),
    }


def _age_name(code: int) -> str:
    if code == ALL_AGES:
        return "All Ages"
    age = code - _FIRST_AGE_CODE
    return f"Aged {age}+" if age == _OLDEST else f"Age {age}"


def _whole(expected: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Round to whole numbers along the last axis, so that they add up to the totals (largest remainders)."""
    counts = np.floor(expected).astype(int)
    lacking = totals - counts.sum(axis=-1)
    order = np.argsort(counts - expected, axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    return counts + (rank < lacking[..., None])
