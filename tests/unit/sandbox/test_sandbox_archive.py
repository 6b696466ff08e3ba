"""The packed archive: the same bytes every time, and revised from release to release."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from orchestration.sandbox.archive import Archive, ensure_archive, member_names
from orchestration.sandbox.city import City
from orchestration.sandbox.plan import SMALL_CITY, CityPlan


def test_two_builds_give_the_same_bytes(packed: Archive, tmp_path: Path) -> None:
    """Data versions are checksums: a build that drifts would re-run everything downstream."""
    again = ensure_archive(City(SMALL_CITY), SMALL_CITY.last_month, tmp_path)
    assert again.path.read_bytes() == packed.path.read_bytes()


def test_a_packed_archive_is_used_again(packed: Archive) -> None:
    """Each process of a run starts a sandbox; none may build the city again to serve what is there."""
    untouched = City(SMALL_CITY)
    assert ensure_archive(untouched, SMALL_CITY.last_month, packed.path.parent) == packed
    assert "crimes" not in vars(untouched)


def test_members_are_laid_out_as_upstream_and_gaps_are_not_listed(packed: Archive) -> None:
    """A gap that is an empty file, and not an absent one, would hide how coverage is worked out."""
    with zipfile.ZipFile(packed.path) as zipped:
        names = zipped.namelist()
        assert zipped.testzip() is None
    absent = {f"{month}/{month}-{force}-{kind}.csv" for month, force, kind in SMALL_CITY.absent_members}
    assert len(names) == len(SMALL_CITY.months) * 6 - 2 and not absent & set(names)
    assert "2023-03/2023-03-eastvale-street.csv" in names


def test_line_ends_differ_by_force_and_every_row_parses(small_city: City, packed: Archive) -> None:
    """A reader that assumes one line end leaves a carriage return in the last column."""
    records = 0
    with zipfile.ZipFile(packed.path) as zipped:
        for name in member_names(small_city, SMALL_CITY.last_month):
            content = zipped.read(name)
            line_end = b"\r\n" if "westmere" in name else b"\n"
            assert content.count(line_end) == content.count(b"\n") and content.endswith(line_end)
            header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
            assert {len(row) for row in rows} == {len(header)}
            records += len(rows) if name.endswith("-street.csv") else 0
    assert records == len(small_city.crimes)


def test_an_earlier_release_knows_fewer_outcomes(small_city: City, packed: Archive, tmp_path: Path) -> None:
    """Upstream restates old months; a refresh must see that a member changed, and only its outcomes."""
    earlier = ensure_archive(small_city, SMALL_CITY.months[-2], tmp_path)
    member = f"{SMALL_CITY.months[-2]}/{SMALL_CITY.months[-2]}-eastvale-street.csv"
    with zipfile.ZipFile(earlier.path) as before, zipfile.ZipFile(packed.path) as after:
        assert SMALL_CITY.last_month not in {name[:7] for name in before.namelist()}
        old, new = (one.read(member).decode().split("\n") for one in (before, after))
    assert old != new
    assert [row.rsplit(",", 2)[0] for row in old] == [row.rsplit(",", 2)[0] for row in new]


def test_a_release_outside_the_window_is_refused(small_city: City, tmp_path: Path) -> None:
    """A typing mistake in a release must not give an empty archive."""
    with pytest.raises(ValueError, match=r"2019-01.*choose a month"):
        ensure_archive(small_city, "2019-01", tmp_path)


def test_a_plan_too_short_for_its_gaps_is_refused() -> None:
    """A window of a month or two has no room for the declared gaps; tests on them would pass vacuously."""
    with pytest.raises(ValueError, match="six months"):
        CityPlan(first_month="2024-01", last_month="2024-03")
