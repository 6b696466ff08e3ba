"""What the maps' fairness tables found, each in one plain sentence with its figure and interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ml.common.crime_groups import ALL_CRIME

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
