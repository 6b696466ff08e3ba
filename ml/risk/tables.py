"""The risk tables: forecasts of the next month by area, and the backtest in long form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.crime_groups import ALL_CRIME
from ml.risk.backtest import every_origin
from ml.risk.candidates import BASELINES
from ml.risk.compare import resampled_means
from ml.risk.judged import Judged
from ml.risk.spread import LEVELS, any_probability, floor_of
from ml.risk.study import FEWEST_ORIGINS, SHORTEST, Study

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.artefact import Forecast
    from ml.risk.cells import Floats
    from ml.risk.history import History
    from ml.risk.spread import Expected

_CAPTURES = ("pai", "pei", "hit_rate", "recapture")
_SHARES = ("coverage_80_share", "coverage_95_share", "central_80_share", "central_95_share")
_SCORES = (
    "mean_absolute_error",
    "calibration_error",
    "came_to_expected_ratio",
    "total_error_share",
    *_SHARES,
)


def forecast_table(study: Study, judged: Sequence[Judged | Forecast], harm_scheme: str) -> pd.DataFrame:
    """Lay out what is expected of the next month.

    Parameters
    ----------
    study : Study
        Areas of one kind.
    judged : sequence of Judged or Forecast
        Its crime groups.
    harm_scheme : str
        Scheme of the harm days.

    Returns
    -------
    DataFrame
        Table ``ml_risk_lsoa`` with every area, or ``ml_risk_grid`` with the cells that hold a record.
    """
    import pandas as pd

    shown = shown_areas(study)
    parts = []
    for one in judged:
        part = study.areas.assign(crime_group=one.group, model=one.champion)
        for name, expected in (("crime_count", one.count), ("harm_days", one.harm)):
            part = part.assign(**{f"expected_{name}": expected.mean}, **_bounds(name, [expected]))
        floored = np.maximum(one.count.mean, floor_of(study.counts[one.group]))
        part["any_crime_probability"] = any_probability(floored, one.count.dispersion)
        part["risk_rank"] = part["expected_crime_count"].rank(method="min", ascending=False)
        parts.append(part[shown])
    months = study.months.astype("datetime64[s]")
    return pd.concat(parts, ignore_index=True).assign(
        forecast_month=(study.months[-1] + 1).astype("datetime64[s]"),
        train_start_month=months[0],
        train_end_month=months[-1],
        harm_scheme=harm_scheme,
    )


def shown_areas(study: Study) -> npt.NDArray[np.bool_]:
    """Which areas are published, shape (cells,): neighbourhoods all, grid cells those with a record."""
    if study.area_kind == "lsoa":
        return np.ones(study.cells.count, dtype=bool)
    history = study.counts[ALL_CRIME]
    return history.amount(history.start, history.end) > 0


def left_out(study: Study, judged: Sequence[Judged]) -> tuple[int, float]:
    """Number of cells that are not published, and the share of all expected records that they hold.

    Parameters
    ----------
    study : Study
        Areas of one kind.
    judged : sequence of Judged
        Its crime groups, with the one of all crime.
    """
    hidden = ~shown_areas(study)
    expected = next(one for one in judged if one.group == ALL_CRIME).count.mean
    total = float(expected.sum())
    return int(hidden.sum()), float(expected[hidden].sum()) / total if total else float("nan")


def backtest_table(study: Study, judged: Sequence[Judged]) -> pd.DataFrame:
    """Lay out the backtest of one kind of areas: mean and bootstrap interval over origins.

    Parameters
    ----------
    study : Study
        Areas of one kind.
    judged : sequence of Judged
        Its crime groups.

    Returns
    -------
    DataFrame
        Rows of ``ml_risk_backtest``; none without an origin.
    """
    import pandas as pd

    parts = [_group_rows(one) for one in judged if len(one.scores)]
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    months = study.months.astype("datetime64[s]")
    return table.assign(
        area_kind=study.area_kind,
        first_forecast_month=months[SHORTEST],
        last_forecast_month=months[-1],
        is_baseline=table["model"].isin(BASELINES),
    )


def kept_table(study: Study, judged: Sequence[Judged]) -> pd.DataFrame:
    """Lay out what was expected and what was recorded at each origin, by neighbourhood.

    Parameters
    ----------
    study : Study
        Neighbourhoods.
    judged : sequence of Judged
        Their crime groups.

    Returns
    -------
    DataFrame
        Rows of ``ml_risk_backtest_lsoa``; none without an origin.
    """
    import pandas as pd

    parts = []
    for one in judged:
        if one.kept is None:
            continue
        origins, areas = one.kept.expected_harm.shape
        counts, harm = (_came(each[one.group]) for each in (study.counts, study.harm))
        part = {
            "lsoa_code": np.tile(study.areas["lsoa_code"].to_numpy(dtype=object), origins),
            "forecast_month": np.repeat(study.months[SHORTEST:].astype("datetime64[s]"), areas),
            "model": np.repeat(np.array(one.kept.models, dtype=object), areas),
            "expected_crime_count": np.concatenate([said.mean for said in one.kept.counts]),
            "recorded_crime_count": counts.ravel(),
            "expected_harm_days": one.kept.expected_harm.ravel(),
            "recorded_harm_days": harm.ravel(),
            **_bounds("crime_count", one.kept.counts),
        }
        parts.append(pd.DataFrame(part).assign(crime_group=one.group))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _bounds(name: str, forecasts: Sequence[Expected]) -> dict[str, Floats]:
    """Bounds of the intervals by column, one forecast's areas after those of the one before."""
    return {
        f"{name}_{side}_{round(100 * level)}": np.concatenate([one.bounds[level][end] for one in forecasts])
        for level in LEVELS
        for end, side in enumerate(("lower", "upper"))
    }


