"""Cards of the maps' fairness: who lives where they point, and where the risk map errs, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.model_card import Metric, ModelCard
from ml.fairness.by_group import in_order
from ml.fairness.findings import calibration_findings, error_findings, map_findings

if TYPE_CHECKING:
    import pandas as pd

# The share of areas (LSOAs or cells) that the risk maps are told at, as in their own card.
_SHOWN = {"hulls": "inside hulls", "top_5_percent": "in the top 5% of areas"}
_MODELS = {
    "hotspots": "Hotspots",
    "risk_crime": "Risk of crime",
    "risk_harm": "Risk of harm",
    "risk_grid_crime": "Risk of crime by 250 m cell",
    "risk_grid_harm": "Risk of harm by 250 m cell",
}
_TOP = "top_5_percent"
_MISSED = "share of the month's top 5% of areas that was missed"
# Of all crime hardly any flagged area has no record: burglary shows what false alarms are.
_ERRORS = {
    ("crime_count", "burglary", _TOP, "false_alarm_per_1000"): "false alarms per 1,000 residents and month",
    ("crime_count", "burglary", _TOP, "false_discovery_share"): "share of the flagged without a record",
    ("crime_count", "burglary", _TOP, "missed_share"): _MISSED,
    ("crime_count", "burglary", "all_areas", "expected_to_recorded_ratio"): "expected over recorded",
    ("crime_count", "all_crime", _TOP, "missed_share"): _MISSED,
    ("crime_count", "all_crime", "all_areas", "expected_to_recorded_ratio"): "expected over recorded",
    ("harm_days", "all_crime", _TOP, "missed_share"): _MISSED,
    ("harm_days", "all_crime", "all_areas", "expected_to_recorded_ratio"): "expected over recorded",
}
_MEASURES = {"crime_count": "", "harm_days": "harm of "}
_ATTRIBUTES = {"all": "", "imd_2025_decile": "IMD decile ", "ethnic_group": ""}


def map_fairness_card(exposure: pd.DataFrame, *, version: str, period: tuple[str, str]) -> ModelCard | None:
    """Return the card; None without areas.

    Parameters
    ----------
    exposure : DataFrame
        Table ``ml_fairness_models``.
    version : str
        Code and data.
    period : tuple of str
        First and last month of the records behind the maps.
    """
    shown = exposure[exposure["flagged_area"].isin(list(_SHOWN)) & ~exposure["is_suppressed"].astype(bool)]
    if shown.empty:
        return None
    return ModelCard(
        name="Fairness of hotspots and risk maps",
        version=version,
        purpose="Says whose homes the maps point at, by deprivation decile and by ethnic group.",
        data="Residents of the census by LSOA, with the hotspots and the risk of all crime",
        period=period,
        champion="none: an audit of the published maps",
        baseline="everyone who lives in the area",
        verdict=map_findings(shown),
        metrics=_metrics(shown),
        limits=(
            "Residents inside a hull or a cell are interpolated from the share of their area that it covers.",
            "Intervals resample areas: they say how far a share hangs on which areas there are.",
            "A share above everyone's does not say why a map points at a group's homes, nor that it is wrong "
            "there; the ethnic group that is told is the one with the highest ratio of five.",
            "Where people live is not where they were when a crime was recorded.",
            "Groups with few residents are left out of the table.",
        ),
        fairness=(
            "How often the risk map errs for each group is measured in ml_fairness_errors and shown in the "
            "card errors_by_group, where there are months enough for a backtest. Hotspots are of the past "
            "and have no such errors.",
        ),
        source=("Efron, B. and Tibshirani, R. J. (1993), An Introduction to the Bootstrap, chapter 13.",),
        artefacts=("None is stored: nothing is fitted.",),
    )


def _metrics(shown: pd.DataFrame) -> tuple[Metric, ...]:
    everyone = shown[shown["attribute"] == "all"].set_index("model")["flagged_share"].to_dict()
    return tuple(
        Metric(
            f"{_MODELS[row['model']]}: share of residents {_SHOWN[row['flagged_area']]}",
            float(row["flagged_share"]),
            float(row["flagged_share_lower"]),
            float(row["flagged_share_upper"]),
            float(everyone.get(row["model"], float("nan"))),
            f"{_ATTRIBUTES[row['attribute']]}{row['group_name']}",
        )
        for row in in_order(shown, "model").to_dict("records")
    )


def error_card(errors: pd.DataFrame, calibration: pd.DataFrame, *, version: str) -> ModelCard | None:
    """Return the card of the risk map's errors by group; None without a backtest.

    Parameters
    ----------
    errors : DataFrame
        Table ``ml_fairness_errors``.
    calibration : DataFrame
        Table ``ml_fairness_calibration``.
    version : str
        Code and data.
    """
    if errors.empty:
        return None
    months = int(errors["origin_count"].max())
    first, last = errors["first_forecast_month"].min(), errors["last_forecast_month"].max()
    return ModelCard(
        name="Errors of the risk map by group",
        version=version,
        purpose="Says for whom the risk map was wrong, by deprivation decile and ethnic group.",
        data="Forecasts that the backtest keeps by LSOA, records of the same months, residents of the census",
        period=(f"{first:%Y-%m}", f"{last:%Y-%m}"),
        champion="in each month the model that the rule of the risk tables would have published on the day",
        baseline="everyone who lives in the area",
        verdict=f"{error_findings(errors)}. {calibration_findings(calibration)}",
        metrics=_error_metrics(errors),
        limits=(
            "Errors are against recorded crime: where less is recorded than happens, a right forecast looks "
            "like a false alarm, and what nobody recorded cannot be missed.",
            "Where more crime is recorded in the areas of one group than of another, a forecast that is "
            "right on average for both, and not in every area, errs at other rates for each "
            "(Chouldechova 2017).",
            f"Intervals draw {months} months and all areas anew, each by itself; they are left out with "
            "fewer than six months or ten areas, and of what never happened or always did.",
            "A resident counts where the census found them, not where a crime was recorded.",
        ),
        fairness=(
            "Every table of errors is in ml_fairness_errors, recorded over expected crime by level of the "
            "forecast and coverage of the intervals in ml_fairness_calibration; who lives where, in "
            "fairness_of_maps.",
        ),
        source=(
            "Owen, A. B. (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1(2), 386-411.",
            "Chouldechova, A. (2017), Fair prediction with disparate impact, Big Data 5(2), 153-163.",
        ),
        artefacts=("None is stored: nothing is fitted.",),
    )


def _error_metrics(errors: pd.DataFrame) -> tuple[Metric, ...]:
    key = ["measure", "crime_group", "flagged_area", "metric"]
    everyone = errors[errors["attribute"] == "all"].set_index(key)["metric_value"].to_dict()
    shown = in_order(errors).set_index(key)
    return tuple(
        Metric(
            f"{_MEASURES[one[0]]}{one[1].replace('_', ' ')}: {words}",
            float(row["metric_value"]),
            float(row["metric_value_lower"]),
            float(row["metric_value_upper"]),
            float(everyone[one]),
            f"{_ATTRIBUTES[row['attribute']]}{row['group_name']}",
        )
        for one, words in _ERRORS.items()
        if one in everyone
        for row in shown.loc[[one]].to_dict("records")
    )
