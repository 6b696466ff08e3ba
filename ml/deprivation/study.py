"""The whole study: every target and edition, by spatial and by random folds, beside the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.deprivation.errors import errors_by_tenth
from ml.deprivation.evaluate import (
    DEVIANCE_EXPLAINED,
    METRICS,
    RANK_CORRELATION,
    block_weights,
    fit_folds,
    held_out,
    interval,
    measures,
)
from ml.deprivation.folds import random_folds, spatial_blocks
from ml.deprivation.importance import partial_dependence, permutation_importance
from ml.deprivation.models import BASELINES, FOREST, Predict, rate_bounds
from ml.deprivation.sample import DOMAINS, INDEX_YEARS, TARGETS, Floats, Ints, Sample, sample_of

if TYPE_CHECKING:
    import pandas as pd

SPATIAL, RANDOM, DIFFERENCE = "spatial", "random", "random_minus_spatial"
GAIN = "deviance_explained_gain"
_MEAN = "mean"
_SCORE_COLUMNS = ("target", "index_year", "fold_kind", "model", "metric", "value", "lower", "upper")
_ENDS = ("low_score", "rate_at_low_score", "high_score", "rate_at_high_score")
_ERROR_COLUMNS = ("target", "index_year", "tenth", "area_count", "mean_error", "lower", "upper", "baseline")
_IMPORTANCE_COLUMNS = ("target", "index_year", "feature", "importance", "lower", "upper")
# Values of a metric for all areas and for each resample, by model and metric.
Measured = dict[tuple[str, str], Floats]


@dataclass(frozen=True, eq=False)
class Found:
    """What was found.

    Parameters
    ----------
    scores : DataFrame
        Columns of ``ml_deprivation_scores`` but for scheme and window; no rows with too few areas.
    importance : DataFrame
        Columns of ``ml_deprivation_importance`` but for scheme and window.
    partial : DataFrame
        Partial dependence of the forest: ``target``, ``index_year``, ``feature``, ``quantile``, ``score``,
        ``rate_per_1000``.
    forests : dict of str to dict
        The forest of all areas by target and edition, with the bounds that its rates are kept within.
    errors : DataFrame
        ``target``, ``index_year`` and what `ml.deprivation.errors.errors_by_tenth` gives of the forest.
    """

    scores: pd.DataFrame
    importance: pd.DataFrame
    partial: pd.DataFrame
    forests: dict[str, dict[str, Any]]
    errors: pd.DataFrame


def assess_deprivation(
    areas: pd.DataFrame, domains: pd.DataFrame, index_years: Sequence[int] = INDEX_YEARS
) -> Found:
    """Predict rates from deprivation, and say how well on blocks of areas that were not seen.

    Parameters
    ----------
    areas, domains : DataFrame
        As :func:`ml.deprivation.sample.sample_of` takes them.
    index_years : sequence of int
        Editions of the indices.

    Returns
    -------
    Found
        A champion for each target and edition: the forest where its gain over the best baseline on spatial
        folds has a 95% interval above 0, otherwise that baseline.
    """
    import pandas as pd

    scores: list[pd.DataFrame] = []
    importance: list[dict[str, Any]] = []
    partial: list[pd.DataFrame] = []
    forests: dict[str, dict[str, Any]] = {}
    errors: list[dict[str, Any]] = []
    for target in TARGETS:
        for year in index_years:
            sample = sample_of(areas, domains, target, year)
            if sample is None:
                continue
            labels: dict[str, Any] = {"target": target, "index_year": year}
            judged = _Judged.of(sample)
            scores.append(pd.DataFrame(judged.rows()).assign(**labels))
            forest, (lowest, highest) = FOREST.grow(sample), rate_bounds(sample)
            forests[f"{target}_{year}"] = {"forest": forest, "lowest": lowest, "highest": highest}
            curve = partial_dependence(FOREST.using(forest, sample), sample)
            partial.append(curve.assign(**labels))
            importance += [labels | row for row in _importance_rows(judged, curve)]
            errors += [labels | row for row in judged.errors()]
    return Found(
        _together(scores, (*_SCORE_COLUMNS, "area_count", "is_baseline", "is_champion")),
        pd.DataFrame(importance, columns=[*_IMPORTANCE_COLUMNS, *_ENDS]),
        _together(partial, ("target", "index_year", "feature", "quantile", "score", "rate_per_1000")),
        forests,
        pd.DataFrame(errors, columns=_ERROR_COLUMNS),
    )


@dataclass(frozen=True, eq=False)
class _Judged:
    """One target and edition: areas, blocks, forests of the folds, held-out rates and every measure."""

    sample: Sample
    blocks: Ints
    forests: list[Predict]
    rates: Mapping[str, Floats]
    measured: Mapping[str, Measured]

    @classmethod
    def of(cls, sample: Sample) -> _Judged:
        blocks = spatial_blocks(sample.place)
        weights = block_weights(blocks)
        _, random = _held_out(sample, random_folds(len(blocks)))
        forests, spatial = _held_out(sample, blocks)
        measured = {
            kind: _measured(sample, rates, weights) for kind, rates in ((SPATIAL, spatial), (RANDOM, random))
        }
        return cls(sample, blocks, forests, spatial, measured)

    @property
    def champion(self) -> str:
        value, lower, _ = interval(self.measured[SPATIAL][FOREST.name, GAIN])
        return FOREST.name if min(value, lower) > 0 else _best_baseline(self.measured[SPATIAL])

    def errors(self) -> list[dict[str, Any]]:
        best = _best_baseline(self.measured[SPATIAL])
        return errors_by_tenth(self.sample, self.rates, self.blocks, model=FOREST.name, beside=best)

    def rows(self) -> list[dict[str, Any]]:
        spatial, random = self.measured[SPATIAL], self.measured[RANDOM]
        kinds = {SPATIAL: spatial, RANDOM: random, DIFFERENCE: {k: random[k] - spatial[k] for k in spatial}}
        champion = self.champion
        rows = []
        for kind, measured in kinds.items():
            for (model, metric), values in measured.items():
                value, lower, upper = interval(values)
                rows.append(
                    {
                        "fold_kind": kind,
                        "model": model,
                        "metric": metric,
                        "value": value,
                        "lower": lower,
                        "upper": upper,
                        "area_count": len(self.blocks),
                        "is_baseline": model != FOREST.name,
                        "is_champion": model == champion,
                    }
                )
        return rows


def _held_out(sample: Sample, folds: Ints) -> tuple[list[Predict], dict[str, Floats]]:
    """Return the forest of each fold, and the held-out rates of every model."""
    fitted = {model.name: fit_folds(model, sample, folds) for model in (FOREST, *BASELINES)}
    return fitted[FOREST.name], {name: held_out(fits, sample, folds) for name, fits in fitted.items()}


def _measured(sample: Sample, rates: Mapping[str, Floats], weights: Floats) -> Measured:
    found: Measured = {}
    for name, rate in rates.items():
        values = measures(sample, rate, rates[_MEAN], weights)
        for metric in METRICS:
            # The mean of the other folds is low where the own fold is high: its order is an artefact.
            if not (name == _MEAN and metric == RANK_CORRELATION):
                found[name, metric] = values[metric]
    best = _best_baseline(found)
    found[FOREST.name, GAIN] = found[FOREST.name, DEVIANCE_EXPLAINED] - found[best, DEVIANCE_EXPLAINED]
    return found


def _best_baseline(measured: Measured) -> str:
    return max((m.name for m in BASELINES), key=lambda name: float(measured[name, DEVIANCE_EXPLAINED][0]))


def _importance_rows(judged: _Judged, curve: pd.DataFrame) -> list[dict[str, Any]]:
    found = permutation_importance(judged.forests, judged.sample, judged.blocks, judged.rates[_MEAN])
    rows = []
    for name in DOMAINS:
        value, lower, upper = found[name]
        # The curve's rows of a domain rise from its first to its ninth decile.
        own = curve.loc[curve["feature"] == name, ["score", "rate_per_1000"]].to_numpy(dtype=float)
        ends = (*own[0], *own[-1])
        row = {"feature": name, "importance": value, "lower": lower, "upper": upper}
        rows.append(row | dict(zip(_ENDS, map(float, ends), strict=True)))
    return rows


def _together(frames: Sequence[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(frames, ignore_index=True)[list(columns)] if frames else pd.DataFrame(columns=columns)
