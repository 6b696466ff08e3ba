"""Suites of the ml tables: what a forecast, a hotspot and an audit table must be to be published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.forecast_scores import horizon_rows, score_rows
from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, Derive, Rule, between, holds

if TYPE_CHECKING:
    import pandas as pd

HORIZON_MONTHS = 12
# Snap points of an area lie some way beyond the centroids of its outermost neighbourhoods.
_MARGIN_M = 20_000.0
_AREA_TOLERANCE = 0.01
_CALL_SHARES = ("accuracy", "precision", "recall", "f1", "roc_auc", "pr_auc", "expected_calibration_error")
_SUM_TOLERANCE = 1e-9


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the ml tables."""
    return (
        *_forecasts("harm_days", "ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores"),
        *_forecasts(
            "crime_count", "ml_forecast_count", "ml_forecast_count_backtest", "ml_forecast_count_scores"
        ),
        TableSuite("ml", "ml_forecast_horizons", ANALYSIS, (horizon_rows(),)),
        TableSuite("ml", "ml_hotspots", ANALYSIS, (_hotspots(),)),
        TableSuite("ml", "ml_hotspot_history", ANALYSIS, (_hotspot_history(),)),
        TableSuite("ml", "ml_hotspot_null", ANALYSIS, (_hotspot_null(),)),
        TableSuite("ml", "ml_lsoa_emerging", ANALYSIS, (_emerging(),)),
        TableSuite("ml", "ml_spatial_tests", ANALYSIS, (_spatial_tests(),)),
        TableSuite("ml", "ml_call_priority_scores", ANALYSIS, (_call_scores(), _call_scenarios())),
        TableSuite("ml", "ml_call_priority_calibration", ANALYSIS, (_call_bins(),)),
    )


def _forecasts(measure: str, forecast: str, backtest: str, scores: str) -> tuple[TableSuite, ...]:
    return (
        TableSuite("ml", forecast, ANALYSIS, (_forecast_rows(measure), _forecast_series(), _forecast_sums())),
        TableSuite("ml", backtest, ANALYSIS, (_backtest_rows(measure), _baseline("series"))),
        TableSuite("ml", scores, ANALYSIS, (score_rows(), _champions())),
    )


def _forecast_rows(measure: str) -> Part:
    intervals = [f"{measure}_lower_95", f"{measure}_lower_80", measure]
    intervals += [f"{measure}_upper_80", f"{measure}_upper_95"]
    return Part(
        "rows",
        ("series", "forecast_month"),
        (
            _ordered(tuple(intervals)),
            holds(
                "forecast_after_training",
                ("train_end_month", "forecast_month"),
                lambda frame, _: frame["forecast_month"] > frame["train_end_month"],
                "a month that the model was trained on is no forecast",
            ),
            holds(
                "forecast_or_no_model",
                ("model", measure),
                lambda frame, _: frame[measure].notna() | (frame["model"] == "none"),
                "a forecast may only be missing where it is said that there is no model",
            ),
        ),
    )


def _forecast_series() -> Part:
    reason = "a series is forecast for each of the next twelve months, or its total of a year is wrong"
    return Part(
        "series",
        ("series",),
        (
            between("horizon_complete", "month_count", HORIZON_MONTHS, HORIZON_MONTHS, reason),
            between("horizon_ends_in_a_year", "last_horizon", HORIZON_MONTHS, HORIZON_MONTHS, reason),
        ),
    )


def _forecast_sums() -> Part:
    rule = between(
        "parts_add_up",
        "sum_error",
        None,
        _SUM_TOLERANCE,
        "districts add up to forces, crime types to groups, and both to the total, or a plan counts twice",
    )
    return Part("sums", ("parent_series", "part_level", "forecast_month"), (rule,))


def _backtest_rows(measure: str) -> Part:
    predicted = f"predicted_{measure}"
    held = ("lower_95", "lower_80", predicted, "upper_80", "upper_95")
    adjusted = ("adjusted_lower_95", "adjusted_lower_80", predicted, "adjusted_upper_80", "adjusted_upper_95")
    return Part(
        "rows",
        ("series", "model", "origin_month", "forecast_month"),
        (
            _ordered(held),
            holds(
                "adjusted_intervals_in_order",
                adjusted,
                _in_order(adjusted),
                "an adjusted 95% interval holds the adjusted 80% interval, and that the forecast",
            ),
            holds(
                "tested_on_later_months",
                ("origin_month", "forecast_month"),
                lambda frame, _: frame["forecast_month"] > frame["origin_month"],
                "a model that has seen the month it is tested on looks better than it is",
            ),
        ),
    )


