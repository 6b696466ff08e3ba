"""Ranges and whole downloads: taken up where they broke, never of two versions, never half."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.sources.ranges import (
    RangeBody,
    RangesRefused,
    RemoteChanged,
    RemoteFile,
    Validators,
    look_at,
)
from orchestration.sources.types import SourceError
from orchestration.sources.whole import download_whole

CONTENT = random.Random(2).randbytes(400_000)
PATH = "/s3/file.zip"


def tagged(host: Any, content: bytes, etag: str) -> None:
    """Serve a file with an entity tag, by ranges or whole, and 412 to whoever wants another version."""
    host.serve_ranges(PATH, content)
    whole = host.answers[PATH]

    def reply(asked: Any) -> Any:
        answer = whole(asked)
        if asked.headers.get("If-Match", etag) != etag:
            answer.status, answer.body = 412, b""
        answer.headers["ETag"] = etag
        return answer

    host.answers[PATH] = reply


def breaking(host: Any, *lengths: int) -> None:
    """Let the next transfers of more than a byte break off after so many bytes each."""
    whole, left = host.answers[PATH], list(lengths)

    def reply(asked: Any) -> Any:
        answer = whole(asked)
        if left and len(answer.body) > 1:
            answer.stated_length = len(answer.body)
            answer.body = answer.body[: left.pop(0)]
        return answer

    host.answers[PATH] = reply


def ranges_of(host: Any) -> list[str | None]:
    """Return the ranges that the host was asked for."""
    return [asked.headers.get("Range") for asked in host.asked]


def test_a_broken_range_is_taken_up_where_it_stopped(host: Any, session: requests.Session) -> None:
    """A member of thirty megabytes would start again at every hiccup, and perhaps never arrive."""
    tagged(host, CONTENT, '"1"')
    remote = look_at(session, host.url + PATH)
    breaking(host, 150_000, 100_000)
    body = RangeBody(remote, 1_000, 301_000)
    assert body.read(1 << 30) == CONTENT[1_000:301_000]
    assert ranges_of(host)[1:] == [f"bytes={start}-300999" for start in (1_000, 151_000, 251_000)]
    assert {asked.headers.get("If-Match") for asked in host.asked[1:]} == {'"1"'}


def test_a_range_that_never_arrives_is_named(host: Any, session: requests.Session) -> None:
    """A dead host would be asked for ever."""
    tagged(host, CONTENT, '"1"')
    remote = look_at(session, host.url + PATH)
    breaking(host, *[10] * 99)
    with pytest.raises(SourceError, match=r"file\.zip: the transfer broke off 5 times in a row at byte 50 "):
        RangeBody(remote, 0, 1_000).read(1_000)


@pytest.mark.parametrize("knows_if_match", [True, False])
def test_a_version_that_changes_within_a_range_is_noticed(
    host: Any, session: requests.Session, knows_if_match: bool
) -> None:
    """The second half of a member would come from another release."""
    tagged(host, CONTENT, '"1"')
    body = RangeBody(look_at(session, host.url + PATH), 0, 200_000)
    breaking(host, 70_000)
    body.read(65_536)
    tagged(host, CONTENT[::-1], '"2"')
    if not knows_if_match:
        serve = host.answers[PATH]
        host.answers[PATH] = lambda asked: serve(
            type(asked)(asked.method, asked.path, asked.params, {"Range": asked.headers["Range"]})
        )
    with pytest.raises(RemoteChanged, match="the file changed while it was being read"):
        body.read(100_000)


def test_a_file_that_is_gone_is_noticed(host: Any, session: requests.Session) -> None:
    """The redirect would not be followed anew when object storage drops the old release."""
    tagged(host, CONTENT, '"1"')
    body = RangeBody(look_at(session, host.url + PATH), 0, 10)
    del host.answers[PATH]
    with pytest.raises(RemoteChanged, match="status 404"):
        body.read(10)


def test_an_answer_of_another_range_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A proxy that rounds ranges to its blocks would shift every byte."""
    tagged(host, CONTENT, '"1"')
    remote = look_at(session, host.url + PATH)
    shifted = {"Content-Range": f"bytes 0-99/{len(CONTENT)}"}
    host.answer(PATH, answer(CONTENT[:100], 206, shifted))
    with pytest.raises(RangesRefused, match="does not honour range requests"):
        RangeBody(remote, 50, 150).read(100)


