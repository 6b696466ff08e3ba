"""The archive on the web, in a zip file and in a folder, and the archives that must be refused."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.sources.http import HttpStatusError
from orchestration.sources.police_uk import remote
from orchestration.sources.police_uk.archive import (
    FolderArchive,
    MemberMissing,
    RemoteArchive,
    ZipArchive,
    open_archive,
)
from orchestration.sources.police_uk.members import parse_member
from orchestration.sources.types import Partition, SourceError

JANUARY = Partition("2024-01", "avon-and-somerset")
FEBRUARY = Partition("2024-02", "bedfordshire")
STREET = "2024-01/2024-01-avon-and-somerset-street.csv"
STOPS = "2024-02/2024-02-bedfordshire-stop-and-search.csv"


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(folder: Path, content: bytes) -> Path:
    """Save a zip file and return its path."""
    path = folder / "archive.zip"
    path.write_bytes(content)
    return path


def noise(size: int) -> bytes:
    """Return bytes that do not compress."""
    return random.Random(1).randbytes(size)


def test_members_are_keyed_by_partition_and_kind(tmp_path: Path) -> None:
    """A force whose name holds hyphens, or the kind with hyphens, would be cut in the wrong place."""
    archive = ZipArchive(saved(tmp_path, zipped({STREET: b"a", STOPS: b"bc", "README.txt": b"x"})))
    members = archive.members()
    assert set(members) == {(JANUARY, "street"), (FEBRUARY, "stop-and-search")}
    stops = members[FEBRUARY, "stop-and-search"]
    assert (stops.size, stops.compressed_size) == (2, 4)
    assert archive.release == "2024-02"


@pytest.mark.parametrize(
    "path",
    [
        "2024-01/2024-02-bedfordshire-street.csv",
        "2024-13/2024-13-bedfordshire-street.csv",
        "2024-01/2024-01-bedfordshire-neighbourhood.csv",
        "2024-01-bedfordshire-street.csv",
        "2024-01/2024-01-Bedfordshire-street.csv",
        "2024-01/2024-01-bedfordshire-street.csv.exe",
    ],
)
def test_other_names_are_no_members(path: str) -> None:
    """A misplaced or foreign file would be taken for a month's data."""
    assert parse_member(path) is None


def test_a_fetched_member_has_checksum_release_and_plain_name(tmp_path: Path) -> None:
    """Landing would not know which release a row came from, or whether it changed."""
    content = b"a,b\n"
    fetched = ZipArchive(saved(tmp_path, zipped({STREET: content}))).fetch(JANUARY, "street")
    assert fetched.content == content
    assert fetched.name == "2024-01-avon-and-somerset-street.csv"
    assert (fetched.crc32, fetched.release) == (f"{zlib.crc32(content):08x}", "2024-01")


def test_an_absent_member_is_told_from_a_fault(tmp_path: Path) -> None:
    """A force's known gap would stop the run like a broken archive."""
    with pytest.raises(MemberMissing, match="2024-02-bedfordshire-street"):
        ZipArchive(saved(tmp_path, zipped({STREET: b"a"}))).fetch(FEBRUARY, "street")


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:/evil"]
)
def test_a_member_that_would_leave_the_folder_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """A forged archive could write outside the landing folder."""
    with pytest.raises(SourceError, match=r"evil.*leads out of the archive's folder"):
        ZipArchive(saved(tmp_path, zipped({STREET: b"a", name: b"b"}))).members()


def test_an_encrypted_member_is_refused_by_name(tmp_path: Path) -> None:
    """It would surface as a RuntimeError about a password."""
    content = bytearray(zipped({STREET: b"a,b\n"}))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + flags_at
        content[at : at + 2] = struct.pack("<H", 1)
    with pytest.raises(SourceError, match=r"street\.csv: the member is encrypted"):
        ZipArchive(saved(tmp_path, bytes(content))).fetch(JANUARY, "street")


def test_an_absurd_expansion_is_refused_by_name(tmp_path: Path) -> None:
    """A zip bomb would fill the memory."""
    with pytest.raises(SourceError, match=r"street\.csv: the member would expand \d+-fold"):
        ZipArchive(saved(tmp_path, zipped({STREET: bytes(5_000_000)}))).fetch(JANUARY, "street")


