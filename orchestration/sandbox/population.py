"""The people of the synthetic city: residents, ethnic groups, deprivation and where in an area they live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from orchestration.sandbox.geography import Geography
from orchestration.sandbox.plan import CityPlan

POPULATION_YEARS = (2021, 2022, 2023, 2024)
#: Census 2021 broad groups: code, name in the answer, short name.
ETHNIC_GROUPS = (
    (1001, "Asian, Asian British or Asian Welsh", "Asian"),
    (1002, "Black, Black British, Black Welsh, Caribbean or African", "Black"),
    (1003, "Mixed or Multiple ethnic groups", "Mixed"),
    (1004, "White", "White"),
    (1005, "Other ethnic group", "Other"),
)
_SMALL_POPULATIONS = (128, 164, 187)
_BUMPS = 7
# Shares of the groups, by force, where deprivation is average, and how each leans on deprivation.
_GROUP_SHARES = np.array([[0.13, 0.06, 0.035, 0.75, 0.025], [0.08, 0.03, 0.025, 0.85, 0.015]])
_GROUP_LEAN = np.array([0.25, 0.45, 0.20, 0.0, 0.25])


@dataclass(frozen=True)
class People:
    """Who lives where.

    Parameters
    ----------
    residents
        Mid-year residents, shape (2021 LSOAs, years of ``POPULATION_YEARS``).
    residents_2015
        Residents of each 2011 LSOA in mid-2015.
    ethnicity
        Census 2021 residents, shape (2021 LSOAs, groups of ``ETHNIC_GROUPS``).
    centroid
        Population-weighted centroid of each 2021 LSOA, metres, shape (n, 2).
    deprivation_2011, deprivation_2021
        Latent deprivation of the areas of either census, in standard deviations; higher is more deprived.
    """

    residents: np.ndarray
    residents_2015: np.ndarray
    ethnicity: np.ndarray
    centroid: np.ndarray
    deprivation_2011: np.ndarray
    deprivation_2021: np.ndarray


def build_people(plan: CityPlan, geography: Geography, centre_lsoas: np.ndarray) -> People:
    """Settle the city.

    Parameters
    ----------
    plan
        Seed.
    geography
        The areas.
    centre_lsoas
        Index of the 2021 LSOA of each town centre; the first few get fewer than 200 residents.

    Returns
    -------
    People
        Counts are consistent between the censuses: both are sums over the same atoms.
    """
    rng = plan.stream("people")
    atoms = len(geography.atom_2021)
    quiet = dict(zip(centre_lsoas.tolist(), _SMALL_POPULATIONS, strict=False))
    base = rng.lognormal(np.log(1640), 0.14, atoms)
    # An area of either census keeps a usual size where atoms are halves, save for parents about to be split.
    per_child = np.bincount(geography.atom_2021)[geography.atom_2021]
    base = base / per_child * np.where(per_child > 1, 1.1, 1.0)
    for lsoa, count in quiet.items():
        base[geography.atom_2021 == lsoa] = count
    latent = _deprivation(plan, geography)
    centroid_of_atom = shapely.get_coordinates(shapely.centroid(geography.atom_polygon))
    children, parents = len(geography.lsoa_2021.code), len(geography.lsoa_2011.code)
    child_base = np.bincount(geography.atom_2021, base, children)
    growth = rng.normal(1.006, 0.006, children)
    years = np.arange(len(POPULATION_YEARS))
    residents = np.rint(child_base[:, None] * growth[:, None] ** years).astype(int)
    deprivation_2021 = _mean_over(geography.atom_2021, latent, base, children)
    return People(
        residents=residents,
        residents_2015=np.rint(np.bincount(geography.atom_2011, base, parents) * 0.96).astype(int),
        ethnicity=_ethnicity(rng, residents[:, 0], deprivation_2021, geography),
        centroid=_centroids(rng, geography, centroid_of_atom, base),
        deprivation_2011=_mean_over(geography.atom_2011, latent, base, parents),
        deprivation_2021=deprivation_2021,
    )


def _mean_over(area: np.ndarray, values: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(area, values * weights, count) / np.bincount(area, weights, count)


def _deprivation(plan: CityPlan, geography: Geography) -> np.ndarray:
    """Return a smooth field with noise over the atoms, mean 0 and standard deviation 1."""
    rng = plan.stream("deprivation")
    at = shapely.get_coordinates(shapely.centroid(geography.atom_polygon))
    low, high = at.min(axis=0), at.max(axis=0)
    bumps = rng.uniform(low, high, (_BUMPS, 2))
    reach = rng.uniform(0.12, 0.25, _BUMPS) * (high - low).max()
    height = rng.uniform(0.8, 1.6, _BUMPS)
    square = ((at[:, None, :] - bumps) ** 2).sum(axis=2)
    field = (height * np.exp(-square / (2 * reach**2))).sum(axis=1) + rng.normal(0, 0.25, len(at))
    return (field - field.mean()) / field.std()


def _ethnicity(
    rng: np.random.Generator, residents: np.ndarray, deprivation: np.ndarray, geography: Geography
) -> np.ndarray:
    """Draw groups whose shares lean on deprivation, so that audits have a real correlation to find."""
    base = np.log(_GROUP_SHARES)[geography.force_of_lsoa] + deprivation[:, None] * _GROUP_LEAN
    odds = np.exp(base + rng.normal(0, 0.2, base.shape))
    return rng.multinomial(residents, odds / odds.sum(axis=1, keepdims=True))


def _centroids(
    rng: np.random.Generator, geography: Geography, centroid_of_atom: np.ndarray, base: np.ndarray
) -> np.ndarray:
    children = len(geography.lsoa_2021.code)
    mean = np.column_stack(
        [_mean_over(geography.atom_2021, centroid_of_atom[:, axis], base, children) for axis in (0, 1)]
    )
    moved = mean + rng.normal(0, 35, mean.shape)
    inside = shapely.contains_xy(geography.lsoa_2021.polygon, moved[:, 0], moved[:, 1])
    fallback = shapely.get_coordinates(shapely.point_on_surface(geography.lsoa_2021.polygon))
    return np.round(np.where(inside[:, None], moved, fallback), 4)
