"""Rolling-origin backtest of risk models: every model at every origin, with what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.risk.cells import Floats, Ints
from ml.risk.history import History
from ml.risk.metrics import Capture, calibration_error, flagged_at, unit_deviance
from ml.risk.model import Model
from ml.risk.spread import LEVELS, dispersion_of, floor_of, freedom_of, interval_scores, log_probability

if TYPE_CHECKING:
    import pandas as pd

AREA_SHARES = (0.01, 0.02, 0.05, 0.10)
#: Stands where a force's name does for the cells of all forces together.
EVERY_FORCE = "all"
Labels = npt.NDArray[np.object_]
# Windows that may overlap the newest one; their errors are not known at its origin.
MOST_OVERLAP = 12


def every_origin(
    history: History, *, shortest: int, span: int = 1, step: int = 1
) -> list[tuple[float, float]]:
    """All windows (origin, end) that a history allows, earliest first.

    Parameters
    ----------
    history : History
        All that is known by now.
    shortest : int
        Periods that must lie before an origin.
    span, step : int
        Periods in a window, and between origins.
    """
    bounds = history.bounds
    starts = range(shortest, len(bounds) - span, step)
    return [(float(bounds[i]), float(bounds[i + span])) for i in starts]


def backtest(
    history: History,
    models: Sequence[Model],
    windows: Sequence[tuple[float, float]],
    *,
    budgets: Sequence[float] | None = None,
    judged: History | None = None,
    memory: int = 6,
    has_scores: bool = True,
    forces: Labels | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast each window from its origin, and set the forecast beside what came.

    Parameters
    ----------
    history : History
        All that is known by now; a model is given the part before each origin only.
    models : sequence of Model
        Candidates, fitted afresh at each origin.
    windows : sequence of (origin, end)
        Ascending, as `every_origin` gives them.
    budgets : sequence of float, optional
        Areas to flag; 1, 2, 5 and 10% of the whole when not given.
    judged : History, optional
        The same cells and periods with other weights (harm beside counts): the maps are judged on it too.
    memory : int
        Earlier windows whose errors give the dispersion of the intervals. A window counts only when it
        ended by the origin; before there is one, scores of intervals are NaN.
    has_scores : bool
        Whether to score counts; on a hundred thousand nearly empty cells that takes most of the time.
    forces : ndarray of object, shape (cells,), optional
        Force of each cell: the same forecasts are judged within each force as well. Each flags the same
        share of its own area.

    Returns
    -------
    scores : DataFrame
        One row per model, origin and force (`EVERY_FORCE` for all cells): ``mean_absolute_error``,
        ``poisson_deviance``, ``log_score`` (mean log probability, higher is better; counts only),
        ``calibration_error``, ``came_to_expected_ratio`` and ``total_error_share`` (both of the sums over
        cells; the latter is their absolute difference over what came), ``coverage_80_share`` and ``_95_``,
        ``central_80_share`` likewise (see `ml.risk.spread.interval_scores`).
    captures : DataFrame
        One row per model, origin, force and budget, with `Capture`'s figures; of ``judged`` with ``harm_``
        before.
    """
    import pandas as pd

    area = history.cells.area
    shares = AREA_SHARES if budgets is None else [budget / float(area.sum()) for budget in budgets]
    parts = _parts(forces)
    # What is known at an origin, and what came, is the same for all models.
    seen = [_Seen.of(history, judged, parts, shares, window) for window in windows]
    scores, captures = [], []
    for model in models:
        past: list[tuple[float, Floats, Floats]] = []
        for one in seen:
            mean = model.fit(one.known).predict(one.end)
            key = {"model": model.name, "origin_day": one.origin, "end_day": one.end}
            if has_scores:
                earlier = [(came, said) for until, came, said in past if until <= one.origin][-memory:]
                by_cell = _scores_by_cell(one.came, mean, earlier, one.known)
            for part, bests in zip(parts, one.bests, strict=True):
                own = part.cells
                if has_scores:
                    means = {name: float(values[own].mean()) for name, values in by_cell.items()}
                    scores += part.labelled(key | means | _balance(one.came[own], mean[own]))
                limits = [share * float(area[own].sum()) for share in shares]
                for row, (share, flags) in enumerate(
                    zip(shares, flagged_at(mean[own], area[own], limits), strict=True)
                ):
                    figures: dict[str, float] = {"area_share": share}
                    for side, best in zip(one.sides, bests, strict=True):
                        figures |= side.figures(flags, own, float(best[row]), share)
                    captures += part.labelled(key | figures)
            past = [*past, (one.end, one.came, mean)][-memory - MOST_OVERLAP :]
    return pd.DataFrame(scores), pd.DataFrame(captures)


