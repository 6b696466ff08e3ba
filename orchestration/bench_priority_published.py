"""What others published of San Jose's whole set of calls, beside what the benchmark measures; see docs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import table

if TYPE_CHECKING:
    import pandas as pd

#: Figures of the study of all 837,000 calls, by target, model and measure. It names no model for the levels'
#: accuracy; the forest, its best, is taken.
PUBLISHED = {
    ("dangerous", "random_forest"): {"accuracy": 0.85, "recall": 0.91, "roc_auc": 0.92},
    ("dangerous", "logistic_regression"): {"accuracy": 0.63},
    ("dangerous", "naive_bayes"): {"accuracy": 0.67},
    ("priority", "random_forest"): {"accuracy": 0.73},
}
#: Differences up to this are called as published: the figures have two decimals.
_ROUNDING = 0.005


def comparison(scores: pd.DataFrame) -> str:
    """Return each published figure beside the same measure here and of the look-up, and what that says.

    Parameters
    ----------
    scores : DataFrame
        Rows of ``ml_call_priority_scores`` of one scenario.
    """
    measured = {(row["target"], row["model"], row["metric"]): row for _, row in scores.iterrows()}
    rows, said = [], []
    for (target, model), figures in PUBLISHED.items():
        for metric, published in figures.items():
            if (target, model, metric) not in measured:
                continue
            own = measured[target, model, metric]
            held = f"{own['value']:.3f} [{own['value_lower']:.3f}, {own['value_upper']:.3f}]"
            beside = f"{own['look_up_value']:.3f}"
            rows.append([target, model, metric, f"{published:.2f}", held, beside])
            said.append(
                f"{model} {metric} ({target}) is {_than(own, published)} published, and {_than_look_up(own)}"
            )
    header = ("target", "model", "measure", "published", "here [95%]", "look_up here")
    return f"{table(header, rows)}\n\n" + "; ".join(said) + "."


def _than(own: pd.Series, published: float) -> str:
    """How a figure lies to the published one, by its interval and by what rounding hides."""
    if own["value_lower"] > published + _ROUNDING:
        return "above what was"
    if own["value_upper"] < published - _ROUNDING:
        return "below what was"
    return "within its interval of what was"


def _than_look_up(own: pd.Series) -> str:
    if own["gain_lower"] > 0:
        return "clearly better than the look-up's"
    if own["gain_upper"] < 0:
        return "clearly worse than the look-up's"
    return "not clearly other than the look-up's"


def matrices(confusion: pd.DataFrame) -> str:
    """Return the matrices of dangerous calls at a chance of 0.5 as one table, a row a model.

    Parameters
    ----------
    confusion : DataFrame
        Rows of ``ml_call_priority_confusion`` of one scenario.
    """
    held = confusion[confusion["decision"] == "at_half"]
    rows = []
    for model, part in held.groupby("model", sort=False):
        counts = part.set_index(["true_level", "given_level"])["call_count"]
        rows.append([str(model), *(f"{counts[cell]:,}" for cell in ((1, 1), (1, 0), (0, 1), (0, 0)))])
    return table(("model", "dangerous, told", "dangerous, missed", "harmless, alarm", "harmless, told"), rows)


def level_matrices(confusion: pd.DataFrame, models: tuple[str, ...]) -> Iterator[str]:
    """Yield the matrices of the six levels of some models, a table each."""
    for model in models:
        part = confusion[(confusion["model"] == model) & (confusion["decision"] == "likeliest")]
        counts = part.pivot(index="true_level", columns="given_level", values="call_count")
        header = (f"{model}, true", *(f"given {level}" for level in counts.columns))
        yield table(
            header, [[str(level), *(f"{value:,}" for value in row)] for level, row in counts.iterrows()]
        )


def calibration_verdict(part: pd.DataFrame, target: float) -> str:
    """Say which models have a calibration error below the target, and which only chance keeps above it.

    Parameters
    ----------
    part : DataFrame
        Rows of ``ml_call_priority_scores`` of one scenario and target.
    target : float
        What an error should be below; intervals are not asked here.
    """
    wide = part.pivot(index="model", columns="metric", values="value")
    error, chance = wide["expected_calibration_error"], wide["calibration_floor_upper"]
    below = error.index[error < target]
    excused = error.index[(error >= target) & (error <= chance)]
    least = f"the least is {error.min():.4f} ({error.idxmin()})"
    return (
        f"Calibration error below {target:g}: {len(below)} of {len(error)} models"
        + (f" ({', '.join(below)})" if len(below) else "")
        + f"; {least}"
        + (f"; within what chance makes: {', '.join(excused)}" if len(excused) else "")
        + "."
    )


def chosen_calibration(scores: pd.DataFrame) -> str:
    """Say the calibration errors of what would be published, of danger and of levels, as its card does.

    Parameters
    ----------
    scores : DataFrame
        Rows of ``ml_call_priority_scores`` of one scenario in which models were tried by month.
    """
    from ml.priority.card import calibration_words, published_rows
    from ml.priority.choose import chosen

    published = published_rows(scores, chosen(scores[scores["target"] == "dangerous"]))
    # Calls of two levels alone are not asked for their level.
    return "\n\n".join(
        f"Calibration error of {rows['model'].iloc[0]} ({target}): {calibration_words(rows)}."
        for target, rows in published.items()
        if not rows.empty
    )