def _came(history: History) -> Floats:
    """What came in the window of every origin, shape (origins, areas)."""
    return np.stack([history.amount(*window) for window in every_origin(history, shortest=SHORTEST)])


def _group_rows(one: Judged) -> pd.DataFrame:
    """One row a force, model, metric and area share."""
    import pandas as pd

    captured = [name for metric in _CAPTURES for name in (metric, f"harm_{metric}")]
    long = [
        _melted(one.captures, captured),
        _melted(one.scores.assign(area_share=1.0), [*_SCORES, "poisson_deviance", "log_score"]),
        _melted(one.harm_scores.assign(area_share=1.0), _SCORES, prefix="harm_"),
    ]
    key = ["force_slug", "model", "metric", "area_share"]
    wide = pd.concat(long).pivot(index="origin_day", columns=key, values="metric_value").sort_index()
    figures = wide.to_numpy(np.float64)
    count = np.isfinite(figures).sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.where(np.isfinite(figures), figures, 0.0).sum(axis=0) / count
    lower, upper = resampled_means(figures)
    is_enough = count >= FEWEST_ORIGINS
    rows = wide.columns.to_frame(index=False)
    rows["metric_value"] = mean
    # Rounding must not put a mean of equal figures outside its own interval.
    rows["metric_value_lower"] = np.where(is_enough, np.minimum(lower, mean), np.nan)
    rows["metric_value_upper"] = np.where(is_enough, np.maximum(upper, mean), np.nan)
    return rows.assign(
        origin_count=count,
        crime_group=one.group,
        is_champion=rows["model"] == one.champion,
        verdict=one.verdict,
    )


def _melted(frame: pd.DataFrame, metrics: Sequence[str], prefix: str = "") -> pd.DataFrame:
    key = ["force_slug", "model", "origin_day", "area_share"]
    long = frame.melt(id_vars=key, value_vars=list(metrics), var_name="metric", value_name="metric_value")
    # Shares that were divided back from an area carry its rounding.
    return long.assign(metric=prefix + long["metric"], area_share=long["area_share"].round(6))
