"""A remote file read by ranges: a broken transfer goes on where it stopped, and two versions never mix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import requests

from orchestration.sources.http import (
    BROKEN_BODY,
    Pace,
    looks_like_html,
    open_response,
    pause_before_retry,
    status_error,
)
from orchestration.sources.types import SourceError

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_PIECE_BYTES = 1 << 16
_BREAKS_IN_A_ROW = 5
# The host moved, removed or replaced what was listed a moment ago.
_GONE = frozenset({403, 404, 410, 412, 416})
_PAGE_INSTEAD = (
    "an HTML page came in place of the file",
    "open the address in a browser: the host may be down for maintenance; then run again",
)
#: Bytes as they lie: an encoding on the way would make their positions meaningless.
UNENCODED: Mapping[str, str] = {"Accept-Encoding": "identity"}


class RemoteChanged(SourceError):
    """The file is not the one that was looked at before."""


class RangesRefused(SourceError):
    """The server does not answer with the range asked for."""


@dataclass(frozen=True)
class Validators:
    """What a host says of a file's version.

    Parameters
    ----------
    etag
        Its entity tag, quotes included.
    last_modified
        When it last changed, as the host words it.
    length
        Its bytes.
    """

    etag: str | None
    last_modified: str | None
    length: int | None

    def __str__(self) -> str:
        return f"ETag {self.etag}, Last-Modified {self.last_modified}, {self.length} bytes"

    def prove_same(self, held: Validators | None) -> bool:
        """Tell whether the file is certainly the one that had these validators; a length proves nothing."""
        if held is None or self.length != held.length:
            return False
        if self.etag or held.etag:
            return self.etag == held.etag
        return self.last_modified is not None and self.last_modified == held.last_modified

    def contradict(self, held: Validators) -> bool:
        """Tell whether the file is certainly another; what one of the two does not state is no sign."""
        pairs = [(self.etag, held.etag), (self.length, held.length)]
        if not (self.etag and held.etag):
            pairs.append((self.last_modified, held.last_modified))
        return any(one is not None and other is not None and one != other for one, other in pairs)


@dataclass(frozen=True)
class RemoteFile:
    """A file on the web as it was when it was looked at.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    address
        Where the redirects led to.
    validators
        Its version.
    honours_ranges
        Whether the server answers with the range asked for, and states the whole length.
    """

    session: requests.Session
    address: str
    validators: Validators
    honours_ranges: bool

    def ask(self, start: int, end: int | None = None) -> requests.Response:
        """Ask for bytes from ``start`` up to, not including, ``end``, of this version and no other.

        Parameters
        ----------
        start, end
            Positions, counted from 0; without an end, up to the end of the file.

        Returns
        -------
        requests.Response
            With its body still to be read; the caller closes it. A server that does not know ranges answers
            with the whole file and status 200: the caller looks at that.

        Raises
        ------
        RemoteChanged
            When the file is another by now, or gone.
        RangesRefused
            When the server answers with another range.
        SourceError
            When the host cannot be reached or answers with another failure.
        """
        headers = {**UNENCODED, **self._only_this_version()}
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        response = open_response(self.session, "GET", self.address, headers=headers)
        try:
            self._check(response, start)
        except SourceError:
            response.close()
            raise
        return response

    def _only_this_version(self) -> dict[str, str]:
        # A weak tag may stand for other bytes, and If-Match never accepts one.
        if self.validators.etag and not self.validators.etag.startswith("W/"):
            return {"If-Match": self.validators.etag}
        if self.validators.last_modified:
            return {"If-Unmodified-Since": self.validators.last_modified}
        return {}

    def _check(self, response: requests.Response, start: int) -> None:
        status = response.status_code
        if status in _GONE:
            raise _changed(self.address, f"the server answers with status {status}")
        if not response.ok:
            raise status_error(response)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise RemoteChanged(self.address, *_PAGE_INSTEAD)
        # Not every server knows If-Match, so what it sends is compared as well.
        stated = _validators(response)
        if stated.contradict(self.validators):
            raise _changed(self.address, f"now {stated}; before {self.validators}")
        if status == requests.codes.partial_content and _stated_range(response)[0] != start:
            raise ranges_refused(self.address)


class RangeBody:
    """The bytes of one range, read in order; a transfer that breaks is taken up where it stopped.

    Parameters
    ----------
    remote
        The file.
    start, end
        First byte, and the one after the last.
    """

    def __init__(self, remote: RemoteFile, start: int, end: int) -> None:
        self._remote = remote
        self._start, self._position, self._end = start, start, end
        self._response: requests.Response | None = None
        self._pace = Pace()
        self._breaks, self._since_break = 0, 0

    @property
    def closed(self) -> bool:
        """Whether no connection is open."""
        return self._response is None

    def tell(self) -> int:
        """Return how many bytes of the range have been read."""
        return self._position - self._start

    def read(self, size: int) -> bytes:
        """Return as many bytes as asked for, fewer only at the end of the range.

        Raises
        ------
        RemoteChanged
            When the file is another by now.
        RangesRefused
            When the server answers with something else than the range.
        SourceError
            When the transfer breaks several times in a row, or the host fails.
        """
        pieces = []
        wanted = min(size, self._end - self._position)
        while wanted > 0:
            piece = self._next_piece(min(wanted, _PIECE_BYTES))
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Give up the connection."""
        if self._response is not None:
            self._response.close()
            self._response = None

    def _next_piece(self, size: int) -> bytes:
        while True:
            if self._response is None:
                self._response, self._pace = self._open(), Pace()
            try:
                piece = self._response.raw.read1(size, decode_content=False)
                self._pace.note(len(piece))
                cause = "the server closed the connection"
            except BROKEN_BODY as error:
                piece, cause = b"", f"{type(error).__name__}: {error}"
            if piece:
                self._position += len(piece)
                self._since_break += len(piece)
                return piece
            self._recover(cause)

    def _open(self) -> requests.Response:
        response = self._remote.ask(self._position, self._end)
        if response.status_code != requests.codes.partial_content:
            response.close()
            raise ranges_refused(self._remote.address)
        return response

    def _recover(self, cause: str) -> None:
        self.close()
        if self._since_break >= _PIECE_BYTES:
            self._breaks = 0
        self._breaks, self._since_break = self._breaks + 1, 0
        if self._breaks == _BREAKS_IN_A_ROW:
            raise SourceError(
                self._remote.address,
                f"the transfer broke off {self._breaks} times in a row at byte {self._position} ({cause})",
                "check the network, then run again: what has been landed is kept",
            )
        pause_before_retry(self._remote.session, self._remote.address, self._breaks)


