"""The hotspot tables: what was found, whether chance would find it, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.hotspots.settings import HotspotSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from ml.hotspots.null import Null, Scene

WINDOW_MONTHS = 12
HISTORY_WINDOWS = 12


@dataclass(frozen=True)
class HotspotTables:
    """Tables ``ml_hotspots``, ``ml_hotspot_history`` and ``ml_hotspot_null``.

    Parameters
    ----------
    hotspots, history, null : DataFrame
        As their contracts declare them.
    """

    hotspots: pd.DataFrame
    history: pd.DataFrame
    null: pd.DataFrame


def hotspot_tables(
    high_harm: pd.DataFrame,
    located_points: pd.DataFrame,
    town_centres: pd.DataFrame | None = None,
    *,
    harm_scheme: str,
    settings: HotspotSettings | None = None,
    seed: int = 20251125,
) -> HotspotTables:
    """Find the hotspots of the last twelve months, test them, and follow them through time.

    Parameters
    ----------
    high_harm : DataFrame
        Located ultra-high-harm records of all months, columns as in `find_clusters`.
    located_points : DataFrame
        One row per place: ``easting_m``, ``northing_m``, ``record_count``, all located records of the last
        window, of every kind, those of ultra-high harm included. ``is_night_time``, optional, is as
        `ml.hotspots.night_time.night_time_area` takes it.
    town_centres : DataFrame or GeoDataFrame, optional
        ``town_centre_name`` and ``geometry_wkb`` or ``geometry``, EPSG:27700. None or no rows: unknown.
    harm_scheme : str
        Scheme that ``harm_days`` were counted with.
    settings : HotspotSettings, optional
        How to find, draw and test; the defaults when not given.
    seed : int
        Seed of the relabellings.

    Raises
    ------
    ValueError
        A column or a record's place is missing, or a snap point has more ultra-high-harm records than
        located records.
    """
    from ml.common.contracts import ML_HOTSPOT_HISTORY, ML_HOTSPOT_NULL, ML_HOTSPOTS, conform, empty_frame

    if len(high_harm) == 0:
        contracts = (ML_HOTSPOTS, ML_HOTSPOT_HISTORY, ML_HOTSPOT_NULL)
        return HotspotTables(*(empty_frame(contract) for contract in contracts))
    settings = settings or HotspotSettings()
    searches = _roll(high_harm, settings)
    history = _history(searches, harm_scheme)
    last = searches[-1]
    hotspots, null = _tested(last, located_points, town_centres, settings, seed)
    now = history[history["window_end_month"] == last.end].set_index("hotspot_id")
    hotspots = hotspots.assign(
        harm_scheme=harm_scheme, window_start_month=last.start, window_end_month=last.end
    )
    for name in ("stable_id", "persistence"):
        hotspots[name] = hotspots["hotspot_id"].map(now[name])
    null = null.assign(
        method=settings.method,
        is_harm_weighted=settings.is_harm_weighted,
        hull=settings.hull,
        window_start_month=last.start,
        window_end_month=last.end,
    )
    return HotspotTables(
        conform(hotspots.drop(columns="shape"), ML_HOTSPOTS),
        conform(history, ML_HOTSPOT_HISTORY),
        conform(null, ML_HOTSPOT_NULL),
    )


@dataclass(frozen=True)
class _Search:
    start: pd.Timestamp
    end: pd.Timestamp
    table: pd.DataFrame
    kept: pd.DataFrame


def _roll(high_harm: pd.DataFrame, settings: HotspotSettings) -> list[_Search]:
    """Search every window of twelve months; a shorter history is one window."""
    import pandas as pd

    from ml.hotspots.find import find_clusters

    months = pd.to_datetime(high_harm["crime_month"]).reset_index(drop=True)
    records = high_harm.reset_index(drop=True)
    first, last = months.min(), months.max()
    whole = first + pd.DateOffset(months=WINDOW_MONTHS - 1)
    ends = pd.date_range(whole, last, freq="MS") if whole <= last else pd.DatetimeIndex([last])
    searches = []
    for end in ends:
        start = max(end - pd.DateOffset(months=WINDOW_MONTHS - 1), first)
        window = records[(months >= start) & (months <= end)]
        searches.append(_Search(start, end, *find_clusters(window, settings)))
    return searches


def _history(searches: list[_Search], harm_scheme: str) -> pd.DataFrame:
    """Follow the hotspots through all windows, and keep the last twelve of them."""
    import numpy as np
    import pandas as pd
    import shapely

    from ml.hotspots.identity import follow, window_persistence

    followed = follow([(f"{one.end:%Y-%m}", one.table["shape"].to_numpy()) for one in searches])
    rows = []
    for one, identities in list(zip(searches, followed, strict=True))[-HISTORY_WINDOWS:]:
        rows.append(
            one.table.assign(
                window_start_month=one.start,
                window_end_month=one.end,
                stable_id=[found.stable_id for found in identities],
                event=[found.event for found in identities],
                merged_stable_ids=_objects(", ".join(found.merged_ids) or None for found in identities),
                split_from_stable_id=_objects(found.split_from_id for found in identities),
            )
        )
    history = pd.concat(rows, ignore_index=True)
    # Of all windows: one that comes back after a year is not new.
    names = [{found.stable_id for found in identities} for identities in followed]
    classes = {
        name: window_persistence(np.array([name in held for held in names]), recent=HISTORY_WINDOWS)
        for name in history["stable_id"].unique()
    }
    history["persistence"] = [classes[name] for name in history["stable_id"]]
    history["harm_scheme"] = harm_scheme
    shapes = history.pop("shape").to_numpy(dtype=object)
    history["geometry_wkt"] = shapely.to_wkt(shapes, rounding_precision=2) if len(shapes) else np.array([])
    return history


def _objects(values: Iterable[str | None]) -> npt.NDArray[np.object_]:
    import numpy as np

    return np.array(list(values), dtype=object)


def _tested(
    last: _Search,
    located_points: pd.DataFrame,
    town_centres: pd.DataFrame | None,
    settings: HotspotSettings,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The hotspots of the last window with their p values, and what the null finds."""
    import shapely

    from ml.hotspots.find import add_places
    from ml.hotspots.night_time import night_time_area
    from ml.hotspots.null import relabel
    from ml.hotspots.overlap import overlap_share
    from ml.hotspots.shapes import dissolve_town_centres

    scene = scene_of(last.kept, located_points, is_harm_weighted=settings.is_harm_weighted)
    centres, night_time = None, night_time_area(located_points, settings.night_time_radius_m)
    if town_centres is not None and len(town_centres):
        centres = shapely.union_all(dissolve_town_centres(town_centres)[1])
    areas = {"town_centre_overlap_share": centres, "night_time_overlap_share": night_time}
    shapes = last.table["shape"].to_numpy()
    overlaps = {name: overlap_share(shapes, area) for name, area in areas.items()}
    null = relabel(scene, settings, seed=seed, areas=areas)
    table = _significant(last.table, scene, null)
    return add_places(table, town_centres, night_time), _null_table(table, scene, null, overlaps)


