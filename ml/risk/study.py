"""What risk is forecast for: months that are held whole, the areas, and the history of each crime group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.crime_groups import ALL_CRIME, GROUP_NAMES, OTHER, group_by_type
from ml.common.history import months_asked
from ml.risk.cells import Cells, Floats, Lattice
from ml.risk.history import History, make_history

if TYPE_CHECKING:
    import pandas as pd

CELL_M = 250.0
#: A year before the first origin, so that each candidate has seen each month of the year.
SHORTEST = 12
#: With fewer origins a paired interval means nothing, and no challenger can win.
FEWEST_ORIGINS = 6
#: Deprivation's own crime domain is built from recorded crime, and so may not explain it.
DOMAINS = ("income", "employment", "education", "health", "housing", "environment")
Months = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Stretch:
    """Forces and months that models may learn from: consecutive, and each force has each month.

    Parameters
    ----------
    forces : tuple of str
        Those that have all of the months.
    months : ndarray of datetime64[M]
        Up to the newest month, ascending.
    left_out_forces : dict of str to int
        How many months in a row each other force has up to the newest: 0 without the newest itself, as a
        month that was not sent is not a month without crime.
    earlier_month_count : int
        Months with records before the stretch, which a gap parts from it.
    """

    forces: tuple[str, ...]
    months: Months
    left_out_forces: dict[str, int]
    earlier_month_count: int


@dataclass(frozen=True, eq=False)
class Study:
    """Areas of one kind, with what was recorded in them month by month.

    Parameters
    ----------
    area_kind : str
        'lsoa' or 'grid'.
    areas : DataFrame
        One row per area in the order of ``cells``; its first column names the area.
    cells : Cells
        Their places, sizes and features.
    forces : ndarray of object, shape (cells,)
        Force of each area.
    months : ndarray of datetime64[M]
        Months of the histories.
    counts, harm : dict of str to History
        By crime group: records, and harm days.
    left_out_count : int
        Records of these months that lie in none of the areas.
    """

    area_kind: str
    areas: pd.DataFrame
    cells: Cells
    forces: npt.NDArray[np.object_]
    months: Months
    counts: dict[str, History]
    harm: dict[str, History]
    left_out_count: int

    @property
    def until(self) -> float:
        """End of the month to forecast, in days since 1970."""
        return float((self.months[-1] + 2).astype("datetime64[D]").astype(np.int64))


def held_whole(force_months: pd.DataFrame) -> Stretch | None:
    """Find the months that models may learn from; None without any record.

    A force with fewer months in a row than a backtest takes is left out where most have as many: one that
    has just joined, or lost a month, would cost every other force its history.

    Parameters
    ----------
    force_months : DataFrame
        ``force_slug`` and ``crime_month`` of the files that have records.
    """
    if force_months.empty:
        return None
    months = force_months["crime_month"].to_numpy().astype("datetime64[M]")
    slugs = force_months["force_slug"].to_numpy(dtype=object)
    newest = months.max()
    lengths = {str(force): _in_a_row(months[slugs == force], newest) for force in sorted(set(slugs))}
    asked = months_asked([length for length in lengths.values() if length], SHORTEST + FEWEST_ORIGINS, 1)
    forces = tuple(force for force, length in lengths.items() if length >= asked)
    first = newest - min(lengths[force] for force in forces) + 1
    earlier = int((np.unique(months) < first).sum())
    left_out = {force: length for force, length in lengths.items() if force not in forces}
    return Stretch(forces, np.arange(first, newest + 1), left_out, earlier)


def _in_a_row(months: Months, newest: np.datetime64) -> int:
    """How many months lie in a row up to the newest one."""
    back = np.unique((newest - months).astype(int))
    return int((back == np.arange(len(back))).sum())


def lsoa_study(records: pd.DataFrame, lsoas: pd.DataFrame, months: Months) -> Study:
    """Study the neighbourhoods; each weighs the same in a share of the area.

    Parameters
    ----------
    records : DataFrame
        ``lsoa_code``, ``crime_month``, ``crime_type``, ``crime_count``, ``harm_days``; more columns and
        several rows for the same do no harm.
    lsoas : DataFrame
        ``lsoa_code``, ``force_slug``, ``easting_m``, ``northing_m``, ``area_km2``, ``population_count`` and
        the scores of `DOMAINS`; nulls take the median.
    months : ndarray of datetime64[M]
        Months to learn from.
    """
    records = _within(records, months)
    xy = lsoas[["easting_m", "northing_m"]].to_numpy(np.float64)
    cells = Cells(xy, np.ones(len(lsoas)), features=_features(lsoas))
    areas = lsoas[["lsoa_code"]].reset_index(drop=True)
    return _study("lsoa", areas, cells, _forces(lsoas, areas), records, months)


def grid_study(records: pd.DataFrame, lsoas: pd.DataFrame, months: Months) -> Study:
    """Study square cells of 250 m on the National Grid.

    A cell belongs to the study when its centre lies in one of the neighbourhoods, or when one of their
    records lies in it: at the edge, snap points fall into cells whose centres are outside.

    Parameters
    ----------
    records : DataFrame
        As for `lsoa_study`, with ``cell_easting_m`` and ``cell_northing_m``, the south-west corner of the
        cell of each; null where a record has a neighbourhood and no point.
    lsoas : DataFrame
        As for `lsoa_study`, with ``geometry_wkb`` (EPSG:27700); one without a boundary has the cells of its
        records.
    months : ndarray of datetime64[M]
        Months to learn from.
    """
    import pandas as pd

    records = _within(records, months)
    known = records[records["lsoa_code"].isin(lsoas["lsoa_code"])].dropna(subset="cell_easting_m")
    corners = ["cell_easting_m", "cell_northing_m"]
    busiest = known.groupby([*corners, "lsoa_code"])["crime_count"].sum().reset_index()
    busiest = busiest.sort_values([*corners, "crime_count", "lsoa_code"], ascending=[True, True, False, True])
    # Where a centre lies decides; the neighbourhood of most records names the cells of the edge.
    named = pd.concat([_cells_by_centre(lsoas), busiest.drop(columns="crime_count")])
    areas = named.drop_duplicates(corners).sort_values(corners[::-1]).reset_index(drop=True)
    west, south = areas["cell_easting_m"].to_numpy(), areas["cell_northing_m"].to_numpy()
    ids = [f"E{int(east):06d}N{int(north):07d}" for east, north in zip(west, south, strict=True)]
    areas = areas.assign(cell_id=ids)[["cell_id", *corners, "lsoa_code"]]
    column = ((west - west.min()) / CELL_M).astype(np.int64)
    row = ((south - south.min()) / CELL_M).astype(np.int64)
    index = np.full((row.max() + 1, column.max() + 1), -1, dtype=np.int64)
    index[row, column] = np.arange(len(areas))
    cells = Cells(
        np.column_stack([west, south]) + CELL_M / 2,
        np.full(len(areas), CELL_M**2),
        Lattice(float(west.min()), float(south.min()), CELL_M, index),
        _features(lsoas.set_index("lsoa_code").loc[areas["lsoa_code"]]),
    )
    placed = records.merge(areas[["cell_id", *corners]], on=corners, how="left")
    placed.loc[~placed["lsoa_code"].isin(lsoas["lsoa_code"]), "cell_id"] = None
    return _study("grid", areas, cells, _forces(lsoas, areas), placed, months)


def _within(records: pd.DataFrame, months: Months) -> pd.DataFrame:
    month = records["crime_month"].to_numpy().astype("datetime64[M]")
    return records[(month >= months[0]) & (month <= months[-1])]


def _cells_by_centre(lsoas: pd.DataFrame) -> pd.DataFrame:
    """South-west corners of the cells whose centres lie in a neighbourhood, with its code."""
    import pandas as pd
    import shapely

    lsoas = lsoas.dropna(subset="geometry_wkb")
    if lsoas.empty:
        return pd.DataFrame({"cell_easting_m": [], "cell_northing_m": [], "lsoa_code": []})
    shapes = shapely.from_wkb(lsoas["geometry_wkb"].map(bytes).to_numpy(dtype=object))
    west, south, east, north = (side * CELL_M for side in _spans(shapely.total_bounds(shapes)))
    x, y = np.meshgrid(np.arange(west, east, CELL_M), np.arange(south, north, CELL_M))
    centres = shapely.points(x.ravel() + CELL_M / 2, y.ravel() + CELL_M / 2)
    point, shape = shapely.STRtree(shapes).query(centres, predicate="intersects")
    return pd.DataFrame(
        {
            "cell_easting_m": x.ravel()[point],
            "cell_northing_m": y.ravel()[point],
            "lsoa_code": lsoas["lsoa_code"].to_numpy(dtype=object)[shape],
        }
    ).sort_values("lsoa_code", kind="stable")


def _spans(bounds: Floats) -> tuple[float, float, float, float]:
    low, high = np.floor(bounds[:2] / CELL_M), np.ceil(bounds[2:] / CELL_M)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _features(lsoas: pd.DataFrame) -> dict[str, Floats]:
    residents = lsoas["population_count"].astype(np.float64)
    columns = {name: lsoas[f"{name}_score"].astype(np.float64) for name in DOMAINS}
    columns["residents_log"] = residents.map(np.log1p)
    columns["residents_per_km2_log"] = (residents / lsoas["area_km2"]).map(np.log1p)
    # Without any value (Wales has no English deprivation) a feature says nothing.
    filled = {name: column.fillna(column.median()).fillna(0.0) for name, column in columns.items()}
    return {name: np.asarray(column, dtype=np.float64) for name, column in filled.items()}


def _forces(lsoas: pd.DataFrame, areas: pd.DataFrame) -> npt.NDArray[np.object_]:
    return lsoas.set_index("lsoa_code")["force_slug"].loc[areas["lsoa_code"]].to_numpy(dtype=object)


def _study(
    area_kind: str,
    areas: pd.DataFrame,
    cells: Cells,
    forces: npt.NDArray[np.object_],
    records: pd.DataFrame,
    months: Months,
) -> Study:
    import pandas as pd

    month = records["crime_month"].to_numpy().astype("datetime64[M]")
    cell = pd.Index(areas.iloc[:, 0]).get_indexer(pd.Index(records[areas.columns[0]]))
    is_placed = cell >= 0
    left_out = int(records["crime_count"].to_numpy()[~is_placed].sum())
    records, month, cell = records[is_placed], month[is_placed], cell[is_placed]
    repeats = records["crime_count"].to_numpy(np.int64)
    edges = np.append(months, months[-1] + 1).astype("datetime64[D]").astype(np.float64)
    place = (month - months[0]).astype(np.int64)
    days = np.repeat((edges[place] + edges[place + 1]) / 2, repeats)
    weights = np.repeat(records["harm_days"].to_numpy(np.float64) / repeats, repeats)
    group = records["crime_type"].map(group_by_type()).fillna(OTHER).to_numpy(dtype=object)
    groups, events = np.repeat(group, repeats), np.repeat(np.asarray(cell, dtype=np.int64), repeats)
    counts, harm = {}, {}
    for name in GROUP_NAMES:
        own = np.ones(len(groups), dtype=bool) if name == ALL_CRIME else groups == name
        counts[name] = make_history(cells, events[own], days[own], edges)
        harm[name] = make_history(cells, events[own], days[own], edges, weights[own])
    return Study(area_kind, areas, cells, forces, months, counts, harm, left_out)
