"""Packs the police files into one zip file per release, laid out as upstream."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from orchestration.sandbox.city import City
from orchestration.sandbox.plan import FORCES
from orchestration.sandbox.police_files import KINDS, render_csv

_ZIP_DATE = (2026, 1, 31, 12, 0, 0)


@dataclass(frozen=True)
class Archive:
    """A packed release.

    Parameters
    ----------
    release
        Month of the release, ``YYYY-MM``, which is also the last month in it.
    path
        The zip file.
    md5
        Its MD5 in 32 hexadecimal digits, as the index page lists it.
    """

    release: str
    path: Path
    md5: str


def ensure_archive(city: City, release: str, folder: Path) -> Archive:
    """Return the release's zip file from the folder, packing it there first unless it is there already.

    Parameters
    ----------
    city
        The city; nothing of it is built when the file is there.
    release
        ``YYYY-MM``, a month of the city's window. An earlier release holds fewer months and does not know the
        outcomes that came later, which is how upstream revises old months.
    folder
        Where packed releases are kept. The file's name carries a digest of the plan and of this package.

    Raises
    ------
    ValueError
        When the release is not a month of the window.
    """
    if release not in city.plan.months:
        first, last = city.plan.first_month, city.plan.last_month
        raise ValueError(f"{release!r} is not a release of this city: choose a month from {first} to {last}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{release}-{city.plan.fingerprint}-{_code_digest()}.zip"
    if not path.exists():
        _pack(city, release, path)
    return Archive(release, path, hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest())


def member_names(city: City, release: str) -> list[str]:
    """Return the names of a release's members, in order; what was never published is not among them."""
    return [name for name, *_ in _members(city, release)]


def _members(city: City, release: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, kind, month index and force index of each member."""
    months = city.plan.months
    for number, month in enumerate(months[: months.index(release) + 1]):
        for force, known in enumerate(FORCES):
            for kind in sorted(KINDS):
                if (month, known.slug, kind) not in city.plan.absent_members:
                    yield f"{month}/{month}-{known.slug}-{kind}.csv", kind, number, force


def _pack(city: City, release: str, path: Path) -> None:
    tables = {
        "street": (city.street(release), _bounds(city, city.crimes.month, city.crimes.force)),
        "outcomes": (city.published_outcomes, _bounds(city, city.outcomes.month, city.outcomes.force)),
        "stop-and-search": (city.published_stops, _bounds(city, city.stops.month, city.stops.force)),
    }
    # Written beside its place and then renamed: several processes may pack at once.
    handle, name = tempfile.mkstemp(suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            for member, kind, month, force in _members(city, release):
                table, bounds = tables[kind]
                info = zipfile.ZipInfo(member, _ZIP_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                rows = _slice(table, bounds, month, force)
                zipped.writestr(info, render_csv(rows, FORCES[force].line_end))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _bounds(city: City, month: np.ndarray, force: np.ndarray) -> np.ndarray:
    """Return where each file starts in the sorted records, with the end at the end."""
    file = month * len(FORCES) + force
    return np.searchsorted(file, np.arange(len(city.plan.months) * len(FORCES) + 1))


def _slice(table: pa.Table, bounds: np.ndarray, month: int, force: int) -> pa.Table:
    file = month * len(FORCES) + force
    return table.slice(int(bounds[file]), int(bounds[file + 1] - bounds[file]))


def _code_digest() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
