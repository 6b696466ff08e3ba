"""Forecast every series: the public entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from ml.forecast.baselines import State
    from ml.forecast.champions import Champion, Champions, Reconciliation
    from ml.forecast.models import History, Plan
    from ml.forecast.series import Stretch

    Floats = npt.NDArray[np.float64]

# Twelve horizons have at least twelve origins each with so many; the shortest horizon has them all.
MOST_ORIGINS = 12 + 12 - 1


@dataclass(frozen=True)
class Forecasts:
    """What was forecast, how such forecasts did before, and the models that they come from.

    Parameters
    ----------
    forecast, backtest, scores : DataFrame
        As `forecast_all` returns them.
    models : Champions
        Enough to forecast again without the history.
    """

    forecast: pd.DataFrame
    backtest: pd.DataFrame
    scores: pd.DataFrame
    models: Champions


@dataclass(frozen=True)
class _Named:
    """One series, what it is part of, and the forces that it is made of."""

    series: str
    level: str
    parent: str
    forces: frozenset[str]
    stretch: Stretch

    @property
    def months_of_forces(self) -> tuple[object, ...]:
        """All that its forecast depends on, which its name is no part of."""
        months = self.stretch.months
        first = months[0] if len(months) else None
        return first, self.stretch.values.tobytes(), self.stretch.note, self.forces


@dataclass(frozen=True)
class _Judged:
    """One series: its champion with what chose it, and the mean of its months."""

    champion: Champion
    rows: pd.DataFrame
    scores: pd.DataFrame
    size: float

    def named(self, one: _Named) -> _Judged:
        """The same under the name of a series."""
        champion = replace(self.champion, series=one.series, level=one.level, parent=one.parent)
        rows, scores = (
            table.assign(series=one.series, level=one.level) for table in (self.rows, self.scores)
        )
        return _Judged(champion, rows, scores, self.size)


def forecast_all(
    monthly: pd.DataFrame,
    horizon: int = 12,
    *,
    harm_scheme: str = "",
    max_origins: int = MOST_ORIGINS,
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
    found = fit_all(monthly, horizon, harm_scheme=harm_scheme, max_origins=max_origins, measure=measure)
    return found.forecast, found.backtest, found.scores


def fit_all(
    monthly: pd.DataFrame,
    horizon: int = 12,
    *,
    harm_scheme: str = "",
    max_origins: int = MOST_ORIGINS,
    measure: str = "harm_days",
) -> Forecasts:
    """Forecast as `forecast_all` does, and keep the models; takes and raises the same."""
    from ml.common.contracts_forecast import FORECAST_TABLES
    from ml.forecast.champions import Champions, conformed

    for name in ("series", "month", measure):
        if name not in monthly.columns:
            raise ValueError(f"forecast_all: monthly has no column {name!r}")
    if horizon < 1 or max_origins < 0:
        raise ValueError("forecast_all: horizon must be at least 1 and max_origins at least 0")
    if "level" not in monthly.columns:
        levels = monthly["series"].eq("total").map({True: "total", False: "force"})
        monthly = monthly.assign(level=levels, parent_series="")
    judged = _judge_all(_named_series(monthly, measure), horizon, max_origins)
    models = Champions(measure, harm_scheme, tuple(one.champion for one in judged), _reconciliation(judged))
    _, *contracts = FORECAST_TABLES[measure]
    backtest, scores = (
        conformed(tables, contract, measure, harm_scheme)
        for tables, contract in zip(
            ([one.rows for one in judged], [one.scores for one in judged]), contracts, strict=True
        )
    )
    return Forecasts(models.forecast(horizon), backtest, scores, models)


def _named_series(monthly: pd.DataFrame, measure: str) -> list[_Named]:
    """Every series with the forces that it is made of."""
    from ml.forecast.champions import TOTAL_LEVEL
    from ml.forecast.series import last_contiguous_stretch

    # A force apart, such as one whose files ended, is no part of the total, nor are its breaks the total's.
    is_force = monthly["level"] == "force"
    is_part = is_force & (monthly["parent_series"] == TOTAL_LEVEL)
    members = frozenset(monthly.loc[is_part if is_part.any() else is_force, "series"])
    named = []
    for key, part in monthly.groupby(["series", "level", "parent_series"], sort=True):
        series, level, parent = map(str, key)
        forces = {"force": frozenset({series}), "district": frozenset({parent})}.get(level, members)
        stretch = last_contiguous_stretch(part["month"], part[measure])
        named.append(_Named(series, level, parent, forces, stretch))
    return named


def _judge_all(named: list[_Named], horizon: int, max_origins: int) -> list[_Judged]:
    """Judge each series, those that are the same months of the same forces once.

    A crime group of one crime type is such a pair, or a force of one district.
    """
    from ml.forecast.backtest import histories_at_origins
    from ml.forecast.models import plan_for, with_smoothing

    different = list({one.months_of_forces: one for one in reversed(named)}.values())
    plans = [plan_for(len(one.stretch.values)) for one in different]
    histories = with_smoothing(
        [
            histories_at_origins(
                one.stretch.months, one.stretch.values, plan, max_origins=max_origins, forces=one.forces
            )
            for one, plan in zip(different, plans, strict=True)
        ]
    )
    judged = {
        one.months_of_forces: _judge(one, plan, own, horizon)
        for one, plan, own in zip(different, plans, histories, strict=True)
    }
    return [judged[one.months_of_forces].named(one) for one in named]


def _judge(one: _Named, plan: Plan, histories: list[History], horizon: int) -> _Judged:
    """Backtest the candidates of one series, and fit the champion to all of it."""
    import numpy as np

    from ml.forecast.backtest import backtest
    from ml.forecast.champions import Champion
    from ml.forecast.conformal import horizon_factors, with_adjusted_bounds
    from ml.forecast.scores import score

    stretch = one.stretch
    months, values = stretch.months, stretch.values
    rows = backtest(histories, plan, horizon=horizon)
    rows = with_adjusted_bounds(rows)
    scores = score(rows)
    model, state, reason = _champion(histories[-1], scores, plan, horizon)
    note = _join(reason, stretch.note, plan.note)
    factors, pooled = horizon_factors(rows[rows["model"] == model], horizon)
    champion = Champion(
        one.series,
        one.level,
        one.parent,
        model,
        state,
        {} if state is None else factors,
        pooled,
        _history_kind(stretch),
        months[0] if len(months) else None,
        months[-1] if len(months) else None,
        note if state is None else _join(state.label, note),
    )
    table = _score_rows(scores, plan, model, note)
    size = float(np.mean(values)) if len(values) else 0.0
    return _Judged(champion, rows, table, size)


def _champion(
    whole: History, scores: pd.DataFrame, plan: Plan, horizon: int
) -> tuple[str, State | None, str]:
    """Name, state and reason of the champion: of the best that can be fitted to the whole, too."""
    from ml.forecast.backtest import choose_champion
    from ml.forecast.models import fit_model, path_of

    if not plan.models:
        return "none", None, ""
    model, reason = choose_champion(scores, plan)
    for _ in plan.models:
        fitted = fit_model(model, whole)
        if fitted is not None and path_of(fitted[0], whole.months[-1], horizon) is not None:
            return model, fitted[0], _join(reason, fitted[1])
        # The next best: a baseline named beforehand may be worse than another, and would not be published.
        scores = scores[scores["model"] != model]
        model, _ = choose_champion(scores, plan)
        reason = f"{reason}; but it could not be fitted to the whole series: {model} instead"
    raise AssertionError(f"{plan.models[0]} has no forecast of {len(whole.values)} months")


def _reconciliation(judged: list[_Judged]) -> Reconciliation | None:
    """What the total's tree is made to add up by, if every one of it has a forecast."""
    from ml.forecast.champions import Reconciliation

    tree = [one for one in judged if one.champion.is_in_tree]
    if len(tree) < 2 or any(one.champion.state is None for one in tree):
        return None
    # Without a month that all forces have there is no total for them to be parts of.
    if not {one.champion.parent for one in tree} <= {"", *(one.champion.series for one in tree)}:
        return None
    return Reconciliation(tuple(one.champion.series for one in tree), _step_errors(tree))


def _step_errors(tree: list[_Judged]) -> Floats:
    """One-step errors of the champions at their common origins; sizes alone if there are too few."""
    import numpy as np
    import pandas as pd

    errors = {}
    for one in tree:
        own = one.rows[(one.rows["model"] == one.champion.model) & (one.rows["horizon_months"] == 1)]
        errors[one.champion.series] = pd.Series(
            (own["actual"] - own["predicted"]).to_numpy(dtype=np.float64),
            index=own["origin_month"].to_numpy(),
        )
    table = pd.DataFrame(errors)[list(errors)].dropna()
    if len(table) < 3:
        return np.array([np.sqrt(max(one.size, 0.0)) for one in tree])
    # In the order of rows, as they are read back: sums would end in other last digits.
    return np.ascontiguousarray(table.to_numpy())


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
    counts = ["origin_count", "judged_month_count"]
    table[counts] = table[counts].fillna(0)
    table["is_champion"] = table["model"] == champion
    return table.assign(note=note or None)


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