def scene_of(kept: pd.DataFrame, located_points: pd.DataFrame, *, is_harm_weighted: bool = False) -> Scene:
    """Lay the searched records onto the snap points of all located records.

    Parameters
    ----------
    kept : DataFrame
        The searched records with their ``cluster``, as `find_clusters` returns them.
    located_points : DataFrame
        As in `hotspot_tables`.
    is_harm_weighted : bool
        Whether they were searched by their harm.

    Raises
    ------
    ValueError
        A searched record lies at no located point, or more of them at a point than it has records.
    """
    import numpy as np

    from ml.hotspots.clusters import COORDINATE_DECIMALS, record_weights
    from ml.hotspots.null import Scene

    at = ["easting_m", "northing_m"]
    rounded = located_points[at].astype("float64").round(COORDINATE_DECIMALS)
    points = rounded.assign(located=located_points["record_count"].astype("int64")).groupby(at).sum()
    found = kept.groupby(at).agg(high=("cluster", "size"), cluster=("cluster", "first"))
    if not found.index.isin(points.index).all():
        raise ValueError("located_points lacks the place of an ultra-high-harm record")
    points = points.join(found)
    # Sorted as the points are; of those on one point, by harm, so that the input's order says nothing.
    by_point = kept.sort_values([*at, "harm_days"])
    return Scene(
        points=np.array(points.index.tolist(), dtype=np.float64).reshape(-1, 2),
        located_count=points["located"].to_numpy(),
        high_count=points["high"].fillna(0).to_numpy(dtype=np.int64),
        labels=points["cluster"].fillna(-1).to_numpy(dtype=np.int64),
        record_weight=record_weights(by_point["harm_days"]) if is_harm_weighted else None,
    )