def look_at(session: requests.Session, url: str) -> RemoteFile:
    """Follow a file's redirects and learn its version, by asking for its first byte.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    url
        Address of the file.

    Returns
    -------
    RemoteFile
        The file where it lies; ranges work on object storage, not through the redirect to it.

    Raises
    ------
    SourceError
        When the host cannot be reached, answers with a failure, or with a web page.
    """
    headers = {**UNENCODED, "Range": "bytes=0-0"}
    with closing(open_response(session, "GET", url, headers=headers)) as response:
        if not response.ok:
            raise status_error(response)
        validators = _validators(response)
        has_ranges = response.status_code == requests.codes.partial_content and validators.length is not None
        if not has_ranges and looks_like_html(_opening(response)):
            raise SourceError(response.url, *_PAGE_INSTEAD)
        return RemoteFile(session, response.url, validators, has_ranges)


def ranges_refused(address: str) -> RangesRefused:
    """Return the error for a server that answers with something else than the range asked for."""
    return RangesRefused(
        address,
        "the server does not honour range requests",
        "give a cache folder to download the archive to, or download it by hand and use the profile mirror",
    )


def _opening(response: requests.Response) -> bytes:
    try:
        return response.raw.read1(512, decode_content=True)
    except BROKEN_BODY:
        # Reading it whole, which comes next, says what is wrong.
        return b""


def _validators(response: requests.Response) -> Validators:
    if response.status_code == requests.codes.partial_content:
        length = _stated_range(response)[1]
    else:
        stated = response.headers.get("Content-Length", "")
        length = int(stated) if stated.isdecimal() else None
    return Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"), length)


def _stated_range(response: requests.Response) -> tuple[int | None, int | None]:
    """Return the first byte and the whole length that an answer states."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return (int(found[1]), int(found[3])) if found else (None, None)


def _changed(address: str, how: str) -> RemoteChanged:
    return RemoteChanged(
        address,
        f"the file changed while it was being read ({how})",
        "run again: the new version's directory is read from the start",
    )
