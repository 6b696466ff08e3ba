"""The audit pack of a release: whole, escaped, offline, the same in every build, and checked by a command."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from data_quality.schemas import QUARANTINE_SCHEMA
from ml.common.model_card import Metric, ModelCard, card_as_markdown
from orchestration.publishing.audit_pack.cards import read_cards
from orchestration.publishing.audit_pack.columns import NOT_KNOWN, PublishedColumn, draw_layers
from orchestration.publishing.audit_pack.fairness_words import Axis
from orchestration.publishing.audit_pack.governance import FIELDS, read_governance
from orchestration.publishing.audit_pack.plots import Mark, draw_intervals
from orchestration.publishing.audit_pack.rejected import LISTED_RECORDS
from orchestration.publishing.embedding import script_hash
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.identity import ReleaseIdentity
from orchestration.publishing.manifest import read_manifest, verify_release, write_manifest
from tests.unit.publishing.conftest import World, write_world
from tests.unit.publishing.lineage_frames import HOSTILE, LINEAGE

ALGO_CARE = [
    *("Advisory", "Lawful", "Granularity", "Ownership"),
    *("Challengeable", "Accuracy", "Responsible", "Explainable"),
]
PAGES = ("index.html", "lineage.html", "models.html", "plan.html")
REASON, PRIVATE = "the crime type is not known", "what a caller said"
CARD = ModelCard(
    name=f"risk {HOSTILE}",
    version="v1",
    purpose="To rank areas | and nothing else.",
    data="recorded crime",
    period=("2023-01", "2024-12"),
    champion="counts",
    baseline="counts of last year",
    verdict="It did not beat the baseline.",
    metrics=(Metric("hit rate", 0.25, 0.2, 0.3, 0.26),),
    limits=("Not for persons.", "Not below an LSOA."),
    fairness=("Not measured by group.",),
)


@pytest.fixture(scope="module", name="world")
def audited_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world with a card, rejected records, declared governance and hostile texts in each."""
    world = write_world(tmp_path_factory.mktemp("audited"))
    escaped = HOSTILE.replace("'", "''")
    world.run_sql(
        f"update audit_coverage set reason = '{escaped}' where status = 'withheld'",
        f"update ml_fairness_stops set group_name = '{escaped}' where group_name = 'Asian'",
    )
    card = world.data_root / "card.md"
    card.write_text(card_as_markdown(CARD))
    world.extra["audit/model_cards/risk.md"] = card
    declared = {"organisation": HOSTILE, "appeals": "By letter to the office."}
    (world.data_root / "governance.yml").write_text(json.dumps(declared))
    _quarantine(world.data_root, "2024-11", {HOSTILE: 3, "crime_type_is_known": 2})
    _quarantine(world.data_root, "2024-12", {"crime_type_is_known": 40})
    return world


@pytest.fixture(scope="module", name="release")
def audited_release(world: World) -> Path:
    """Return the folder of the release of that world."""
    return world.build().path


@pytest.fixture(name="altered")
def release_to_alter(release: Path, tmp_path: Path) -> Path:
    """Return a copy of the release that a test may change."""
    return Path(shutil.copytree(release, tmp_path / release.name))


def _quarantine(data_root: Path, month: str, rules: dict[str, int]) -> None:
    import pyarrow as pa

    place = {"dataset": "police_street", "month": month, "force": "bedfordshire", "source_file": "a.csv"}
    rows = [
        {**place, "source_row": row, "rule": rule, "reason": REASON, "value": PRIVATE, "record": PRIVATE}
        for rule, count in rules.items()
        for row in range(count)
    ]
    folder = data_root / "quarantine" / "police_street" / f"month={month}" / "force=bedfordshire"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, QUARANTINE_SCHEMA), folder / "rows.parquet")


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.reader(handle))


