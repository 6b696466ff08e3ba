"""Declared contracts of the forecast tables: three of harm, and the same three of counts."""

from __future__ import annotations

from ml.common.checks import HORIZONS_COMPLETE, ONE_CHAMPION, PARTS_ADD_UP
from ml.common.schema import Column, TableContract

LEVELS = ("total", "force", "district", "crime_group", "crime_type")
MODELS = (
    "ets",
    "arima",
    "count_regression",
    "calendar_regression",
    "seasonal_naive",
    "naive",
    "drift",
    "none",
)
COVERAGE_FINDINGS = ("near", "below", "below_beyond_chance", "above", "above_beyond_chance")
#: Coverages of adjusted intervals that are called near their level, in per cent.
COVERAGE_BANDS = {80: (0.76, 0.84), 95: (0.92, 0.98)}
HISTORIES = ("long", "short", "gappy", "too_short")

_NAMED_BY_MODEL = "written by the model itself"
_SERIES = ("fct_crimes.force_slug", "fct_crimes.crime_type", "dim_lsoa.lad_code")
_MONTH = ("fct_crimes.crime_month",)
_UNITS = {"harm_days": "in harm days", "crime_count": "in recorded crimes"}
_VALUES = {"harm_days": ("fct_crimes.harm_days",), "crime_count": ("fct_crimes.crime_record_id",)}
_HARM_SCHEME = Column(
    "harm_scheme",
    "VARCHAR",
    "Harm weight scheme that the harm days were counted with",
    origin_note="the active weight scheme, a setting of the run",
)
_SERIES_COLUMN = Column(
    "series",
    "VARCHAR",
    "'total', a force slug, one with a district or 'elsewhere', 'crime_group/' or 'crime_type/' with a name",
    inputs=_SERIES,
)
_LEVEL_COLUMN = Column(
    "level", "VARCHAR", "What the series is of", allowed=LEVELS, origin_note=_NAMED_BY_MODEL
)


def _tables(measure: str, names: tuple[str, str, str]) -> tuple[TableContract, TableContract, TableContract]:
    return (
        _forecast(measure, names[0]),
        _backtest(measure, names[1]),
        _scores(measure, names[2]),
    )


def _forecast(measure: str, name: str) -> TableContract:
    modelled = (*_VALUES[measure], *_MONTH)
    bounds = [
        _amount(
            measure, f"{measure}_{side}_{level}", f"{side.title()} bound of the {level}% interval", modelled
        )
        for level in (80, 95)
        for side in ("lower", "upper")
    ]
    factors = [
        Column(
            f"interval_factor_{level}",
            "DOUBLE",
            f"What conformal adjustment widened the horizon's {level}% interval by; 1 where it held enough",
            True,
            0.0,
            inputs=modelled,
        )
        for level in (80, 95)
    ]
    columns = (
        _SERIES_COLUMN,
        _LEVEL_COLUMN,
        Column("parent_series", "VARCHAR", "Series that it is a part of; empty if none", inputs=_SERIES),
        Column("forecast_month", "DATE", "Month forecast", inputs=_MONTH),
        Column("horizon_months", "INTEGER", "Months after the last training month", False, 1, inputs=_MONTH),
        Column("model", "VARCHAR", "Champion model of the series", allowed=MODELS, inputs=modelled),
        _amount(measure, measure, "Point forecast, reconciled where is_reconciled says so", modelled),
        *bounds,
        _amount(measure, f"base_{measure}", "The champion's own forecast, before reconciliation", modelled),
        *factors,
        Column(
            "interval_pooled_months",
            "INTEGER",
            "Horizons on each side whose errors the factors draw on, too; null if there were too few even so",
            True,
            0,
            inputs=_MONTH,
        ),
        Column("is_reconciled", "BOOLEAN", "Whether parts and wholes were made to add up", inputs=modelled),
        Column(
            "history_kind",
            "VARCHAR",
            "Long (24 months on), short (simple models only), gappy (earlier months left out), too short",
            allowed=HISTORIES,
            inputs=_MONTH,
        ),
        *((_HARM_SCHEME,) if measure == "harm_days" else ()),
        Column("train_start_month", "DATE", "First training month", inputs=_MONTH),
        Column("train_end_month", "DATE", "Last training month", inputs=_MONTH),
        Column(
            "note",
            "VARCHAR",
            "What a reader must know: model form, breaks taken out, short series, gaps",
            True,
            inputs=modelled,
        ),
    )
    order = (
        f"{measure}_lower_95",
        f"{measure}_lower_80",
        measure,
        f"{measure}_upper_80",
        f"{measure}_upper_95",
    )
    return TableContract(
        name=name,
        grain="One row per series and forecast month, by the series' champion model.",
        key=("series", "forecast_month"),
        columns=columns,
        ordered=(order, ("train_start_month", "train_end_month", "forecast_month")),
        checks=(HORIZONS_COMPLETE, PARTS_ADD_UP),
    )


