"""Declared contracts of the risk tables: next month's expected crime and harm by area, and their backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.schema import Check, Column, TableContract

if TYPE_CHECKING:
    import pandas as pd

_MODELS = (
    "naive",
    "mean_12",
    "seasonal_naive",
    "half_life_180",
    "empirical_bayes_365",
    "kernel",
    "near_repeat",
    "mixture",
    "self_exciting_730",
    "risk_terrain",
    "boosted",
    "forest",
    "support_vector",
    "mixture_learners",
)
_GROUPS = (
    "all_crime",
    "violence_robbery",
    "burglary",
    "vehicle_crime",
    "theft",
    "damage_disorder",
    "proactive",
    "other",
)
_TYPE = ("fct_crimes.crime_type",)
_MONTH = ("fct_crimes.crime_month", "fct_crimes.force_slug")
_AREAS = ("dim_lsoa.lsoa_code", "dim_lsoa.force_slug")
_FEATURES = (
    "dim_lsoa.easting_m",
    "dim_lsoa.northing_m",
    "dim_lsoa.area_km2",
    "dim_lsoa.population_count",
    "mart_deprivation_domains.domain_score",
)
_IN_LSOA = ("fct_crimes.lsoa_code", *_AREAS, *_TYPE, *_MONTH, *_FEATURES)
_IN_CELL = (
    *_IN_LSOA,
    "fct_crimes.easting_m",
    "fct_crimes.northing_m",
    "stg_ons__lsoa_boundaries.boundary",
)
_HARM = ("fct_crimes.harm_days",)
_NAMED = "named by the job itself"
_NULL = "null where no earlier month tells the error"


def _group_column() -> Column:
    return Column(
        "crime_group", "VARCHAR", "Categories taken together, or all_crime", allowed=_GROUPS, inputs=_TYPE
    )


def _bounds(name: str, of_what: str, inputs: tuple[str, ...]) -> list[Column]:
    return [
        Column(
            f"{name}_{side}_{level}",
            "DOUBLE",
            f"{side.capitalize()} bound of the {level}% interval, {of_what}; {_NULL}",
            True,
            0.0,
            inputs=inputs,
        )
        for level in (80, 95)
        for side in ("lower", "upper")
    ]


def _amounts(inputs: tuple[str, ...]) -> tuple[Column, ...]:
    """What a forecast says of an area: the month, the model, count and harm with intervals, and the rank."""
    columns = [
        Column("forecast_month", "DATE", "Month forecast: the one after the last known", inputs=_MONTH),
        Column(
            "model",
            "VARCHAR",
            "Champion of the crime group; any but a baseline is scaled to the level of the month",
            allowed=_MODELS,
            inputs=inputs,
        ),
    ]
    for name, unit, whole, made_of in (
        ("crime_count", "records", "a whole number", inputs),
        ("harm_days", "harm days", "of offences as they are mixed in the crime group", (*inputs, *_HARM)),
    ):
        text = f"Expected {unit} of the month; above its interval where next to nothing is expected"
        columns.append(Column(f"expected_{name}", "DOUBLE", text, False, 0.0, inputs=made_of))
        columns += _bounds(name, f"{unit}: {whole}", made_of)
    columns += [
        Column(
            "any_crime_probability",
            "DOUBLE",
            "Probability of at least one record; null like the intervals",
            True,
            0.0,
            1.0,
            inputs=inputs,
        ),
        Column(
            "risk_rank",
            "INTEGER",
            "1 for the most expected records of the crime group; ties share a rank",
            False,
            1,
            inputs=inputs,
        ),
        Column(
            "harm_scheme",
            "VARCHAR",
            "Harm weight scheme that the harm days were counted with",
            origin_note="the active weight scheme, a setting of the run",
        ),
        Column("train_start_month", "DATE", "First month learned from", inputs=_MONTH),
        Column("train_end_month", "DATE", "Last month learned from", inputs=_MONTH),
    ]
    return tuple(columns)


_ORDERED_COUNTS = (
    "crime_count_lower_95",
    "crime_count_lower_80",
    "crime_count_upper_80",
    "crime_count_upper_95",
)
_ORDERED = (
    _ORDERED_COUNTS,
    ("harm_days_lower_95", "harm_days_lower_80", "harm_days_upper_80", "harm_days_upper_95"),
    ("train_start_month", "train_end_month", "forecast_month"),
)


def _not_one_champion(frame: pd.DataFrame) -> str | None:
    champions = frame[frame["is_champion"].astype(bool)].groupby(["area_kind", "crime_group"])["model"]
    expected = frame[["area_kind", "crime_group"]].drop_duplicates().shape[0]
    if len(champions) != expected or (champions.nunique() > 1).any():
        return "a crime group has no champion, or several"
    return None


def _not_together_and_by_force(frame: pd.DataFrame) -> str | None:
    for _, forces in frame.groupby(["area_kind", "crime_group", "model"])["force_slug"]:
        if "all" not in (names := set(forces)) or len(names) < 2:
            return "a model is not judged both in all forces together and in each"
    return None


ML_RISK_LSOA = TableContract(
    name="ml_risk_lsoa",
    grain="One row per LSOA 2021 and crime group: what to expect of the next month.",
    key=("lsoa_code", "crime_group"),
    columns=(
        Column("lsoa_code", "VARCHAR", "LSOA 2021", inputs=_AREAS),
        _group_column(),
        *_amounts(_IN_LSOA),
    ),
    ordered=_ORDERED,
)

ML_RISK_GRID = TableContract(
    name="ml_risk_grid",
    grain="One row per 250 m cell with a record in the months learned from, and crime group.",
    key=("cell_id", "crime_group"),
    columns=(
        Column("cell_id", "VARCHAR", "South-west corner, in metres: E…N…", inputs=_IN_CELL),
        _group_column(),
        Column("cell_easting_m", "DOUBLE", "South-west corner, EPSG:27700, metres", inputs=_IN_CELL),
        Column("cell_northing_m", "DOUBLE", "South-west corner, EPSG:27700, metres", inputs=_IN_CELL),
        Column(
            "lsoa_code",
            "VARCHAR",
            "LSOA 2021 of the centre; at the edge, of most of the cell's records",
            inputs=_IN_CELL,
        ),
        *_amounts(_IN_CELL),
    ),
    ordered=_ORDERED,
)

_JUDGED = (*_IN_CELL, *_HARM)
ML_RISK_BACKTEST = TableContract(
    name="ml_risk_backtest",
    grain="One row per area kind, crime group, force, model, metric and area share: means over origins.",
    key=("area_kind", "crime_group", "force_slug", "model", "metric", "area_share"),
    columns=(
        Column(
            "area_kind",
            "VARCHAR",
            "Neighbourhoods, each of which counts the same, or 250 m cells",
            allowed=("lsoa", "grid"),
            origin_note=_NAMED,
        ),
        _group_column(),
        Column(
            "force_slug",
            "VARCHAR",
            "Force in whose areas the forecasts are judged; all for those of every force together",
            inputs=("dim_lsoa.force_slug",),
        ),
        Column("model", "VARCHAR", "Model", allowed=_MODELS, origin_note="written by the model itself"),
        Column("metric", "VARCHAR", "Metric; harm_ weighs by harm days", origin_note=_NAMED),
        Column(
            "area_share",
            "DOUBLE",
            "Share of the area that may be flagged; 1 where a metric judges every area",
            False,
            0.0,
            1.0,
            origin_note=_NAMED,
        ),
        Column("metric_value", "DOUBLE", "Mean over origins; null for 0/0 at each", True, inputs=_JUDGED),
        Column(
            "metric_value_lower",
            "DOUBLE",
            "Lower bound, 95% bootstrap over origins; null under six",
            True,
            inputs=_JUDGED,
        ),
        Column(
            "metric_value_upper",
            "DOUBLE",
            "Upper bound, 95% bootstrap over origins; null under six",
            True,
            inputs=_JUDGED,
        ),
        Column("origin_count", "BIGINT", "Origins with a figure", False, 0, inputs=_JUDGED),
        Column("first_forecast_month", "DATE", "Month forecast from the first origin", inputs=_MONTH),
        Column("last_forecast_month", "DATE", "Month forecast from the last origin", inputs=_MONTH),
        Column(
            "is_baseline",
            "BOOLEAN",
            "Whether the model is a naive one",
            origin_note=_NAMED,
        ),
        Column(
            "is_champion",
            "BOOLEAN",
            "Whether the published forecast is this model's; the same in every force",
            inputs=_JUDGED,
        ),
        Column("verdict", "VARCHAR", "Who won in this crime group, and by how much", inputs=_JUDGED),
    ),
    ordered=(
        ("metric_value_lower", "metric_value", "metric_value_upper"),
        ("first_forecast_month", "last_forecast_month"),
    ),
    checks=(
        Check("one_champion_a_group", "Every area kind and crime group has one champion.", _not_one_champion),
        Check(
            "together_and_by_force",
            "Every model is judged in all forces together and in each.",
            _not_together_and_by_force,
        ),
    ),
)

ML_RISK_BACKTEST_LSOA = TableContract(
    name="ml_risk_backtest_lsoa",
    grain="One row per month forecast in the backtest, crime group and LSOA 2021.",
    key=("forecast_month", "crime_group", "lsoa_code"),
    columns=(
        Column("lsoa_code", "VARCHAR", "LSOA 2021", inputs=_AREAS),
        _group_column(),
        Column("forecast_month", "DATE", "Month forecast, from all months before it", inputs=_MONTH),
        Column(
            "model",
            "VARCHAR",
            "Model that the rule would have published on the day, from the months that were over by then",
            allowed=_MODELS,
            inputs=_IN_LSOA,
        ),
        Column("expected_crime_count", "DOUBLE", "Expected records", False, 0.0, inputs=_IN_LSOA),
        Column("recorded_crime_count", "BIGINT", "Records that came", False, 0, inputs=_IN_LSOA),
        Column("expected_harm_days", "DOUBLE", "Expected harm", False, 0.0, inputs=(*_IN_LSOA, *_HARM)),
        Column("recorded_harm_days", "DOUBLE", "Harm that came", False, 0.0, inputs=(*_IN_LSOA, *_HARM)),
        *_bounds("crime_count", "records: a whole number, as it would have been published", _IN_LSOA),
    ),
    ordered=(_ORDERED_COUNTS,),
)

RISK_CONTRACTS = (ML_RISK_LSOA, ML_RISK_GRID, ML_RISK_BACKTEST, ML_RISK_BACKTEST_LSOA)
