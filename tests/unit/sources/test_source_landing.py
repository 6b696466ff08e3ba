"""Landing: original bytes with provenance, nothing written twice, nothing lost, no half state trusted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.provenance import Provenance, data_version, land, read_provenance
from orchestration.sources.catalogue import CATALOGUE, OGL, POLICE_SOURCES
from orchestration.sources.catalogue.terms import PUBLIC_SECTOR
from orchestration.sources.types import Fetched, Partition, SourceError

JANUARY = Partition("2024-01", "kent")


def file(content: bytes, name: str = "a.csv", crc32: str | None = None) -> Fetched:
    """Return a fetched file."""
    return Fetched(name, content, f"https://example.invalid/{name}", crc32, "2024-02")


def put(folder: Path, *files: Fetched) -> Provenance:
    """Land files as a month of Kent."""
    return land(folder, POLICE_SOURCES["police_street"], files, JANUARY, 1)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_landed_bytes_come_with_their_whole_provenance(tmp_path: Path) -> None:
    """An auditor could not trace a row to the release that it came from."""
    folder = tmp_path / "month=2024-01" / "force=kent"
    # The check value of CRC-32 is that of these nine digits.
    put(folder, file(b"123456789"))
    assert (folder / "a.csv").read_bytes() == b"123456789"
    written = json.loads((folder / "provenance.json").read_text())
    digest = hashlib.sha256(b"123456789").hexdigest()
    assert written.pop("fetched_at").endswith("+00:00")
    assert written == {
        "dataset": "police_street",
        "month": "2024-01",
        "force": "kent",
        "files": [
            {
                "name": "a.csv",
                "url": "https://example.invalid/a.csv",
                "sha256": digest,
                "crc32": "cbf43926",
                "bytes": 9,
            }
        ],
        "release": "2024-02",
        "licence": OGL,
        "attribution": PUBLIC_SECTOR,
        "record_count": 1,
        "data_version": hashlib.sha256(digest.encode()).hexdigest(),
        "title": POLICE_SOURCES["police_street"].title,
        "home_page": "https://data.police.uk/data/",
        "columns": [],
    }


def test_reference_data_carry_what_the_catalogue_declares(tmp_path: Path) -> None:
    """Whoever finds the files later could not tell what their columns mean, or whose they are."""
    source = CATALOGUE["metoffice_monthly_weather"]
    files = [Fetched("a.txt", b"1", "https://example.invalid/a.txt", release=source.vintage)]
    held = land(tmp_path, source.description, files)
    assert read_provenance(tmp_path) == held
    assert (held.title, held.home_page, held.release) == (source.title, source.home_page, source.vintage)
    rain = {"name": "rain_mm", "type": "double", "meaning": "Total rain", "unit": "millimetres"}
    assert rain in held.columns
    assert len(held.columns) == len(source.columns)


def test_new_terms_reach_the_provenance_of_bytes_held_before(tmp_path: Path) -> None:
    """A corrected attribution would not be shown until the publisher next changes the file."""
    old, new = (Fetched("a.txt", b"1", "https://example.invalid/a.txt", release=r) for r in ("1", "2"))
    described = CATALOGUE["iod_2019"].description
    before = land(tmp_path, replace(described, attribution="old words"), [old])
    after = land(tmp_path, replace(described, attribution="new words"), [new])
    assert read_provenance(tmp_path) == after == replace(before, attribution="new words", release="2")
    assert (tmp_path / "a.txt").read_bytes() == b"1"
    assert not (tmp_path / "superseded").exists()


def test_provenance_survives_the_way_to_json_and_back(tmp_path: Path) -> None:
    """What is read back would not compare equal to what was written."""
    landed = put(tmp_path, file(b"1"), file(b"2", "b.csv"))
    assert read_provenance(tmp_path) == landed == Provenance.from_json(landed.to_json())


def test_reference_data_has_no_partition(tmp_path: Path) -> None:
    """A lookup would be recorded under some month."""
    landed = land(tmp_path, CATALOGUE["iod_2019"].description, [file(b"1")])
    assert (landed.month, landed.force, landed.record_count) == (None, None, None)


def test_nothing_landed_is_none(tmp_path: Path) -> None:
    """A first run would fail where nothing is held yet."""
    assert read_provenance(tmp_path / "nowhere") is None


def test_the_data_version_depends_on_the_bytes_alone() -> None:
    """The order of fetching, or a new address, would look like new data."""
    one, two = file(b"1", "a.csv"), file(b"2", "b.csv")
    assert data_version([one, two]) == data_version([two, one])
    assert data_version([one, two]) != data_version([file(b"2", "a.csv"), file(b"1", "b.csv")])


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    """A refresh with nothing new would touch every partition and start every gate."""
    first = put(tmp_path, file(b"1"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    tmp_path.chmod(0o500)
    try:
        assert put(tmp_path, file(b"1")) == first
    finally:
        tmp_path.chmod(0o700)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_revision_sets_the_earlier_bytes_aside(tmp_path: Path) -> None:
    """Police forces revise old months: what a published release was made of would be gone."""
    first = put(tmp_path, file(b"1"), file(b"gone later", "b.csv"))
    second = put(tmp_path, file(b"2"))
    shelf = f"superseded/{first.data_version[:12]}"
    held = contents(tmp_path)
    assert set(held) == {
        "a.csv",
        "provenance.json",
        *(f"{shelf}/{n}" for n in ("a.csv", "b.csv", "provenance.json")),
    }
    assert (held["a.csv"], held[f"{shelf}/a.csv"]) == (b"2", b"1")
    assert read_provenance(tmp_path) == second
    assert read_provenance(tmp_path / shelf) == first


def test_a_revision_taken_back_loses_neither_state(tmp_path: Path) -> None:
    """The second turn of the same bytes would collide with the first."""
    versions = [put(tmp_path, file(content)).data_version[:12] for content in (b"1", b"2", b"1", b"2")]
    held = contents(tmp_path)
    assert held["a.csv"] == b"2"
    assert {held[f"superseded/{version}/a.csv"] for version in versions} == {b"1", b"2"}


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_crash_at_any_step_is_mended_by_landing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A half-replaced folder would be trusted, or the earlier bytes lost."""
    first = put(tmp_path, file(b"1"), file(b"1b", "b.csv"))
    steps = []
    replace = Path.replace

    def crash(self: Path, target: Path) -> Path:
        steps.append(target)
        if len(steps) == step:
            raise OSError("the machine went down")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="went down"):
        put(tmp_path, file(b"2"), file(b"2b", "b.csv"))
    monkeypatch.undo()
    assert read_provenance(tmp_path) == first
    second = put(tmp_path, file(b"2"), file(b"2b", "b.csv"))
    held = contents(tmp_path)
    shelf = f"superseded/{first.data_version[:12]}"
    assert (held["a.csv"], held["b.csv"]) == (b"2", b"2b")
    assert (held[f"{shelf}/a.csv"], held[f"{shelf}/b.csv"]) == (b"1", b"1b")
    assert read_provenance(tmp_path) == second
    assert len(held) == 6