@dataclass(frozen=True, eq=False)
class _Part:
    """Cells that are judged together, and under which names."""

    names: tuple[str, ...]
    cells: slice | Ints

    def labelled(self, figures: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"force_slug": name} | figures for name in self.names]


def _parts(forces: Labels | None) -> list[_Part]:
    """All cells, and those of each force; where there is one force, its figures are those of all."""
    names = [] if forces is None else sorted(set(forces))
    if forces is None or len(names) < 2:
        return [_Part((EVERY_FORCE, *names), slice(None))]
    return [
        _Part((EVERY_FORCE,), slice(None)),
        *(_Part((name,), np.flatnonzero(forces == name)) for name in names),
    ]


@dataclass(frozen=True, eq=False)
class _Side:
    """Amounts that maps are judged by: records, or harm."""

    prefix: str
    after: Floats
    before: Floats

    def figures(self, flags: Floats, own: slice | Ints, best: float, share: float) -> dict[str, float]:
        after, before = self.after[own], self.before[own]
        found = Capture(
            float(flags @ after),
            float(after.sum()),
            best,
            share,
            float(flags @ before),
            float(before.sum()),
        )
        figures = {
            "caught": found.caught,
            "total": found.total,
            "best": found.best,
            "hit_rate": found.hit_rate,
            "pai": found.pai,
            "pei": found.pei,
            "recapture": found.recapture,
        }
        return {f"{self.prefix}{name}": value for name, value in figures.items()}


@dataclass(frozen=True, eq=False)
class _Seen:
    """An origin: what was known, what came, and the best that each share of each part could catch of it."""

    origin: float
    end: float
    known: History
    came: Floats
    sides: tuple[_Side, ...]
    bests: list[list[Floats]]

    @classmethod
    def of(
        cls,
        history: History,
        judged: History | None,
        parts: Sequence[_Part],
        shares: Sequence[float],
        window: tuple[float, float],
    ) -> _Seen:
        origin, end = window
        known, came = history.before(origin), history.amount(origin, end)
        sides = [_Side("", came, known.amount(known.start, origin))]
        if judged is not None:
            sides.append(_Side("harm_", judged.amount(origin, end), judged.amount(judged.start, origin)))
        area, bests = history.cells.area, []
        for part in parts:
            own = area[part.cells]
            limits = [share * float(own.sum()) for share in shares]
            came_there = [side.after[part.cells] for side in sides]
            bests.append([flagged_at(after, own, limits) @ after for after in came_there])
        return cls(origin, end, known, came, tuple(sides), bests)


def _balance(came: Floats, mean: Floats) -> dict[str, float]:
    """Scores that are no means over cells."""
    total, expected = float(came.sum()), float(mean.sum())
    return {
        "calibration_error": calibration_error(came, mean),
        "came_to_expected_ratio": total / expected if expected else float("nan"),
        "total_error_share": abs(expected - total) / total if total else float("nan"),
    }


def _scores_by_cell(
    came: Floats, mean: Floats, earlier: list[tuple[Floats, Floats]], known: History
) -> dict[str, Floats]:
    floored = np.maximum(mean, floor_of(known))
    nothing = np.full(len(came), np.nan)
    scores = {
        "mean_absolute_error": np.abs(came - mean),
        "poisson_deviance": unit_deviance(came, floored),
        "log_score": nothing,
    }
    if not earlier:
        kinds = ("coverage", "central")
        names = [f"{kind}_{round(level * 100)}_share" for level in LEVELS for kind in kinds]
        return scores | dict.fromkeys(names, nothing)
    dispersion = dispersion_of(earlier, known.unit)
    if known.unit == 1.0:
        scores["log_score"] = log_probability(came, floored, dispersion)
    freedom = freedom_of(earlier, known.unit)
    return scores | interval_scores(came, floored, dispersion, known.sizes, freedom)
