"""Declared contracts of the tables about the priority of calls for service."""

from __future__ import annotations

from ml.common.schema import Column, TableContract

_CALLS = "stg_calls_for_service__incidents."
_FEATURES = tuple(
    _CALLS + name
    for name in (
        "called_at_local",
        "call_type",
        "block_low",
        "street",
        "cross_street",
        "longitude",
        "latitude",
        "priority",
    )
)
_TIME = (f"{_CALLS}called_at_local", f"{_CALLS}call_type", f"{_CALLS}priority")
_BY_MODEL = "written by the model itself"
_MODELS = (
    "look_up",
    "logistic_regression",
    "naive_bayes",
    "decision_tree",
    "random_forest",
    "gradient_boosting",
    "neural_network",
    "linear_regression",
    "forest_regression",
)


def _named(name: str, description: str, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, "VARCHAR", description, allowed=allowed, origin_note=_BY_MODEL)


def _flag(name: str, description: str) -> Column:
    return Column(name, "BOOLEAN", description, origin_note=_BY_MODEL)


def _measured(name: str, description: str, minimum: float | None = None) -> Column:
    return Column(name, "DOUBLE", description, True, minimum, inputs=_FEATURES)


def _share(name: str, description: str) -> Column:
    return Column(name, "DOUBLE", description, False, 0.0, 1.0, inputs=_FEATURES)


def _count(name: str, description: str) -> Column:
    return Column(name, "BIGINT", description, False, 1, inputs=_TIME)


_SCENARIO = (
    Column("agency", "VARCHAR", "Id of the agency", inputs=(f"{_CALLS}agency",)),
    _named("split", "How calls were divided: random, or time_ordered (train on the older three quarters)"),
    _named(
        "location_precision",
        "What is known of the place: none, degrees to 1 or 2 decimals, exact (coordinates, street, block)",
        ("none", "rounded_1", "rounded_2", "exact"),
    ),
    _flag("has_call_type", "Whether the call type may be used"),
    _flag("has_officer_calls", "Whether calls that officers began themselves are among the calls"),
)
_SCENARIO_KEY = tuple(column.name for column in _SCENARIO)
_MODEL = _named(
    "model",
    "Model; look_up is the baseline: one column, the call type. Its name ends in _by_month where it is "
    "fitted anew each month with all calls before it",
    (*_MODELS, *(f"{name}_by_month" for name in _MODELS)),
)
_TARGET = _named("target", "dangerous (priority 1 or 2) or priority (1 to 6)", ("dangerous", "priority"))
_LEVEL = "1 to 6, or of dangerous calls 1, of others 0"

ML_CALL_PRIORITY_SCORES = TableContract(
    name="ml_call_priority_scores",
    grain=(
        "One row per agency, split, location precision, call type and officer calls in or out, target, "
        "model and measure of predicted call priority; none when no calls are held."
    ),
    key=(*_SCENARIO_KEY, "target", "model", "metric"),
    columns=(
        *_SCENARIO,
        _TARGET,
        _MODEL,
        _named("metric", "Measure, as defined in docs/methods/call_priority.md"),
        _count("train_call_count", "Calls that the model was fitted on"),
        _count("test_call_count", "Calls that it was measured on"),
        _measured("value", "The measure; null where it is undefined"),
        _measured("value_lower", "Lower bound, 95% bootstrap over test calls"),
        _measured("value_upper", "Upper bound, 95% bootstrap over test calls"),
        _measured("look_up_value", "The same measure of the look-up, the better one beside models by month"),
        _measured("gain", "By how much the model is better than the look-up; null for the look-up itself"),
        _measured("gain_lower", "Lower bound, 95% paired bootstrap over test calls"),
        _measured("gain_upper", "Upper bound, 95% paired bootstrap over test calls"),
        Column(
            "is_clear_gain",
            "BOOLEAN",
            "Whether the gain's interval lies above zero",
            inputs=_FEATURES,
        ),
        _measured("refit_gain", "By how much fitting by month is better than once; null for other models"),
        _measured("refit_gain_lower", "Lower bound, 95% paired bootstrap over test days"),
        _measured("refit_gain_upper", "Upper bound, 95% paired bootstrap over test days"),
    ),
    ordered=(
        ("value_lower", "value", "value_upper"),
        ("gain_lower", "gain", "gain_upper"),
        ("refit_gain_lower", "refit_gain", "refit_gain_upper"),
    ),
)

