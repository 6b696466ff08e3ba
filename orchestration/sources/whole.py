"""Downloads a large zip file whole, to disk and in pieces, where a server does not honour ranges."""

from __future__ import annotations

import fcntl
import hashlib
import os
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import requests
import urllib3

from orchestration.sources.http import pause_before_retry, read_pieces
from orchestration.sources.progress import progress_bar
from orchestration.sources.ranges import RemoteFile
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    from tqdm import tqdm

_BREAKS_IN_A_ROW = 5
# A transfer that gets this much further before it breaks is one that will arrive.
_PROGRESS_BYTES = 1 << 24
_PREFIX = "whole-"


def download_whole(remote: RemoteFile, folder: Path) -> Path:
    """Return the zip file from a cache folder, downloading it there first unless this version is there.

    The bytes go to a ``.part`` file, which a later call goes on with, and get their name only when they are
    whole and open as a zip file. Downloads of other versions are then removed.

    Parameters
    ----------
    remote
        The file, from :func:`orchestration.sources.ranges.look_at`.
    folder
        The cache folder.

    Returns
    -------
    Path
        The downloaded file.

    Raises
    ------
    RemoteChanged
        When the file changed on the way.
    SourceError
        When it cannot be had whole, is no zip file, or cannot be written.
    """
    path = folder / f"{_PREFIX}{_version_digest(remote)}.zip"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_identified(remote):
            for leftover in (path, part):
                leftover.unlink(missing_ok=True)
        if not path.is_file():
            _download(remote, part, path)
        for other in folder.glob(f"{_PREFIX}*"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(
            str(folder),
            f"the download of {remote.address} cannot be written ({error})",
            f"make it writable, with room for {remote.validators.length or 'some 2e9'} bytes, then run again",
        ) from error
    return path


def _download(remote: RemoteFile, part: Path, path: Path) -> None:
    with part.open("ab") as stream:
        # Another run may be at the same download: wait for it, then find its file.
        fcntl.flock(stream, fcntl.LOCK_EX)
        if path.is_file():
            return
        _fill(remote, stream)
        stream.flush()
        os.fsync(stream.fileno())
        _check_opens(remote, part)
        part.replace(path)


def _fill(remote: RemoteFile, stream: BinaryIO) -> None:
    length = remote.validators.length
    name = remote.address.rsplit("/", 1)[-1]
    breaks, furthest = 0, stream.tell()
    with progress_bar(name, length, "B", furthest) as bar:
        while length is None or stream.tell() < length:
            cause = _append(remote, stream, bar)
            if not cause and length in (None, stream.tell()):
                return
            if stream.tell() >= furthest + _PROGRESS_BYTES:
                breaks, furthest = 0, stream.tell()
            breaks += 1
            if breaks == _BREAKS_IN_A_ROW:
                raise SourceError(
                    remote.address,
                    f"the download broke off {breaks} times in a row, with {stream.tell()} of {length} bytes"
                    f" ({cause or 'the server closed the connection'})",
                    "check the network, then run again: it goes on from there if the server can",
                )
            pause_before_retry(remote.session, remote.address, breaks)


def _append(remote: RemoteFile, stream: BinaryIO, bar: tqdm) -> str:
    """Add what the server sends; return why it ended early, if it says so."""
    with closing(remote.ask(stream.tell())) as response:
        if response.status_code != requests.codes.partial_content:
            # The server begins anew, and so must the file.
            stream.truncate(0)
            bar.reset()
        try:
            for piece in read_pieces(response, decode_content=False):
                stream.write(piece)
                bar.update(len(piece))
        except urllib3.exceptions.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            stream.seek(0, os.SEEK_END)
    return ""


def _check_opens(remote: RemoteFile, part: Path) -> None:
    try:
        zipfile.ZipFile(part).close()
    except zipfile.BadZipFile as error:
        part.unlink()
        raise SourceError(
            remote.address,
            f"what was downloaded is no whole zip file ({error})",
            "run again; if it stays so, the archive is damaged on the host",
        ) from error


def _version_digest(remote: RemoteFile) -> str:
    return hashlib.sha256(repr((remote.address, remote.validators)).encode()).hexdigest()[:16]


def _is_identified(remote: RemoteFile) -> bool:
    return bool(remote.validators.etag or remote.validators.last_modified)
