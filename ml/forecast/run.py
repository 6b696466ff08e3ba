"""Forecast every series: the public entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from ml.forecast.models import Plan
    from ml.forecast.series import Stretch

    Floats = npt.NDArray[np.float64]
    Bounds = dict[int, tuple[Floats, Floats]]

# ETS takes most of the time: it is tried for the total and for this many of the largest forces.
MOST_ETS_FORCES = 11


@dataclass(frozen=True)
class _Fitted:
    """One series: its champion's path, its tables and what it is a part of."""

    series: str
    level: str
    parent: str
    stretch: Stretch
    champion: str
    base: Floats | None
    mean: Floats | None
    bounds: Bounds
    factors: dict[int, float]
    rows: pd.DataFrame
    scores: pd.DataFrame
    note: str
    label: str
    is_reconciled: bool = False


def forecast_all(
    monthly: pd.DataFrame,
    horizon: int = 12,
    *,
    harm_scheme: str = "",
    max_origins: int = 12,
    measure: str = "harm_days",
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Forecast the months of each series, with its backtest and its scores, so that parts add up.

    Parameters
    ----------
    monthly : DataFrame
        ``series``, ``month`` (first of month) and the measure; one row per series and month; with
        ``level`` and ``parent_series`` if the series are parts of each other, as
        `ml.forecast.hierarchy.hierarchy_series` gives them. Without them they are apart.
    horizon : int
        Months ahead.
    harm_scheme : str
        Scheme that ``harm_days`` were counted with.
    max_origins : int
        Backtest origins, the most recent.
    measure : str
        'harm_days' or 'crime_count'.

    Returns
    -------
    forecast : DataFrame
        Table ``ml_forecast_harm`` or ``ml_forecast_count``: the champion's forecast; null figures where a
        series has fewer than three months.
    backtest : DataFrame
        Table ``ml_forecast_backtest`` or ``ml_forecast_count_backtest``.
    scores : DataFrame
        Table ``ml_forecast_scores`` or ``ml_forecast_count_scores``.

    Raises
    ------
    ValueError
        A column is missing, a month repeats, or a value is negative or infinite.
    """
    import pandas as pd

    from ml.common.contracts import conform, empty_frame
    from ml.common.contracts_forecast import FORECAST_TABLES
    from ml.forecast.models import plan_for
    from ml.forecast.series import last_contiguous_stretch

    for name in ("series", "month", measure):
        if name not in monthly.columns:
            raise ValueError(f"forecast_all: monthly has no column {name!r}")
    if horizon < 1 or max_origins < 0:
        raise ValueError("forecast_all: horizon must be at least 1 and max_origins at least 0")
    if "level" not in monthly.columns:
        levels = monthly["series"].eq("total").map({True: "total", False: "force"})
        monthly = monthly.assign(level=levels, parent_series="")
    with_ets = _given_ets(monthly, measure)
    members = frozenset(monthly.loc[monthly["level"] == "force", "series"])
    fitted = []
    for key, part in monthly.groupby(["series", "level", "parent_series"], sort=True):
        series, level, parent = map(str, key)
        forces = {"force": frozenset({series}), "district": frozenset({parent})}.get(level, members)
        stretch = last_contiguous_stretch(part["month"], part[measure])
        plan = plan_for(len(stretch.values), has_ets=series in with_ets)
        fitted.append(_fit(series, level, parent, stretch, plan, horizon, max_origins, forces))
    fitted = _reconciled(fitted)
    tables = (
        [_forecast_rows(one, horizon) for one in fitted],
        [one.rows.assign(series=one.series, level=one.level) for one in fitted],
        [one.scores.assign(series=one.series, level=one.level) for one in fitted],
    )
    result = []
    for parts, contract in zip(tables, FORECAST_TABLES[measure], strict=True):
        filled = [part for part in parts if len(part)]
        if not filled:
            result.append(empty_frame(contract))
            continue
        table = pd.concat(filled, ignore_index=True)
        if "harm_scheme" in contract.column_names:
            table = table.assign(harm_scheme=harm_scheme)
        result.append(
            conform(table.rename(columns=lambda name: name.replace("harm_days", measure)), contract)
        )
    return result[0], result[1], result[2]


def _given_ets(monthly: pd.DataFrame, measure: str) -> set[str]:
    """The total, and the forces with the largest amounts."""
    forces = monthly[monthly["level"] == "force"].groupby("series")[measure].sum()
    return {"total", *forces.sort_values(ascending=False, kind="stable").index[:MOST_ETS_FORCES]}


def _fit(
    series: str,
    level: str,
    parent: str,
    stretch: Stretch,
    plan: Plan,
    horizon: int,
    max_origins: int,
    forces: frozenset[str],
) -> _Fitted:
    """Backtest the candidates of one series and forecast with the champion."""
    from ml.forecast.backtest import backtest, choose_champion, score
    from ml.forecast.conformal import conformal_factor, reach_of, stretched, with_adjusted_bounds
    from ml.forecast.models import CALENDAR_MODEL, forecast_with

    rows = backtest(
        stretch.months, stretch.values, plan, horizon=horizon, max_origins=max_origins, forces=forces
    )
    rows = with_adjusted_bounds(rows)
    scores = score(rows, stretch.months, stretch.values, plan.period)
    if not plan.models:
        note = _join(stretch.note, plan.note)
        table = _score_rows(scores, plan, "none", note)
        return _Fitted(series, level, parent, stretch, "none", None, None, {}, {}, rows, table, note, "")
    champion, reason = choose_champion(scores, plan)
    path = forecast_with(champion, stretch.months, stretch.values, horizon, forces=forces)
    if path is None:
        reason = f"{reason}; but it could not be fitted to the whole series: {plan.models[0]} instead"
        champion = plan.models[0]
        path = forecast_with(champion, stretch.months, stretch.values, horizon, forces=forces)
    if path is None:
        raise AssertionError(f"{champion} has no forecast of {len(stretch.values)} months")
    own = rows[rows["model"] == champion]
    factors = {level: conformal_factor(reach_of(own, level), level / 100) for level in (80, 95)}
    bounds = {round(share * 100): pair for share, pair in path.bounds.items()}
    bounds = stretched(path.mean, bounds, factors)
    note = _join(reason, path.note, stretch.note, plan.note)
    table = _score_rows(scores, plan, champion, note)
    label = path.label if champion in ("ets", "arima", "count_regression", CALENDAR_MODEL) else ""
    return _Fitted(
        series,
        level,
        parent,
        stretch,
        champion,
        path.mean,
        path.mean,
        bounds,
        factors,
        rows,
        table,
        note,
        label,
    )


def _reconciled(fitted: list[_Fitted]) -> list[_Fitted]:
    """The series with forecasts that add up, if every one of the total's tree has a forecast."""
    import numpy as np

    from ml.forecast.reconcile import reconcile, shrunk_covariance

    tree = [one for one in fitted if one.level == "total" or one.parent]
    if len(tree) < 2 or any(one.base is None for one in tree):
        return fitted
    position = {one.series: row for row, one in enumerate(tree)}
    parents = np.array([position[one.parent] if one.parent else -1 for one in tree])
    base = np.array([one.base for one in tree])
    moved = reconcile(base, shrunk_covariance(_step_errors(tree)), parents, [one.level for one in tree])
    result = {one.series: _moved(one, mean) for one, mean in zip(tree, moved, strict=True)}
    return [result.get(one.series, one) for one in fitted]


def _step_errors(tree: list[_Fitted]) -> Floats:
    """One-step errors of the champions at their common origins; of sizes alone if there are too few."""
    import numpy as np
    import pandas as pd

    errors = {}
    for one in tree:
        own = one.rows[(one.rows["model"] == one.champion) & (one.rows["horizon_months"] == 1)]
        errors[one.series] = pd.Series(
            (own["actual_harm_days"] - own["predicted_harm_days"]).to_numpy(dtype=np.float64),
            index=own["origin_month"].to_numpy(),
        )
    table = pd.DataFrame(errors)[[one.series for one in tree]].dropna()
    if len(table) < 3:
        return np.diag([np.sqrt(max(float(np.mean(one.stretch.values)), 0.0)) for one in tree])
    return table.to_numpy()


def _moved(one: _Fitted, mean: Floats) -> _Fitted:
    """The series about its reconciled forecast: bounds move along and stay at or above 0."""
    import numpy as np

    if one.base is None:
        return one
    shift = mean - one.base
    bounds = {
        level: (np.clip(lower + shift, 0.0, mean), np.maximum(upper + shift, mean))
        for level, (lower, upper) in one.bounds.items()
    }
    return replace(one, mean=mean, bounds=bounds, is_reconciled=True)


def _forecast_rows(one: _Fitted, horizon: int) -> pd.DataFrame:
    """Rows of ml_forecast_harm; null figures without a path, no rows without a month to start from."""
    import numpy as np
    import pandas as pd

    from ml.forecast.models import months_after

    stretch = one.stretch
    if len(stretch.months) == 0:
        return pd.DataFrame()
    table = pd.DataFrame({"forecast_month": months_after(stretch.months[-1], horizon)})
    table["horizon_months"] = np.arange(1, horizon + 1)
    table["model"] = one.champion
    table["harm_days"] = np.nan if one.mean is None else one.mean
    for level in (80, 95):
        lower, upper = one.bounds.get(level, (np.nan, np.nan))
        table[f"harm_days_lower_{level}"] = lower
        table[f"harm_days_upper_{level}"] = upper
        table[f"interval_factor_{level}"] = one.factors.get(level, np.nan)
    return table.assign(
        series=one.series,
        level=one.level,
        parent_series=one.parent,
        base_harm_days=np.nan if one.base is None else one.base,
        is_reconciled=one.is_reconciled,
        history_kind=_history_kind(stretch),
        train_start_month=stretch.months[0],
        train_end_month=stretch.months[-1],
        note=_join(one.label, one.note) or None,
    )


def _history_kind(stretch: Stretch) -> str:
    from ml.forecast.models import LONG_ENOUGH, SHORTEST

    if len(stretch.values) < SHORTEST:
        return "too_short"
    if stretch.note:
        return "gappy"
    return "long" if len(stretch.values) >= LONG_ENOUGH else "short"


def _score_rows(scores: pd.DataFrame, plan: Plan, champion: str, note: str) -> pd.DataFrame:
    """Rows of ml_forecast_scores: every candidate, scored or not, with the same note."""
    import pandas as pd

    candidates = pd.DataFrame({"model": list(plan.models) or [champion]})
    table = candidates.merge(scores, on="model", how="left")
    table["origin_count"] = table["origin_count"].fillna(0)
    table["is_champion"] = table["model"] == champion
    return table.assign(note=note or None)


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
