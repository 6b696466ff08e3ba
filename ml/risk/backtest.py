"""Rolling-origin backtest of risk models: every model at every origin, with what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ml.risk.cells import Floats
from ml.risk.history import History
from ml.risk.metrics import Capture, calibration_error, flagged_at, poisson_deviance
from ml.risk.model import Model
from ml.risk.spread import LEVELS, dispersion_of, floor_of, interval_scores, log_probability

if TYPE_CHECKING:
    import pandas as pd

AREA_SHARES = (0.01, 0.02, 0.05, 0.10)
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

    Returns
    -------
    scores : DataFrame
        One row per model and origin: ``mean_absolute_error``, ``poisson_deviance``, ``log_score`` (mean
        log probability, higher is better; counts only), ``calibration_error``, ``came_to_expected_ratio``,
        ``coverage_80_share`` and ``_95_``, ``central_80_share`` likewise (see
        `ml.risk.spread.interval_scores`).
    captures : DataFrame
        One row per model, origin and budget, with `Capture`'s figures; of ``judged`` with ``harm_`` before.
    """
    import pandas as pd

    area = history.cells.area
    limits = [share * float(area.sum()) for share in AREA_SHARES] if budgets is None else list(budgets)
    scores, captures = [], []
    bests: dict[float, list[Floats]] = {}
    # What a history knows of its events is seen once for all models.
    each_known = [history.before(origin) for origin, _ in windows]
    for model in models:
        past: list[tuple[float, Floats, Floats]] = []
        for known, (origin, end) in zip(each_known, windows, strict=True):
            mean = model.fit(known).predict(end)
            came = history.amount(origin, end)
            key = {"model": model.name, "origin_day": origin, "end_day": end}
            if has_scores:
                earlier = [(one, other) for until, one, other in past if until <= origin][-memory:]
                scores.append(key | _scores(came, mean, earlier, known))
            sides = [("", came, known.amount(known.start, known.end))]
            if judged is not None:
                harm_before = judged.amount(judged.start, origin)
                sides.append(("harm_", judged.amount(origin, end), harm_before))
            # What could have been caught at best is the same for all models.
            if origin not in bests:
                bests[origin] = [flagged_at(after, area, limits) @ after for _, after, _ in sides]
            chosen = flagged_at(mean, area, limits)
            for i, budget in enumerate(limits):
                share = budget / float(area.sum())
                figures: dict[str, float] = {}
                for (prefix, after, before), best in zip(sides, bests[origin], strict=True):
                    figures |= _figures(prefix, chosen[i], after, before, float(best[i]), share)
                captures.append(key | {"area_share": share} | figures)
            past = [*past, (end, came, mean)][-memory - MOST_OVERLAP :]
    return pd.DataFrame(scores), pd.DataFrame(captures)


def _figures(
    prefix: str, chosen: Floats, after: Floats, before: Floats, best: float, share: float
) -> dict[str, float]:
    found = Capture(
        float(chosen @ after),
        float(after.sum()),
        best,
        share,
        float(chosen @ before),
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
    return {f"{prefix}{name}": value for name, value in figures.items()}


def _scores(
    came: Floats, mean: Floats, earlier: list[tuple[Floats, Floats]], known: History
) -> dict[str, float]:
    floored = np.maximum(mean, floor_of(known))
    expected = float(mean.sum())
    row = {
        "mean_absolute_error": float(np.mean(np.abs(came - mean))),
        "poisson_deviance": poisson_deviance(came, floored),
        "calibration_error": calibration_error(came, mean),
        "came_to_expected_ratio": float(came.sum()) / expected if expected else float("nan"),
        "log_score": float("nan"),
    }
    if not earlier:
        kinds = ("coverage", "central")
        names = [f"{kind}_{round(level * 100)}_share" for level in LEVELS for kind in kinds]
        return row | dict.fromkeys(names, float("nan"))
    dispersion = dispersion_of(earlier, known.unit)
    if known.unit == 1.0:
        row["log_score"] = float(np.mean(log_probability(came, floored, dispersion)))
    held = interval_scores(came, floored, dispersion, known.sizes)
    return row | {name: float(shares.mean()) for name, shares in held.items()}