def test_a_landed_file_that_was_changed_by_hand_is_mended(tmp_path: Path) -> None:
    """Edited bytes would be trusted because the provenance beside them looks right."""
    put(tmp_path, file(b"1"))
    (tmp_path / "a.csv").write_bytes(b"edited")
    put(tmp_path, file(b"1"))
    assert (tmp_path / "a.csv").read_bytes() == b"1"


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    """A note of an earlier absence lies beside what is landed later."""
    (tmp_path / "absence.json").write_text("{}")
    put(tmp_path, file(b"1"))
    put(tmp_path, file(b"2"))
    assert (tmp_path / "absence.json").read_text() == "{}"


@pytest.mark.parametrize(
    "name", ["../a.csv", "/a.csv", "b/a.csv", "provenance.json", "superseded", "", ".a", "a\\b"]
)
def test_a_name_that_is_no_plain_file_name_is_refused(tmp_path: Path, name: str) -> None:
    """A name from upstream could write outside the landing folder, or over the provenance."""
    with pytest.raises(SourceError, match="not a plain file name"):
        put(tmp_path / "landing", file(b"1", name))
    assert not list(tmp_path.iterdir())


def test_files_must_be_there_and_distinct(tmp_path: Path) -> None:
    """One page would overwrite another of the same name."""
    for files in ([], [file(b"1"), file(b"2")]):
        with pytest.raises(SourceError, match="at least one file, and each name once"):
            put(tmp_path, *files)


def test_bytes_that_do_not_match_the_upstream_checksum_are_refused(tmp_path: Path) -> None:
    """Bytes damaged on the way would be landed under the checksum of good ones."""
    with pytest.raises(SourceError, match="CRC-32 83dcefb7 where upstream states 00000000"):
        put(tmp_path, file(b"1", crc32="00000000"))


@pytest.mark.parametrize("text", ["", "{}", '{"files": 5}', '{"files": [{"nom": "x"}]}'])
def test_a_broken_provenance_is_named(tmp_path: Path, text: str) -> None:
    """It would surface as a KeyError without a path."""
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(SourceError, match=r"provenance\.json: the provenance cannot be read"):
        read_provenance(tmp_path)
