"""Each crime group judged by its backtest: who is champion, and what it expects of the next month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.common.crime_groups import GROUP_NAMES
from ml.common.words import counted
from ml.risk.backtest import AREA_SHARES, EVERY_FORCE, backtest, every_origin
from ml.risk.candidates import BASELINES, DEFAULT, ModelSet, candidates
from ml.risk.cells import Floats
from ml.risk.compare import choose_champion
from ml.risk.history import History
from ml.risk.level import Levels, levels_of
from ml.risk.model import Model
from ml.risk.spread import Expected, expect
from ml.risk.stored import Stored, stored
from ml.risk.study import FEWEST_ORIGINS, SHORTEST, Study

if TYPE_CHECKING:
    import pandas as pd

#: Windows whose errors give the dispersion, in the backtest and for what is published.
MEMORY = 6
CHOSEN_BY = "poisson_deviance"
_TENTHS = 10


@dataclass(frozen=True, eq=False)
class Kept:
    """Forecasts of the backtest by area, each by the model that was to be published on the day.

    Parameters
    ----------
    models : tuple of str
        The model of each origin.
    counts : tuple of Expected
        Expected records of the month after each origin, with the intervals of the day.
    expected_harm : ndarray, shape (origins, areas)
        Expected harm days of the same months.
    """

    models: tuple[str, ...]
    counts: tuple[Expected, ...]
    expected_harm: Floats


@dataclass(frozen=True)
class Judged:
    """One crime group of a study.

    Parameters
    ----------
    group : str
        Crime group.
    champion, verdict : str
        The model that is published in the areas of all forces, and why.
    scores, captures : DataFrame
        As `ml.risk.backtest.backtest` gives them, of counts, captures of harm too, for all forces together
        and for each; empty without an origin.
    harm_scores : DataFrame
        Scores of the baselines and the champion as forecasts of harm days.
    calibration : DataFrame
        ``tenth`` (1 for the least expected), ``expected_mean`` and ``came_mean`` records per area and month,
        by tenths of all areas and origins, of the champion; fewer groups with fewer than ten of these.
    count, harm : Expected
        What the champion expects of the next month.
    learned : dict of str to dict
        What it learned of the whole history, to be stored: 'count' and 'harm', as `ml.risk.stored` has it,
        with the form of its level where it is scaled to one.
    kept : Kept, optional
        Forecasts of each origin by neighbourhood; none without an origin, or of cells: nobody asks for
        those, and a city's take a hundred megabytes.
    """

    group: str
    champion: str
    verdict: str
    scores: pd.DataFrame
    captures: pd.DataFrame
    harm_scores: pd.DataFrame
    calibration: pd.DataFrame
    count: Expected
    harm: Expected
    learned: dict[str, Stored]
    kept: Kept | None = None


def judge(study: Study, models: ModelSet = "light") -> list[Judged]:
    """Judge every crime group of a study.

    Parameters
    ----------
    study : Study
        Areas and histories.
    models : str
        Which candidates compete; see `ml.risk.candidates.candidates`.
    """
    levels, harm_levels = levels_of(study.counts), levels_of(study.harm)
    return [_judge_group(study, group, models, levels[group], harm_levels[group]) for group in GROUP_NAMES]


def _judge_group(study: Study, group: str, models: ModelSet, levels: Levels, harm_levels: Levels) -> Judged:
    import pandas as pd

    counts, harm = study.counts[group], study.harm[group]
    windows = every_origin(counts, shortest=SHORTEST)
    every = candidates(study.area_kind, models, levels)
    for_harm = candidates(study.area_kind, models, harm_levels)
    scores = captures = harm_scores = calibration = pd.DataFrame()
    kept = None
    held = len(study.months)
    too_few = f"{counted(held, 'month')} {'is' if held == 1 else 'are'} too few"
    champion, verdict = DEFAULT, f"no backtest: {too_few}; {DEFAULT} by default"
    if windows:
        scores, captures = backtest(counts, every, windows, judged=harm, memory=MEMORY, forces=study.forces)
        overall = scores[scores["force_slug"] == EVERY_FORCE]
        champion, verdict = pick(overall)
        shown = [model for model in for_harm if model.name in {*BASELINES, champion}]
        budget = [AREA_SHARES[-1] * float(study.cells.area.sum())]
        harm_scores, _ = backtest(harm, shown, windows, budgets=budget, memory=MEMORY, forces=study.forces)
        calibration = _calibration(counts, _named(every, champion), windows)
        if study.area_kind == "lsoa":
            names = tuple(picked_on_the_day(overall, [start for start, _ in windows]))
            kept = Kept(
                names,
                _counts_of_the_day(names, counts, every, windows),
                _forecasts_of(names, harm, for_harm, windows),
            )
    return Judged(
        group,
        champion,
        verdict,
        scores,
        captures,
        harm_scores,
        calibration,
        expect(_named(every, champion), counts, study.until, holdouts=MEMORY),
        expect(_named(for_harm, champion), harm, study.until, holdouts=MEMORY),
        {
            "count": stored(_named(every, champion), counts, study.until),
            "harm": stored(_named(for_harm, champion), harm, study.until),
        },
        kept,
    )


def pick(scores: pd.DataFrame) -> tuple[str, str]:
    """Choose the champion of a group: the stated rule of `ml.risk.compare.choose_champion` on the deviance.

    Parameters
    ----------
    scores : DataFrame
        ``model``, ``origin_day`` and the Poisson deviance of each.

    Returns
    -------
    champion, verdict : str
    """
    figures = scores.pivot(index="origin_day", columns="model", values=CHOSEN_BY)[
        list(dict.fromkeys(scores["model"]))
    ]
    if len(figures) >= FEWEST_ORIGINS:
        return choose_champion(figures, BASELINES, is_lower_better=True)
    champion, reason = choose_champion(figures[list(BASELINES)], BASELINES, is_lower_better=True)
    return champion, f"{reason}; too few for a challenger to win: {counted(len(figures), 'origin')}"


def picked_on_the_day(scores: pd.DataFrame, origins: Sequence[float]) -> list[str]:
    """Name the model that `pick` would have published at each origin, from the windows that were over.

    The champion is chosen over all origins, so that its errors at the same origins look a little too small.
    A choice that could have been made on the day has seen nothing of what it is judged by.

    Parameters
    ----------
    scores : DataFrame
        As for `pick`, with ``end_day``.
    origins : sequence of float
        Days.

    Returns
    -------
    list of str
        One name for each origin; the default where no window was over.
    """
    over = [scores[scores["end_day"] <= origin] for origin in origins]
    return [pick(known)[0] if len(known) else DEFAULT for known in over]


def _counts_of_the_day(
    names: Sequence[str], history: History, models: list[Model], windows: list[tuple[float, float]]
) -> tuple[Expected, ...]:
    """What the named model of each origin would have published of the next month."""
    return tuple(
        expect(_named(models, name), history.before(start), end, holdouts=MEMORY)
        for name, (start, end) in zip(names, windows, strict=True)
    )


def _forecasts_of(
    names: Sequence[str], history: History, models: list[Model], windows: list[tuple[float, float]]
) -> Floats:
    """What the named model of each origin forecast of the next month, shape (origins, areas)."""
    # Every model remembers what it was fitted to in the backtest.
    expected = [
        _named(models, name).fit(history.before(start)).predict(end)
        for name, (start, end) in zip(names, windows, strict=True)
    ]
    return np.stack(expected)


def _named(models: list[Model], name: str) -> Model:
    return next(model for model in models if model.name == name)


def _calibration(history: History, model: Model, windows: list[tuple[float, float]]) -> pd.DataFrame:
    """Expected and recorded means by tenths of the areas of all origins, ordered by what was expected."""
    import pandas as pd

    expected = np.concatenate([model.fit(history.before(start)).predict(end) for start, end in windows])
    came = np.concatenate([history.amount(start, end) for start, end in windows])
    # One area has fewer forecasts than tenths, each then a group of its own.
    parts = np.array_split(np.argsort(expected, kind="stable"), min(_TENTHS, len(expected)))
    return pd.DataFrame(
        {
            "tenth": np.arange(1, len(parts) + 1),
            "expected_mean": [expected[part].mean() for part in parts],
            "came_mean": [came[part].mean() for part in parts],
        }
    )