def _bytes(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class _Page(HTMLParser):
    """Collects tags, addresses and the content security policy of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.policy = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, what it would load and the policy."""
        held = dict(attrs)
        self.tags.add(tag)
        self.addresses += [held[name] or "" for name in ("src", "href", "action", "data") if name in held]
        if held.get("http-equiv") == "Content-Security-Policy":
            self.policy = held["content"] or ""


def test_the_pack_is_complete_and_listed_in_both_manifests(release: Path) -> None:
    """A part that is not written, or not covered by a digest, would be missed on the day of the audit."""
    held = set(_bytes(release / "audit"))
    assert held == {
        *PAGES,
        "manifest.json",
        "verify.py",
        "validation/index.html",
        "model_cards/risk.md",
        "fetched.csv",
        "rejected.csv",
        "column_lineage.csv",
        "release_files.csv",
        "governance_records.json",
        "requirements.lock",
        "publication_policy.yml",
        "fairness/ml_fairness_stops.csv",
        "fairness/ml_fairness_hotspot_exposure.csv",
    }
    assert {f"audit/{name}" for name in held} <= set(read_manifest(release)["files"])
    assert set(read_manifest(release / "audit")["files"]) == held - {"manifest.json"}
    assert verify_release(release) == verify_release(release / "audit") == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_and_its_links_lead_to_files(release: Path, name: str) -> None:
    """A pack that needs a network, or points at files that are not there, cannot be handed to an auditor."""
    page = _Page(release / "audit" / name)
    assert page.tags.isdisjoint({"img", "link", "iframe", "object", "embed", "base"})
    assert "default-src 'none'" in page.policy and "http" not in page.policy
    text = (release / "audit" / name).read_text()
    # The one script that may run is the one that finds columns.
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    assert [f"'{script_hash(script)}'" for script in scripts] == re.findall(r"'sha256-[^']+'", page.policy)
    assert len(scripts) == (name == "lineage.html")
    assert "@import" not in text and "url(" not in text
    for address in page.addresses:
        if address.startswith("#"):
            assert f'id="{address[1:]}"' in text
        else:
            assert (release / "audit" / address).is_file(), address


def test_a_pack_that_is_handed_on_by_itself_is_whole(release: Path, tmp_path: Path) -> None:
    """A pack copied without its release would lose the validation results and the cards that it cites."""
    pack = Path(shutil.copytree(release / "audit", tmp_path / "audit"))
    outside = [
        (page.name, address)
        for page in sorted(pack.rglob("*.html"))
        for address in _Page(page).addresses
        if not address.startswith("#")
        and not ((page.parent / address).is_file() and (page.parent / address).resolve().is_relative_to(pack))
    ]
    assert outside == []
    digests = [
        held["sha256"] for name, held in read_manifest(release)["files"].items() if name != "verify.py"
    ]
    assert len(digests) == len(set(digests))


def test_hostile_texts_are_shown_and_not_run(release: Path) -> None:
    """Rules, reasons, groups, columns, cards and declared names are texts of others and must stay texts."""
    escaped = html.escape(HOSTILE).replace("&#x27;", "&#39;")
    counts = {}
    for name in PAGES:
        text = (release / "audit" / name).read_text(encoding="utf-8")
        assert "<img" not in text and "<script>alert" not in text
        counts[name] = text.count(escaped)
    assert counts["lineage.html"] == 2 and counts["models.html"] >= 1
    # A rule, a reason, a declared name in both records, a card and a group at least.
    assert counts["index.html"] >= 6


def test_what_was_fetched_is_listed_without_a_clock(world: World, release: Path) -> None:
    """An auditor who fetches a file again must find its digest, whenever it was fetched."""
    header, *rows = _rows(release / "audit" / "fetched.csv")
    landed = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(one["dataset"], one["file"]) for one in landed] == [
        ("ons_lsoa_2021_boundaries", "page-1.json"),
        ("ons_lsoa_2021_boundaries", "page-2.json"),
        ("police_street", "2024-12-avon-and-somerset.csv"),
        ("police_street", "2024-12-bedfordshire.csv"),
    ]
    provenance = json.loads(
        (world.data_root / "landing" / "ons_lsoa_2021_boundaries" / "provenance.json").read_text()
    )
    assert [one["sha256"] for one in landed[:2]] == [file["sha256"] for file in provenance["files"]]
    assert all(one["licence"] and one["address"].startswith("sandbox:") for one in landed)
    held = b"".join(_bytes(release / "audit").values())
    assert provenance["fetched_at"][:10].encode() not in held and b"run-1" not in held


