"""Declared contract of the sensitivity of rankings and risk maps."""

from __future__ import annotations

from ml.common.schema import Column, TableContract

_RECORDS = tuple(f"fct_crimes.{name}" for name in ("lsoa_code", "crime_month", "crime_type", "force_slug"))
_GROUPS = tuple(f"dim_lsoa.{group}_count" for group in ("asian", "black", "mixed", "white", "other"))
_FEATURES = (
    "dim_lsoa.easting_m",
    "dim_lsoa.northing_m",
    "dim_lsoa.area_km2",
    "dim_lsoa.population_count",
    "mart_deprivation_domains.domain_score",
)
_DECILE = "dim_lsoa.imd_2025_decile"
_ALL = (
    *_RECORDS,
    "fct_crimes.harm_days",
    *_GROUPS,
    *_FEATURES,
    "dim_lsoa.lsoa_code",
    "dim_lsoa.force_slug",
    _DECILE,
)
_ASSUMED = "an assumption, declared in ml/fairness"
_NAMED = "written by the model itself"

ML_FAIRNESS_SENSITIVITY = TableContract(
    name="ml_fairness_sensitivity",
    grain="One row per kind of sensitivity, scenario, amount, measure, attribute and group.",
    key=("kind", "scenario", "amount", "measure", "attribute", "group_name"),
    columns=(
        Column(
            "kind",
            "VARCHAR",
            "What is varied: what is reported, or what the learner sees",
            allowed=("under_reporting", "feature_removed"),
            origin_note=_NAMED,
        ),
        Column(
            "scenario", "VARCHAR", "Scenario; docs/methods/sensitivity.md lists them", origin_note=_ASSUMED
        ),
        Column(
            "amount",
            "VARCHAR",
            "What is ranked by, or captured",
            allowed=("crime_count", "harm_days"),
            origin_note=_NAMED,
        ),
        Column(
            "measure", "VARCHAR", "Measure; docs/methods/sensitivity.md says what each is", origin_note=_NAMED
        ),
        Column(
            "attribute",
            "VARCHAR",
            "What the groups are of, or all",
            allowed=("all", "imd_2025_decile", "ethnic_group"),
            origin_note=_NAMED,
        ),
        Column(
            "group_name",
            "VARCHAR",
            "Decile ('1' most deprived), ethnic group, or Everyone",
            inputs=(_DECILE,),
        ),
        Column("baseline_value", "DOUBLE", "Measured without the scenario; null for 0/0", True, inputs=_ALL),
        Column("scenario_value", "DOUBLE", "Measured with it; null for 0/0", True, inputs=_ALL),
        Column(
            "difference",
            "DOUBLE",
            "The scenario's less the baseline's; null when either is",
            True,
            inputs=_ALL,
        ),
        Column(
            "difference_lower",
            "DOUBLE",
            "Lower bound, 95% paired bootstrap over origins; null without or under six",
            True,
            inputs=_ALL,
        ),
        Column(
            "difference_upper",
            "DOUBLE",
            "Upper bound, 95% paired bootstrap over origins; null without or under six",
            True,
            inputs=_ALL,
        ),
        Column(
            "most_correlated_feature",
            "VARCHAR",
            "Of the features removed, the one that goes most with the group; null for Everyone or none",
            True,
            inputs=_ALL,
        ),
        Column(
            "feature_correlation",
            "DOUBLE",
            "Its Spearman correlation over areas with the decile, or with the group's share; null likewise",
            True,
            -1.0 - 1e-9,
            1.0 + 1e-9,
            inputs=_ALL,
        ),
        Column(
            "origin_count",
            "BIGINT",
            "Months forecast; null where nothing is forecast",
            True,
            1,
            inputs=("fct_crimes.crime_month",),
        ),
        Column(
            "harm_scheme",
            "VARCHAR",
            "Harm weight scheme that the harm days were counted with",
            origin_note="the active weight scheme, a setting of the run",
        ),
    ),
    ordered=(("difference_lower", "difference", "difference_upper"),),
)
