"""How much of each LSOA the risk map of 250 m cells flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.fairness.model_exposure import AREA_SHARES

if TYPE_CHECKING:
    import pandas as pd

GRID_MEASURES = {"risk_grid_crime": "expected_crime_count", "risk_grid_harm": "expected_harm_days"}


def grid_exposure(cells: pd.DataFrame, lsoas: pd.DataFrame) -> pd.DataFrame:
    """Share of each LSOA's area, and so of its residents, that the flagged cells cover.

    Cells with the highest forecast are flagged, the last ones in part, as in the map's backtest: up to a
    share of all cells that the LSOAs fill. Only cells with a record are published; the others, of which
    next to nothing is expected, come after them. As of hotspot hulls, residents are taken to be spread
    evenly over their LSOA.

    Parameters
    ----------
    cells : DataFrame
        Rows of ``ml_risk_grid`` of one crime group: ``cell_easting_m``, ``cell_northing_m`` (south-west
        corner, EPSG:27700), ``expected_crime_count``, ``expected_harm_days``.
    lsoas : DataFrame
        The LSOAs that the map forecasts for, one row each: ``lsoa_code``, ``geometry_wkb`` (EPSG:27700,
        metres, valid).

    Returns
    -------
    DataFrame
        ``model``, ``flagged_area``, ``lsoa_code`` and ``covered_area_share`` in [0, 1]: every LSOA for each
        map and flagged area; no rows without cells or LSOAs.

    Raises
    ------
    ValueError
        A column is missing, an LSOA repeats, or an LSOA has no polygon.
    """
    import numpy as np
    import pandas as pd
    import shapely

    from ml.hotspots.exposure import lsoa_polygons
    from ml.risk.metrics import flagged_at
    from ml.risk.study import CELL_M

    polygons = lsoa_polygons(lsoas, "grid_exposure")
    columns = ["model", "flagged_area", "lsoa_code", "covered_area_share"]
    if cells.empty or lsoas.empty:
        return pd.DataFrame(columns=columns)
    areas = shapely.area(polygons)
    budgets = [share * areas.sum() / CELL_M**2 for share in AREA_SHARES.values()]
    flags = {
        model: flagged_at(cells[name].to_numpy(dtype=np.float64), np.ones(len(cells)), budgets)
        for model, name in GRID_MEASURES.items()
    }
    # Polygons are cut with cells that some map flags, and with no others.
    flagged = np.flatnonzero(np.vstack(list(flags.values())).any(axis=0))
    west, south = (
        cells[name].to_numpy(dtype=np.float64)[flagged] for name in ("cell_easting_m", "cell_northing_m")
    )
    squares = shapely.box(west, south, west + CELL_M, south + CELL_M)
    square, lsoa = shapely.STRtree(polygons).query(squares, predicate="intersects")
    overlap = shapely.area(shapely.intersection(polygons[lsoa], squares[square]))
    parts = []
    for model, shares in flags.items():
        for words, share in zip(AREA_SHARES, shares, strict=True):
            covered = np.bincount(lsoa, overlap * share[flagged][square], minlength=len(lsoas)) / areas
            part = lsoas[["lsoa_code"]].assign(model=model, flagged_area=words)
            parts.append(part.assign(covered_area_share=np.clip(covered, 0.0, 1.0)))
    return pd.concat(parts, ignore_index=True)[columns]
