"""What the maps' fairness tables found, each in one plain sentence with its figure and interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ml.common.contracts_errors import FORECAST_LEVELS
from ml.common.crime_groups import ALL_CRIME
from ml.fairness.by_group import in_order, of_all_crime

if TYPE_CHECKING:
    import pandas as pd

_DECILE, _ETHNIC = "imd_2025_decile", "ethnic_group"
_RATIO = "ratio_to_everyone"
_MAPS = {
    (
        "risk_harm",
        "top_5_percent",
    ): "The risk map of harm has {share:.0%} of the residents of {whom} in its top 5% of areas",
    ("hotspots", "hulls"): "Hotspots hold {share:.3%} of the residents of {whom}",
}
#: Of each figure of calibration what it ought to be, and the band in which nothing is made of another: whole
#: numbers alone move the coverage of areas with few records by some points.
BANDS = {
    "recorded_to_expected_ratio": (1.0, 1.0, 1.0),
    "coverage_80_share": (0.8, 0.75, 0.85),
    "coverage_95_share": (0.95, 0.92, 0.98),
}
_CALIBRATED = {
    "recorded_to_expected_ratio": (
        "Of all crime in {whom}, {value:.2f} were recorded for each that was expected "
        "(95% {lower:.2f} to {upper:.2f}): too {below_or_above} was expected"
    ),
    **{
        f"coverage_{level}_share": (
            f"In {{whom}}, {{value:.0%}} of months lay within their {level}% interval "
            "(95% {lower:.0%} to {upper:.0%}): it was too {narrow_or_wide}"
        )
        for level in (80, 95)
    },
}
_CALIBRATED_FOR_ALL = (
    "Of all crime, recorded and expected differ beyond chance for no group, nor coverage and level"
)
_MOST_DEPRIVED = "the most deprived tenth"


def map_findings(exposure: pd.DataFrame) -> str:
    """Say how often the maps point at the most deprived tenth and at the ethnic group they point at most.

    Parameters
    ----------
    exposure : DataFrame
        Rows of ``ml_fairness_models`` that are not withheld.

    Returns
    -------
    str
        A sentence for each map and of each of the two groups; says so where there is none.
    """
    found = []
    for (model, area), words in _MAPS.items():
        own = exposure[(exposure["model"] == model) & (exposure["flagged_area"] == area)]
        for row in _told(own):
            whom = _MOST_DEPRIVED if row["attribute"] == _DECILE else f"the group {row['group_name']}"
            found.append(f"{words.format(share=row['flagged_share'], whom=whom)}, {_beside_everyone(row)}")
    return ". ".join(found) or "No map points at anybody of whom a figure may be told"


def error_findings(errors: pd.DataFrame) -> str:
    """Say how the risk map errs for the most deprived tenth: over-forecasts, and flags without a record.

    Parameters
    ----------
    errors : DataFrame
        Table ``ml_fairness_errors``.

    Returns
    -------
    str
        A sentence for each of the two; says so where neither is known.
    """
    deprived = errors[
        (errors["attribute"] == _DECILE)
        & (errors["group_name"] == "1")
        & (errors["measure"] == "crime_count")
    ].set_index(["crime_group", "flagged_area", "metric"])
    told = {
        (ALL_CRIME, "all_areas", "expected_to_recorded_ratio"): (
            "In the most deprived tenth {value:.2f} crimes were expected for each that was recorded"
        ),
        ("burglary", "top_5_percent", "false_discovery_share"): (
            "of its residents flagged for burglary {value:.0%} lived where none was recorded"
        ),
    }
    found = [
        f"{words.format(value=row['metric_value'])}, {_beside_everyone(row)}"
        for key, words in told.items()
        for row in deprived[deprived.index == key].dropna(subset=["metric_value", _RATIO]).to_dict("records")
    ]
    return "; ".join(found) or "Nothing is known of the most deprived tenth: no area of it has a figure"


def calibration_findings(calibration: pd.DataFrame) -> str:
    """Say for whom forecasts of all crime are too low or too high, and whose intervals do not hold.

    Parameters
    ----------
    calibration : DataFrame
        Table ``ml_fairness_calibration``.

    Returns
    -------
    str
        A sentence for each group whose ratio of recorded to expected crime has an interval without 1, and
        for each whose coverage lies outside its band and is told apart from its level; says so where there
        is none. Then of how many groups and fifths of the forecast the interval of the ratio leaves out 1.
    """
    own = of_all_crime(calibration).dropna(subset=["metric_value_lower", "metric_value_upper"])
    is_whole = own["forecast_level"] == FORECAST_LEVELS[0]
    is_ratio = own["metric"] == "recorded_to_expected_ratio"
    found = [
        _CALIBRATED[row["metric"]].format(
            whom=_whom(row),
            value=row["metric_value"],
            lower=row["metric_value_lower"],
            upper=row["metric_value_upper"],
            below_or_above="little" if row["metric_value"] > 1 else "much",
            narrow_or_wide="wide" if row["metric_value"] > BANDS[row["metric"]][0] else "narrow",
        )
        for row in in_order(own[is_whole], "metric").to_dict("records")
        if _is_off(row)
    ]
    by_fifth = own[~is_whole & is_ratio & (own["attribute"] != "all")]
    off = sum(_is_off(row) for row in by_fifth.to_dict("records"))
    chance = (
        f"Of {len(by_fifth)} ratios of all crime by group and fifth of the forecast {off} have a 95% "
        "interval without 1; ml_fairness_calibration has those of single crime groups"
    )
    return ". ".join([*(found or [_CALIBRATED_FOR_ALL]), *([chance] if len(by_fifth) else [])])


def _is_off(row: Mapping[Any, Any]) -> bool:
    """Whether the interval leaves out what was to be, and the value its band."""
    right, lowest, highest = BANDS[row["metric"]]
    excludes = row["metric_value_upper"] < right or row["metric_value_lower"] > right
    return bool(excludes and not lowest <= row["metric_value"] <= highest)


def _whom(row: Mapping[Any, Any]) -> str:
    if row["attribute"] == _DECILE:
        return f"areas of deprivation decile {row['group_name']}"
    return "all areas" if row["attribute"] == "all" else f"areas by their {row['group_name']} residents"


def _told(own: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the row of the most deprived tenth, and that of the ethnic group with the highest ratio."""
    known = own[own[_RATIO].notna()]
    deprived = known[(known["attribute"] == _DECILE) & (known["group_name"] == "1")]
    ethnic = known[known["attribute"] == _ETHNIC].nlargest(1, _RATIO)
    return [*deprived.to_dict("records"), *ethnic.to_dict("records")]


def _beside_everyone(row: Mapping[Any, Any]) -> str:
    lower, upper = row[f"{_RATIO}_lower"], row[f"{_RATIO}_upper"]
    if math.isnan(lower) or math.isnan(upper):
        return f"{row[_RATIO]:.2f} times everyone's (too few areas or months for an interval)"
    unsure = ", so that these data do not tell the two apart" if lower <= 1 <= upper else ""
    return f"{row[_RATIO]:.2f} times everyone's (95% {lower:.2f} to {upper:.2f}){unsure}"
