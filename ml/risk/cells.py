"""Cells that risk is forecast for: any areas, or an equal-area grid whose origin can be moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """Where the cells of a grid lie.

    Parameters
    ----------
    left, bottom : float
        Corner of the grid, in the units of its coordinates.
    size : float
        Edge of a cell.
    index : ndarray of int, shape (rows, columns)
        Number of the cell at each place, -1 outside the study area; rows go north.
    """

    left: float
    bottom: float
    size: float
    index: Ints

    def locate(self, xy: Floats) -> Ints:
        """Number of the cell that holds each point, -1 outside the study area.

        Parameters
        ----------
        xy : ndarray, shape (n, 2)
            Eastings and northings.
        """
        place = np.floor((xy - [self.left, self.bottom]) / self.size)
        rows, columns = self.index.shape
        is_inside = (place >= 0).all(axis=1) & (place[:, 0] < columns) & (place[:, 1] < rows)
        found = np.full(len(xy), -1, dtype=np.int64)
        column, row = place[is_inside].astype(np.int64).T
        found[is_inside] = self.index[row, column]
        return found


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells, with what is known about them at any time.

    Parameters
    ----------
    xy : ndarray, shape (cells, 2)
        Centres, in metres (or the feet of a local grid, with distances in the same unit).
    area : ndarray, shape (cells,)
        Size that a share of the area is counted in: square metres, or 1 for "a share of the cells".
    lattice : Lattice, optional
        For cells of a grid.
    features : dict of str to ndarray, shape (cells,)
        What does not change within the study: deprivation, residents, distances.
    """

    xy: Floats
    area: Floats
    lattice: Lattice | None = None
    features: dict[str, Floats] = field(default_factory=dict)
    # Models are fitted to the same cells again and again: distances are measured once.
    _measured: dict[tuple[str, float], sp.csr_matrix] = field(init=False, default_factory=dict)

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.area)

    def smooth(self, amount: Floats, bandwidth: float) -> Floats:
        """Spread amounts over the surroundings with a Gaussian kernel; nothing is lost or added.

        Parameters
        ----------
        amount : ndarray, shape (cells,)
            Amount in each cell.
        bandwidth : float
            Standard deviation, in the units of the coordinates.

        Returns
        -------
        ndarray, shape (cells,)
            With the same sum.
        """
        if self.lattice is None:
            return np.asarray(self.kernel(bandwidth) @ amount)
        from scipy.ndimage import gaussian_filter

        is_cell = self.lattice.index >= 0
        raster = np.zeros(is_cell.shape)
        raster[is_cell] = amount[self.lattice.index[is_cell]]
        spread = gaussian_filter(raster, bandwidth / self.lattice.size, mode="constant")
        smoothed = np.zeros(self.count)
        smoothed[self.lattice.index[is_cell]] = spread[is_cell]
        # What the kernel carries over the edge of the study area comes back in proportion.
        total = smoothed.sum()
        return smoothed * (amount.sum() / total) if total > 0 else smoothed

    def kernel(self, bandwidth: float) -> sp.csr_matrix:
        """Gaussian weights between centres up to three bandwidths, each column summing to 1.

        Parameters
        ----------
        bandwidth : float
            Standard deviation, in the units of the coordinates.

        Returns
        -------
        sparse matrix, shape (cells, cells)
            Kept for the next who asks, as `near` is.
        """
        import scipy.sparse as sp

        key = ("kernel", bandwidth)
        if key not in self._measured:
            matrix = self.near(3 * bandwidth).copy()
            matrix.data = np.exp(-0.5 * (matrix.data / bandwidth) ** 2)
            self._measured[key] = matrix @ sp.diags(1.0 / np.asarray(matrix.sum(axis=0)).ravel())
        return self._measured[key]

    def near(self, radius: float) -> sp.csr_matrix:
        """Distances between cells no more than a radius apart, as stored entries (itself: 0).

        The matrix is kept for the next who asks: copy it before writing to it.

        Parameters
        ----------
        radius : float
            In the units of the coordinates.
        """
        import scipy.sparse as sp

        key = ("near", radius)
        if key not in self._measured:
            pairs = self._pairs(radius)
            self._measured[key] = sp.csr_matrix(
                (pairs["v"], (pairs["i"], pairs["j"])), shape=(self.count, self.count)
            )
        return self._measured[key]

    def _pairs(self, radius: float) -> npt.NDArray[np.void]:
        from scipy.spatial import cKDTree

        tree = cKDTree(self.xy)
        return tree.sparse_distance_matrix(tree, radius, output_type="ndarray")


def grid_over(outline: object, size: float, *, shift: tuple[float, float] = (0.0, 0.0)) -> Cells:
    """Square cells whose centres lie in an outline.

    Parameters
    ----------
    outline : shapely geometry
        Study area, in a projected system of equal units (EPSG:27700 for Great Britain).
    size : float
        Edge of a cell, in the outline's units: 250 m is the finest that police.uk's snapped points bear.
    shift : tuple of float
        How far to move the origin, as shares of a cell to the east and north. The origin alone moves
        results by a few events, so claims are averaged over several.

    Returns
    -------
    Cells
        Numbered from the south-west, row by row.

    Raises
    ------
    ValueError
        No centre lies in the outline.
    """
    import shapely

    shapely.prepare(outline)
    west, south, east, north = shapely.bounds(outline)
    left = (np.floor(west / size) - 1 + shift[0]) * size
    bottom = (np.floor(south / size) - 1 + shift[1]) * size
    columns = int(np.ceil((east - left) / size)) + 1
    rows = int(np.ceil((north - bottom) / size)) + 1
    x = left + (np.arange(columns) + 0.5) * size
    y = bottom + (np.arange(rows) + 0.5) * size
    grid_x, grid_y = np.meshgrid(x, y)
    is_inside = shapely.contains_xy(outline, grid_x, grid_y)
    if not is_inside.any():
        raise ValueError(f"grid_over: no cell of {size:g} has its centre in the outline")
    index = np.full(is_inside.shape, -1, dtype=np.int64)
    index[is_inside] = np.arange(is_inside.sum())
    xy = np.column_stack([grid_x[is_inside], grid_y[is_inside]])
    return Cells(xy, np.full(len(xy), float(size) ** 2), Lattice(float(left), float(bottom), size, index))


def tally(index: Ints, amount: Floats, count: int) -> Floats:
    """Sum amounts by index, shape (count,).

    Parameters
    ----------
    index : ndarray of int, shape (n,)
        From 0 to below ``count``.
    amount : ndarray, shape (n,)
        What is summed.
    count : int
        Number of sums.
    """
    return np.bincount(index, amount, minlength=count).astype(np.float64)