@pytest.mark.parametrize(
    ("now", "held", "is_same", "is_other"),
    [
        (Validators('"1"', "Mon", 5), Validators('"1"', "Tue", 5), True, False),
        (Validators('"2"', "Mon", 5), Validators('"1"', "Mon", 5), False, True),
        (Validators(None, "Mon", 5), Validators(None, "Mon", 5), True, False),
        (Validators(None, "Tue", 5), Validators(None, "Mon", 5), False, True),
        (Validators(None, None, 5), Validators(None, None, 5), False, False),
        (Validators('"1"', None, 5), Validators(None, None, 5), False, False),
        (Validators('"1"', None, 6), Validators('"1"', None, 5), False, True),
    ],
)
def test_sameness_is_proven_and_difference_too(
    now: Validators, held: Validators, is_same: bool, is_other: bool
) -> None:
    """A refresh would skip a new release, or a host without entity tags could never be read."""
    assert now.prove_same(held) is is_same
    assert now.contradict(held) is is_other
    assert not now.prove_same(None)


def test_a_web_page_in_place_of_the_file_is_refused(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """A maintenance page would be downloaded as the archive."""
    host.answer(PATH, answer(b"<!doctype html><html>back soon</html>"))
    with pytest.raises(SourceError, match=r"file\.zip: an HTML page came in place of the file"):
        look_at(session, host.url + PATH)


def zip_bytes(size: int = 300_000) -> bytes:
    """Return a zip file of about this size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", CONTENT[:size])
    return buffer.getvalue()


def remote_zip(host: Any, session: requests.Session, content: bytes, etag: str = '"1"') -> RemoteFile:
    """Serve a zip file and look at it."""
    tagged(host, content, etag)
    return look_at(session, host.url + PATH)


def test_a_whole_download_goes_on_where_the_last_one_stopped(
    host: Any, session: requests.Session, tmp_path: Path
) -> None:
    """Each broken connection, and each killed run, would cost 1.75 GB again."""
    content = zip_bytes()
    remote = remote_zip(host, session, content)
    breaking(host, 70_000, *[10] * 4)
    with pytest.raises(SourceError, match=r"broke off 5 times in a row, with 70040 of \d+ bytes"):
        download_whole(remote, tmp_path)
    (part,) = tmp_path.iterdir()
    assert (part.suffix, part.read_bytes()) == (".part", content[:70_040])
    path = download_whole(remote, tmp_path)
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]
    assert ranges_of(host)[-1] == "bytes=70040-"


def test_a_download_begins_anew_where_the_server_cannot_go_on(
    host: Any, session: requests.Session, tmp_path: Path
) -> None:
    """A second beginning would be appended to the first."""
    content = zip_bytes()
    remote = remote_zip(host, session, content)
    breaking(host, 70_000)
    serve = host.answers[PATH]
    host.answers[PATH] = lambda asked: serve(type(asked)(asked.method, asked.path, asked.params, {}))
    assert download_whole(remote, tmp_path).read_bytes() == content


def test_a_whole_download_is_used_again_until_the_version_changes(
    host: Any, session: requests.Session, tmp_path: Path
) -> None:
    """Each run would download the archive, or read last month's for ever; old ones would fill the disk."""
    old, new = zip_bytes(), zip_bytes(200_000)
    first = download_whole(remote_zip(host, session, old), tmp_path)
    count = len(host.asked)
    assert download_whole(remote_zip(host, session, old), tmp_path) == first
    assert len(host.asked) == count + 1
    second = download_whole(remote_zip(host, session, new, '"2"'), tmp_path)
    assert second.read_bytes() == new and list(tmp_path.iterdir()) == [second]


def test_a_download_without_any_version_is_never_used_again(
    host: Any, session: requests.Session, tmp_path: Path
) -> None:
    """Two archives of one length would be taken for the same."""
    old = zip_bytes()
    new = old.replace(b"a.csv", b"b.csv")
    for content in (old, new):
        host.serve_ranges(PATH, content)
        path = download_whole(look_at(session, host.url + PATH), tmp_path)
        assert path.read_bytes() == content


def test_a_version_that_changes_within_a_download_is_noticed(
    host: Any, session: requests.Session, tmp_path: Path
) -> None:
    """The file would begin as one release and end as another."""
    remote = remote_zip(host, session, zip_bytes())
    tagged(host, zip_bytes()[::-1], '"2"')
    with pytest.raises(RemoteChanged):
        download_whole(remote, tmp_path)
    assert not list(tmp_path.glob("*.zip"))


def test_a_download_that_is_no_zip_gets_no_name(host: Any, session: requests.Session, tmp_path: Path) -> None:
    """The next run would find it and believe it."""
    remote = remote_zip(host, session, zip_bytes()[:-30])
    with pytest.raises(SourceError, match=r"file\.zip: what was downloaded is no whole zip file"):
        download_whole(remote, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(
    host: Any, session: requests.Session, tmp_path: Path
) -> None:
    """A full disk would surface as an OSError without a remedy."""
    remote = remote_zip(host, session, zip_bytes())
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(SourceError, match=r"cache: .* cannot be written .*: make it writable"):
        download_whole(remote, tmp_path / "cache")
