"""Run by the Python of a peer's own environment: an installed package forecasts cells from counts by month.

Reads an .npz and writes an .npy, both named on the command line; imports nothing of this project.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_NEIGHBOURS = 8
_YEAR = 12
# Events lie at the centres of cells, so that a square around a centre holds exactly its own.
_HALF_EDGE_DEGREES = 1e-5


def predspot(known: dict[str, Any], *, is_kernel: bool) -> Any:
    """The default pipeline of predspot, monthly, on the cells given; a kernel density or counts by cell."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from predspot.crime_mapping import KDE, QuadratCount
    from predspot.dataset_preparation import Dataset
    from predspot.pipeline import build_default_pipeline
    from shapely.geometry import box

    lonlat, counts, months = known["lonlat"], known["counts"].astype(int), pd.to_datetime(known["months"])
    period, cell = (np.repeat(index, counts[np.nonzero(counts)]) for index in np.nonzero(counts))
    crimes = pd.DataFrame(
        {
            "tag": "crime",
            "t": months[period] + pd.Timedelta(days=14),
            "lon": lonlat[cell, 0],
            "lat": lonlat[cell, 1],
        }
    )
    points = gpd.GeoDataFrame(
        {"lon": lonlat[:, 0], "lat": lonlat[:, 1]},
        geometry=gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]),
        crs=4326,
    ).rename_axis("places")
    squares = points.set_geometry(points.buffer(_HALF_EDGE_DEGREES, cap_style="square"))
    around = gpd.GeoDataFrame(geometry=[box(*squares.total_bounds)], crs=4326)
    pipeline = build_default_pipeline(around, random_state=0)
    # The grid is the one thing changed: the same cells as everybody else's.
    pipeline.mapping = KDE("M", points) if is_kernel else QuadratCount("M", squares)
    pipeline.fit(Dataset(crimes, around))
    forecast = pipeline.predict()["crime_density"].droplevel("t")
    return forecast.reindex(points.index).to_numpy()


def getis_ord(known: dict[str, Any]) -> Any:
    """Gi* of the last year's counts by PySAL's esda, eight nearest neighbours: the usual hot spot map."""
    from esda.getisord import G_Local
    from libpysal.weights import KNN

    weights = KNN.from_array(known["xy"], k=_NEIGHBOURS)
    return G_Local(known["counts"][-_YEAR:].sum(axis=0), weights, star=True, permutations=0).Zs


def knox(known: dict[str, Any]) -> Any:
    """Pairs close in space and time, and the p value, by PySAL's pointpats."""
    import numpy as np
    from pointpats import Knox

    np.random.seed(0)
    test = Knox(known["xy"], known["days"][:, None], delta=1000.0, tau=14.0, permutations=99)
    return np.array([test.nst, test.p_sim])


METHODS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "predspot": lambda known: predspot(known, is_kernel=True),
    "predspot, counts": lambda known: predspot(known, is_kernel=False),
    "Gi* (esda)": getis_ord,
    "Knox (pointpats)": knox,
}


def main(method: str, given: str, answer: str) -> None:
    """Answer one question."""
    import numpy as np

    with np.load(given) as known:
        np.save(answer, np.asarray(METHODS[method](dict(known)), dtype=float))


if __name__ == "__main__":
    main(*sys.argv[1:])
