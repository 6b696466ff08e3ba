"""How numbers, months and names are written on the page."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

MISSING = "–"
_SMALL_WORDS = {"and", "of", "the", "on", "upon"}
_FULL_WORDS_FROM = 1e6


def is_missing(value: Any) -> bool:
    """Say whether a cell holds nothing.

    Parameters
    ----------
    value
        None, NaN, NaT or anything else.

    Returns
    -------
    bool
        True for the first three.
    """
    return value is None or value != value or str(value) in {"<NA>", "NaT"}


def number(value: Any, digits: int = 0) -> str:
    """Write a number with thousands separators.

    Parameters
    ----------
    value
        The number, or nothing.
    digits
        Decimals.

    Returns
    -------
    str
        Such as ``12,345``; a dash for nothing or infinity.
    """
    if is_missing(value) or not math.isfinite(float(value)):
        return MISSING
    return f"{float(value):,.{digits}f}".replace("-", "−")


def significant(value: Any, digits: int = 4) -> str:
    """Write a measured figure whose size is not known beforehand.

    Parameters
    ----------
    value
        The number, or nothing.
    digits
        Significant figures; whole numbers are written in full.

    Returns
    -------
    str
        Such as ``0.00001718``, ``0.25`` or ``12,345``; a dash for nothing or infinity.
    """
    if is_missing(value) or not math.isfinite(float(value)) or float(value) == 0:
        return number(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(float(value)))))
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def short_number(value: Any) -> str:
    """Write a large number for reading aloud.

    Parameters
    ----------
    value
        The number, or nothing.

    Returns
    -------
    str
        Such as ``3.24 million``, and ``12,345`` below a million.
    """
    if is_missing(value) or abs(float(value)) < _FULL_WORDS_FROM:
        return number(value)
    return f"{float(value) / _FULL_WORDS_FROM:,.2f} million"


def percent(value: Any, digits: int = 1) -> str:
    """Write a share as a percentage.

    Parameters
    ----------
    value
        Share between 0 and 1, or nothing.
    digits
        Decimals.

    Returns
    -------
    str
        Such as ``12.3%``.
    """
    return MISSING if is_missing(value) else f"{number(100 * float(value), digits)}%"


def interval(lower: Any, upper: Any, digits: int = 1, scale: float = 1.0) -> str:
    """Write an interval.

    Parameters
    ----------
    lower, upper
        Its ends, or nothing.
    digits
        Decimals.
    scale
        Factor, such as 100 for shares.

    Returns
    -------
    str
        Such as ``1.2 to 3.4``.
    """
    if is_missing(lower) or is_missing(upper):
        return MISSING
    return f"{number(float(lower) * scale, digits)} to {number(float(upper) * scale, digits)}"


def percent_interval(lower: Any, upper: Any, digits: int = 1) -> str:
    """Write an interval of shares as percentages.

    Parameters
    ----------
    lower, upper
        Its ends, shares between 0 and 1, or nothing.
    digits
        Decimals.

    Returns
    -------
    str
        Such as ``1.2% to 3.4%``.
    """
    if is_missing(lower) or is_missing(upper):
        return MISSING
    return f"{percent(lower, digits)} to {percent(upper, digits)}"


def month(value: Any) -> str:
    """Write a month.

    Parameters
    ----------
    value
        A timestamp, or nothing.

    Returns
    -------
    str
        Such as ``June 2025``.
    """
    return MISSING if is_missing(value) else f"{value:%B %Y}"


def month_span(first: Any, last: Any) -> str:
    """Write a window of months.

    Parameters
    ----------
    first, last
        Timestamps, or nothing.

    Returns
    -------
    str
        Such as ``January 2024 to December 2024``; of a single month its name alone.
    """
    start, end = month(first), month(last)
    return start if start == end else f"{start} to {end}"


def force_name(slug: Any) -> str:
    """Turn an archive's force id into words.

    Parameters
    ----------
    slug
        Such as ``avon-and-somerset``, or nothing.

    Returns
    -------
    str
        Such as ``Avon and Somerset``.
    """
    if is_missing(slug):
        return MISSING
    words = str(slug).split("-")
    return " ".join(w if w in _SMALL_WORDS else w.capitalize() for w in words)


def plain(name: Any) -> str:
    """Turn a code name into words.

    Parameters
    ----------
    name
        Such as ``police_stop_and_search`` or ``seasonal_naive``, or nothing.

    Returns
    -------
    str
        Such as ``Police stop and search``.
    """
    if is_missing(name):
        return MISSING
    words = re.sub(r"[_\s]+", " ", str(name)).strip()
    return words[:1].upper() + words[1:]


def month_runs(months: Sequence[str]) -> str:
    """Collapse months into runs.

    Parameters
    ----------
    months
        ``YYYY-MM`` strings in any order.

    Returns
    -------
    str
        Such as ``2023-01 to 2023-04, 2023-09``.
    """
    runs: list[list[str]] = []
    for current in sorted(set(months)):
        if runs and _month_number(current) == _month_number(runs[-1][-1]) + 1:
            runs[-1].append(current)
        else:
            runs.append([current])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _month_number(value: str) -> int:
    year, month_of_year = value.split("-")
    return 12 * int(year) + int(month_of_year)
