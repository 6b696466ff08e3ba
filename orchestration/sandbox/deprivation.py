"""The English indices of deprivation of the synthetic city, as File 7 of the 2019 and 2025 editions.

Headers are the publisher's own, with their quirks: a byte order mark, a trailing space in 2019 and a header
that is cut short in 2025. The overall score follows from the domain ranks by the publisher's method: ranks
are transformed exponentially and summed with the official weights (MHCLG, The English Indices of
Deprivation 2019: technical report, section 3).
"""

from __future__ import annotations

import csv
import io

import numpy as np

from orchestration.sandbox.geography import DISTRICTS, Census, Geography
from orchestration.sandbox.plan import CityPlan
from orchestration.sandbox.population import People

_RATE = " (rate)"
#: Domain, unit of its score, weight in the overall score.
DOMAINS = (
    ("Income", _RATE, 0.225),
    ("Employment", _RATE, 0.225),
    ("Education, Skills and Training", "", 0.135),
    ("Health Deprivation and Disability", "", 0.135),
    ("Crime", "", 0.093),
    ("Barriers to Housing and Services", "", 0.093),
    ("Living Environment", "", 0.093),
)
_SUPPLEMENTS = (
    ("Income Deprivation Affecting Children Index (IDACI)", _RATE),
    ("Income Deprivation Affecting Older People (IDAOPI)", _RATE),
    ("Children and Young People Sub-domain", ""),
    ("Adult Skills Sub-domain", ""),
    ("Geographical Barriers Sub-domain", ""),
    ("Wider Barriers Sub-domain", ""),
    ("Indoors Sub-domain", ""),
    ("Outdoors Sub-domain", ""),
)
_POPULATIONS_2019 = (
    "Total population: mid 2015 (excluding prisoners)",
    "Dependent Children aged 0-15: mid 2015 (excluding prisoners)",
    "Population aged 16-59: mid 2015 (excluding prisoners)",
    "Older population aged 60 and over: mid 2015 (excluding prisoners)",
    "Working age population 18-59/64: for use with Employment Deprivation Domain (excluding prisoners) ",
)
_POPULATIONS_2025 = (
    "Total population: mid 2022",
    "Dependent Children aged 0-15: mid 2022",
    "Older population aged 60 and over: mid 2022",
    "Working age population 18-66 (for use with Employment Deprivation Domain): mid 2022",
)
_DECILE = "Decile (where 1 is most deprived 10% of LSOAs)"
_CUT_SHORT = "Children and Young People Sub-domain Decile (where 1 is most deprived 10% of LSO"


def render_iod_2019(plan: CityPlan, geography: Geography, people: People) -> bytes:
    """Return File 7 of the 2019 edition: one row per LSOA 2011, 57 columns."""
    total = people.residents_2015
    shares = (0.19, 0.58, 0.23, 0.60)
    populations = [total, *(np.rint(total * share).astype(int) for share in shares)]
    populations[3] = total - populations[1] - populations[2]
    header = ["LSOA code (2011)", "LSOA name (2011)", *_district_headers(2019)]
    rows = _indices(plan, "iod 2019", people.deprivation_2011)
    return _render(
        [*header, *_triplet_headers(), *_POPULATIONS_2019],
        [*_area_columns(geography.lsoa_2011, geography), *rows, *(p.tolist() for p in populations)],
    )


def render_iod_2025(plan: CityPlan, geography: Geography, people: People) -> bytes:
    """Return File 7 of the 2025 edition: one row per LSOA 2021, 56 columns."""
    total = people.residents[:, 1]
    populations = [total, *(np.rint(total * share).astype(int) for share in (0.18, 0.25, 0.62))]
    header = ["LSOA code (2021)", "LSOA name (2021)", *_district_headers(2024)]
    whole = f"Children and Young People Sub-domain {_DECILE}"
    triplets = [_CUT_SHORT if name == whole else name for name in _triplet_headers()]
    rows = _indices(plan, "iod 2025", people.deprivation_2021)
    return _render(
        [*header, *triplets, *_POPULATIONS_2025],
        [*_area_columns(geography.lsoa_2021, geography), *rows, *(p.tolist() for p in populations)],
    )


def overall_score(domain_ranks: np.ndarray) -> np.ndarray:
    """Combine the ranks of the seven domains into the overall score.

    Parameters
    ----------
    domain_ranks
        Shape (areas, 7), 1 is the most deprived, in the order of ``DOMAINS``.

    Returns
    -------
    numpy.ndarray
        Score of each area, 0 to 100, higher is more deprived.

    Notes
    -----
    ``-23 ln(1 - R (1 - exp(-100 / 23)))`` with R the rank scaled so that the most deprived area has 1.
    """
    count = len(domain_ranks)
    scaled = (count - domain_ranks + 1) / count
    transformed = -23 * np.log(1 - scaled * (1 - np.exp(-100 / 23)))
    weights = np.array([weight for _, _, weight in DOMAINS])
    return transformed @ weights / weights.sum()


def _indices(plan: CityPlan, edition: str, latent: np.ndarray) -> list[list[float] | list[int]]:
    rng = plan.stream(edition)
    fields = [(name, unit) for name, unit, _ in DOMAINS] + list(_SUPPLEMENTS)
    columns: list[list[float] | list[int]] = []
    ranks = []
    for _, unit in fields:
        value = 0.8 * latent + rng.normal(0, 0.6, len(latent))
        rank = _rank(value)
        ranks.append(rank)
        score = 0.6 / (1 + np.exp(2.0 - 0.8 * value)) if unit else np.exp(2.8 + 0.5 * value)
        columns += [np.round(score, 3).tolist(), rank.tolist(), _decile(rank).tolist()]
    overall = overall_score(np.column_stack(ranks[: len(DOMAINS)]))
    rank = _rank(overall)
    return [np.round(overall, 3).tolist(), rank.tolist(), _decile(rank).tolist(), *columns]


def _rank(value: np.ndarray) -> np.ndarray:
    rank = np.empty(len(value), dtype=int)
    rank[np.argsort(-value, kind="stable")] = np.arange(1, len(value) + 1)
    return rank


def _decile(rank: np.ndarray) -> np.ndarray:
    return np.ceil(rank * 10 / len(rank)).astype(int)


def _triplet_headers() -> list[str]:
    names = [("Index of Multiple Deprivation (IMD)", ""), *((n, u) for n, u, _ in DOMAINS), *_SUPPLEMENTS]
    return [
        f"{name} {part}"
        for name, unit in names
        for part in (f"Score{unit}", "Rank (where 1 is most deprived)", _DECILE)
    ]


def _district_headers(year: int) -> list[str]:
    return [f"Local Authority District code ({year})", f"Local Authority District name ({year})"]


def _area_columns(census: Census, geography: Geography) -> list[list[str]]:
    names = np.array([name for name, *_ in DISTRICTS])
    return [
        census.code.tolist(),
        census.name.tolist(),
        geography.district_code[census.district].tolist(),
        names[census.district].tolist(),
    ]


def _render(header: list[str], columns: list) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    return b"\xef\xbb\xbf" + text.getvalue().encode()
