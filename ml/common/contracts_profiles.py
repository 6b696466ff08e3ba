"""Declared contracts of the area profile tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.schema import Check, Column, TableContract

if TYPE_CHECKING:
    import pandas as pd

_MONTH = ("fct_crimes.crime_month",)
_COUNTS = tuple(f"fct_crime_lsoa_month.{name}" for name in ("crime_count", "crime_type", "crime_month"))
_AREAS = tuple(
    f"dim_lsoa.{name}" for name in ("lsoa_code", "force_slug", "population_count", "has_small_population")
)
_PROFILED = (*_AREAS, *_COUNTS, *_MONTH)

_CLUSTER_NAME = "Named after what sets the cluster apart"
_WINDOW = (
    Column("window_start_month", "DATE", "First month of the records", inputs=_MONTH),
    Column("window_end_month", "DATE", "Last month of the records", inputs=_MONTH),
)


def _forced(frame: pd.DataFrame) -> str | None:
    is_placed = frame["cluster"].notna()
    wrong = (is_placed != frame["is_profiled"].astype(bool)) | (is_placed != frame["distance"].notna())
    if not wrong.any():
        return None
    return f"{frame['lsoa_code'][wrong].iloc[0]} has a cluster or a distance though marked, or has none"


ML_AREA_PROFILES = TableContract(
    name="ml_area_profiles",
    grain="One row per LSOA 2021 of the forces with records.",
    key=("lsoa_code",),
    columns=(
        Column("lsoa_code", "VARCHAR", "LSOA 2021", inputs=_AREAS[:1]),
        Column("cluster", "INTEGER", "1 is the largest; null where marked", True, 1, inputs=_PROFILED),
        Column(
            "cluster_name",
            "VARCHAR",
            f"{_CLUSTER_NAME}; 'too few records' or 'too few areas' where marked",
            inputs=_PROFILED,
        ),
        Column(
            "distance",
            "DOUBLE",
            "From the cluster's centre, in standard deviations over areas; null where marked",
            True,
            0.0,
            inputs=_PROFILED,
        ),
        Column("crime_count", "BIGINT", "Records in the window", False, 0, inputs=(*_COUNTS, *_MONTH)),
        Column("is_profiled", "BOOLEAN", "Whether the area belongs to a cluster", inputs=_PROFILED),
        *_WINDOW,
    ),
    ordered=(("window_start_month", "window_end_month"),),
    checks=(Check("marked_not_forced", "Marked areas have no cluster, all others one.", _forced),),
)

ML_AREA_PROFILE_CLUSTERS = TableContract(
    name="ml_area_profile_clusters",
    grain="One row per cluster of LSOAs and feature of their profiles.",
    key=("cluster", "feature"),
    columns=(
        Column("cluster", "INTEGER", "1 is the largest", False, 1, inputs=_PROFILED),
        Column("cluster_name", "VARCHAR", _CLUSTER_NAME, inputs=_PROFILED),
        Column(
            "feature", "VARCHAR", "'crime_rate_per_1000', a crime type, or all other types", inputs=_COUNTS
        ),
        Column(
            "centre_value",
            "DOUBLE",
            "Mean over the cluster: records per 1,000 residents and year, or share of an area's records",
            False,
            0.0,
            inputs=_PROFILED,
        ),
        Column(
            "centre_z",
            "DOUBLE",
            "The same on a logarithmic scale, in standard deviations from the mean of all areas",
            inputs=_PROFILED,
        ),
        Column("area_count", "BIGINT", "LSOAs in the cluster", False, 1, inputs=_PROFILED),
        Column(
            "stability",
            "DOUBLE",
            "Mean Jaccard overlap with the most alike cluster of half-samples; above 0.75 is stable",
            False,
            0.0,
            1.0,
            inputs=_PROFILED,
        ),
        Column(
            "adjusted_rand",
            "DOUBLE",
            "Mean agreement of all clusters with those of half-samples; 1 is perfect, 0 is chance",
            False,
            -1.0,
            1.0,
            inputs=_PROFILED,
        ),
        Column(
            "silhouette",
            "DOUBLE",
            "Mean silhouette of this number of clusters over half-samples",
            False,
            -1.0,
            1.0,
            inputs=_PROFILED,
        ),
        Column(
            "p_value",
            "DOUBLE",
            "Share of samples from one normal cloud that cluster as well, corrected by one",
            False,
            0.0,
            1.0,
            inputs=_PROFILED,
        ),
        *_WINDOW,
    ),
    ordered=(("window_start_month", "window_end_month"),),
)

PROFILE_CONTRACTS = (ML_AREA_PROFILES, ML_AREA_PROFILE_CLUSTERS)
