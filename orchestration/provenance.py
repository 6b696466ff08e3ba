"""Lands original bytes with a record of where they came from; never overwrites what it cannot give back."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data_quality.files import storage_errors_named
from orchestration.sources.types import Description, Fetched, Partition, SourceError

PROVENANCE_FILE = "provenance.json"
SUPERSEDED_FOLDER = "superseded"
_VERSION_DIGITS_IN_NAME = 12


@dataclass(frozen=True)
class LandedFile:
    """One file of a landed dataset.

    Parameters
    ----------
    name
        File name in the landing folder.
    url
        Address or path that its bytes came from.
    sha256
        Digest of its bytes.
    crc32
        CRC-32 of its bytes, eight hex digits.
    bytes
        Its length.
    """

    name: str
    url: str
    sha256: str
    crc32: str
    bytes: int


@dataclass(frozen=True)
class Provenance:
    """Where the bytes of a landed dataset, or of one partition of it, came from.

    Parameters
    ----------
    dataset
        Slug of the dataset.
    month, force
        The partition; none for reference data.
    files
        The landed files in order of name.
    release
        Upstream release that they belong to, where known.
    fetched_at
        When they were fetched, ISO 8601 in UTC.
    licence, attribution
        Terms of use and the wording that must be shown.
    record_count
        CSV records, counted leniently; none for reference data.
    data_version
        Digest that stands for all the files together.
    title, home_page
        What the dataset is and the publisher's page about it, where the catalogue describes it.
    columns
        Name, type, unit and meaning of each column as it is read, where the catalogue declares them.
    """

    dataset: str
    month: str | None
    force: str | None
    files: tuple[LandedFile, ...]
    release: str | None
    fetched_at: str
    licence: str
    attribution: str
    record_count: int | None
    data_version: str
    title: str | None = None
    home_page: str | None = None
    columns: tuple[dict[str, str], ...] = ()

    def to_json(self) -> str:
        """Return the text of ``provenance.json``."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read the text of ``provenance.json``.

        Raises
        ------
        ValueError, KeyError, TypeError
            When the text is not what :meth:`to_json` writes.
        """
        values: dict[str, Any] = json.loads(text)
        files = tuple(LandedFile(**file) for file in values.pop("files"))
        columns = tuple(values.pop("columns", ()))
        return cls(files=files, columns=columns, **values)


def held_version(directory: Path, held: Provenance) -> str | None:
    """Return the data version of the bytes that lie in a landing folder now, whatever its provenance says.

    Parameters
    ----------
    directory
        The landing folder.
    held
        Its provenance, which names the files.

    Returns
    -------
    str or None
        None when a file is missing.
    """
    found = [(file, _digest(directory / file.name)) for file in held.files]
    files = [replace(file, sha256=digest) for file, digest in found if digest is not None]
    return _version(files) if files and len(files) == len(found) else None


def data_version(fetched: Sequence[Fetched]) -> str:
    """Return the SHA-256 over the files' own SHA-256 digests, in order of file name."""
    return _version([_describe(file) for file in fetched])


def read_provenance(directory: Path) -> Provenance | None:
    """Read a landing folder's provenance.

    Parameters
    ----------
    directory
        The landing folder.

    Returns
    -------
    Provenance or None
        None when nothing was landed there.

    Raises
    ------
    SourceError
        When the file is there but cannot be read.
    """
    path = directory / PROVENANCE_FILE
    try:
        return Provenance.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            str(path),
            f"the provenance cannot be read ({error})",
            "move the folder aside and land the dataset again; its files are not lost",
        ) from error