def test_a_stated_size_that_lies_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A zip bomb that understates its size passes the check of its expansion."""
    content = bytearray(zipped({STREET: bytes(64 << 20)}))
    honest = struct.pack("<L", 64 << 20)
    while (at := content.find(honest)) >= 0:
        content[at : at + 4] = struct.pack("<L", 1 << 20)
    archive = ZipArchive(saved(tmp_path, bytes(content)))
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=r"street\.csv: it cannot be unpacked \(Bad CRC-32"):
            archive.fetch(JANUARY, "street")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_truncated_member_is_refused_by_name(tmp_path: Path) -> None:
    """A damaged archive whose directory is whole would land half a month."""
    content = bytearray(zipped({STREET: noise(50_000)}))
    content[1000:40_000] = bytes(39_000)
    with pytest.raises(SourceError, match=r"street\.csv: it cannot be unpacked .*Remedy: run again"):
        ZipArchive(saved(tmp_path, bytes(content))).fetch(JANUARY, "street")


def test_a_truncated_archive_is_refused_by_name(tmp_path: Path) -> None:
    """A download that was broken off would look like an archive with fewer members."""
    whole = zipped({STREET: noise(50_000)})
    with pytest.raises(SourceError, match=r"archive\.zip: it cannot be opened as a zip file"):
        ZipArchive(saved(tmp_path, whole[:-30]))


def test_a_member_that_does_not_match_its_checksum_is_refused(tmp_path: Path) -> None:
    """A damaged download would be landed as the month's data."""
    content = zipped({STREET: b"crime,month\n"}, zipfile.ZIP_STORED).replace(b"crime,", b"crIme,")
    with pytest.raises(SourceError, match=r"street\.csv: it cannot be unpacked \(Bad CRC-32"):
        ZipArchive(saved(tmp_path, content)).fetch(JANUARY, "street")


def test_two_members_for_one_key_are_refused(tmp_path: Path) -> None:
    """Which of the two became the month's data would be chance."""
    with pytest.raises(SourceError, match="holds the same month, force and kind"):
        ZipArchive(saved(tmp_path, zipped({STREET: b"a", f"{STREET}.gz": b"b"}))).members()


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    """An error page saved as latest.zip would surface as BadZipFile."""
    with pytest.raises(SourceError, match="cannot be opened as a zip file"):
        open_archive(saved(tmp_path, b"<html>busy</html>"))


def serve(host: Any, answer: Any, content: bytes) -> None:
    """Serve an archive as upstream does: a redirect to object storage that honours ranges."""
    redirect = answer(status=302, headers={"Location": f"{host.url}/s3/2024-02.zip"})
    host.answer("/data/archive/latest.zip", redirect)
    host.serve_ranges("/s3/2024-02.zip", content)


