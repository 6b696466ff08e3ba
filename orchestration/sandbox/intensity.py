"""The declared intensity of crime: how many records to expect by area, crime type and month."""

from __future__ import annotations

import numpy as np

from orchestration.sandbox.categories import CATEGORIES
from orchestration.sandbox.plan import CityPlan
from orchestration.sandbox.population import People

_MEAN_MONTH_DAYS = 365.25 / 12


def build_intensity(plan: CityPlan, people: People, centre_lsoas: np.ndarray) -> np.ndarray:
    """Return the expected number of background records, hotspots apart.

    Parameters
    ----------
    plan
        Window, seed and the expected total.
    people
        Residents and deprivation.
    centre_lsoas
        Index of the 2021 LSOA of each town centre.

    Returns
    -------
    numpy.ndarray
        Shape (2021 LSOAs, crime types, months); sums to ``plan.crimes``.
    """
    space = _over_areas(plan, people, centre_lsoas)
    time = monthly_factors(plan)
    share = np.array([category.share for category in CATEGORIES])
    expected = space[:, :, None] * share[None, :, None] * time[None, :, :]
    return expected * (plan.crimes / expected.sum())


def monthly_factors(plan: CityPlan) -> np.ndarray:
    """Return the declared season times trend times days of each month, relative to a mean month.

    Returns
    -------
    numpy.ndarray
        Shape (crime types, months).
    """
    months = np.array(plan.months, dtype="datetime64[M]")
    days = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(float)
    calendar = months.astype(int) % 12 + 1
    years = np.arange(len(months)) / 12
    amplitude, peak, growth = (
        np.array([getattr(category, field) for category in CATEGORIES])[:, None]
        for field in ("amplitude", "peak_month", "annual_growth")
    )
    season = 1 + amplitude * np.cos(2 * np.pi * (calendar - peak) / 12)
    return season * (1 + growth) ** years * days / _MEAN_MONTH_DAYS


def _over_areas(plan: CityPlan, people: People, centre_lsoas: np.ndarray) -> np.ndarray:
    """Return each crime type's share by area, shape (2021 LSOAs, crime types), columns sum to 1."""
    rng = plan.stream("intensity")
    size = (people.residents[:, 0] + 400.0) ** 0.7
    noise = rng.lognormal(0, 0.2, len(size))
    effect = np.array([category.deprivation_effect for category in CATEGORIES])
    factor = np.ones((len(size), len(CATEGORIES)))
    factor[centre_lsoas] = [category.centre_factor for category in CATEGORIES]
    weight = (size * noise)[:, None] * factor * np.exp(np.outer(people.deprivation_2021, effect))
    return weight / weight.sum(axis=0)