def land(
    directory: Path,
    described: Description,
    fetched: Sequence[Fetched],
    partition: Partition | None = None,
    record_count: int | None = None,
) -> Provenance:
    """Land files with their provenance, unless the same bytes are held already.

    What the catalogue says about the dataset (title, home page, columns) is written into the provenance; when
    only that, the terms of use or the name of an edition have changed, the provenance alone is written again.

    Files that change are first copied to ``superseded/<data version>/``. Then each file is replaced in one
    step and the provenance last of all, so that a crash leaves either the old state, or digests that do not
    match and are mended by landing again.

    Parameters
    ----------
    directory
        Landing folder of the dataset or partition.
    described
        What the dataset is, and its terms.
    fetched
        The files; at least one, with distinct plain names.
    partition
        Month and force, for police datasets.
    record_count
        Lenient count of CSV records; none for reference data.

    Returns
    -------
    Provenance
        The one written, or the one held when the bytes are the same.

    Raises
    ------
    SourceError
        When there is no file, or a name is not a plain file name, or is used twice.
    StorageError
        When the disk is full or cannot be written; what was held before is untouched.
    """
    _check_names(described.dataset, fetched)
    files = sorted((_describe(file) for file in fetched), key=lambda file: file.name)
    version = _version(files)
    held = read_provenance(directory)
    release = next((file.release for file in fetched if file.release), None)
    if held is not None and held.data_version == version and _is_intact(directory, held):
        # A police release that repeats a month's bytes does not make them its own; an edition is but a name.
        edition = held.release if partition else release
        terms = replace(held, release=edition, **vars(described))
        if terms != held:
            with storage_errors_named(directory):
                _write(directory, [], terms)
        return terms
    provenance = Provenance(
        month=partition.month if partition else None,
        force=partition.force if partition else None,
        files=tuple(files),
        release=release,
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        record_count=record_count,
        data_version=version,
        **vars(described),
    )
    with storage_errors_named(directory):
        if held is not None and held.data_version != version:
            _supersede(directory, held)
        _write(directory, fetched, provenance)
        if held is not None:
            _drop_leftovers(directory, held, provenance)
    return provenance


def altered_files(directory: Path, held: Provenance) -> list[str]:
    """Return the names of landed files that are missing, or are no longer the bytes that were landed.

    Parameters
    ----------
    directory
        Landing folder of the dataset or partition.
    held
        Its provenance.
    """
    return [file.name for file in held.files if _digest(directory / file.name) != file.sha256]


def put_aside(directory: Path, held: Provenance) -> None:
    """Keep what is held under ``superseded/<data version>/``, and leave nothing landed.

    Parameters
    ----------
    directory
        Landing folder of the dataset.
    held
        Its provenance.
    """
    _supersede(directory, held)
    # The provenance goes first: without it, what is left over counts as never landed.
    (directory / PROVENANCE_FILE).unlink()
    for file in held.files:
        (directory / file.name).unlink(missing_ok=True)


def _describe(file: Fetched) -> LandedFile:
    crc32 = f"{zlib.crc32(file.content):08x}"
    if file.crc32 is not None and file.crc32 != crc32:
        raise SourceError(
            file.url,
            f"the bytes have CRC-32 {crc32} where upstream states {file.crc32}",
            "fetch the file again",
        )
    digest = hashlib.sha256(file.content).hexdigest()
    return LandedFile(file.name, file.url, digest, crc32, len(file.content))


def _version(files: Sequence[LandedFile]) -> str:
    digests = [file.sha256 for file in sorted(files, key=lambda file: file.name)]
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()


def _check_names(dataset: str, fetched: Sequence[Fetched]) -> None:
    names = [file.name for file in fetched]
    reserved = {"", ".", "..", PROVENANCE_FILE, SUPERSEDED_FOLDER}
    unsafe = [name for name in names if name in reserved or name.startswith(".") or set(name) & set("/\\\0")]
    if unsafe:
        raise SourceError(
            f"{dataset}: {unsafe[0]!r}", "it is not a plain file name", "rename the file at its source"
        )
    if not names or len(set(names)) != len(names):
        raise SourceError(
            f"{dataset}: {', '.join(names) or 'no file'}",
            "there must be at least one file, and each name once",
            "check what the source returned",
        )


def _is_intact(directory: Path, held: Provenance) -> bool:
    return not altered_files(directory, held)


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _supersede(directory: Path, held: Provenance) -> None:
    shelf = directory / SUPERSEDED_FOLDER
    target = shelf / held.data_version[:_VERSION_DIGITS_IN_NAME]
    if target.exists():
        # Set aside before, by a landing that was cut short or by an earlier turn of the same bytes.
        return
    shelf.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=shelf) as scratch:
        copy = Path(scratch) / "content"
        copy.mkdir()
        for name in (*(file.name for file in held.files), PROVENANCE_FILE):
            if (directory / name).is_file():
                shutil.copy2(directory / name, copy / name)
        copy.rename(target)


def _write(directory: Path, fetched: Sequence[Fetched], provenance: Provenance) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=directory) as scratch:
        for file in fetched:
            (Path(scratch) / file.name).write_bytes(file.content)
        (Path(scratch) / PROVENANCE_FILE).write_text(provenance.to_json(), encoding="utf-8")
        for name in (*(file.name for file in fetched), PROVENANCE_FILE):
            (Path(scratch) / name).replace(directory / name)


def _drop_leftovers(directory: Path, held: Provenance, current: Provenance) -> None:
    # Their bytes are in the superseded folder by now; the glob of a reader must not meet them.
    for name in {file.name for file in held.files} - {file.name for file in current.files}:
        (directory / name).unlink(missing_ok=True)
