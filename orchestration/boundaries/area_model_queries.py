"""The frames by which the deprivation and area profile tables are judged."""

from __future__ import annotations

QUERIES: dict[str, dict[str, str]] = {
    "ml_deprivation_scores": {
        "rows": "select * from ml_deprivation_scores order by all",
        "targets": """
            select
                target,
                index_year,
                count(distinct model) filter (where is_champion) as champion_count,
                count(distinct model) filter (where is_baseline and fold_kind = 'spatial') as baseline_count,
                count(distinct fold_kind) as fold_kind_count,
                max("value") filter (
                    where is_champion and fold_kind = 'spatial' and metric = 'deviance_explained'
                ) - max("value") filter (
                    where is_baseline and fold_kind = 'spatial' and metric = 'deviance_explained'
                ) as champion_lead
            from ml_deprivation_scores group by target, index_year order by target, index_year
        """,
    },
    "ml_deprivation_importance": {
        "rows": "select * from ml_deprivation_importance order by all",
        "targets": """
            select target, index_year, count(distinct feature) as feature_count
            from ml_deprivation_importance group by target, index_year order by target, index_year
        """,
    },
    "ml_area_profiles": {"rows": "select * from ml_area_profiles order by lsoa_code"},
    "ml_area_profile_clusters": {
        "rows": "select * from ml_area_profile_clusters order by cluster, feature",
        "clusters": """
            with placed as (
                select cluster, count(*) as placed_count from ml_area_profiles group by cluster
            )
            select
                clusters.cluster,
                count(distinct clusters.cluster_name) as name_count,
                any_value(clusters.area_count) - coalesce(any_value(placed.placed_count), 0) as surplus_count,
                min(clusters.stability) as stability
            from ml_area_profile_clusters as clusters
            left join placed on clusters.cluster = placed.cluster
            group by clusters.cluster order by clusters.cluster
        """,
    },
}
