"""What must hold across the rows of an ml table, beyond its columns' own bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.schema import Check

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# Bounds of the British National Grid, in metres.
_EASTINGS_M = (0.0, 700_000.0)
_NORTHINGS_M = (0.0, 1_300_000.0)
# Sums of forecasts may differ by rounding only, relative to the whole.
SUM_TOLERANCE = 1e-9


def _gap_in_horizons(frame: pd.DataFrame) -> str | None:
    for series, horizons in frame.groupby("series")["horizon_months"]:
        if sorted(horizons) != list(range(1, len(horizons) + 1)):
            return f"the horizons of {series} are not 1, 2, 3 and so on without a gap"
    return None


def _not_one_champion(frame: pd.DataFrame) -> str | None:
    for series, flags in frame.groupby("series")["is_champion"]:
        if int(flags.sum()) != 1:
            return f"{series} has {int(flags.sum())} champions"
    return None


def _parts_that_do_not_add_up(frame: pd.DataFrame) -> str | None:
    measure = "harm_days" if "harm_days" in frame.columns else "crime_count"
    summed = frame[frame["is_reconciled"].astype(bool)]
    keys = ["series", "forecast_month"]
    wholes = summed.set_index(keys)[measure]
    parts = summed[summed["parent_series"] != ""].rename(
        columns={"series": "part", "parent_series": "series"}
    )
    sums = parts.groupby(["level", *keys])[measure].sum().reset_index()
    whole = wholes.reindex(sums.set_index(keys).index).to_numpy(dtype=float)
    off = abs(sums[measure].to_numpy(dtype=float) - whole)
    broken = ~(off <= SUM_TOLERANCE * (1 + abs(whole)))
    if not broken.any():
        return None
    first = sums[broken].iloc[0]
    month = f"{first['forecast_month']:%Y-%m}"
    return f"the {first['level']} forecasts do not add up to {first['series']} in {month}"


def _figures_of_suppressed(frame: pd.DataFrame) -> str | None:
    withheld = frame[frame["is_suppressed"].astype(bool)]
    shown = [name for name in ("stop_count", "rate_per_1000", "rate_ratio") if withheld[name].notna().any()]
    return f"{shown[0]} is shown of a group that is marked as withheld" if shown else None


def _broken_hull(frame: pd.DataFrame) -> str | None:
    import shapely

    shapes = _hulls(frame)
    broken = ~shapely.is_valid(shapes) | (shapely.area(shapes) <= 0)
    return f"{frame['hotspot_id'][broken].iloc[0]} has no valid hull" if broken.any() else None


def _hull_outside_grid(frame: pd.DataFrame) -> str | None:
    import shapely

    west, south, east, north = shapely.bounds(_hulls(frame)).T
    outside = (west < _EASTINGS_M[0]) | (east > _EASTINGS_M[1])
    outside |= (south < _NORTHINGS_M[0]) | (north > _NORTHINGS_M[1])
    return f"{frame['hotspot_id'][outside].iloc[0]} lies outside the grid" if outside.any() else None


def _hulls(frame: pd.DataFrame) -> np.ndarray:
    import shapely

    hulls: np.ndarray = shapely.from_wkt(frame["geometry_wkt"].to_numpy(dtype=object), on_invalid="ignore")
    return hulls


HORIZONS_COMPLETE = Check(
    "horizons_complete", "Every series is forecast for each month ahead.", _gap_in_horizons
)
PARTS_ADD_UP = Check(
    "parts_add_up", "Reconciled forecasts of parts add up to that of their whole.", _parts_that_do_not_add_up
)
ONE_CHAMPION = Check("one_champion", "Every series has one champion model.", _not_one_champion)
SUPPRESSED_WITHHELD = Check(
    "suppressed_withheld", "A group marked as withheld shows no figure.", _figures_of_suppressed
)
HULL_VALID = Check("hull_valid", "Every hull is a valid polygon with an area.", _broken_hull)
HULL_IN_GRID = Check(
    "hull_in_national_grid", "Every hull lies on the British National Grid.", _hull_outside_grid
)
