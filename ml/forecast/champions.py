"""The published model of every series, from which the forecast is made without any history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

    from ml.common.schema import TableContract
    from ml.forecast.baselines import Forecast, State

    Floats = npt.NDArray[np.float64]

TOTAL_LEVEL = "total"


@dataclass(frozen=True)
class Champion:
    """The published model of one series.

    Parameters
    ----------
    series, level, parent : str
        What it forecasts, and what that is a part of; an empty parent for the total and what stands apart.
    model : str
        Name of the model; 'none' for a series that is too short.
    state : State or None
        What the model keeps; None for a series that is too short.
    factors : dict of int to ndarray, shape (h,)
        What its intervals are stretched by at each horizon, by level in per cent; empty for a series that is
        too short. Months beyond the last horizon are stretched as it is.
    pooled : ndarray, shape (h,)
        Horizons on each side that lent their errors; NaN where factors are 1 for want of errors.
    history_kind : str
        'long', 'short', 'gappy' or 'too_short'.
    first_month, last_month : Timestamp or None
        The months that it was fitted to; None for a series without any.
    note : str
        What the reader must know.
    """

    series: str
    level: str
    parent: str
    model: str
    state: State | None
    factors: dict[int, Floats]
    pooled: Floats
    history_kind: str
    first_month: pd.Timestamp | None
    last_month: pd.Timestamp | None
    note: str

    @property
    def is_in_tree(self) -> bool:
        """Whether it is the total or a part of it."""
        return self.level == TOTAL_LEVEL or bool(self.parent)


@dataclass(frozen=True)
class Reconciliation:
    """What the forecasts of the total's tree are moved by, so that parts add up.

    Parameters
    ----------
    series : tuple of str
        The series of the tree, in the order of the columns of ``errors``.
    errors : ndarray, shape (t, n) or (n,)
        One-step errors whose covariance, shrunk, says how far each series may be moved; with too few of
        them one size a series, and none goes with another.
    """

    series: tuple[str, ...]
    errors: Floats

    def apply(self, base: Floats, champions: Sequence[Champion]) -> Floats:
        """Return forecasts that add up, of the same shape (n, h).

        Parameters
        ----------
        base : ndarray, shape (n, h)
            Forecasts of the series, in the order of ``series``.
        champions : sequence of Champion
            Their models, in the same order.
        """
        from ml.forecast.reconcile import reconcile, shrunk_covariance

        position = {name: row for row, name in enumerate(self.series)}
        parents = np.array([position[one.parent] if one.parent else -1 for one in champions])
        errors = np.diag(self.errors) if self.errors.ndim == 1 else self.errors
        return reconcile(base, shrunk_covariance(errors), parents, [one.level for one in champions])


@dataclass(frozen=True)
class Champions:
    """The published models of one measure.

    Parameters
    ----------
    measure : str
        'harm_days' or 'crime_count'.
    harm_scheme : str
        Scheme that harm days were counted with.
    champions : tuple of Champion
        One for each series, in the order of the table.
    reconciliation : Reconciliation or None
        None where forecasts are not made to add up.
    """

    measure: str
    harm_scheme: str
    champions: tuple[Champion, ...]
    reconciliation: Reconciliation | None

    def forecast(self, horizon: int) -> pd.DataFrame:
        """Forecast the months after each series' last one.

        Parameters
        ----------
        horizon : int
            Months ahead.

        Returns
        -------
        DataFrame
            Table ``ml_forecast_harm`` or ``ml_forecast_count``.
        """
        from ml.common.contracts_forecast import FORECAST_TABLES
        from ml.forecast.models import months_after, path_of

        shown = {one.series: (one, one.last_month) for one in self.champions if one.last_month is not None}
        paths = {
            name: path
            for name, (one, last) in shown.items()
            if one.state is not None and (path := path_of(one.state, last, horizon)) is not None
        }
        moved: dict[str, Floats] = {}
        if self.reconciliation is not None:
            names = self.reconciliation.series
            base = np.array([paths[name].mean for name in names])
            tree = self.reconciliation.apply(base, [shown[name][0] for name in names])
            moved = dict(zip(names, tree, strict=True))
        tables = [
            _rows(one, months_after(last, horizon), paths.get(name), moved.get(name))
            for name, (one, last) in shown.items()
        ]
        return conformed(tables, FORECAST_TABLES[self.measure][0], self.measure, self.harm_scheme)


def conformed(
    tables: Sequence[pd.DataFrame], contract: TableContract, measure: str, harm_scheme: str
) -> pd.DataFrame:
    """Put the tables of all series under one contract, with the measure in the names of its amounts."""
    import pandas as pd

    from ml.common.contracts import conform, empty_frame
    from ml.common.contracts_forecast import measured_names

    filled = [table for table in tables if len(table)]
    if not filled:
        return empty_frame(contract)
    table = pd.concat(filled, ignore_index=True)
    if "harm_scheme" in contract.column_names:
        table = table.assign(harm_scheme=harm_scheme)
    return conform(table.rename(columns=measured_names(measure)), contract)


def _rows(
    one: Champion, months: pd.DatetimeIndex, path: Forecast | None, moved: Floats | None
) -> pd.DataFrame:
    """Rows of a series; null figures without a path."""
    import pandas as pd

    from ml.forecast.conformal import stretched

    table = pd.DataFrame({"forecast_month": months, "horizon_months": np.arange(1, len(months) + 1)})
    names = [f"forecast_{side}_{level}" for level in (80, 95) for side in ("lower", "upper")]
    table[["base_forecast", "forecast", *names]] = np.nan
    if path is not None:
        mean = path.mean if moved is None else moved
        bounds = {round(share * 100): pair for share, pair in path.bounds.items()}
        factors = {level: _over(own, len(months)) for level, own in one.factors.items()}
        bounds = _shifted(stretched(path.mean, bounds, factors), path.mean, mean)
        table["base_forecast"], table["forecast"] = path.mean, mean
        for level, pair in bounds.items():
            table[f"forecast_lower_{level}"], table[f"forecast_upper_{level}"] = pair
    return table.assign(
        series=one.series,
        level=one.level,
        parent_series=one.parent,
        model=one.model,
        interval_factor_80=_over(one.factors.get(80), len(months)),
        interval_factor_95=_over(one.factors.get(95), len(months)),
        interval_pooled_months=_over(one.pooled, len(months)),
        is_reconciled=moved is not None,
        history_kind=one.history_kind,
        train_start_month=one.first_month,
        train_end_month=one.last_month,
        note=one.note or None,
    )


def _over(values: Floats | None, count: int) -> Floats:
    """Figures of horizons for so many of them: the last one's for those beyond, NaN if there is none."""
    if values is None or not len(values):
        return np.full(count, np.nan)
    return values[np.minimum(np.arange(count), len(values) - 1)]


def _shifted(
    bounds: dict[int, tuple[Floats, Floats]], base: Floats, mean: Floats
) -> dict[int, tuple[Floats, Floats]]:
    """Bounds that moved along with a reconciled forecast, and stay at or above 0."""
    shift = mean - base
    return {
        level: (np.clip(lower + shift, 0.0, mean), np.maximum(upper + shift, mean))
        for level, (lower, upper) in bounds.items()
    }