def _baseline(name: str) -> Part:
    rule = between(
        "baseline_beside_model",
        "baseline_count",
        1,
        None,
        "a model's error says nothing without that of a naive forecast of the same months",
    )
    return Part(name, ("series",), (rule,))


def _champions() -> Part:
    return Part(
        "series",
        ("series",),
        (
            between(
                "one_champion", "champion_count", 1, 1, "each series publishes the forecast of one model"
            ),
            between(
                "champion_not_worse_than_naive",
                "champion_excess_mase",
                None,
                1e-9,
                "a model that a naive forecast beats must not be the one that is published",
            ),
        ),
    )


def _hotspots() -> Part:
    return Part(
        "rows",
        ("hotspot_id",),
        (
            holds("hull_is_area", ("geometry_wkt",), _hull_is_area, "a hotspot is a valid polygon"),
            holds(
                "hull_has_its_area",
                ("geometry_wkt", "area_m2"),
                _hull_has_its_area,
                "the area that is stated is that of the hull that is drawn",
            ),
            holds(
                "hull_in_plausible_extent",
                ("geometry_wkt", "extent_west_m", "extent_south_m", "extent_east_m", "extent_north_m"),
                _hull_in_extent,
                "a hotspot more than 20 km from every known neighbourhood is a fault of coordinates",
            ),
            *_overlap("town_centre"),
            *_overlap("night_time"),
            between("records_there", "record_count", 1, None, "a cluster consists of records"),
            between("p_value_is_probability", "p_value", 0.0, 1.0, "a p value is a probability"),
            holds(
                "q_value_not_below_p_value",
                ("p_value", "q_value"),
                lambda frame, _: ~(frame["q_value"] < frame["p_value"] - 1e-12),
                "correcting for many tests makes no hotspot surer",
            ),
            holds(
                "records_within_located",
                ("record_count", "located_record_count"),
                _in_order(("record_count", "located_record_count")),
                "the records of a hotspot are part of all that lie at its snap points",
            ),
        ),
    )


def _overlap(kind: str) -> tuple[Rule, Rule]:
    share, has_data = f"{kind}_overlap_share", f"has_{kind}_data"
    return (
        between(f"{kind}_overlap_is_share", share, 0.0, 1.0 + 1e-9, "an overlap is a share"),
        holds(
            f"{kind}_overlap_known_with_data",
            (share, has_data),
            lambda frame, _: frame[share].notna() == frame[has_data],
            "no overlap is 0 where there are data, and missing where there are none",
        ),
    )


def _hotspot_history() -> Part:
    return Part(
        "rows",
        ("window_end_month", "hotspot_id"),
        (
            between("records_there", "record_count", 1, None, "a cluster consists of records"),
            holds(
                "split_names_its_origin",
                ("event", "split_from_stable_id"),
                lambda frame, _: (frame["event"] == "split") == frame["split_from_stable_id"].notna(),
                "a hotspot that split off must say from which",
            ),
            holds(
                "merger_names_its_parts",
                ("event", "merged_stable_ids"),
                lambda frame, _: (frame["event"] == "merged") == frame["merged_stable_ids"].notna(),
                "a hotspot that others ended in must say which",
            ),
        ),
    )


def _hotspot_null() -> Part:
    return Part(
        "rows",
        ("measure",),
        (
            between("p_value_is_probability", "p_value", 0.0, 1.0, "a p value is a probability"),
            holds(
                "null_interval_in_order",
                ("null_lower", "null_upper"),
                lambda frame, _: ~(frame["null_lower"] > frame["null_upper"]),
                "an interval begins below its end",
            ),
        ),
    )