def _backtest(measure: str, name: str) -> TableContract:
    modelled = (*_VALUES[measure], *_MONTH)
    bounds = [
        _amount(
            measure,
            f"{prefix}{side}_{level}",
            f"{side.title()} bound of the {level}% interval{words}",
            modelled,
            nullable=False,
        )
        for prefix, words in (("", ""), ("adjusted_", ", adjusted by what was known at the origin"))
        for level in (80, 95)
        for side in ("lower", "upper")
    ]
    predicted = f"predicted_{measure}"
    return TableContract(
        name=name,
        grain="One row per series, model, origin and horizon of the rolling-origin backtest.",
        key=("series", "model", "origin_month", "forecast_month"),
        columns=(
            _SERIES_COLUMN,
            _LEVEL_COLUMN,
            Column("model", "VARCHAR", "Model", allowed=MODELS, origin_note=_NAMED_BY_MODEL),
            Column("origin_month", "DATE", "Last month that the model saw", inputs=_MONTH),
            Column("forecast_month", "DATE", "Month forecast", inputs=_MONTH),
            Column("horizon_months", "INTEGER", "Months after the origin", False, 1, inputs=_MONTH),
            _amount(measure, f"actual_{measure}", "What happened", _VALUES[measure], nullable=False),
            _amount(measure, predicted, "What was forecast at the origin", modelled, nullable=False),
            *bounds,
            _amount(
                measure,
                "scaling_error",
                "Mean absolute error of the (seasonal) naive forecast of the months up to the origin: MASE's "
                "unit; null where it is 0",
                modelled,
            ),
        ),
        ordered=(
            ("lower_95", "lower_80", predicted, "upper_80", "upper_95"),
            ("adjusted_lower_95", "adjusted_lower_80", predicted, "adjusted_upper_80", "adjusted_upper_95"),
            ("origin_month", "forecast_month"),
        ),
    )


def _scores(measure: str, name: str) -> TableContract:
    modelled = (*_VALUES[measure], *_MONTH)
    return TableContract(
        name=name,
        grain="One row per series and model.",
        key=("series", "model"),
        columns=(
            _SERIES_COLUMN,
            _LEVEL_COLUMN,
            Column("model", "VARCHAR", "Model", allowed=MODELS, origin_note=_NAMED_BY_MODEL),
            Column("origin_count", "BIGINT", "Origins in the backtest", False, 0, inputs=_MONTH),
            Column(
                "judged_month_count",
                "BIGINT",
                "Different months that the backtest forecast: what its figures rest on, as forecasts of one "
                "month from several origins miss together; fewer in trials, as some are forecast more often",
                False,
                0,
                inputs=_MONTH,
            ),
            Column(
                "mase",
                "DOUBLE",
                "Mean absolute scaled error over origins and horizons; null if it cannot be computed",
                True,
                0.0,
                inputs=modelled,
            ),
            *(
                Column(
                    f"{prefix}scaled_pinball_loss",
                    "DOUBLE",
                    f"Mean pinball loss of five quantiles{words}, in the unit of mase; null if it cannot be "
                    "computed",
                    True,
                    0.0,
                    inputs=modelled,
                )
                for prefix, words in (("", ""), ("adjusted_", " with adjusted bounds"))
            ),
            _amount(
                measure,
                f"mean_absolute_error_{measure}",
                "Mean absolute error over origins and horizons",
                modelled,
            ),
            *_shares(modelled),
            *(
                Column(
                    f"adjusted_{level}_share",
                    "DOUBLE",
                    f"Share of the judged forecasts whose {level}% interval conformal adjustment changed; "
                    "null without a backtest",
                    True,
                    0.0,
                    1.0,
                    inputs=modelled,
                )
                for level in (80, 95)
            ),
            *(
                Column(
                    f"adjusted_coverage_{level}_finding",
                    "VARCHAR",
                    f"Where adjusted_coverage_{level}_share lies: near its level ({lowest} to {highest}), "
                    "below or above, and whether that is beyond chance; null where mase is",
                    True,
                    allowed=COVERAGE_FINDINGS,
                    inputs=modelled,
                )
                for level, (lowest, highest) in COVERAGE_BANDS.items()
            ),
            Column(
                "is_champion", "BOOLEAN", "Whether the published forecast is this model's", inputs=modelled
            ),
            Column(
                "note",
                "VARCHAR",
                "How the champion was chosen, or why the model could not be scored",
                True,
                inputs=modelled,
            ),
        ),
        ordered=(
            ("origin_count", "judged_month_count"),
            ("coverage_80_share", "coverage_95_share"),
            ("adjusted_coverage_80_share", "adjusted_coverage_95_share"),
        ),
        checks=(ONE_CHAMPION,),
    )