ML_CALL_PRIORITY_CALIBRATION = TableContract(
    name="ml_call_priority_calibration",
    grain=(
        "One row per agency, split, location precision, call type and officer calls in or out, model "
        "and bin of the predicted chance of danger that holds test calls; none when no calls are held."
    ),
    key=(*_SCENARIO_KEY, "model", "probability_bin"),
    columns=(
        *_SCENARIO,
        _MODEL,
        Column(
            "probability_bin",
            "INTEGER",
            "Tenth of the predicted chance, 1 is below 0.1",
            False,
            1,
            10,
            origin_note=_BY_MODEL,
        ),
        _count("call_count", "Test calls in the bin"),
        _share("mean_probability", "Mean predicted chance of danger"),
        _share("observed_share", "Share of the calls that were dangerous"),
        _share("observed_share_lower", "Lower bound, 95% Wilson"),
        _share("observed_share_upper", "Upper bound, 95% Wilson"),
    ),
    ordered=(("observed_share_lower", "observed_share", "observed_share_upper"),),
)

ML_CALL_PRIORITY_CONFUSION = TableContract(
    name="ml_call_priority_confusion",
    grain=(
        "One row per agency, split, location precision, call type and officer calls in or out, target, "
        "model, decision, true level and given level; none when no calls are held."
    ),
    key=(*_SCENARIO_KEY, "target", "model", "decision", "true_level", "given_level"),
    columns=(
        *_SCENARIO,
        _TARGET,
        _MODEL,
        _named(
            "decision",
            "How a level is given: at_half (dangerous from a chance of 0.5 on, as published studies do), "
            "at_least_cost (from the threshold of least cost on), likeliest (one of the six levels)",
            ("at_half", "at_least_cost", "likeliest"),
        ),
        Column("true_level", "INTEGER", f"Level of the calls: {_LEVEL}", False, 0, 6, inputs=_TIME),
        Column(
            "given_level", "INTEGER", f"Level that the model gives: {_LEVEL}", False, 0, 6, inputs=_FEATURES
        ),
        Column("call_count", "BIGINT", "Test calls, 0 where there are none", False, 0, inputs=_FEATURES),
    ),
)

ML_CALL_PRIORITY_MONTHS = TableContract(
    name="ml_call_priority_months",
    grain=(
        "One row per agency, split, location precision, call type and officer calls in or out, model that "
        "may be published, and month of calls that it had not seen; none when no calls are held."
    ),
    key=(*_SCENARIO_KEY, "model", "month"),
    columns=(
        *_SCENARIO,
        _MODEL,
        Column("month", "DATE", "Local month of the calls", inputs=(f"{_CALLS}called_at_local",)),
        Column("is_chosen", "BOOLEAN", "Whether the rule chooses this model", inputs=_FEATURES),
        _count("call_count", "Calls forecast, of the validation or of the test"),
        Column("dangerous_count", "BIGINT", "Of them with priority 1 or 2", False, 0, inputs=_TIME),
        _share("mean_probability", "Mean predicted chance of danger"),
        Column(
            "roc_auc",
            "DOUBLE",
            "Area under the ROC curve; null without calls of both kinds",
            True,
            0.0,
            1.0,
            inputs=_FEATURES,
        ),
        _share("expected_calibration_error", "Mean gap of promised and observed share over ten bins"),
        _share("calibration_floor", "The mean error that chance alone makes, were every chance kept"),
        _share("calibration_floor_upper", "The error that chance alone stays below in 95% of draws"),
    ),
)

PRIORITY_CONTRACTS = (
    ML_CALL_PRIORITY_SCORES,
    ML_CALL_PRIORITY_CALIBRATION,
    ML_CALL_PRIORITY_CONFUSION,
    ML_CALL_PRIORITY_MONTHS,
)