def _emerging() -> Part:
    return Part(
        "rows",
        ("lsoa_code", "measure"),
        (
            holds(
                "never_hot_has_no_class",
                ("emerging_class", "hot_month_count"),
                lambda frame, _: (frame["emerging_class"] == "none") == (frame["hot_month_count"] == 0),
                "an area that was never hot has no class, and one that was has one",
            ),
            between("p_value_is_probability", "trend_p_value", 0.0, 1.0, "a p value is a probability"),
            holds(
                "cluster_is_significant",
                ("cluster_class", "local_moran_q_value"),
                lambda frame, _: (
                    (frame["cluster_class"] != "not_significant") == (frame["local_moran_q_value"] <= 0.05)
                ),
                "a cluster or outlier is one that chance does not explain, and each such is named",
            ),
        ),
    )


def _spatial_tests() -> Part:
    return Part(
        "rows",
        ("measure", "statistic"),
        (
            holds(
                "interval_in_order",
                ("lower", "upper"),
                lambda frame, _: ~(frame["lower"] > frame["upper"]),
                "an interval begins below its end",
            ),
            between("p_value_is_probability", "p_value", 0.0, 1.0, "a p value is a probability"),
        ),
    )


def _hulls(frame: pd.DataFrame) -> object:
    import shapely

    return shapely.from_wkt(frame["geometry_wkt"].to_numpy(dtype=object), on_invalid="ignore")


def _hull_is_area(frame: pd.DataFrame, month: str | None) -> pd.Series:
    import pandas as pd
    import shapely

    hulls = _hulls(frame)
    is_polygon = pd.Series(shapely.get_type_id(hulls), index=frame.index) == 3
    return is_polygon & shapely.is_valid(hulls) & ~shapely.is_empty(hulls)


def _hull_has_its_area(frame: pd.DataFrame, month: str | None) -> pd.Series:
    import shapely

    difference = (frame["area_m2"] - shapely.area(_hulls(frame))).abs()
    return difference <= _AREA_TOLERANCE * frame["area_m2"] + 1.0


def _hull_in_extent(frame: pd.DataFrame, month: str | None) -> pd.Series:
    import shapely

    west, south, east, north = shapely.bounds(_hulls(frame)).T
    return (
        (west >= frame["extent_west_m"] - _MARGIN_M)
        & (south >= frame["extent_south_m"] - _MARGIN_M)
        & (east <= frame["extent_east_m"] + _MARGIN_M)
        & (north <= frame["extent_north_m"] + _MARGIN_M)
    )


def _call_scores() -> Part:
    return Part(
        "rows",
        ("target", "model", "metric"),
        (
            _ordered(("value_lower", "value", "value_upper")),
            holds(
                "clear_gain_is_above_zero",
                ("is_clear_gain", "gain_lower"),
                lambda frame, _: ~frame["is_clear_gain"] | (frame["gain_lower"] > 0),
                "a model may only be said to add to the look-up where the whole interval says so",
            ),
            holds(
                "measure_is_share",
                ("metric", "value"),
                lambda frame, _: (
                    ~frame["metric"].isin(_CALL_SHARES) | frame["value"].isna() | frame["value"].between(0, 1)
                ),
                "accuracies, recalls and areas under curves lie between 0 and 1",
            ),
            holds(
                "refit_gain_of_refits",
                ("model", "refit_gain"),
                lambda frame, _: frame["model"].str.endswith("_by_month") | frame["refit_gain"].isna(),
                "a model that is fitted once gains nothing by fitting anew",
            ),
        ),
    )


def _call_scenarios() -> Part:
    rule = between(
        "look_up_beside_models",
        "look_up_count",
        1,
        None,
        "a model of call priority says nothing without the look-up of the call type beside it",
    )
    return Part("scenarios", ("split", "location_precision", "target"), (rule,))


def _call_bins() -> Part:
    return Part(
        "rows",
        ("split", "model", "probability_bin"),
        (
            _share("mean_probability"),
            _share("observed_share"),
            _ordered(("observed_share_lower", "observed_share", "observed_share_upper")),
        ),
    )


def _share(column: str) -> Rule:
    return between(f"{column}_is_share", column, 0.0, 1.0, "a share lies between 0 and 1")


def _ordered(columns: tuple[str, ...]) -> Rule:
    return holds(
        "intervals_in_order",
        columns,
        _in_order(columns),
        "an interval holds what it is the interval of",
    )


def _in_order(columns: tuple[str, ...]) -> Derive:
    def condition(frame: pd.DataFrame, month: str | None) -> pd.Series:
        values = frame[list(columns)].astype(float)
        return ~(values.diff(axis="columns").iloc[:, 1:] < 0).any(axis="columns")

    return condition
