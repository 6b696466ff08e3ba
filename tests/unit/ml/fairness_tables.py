"""Small fairness tables as the functions of ``ml`` make them, each with a group that is withheld."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from ml.fairness import audit_hotspot_exposure, audit_stops
from ml.fairness.calibration import calibration_by_group
from ml.fairness.composition import composition
from ml.fairness.errors import error_parity
from ml.fairness.feedback import feedback_on_lsoas
from ml.fairness.frontier import fairness_frontier
from ml.fairness.grid_exposure import GRID_MEASURES
from ml.fairness.long_table import long_table
from ml.fairness.model_exposure import AREA_SHARES, model_exposure
from ml.fairness.stop_rates import stop_rates
from tests.unit.ml.test_ml_fairness import stops
from tests.unit.ml.test_ml_fairness_stop_rates import one_place

_COUNTS = {"White": 4000, "Black": 900, "Asian": 60, "Mixed": 20, "Other": 4, "Not stated": 300}
_SIZES = {"White": 9000, "Black": 800, "Asian": 700, "Mixed": 100, "Other": 100}
_LSOAS = 40


@lru_cache(maxsize=1)
def fairness_tables() -> dict[str, pd.DataFrame]:
    """Return the tables by name, of a force with an area of 40 LSOAs and, of searches, one without."""
    rows = [("bedfordshire", "E01", *item) for item in _SIZES.items()]
    residents = pd.DataFrame(rows, columns=["force_slug", "district_code", "ethnic_group", "resident_count"])
    groups = {f"{name.lower()}_count": size for name, size in _SIZES.items()} | {"other_count": 0}
    number = np.arange(_LSOAS)
    lsoas = pd.DataFrame({"lsoa_code": [f"E01{n:06}" for n in number]}).assign(
        **groups,
        population_count=sum(groups.values()),
        resident_count=sum(groups.values()),
        imd_2025_decile=number % 10 + 1,
        area_km2=0.5 + number,
        covered_area_share=np.linspace(0, 1, _LSOAS),
        daily_crime_count=1.0 + number % 7,
    )
    past = pd.concat(
        lsoas[["lsoa_code"]].assign(
            forecast_month=pd.Timestamp(2025, month, 1),
            crime_group=group,
            expected_crime_count=1.0 + number % 9,
            recorded_crime_count=(number + month) % 4,
            expected_harm_days=2.0 + number % 7,
            recorded_harm_days=3.0 * ((number + month) % 4),
            crime_count_lower_95=0,
            crime_count_lower_80=0,
            crime_count_upper_80=number % 3,
            crime_count_upper_95=2,
        )
        for month in range(1, 8)
        for group in ("all_crime", "burglary", "violence_robbery")
    )
    risk = lsoas[["lsoa_code"]].assign(expected_crime_count=number + 1.0, expected_harm_days=number + 2.0)
    grid = pd.concat(
        lsoas[["lsoa_code", "covered_area_share"]].assign(model=model, flagged_area=words)
        for model in GRID_MEASURES
        for words in AREA_SHARES
    )
    own = stops(**{name.replace(" ", "_"): count for name, count in _COUNTS.items()})
    own["resident_count"] = own["ethnic_group"].map(_SIZES).astype("Int64")
    by_age = pd.DataFrame(
        {
            "force_slug": "bedfordshire",
            "district_code": "E01",
            "age_range": ["18-24", "25-34", "18-24", "25-34"],
            "gender": ["Male", "Male", "Female", "Female"],
            "resident_count": [5_000, 6_000, 5_500, 6_500],
        }
    )
    # The transport police have searches and no area, so no residents.
    without_area = own.assign(force_slug="btp", resident_count=pd.array([None] * len(own), "Int64"))
    audits = {
        "ml_fairness_stops": audit_stops(pd.concat([own, without_area], ignore_index=True)),
        "ml_fairness_hotspot_exposure": audit_hotspot_exposure(lsoas),
        "ml_fairness_stop_rates": stop_rates(one_place(_COUNTS), residents, by_age),
        "ml_fairness_models": model_exposure(lsoas, risk, grid),
        "ml_fairness_errors": error_parity(past, lsoas),
        "ml_fairness_composition": composition(past, lsoas),
        "ml_fairness_calibration": calibration_by_group(past, lsoas),
    }
    return audits | {
        "ml_fairness_groups": long_table(audits),
        "ml_fairness_frontier": fairness_frontier(lsoas.merge(risk, on="lsoa_code")),
        "ml_fairness_feedback": feedback_on_lsoas(lsoas),
    }
