"""What changed between two versions of a month of street crime: the trail of upstream's own revisions.

Police forces restate old months. When a newer version of a partition passes its gate, the earlier one is kept
under ``superseded/``; here the two are compared once, and the answer is kept beside the earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from data_quality.files import SUPERSEDED, write_text_atomically
from data_quality.promotion import PART_FILE, SUPERSEDED_VERDICT_FILE
from data_quality.verdicts import VERDICT_FILE

REVISED_DATASET = "police_street"
_DIGITS_IN_NAME = 12

# A record is known by its Crime ID. Anti-social behaviour has none and is known by what and where it was.
# Either may stand in a file several times; then first is compared with first, and second with second.
_COMPARE = """
    with versions as (
        select
            version,
            coalesce(crime_id, concat_ws('|', crime_type, longitude, latitude, location)) as identity,
            crime_id is not null as has_crime_id,
            row_number() over (
                partition by version, has_crime_id, identity
                order by crime_type, longitude, latitude, lsoa_code, source_row
            ) as occurrence,
            crime_type, longitude, latitude, lsoa_code, last_outcome_category, release
        from (
            select 'earlier' as version, * from read_parquet($earlier, hive_partitioning = false)
            union all by name
            select 'later' as version, * from read_parquet($later, hive_partitioning = false)
        )
    ),
    earlier as (select * from versions where version = 'earlier'),
    later as (select * from versions where version = 'later'),
    matched as (
        select
            earlier.version is not null as is_in_earlier,
            later.version is not null as is_in_later,
            is_in_earlier and is_in_later as is_in_both,
            earlier.longitude is distinct from later.longitude
                or earlier.latitude is distinct from later.latitude as is_elsewhere,
            earlier.lsoa_code is distinct from later.lsoa_code as has_other_code,
            earlier.crime_type is distinct from later.crime_type as has_other_type,
            earlier.last_outcome_category is distinct from later.last_outcome_category as has_other_outcome,
            earlier.release as earlier_release,
            later.release as later_release
        from earlier
        full join later using (has_crime_id, identity, occurrence)
    )
    select
        max(earlier_release) as earlier_release,
        max(later_release) as later_release,
        count(*) filter (is_in_earlier) as earlier_count,
        count(*) filter (is_in_later) as later_count,
        count(*) filter (not is_in_earlier) as added_count,
        count(*) filter (not is_in_later) as gone_count,
        count(*) filter (is_in_both and is_elsewhere) as moved_count,
        count(*) filter (is_in_both and has_other_code and not is_elsewhere) as recoded_count,
        count(*) filter (is_in_both and has_other_type) as reclassified_count,
        count(*) filter (is_in_both and has_other_outcome) as outcome_changed_count
    from matched
"""


@dataclass(frozen=True)
class Revision:
    """How a later version of a month and force differs from an earlier one.

    Parameters
    ----------
    earlier_release, later_release
        Upstream releases of the two versions, where known.
    earlier_count, later_count
        Records; later = earlier + added - gone.
    added_count, gone_count
        Records that only the later, or only the earlier, version has.
    moved_count
        Records in both whose coordinates differ.
    recoded_count
        Records in both with another LSOA code at the same coordinates.
    reclassified_count
        Records in both with another crime type.
    outcome_changed_count
        Records in both with another last outcome.
    """

    earlier_release: str | None
    later_release: str | None
    earlier_count: int
    later_count: int
    added_count: int
    gone_count: int
    moved_count: int
    recoded_count: int
    reclassified_count: int
    outcome_changed_count: int


@dataclass(frozen=True)
class _Version:
    """A version of a partition that passed its gate, and where it lies."""

    folder: Path
    data_version: str
    evaluated_at: str
    is_current: bool


def compare_versions(earlier: Path, later: Path) -> Revision:
    """Compare two versions of one month and force of street crime.

    Parameters
    ----------
    earlier, later
        Parquet files in the validated schema of ``police_street``.

    Returns
    -------
    Revision
        The counts.
    """
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(_COMPARE, {"earlier": str(earlier), "later": str(later)}).fetchone()
    assert found is not None, "an aggregate without groups always has one row"
    return Revision(*found)


def record_revisions(partition_folder: Path) -> list[Path]:
    """Compare each version of a partition with the next one, unless that was done before.

    Parameters
    ----------
    partition_folder
        Folder of the month and force below ``validated/police_street``.

    Returns
    -------
    list of Path
        The files written, ``superseded/<earlier version>/revision_<later version>.json``.
    """
    written = []
    for earlier, later in pairwise(_versions(partition_folder)):
        target = earlier.folder / f"revision_{later.data_version[:_DIGITS_IN_NAME]}.json"
        # Only when a clock went back can the current version stand before another.
        if earlier.is_current or target.is_file():
            continue
        revision = compare_versions(earlier.folder / PART_FILE, later.folder / PART_FILE)
        content = {
            "month": _value_of(partition_folder.parent),
            "force": _value_of(partition_folder),
            "earlier_data_version": earlier.data_version,
            "later_data_version": later.data_version,
            **asdict(revision),
        }
        write_text_atomically(target, json.dumps(content, indent=2) + "\n")
        written.append(target)
    return written


def _versions(partition_folder: Path) -> list[_Version]:
    """Return the versions that passed their gate, oldest first."""
    found = [*_read(partition_folder, VERDICT_FILE, is_current=True)]
    for folder in sorted((partition_folder / SUPERSEDED).glob("*")):
        found += _read(folder, SUPERSEDED_VERDICT_FILE, is_current=False)
    return sorted(found, key=lambda version: (version.evaluated_at, version.is_current))


def _read(folder: Path, verdict_file: str, is_current: bool) -> Iterator[_Version]:
    verdict = folder / verdict_file
    if not verdict.is_file() or not (folder / PART_FILE).is_file():
        return
    stored = json.loads(verdict.read_text(encoding="utf-8"))
    if stored["status"] == "passed":
        yield _Version(folder, stored["data_version"], stored["evaluated_at"], is_current)


def _value_of(folder: Path) -> str:
    return folder.name.partition("=")[2]
