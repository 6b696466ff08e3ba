"""A made-up forecast, and the plan and simulation that come of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

AREAS = 60


def risk_frame() -> pd.DataFrame:
    """Forecasts of all crime and of two groups; the harm of area 7 is the highest, area 9 expects nothing."""
    rng = np.random.default_rng(3)
    codes = [f"E01{number:06d}" for number in range(AREAS)]
    violence, burglary = rng.gamma(2.0, 40.0, AREAS), rng.gamma(2.0, 20.0, AREAS)
    violence[7], burglary[7] = 900.0, 100.0
    violence[9] = burglary[9] = 0.0
    parts = {"all_crime": violence + burglary, "violence_robbery": violence, "burglary": burglary}
    frames = [
        pd.DataFrame(
            {
                "lsoa_code": codes,
                "crime_group": group,
                "forecast_month": pd.Timestamp("2026-01-01"),
                "train_start_month": pd.Timestamp("2025-01-01"),
                "train_end_month": pd.Timestamp("2025-12-01"),
                "expected_crime_count": harm / 20,
                "crime_count_lower_80": harm / 40,
                "crime_count_upper_80": harm / 10,
                "expected_harm_days": harm,
                "harm_days_lower_80": harm / 2,
                "harm_days_upper_80": harm * 2,
                "harm_scheme": "seed_article",
            }
        )
        for group, harm in parts.items()
    ]
    return pd.concat(frames, ignore_index=True)


def lsoa_frame() -> pd.DataFrame:
    """The areas of the forecast with deciles, six of each."""
    risk = risk_frame()
    own = risk[risk["crime_group"] == "all_crime"][["lsoa_code", "expected_crime_count"]]
    return own.assign(imd_2025_decile=np.arange(AREAS) % 10 + 1)
