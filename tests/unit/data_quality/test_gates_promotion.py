"""What a gate writes: bound to its bytes, the same when repeated, and never at the cost of what was there."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_quality.files import sha256_of
from data_quality.gate import absent_verdict, suite_version
from data_quality.promotion import ensure_schema_files, is_current, promote, withhold
from data_quality.schemas import QUARANTINE_SCHEMA, VALIDATED_SCHEMAS
from data_quality.verdicts import VerdictError, read_all, read_verdict

OTHER_VERSION = "cd" * 32


@pytest.fixture(name="folders")
def partition_folders(tmp_path):
    """Return the partition's folders below validated and quarantine."""
    inside = Path("police_street") / "month=2024-06" / "force=bedfordshire"
    return tmp_path / "validated" / inside, tmp_path / "quarantine" / inside


@pytest.fixture(name="good")
def good_outcome(clean, run):
    """Return an outcome that passes with one quarantined record."""
    frame = clean("police_street")
    frame.loc[4, "crime_type"] = "Piracy"
    return run("police_street", frame)


@pytest.fixture(name="bad")
def bad_outcome(clean, run):
    """Return an outcome of other bytes that fails."""
    return run("police_street", clean("police_street").assign(month="2020-01"), data_version=OTHER_VERSION)


def _bytes_below(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_promoted_parquet_has_the_schema_and_the_verdict_its_checksum(good, folders):
    """A file is used only if its checksum is the verdict's; a verdict without it withholds everything."""
    validated, quarantine = folders
    verdict = promote(good, validated, quarantine)
    part = validated / "part.parquet"
    assert pq.read_schema(part).equals(VALIDATED_SCHEMAS["police_street"])
    assert pq.read_metadata(part).num_rows == verdict.record_count_validated == 39
    assert verdict.parquet_sha256 == sha256_of(part)
    assert read_verdict(validated) == verdict
    assert pq.read_schema(quarantine / "rows.parquet").equals(QUARANTINE_SCHEMA)
    report = json.loads((quarantine / "report.json").read_text())
    assert report["quarantined_by_rule"] == {"crime_type_known": 1}


def test_promoting_twice_gives_the_same_bytes(good, folders, clean, run, tmp_path):
    """A refresh that changes nothing must leave nothing changed, not even a timestamp."""
    promote(good, *folders)
    before = _bytes_below(tmp_path)
    frame = clean("police_street")
    frame.loc[4, "crime_type"] = "Piracy"
    promote(run("police_street", frame), *folders)
    assert _bytes_below(tmp_path) == before


def test_is_current_only_for_these_bytes_and_rules(good, folders):
    """Skipping a partition whose bytes, rules or Parquet file changed would publish what no gate has seen."""
    validated, quarantine = folders
    rules = suite_version("police_street")
    version = good.verdict.data_version
    assert not is_current(validated, version, rules)
    promote(good, validated, quarantine)
    assert is_current(validated, version, rules)
    assert not is_current(validated, OTHER_VERSION, rules)
    assert not is_current(validated, version, "0" * 64)
    part = validated / "part.parquet"
    part.write_bytes(part.read_bytes() + b" ")
    assert not is_current(validated, version, rules)


def test_failed_outcome_withdraws_the_part_and_keeps_it_aside(good, bad, folders):
    """A month that fails today must not be served from yesterday's file, nor may that file be lost."""
    validated, quarantine = folders
    promote(good, validated, quarantine)
    earlier = (validated / "part.parquet").read_bytes()
    promote(bad, validated, quarantine)
    assert not (validated / "part.parquet").exists()
    kept = validated / "superseded" / good.verdict.data_version[:12]
    assert (kept / "part.parquet").read_bytes() == earlier
    assert (kept / "superseded_verdict.json").is_file()
    assert read_verdict(validated).status == "failed"
    assert read_verdict(validated).parquet_sha256 is None
    assert pq.read_metadata(quarantine / "rows.parquet").num_rows == 40
    aside = quarantine / "superseded" / good.verdict.data_version[:12]
    assert pq.read_metadata(aside / "rows.parquet").num_rows == 1


def test_revised_month_keeps_the_earlier_one_aside(good, folders, clean, run):
    """Forces revise old months; an auditor must find what an earlier release was built on."""
    validated, quarantine = folders
    promote(good, validated, quarantine)
    promote(run("police_street", clean("police_street"), data_version=OTHER_VERSION), validated, quarantine)
    assert pq.read_metadata(validated / "part.parquet").num_rows == 40
    kept = validated / "superseded" / good.verdict.data_version[:12] / "part.parquet"
    assert pq.read_metadata(kept).num_rows == 39
    assert not (quarantine / "rows.parquet").exists()


@pytest.mark.parametrize("function", ["write_parquet_atomically", "write_verdict"])
def test_interrupted_promotion_leaves_a_usable_or_a_withheld_state(
    function, good, folders, clean, run, monkeypatch
):
    """After a crash in the middle, a reader must find the earlier pair, or a pair that does not match."""
    validated, quarantine = folders
    promote(good, validated, quarantine)
    revised = run("police_street", clean("police_street"), data_version=OTHER_VERSION)

    def crash(*arguments):
        raise OSError("disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(f"data_quality.promotion.{function}", crash)
        with pytest.raises(OSError, match="disk is full"):
            promote(revised, validated, quarantine)
    verdict = read_verdict(validated)
    assert verdict.data_version == good.verdict.data_version
    matches = verdict.parquet_sha256 == sha256_of(validated / "part.parquet")
    assert matches == (function == "write_parquet_atomically")
    assert not is_current(validated, OTHER_VERSION, suite_version("police_street"))
    promote(revised, validated, quarantine)
    assert is_current(validated, OTHER_VERSION, suite_version("police_street"))


def test_no_half_written_file_is_left_or_found(good, folders, monkeypatch):
    """A half-written Parquet file that matches a reader's pattern would break every query."""
    validated, quarantine = folders

    def crash(table, where, **options):
        Path(where).write_bytes(b"PAR1 half")
        raise OSError("disk is full")

    monkeypatch.setattr("pyarrow.parquet.write_table", crash)
    with pytest.raises(OSError, match="disk is full"):
        promote(good, validated, quarantine)
    assert [path for path in validated.parent.parent.parent.rglob("*") if path.is_file()] == []


def test_withheld_absence_puts_the_part_aside(good, folders):
    """A partition of which no bytes are held has no part to stand for it."""
    validated, quarantine = folders
    promote(good, validated, quarantine)
    absent = absent_verdict(
        "police_street", {"month": "2024-06", "force": "bedfordshire"}, "not in the archive"
    )
    withhold(absent, validated, quarantine)
    assert read_verdict(validated).status == "absent"
    assert not (validated / "part.parquet").exists()
    assert not (quarantine / "rows.parquet").exists()
    before = _bytes_below(validated)
    withhold(absent, validated, quarantine)
    assert _bytes_below(validated) == before


def test_version_from_a_tampered_file_names_no_folder_outside(good, bad, folders, tmp_path):
    """The version in an earlier verdict becomes a folder name; '../..' in it must lead nowhere."""
    validated, quarantine = folders
    promote(good, validated, quarantine)
    stored = json.loads((validated / "verdict.json").read_text())
    (validated / "verdict.json").write_text(json.dumps(stored | {"data_version": "../../../../escaped"}))
    promote(bad, validated, quarantine)
    assert (validated / "superseded" / "unknown_version" / "part.parquet").is_file()
    assert not list(tmp_path.rglob("*escaped*"))


def test_read_all_passes_over_superseded_and_names_a_broken_verdict(good, bad, folders, tmp_path):
    """A report that counted superseded verdicts would show partitions twice."""
    validated, quarantine = folders
    promote(good, validated, quarantine)
    promote(bad, validated, quarantine)
    (validated / "superseded" / "old").mkdir(parents=True)
    (validated / "superseded" / "old" / "verdict.json").write_text("{}")
    assert [verdict.status for verdict in read_all(tmp_path / "validated")] == ["failed"]
    (validated / "verdict.json").write_text("{}")
    with pytest.raises(VerdictError, match=r"verdict\.json"):
        read_all(tmp_path / "validated")


def test_schema_files_let_every_pattern_match(tmp_path):
    """Without a file to match, dbt's first query over an optional dataset fails."""
    ensure_schema_files(tmp_path / "validated", tmp_path / "quarantine")
    for dataset, schema in VALIDATED_SCHEMAS.items():
        held = pq.read_table(tmp_path / "validated" / dataset / "_schema.parquet")
        assert held.num_rows == 0
        assert held.schema.equals(schema)
    assert pq.read_table(tmp_path / "quarantine" / "_schema.parquet").schema.equals(QUARANTINE_SCHEMA)
