"""Who is whose neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def nearest_neighbours(easting_m: npt.ArrayLike, northing_m: npt.ArrayLike, count: int = 8) -> csr_array:
    """Weight 1 for the nearest places of each place, itself left out.

    Areas that meet at a point or across a river make contiguity a matter of how polygons were drawn; the
    nearest centroids need no polygons, and give every place the same number of neighbours.

    Parameters
    ----------
    easting_m, northing_m : array_like of float, shape (n,)
        Centroids, in metres, all distinct.
    count : int
        Neighbours of each place; all others where there are fewer.

    Returns
    -------
    sparse array, shape (n, n)
        Not symmetric: a place at the edge has neighbours that have nearer ones.
    """
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    points = np.column_stack([np.asarray(easting_m, float), np.asarray(northing_m, float)])
    size = len(points)
    kept = min(count, size - 1)
    if kept < 1:
        return csr_array((size, size))
    near = cKDTree(points).query(points, k=kept + 1)[1][:, 1:]
    rows = np.repeat(np.arange(size), kept)
    return csr_array((np.ones(size * kept), (rows, near.reshape(-1))), shape=(size, size))
