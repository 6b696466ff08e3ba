"""The model card of area profiles: how many kinds there are, and whether they are kinds at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ml.common.intervals import Z_95
from ml.common.model_card import Metric, ModelCard
from ml.profiles.clusters import BOOTSTRAPS, CLOUDS, HALVES
from ml.profiles.features import FEWEST_RECORDS

if TYPE_CHECKING:
    from ml.profiles.tables import Profiled

_P = 0.05


def profile_card(
    found: Profiled, *, version: str, months: tuple[str, str], residents: Sequence[Metric]
) -> ModelCard | None:
    """Return the card; None when nothing was clustered.

    Parameters
    ----------
    found : Profiled
        Areas and clusters.
    version : str
        Code and data.
    months : tuple of str
        First and last month of the records.
    residents : sequence of Metric
        Who lives in each kind, as `ml.profiles.residents.residents_by_kind` gives it.
    """
    clustering = found.clustering
    if clustering is None:
        return None
    k = len(clustering.centre)
    placed = int(found.areas["is_profiled"].sum())
    is_kinds = clustering.p_value <= _P
    return ModelCard(
        name="Kinds of areas",
        version=version,
        purpose="Sorts areas by how much is recorded there and of what. It describes, and predicts nothing.",
        data=(
            f"police.uk street records and residents of {placed:,} LSOAs; {len(found.areas) - placed:,} more "
            f"are marked, as they have too few residents or under {FEWEST_RECORDS} records"
        ),
        period=months,
        champion=f"k-means with {k} clusters",
        baseline=f"{CLOUDS} samples from one normal cloud of the same covariance, which has no kinds",
        verdict=(
            f"areas are not one normal cloud (p value {clustering.p_value:.2f})"
            if is_kinds
            else f"areas differ by degrees, and the clusters are a cut (p value {clustering.p_value:.2f})"
        ),
        metrics=(*_metrics(found), *residents),
        features=tuple(dict.fromkeys(found.clusters["feature"])),
        limits=(
            "Recorded crime: drugs, weapons and shoplifting show what police and shops do.",
            "Residents are the denominator: city centres form their own kind because few people live there.",
            "Numbers and names of clusters have no tie to those of another run. Compare centres.",
            f"Stability and agreement are means over {HALVES} half-samples that share areas, and over "
            f"{BOOTSTRAPS} bootstrap samples, whose percentiles are shown: a little high.",
            "Not for decisions about persons or single areas.",
        ),
        fairness=(
            "Who lives in each kind, by ethnic group and deprivation, stands among the metrics. A kind is no "
            "score, nobody is ranked or served by it, and the people of an area are no part of it: there are "
            "no errors to compare between groups.",
        ),
        source=(
            "Rousseeuw, P. J. (1987), J. Comput. Appl. Math. 20, 53-65 (silhouette).",
            "Hennig, C. (2007), Comput. Stat. Data Anal. 52, 258-271 (stability).",
            "Liu, Y. et al. (2008), JASA 103(483), 1281-1293 (one cloud as the null).",
        ),
    )


def _metrics(found: Profiled) -> list[Metric]:
    clustering = found.clustering
    if clustering is None:
        return []
    mean, error = clustering.silhouette[len(clustering.centre)]
    clusters = found.clusters.drop_duplicates("cluster")
    names = [f"{row.cluster}. {row.cluster_name}" for row in clusters.itertuples()]
    drawn = zip(names, clustering.stability_interval.tolist(), strict=True)
    return [
        Metric("silhouette, over half-samples", mean, mean - Z_95 * error, mean + Z_95 * error),
        Metric("adjusted Rand index with half-samples", clustering.adjusted_rand, baseline=0.0),
        Metric("adjusted Rand index with bootstrap samples", *clustering.rand_interval, baseline=0.0),
        Metric("p value of one cloud", clustering.p_value, baseline=math.nan),
        *_of_each("areas", names, clusters["area_count"]),
        *_of_each("Jaccard stability with half-samples", names, clustering.stability),
        *(
            Metric("Jaccard stability with bootstrap samples", value, lower, upper, group=name)
            for name, (value, lower, upper) in drawn
        ),
    ]


def _of_each(metric: str, names: Iterable[str], values: Iterable[float]) -> list[Metric]:
    return [Metric(metric, float(value), group=name) for name, value in zip(names, values, strict=True)]