def test_what_was_rejected_can_be_found_and_says_why(release: Path) -> None:
    """A count by rule tells nobody which record was thrown out, nor in words for what."""
    header, *rows = _rows(release / "audit" / "rejected.csv")
    found = [dict(zip(header, row, strict=True)) for row in rows]
    places = [(one["rule"], one["month"], one["force"], one["file"], one["row"]) for one in found]
    assert places[:3] == [(HOSTILE, "2024-11", "bedfordshire", "a.csv", str(row)) for row in range(3)]
    assert {one["reason"] for one in found} == {REASON}
    totals = {(one["rule"], one["month"]): one for one in found}
    known = [totals["crime_type_is_known", month] for month in ("2024-11", "2024-12")]
    assert [one["partition_record_count"] for one in known] == ["2", "40"]
    assert [one["rule_record_count"] for one in known] == ["42", "42"]
    # Of many alike the first are enough to find, as long as it is said how many there are.
    assert len(rows) == 3 + 2 + LISTED_RECORDS
    page = (release / "audit" / "index.html").read_text()
    assert f"<td>{REASON}</td>" in page and PRIVATE not in page
    assert PRIVATE not in (release / "audit" / "rejected.csv").read_text()


def test_every_published_column_is_followed_or_said_not_to_be_known(release: Path) -> None:
    """A column that silently has no row would look as if nobody had asked where it comes from."""
    rows = _rows(release / "audit" / "column_lineage.csv")[1:]
    columns = {
        (path.stem, name)
        for path in (release / "tables").glob("*.parquet")
        for name in pq.read_schema(path).names
    }
    assert {(row[0], row[1]) for row in rows} == columns
    assert [row[2:] for row in rows if row[:2] == ["mart_harm_ranking", "harm_days"]] == [
        ["police_street", HOSTILE, "published as odd"],
        ["police_street", "Crime type", ""],
        ["", "", "harm_weights.harm_days: declared in seeds/harm_weights.csv"],
    ]
    assert [row[2:] for row in rows if row[:2] == ["dim_lsoa", "lsoa_code"]] == [["", "", NOT_KNOWN]]


def test_a_column_of_no_raw_file_says_what_it_is(release: Path) -> None:
    """An empty cell would read as a way that was lost, and one note for each step hides what they say."""
    notes = ("a.x: a constant", "b.y: a constant", "c.z: declared in seeds/s.csv")
    column = PublishedColumn("mart_a", "x", (), notes)
    assert column.words == ["a constant", "declared in seeds/s.csv"]
    page = (release / "audit" / "lineage.html").read_text()
    tables = re.findall(r'<section class="table" id="([a-z_]+)"', page)
    assert tables[-1].startswith("audit_") and not tables[0].startswith("audit_")
    assert set(tables) == {path.stem for path in (release / "tables").glob("*.parquet")}
    assert all(f'<a href="#{table}">' in page for table in tables)


def test_the_picture_leads_from_raw_files_to_the_release() -> None:
    """An asset left out, or in the wrong layer, would draw a way that the data did not take."""
    drawing = draw_layers(LINEAGE)
    places = {name: x for name, x, _ in drawing["nodes"]}
    assert set(places) == set(LINEAGE)
    ordered = ["raw_police_street", "validated_police_street", "stg_police__street", "mart_harm_ranking"]
    layers = [places[name] for name in [*ordered, "ml_hotspots", "published_release"]]
    assert layers == sorted(set(layers))
    assert places["harm_weights"] == places["stg_police__street"]
    assert drawing["link_count"] == len(drawing["lines"]) == 10


def test_fairness_is_shown_as_published(release: Path) -> None:
    """A copy made from the warehouse would disclose the small counts that the release withholds."""
    rows = _rows(release / "audit" / "fairness" / "ml_fairness_stops.csv")
    path = release / "tables" / "ml_fairness_stops.parquet"
    held = duckdb.sql(f"select group_name, stop_count from '{path}'").fetchall()
    at = [rows[0].index(name) for name in ("group_name", "stop_count")]
    copied = [(row[at[0]], row[at[1]]) for row in rows[1:]]
    assert copied == [(group, "" if count is None else str(count)) for group, count in held]
    assert ("Other", "") in copied
    page = (release / "audit" / "index.html").read_text()
    # A plot for each basis of ethnicity, and one for each attribute of exposure.
    assert page.count('<svg class="plot"') == 4
    assert page.count("(withheld: small numbers)") == 4
    assert "undefined: 0/0" not in page


