"""What the watch for drift reads, of two steady years but for what is planted from a month on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.monitoring import Watch, monitor
from tests.unit.ml.planted_calls import BROKEN, MONTHS, incidents

#: Mean records of a month, and harm days of one.
_KINDS = {
    "Robbery": (60.0, 9.0),
    "Burglary": (200.0, 3.0),
    "Drugs": (140.0, 1.0),
    "Shoplifting": (300.0, 0.5),
}
_FORCES = ("kent", "surrey")
# As many as in the sandbox: of eight, half are missed by chance in one month of eighteen.
_SERIES = {"total": "total", "kent": "force", "surrey": "force", **{f"d{n}": "district" for n in range(21)}}
_AREAS = 40
_HARM_OF_ONE = 3.0
#: What comes, as a factor of what came before, in the late months of a change.
_RISK_FACTORS = {"risk count": (2.2, 1.0), "risk harm": (1.0, 2.2), "risk harm gone": (1.0, 0.3)}


def counts(change: str = "", seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return records by type, and those without an area."""
    generator = np.random.default_rng(seed)
    means = {"mix": {"Drugs": 4.0, "Shoplifting": 0.2}}.get(change, {})
    rows, totals = [], []
    for month in MONTHS:
        is_late, total = month >= BROKEN, 0
        for kind, (mean, weight) in _KINDS.items():
            factor = means.get(kind, 1.8 if change == "volume" else 1.0) if is_late else 1.0
            weight *= 3 if change == "harm volume" and is_late else 1
            count = int(generator.poisson(mean * factor))
            rows.append(("kent", month, kind, count, count * weight, count * weight**2))
            total += count
        lost = 0.3 if change == "unlocated" and is_late else 0.04
        totals.append(("kent", month, total, int(total * lost)))
    names = ["force_slug", "crime_month", "crime_type", "crime_count", "harm_days", "squared_harm_days"]
    of_area = ["force_slug", "crime_month", "crime_count", "unlocated_count"]
    return pd.DataFrame(rows, columns=names), pd.DataFrame(totals, columns=of_area)


def predicted(change: str = "") -> pd.DataFrame:
    """Return what is expected of the next month, by area."""
    recent = np.linspace(2, 60, _AREAS)
    turned = {"prediction": "crime_count", "harm prediction": "harm_days"}.get(change)
    columns: dict[str, object] = {
        "forecast_month": pd.Timestamp("2026-01-01"),
        "lsoa_code": [f"E{number:08d}" for number in range(_AREAS)],
    }
    for amount in ("crime_count", "harm_days"):
        columns[f"recent_{amount}"] = recent
        columns[f"expected_{amount}"] = recent[::-1] if amount == turned else recent * 1.02
    return pd.DataFrame(columns)


def forecasts(is_broken: bool = False, seed: int = 8) -> pd.DataFrame:
    """Return forecasts of past months whose errors are normal; four times as large where broken."""
    generator = np.random.default_rng(seed)
    rows = []
    for month in MONTHS:
        for series, level in _SERIES.items():
            error = generator.normal(0, 10) * (4 if is_broken and month >= BROKEN else 1)
            rows.append((series, level, month, 200 + error, 200.0, 187.2, 212.8, 8.0))
    names = ["series", "level", "forecast_month", "actual", "predicted", "lower_80", "upper_80"]
    return pd.DataFrame(rows, columns=[*names, "scaling_error"]).assign(source="backtest")


def risk(change: str = "", seed: int = 10) -> pd.DataFrame:
    """Return risk maps of past months, right but for chance; harm is of records that weigh alike."""
    generator = np.random.default_rng(seed)
    more_records, more_harm = _RISK_FACTORS.get(change, (1.0, 1.0))
    expected = np.tile(np.linspace(2, 12, _AREAS), len(_FORCES))
    frames = []
    for month in MONTHS:
        count_factor, harm_factor = (more_records, more_harm) if month >= BROKEN else (1.0, 1.0)
        recorded = generator.poisson(expected * count_factor)
        columns = {
            "force_slug": np.repeat(_FORCES, _AREAS),
            "lsoa_code": [f"E{number:08d}" for number in range(_AREAS * len(_FORCES))],
            "forecast_month": month,
            "expected_crime_count": expected,
            "recorded_crime_count": recorded,
            "expected_harm_days": expected * _HARM_OF_ONE,
            "recorded_harm_days": generator.poisson(expected) * _HARM_OF_ONE * harm_factor,
            "source": "backtest",
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def calls(change: str = "") -> pd.DataFrame:
    """Return forecasts of dangerous calls."""
    area = np.where((MONTHS >= BROKEN) & (change == "calls"), 0.6, 0.9)
    error = np.where((MONTHS >= BROKEN) & (change == "promises"), 0.2, 0.03)
    figures = {"roc_auc": area, "expected_calibration_error": error, "calibration_floor_upper": 0.04}
    return pd.DataFrame({"agency": "somewhere", "month": MONTHS, "call_count": 300, **figures})


def watched(change: str = "") -> Watch:
    """Return what the watch finds."""
    return monitor(
        *counts(change),
        predicted(change),
        forecasts(change == "count error"),
        forecasts(change == "harm error"),
        risk(change),
        calls(change),
        incidents(change),
    )


def no_frames() -> tuple[pd.DataFrame, ...]:
    """Return what is read besides calls, without a row."""
    of_crimes, unlocated = counts()
    frames = (of_crimes, unlocated, predicted(), forecasts(), forecasts(), risk())
    return tuple(frame[:0] for frame in frames)
