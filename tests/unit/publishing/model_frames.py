"""Warehouse tables of the models, made by a seeded generator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from tests.unit.publishing.frames import FORCES, GROUPS, SCHEMES, seasonal


def make_models(
    rng: np.random.Generator, areas: pd.DataFrame, months: pd.DatetimeIndex
) -> dict[str, pd.DataFrame]:
    """Hotspots, a risk map and a forecast with their backtests, and both fairness audits."""
    return {
        "ml_hotspots": _hotspots(rng, areas, months),
        "ml_risk_lsoa": _risk(areas, months),
        "ml_risk_backtest": _risk_backtest(),
        "ml_forecast_harm": _forecast(rng, months),
        "ml_forecast_scores": _scores(),
        "ml_fairness_stops": _stop_audit(),
        "ml_fairness_hotspot_exposure": _exposure(),
    }


def _hotspots(rng: np.random.Generator, areas: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    chosen = areas.iloc[rng.choice(len(areas), 6, replace=False)]
    shapes = []
    for east, north in zip(chosen["easting_m"], chosen["northing_m"], strict=True):
        cloud = rng.normal((east, north), (130, 90), (12, 2))
        shapes.append(shapely.MultiPoint(cloud).convex_hull)
    shapes[-1] = shapely.Point(chosen["easting_m"].iloc[-1], chosen["northing_m"].iloc[-1])
    return pd.DataFrame(
        {
            "hotspot_id": [f"H{i:03d}" for i in range(6)],
            "record_count": rng.integers(30, 400, 6),
            "harm_days": np.round(rng.gamma(3, 9_000, 6)),
            "harm_scheme": SCHEMES[0],
            "distinct_point_count": [9, 8, 12, 7, 6, 1],
            "area_m2": [s.area for s in shapes],
            "dominant_crime_type": "Violence and sexual offences",
            "town_centre_name": ["Northport Quay", None, None, "Southbay", None, None],
            "town_centre_overlap_share": [0.7, 0.0, 0.0, 0.4, 0.0, np.nan],
            "night_time_overlap_share": [0.83, 0.0, 0.0, 0.02, 0.0, np.nan],
            "window_start_month": months[-12],
            "window_end_month": months[-1],
            "null_recurrence_share": [1.0, 0.4, 0.2, 0.9, 0.05, np.nan],
            "p_value": [0.0001, 0.005, 0.03, 0.1, 0.9, np.nan],
            "q_value": [0.0002, 0.01, 0.04, 0.2, 0.9, np.nan],
            "persistence": ["persistent", "emerging", "new", "sporadic", "persistent", None],
            "geometry_wkt": [s.wkt for s in shapes],
        }
    )


def _risk(areas: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    expected = np.linspace(40.0, 2.0, len(areas))
    counts = {
        f"{name}_{side}_80": np.floor(expected * scale * factor)
        for name, scale in (("crime_count", 1), ("harm_days", 160))
        for side, factor in (("lower", 0.7), ("upper", 1.4))
    }
    frame = pd.DataFrame(
        {
            "lsoa_code": areas["lsoa_code"],
            "forecast_month": months[-1] + pd.DateOffset(months=1),
            "train_start_month": months[0],
            "train_end_month": months[-1],
            "expected_crime_count": expected,
            "expected_harm_days": 160 * expected,
            **counts,
        }
    )
    return pd.concat([frame.assign(crime_group=group) for group in ("all_crime", "burglary")])


def _risk_backtest() -> pd.DataFrame:
    """All crime is won by a model, burglary by counting."""
    rows = [
        ("all_crime", "mixture", False, True, 1.1, 0.20, 0.81),
        ("all_crime", "mean_12", True, False, 1.2, 0.21, 0.82),
        ("burglary", "mixture", False, False, 1.0, 0.13, 0.9),
        ("burglary", "mean_12", True, True, 0.9, 0.14, 0.91),
    ]
    long = [
        ("lsoa", group, model, metric, share, value, value - 0.01, value + 0.01, 17, is_baseline, is_champion)
        for group, model, is_baseline, is_champion, deviance, caught, covered in rows
        for metric, share, value in (
            ("poisson_deviance", 1.0, deviance),
            ("hit_rate", 0.05, caught),
            ("coverage_80_share", 1.0, covered),
        )
    ]
    columns = "area_kind crime_group model metric area_share metric_value metric_value_lower"
    columns += " metric_value_upper origin_count is_baseline is_champion"
    return pd.DataFrame(long, columns=columns.split()).assign(force_slug="all", verdict="chosen among two")


def _forecast(rng: np.random.Generator, months: pd.DatetimeIndex) -> pd.DataFrame:
    ahead = pd.date_range(months[-1], periods=13, freq="MS")[1:]
    middle = seasonal(rng, ahead, 18_700 * 160)
    spread = middle * 0.03 * np.sqrt(np.arange(1, 13))
    bounds = {
        f"harm_days_{side}_{level}": middle + sign * z * spread
        for level, z in ((80, 1.28), (95, 1.96))
        for side, sign in (("lower", -1), ("upper", 1))
    }
    total = pd.DataFrame(
        {
            "series": "total",
            "level": "total",
            "parent_series": "",
            "forecast_month": ahead,
            "horizon_months": np.arange(1, 13),
            "model": "ets",
            "harm_days": middle,
            **bounds,
            "harm_scheme": SCHEMES[0],
            "note": pd.array([None] * 12, dtype="string"),
        }
    )
    amounts = ["harm_days", *bounds]
    halves = [
        total.assign(series=force, level="force", parent_series="total", **total[amounts] / 2)
        for force in FORCES
    ]
    return pd.concat([total, *halves], ignore_index=True)


def _scores() -> pd.DataFrame:
    models = ("ets", "seasonal_naive", "naive", "drift")
    rows = [
        (series, model, 8, mase + shift, 61_000 * (mase + shift), 0.79, 0.94, model == models[0], None)
        for series, shift in (("total", 0.0), (FORCES[0], 0.03), (FORCES[1], 0.07))
        for model, mase in zip(models, (0.81, 1.02, 1.31, 0.9), strict=True)
    ]
    columns = [
        "series",
        "model",
        "origin_count",
        "mase",
        "mean_absolute_error_harm_days",
        "coverage_80_share",
    ]
    frame = pd.DataFrame(rows, columns=[*columns, "coverage_95_share", "is_champion", "note"])
    frame["level"] = frame["series"].eq("total").map({True: "total", False: "force"})
    return frame.astype({"note": "string"})


def _stop_audit() -> pd.DataFrame:
    rows = []
    for force in FORCES:
        for basis in ("self_defined", "officer_defined"):
            for group, stops, ratio in zip(
                GROUPS, (1_500, 240, 310, 130, 7), (1, 1.4, 4.1, 1.9, 0.8), strict=True
            ):
                rate = 3.75 * ratio
                row = (
                    force,
                    basis,
                    group,
                    stops,
                    40_000,
                    rate,
                    rate * 0.9,
                    rate * 1.1,
                    ratio,
                    ratio * 0.9,
                    ratio * 1.12,
                )
                rows.append((*row, 0.1, ratio * 0.8, ratio * 1.3, 0.7, 0.66, 0.74, False))
    names = (
        "force_slug ethnicity_basis group_name stop_count resident_count rate_per_1000 rate_per_1000_lower"
    )
    names += " rate_per_1000_upper rate_ratio rate_ratio_lower rate_ratio_upper not_stated_share"
    names += " rate_ratio_best_case"
    names += " rate_ratio_worst_case no_further_action_share no_further_action_share_lower"
    names += " no_further_action_share_upper is_suppressed"
    frame = pd.DataFrame(rows, columns=names.split())
    return frame.assign(model="stop_and_search", attribute="ethnic_group", reference_group="White")


def _exposure() -> pd.DataFrame:
    deciles = [("imd_2025_decile", str(i), "10", max(0.02, 0.3 - 0.03 * i)) for i in range(1, 11)]
    groups = [
        ("ethnic_group", g, "White", s) for g, s in zip(GROUPS, (0.1, 0.16, 0.24, 0.17, 0.15), strict=True)
    ]
    frame = pd.DataFrame(
        [*deciles, *groups], columns=["attribute", "group_name", "reference_group", "exposed_share"]
    )
    share = frame["exposed_share"]
    return frame.assign(
        model="hotspots",
        resident_count=60_000,
        exposed_resident_count=(60_000 * share).astype(int),
        exposed_share_lower=share * 0.95,
        exposed_share_upper=share * 1.05,
        disparity_ratio=share / 0.1,
        is_suppressed=False,
    )