def test_a_plot_places_values_in_order_and_leaves_gaps_for_none() -> None:
    """A mark in the wrong place, or at zero for want of a value, is a wrong figure."""
    marks = [Mark("a", 1.0, 0.5, 2.0), Mark("b", None, None, None), Mark("c", 4.0, 3.0, 5.0)]
    plot = draw_intervals("t", marks, 1.0, most=3, axis=Axis("ratio"))
    first, none, last = plot.marks
    assert (none.x, none.x_lower) == (None, None)
    assert first.x_lower < first.x < first.x_upper < last.x_lower < last.x < last.x_upper
    assert plot.reference_x == first.x
    assert [label for _, label in plot.ticks] == ["0", "1", "2", "3", "4", "5"]
    assert {label: x for x, label in plot.ticks}["4"] == last.x
    assert draw_intervals("t", marks, None, most=2, axis=Axis("ratio")).left_out == 1
    assert draw_intervals("t", [Mark("a", None, None, None)], None, most=2, axis=Axis("ratio")).ticks
    shares = draw_intervals("t", [Mark("a", 0.04, None, None)], None, most=2, axis=Axis("share (%)", True))
    assert [label for _, label in shares.ticks] == ["0", "1", "2", "3", "4"]


def test_every_letter_of_a_label_has_room() -> None:
    """Labels that are cut make rows that cannot be told apart."""
    label = "without the neighbours’ past, recorded crimes, the most deprived fifth of areas, decile 10"
    plot = draw_intervals("t", [Mark(label, 1.0, None, None, "(reference)")], None, 2, Axis("ratio"))
    (mark,) = plot.marks
    assert (mark.label, mark.note) == (label, "(reference)")
    assert plot.label_width > 6 * len(f"{label} (reference)") and plot.width > plot.label_width


def test_declared_answers_say_who_declared_them(release: Path) -> None:
    """What an organisation says of itself must not read as something that the release shows."""
    records = json.loads((release / "audit" / "governance_records.json").read_text())
    fields = {
        (section["section"], field["field"]): field["answers"]
        for record in records.values()
        for section in record
        for field in section["fields"]
    }
    assert fields["Challengeable", "How a decision is challenged"] == [
        {"text": "By letter to the office.", "from": "governance.yml"}
    ]
    assert [section["section"] for section in records["algo_care"]] == ALGO_CARE
    model = f"Tier 2, section 4: model, {CARD.name}"
    assert fields[model, "Performance"] == [{"text": CARD.verdict, "from": "the release"}]
    assert [answer["text"] for answer in fields[model, "Task"]] == [CARD.purpose]
    assert [answer["text"] for answer in fields[model, "Limits"]] == list(CARD.limits)
    assert "ml_risk_lsoa" in fields[model, "Output"][0]["text"]
    groups = " ".join(a["text"] for a in fields["Tier 2, section 4: data", "Sensitive attributes"])
    assert "stop and search, by lineage: ml_fairness_stops." in groups


def test_the_record_has_the_fields_of_the_standard_and_tells_nothing_twice(release: Path) -> None:
    """A field left out looks as if it had been answered; a paragraph that stands twice is read by nobody."""
    records = json.loads((release / "audit" / "governance_records.json").read_text())
    fields = [field for record in records.values() for section in record for field in section["fields"]]
    assert {field["field"] for field in fields} >= {
        *("Version of the standard", "Previous process", "Role of the supplier", "Maintenance"),
        *("System architecture", "Task", "Input", "Output", "Datasets", "Quantities", "Completeness"),
        *("Representativeness", "Collection", "Cleaning", "Storage and access", "Agreements on sharing"),
    }
    assert {field["declared_as"] for field in fields} == {None, *FIELDS}
    told = [answer["text"] for field in fields for answer in field["answers"] if len(answer["text"]) > 120]
    assert len(told) > 10 and len(told) == len(set(told))


