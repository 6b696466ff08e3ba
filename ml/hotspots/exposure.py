"""Residents inside hotspot hulls, by areal interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


def hotspot_population_exposure(hotspots: pd.DataFrame, lsoas: pd.DataFrame) -> pd.DataFrame:
    """Share of each LSOA's area, and so of its residents, that hotspot hulls cover.

    This is areal interpolation: residents are taken to be spread evenly over their LSOA. They are
    not, and hulls lie on streets where homes stand closer together, so exposure in large, half-empty
    LSOAs is understated. Hulls that overlap are counted once.

    Parameters
    ----------
    hotspots : DataFrame
        Table ``ml_hotspots`` (``geometry_wkt``, EPSG:27700).
    lsoas : DataFrame
        One row per LSOA of the area audited: ``lsoa_code``, ``population_count`` and ``geometry_wkb``
        (EPSG:27700, metres, valid). Leave out LSOAs without crime data: they cannot hold a hotspot.

    Returns
    -------
    DataFrame
        The given columns without the geometry, in the given order, and ``covered_area_share`` in
        [0, 1] and ``exposed_resident_estimate`` (not rounded).

    Raises
    ------
    ValueError
        A column is missing, an LSOA repeats, or an LSOA has no polygon.
    """
    import numpy as np
    import shapely

    if "population_count" not in lsoas.columns:
        raise ValueError("hotspot_population_exposure: lsoas have no column 'population_count'")
    areas = lsoa_polygons(lsoas, "hotspot_population_exposure")
    share = np.zeros(len(lsoas))
    if len(hotspots) and len(lsoas):
        covered = shapely.union_all(shapely.from_wkt(hotspots["geometry_wkt"].to_numpy(dtype=object)))
        touched = shapely.STRtree(areas).query(covered, predicate="intersects")
        overlap = shapely.area(shapely.intersection(areas[touched], covered))
        share[touched] = np.clip(overlap / shapely.area(areas[touched]), 0.0, 1.0)
    table = lsoas.drop(columns="geometry_wkb").copy()
    table["covered_area_share"] = share
    table["exposed_resident_estimate"] = share * table["population_count"].astype("float64")
    return table


def lsoa_polygons(lsoas: pd.DataFrame, asked_by: str) -> npt.NDArray[np.object_]:
    """Return the polygon of each LSOA, in the given order.

    Parameters
    ----------
    lsoas : DataFrame
        One row per LSOA: ``lsoa_code``, ``geometry_wkb`` (EPSG:27700, metres, valid).
    asked_by : str
        Function that errors name.

    Raises
    ------
    ValueError
        A column is missing, an LSOA repeats, or an LSOA has no polygon.
    """
    import numpy as np
    import shapely

    for name in ("lsoa_code", "geometry_wkb"):
        if name not in lsoas.columns:
            raise ValueError(f"{asked_by}: lsoas have no column {name!r}")
    if lsoas["lsoa_code"].duplicated().any():
        raise ValueError(f"{asked_by}: an LSOA repeats; give one row per LSOA")
    if lsoas["geometry_wkb"].isna().any():
        code = lsoas.loc[lsoas["geometry_wkb"].isna(), "lsoa_code"].iloc[0]
        raise ValueError(f"{asked_by}: LSOA {code} has no polygon; leave it out")
    return np.asarray(shapely.from_wkb([bytes(value) for value in lsoas["geometry_wkb"]]), dtype=object)
