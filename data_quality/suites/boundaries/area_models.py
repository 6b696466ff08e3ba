"""Suites of the deprivation and area profile tables: what they must be to be published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, Rule, between, holds

if TYPE_CHECKING:
    import pandas as pd

_DOMAIN_COUNT = 6
# Below this, Hennig says, a cluster dissolves when the areas change a little.
_DISSOLVES = 0.5


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the deprivation and area profile tables."""
    return (
        TableSuite("ml", "ml_deprivation_scores", ANALYSIS, (_score_rows(), _score_targets())),
        TableSuite("ml", "ml_deprivation_importance", ANALYSIS, (_importance_rows(), _importance_targets())),
        TableSuite("ml", "ml_area_profiles", ANALYSIS, (_profile_rows(),)),
        TableSuite("ml", "ml_area_profile_clusters", ANALYSIS, (_cluster_rows(), _clusters())),
    )


def _score_rows() -> Part:
    return Part(
        "rows",
        ("target", "index_year", "fold_kind", "model", "metric"),
        (
            _interval(),
            holds(
                "correlations_within_bounds",
                ("metric", "fold_kind", "value"),
                lambda frame, _: (
                    (frame["metric"] != "rank_correlation")
                    | (frame["fold_kind"] == "random_minus_spatial")
                    | frame["value"].isna()
                    | frame["value"].between(-1 - 1e-9, 1 + 1e-9)
                ),
                "a correlation lies between -1 and 1",
            ),
            holds(
                "explains_at_most_all",
                ("metric", "value"),
                lambda frame, _: (frame["metric"] != "deviance_explained") | ~(frame["value"] > 1),
                "no model explains more than there is",
            ),
        ),
    )


def _score_targets() -> Part:
    beside = "a model's score says nothing without those of baselines on the same folds"
    return Part(
        "targets",
        ("target", "index_year"),
        (
            between("one_champion", "champion_count", 1, 1, "each target publishes one model"),
            between("baselines_beside_model", "baseline_count", 3, None, beside),
            between(
                "both_kinds_of_folds",
                "fold_kind_count",
                3,
                3,
                "random folds flatter: their scores and the difference stand beside the spatial ones",
            ),
            between(
                "champion_not_worse_than_baselines",
                "champion_lead",
                -1e-9,
                None,
                "a model that a baseline beats on unseen regions must not be the champion",
            ),
        ),
    )


def _importance_rows() -> Part:
    return Part(
        "rows",
        ("target", "index_year", "feature"),
        (
            _interval(),
            holds(
                "not_built_from_crime",
                ("feature",),
                lambda frame, _: frame["feature"] != "crime",
                "the crime domain is recorded crime, and would explain crime by itself",
            ),
        ),
    )


def _importance_targets() -> Part:
    rule = between(
        "every_domain_there",
        "feature_count",
        _DOMAIN_COUNT,
        _DOMAIN_COUNT,
        "a domain that is left out looks as if it did not matter",
    )
    return Part("targets", ("target", "index_year"), (rule,))


def _profile_rows() -> Part:
    return Part(
        "rows",
        ("lsoa_code",),
        (
            holds(
                "marked_not_forced",
                ("is_profiled", "cluster", "distance"),
                _marked_not_forced,
                "an area with too few records has no profile, and must not be given one",
            ),
            between("distance_not_negative", "distance", 0.0, None, "a distance is at least 0"),
        ),
    )


def _marked_not_forced(frame: pd.DataFrame, month: str | None) -> pd.Series:
    is_placed = frame["is_profiled"].astype(bool)
    return (frame["cluster"].notna() == is_placed) & (frame["distance"].notna() == is_placed)


def _cluster_rows() -> Part:
    return Part(
        "rows",
        ("cluster", "feature"),
        (
            between("stability_is_share", "stability", 0.0, 1.0, "an overlap lies between 0 and 1"),
            holds(
                "shares_are_shares",
                ("feature", "centre_value"),
                lambda frame, _: (
                    (frame["feature"] == "crime_rate_per_1000")
                    | frame["centre_value"].between(0.0, 1.0 + 1e-9)
                ),
                "a crime type's part of an area's records is a share",
            ),
        ),
    )


def _clusters() -> Part:
    return Part(
        "clusters",
        ("cluster",),
        (
            between("one_name", "name_count", 1, 1, "a cluster has the same name in all of its rows"),
            between("areas_are_placed", "surplus_count", 0, 0, "a cluster is as large as its areas are many"),
            between(
                "clusters_hold_together",
                "stability",
                _DISSOLVES,
                None,
                "a cluster that half of the areas do not find again describes the sample, not the place",
                severity="warning",
            ),
        ),
    )


def _interval() -> Rule:
    return holds(
        "interval_in_order",
        ("lower", "upper"),
        lambda frame, _: ~(frame["lower"] > frame["upper"]),
        "an interval begins below its end",
    )
