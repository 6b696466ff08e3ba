"""The lineage page: whole, escaped, offline and the same in every build."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from orchestration.lineage.model import ColumnRef, Origin
from orchestration.publishing.lineage_page import column_chain, draw_assets, published_chains, render_lineage

HOSTILE = "<img src=x onerror=alert(1)>"
LINEAGE = {
    "raw_a": {"Code": Origin(), HOSTILE: Origin()},
    "validated_a": {
        "code": Origin((ColumnRef("raw_a", "Code"),)),
        "odd": Origin((ColumnRef("raw_a", HOSTILE),)),
    },
    "stg_x__a": {"code": Origin((ColumnRef("validated_a", "code"), ColumnRef("validated_a", "odd")))},
    "ml_a": {
        "code": Origin((ColumnRef("stg_x__a", "code"),)),
        "setting": Origin((), f"a setting of the run {HOSTILE}"),
    },
    "published_release": {
        "ml_a.code": Origin((ColumnRef("ml_a", "code"),)),
        "ml_a.setting": Origin((ColumnRef("ml_a", "setting"),)),
        "ml_a.is_suppressed": Origin((ColumnRef("ml_a", "code"),)),
    },
}


class _Page(HTMLParser):
    """Collects what could reach out of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and the addresses in it."""
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_a_chain_leads_to_the_publishers_column() -> None:
    """A chain that stops at the warehouse's own names leaves the last step to guessing."""
    chain = column_chain(LINEAGE, ColumnRef("ml_a", "code"))
    assert chain.made_of == ["stg_x__a.code"]
    assert chain.begins == {"a": sorted(["Code", HOSTILE])}
    assert [name for name, _ in chain.steps] == [
        "ml_a.code",
        "stg_x__a.code",
        "validated_a.code",
        "validated_a.odd",
    ]


def test_a_column_that_is_from_no_file_says_so() -> None:
    """An empty cell would read as a chain that was lost."""
    chain = column_chain(LINEAGE, ColumnRef("ml_a", "setting"))
    assert (chain.begins, chain.notes) == ({}, [f"ml_a.setting: a setting of the run {HOSTILE}"])


def test_the_page_holds_what_the_release_holds() -> None:
    """A column that publishing adds would be in a table, and in the audit pack, and not on this page."""
    (chains,) = published_chains(LINEAGE).values()
    assert [(chain.column, chain.made_of) for chain in chains] == [
        ("code", ["stg_x__a.code"]),
        ("setting", []),
        ("is_suppressed", ["ml_a.code"]),
    ]


def test_the_page_is_escaped_and_reaches_nowhere() -> None:
    """Upstream's column names are upstream's: one with a tag in it must be read and not obeyed."""
    text = render_lineage(LINEAGE, is_synthetic=False)
    page = _Page()
    page.feed(text)
    assert "img" not in page.tags
    assert "&lt;img src=x" in text
    assert all(address.startswith("#") for address in page.addresses)
    (policy,) = re.findall(r"script-src '(sha256-[^']+)'", text)
    assert policy and text.count("<script>") == 1


def test_the_page_says_what_it_is_made_of() -> None:
    """Invented data under a real heading, or a page that changes without cause, could not be audited."""
    assert "Synthetic data." in render_lineage(LINEAGE, is_synthetic=True)
    assert "Synthetic data." not in render_lineage(LINEAGE, is_synthetic=False)
    assert render_lineage(LINEAGE, is_synthetic=True) == render_lineage(LINEAGE, is_synthetic=True)


def test_the_picture_shows_each_table_once_with_its_links() -> None:
    """A raw file and its validated part are one source: drawn twice, they would hide the rest."""
    drawing = draw_assets(LINEAGE)
    assert [name for name, _, _ in drawing["nodes"]] == ["a", "stg_x__a", "ml_a"]
    assert len(drawing["lines"]) == 2