def _significant(table: pd.DataFrame, scene: Scene, null: Null) -> pd.DataFrame:
    """Add counts of located records, p values and q values; the table's index is the cluster's label."""
    import numpy as np
    from scipy.stats import hypergeom

    from ml.hotspots.null import cluster_p_values
    from ml.spatial import benjamini_hochberg

    inside = scene.labels >= 0
    label = table.index.to_numpy(dtype=np.int64)
    located = np.bincount(scene.labels[inside], scene.located_count[inside], minlength=len(table))[label]
    high = table["record_count"].to_numpy(dtype=np.int64)
    all_high, all_located = int(scene.high_count.sum()), int(scene.located_count.sum())
    p_value = cluster_p_values(scene.excess(scene.labels, scene.amount)[label], null)
    return table.assign(
        located_record_count=located.astype(np.int64),
        place_p_value=hypergeom.sf(high - 1, all_located, all_high, located),
        p_value=p_value,
        q_value=benjamini_hochberg(p_value),
        null_recurrence_share=null.found_again.mean(axis=0)[label],
    )


def _null_table(table: pd.DataFrame, scene: Scene, null: Null, overlaps: dict[str, float]) -> pd.DataFrame:
    """One row per measure: as found, and over the relabellings."""
    import numpy as np
    import pandas as pd

    from ml.common.intervals import percentile_interval
    from ml.hotspots.null import upper_p_value

    all_high, all_located = int(scene.high_count.sum()), int(scene.located_count.sum())
    ratios = scene.excess(scene.labels, scene.amount)
    found_again = null.found_again.mean(axis=1) if len(table) else np.full(len(null.found_again), np.nan)
    measures: dict[str, tuple[float, Any]] = {
        "cluster_count": (float(len(table)), null.cluster_count.astype(np.float64)),
        "clustered_record_share": (float(table["record_count"].sum()) / all_high, null.clustered_share),
        "found_anyway_share": (float("nan"), found_again),
        "strongest_log_likelihood_ratio": (float(ratios.max(initial=0.0)), null.strongest),
        **{name: (overlap, null.overlap_share[name]) for name, overlap in overlaps.items()},
    }
    rows: list[dict[str, Any]] = []
    for name, (observed, simulated) in measures.items():
        values = simulated[~np.isnan(simulated)]
        lower, upper = percentile_interval(values)
        # Rounding must not move the mean of equal values past a bound; too few relabellings have no bound.
        mean = float(np.fmin(np.fmax(values.mean(), lower), upper)) if len(values) else np.nan
        p_value = upper_p_value(observed, simulated)
        rows.append(
            {"measure": name, "observed_value": observed, "null_mean": mean, "null_lower": lower,
             "null_upper": upper, "p_value": p_value}
        )  # fmt: skip
    return pd.DataFrame(rows).assign(
        relabelling_count=len(null.cluster_count),
        record_count=all_located,
        ultra_high_harm_count=all_high,
        snap_point_count=len(scene.points),
    )
