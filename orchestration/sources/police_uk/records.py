"""Raw CSV bytes cut into records by Python's own csv module, whatever state the file is in."""

from __future__ import annotations

import csv
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31
# A stray quote can swallow the rest of a file into one field; it is still one record, not a crash.
csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class RawFile:
    """A file's bytes, unpacked and without BOM, and its header.

    Parameters
    ----------
    data
        All bytes that could be unpacked.
    header
        Fields of the first record; empty when there is none.
    body_start
        Offset of the first byte after the header.
    damage
        Why the bytes could not be unpacked whole, in plain words.
    """

    data: bytes
    header: tuple[str, ...]
    body_start: int
    damage: str | None

    @property
    def body(self) -> bytes:
        """The bytes after the header."""
        return self.data[self.body_start :]

    def count(self) -> int:
        """Return the number of records after the header; blank lines are none."""
        return sum(1 for fields in csv.reader(_lines(self.body)) if fields)

    def ends_inside_quotes(self) -> bool:
        """Return whether a quoted field is still open where the file ends."""
        # Marks come in pairs unless one is open or stands in a bare field: only then look again.
        if self.data.count(b'"') % 2 == 0:
            return False
        try:
            for _ in csv.reader(_lines(self.data), strict=True):
                pass
        except csv.Error as error:
            return "end of data" in str(error)
        return False

    def records_as_text(self) -> Iterator[str]:
        """Yield each record after the header as it stands; bytes that are not UTF-8 are escaped."""
        lines = list(_lines(self.body))
        reader = csv.reader(lines)
        start = 0
        for fields in reader:
            if fields:
                text = "".join(lines[start : reader.line_num]).rstrip("\r\n")
                yield text.encode("latin-1").decode("utf-8", "backslashreplace")
            start = reader.line_num


def open_raw(name: str, content: bytes) -> RawFile:
    """Unpack a file as far as it goes and find its header.

    Parameters
    ----------
    name
        File name; ``.gz`` means gzipped.
    content
        Its bytes.

    Returns
    -------
    RawFile
        The unpacked bytes, with the damage if there is any.
    """
    data, damage = _gunzip(content) if name.endswith(".gz") else (content, None)
    data = data.removeprefix(_BOM)
    header, body_start = _split_header(data)
    return RawFile(data, header, body_start, damage)


def _gunzip(content: bytes) -> tuple[bytes, str | None]:
    if not content.startswith(_GZIP_MAGIC):
        return content, "the file is named .gz but is not gzipped"
    parts: list[bytes] = []
    rest = content
    try:
        while rest.startswith(_GZIP_MAGIC):
            unpacker = zlib.decompressobj(wbits=_GZIP_WINDOW)
            parts.append(unpacker.decompress(rest))
            if not unpacker.eof:
                return b"".join(parts), "the gzipped file is cut short"
            rest = unpacker.unused_data
    except zlib.error as error:
        return b"".join(parts), f"the gzipped file is damaged ({error})"
    return b"".join(parts), "bytes follow the end of the gzipped file" if rest.strip(b"\0") else None


def _split_header(data: bytes) -> tuple[tuple[str, ...], int]:
    consumed = 0

    def measured() -> Iterator[str]:
        nonlocal consumed
        for line in _lines(data):
            consumed += len(line)
            yield line

    header = next((fields for fields in csv.reader(measured()) if fields), [])
    names = tuple(field.encode("latin-1").decode("utf-8", "backslashreplace") for field in header)
    return names, consumed


def _lines(data: bytes) -> Iterator[str]:
    # Latin-1 maps every byte to one character, so that no encoding fault can stop the count.
    return iter(io.TextIOWrapper(io.BytesIO(data), encoding="latin-1", newline=""))