def test_the_remote_archive_reads_what_it_needs_and_no_more(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Each refresh would pull 1.75 GB."""
    content = zipped({STREET: b"a,b\n1,2\n", "2024-01/2024-01-metropolitan-street.csv": noise(2_000_000)})
    serve(host, answer, content)
    archive = open_archive(host.url, session)
    assert set(archive.members()) == {(JANUARY, "street"), (Partition("2024-01", "metropolitan"), "street")}
    fetched = archive.fetch(JANUARY, "street")
    assert (fetched.content, archive.release) == (b"a,b\n1,2\n", "2024-02")
    assert host.bytes_sent < 100_000 < len(content)
    assert sum(asked.path == "/data/archive/latest.zip" for asked in host.asked) == 1


def test_a_host_without_ranges_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """The client would read the whole archive for its directory."""
    host.answer("/data/archive/latest.zip", answer(zipped({STREET: b"a"})))
    with pytest.raises(SourceError, match="does not honour range requests"):
        RemoteArchive(session, host.url).members()


def test_an_unknown_release_is_refused(host: Any, session: requests.Session) -> None:
    """It would surface as a zip error."""
    with pytest.raises(HttpStatusError, match=r"2031-01\.zip: the server answered with status 404"):
        RemoteArchive(session, host.url, "2031-01").members()


def test_a_remote_file_that_is_no_zip_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """An error page behind the redirect would surface as BadZipFile."""
    serve(host, answer, b"<html>" + noise(70_000))
    with pytest.raises(SourceError, match="it is not a zip file"):
        RemoteArchive(session, host.url).members()


def test_hostile_members_are_refused_on_the_web_too(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """The checks of a downloaded archive would be passed by on the way that runs take."""
    serve(host, answer, zipped({STREET: bytes(5_000_000)}))
    with pytest.raises(SourceError, match=r"street\.csv: the member would expand"):
        RemoteArchive(session, host.url).fetch(JANUARY, "street")
    serve(host, answer, zipped({STREET: b"a", "../evil.csv": b"b"}))
    with pytest.raises(SourceError, match=r"evil.*leads out of the archive's folder"):
        RemoteArchive(session, host.url).members()


def test_an_absurd_directory_is_refused(
    host: Any, session: requests.Session, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forged end record could have the whole archive read into memory as its directory."""
    monkeypatch.setattr(remote, "_GREATEST_DIRECTORY_BYTES", 2_000)
    serve(host, answer, zipped({f"{number:0100d}.csv": b"" for number in range(50)}))
    with pytest.raises(SourceError, match=r"its directory would have \d+ bytes"):
        RemoteArchive(session, host.url).members()


def test_the_version_costs_one_byte(host: Any, session: requests.Session, answer: Any) -> None:
    """A daily look for a new release would read the directory each time."""
    serve(host, answer, zipped({STREET: noise(50_000)}))
    archive = RemoteArchive(session, host.url)
    assert archive.validators.length is not None and archive.validators.length > 50_000
    assert {asked.headers["Range"] for asked in host.asked} == {"bytes=0-0"}


def test_files_on_disk_have_a_version_too(tmp_path: Path) -> None:
    """The mirror would be read, checksums and all, to learn that nothing changed."""
    path = saved(tmp_path, zipped({STREET: b"a"}))
    held = ZipArchive(path).validators
    assert ZipArchive(path).validators.prove_same(held)
    os.utime(path, ns=(0, 0))
    assert not ZipArchive(path).validators.prove_same(held)

    plain = tmp_path / STREET
    plain.parent.mkdir()
    plain.write_bytes(b"a\n")
    held = FolderArchive(tmp_path).validators
    assert FolderArchive(tmp_path).validators.prove_same(held)
    assert FolderArchive(tmp_path).members()[JANUARY, "street"].compressed_size == 2
    os.utime(plain, ns=(0, 0))
    assert not FolderArchive(tmp_path).validators.prove_same(held)


def test_an_archive_that_never_stands_still_is_named(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """A host behind which several versions take turns would have the client start over for ever."""
    serve(host, answer, zipped({STREET: b"a"}))
    whole, count = host.answers["/s3/2024-02.zip"], itertools.count()

    def restless(asked: Any) -> Any:
        reply = whole(asked)
        reply.headers["ETag"] = f'"{next(count)}"'
        return reply

    host.answers["/s3/2024-02.zip"] = restless
    with pytest.raises(SourceError, match=r"the file changed while it was being read .*Remedy: run again"):
        RemoteArchive(session, host.url).members()


def test_bytes_damaged_on_the_way_are_fetched_again(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """One flipped bit that no layer below noticed would cost the month."""
    content = zipped({STREET: noise(9_000)}, zipfile.ZIP_STORED)
    serve(host, answer, content)
    archive = RemoteArchive(session, host.url)
    archive.members()
    whole, left = host.answers["/s3/2024-02.zip"], [True]

    def flip_once(asked: Any) -> Any:
        reply = whole(asked)
        if left:
            left.clear()
            reply.body = reply.body[:-1] + bytes([reply.body[-1] ^ 1])
        return reply

    host.answers["/s3/2024-02.zip"] = flip_once
    assert archive.fetch(JANUARY, "street").content == noise(9_000)
    assert not left


def test_an_address_needs_a_session() -> None:
    """The client would make requests without retries or timeouts."""
    with pytest.raises(SourceError, match="an address needs a session"):
        open_archive("https://data.police.uk")


def test_a_folder_serves_plain_and_gzipped_files(tmp_path: Path) -> None:
    """The profile mirror would miss the files that it is given."""
    for name, content in {STREET: b"a\n", f"{STOPS}.gz": gzip.compress(b"b\n", mtime=0)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    archive = open_archive(tmp_path)
    assert set(archive.members()) == {(JANUARY, "street"), (FEBRUARY, "stop-and-search")}
    fetched = archive.fetch(FEBRUARY, "stop-and-search")
    assert gzip.decompress(fetched.content) == b"b\n"
    assert fetched.crc32 == archive.members()[FEBRUARY, "stop-and-search"].crc32
    assert (fetched.name, fetched.release) == ("2024-02-bedfordshire-stop-and-search.csv.gz", "2024-02")
    with pytest.raises(MemberMissing):
        archive.fetch(FEBRUARY, "street")


def test_a_file_that_changes_while_the_folder_is_read_is_refused(tmp_path: Path) -> None:
    """A file that is still being copied would be landed in part."""
    path = tmp_path / STREET
    path.parent.mkdir()
    path.write_bytes(b"a\n")
    archive = FolderArchive(tmp_path)
    archive.members()
    path.write_bytes(b"a\nb\n")
    with pytest.raises(SourceError, match="changed while"):
        archive.fetch(JANUARY, "street")


@pytest.mark.parametrize("is_looked_up", [True, False])
def test_a_file_that_was_removed_since_is_named(tmp_path: Path, is_looked_up: bool) -> None:
    """A bare error of the system stops every other file too, and tells nobody what to do."""
    path = tmp_path / STREET
    path.parent.mkdir()
    path.write_bytes(b"a\n")
    archive = FolderArchive(tmp_path)
    assert len(archive.members()) == 1
    if is_looked_up:
        assert archive.members()[JANUARY, "street"].crc32
    path.unlink()
    with pytest.raises(SourceError, match=r"street\.csv: the file was there.*Remedy: put it back"):
        archive.fetch(JANUARY, "street")


def test_an_empty_folder_has_no_release(tmp_path: Path) -> None:
    """A wrong path would look like an archive in which every force has a gap."""
    with pytest.raises(SourceError, match="holds no file named YYYY-MM"):
        _ = FolderArchive(tmp_path).release
    with pytest.raises(SourceError, match="no such folder"):
        FolderArchive(tmp_path / "nowhere")
