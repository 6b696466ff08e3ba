"""Model cards for the page: the Markdown that the cards are written in, read into plain parts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.publishing.audit_pack.layout import FOLDER, MODEL_CARDS
from orchestration.publishing.names import spelled

_FACT = re.compile(r"\*\*(.+?)\*\*: (.*)")
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class CardSection:
    """One section of a card; the first has no title."""

    title: str
    texts: tuple[str, ...]
    points: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ReadCard:
    """A model card as the page shows it.

    Parameters
    ----------
    file
        Its path in the pack.
    name
        The model.
    facts
        Version, data, period, published model, baseline and verdict, by the card's own words.
    sections
        The rest, in order.
    """

    file: str
    name: str
    facts: dict[str, str]
    sections: tuple[CardSection, ...]

    def points(self, title: str) -> tuple[str, ...]:
        """Return the points of a section; none when there is no such section."""
        return next((section.points for section in self.sections if section.title == title), ())


def read_cards(folder: Path) -> list[ReadCard]:
    """Read the model cards of a release.

    Parameters
    ----------
    folder
        The release's folder.

    Returns
    -------
    list of ReadCard
        In order of file name.
    """
    return [
        _read(path.relative_to(folder / FOLDER).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted((folder / MODEL_CARDS).glob("*.md"))
    ]


def _read(file: str, text: str) -> ReadCard:
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    name, _, opening = head.partition("\n")
    first = _section("\n" + opening)
    facts = {found[1]: found[2] for found in map(_FACT.fullmatch, first.points) if found}
    others = tuple(point for point in first.points if not _FACT.fullmatch(point))
    first = CardSection("", first.texts, others, first.rows)
    plain_name = _plain(name.removeprefix("# ").removeprefix("Model card: "))
    return ReadCard(file, plain_name, facts, (first, *map(_section, parts)))


def _section(text: str) -> CardSection:
    title, _, body = text.partition("\n")
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    points = tuple(_plain(line[2:]) for line in lines if line.startswith("- "))
    rows = tuple(_row(line) for line in lines if line.startswith("|") and not line.startswith("|---"))
    texts = tuple(_plain(line) for line in lines if not line.startswith(("- ", "|")))
    return CardSection(_plain(title), texts, points, rows)


def _row(line: str) -> tuple[str, ...]:
    return tuple(_plain(cell.strip()) for cell in _CELLS.split(line.strip("|")))


def _plain(text: str) -> str:
    """Undo what the card escaped for Markdown, as the page escapes for HTML, and write out its ids."""
    return spelled(html.unescape(text).replace("\\|", "|"))
