"""One table of tests: do crime and harm stand together, repeat nearby, and concentrate in few areas?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.common.intervals import percentile_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Row = dict[str, Any]
KNOX_DISTANCE_M = 200.0
_KNOX_MONTHS = 1
_TOP_SHARES = (0.01, 0.05, 0.1)
_MEASURES = ("crime_count", "harm_days")


def spatial_tests(
    areas: pd.DataFrame,
    events: dict[str, pd.DataFrame],
    *,
    permutations: int = 99,
    resamples: int = 199,
    seed: int = 20251125,
) -> pd.DataFrame:
    """Test the areas' totals and the events' repeats.

    Moran's I has its analytic z score; Gini coefficients and Lorenz shares have percentile bootstrap
    intervals over areas; Knox ratios have permutation p values, for pairs within 200 m and the same or the
    next month, and neither ratio nor p value where the records reach over fewer than three months.

    Parameters
    ----------
    areas : DataFrame
        One row per area, those without crime included: ``easting_m``, ``northing_m``, ``crime_count``,
        ``harm_days``.
    events : dict of DataFrame
        For each measure (``crime_count``, ``harm_days``), the records that Knox's test is run on:
        ``easting_m``, ``northing_m``, ``month_number``.
    permutations, resamples : int
        Shuffles of Knox's test, and resamples of the bootstrap.
    seed : int
        Seed of both.

    Returns
    -------
    DataFrame
        One row per measure and statistic: the columns of ``ml_spatial_tests``.
    """
    import pandas as pd

    rows: list[Row] = []
    for measure in _MEASURES:
        if len(areas):
            values = areas[measure].to_numpy(dtype="float64")
            rows += [_moran(areas, values), *_concentration(measure, values, resamples, seed)]
        rows += [_knox(events[measure], permutations, seed)]
        for row in rows:
            row.setdefault("measure", measure)
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["measure", "statistic", "value", "lower", "upper", "expected_value", "z_score", "p_value"]
_COLUMNS += ["unit_count"]


def _moran(areas: pd.DataFrame, values: npt.NDArray[np.float64]) -> Row:
    from scipy.stats import norm

    from ml.spatial.autocorrelation import global_moran
    from ml.spatial.neighbours import nearest_neighbours

    found = global_moran(values, nearest_neighbours(areas["easting_m"], areas["northing_m"]))
    return {
        "statistic": "global_moran",
        "value": found.statistic,
        "expected_value": found.expected,
        "z_score": found.z_score,
        "p_value": 2 * norm.sf(abs(found.z_score)),
        "unit_count": len(values),
    }


def _concentration(measure: str, values: npt.NDArray[np.float64], resamples: int, seed: int) -> Iterator[Row]:
    import numpy as np

    from ml.spatial.concentration import generalised_gini, gini

    statistics: dict[str, Callable[[npt.NDArray[np.float64]], float]] = {"gini": gini}
    if measure == "crime_count":
        statistics["generalised_gini"] = generalised_gini
    for share in _TOP_SHARES:
        statistics[f"top_{share:.0%}_share".replace("%", "_percent")] = _top_share(share)
    generator = np.random.default_rng(seed)
    drawn = values[generator.integers(0, len(values), (resamples, len(values)))]
    for name, statistic in statistics.items():
        value = statistic(values)
        lower, upper = percentile_interval([statistic(sample) for sample in drawn])
        yield {
            "statistic": name,
            "value": value,
            "lower": lower,
            "upper": upper,
            "unit_count": len(values),
        }


def _top_share(share: float) -> Any:
    """Share of the whole in the most burdened areas, read off the Lorenz curve."""
    import numpy as np

    from ml.spatial.concentration import lorenz_curve

    def statistic(values: npt.NDArray[np.float64]) -> float:
        return 1.0 - float(np.interp(1.0 - share, *lorenz_curve(values)))

    return statistic


def _knox(events: pd.DataFrame, permutations: int, seed: int) -> Row:
    import numpy as np

    from ml.spatial.knox import knox_test

    month = events["month_number"]
    # Where all months are close to each other, so are all near pairs in every shuffle: 1 would be no finding.
    can_tell = len(events) > 1 and month.max() - month.min() > _KNOX_MONTHS
    found = knox_test(
        events["easting_m"],
        events["northing_m"],
        events["month_number"],
        distance_m=KNOX_DISTANCE_M,
        interval=_KNOX_MONTHS,
        permutations=permutations,
        seed=seed,
    )
    return {
        "statistic": "knox_ratio",
        "value": found.ratio if can_tell and np.isfinite(found.ratio) else np.nan,
        "expected_value": 1.0,
        "p_value": found.p_value if can_tell else np.nan,
        "unit_count": len(events),
    }
