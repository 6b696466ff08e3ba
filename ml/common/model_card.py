"""Model cards: what a published model is, how it was tested and where it must not be used."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_TEXT_BREAKS = str.maketrans({"|": "\\|", "\n": " ", "\r": " ", "<": "&lt;", ">": "&gt;"})
#: What a card says of a model that is not stored.
REFITTED = "None is stored: the job fits the model anew each time, and make reproduce does so from a release."


@dataclass(frozen=True)
class Metric:
    """One measured figure of a model, with its uncertainty and what it stands beside.

    Parameters
    ----------
    name
        Metric, with horizon or group where it has one.
    value
        What was measured; NaN for 0/0.
    lower, upper
        95% interval; NaN when none was measured.
    baseline
        The same metric of the baseline named in the card; NaN when there is none.
    group
        Whom or what it is about; empty for everything together.
    """

    name: str
    value: float
    lower: float = math.nan
    upper: float = math.nan
    baseline: float = math.nan
    group: str = ""


@dataclass(frozen=True)
class ModelCard:
    """A model card after Mitchell et al., "Model Cards for Model Reporting" (2019).

    Parameters
    ----------
    name, version
        The model, and the digest of the data and code that it was fitted with.
    purpose
        What it is for, in plain words; what it is not for belongs to ``limits``.
    data, period
        What it was fitted on, and the first and last month.
    features
        Names of its inputs; empty for a model of one series.
    champion, baseline
        The model that is published, and the naive one that it was held against.
    verdict
        Whether the champion beat the baseline, in one sentence; says so when it did not.
    metrics
        Everything measured.
    limits
        Where it fails or must not be used.
    fairness
        What was measured by group, and what was not.
    source
        Papers of the method.
    artefacts
        Stored models with their digests.
    search
        What settings were drawn, by what they were judged, and which were taken; empty when none were.
    """

    name: str
    version: str
    purpose: str
    data: str
    period: tuple[str, str]
    champion: str
    baseline: str
    verdict: str
    metrics: tuple[Metric, ...]
    limits: tuple[str, ...]
    fairness: tuple[str, ...]
    features: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    artefacts: tuple[str, ...] = (REFITTED,)
    search: tuple[str, ...] = ()


def card_as_markdown(card: ModelCard) -> str:
    """Return the card as Markdown, for a release and for the metadata of an asset.

    Texts are escaped, so that a name from upstream can neither end a table row nor begin a tag.
    """
    lines = [
        f"# Model card: {_plain(card.name)}",
        "",
        _plain(card.purpose),
        "",
        f"- **Version**: {_plain(card.version)}",
        f"- **Data**: {_plain(card.data)}",
        f"- **Period**: {_plain(card.period[0])} to {_plain(card.period[1])}",
        f"- **Published model**: {_plain(card.champion)}",
        f"- **Baseline**: {_plain(card.baseline)}",
        f"- **Verdict**: {_plain(card.verdict)}",
        "",
        "## Metrics",
        "",
        "| metric | of | value | 95% interval | baseline |",
        "|---|---|---|---|---|",
        *(_metric_row(metric) for metric in card.metrics),
    ]
    sections = (
        ("Features", card.features),
        ("Search of settings", card.search),
        ("Limits", card.limits),
        ("Fairness", card.fairness),
        ("Source of the method", card.source),
        ("Artefact", card.artefacts),
    )
    for title, texts in sections:
        if texts:
            lines += ["", f"## {title}", "", *_bullets(texts)]
    return "\n".join(lines) + "\n"


def _metric_row(metric: Metric) -> str:
    interval = "–" if math.isnan(metric.lower) else f"{_number(metric.lower)} to {_number(metric.upper)}"
    cells = (_plain(metric.name), _plain(metric.group) or "all", _number(metric.value), interval)
    return "| " + " | ".join((*cells, _number(metric.baseline))) + " |"


def _bullets(texts: Iterable[str]) -> list[str]:
    return [f"- {_plain(text)}" for text in texts]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.4g}"


def _plain(text: str) -> str:
    return text.translate(_TEXT_BREAKS)
