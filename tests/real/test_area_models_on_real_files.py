"""Deprivation and profiles of a real force: what is known of its areas must come out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

_DOMAINS = {
    "income": "Income_rank",
    "employment": "Employment_rank",
    "education": "Education_rank",
    "health": "Health_rank",
    "housing": "Housing_and_Services_rank",
    "environment": "Environment_rank",
    "crime": "Crime_rank",
}


@pytest.fixture(scope="module")
def force() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Areas, counts by crime type and deprivation of Avon and Somerset, July 2023 to June 2024."""
    from orchestration.bench_risk.police import read_cells, to_2021

    codes, cells = read_cells(REAL_FILES, "E23000036")
    names = [
        f"{month}/{month}-avon-and-somerset-street.csv.gz"
        for month in pd.period_range("2023-07", "2024-06", freq="M")
    ]
    columns = ["Longitude", "Latitude", "LSOA code", "Crime type"]
    folder = REAL_FILES / "police" / "archive"
    crimes = pd.concat([pd.read_csv(folder / name, usecols=columns) for name in names], ignore_index=True)
    crimes = crimes.assign(lsoa_code=to_2021(REAL_FILES, crimes), crime_type=crimes["Crime type"])
    counts = crimes[crimes["lsoa_code"].isin(codes)].value_counts(["lsoa_code", "crime_type"])
    totals = counts.groupby("lsoa_code").sum().reindex(codes).fillna(0)
    areas = pd.DataFrame(
        {
            "lsoa_code": codes,
            "easting_m": cells.xy[:, 0],
            "northing_m": cells.xy[:, 1],
            "resident_count": np.expm1(cells.features["Mid-2022: Population"]).round(),
            "month_count": 12,
            "crime_count": totals.to_numpy(),
            "harm_days": 0.0,
        }
    )
    ranks = pd.read_csv(REAL_FILES / "imd" / "imd2025_england_lsoa21.csv.gz").set_index("lsoa21_code")
    scores = pd.DataFrame({name: -np.log(ranks[column]) for name, column in _DOMAINS.items()}).loc[codes]
    domains = scores.rename_axis("lsoa_code").reset_index()
    domains = domains.melt(id_vars="lsoa_code", var_name="domain", value_name="domain_score")
    return areas, counts.rename("crime_count").reset_index(), domains.assign(index_year=2025)


def test_deprivation_tells_something_of_unseen_regions(
    force: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    """Scores joined to the wrong areas would explain nothing, and folds by chance would look better."""
    from ml.deprivation.study import assess_deprivation

    areas, _, domains = force
    with threadpool_limits(limits=1):
        found = assess_deprivation(areas, domains, (2025,))
    scores = found.scores.set_index(["fold_kind", "model", "metric"])["value"]
    assert scores["spatial", "forest", "rank_correlation"] > 0.3
    assert scores["spatial", "forest", "deviance_explained"] > 0
    assert (
        scores["spatial", "spatial_lag", "rank_correlation"]
        < scores["random", "spatial_lag", "rank_correlation"]
    )


def test_city_centres_are_a_kind_of_their_own(
    force: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    """Shopping streets differ from all else: profiles that do not tell them apart would be wrong."""
    from ml.profiles.tables import profile_areas

    areas, counts, _ = force
    with threadpool_limits(limits=1):
        found = profile_areas(areas, counts)
    assert found.clustering is not None
    assert found.clustering.p_value == pytest.approx(0.05)
    busiest = areas.assign(rate=areas["crime_count"] / areas["resident_count"]).nlargest(10, "rate")
    placed = found.areas.set_index("lsoa_code").loc[busiest["lsoa_code"]]
    assert placed["cluster_name"].str.startswith("High rate").all()
