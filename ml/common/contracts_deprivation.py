"""Declared contracts of the deprivation tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.schema import Check, Column, TableContract

if TYPE_CHECKING:
    import pandas as pd

_MODELS = ("forest", "poisson_glm", "spatial_lag", "mean")
_METRICS = ("deviance_explained", "deviance_explained_gain", "mean_absolute_error", "rank_correlation")
# The crime domain is not among them: it is built from recorded crime.
_DOMAINS = ("income", "employment", "education", "health", "housing", "environment")
_AREAS = tuple(
    f"dim_lsoa.{name}"
    for name in (
        "lsoa_code",
        "force_slug",
        "easting_m",
        "northing_m",
        "population_count",
        "has_small_population",
    )
)
_AMOUNTS = (
    "fct_crime_lsoa_month.crime_count",
    "fct_crime_lsoa_month.harm_days",
    "fct_crime_lsoa_month.crime_month",
    "fct_crimes.crime_month",
)
_INDICES = tuple(
    f"mart_deprivation_domains.{name}" for name in ("domain", "domain_score", "is_built_from_crime")
)
_EDITION = ("mart_deprivation_domains.index_year",)
_STUDIED = (*_AREAS, *_AMOUNTS, *_INDICES, *_EDITION)
_NAMED = "written by the model itself"

_LABELS = (
    Column(
        "target",
        "VARCHAR",
        "Rate that is predicted, per 1,000 residents and year",
        allowed=("crime_rate_per_1000", "harm_days_rate_per_1000"),
        origin_note=_NAMED,
    ),
    Column("index_year", "INTEGER", "Edition of the indices of deprivation", inputs=_EDITION),
)
_WINDOW = (
    Column(
        "harm_scheme",
        "VARCHAR",
        "Harm weight scheme that the harm days were counted with",
        origin_note="the active weight scheme, a setting of the run",
    ),
    Column("window_start_month", "DATE", "First month of the records", inputs=("fct_crimes.crime_month",)),
    Column("window_end_month", "DATE", "Last month of the records", inputs=("fct_crimes.crime_month",)),
)


def _figure(name: str, description: str, nullable: bool = True, minimum: float | None = None) -> Column:
    return Column(name, "DOUBLE", description, nullable, minimum, inputs=_STUDIED)


def _not_one_champion(frame: pd.DataFrame) -> str | None:
    champions = frame[frame["is_champion"].astype(bool)].groupby(["target", "index_year"])["model"].nunique()
    expected = frame[["target", "index_year"]].drop_duplicates().shape[0]
    if len(champions) != expected or (champions > 1).any():
        return "a target has no champion, or several"
    return None


ML_DEPRIVATION_SCORES = TableContract(
    name="ml_deprivation_scores",
    grain="One row per target, edition of the indices, kind of folds, model and metric.",
    key=("target", "index_year", "fold_kind", "model", "metric"),
    columns=(
        *_LABELS,
        Column(
            "fold_kind",
            "VARCHAR",
            "Whole regions held out, areas drawn at random, or how much better the latter looks",
            allowed=("spatial", "random", "random_minus_spatial"),
            origin_note=_NAMED,
        ),
        Column("model", "VARCHAR", "Model", allowed=_MODELS, origin_note=_NAMED),
        Column(
            "metric",
            "VARCHAR",
            "Share of Poisson deviance explained beyond the mean, its gain over the best baseline, mean "
            "absolute error in the target's unit, or rank correlation",
            allowed=_METRICS,
            origin_note=_NAMED,
        ),
        _figure("value", "On areas that the model had not seen; null for 0/0"),
        _figure("lower", "Lower bound, 95% bootstrap over blocks of neighbouring areas"),
        _figure("upper", "Upper bound, 95% bootstrap over blocks of neighbouring areas"),
        Column("area_count", "BIGINT", "Areas judged", False, 1, inputs=_STUDIED),
        Column("is_baseline", "BOOLEAN", "Whether the model is a baseline", origin_note=_NAMED),
        Column(
            "is_champion",
            "BOOLEAN",
            "The forest if its gain on spatial folds is clearly above 0, otherwise the best baseline",
            inputs=_STUDIED,
        ),
        *_WINDOW,
    ),
    ordered=(("lower", "upper"), ("window_start_month", "window_end_month")),
    checks=(Check("one_champion_a_target", "Every target and edition has one champion.", _not_one_champion),),
)

ML_DEPRIVATION_IMPORTANCE = TableContract(
    name="ml_deprivation_importance",
    grain="One row per target, edition of the indices and domain, about the forest.",
    key=("target", "index_year", "feature"),
    columns=(
        *_LABELS,
        Column("feature", "VARCHAR", "Domain of deprivation", allowed=_DOMAINS, inputs=_INDICES[:1]),
        _figure("importance", "Share of deviance explained that is lost when it is shuffled in unseen folds"),
        _figure("lower", "Lower bound, 95% over resampled folds and repeats"),
        _figure("upper", "Upper bound, 95% over resampled folds and repeats"),
        _figure("low_score", "First decile of the domain's score", False),
        _figure("rate_at_low_score", "Mean rate predicted if every area had it", False, 0.0),
        _figure("high_score", "Ninth decile of the domain's score", False),
        _figure("rate_at_high_score", "Mean rate predicted if every area had it", False, 0.0),
        *_WINDOW,
    ),
    ordered=(("lower", "upper"), ("low_score", "high_score"), ("window_start_month", "window_end_month")),
)

DEPRIVATION_CONTRACTS = (ML_DEPRIVATION_SCORES, ML_DEPRIVATION_IMPORTANCE)
