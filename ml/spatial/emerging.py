"""Emerging hot spots: which areas are becoming, staying or ceasing to be hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.history import months_asked

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

MEASURES = ("harm_days", "crime_count")
RECENT_MONTHS = 3
CLUSTER_MONTHS = 12
_PERSISTENT_SHARE = 0.9
_ALPHA = 0.05
_FEWEST_MONTHS = 4


def emerging_hot_spots(
    area_months: pd.DataFrame, areas: pd.DataFrame, force_months: pd.DataFrame
) -> pd.DataFrame:
    """Classify each area by the months in which it was part of a hot spot, and by its trend.

    Gi* of every area and month is tested upwards, with Benjamini and Hochberg's control over all areas and
    months together; the trend is Mann and Kendall's on the z scores. `trend_classes` has the rule.
    Months that a force of the areas did not send are left out for all, since a file that is missing looks
    like peace. Other forces' records in its area do not make up for it. The areas of a force that sent fewer
    than twelve months have no class where more than half of the forces sent as many: they would cost all
    others theirs.

    Parameters
    ----------
    area_months : DataFrame
        ``lsoa_code``, ``crime_month``, ``harm_days``, ``crime_count``; areas and months without records left
        out.
    areas : DataFrame
        ``lsoa_code``, ``force_slug``, ``easting_m``, ``northing_m`` (metres), each area once.
    force_months : DataFrame
        ``force_slug``, ``crime_month``: which force sent which month, each pair once.

    Beside the classes stand the clusters and outliers of the sums of the last twelve months
    (`local_clusters`): a month has too few records to say much of an LSOA.

    Returns
    -------
    DataFrame
        One row per area and measure: the columns of ``ml_lsoa_emerging``. No row with fewer than four months.

    References
    ----------
    Getis-Ord Gi* with Mann-Kendall trends over space-time cubes, as in Esri's emerging hot spot analysis; Ord
    and Getis (1995); Mann (1945); Benjamini and Hochberg (1995).
    """
    import pandas as pd

    sent = force_months[force_months["force_slug"].isin(set(areas["force_slug"]))]
    counts = sent.groupby("force_slug")["crime_month"].nunique()
    forces = counts.index[counts >= months_asked(counts, CLUSTER_MONTHS, 1)]
    areas = areas[areas["force_slug"].isin(forces)].reset_index(drop=True)
    known = area_months[area_months["lsoa_code"].isin(areas["lsoa_code"])]
    held = sent[sent["force_slug"].isin(forces)].groupby("crime_month")["force_slug"].nunique()
    months = sorted(held[held == len(forces)].index)
    if len(months) < _FEWEST_MONTHS or len(areas) < _FEWEST_MONTHS:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat([_classified(known, areas, months, measure) for measure in MEASURES], ignore_index=True)[
        _COLUMNS
    ]


_COLUMNS = [
    "lsoa_code",
    "measure",
    "emerging_class",
    "hot_month_count",
    "month_count",
    "last_z_score",
    "last_q_value",
    "local_moran",
    "local_moran_z_score",
    "local_moran_p_value",
    "local_moran_q_value",
    "cluster_class",
    "trend_z_score",
    "trend_p_value",
    "first_month",
    "last_month",
]


def _classified(
    known: pd.DataFrame, areas: pd.DataFrame, months: list[pd.Timestamp], measure: str
) -> pd.DataFrame:
    import numpy as np
    from scipy.stats import norm

    from ml.spatial.autocorrelation import getis_ord
    from ml.spatial.clusters import local_clusters
    from ml.spatial.neighbours import nearest_neighbours
    from ml.spatial.testing import benjamini_hochberg, mann_kendall

    wide = known.pivot_table(index="lsoa_code", columns="crime_month", values=measure, aggfunc="sum")
    values = wide.reindex(index=areas["lsoa_code"], columns=months).fillna(0.0).to_numpy(dtype=np.float64)
    weights = nearest_neighbours(areas["easting_m"], areas["northing_m"])
    z_scores = getis_ord(values, weights)
    q_values = benjamini_hochberg(norm.sf(z_scores))
    is_hot = q_values <= _ALPHA
    local = local_clusters(values[:, -CLUSTER_MONTHS:].sum(axis=1), weights)
    trend = mann_kendall(np.nan_to_num(z_scores))
    rising = (trend.p_value <= _ALPHA) & (trend.score > 0)
    falling = (trend.p_value <= _ALPHA) & (trend.score < 0)
    return areas[["lsoa_code"]].assign(
        measure=measure,
        emerging_class=trend_classes(is_hot, rising, falling),
        hot_month_count=is_hot.sum(axis=1),
        month_count=len(months),
        last_z_score=z_scores[:, -1],
        last_q_value=q_values[:, -1],
        local_moran=local.statistic,
        local_moran_z_score=local.z_score,
        local_moran_p_value=local.p_value,
        local_moran_q_value=local.q_value,
        cluster_class=local.cluster_class,
        trend_z_score=trend.z_score,
        trend_p_value=trend.p_value,
        first_month=months[0],
        last_month=months[-1],
    )


def trend_classes(
    is_hot: npt.NDArray[np.bool_], rising: npt.NDArray[np.bool_], falling: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Return the class of each area by its hot months and its trend; the first that fits.

    `ml.hotspots.identity.window_persistence` has the same words for hotspots, by windows alone.

    ``none``: never hot. ``persistent``: hot in nine months of ten. ``new``: hot in the last month, and never
    before the last three. ``emerging``: hot in one of the last three months, and rising. ``fading``: hot
    before, and either falling or not hot in any of the last three. ``sporadic``: hot at times otherwise.

    Parameters
    ----------
    is_hot : ndarray of bool, shape (n, months)
        Whether the area was hot, months in order of time.
    rising, falling : ndarray of bool, shape (n,)
        Whether its trend is significant, and up or down.
    """
    import numpy as np

    recent, before = is_hot[:, -RECENT_MONTHS:].any(axis=1), is_hot[:, :-RECENT_MONTHS].any(axis=1)
    conditions = [
        ~is_hot.any(axis=1),
        is_hot.mean(axis=1) >= _PERSISTENT_SHARE,
        is_hot[:, -1] & ~before,
        recent & rising,
        before & (falling | ~recent),
    ]
    names = ["none", "persistent", "new", "emerging", "fading"]
    return np.select(conditions, names, default="sporadic").astype(object)