def test_what_nobody_declared_is_not_known(shared_world: World) -> None:
    """A guess in place of an owner would be worse than the gap."""
    folder = shared_world.build().path / "audit"
    records = json.loads((folder / "governance_records.json").read_text())
    unknown = {
        field["field"]
        for record in records.values()
        for section in record
        for field in section["fields"]
        if field["answers"] == [{"text": NOT_KNOWN, "from": None}]
    }
    assert unknown >= {"Organisation", "Senior responsible owner", "Lawful basis", "Appeals and review"}
    # What the release shows beside it must not hide that nobody said who reviews.
    assert unknown >= {
        "Human review before anybody acts",
        "Who reviews before anybody acts",
        "Who supplies it",
    }
    page = (folder / "index.html").read_text()
    assert "there is no <code>governance.yml</code>" in page
    assert "No model card is in this release" in page and "No record is in quarantine" in page


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("- a", "not a mapping"),
        ("owner: A", "'owner' is not known"),
        ("team: A\nteam: B", "'team' is given twice"),
        ("companies_house_number: 123", "companies_house_number is missing, empty or not a text"),
        ("team: ''", "team is missing, empty"),
        ("team: [", "not YAML"),
    ],
)
def test_governance_that_is_not_understood_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    """A field that is silently left out would be published as not known, although somebody declared it."""
    path = tmp_path / "governance.yml"
    path.write_text(text)
    with pytest.raises(ReleaseError, match=r"governance\.yml: .*Remedy: ") as caught:
        read_governance(path)
    assert rule in str(caught.value)


def test_governance_makes_another_release(tmp_path: Path) -> None:
    """Under one name, a changed owner would never reach the release that is already there."""
    path = tmp_path / "governance.yml"
    assert read_governance(path).sha256 is None
    path.write_text("".join(f"{name}: x\n" for name in FIELDS))
    held = read_governance(path)
    assert set(held.declared) == set(FIELDS)
    base = ("2024-12", ("a=1",), "c", "l", "h", "p")
    assert ReleaseIdentity(*base).name != ReleaseIdentity(*base, held.sha256).name


def test_a_card_is_read_back_as_it_was_written(release: Path) -> None:
    """A card that loses a limit or a metric on its way to the page hides it from the auditor."""
    (card,) = read_cards(release)
    assert (card.name, card.facts["Verdict"]) == (CARD.name, CARD.verdict)
    assert card.points("Limits") == CARD.limits and card.points("Fairness") == CARD.fairness
    assert card.sections[0].texts == (CARD.purpose,)
    (metrics,) = [section.rows for section in card.sections if section.title == "Metrics"]
    assert metrics == (
        ("metric", "of", "value", "95% interval", "baseline"),
        ("hit rate", "all", "0.25", "0.2 to 0.3", "0.26"),
    )


def test_another_time_of_fetching_gives_the_same_pack(world: World, release: Path, tmp_path: Path) -> None:
    """A pack that changes without cause cannot be compared with the one that was audited."""
    provenance = world.data_root / "landing" / "ons_lsoa_2021_boundaries" / "provenance.json"
    before = provenance.read_text()
    provenance.write_text(before.replace("2025-02-01T", "2026-03-04T"))
    published = world.published
    try:
        world.published = tmp_path / "again"
        again = world.build(run_id="run-2").path
    finally:
        world.published = published
        provenance.write_text(before)
    assert again.name == release.name
    assert _bytes(again / "audit") == _bytes(release / "audit")


def _flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])


def _drop_row(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("alter", "name", "words"),
    [
        (_flip, "index.html", r"altered \(its SHA-256 differs"),
        (_drop_row, "fetched.csv", r"altered \(\d+ bytes, \d+ in the manifest; 3 rows, 4 in the manifest\)"),
        (Path.unlink, "requirements.lock", "missing"),
        (lambda path: path.rename(path.with_suffix(".old")), "lineage.html", "missing"),
    ],
)
def test_what_was_altered_in_a_pack_is_named(
    altered: Path, alter: Callable[[Path], object], name: str, words: str
) -> None:
    """An auditor must learn which file to distrust, from the release as from a pack handed on alone."""
    alter(altered / "audit" / name)
    for folder, shown in ((altered, f"audit/{name}"), (altered / "audit", name)):
        assert any(re.match(rf"{re.escape(shown)}: {words}", one) for one in verify_release(folder))


def test_rows_that_are_missing_from_a_table_are_counted(altered: Path) -> None:
    """A shorter table with a mended digest would pass for the one that was published."""
    path = altered / "tables" / "dim_lsoa.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    (found,) = verify_release(altered)
    assert found.startswith("tables/dim_lsoa.parquet: altered") and "35 rows, 36 in the manifest" in found
    manifest = read_manifest(altered / "audit")
    manifest["files"]["rejected.csv"]["rows"] = 9
    write_manifest(altered / "audit", manifest)
    (found,) = verify_release(altered / "audit")
    assert found.startswith("rejected.csv: altered manifest") and "25 rows, 9 in the manifest" in found
