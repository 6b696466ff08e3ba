"""Declared breaks of the series: months in which crime or its recording changed for a known reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecast.regression import fit_log_linear, seasonal_design

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

FEWEST_AFTER_STEP = 6
FEWEST_UNTOUCHED = 12


@dataclass(frozen=True)
class Intervention:
    """One declared break.

    Parameters
    ----------
    first_month, last_month : str
        As ``YYYY-MM``; an empty last month is a step that stays.
    force_slug : str
        The force concerned; empty for all.
    reason, source : str
        Why the months differ, and where that is written.
    """

    first_month: str
    last_month: str
    force_slug: str
    reason: str
    source: str

    @property
    def is_step(self) -> bool:
        """Whether the change stays."""
        return not self.last_month


_GUIDE = "police.uk, about the data"
# Steps of recording are those of dbt_project/seeds/recording_breaks.csv that touch counts (a test compares).
INTERVENTIONS = (
    Intervention("2011-09", "", "", "six crime categories became eleven", _GUIDE),
    Intervention("2013-05", "", "", "eleven crime categories became fourteen", _GUIDE),
    Intervention("2020-04", "2020-06", "", "first lockdown", "SI 2020/350"),
    Intervention("2020-11", "2020-11", "", "second lockdown", "SI 2020/1200"),
    Intervention("2021-01", "2021-03", "", "third lockdown", "SI 2021/8"),
    Intervention("2024-03", "", "metropolitan", "a new crime recording system", _GUIDE),
)


def without_interventions(
    months: pd.DatetimeIndex, values: Floats, forces: frozenset[str] = frozenset()
) -> tuple[Floats, str]:
    """Take the declared breaks out of a history, at the level that holds at its end.

    The effects are coefficients of a log-linear regression on trend, season and one column a break, fitted
    to the history that is given and nothing later. Months of a passing break are divided by its effect;
    months before a step are multiplied by it. A break is left alone while it cannot be told from the rest:
    a step needs six months after it, and twelve months must be untouched by any break.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Consecutive months.
    values : ndarray, shape (n,)
        Harm days or counts.
    forces : frozenset of str
        Forces that the series is made of, which decide on breaks of one force.

    Returns
    -------
    adjusted : ndarray, shape (n,)
    note : str
        Which breaks were taken out, in words; empty if none.

    References
    ----------
    Box, G. E. P. and Tiao, G. C. (1975), JASA 70(349), 70-79, for interventions as regressors.
    """
    columns, names, steps = _break_columns(months, forces)
    if not columns or not values.any():
        return values, ""
    effects = np.column_stack(columns)
    base = seasonal_design(months, harmonics=1)
    if len(values) < base.shape[1] + effects.shape[1] + FEWEST_UNTOUCHED:
        return values, ""
    days = months.days_in_month.to_numpy(dtype=np.float64)
    fit = fit_log_linear(np.hstack([base, effects]), values, days)
    if fit is None:
        return values, ""
    coefficients = fit.coefficients[base.shape[1] :]
    at_the_end = np.where(steps, 1.0, 0.0)
    return values * np.exp((at_the_end - effects) @ coefficients), "taken out: " + ", ".join(names)


def _break_columns(
    months: pd.DatetimeIndex, forces: frozenset[str]
) -> tuple[list[Floats], list[str], list[bool]]:
    labels = np.asarray(months.strftime("%Y-%m"))
    columns: list[Floats] = []
    names: list[str] = []
    steps: list[bool] = []
    for item in INTERVENTIONS:
        if item.force_slug and item.force_slug not in forces:
            continue
        inside = labels >= item.first_month
        if not item.is_step:
            inside &= labels <= item.last_month
        fewest = FEWEST_AFTER_STEP if item.is_step else 1
        if inside.sum() >= fewest and (~inside).sum() >= FEWEST_UNTOUCHED:
            columns.append(inside.astype(np.float64))
            names.append(f"{item.reason} ({item.first_month})")
            steps.append(item.is_step)
    return columns, names, steps
