"""What is watched, and when each measure warns and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ml.monitoring.call_inputs import CALL_INPUTS


@dataclass(frozen=True)
class Limit:
    """When a measure warns and when it alarms.

    Parameters
    ----------
    kind
        ``input``, ``prediction`` or ``error``.
    warning, alarm
        Values from which on it does.
    what
        What is measured and where the limits come from.
    """

    kind: str
    warning: float
    alarm: float
    what: str


#: What each kind is measured on, where no release issued what is judged.
SOURCES: Mapping[str, str] = {"input": "records", "prediction": "forecast", "error": "backtest"}
#: What is forecast, as names of measures say it.
AMOUNTS = ("count", "harm")
# The limits of one series are those that steady errors pass rarely: docs/methods/drift.md has the simulation.
_FORECAST_ERRORS: Mapping[str, Limit] = {
    "error_ratio": Limit(
        "error",
        1.5,
        2.0,
        "median scaled error over all series, one month ahead, against that of the months before",
    ),
    "series_error_ratio": Limit(
        "error",
        2.0,
        3.0,
        "mean scaled error of the total, or of a force, over the latest three months, against that of the "
        "months before them",
    ),
    "miss_share": Limit(
        "error", 0.35, 0.5, "share of series whose month fell outside the 80% interval given one month before"
    ),
}

MEASURES: Mapping[str, Limit] = {
    "crime_mix_stability_index": Limit(
        "input",
        0.1,
        0.25,
        "population stability index of the mix of crime types against the months before; 0.1 and 0.25 are "
        "the limits of credit scoring (Siddiqi 2006)",
    ),
    "volume_deviation": Limit(
        "input",
        3.0,
        5.0,
        "records against the mean of the months before, in standard deviations, never less than Poisson's",
    ),
    "unlocated_share_change": Limit(
        "input",
        0.05,
        0.15,
        "share of records without an area, less that of the months before, as a magnitude",
    ),
    "prediction_stability_index": Limit(
        "prediction",
        0.1,
        0.25,
        "population stability index of next month's expected records by area against the mean month before",
    ),
    "harm_prediction_stability_index": Limit(
        "prediction", 0.1, 0.25, "the same of next month's expected harm days by area"
    ),
    "harm_volume_deviation": Limit(
        "input",
        3.0,
        5.0,
        "harm days against the mean of the months before, in standard deviations, never less than those of "
        "as many offences that are recorded by chance",
    ),
    **{
        f"forecast_{amount}_{measure}": limit
        for amount in AMOUNTS
        for measure, limit in _FORECAST_ERRORS.items()
    },
    "risk_count_deviance_ratio": Limit(
        "error",
        1.5,
        2.0,
        "mean Poisson deviance of the month's records by area, against that of the months before",
    ),
    "risk_harm_error_ratio": Limit(
        "error",
        1.5,
        2.0,
        "mean absolute error of the month's harm by area, against that of the months before",
    ),
    **{
        f"risk_{amount}_bias": Limit(
            "error", 0.25, 0.5, "what came in all areas over what was expected, less 1, as a magnitude"
        )
        for amount in AMOUNTS
    },
    "call_auc_drop": Limit(
        "error",
        0.05,
        0.1,
        "area under the ROC curve of the published model of dangerous calls, by how much it lies below the "
        "mean of the months before; a convention",
    ),
    "call_calibration_excess": Limit(
        "error",
        0.02,
        0.05,
        "calibration error of the published model of dangerous calls beyond what chance alone stays below in "
        "95% of draws; 0.02 is the target of the error itself",
    ),
    **{
        measure: Limit(
            "input",
            0.1,
            0.25,
            f"population stability index of calls by {classes} against the months before, beyond what chance "
            "alone stays below in 95% of months with as many calls; 0.1 and 0.25 as of crime types",
        )
        for measure, classes in CALL_INPUTS.items()
    },
}
