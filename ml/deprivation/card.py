"""The model card of the deprivation tables: what the forest adds, or that it adds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.model_card import Metric, ModelCard
from ml.deprivation.errors import TENTHS
from ml.deprivation.evaluate import DEVIANCE_EXPLAINED, METRICS
from ml.deprivation.folds import BLOCKS
from ml.deprivation.models import FOREST
from ml.deprivation.sample import DOMAINS
from ml.deprivation.study import DIFFERENCE, GAIN, SPATIAL

if TYPE_CHECKING:
    import pandas as pd

_TARGETS = {"crime_rate_per_1000": "records", "harm_days_rate_per_1000": "harm days"}


def deprivation_card(
    scores: pd.DataFrame, errors: pd.DataFrame, *, version: str, months: tuple[str, str]
) -> ModelCard:
    """Return the card; its verdict says for each target whether the forest beats the best baseline.

    Parameters
    ----------
    scores : DataFrame
        Scores as ``ml_deprivation_scores`` has them; not empty.
    errors : DataFrame
        Errors of the forest by tenths of the areas, as `ml.deprivation.study.Found` has them.
    version : str
        Code and data.
    months : tuple of str
        First and last month of the records.
    """
    pairs = list(dict.fromkeys(zip(scores["target"], scores["index_year"], strict=True)))
    champions = [_champion(scores, target, year) for target, year in pairs]
    return ModelCard(
        name="Crime and harm rates from deprivation",
        version=version,
        purpose=(
            "Says how much of the difference in recorded rates between areas the indices of deprivation tell "
            "in regions that a model has not seen. It explains no area and forecasts nothing."
        ),
        data=(
            f"police.uk street records and residents of {int(scores['area_count'].max()):,} LSOAs, with the "
            f"English indices of deprivation of {' and '.join(sorted({str(year) for _, year in pairs}))} "
            "without their crime domain"
        ),
        period=months,
        champion=", ".join(sorted(set(champions))),
        baseline="the best of Poisson regression, rate of the nearest areas seen, and the mean",
        verdict=" ".join(_verdict(scores, target, year) for target, year in pairs),
        metrics=(
            *(metric for target, year in pairs for metric in _metrics(scores, target, year)),
            *_errors(errors),
        ),
        features=DOMAINS,
        limits=(
            f"Judged on {BLOCKS} regions, each held out as a whole. Random folds put neighbours on both "
            "sides and can look better than they are: the difference is shown.",
            "Areas at the edge of a region still have neighbours among those learned from.",
            "Importance is shared among domains that go together, and is no cause: nothing follows for what "
            "would happen if deprivation changed.",
            "Residents are the denominator; city centres have few, and many who come there.",
            "Recorded crime is not all crime: drugs and weapons show where police looked.",
            "Not for decisions about persons or about single areas.",
        ),
        fairness=(
            "Errors are told by tenths of the areas in the order of income deprivation, and not by groups of "
            "people.",
            "Deprivation stands for who lives where; a rate predicted from it must not be used to send "
            "police to poor areas.",
        ),
        source=(
            "Roberts, D. R. et al. (2017), Ecography 40(8), 913-929 (spatial blocks).",
            "Breiman, L. (2001), Machine Learning 45, 5-32 (random forest).",
            "Fisher, A., Rudin, C. and Dominici, F. (2019), JMLR 20(177) (permutation importance).",
        ),
    )


def _champion(scores: pd.DataFrame, target: str, year: int) -> str:
    own = scores[(scores["target"] == target) & (scores["index_year"] == year) & scores["is_champion"]]
    return str(own["model"].iloc[0])


def _verdict(scores: pd.DataFrame, target: str, year: int) -> str:
    gain = _figures(scores, target, year, SPATIAL, FOREST.name)[GAIN]
    words = f"({gain[0]:+.3f} of deviance explained, 95% interval {gain[1]:+.3f} to {gain[2]:+.3f})"
    champion = _champion(scores, target, year)
    if champion == FOREST.name:
        said = "the forest clearly beats the best baseline"
    else:
        said = f"the forest does not clearly beat the best baseline, so that {champion} is the champion"
    return f"{_TARGETS[target].capitalize()}, indices of {year}: {said} {words}."


def _metrics(scores: pd.DataFrame, target: str, year: int) -> list[Metric]:
    forest = _figures(scores, target, year, SPATIAL, FOREST.name)
    spatial = scores[(scores["fold_kind"] == SPATIAL) & scores["is_baseline"]]
    own = spatial[(spatial["target"] == target) & (spatial["index_year"] == year)]
    explained = own[own["metric"] == DEVIANCE_EXPLAINED].sort_values("value", kind="stable")
    best = _figures(scores, target, year, SPATIAL, str(explained["model"].iloc[-1]))
    group = f"{_TARGETS[target]}, indices of {year}, spatial folds, forest"
    nothing = (float("nan"),) * 3
    found = [Metric(name, *forest[name], best.get(name, nothing)[0], group) for name in METRICS]
    flattered = _figures(scores, target, year, DIFFERENCE, FOREST.name)[DEVIANCE_EXPLAINED]
    group = f"{_TARGETS[target]}, indices of {year}, random less spatial folds, forest"
    return [*found, Metric(DEVIANCE_EXPLAINED, *flattered, group=group)]


def _errors(errors: pd.DataFrame) -> list[Metric]:
    found = []
    for row in errors.to_dict("records"):
        ends = {1: ", the most deprived", TENTHS: ", the least deprived"}
        group = (
            f"{_TARGETS[row['target']]}, indices of {row['index_year']}, spatial folds, forest, "
            f"tenth {row['tenth']} by income{ends.get(row['tenth'], '')} ({row['area_count']} areas)"
        )
        value, lower, upper, baseline = (
            float(row[name]) for name in ("mean_error", "lower", "upper", "baseline")
        )
        found.append(Metric("mean error per 1,000 residents and year", value, lower, upper, baseline, group))
    return found


def _figures(
    scores: pd.DataFrame, target: str, year: int, kind: str, model: str
) -> dict[str, tuple[float, float, float]]:
    is_it = (scores["target"] == target) & (scores["index_year"] == year) & (scores["fold_kind"] == kind)
    own = scores[is_it & (scores["model"] == model)]
    rows = own[["metric", "value", "lower", "upper"]].itertuples(index=False)
    return {str(name): (float(value), float(lower), float(upper)) for name, value, lower, upper in rows}