def _horizons() -> TableContract:
    modelled = (*_VALUES["harm_days"], *_VALUES["crime_count"], *_MONTH)
    return TableContract(
        name="ml_forecast_horizons",
        grain="One row per measure, level and horizon: champions' errors, and how often intervals held.",
        key=("measure", "level", "horizon_months"),
        columns=(
            Column(
                "measure",
                "VARCHAR",
                "What is forecast",
                allowed=tuple(_VALUES),
                origin_note=_NAMED_BY_MODEL,
            ),
            _LEVEL_COLUMN,
            Column("horizon_months", "INTEGER", "Months after the origin", False, 1, inputs=_MONTH),
            Column("origin_count", "BIGINT", "Origins that forecasts were made at", False, 1, inputs=_MONTH),
            Column("forecast_count", "BIGINT", "Forecasts judged", False, 1, inputs=(*_SERIES, *_MONTH)),
            *(
                Column(
                    f"{prefix}{name}",
                    "DOUBLE",
                    f"{words} of {whose} over series and origins; null if it cannot be computed",
                    True,
                    0.0,
                    inputs=modelled,
                )
                for prefix, whose in (("", "champions"), ("baseline_", "seasonal naive (or naive) forecasts"))
                for name, words in (
                    ("mase", "Mean absolute scaled error"),
                    ("scaled_pinball_loss", "Mean pinball loss of five quantiles, in the unit of mase,"),
                    (
                        "adjusted_scaled_pinball_loss",
                        "Mean pinball loss of five quantiles with adjusted bounds, in the unit of mase,",
                    ),
                )
            ),
            *_shares(modelled),
        ),
        ordered=(
            ("origin_count", "forecast_count"),
            ("coverage_80_share", "coverage_95_share"),
            ("adjusted_coverage_80_share", "adjusted_coverage_95_share"),
        ),
    )


def _shares(modelled: tuple[str, ...]) -> list[Column]:
    return [
        Column(
            f"{prefix}coverage_{level}_share",
            "DOUBLE",
            f"Share of actual values inside the {words}{level}% interval",
            True,
            0.0,
            1.0,
            inputs=modelled,
        )
        for prefix, words in (("", ""), ("adjusted_", "adjusted "))
        for level in (80, 95)
    ]


def measured_names(measure: str) -> dict[str, str]:
    """Names of the amounts in the tables of a measure, by what the models call them.

    Parameters
    ----------
    measure : str
        'harm_days' or 'crime_count'.
    """
    bounds = {
        f"forecast_{side}_{level}": f"{measure}_{side}_{level}"
        for level in (80, 95)
        for side in ("lower", "upper")
    }
    return {
        "actual": f"actual_{measure}",
        "predicted": f"predicted_{measure}",
        "mean_absolute_error": f"mean_absolute_error_{measure}",
        "forecast": measure,
        "base_forecast": f"base_{measure}",
        **bounds,
    }


def _amount(
    measure: str, name: str, description: str, inputs: tuple[str, ...], *, nullable: bool = True
) -> Column:
    return Column(name, "DOUBLE", f"{description}, {_UNITS[measure]}", nullable, 0.0, inputs=inputs)


FORECAST_TABLES = {
    "harm_days": _tables("harm_days", ("ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores")),
    "crime_count": _tables(
        "crime_count", ("ml_forecast_count", "ml_forecast_count_backtest", "ml_forecast_count_scores")
    ),
}
ML_FORECAST_HORIZONS = _horizons()
