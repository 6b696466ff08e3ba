"""Addresses taken apart into block, street and cross street, with street names in one spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestration.sources.calls_for_service.mapping import Address

if TYPE_CHECKING:
    import pandas as pd

# The last word of a street's name, in the spellings that agencies use; the first is the one that is kept.
_SUFFIXES = (
    ("AL", "ALY", "ALLEY"),
    ("AVE", "AV", "AVENUE"),
    ("BLVD", "BL", "BOULEVARD"),
    ("CIR", "CL", "CI", "CR", "CIRCLE"),
    ("CT", "COURT"),
    ("DR", "DRIVE"),
    ("EXPY", "EX", "EXPWY", "EXPRESSWAY"),
    ("HWY", "HY", "HIGHWAY"),
    ("LN", "LANE"),
    ("LOOP", "LP"),
    ("PKWY", "PY", "PKY", "PARKWAY"),
    ("PL", "PLACE"),
    ("RD", "ROAD"),
    ("SQ", "SQUARE"),
    ("ST", "STR", "STREET"),
    ("TER", "TR", "TERRACE"),
    ("WAY", "WY"),
)
_DIRECTIONS = (
    ("N", "NORTH"),
    ("S", "SOUTH"),
    ("E", "EAST"),
    ("W", "WEST"),
    ("NE", "NORTHEAST"),
    ("NW", "NORTHWEST"),
    ("SE", "SOUTHEAST"),
    ("SW", "SOUTHWEST"),
)
_UNITS = ("FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH", "SEVENTH", "EIGHTH", "NINTH")
_TEENS = (
    "TENTH", "ELEVENTH", "TWELFTH", "THIRTEENTH", "FOURTEENTH",
    "FIFTEENTH", "SIXTEENTH", "SEVENTEENTH", "EIGHTEENTH", "NINETEENTH",
)  # fmt: skip
_TENS = {"TWENTY": 20, "THIRTY": 30, "FORTY": 40, "FIFTY": 50, "SIXTY": 60, "SEVENTY": 70}


def split_addresses(address: pd.Series, rule: Address) -> pd.DataFrame:
    """Take addresses apart.

    Parameters
    ----------
    address
        Shape (n,): texts, missing where there is none.
    rule
        How blocks and intersections are written.

    Returns
    -------
    pandas.DataFrame
        Shape (n, 3): ``block_low`` (whole number), ``street`` and ``cross_street`` (normalised). An address
        that is neither a block nor an intersection is a street as a whole.
    """
    import pandas as pd

    block = address.str.extract(re.compile(rule.block_pattern))
    whole = address.where(block["street"].isna())
    sides = whole.str.split(rule.intersection_separator, n=1, expand=True, regex=False)
    sides = sides.reindex(columns=[0, 1]).astype("str")
    street = block["street"].fillna(sides[0])
    return pd.DataFrame(
        {
            "block_low": pd.to_numeric(block["block_low"], errors="coerce").astype("Int64"),
            "street": normalise_streets(street),
            "cross_street": normalise_streets(sides[1]),
        },
        index=address.index,
    )


def normalise_streets(names: pd.Series) -> pd.Series:
    """Return street names in one spelling.

    Upper case, single blanks and no punctuation; ``FIRST`` and ``01ST`` become ``1ST``; the last word, and a
    direction at either end, take their short form. A word within the name stays as it is: the first ``ST`` of
    ``ST JOHN STREET`` is a saint. Work is done once for each distinct name.

    Parameters
    ----------
    names
        Shape (n,): texts, missing where there is none.

    Returns
    -------
    pandas.Series
        Shape (n,): normalised names; missing for a name without a letter or digit.
    """
    import pandas as pd

    distinct = pd.Series(names.dropna().unique(), dtype="str")
    clean = distinct.str.upper().str.replace(r"['’.]", "", regex=True)
    clean = clean.str.replace(r"[^0-9A-Z]+", " ", regex=True).str.strip()
    clean = clean.str.replace(r"\b0+(?=\d+(?:ST|ND|RD|TH)\b)", "", regex=True)
    # The longer words first, or the THIRD of TWENTY THIRD would go alone.
    for word, ordinal in sorted(_ordinals().items(), key=lambda pair: -len(pair[0])):
        clean = clean.str.replace(rf"\b{word}\b", ordinal, regex=True)
    clean = _shorten_ends(clean)
    known = pd.Series(clean.mask(clean == "").to_numpy(), index=distinct.to_numpy(), dtype="str")
    return names.map(known).astype("str")


def _shorten_ends(clean: pd.Series) -> pd.Series:
    """Shorten the suffix, and a direction before or after the name proper."""
    direction, suffix = _short_forms(_DIRECTIONS), _short_forms(_SUFFIXES)
    directions, suffixes = "|".join(direction), "|".join(suffix)
    parts = clean.str.extract(
        rf"^(?:(?P<before>{directions}) (?=\S+ ))?(?P<name>.*?)"
        rf"(?:(?<=\S) (?P<suffix>{suffixes}))?(?:(?<=\S) (?P<after>{directions}))?$"
    )
    short = [
        parts["before"].map(direction),
        parts["name"],
        parts["suffix"].map(suffix),
        parts["after"].map(direction),
    ]
    joined = short[0].fillna("")
    for part in short[1:]:
        joined = joined + " " + part.fillna("")
    return joined.str.replace(r" +", " ", regex=True).str.strip()


def _short_forms(groups: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    return {word: group[0] for group in groups for word in group}


def _ordinals() -> dict[str, str]:
    words = dict(zip(_UNITS, range(1, 10), strict=True)) | dict(zip(_TEENS, range(10, 20), strict=True))
    for ten, value in _TENS.items():
        words[f"{ten[:-1]}IETH"] = value
        words |= {f"{ten} {unit}": value + number for number, unit in enumerate(_UNITS, start=1)}
    return {word: f"{number}{_ending(number)}" for word, number in words.items()}


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "TH"
    return {1: "ST", 2: "ND", 3: "RD"}.get(number % 10, "TH")
