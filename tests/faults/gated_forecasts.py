"""Faults of forecasts, backtests and scores that got into the warehouse past their contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.edits import drop_where, put
from tests.faults.ml_gates import gated
from tests.faults.model import Fault

if TYPE_CHECKING:
    import pandas as pd


def forecast_faults() -> tuple[Fault, ...]:
    """Faults of forecasts in time, each of which the warehouse would hold without a word."""
    faults = []
    for kind, forecast, backtest, scores in (
        ("harm", "ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores"),
        ("count", "ml_forecast_count", "ml_forecast_count_backtest", "ml_forecast_count_scores"),
    ):
        faults += [
            gated(
                f"{kind}_forecast_stops_short",
                forecast,
                "The last month of the year ahead is cut off, and a year's total is too small.",
                drop_where("horizon_months", 12),
                "horizon_complete",
            ),
            gated(
                f"{kind}_backtest_without_baselines",
                backtest,
                "Only the models that one is proud of are kept.",
                put({"model": "ets"}),
                "baseline_beside_model",
            ),
            gated(
                f"{kind}_champion_worse_than_naive",
                scores,
                "The champion is chosen by its fit to the months that it was trained on.",
                _worst_is_champion,
                "champion_not_worse_than_naive",
            ),
            gated(
                f"{kind}_coverage_never_found_off",
                scores,
                "The finding is made of the bounds before adjustment, and every interval seems right.",
                put({"adjusted_coverage_80_share": 0.5, "adjusted_coverage_80_finding": "near"}),
                "coverage_80_finding_of_its_share",
            ),
            gated(
                f"{kind}_chance_told_as_a_fault",
                scores,
                "Every forecast counts as a trial, and differences that chance makes are told as beyond it.",
                put({"adjusted_coverage_80_finding": _beyond_chance}, among="adjusted_coverage_80_finding"),
                "coverage_80_finding_of_its_share",
            ),
            gated(
                f"{kind}_months_counted_by_origin",
                scores,
                "A month that was forecast from two origins is counted for each.",
                put({"judged_month_count": lambda count: 2 * count}),
                "months_of_backtest",
            ),
            gated(
                f"{kind}_coverage_of_another_run",
                scores,
                "Coverages of an earlier run stand beside the forecasts of this one.",
                put(
                    {"adjusted_coverage_95_share": 0.93, "adjusted_coverage_95_finding": "near"},
                    among="adjusted_coverage_95_finding",
                ),
                "adjusted_coverage_95_of_backtest",
            ),
            gated(
                f"{kind}_error_of_the_fit",
                scores,
                "The error is that of the months that the model was trained on.",
                put({"mase": lambda mase: 0.8 * mase}, among="mase"),
                "mase_of_backtest",
            ),
            gated(
                f"{kind}_widening_of_what_is_published",
                scores,
                "How many published intervals are widened is told of those that were judged, which were not.",
                put({"adjusted_80_share": 0.14}, among="adjusted_80_share"),
                "adjusted_80_of_backtest",
            ),
        ]
    return (*faults, *_horizons())


def _horizons() -> tuple[Fault, ...]:
    return (
        gated(
            "coverage_of_levels_exchanged",
            "ml_forecast_horizons",
            "The coverage of the wider interval stands under the name of the narrower one.",
            put({"coverage_80_share": 0.9, "coverage_95_share": 0.7}, 0.2),
            "coverage_80_of_backtest",
        ),
        gated(
            "horizons_by_all_models",
            "ml_forecast_horizons",
            "Every model that was tried counts, and not the one that is published.",
            put({"forecast_count": lambda count: 3 * count}),
            "forecasts_of_backtest",
        ),
        gated(
            "adjusted_coverage_before_adjustment",
            "ml_forecast_horizons",
            "What is told of the adjusted intervals is that of the models' own.",
            put(
                {"adjusted_coverage_95_share": lambda share: share - 0.01}, among="adjusted_coverage_95_share"
            ),
            "adjusted_coverage_95_of_backtest",
        ),
        gated(
            "error_of_the_first_month_for_a_year",
            "ml_forecast_horizons",
            "The error of the first month stands beside every horizon.",
            lambda frame: frame.assign(mase=frame.groupby(["measure", "level"])["mase"].transform("min")),
            "mase_of_backtest",
        ),
    )


def _beyond_chance(finding: pd.Series) -> pd.Series:
    return finding.where(finding == "near", finding.str.removesuffix("_beyond_chance") + "_beyond_chance")


def _worst_is_champion(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.assign(is_champion=frame["mase"] == frame.groupby("series")["mase"].transform("max"))
    return frame.assign(mase=frame["mase"] + frame["is_champion"])
