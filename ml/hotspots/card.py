"""The model card of the hotspot tables: what was found, beside what chance finds."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from ml.common.model_card import Metric, ModelCard

if TYPE_CHECKING:
    from ml.hotspots.tables import HotspotTables

_Q = 0.05
# What a cluster may be told as, and where the method is from.
_EXTENTS = {
    "dbscan": "police.uk moves records to shared points: a hotspot is a junction, never an address.",
    "hdbscan": (
        "police.uk moves records to shared points: a hotspot is never an address, and by this method it may "
        "be as wide as a neighbourhood; what is written on its points need not hold between them."
    ),
}
_SOURCES = {
    "dbscan": "Ester, M. et al. (1996), KDD-96, 226-231 (DBSCAN).",
    "hdbscan": "Campello, R. J. G. B., Moulavi, D. and Sander, J. (2013), PAKDD 2013, 160-172 (HDBSCAN).",
}
_WORDS = {
    "cluster_count": "clusters",
    "clustered_record_share": "share of ultra-high-harm records in clusters",
    "found_anyway_share": "mean share of relabellings that find a hotspot anyway",
    "strongest_log_likelihood_ratio": "log likelihood ratio of the strongest cluster",
    "town_centre_overlap_share": "share of the hotspots' ground in town centres",
    "night_time_overlap_share": "share of the hotspots' ground in night-time areas",
}


def hotspot_card(found: HotspotTables, *, version: str, harm_scheme: str) -> ModelCard | None:
    """Return the card; None without any record to cluster.

    Parameters
    ----------
    found : HotspotTables
        What `ml.hotspots.hotspot_tables` returned.
    version : str
        Code and data.
    harm_scheme : str
        Scheme of the harm days.
    """
    null = found.null
    if null.empty:
        return None
    last = null.iloc[0]
    weighing = "weighted by harm" if last["is_harm_weighted"] else "each record counted as one"
    clear = int((found.hotspots["q_value"] <= _Q).sum())
    return ModelCard(
        name="Hotspots of ultra-high-harm crime",
        version=version,
        purpose=(
            "Finds places where records of the gravest harm stand together, and says which of them chance "
            "would find as well. It describes what has passed and forecasts nothing."
        ),
        data=(
            f"police.uk street records, {last['record_count']:,} located in the last window, "
            f"{last['ultra_high_harm_count']:,} of them of ultra-high harm at {last['snap_point_count']:,} "
            f"snap points; harm scheme {harm_scheme}"
        ),
        period=(f"{last['window_start_month']:%Y-%m}", f"{last['window_end_month']:%Y-%m}"),
        champion=f"{last['method']}, {weighing}, {last['hull']} hulls, one for all areas",
        baseline=f"{last['relabelling_count']:,} relabellings of all located records, with their means",
        verdict=(
            f"{clear} of {len(found.hotspots)} hotspots stand out from chance (q value of {_Q} or less)"
            + ("; the others may only be busy places" if clear < len(found.hotspots) else "")
        ),
        metrics=tuple(metric for row in null.to_dict("records") for metric in _metrics(row)),
        features=("easting and northing of the snap point", "harm days of the record"),
        limits=(
            _EXTENTS[last["method"]],
            "What was found is counted whole and has no interval; the intervals are of what chance finds.",
            "Night-time areas lie around snap points that police.uk names after a nightclub, theatre or "
            "concert hall. It names no pub or bar, and the name is the point's, not the offence's.",
            "An overlap without rows is not measured: no area of its kind is known, or no cluster was found.",
            "Busy places gather records of all kinds; the share found anyway says how far that explains one.",
            "The settings of clustering are chosen, not learned: others give other hotspots.",
            "Hotspots are recorded crime. Not for decisions about persons or about those who live there.",
        ),
        fairness=(
            "Who lives inside the hotspots, by deprivation decile and ethnic group, is measured in "
            "ml_fairness_hotspot_exposure and ml_fairness_models, and shown in the card fairness_of_maps.",
            "Whether hotspots are as true for each group is not measured: only the record is known.",
        ),
        source=(
            _SOURCES[last["method"]],
            "Kulldorff, M. (1997), Communications in Statistics 26(6), 1481-1496 (the ratio).",
            "Benjamini, Y. and Hochberg, Y. (1995), JRSS B 57, 289-300 (q values).",
        ),
        artefacts=("None is stored: nothing is fitted. Settings and seeds stand in the code.",),
    )


def _metrics(row: dict[Hashable, Any]) -> list[Metric]:
    """As found and by chance; what is not defined, or not known, has no row."""
    words = _WORDS[str(row["measure"])]
    observed, mean, lower, upper = (
        float(row[name]) for name in ("observed_value", "null_mean", "null_lower", "null_upper")
    )
    rows = (
        Metric(words, observed, baseline=mean, group="as found"),
        Metric(words, mean, lower, upper, group="by chance"),
    )
    return [metric for metric in rows if not math.isnan(metric.value)]
