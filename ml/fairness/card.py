"""The card of the maps' fairness: who lives where hotspots and risk maps point, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.model_card import Metric, ModelCard

if TYPE_CHECKING:
    import pandas as pd

# The share of areas that the risk maps are told at, as in their own card.
_SHOWN = {"hulls": "inside hulls", "top_5_percent": "in the top 5% of areas"}
_MODELS = {"hotspots": "Hotspots", "risk_crime": "Risk of crime", "risk_harm": "Risk of harm"}
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
        verdict=(
            "A share above everyone's says that a map points at a group's homes more often than at others'; "
            "it does not say why, nor that the map is wrong there"
        ),
        metrics=_metrics(shown),
        limits=(
            "Residents inside a hull are interpolated from the share of their area that it covers.",
            "Intervals resample areas: they say how far a share hangs on which areas there are.",
            "Where people live is not where they were when a crime was recorded.",
            "Groups with few residents are left out of the table.",
        ),
        fairness=(
            "Whether forecasts are right as often for each group is not measured, as the backtest is not "
            "kept by area.",
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
        # Deciles by their number: as texts, the tenth would follow the first.
        for row in shown.sort_values("group_name", key=lambda names: names.str.zfill(2), kind="stable")
        .sort_values(["model", "attribute"], kind="stable")
        .to_dict("records")
    )
