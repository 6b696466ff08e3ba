"""Names of the validation report's pages and anchors, so that whoever links to them need not build them."""

from __future__ import annotations

import hashlib
import re

RAW = "raw"
INDEX_PAGE = "index.html"
JSON_FILE = "validation.json"
WHOLE_ANCHOR = "judgement"

_PLAIN = re.compile(r"[a-z0-9_][a-z0-9_-]{0,79}")
_OTHER = re.compile(r"[^a-z0-9_]+")


def slug(text: str) -> str:
    """Return a text as the name of a file or anchor; an unplain one gets a checksum, so that no two meet."""
    if _PLAIN.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_OTHER.sub('_', text.lower()).strip('_')[:40]}-{digest}"


def dataset_page(dataset: str, boundary: str = RAW) -> str:
    """Return the page of a dataset, relative to the report's folder; boundary as for `partition_link`."""
    return f"{_stem(dataset, boundary)}.html"


def month_page(dataset: str, month: str, boundary: str = RAW) -> str:
    """Return the page of one month of a dataset."""
    return f"{_stem(dataset, boundary)}/{slug(month)}.html"


def rule_page(dataset: str, rule: str, boundary: str = RAW) -> str:
    """Return the page of one rule of a dataset."""
    return f"{_stem(dataset, boundary)}/rule-{slug(rule)}.html"


def partition_link(
    dataset: str, month: str | None = None, force: str | None = None, boundary: str = RAW
) -> str:
    """Return page and anchor of one partition, or of the judgement on what comes whole.

    Parameters
    ----------
    dataset, month, force
        What was judged.
    boundary
        Where: ``raw`` for landed files, else the folder of the verdict, such as ``warehouse``.
    """
    if month is None:
        return f"{dataset_page(dataset, boundary)}#{WHOLE_ANCHOR}"
    return f"{month_page(dataset, month, boundary)}#{slug(force or '')}"


def _stem(dataset: str, boundary: str) -> str:
    # Landed data keep their plain name; a hyphen is in no table's name, so the others cannot meet it.
    return slug(dataset) if boundary == RAW else f"{slug(boundary)}-{slug(dataset)}"
