"""Prints what San Jose's sample allows of call priority, and what calibration by month adds; see docs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from orchestration.bench_priority import read_agency
from orchestration.bench_risk.markdown import table

if TYPE_CHECKING:
    import pandas as pd

    from ml.priority.features import Floats, Ints
    from ml.priority.judged import Judged

YEARS = (2022, 2023)
#: Training calls of the learning curve; the last is nine tenths of both years.
SIZES = (1_250, 2_500, 5_000, 8_995)
_ALL_CALLS = 500_000
_POWERS = (0.1, 0.25, 0.5, 1.0)
_FOLDS, _REPEATS, _REPLICATES = 10, 3, 500
_MODEL = "logistic_regression"


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with San Jose's files.",
)
def main(data: Path) -> None:
    """Learning curve without the call type, and calibration by month."""
    from ml.common.threads import one_thread

    started = time.monotonic()
    calls = read_agency("san_jose", data)
    with one_thread("sklearn.ensemble"):
        for text in (learning_curve(calls), calibration(calls)):
            click.echo(f"{text}\n")
    click.echo(f"{time.monotonic() - started:.0f} s.")


def learning_curve(calls: pd.DataFrame, sizes: tuple[int, ...] = SIZES) -> str:
    """AUC without the call type by the number of training calls, over folds of all calls, and its limit.

    The curve is fitted as ``a - b n**-power`` to the four sizes, in each bootstrap resample of the tested
    calls anew. Folds mix the years: this says what a sample allows, not what a model reaches on a later year.
    """
    from ml.priority.features import is_dangerous
    from ml.priority.metrics import resamples, roc_auc

    target = is_dangerous(calls)
    random = np.random.default_rng(20210321)
    weights = resamples(len(calls), _REPLICATES)
    found = np.zeros((len(sizes), len(weights)))
    for _ in range(_REPEATS):
        order = random.permutation(len(calls))
        for test in np.array_split(order, _FOLDS):
            train = order[~np.isin(order, test)]
            for place, size in enumerate(sizes):
                held = np.sort(test)
                score = _scores(calls, np.sort(train[:size]), held, has_call_type=False)
                found[place] += roc_auc(target[held], score, weights[:, held]) / (_FOLDS * _REPEATS)
    rows = [[f"{size:,}", _interval(found[place]), "–"] for place, size in enumerate(sizes)]
    for power in _POWERS:
        design = np.column_stack([np.ones(len(sizes)), -(np.array(sizes, dtype=float) ** -power)])
        level, drop = np.linalg.lstsq(design, found, rcond=None)[0]
        gap = np.abs(design @ [level[0], drop[0]] - found[:, 0]).max()
        reached = _interval(level - drop * _ALL_CALLS**-power)
        rows.append([f"{_ALL_CALLS:,}, power {power:g}", reached, f"{gap:.4f}"])
    return table(("training calls", "AUC", "largest gap of the curve"), rows)


def calibration(calls: pd.DataFrame) -> str:
    """Calibration error beside its floor, as forecast and recalibrated from earlier months, both ways."""
    from ml.priority import assess, year_split
    from ml.priority.models import QUICK
    from ml.priority.recalibrate import recalibrated_by_month
    from ml.priority.splits import Scenario

    rows = []
    for train_year, test_year in (YEARS, YEARS[::-1]):
        split = year_split(calls, train_year, test_year)
        month = calls["called_at_local"].dt.month.to_numpy()[split.is_test]
        for target, judged in assess(calls, (Scenario(split),), QUICK).main.items():
            for name, one in judged.items():
                moved = recalibrated_by_month(one.probability, one.target, month)
                label = f"{train_year} to {test_year}, {target}, {name}"
                rows.append([label, *_calibration_cells(one, moved)])
    header = ("judged", "ECE", "floor", "by month, ECE", "by month, floor", "log loss less by month")
    return table(header, rows)


def _calibration_cells(one: Judged, moved: Floats) -> list[str]:
    from ml.priority.metrics import calibration_floor, expected_calibration_error, resamples

    cells = []
    once = np.ones((1, len(one.target)))
    for chances in (one.probability, moved):
        if chances.shape[1] == 2:
            promised, came = chances[:, 1], one.target
        else:
            promised, came = chances.max(axis=1), (chances.argmax(axis=1) == one.target).astype(np.int64)
        mean, upper = calibration_floor(promised)
        error = float(expected_calibration_error(came, promised, once)[0])
        cells += [f"{error:.4f}", f"{mean:.4f} (95%: {upper:.4f})"]
    place = np.arange(len(one.target)), one.target
    before, after = (-np.log(np.clip(chances[place], 1e-12, 1)) for chances in (one.probability, moved))
    weights = resamples(len(one.target), _REPLICATES)
    return [*cells, _interval(weights @ (before - after) / weights.sum(axis=1), "+.4f")]


def _scores(calls: pd.DataFrame, train: Ints, test: Ints, *, has_call_type: bool) -> Floats:
    """Chance of danger of some calls by a model that others taught."""
    from ml.priority.features import fit_encoder, is_dangerous
    from ml.priority.models import QUICK, model_named

    target = is_dangerous(calls)[train]
    encoder, seen = fit_encoder(calls.iloc[train], target, precision="exact", has_call_type=has_call_type)
    fitted = model_named(_MODEL).fit(seen, target, 2, QUICK)
    return fitted.probabilities(encoder.apply(calls.iloc[test]))[:, 1]


def _interval(values: Floats, shape: str = ".3f") -> str:
    """The value of the calls as they are, and the middle 95% of the resamples, bold when a gain is clear."""
    lower, upper = np.quantile(values[1:], (0.025, 0.975))
    text = f"{values[0]:{shape}} [{lower:{shape}}, {upper:{shape}}]"
    return f"**{text}**" if shape.startswith("+") and lower * upper > 0 else text


if __name__ == "__main__":
    main()
