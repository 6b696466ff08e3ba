"""What earlier releases forecast, read back from those that are as they were when they were published."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.verdicts import Verdict, VerdictError, read_verdict
from orchestration.paths import DataPaths
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.manifest import MANIFEST_NAME, read_manifest, sha256_of, verify_release

if TYPE_CHECKING:
    import pandas as pd

#: What such a table is recorded with: names of releases, and the SHA-256 of their manifests.
READ_RELEASES = "issued_releases"
_RELEASE = re.compile(r"(\d{4}-\d{2})-[0-9a-f]+")
_FORECAST = """
    select
        series,
        forecast_month,
        {measure} as predicted,
        {measure}_lower_80 as lower_80,
        {measure}_upper_80 as upper_80
    from read_parquet($table)
    where
        horizon_months = 1
        and forecast_month = cast($month as date)
        and {measure} is not null
        and {measure}_lower_80 is not null
"""
_RISK = """
    select lsoa_code, forecast_month, expected_crime_count, expected_harm_days
    from read_parquet($table)
    where crime_group = 'all_crime' and forecast_month = cast($month as date)
"""
#: Table of a release, and what is read of it, by the name that the watch for drift has for it.
_READ: Mapping[str, tuple[str, str]] = {
    "count_forecasts": ("ml_forecast_count", _FORECAST.format(measure="crime_count")),
    "harm_forecasts": ("ml_forecast_harm", _FORECAST.format(measure="harm_days")),
    "risk": ("ml_risk_lsoa", _RISK),
}
_FORCE_TABLE = "tables/mart_harm_force_month.parquet"
_FORCES = "select distinct force_slug from read_parquet($table) order by force_slug"
# Releases of earlier code had other tables.
_OTHER_TABLE = "its {table} cannot be read as today's: {error}"


@dataclass(frozen=True)
class Issued:
    """What was issued for past months.

    Parameters
    ----------
    frames
        Forecasts one month ahead, by name, as :func:`ml.monitoring.issued.with_issued` takes them.
    read
        Release that any rows are of to the SHA-256 of its manifest.
    refused
        A line for each release that is not as it was published: none of it was read.
    passed_over
        Lines for each release that tells of other forces or harm weights, or lacks tables of what is asked.
    """

    frames: Mapping[str, pd.DataFrame]
    read: Mapping[str, str]
    refused: tuple[str, ...]
    passed_over: tuple[str, ...]


def read_issued(
    paths: DataPaths, months: Collection[str], harm_scheme: str, forces: Collection[str]
) -> Issued:
    """Read what was issued for each month, by releases whose data end the month before.

    Each table is of the newest of them that has rows of the month in it.

    Parameters
    ----------
    paths
        The data folder.
    months
        Months forecast, ``YYYY-MM``.
    harm_scheme, forces
        Harm weights and forces that a release must have: totals of others are other totals.

    Returns
    -------
    Issued
        What was found; a month has no rows in a table that no such release has.
    """
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in _READ}
    read: dict[str, str] = {}
    refused: list[str] = []
    passed_over: list[str] = []
    for month in sorted(months):
        lacking = list(_READ)
        for release in _newest_first(paths, _month_before(month)):
            # What nothing is wanted of is not read whole to be checked.
            if not lacking:
                break
            name, digest = release.folder.name, release.manifest_sha256
            if unlike := digest and _unlike(release.folder, digest, harm_scheme, sorted(forces)):
                passed_over.append(f"{name}: {unlike}")
                continue
            if problems := _problems(release):
                refused.append(f"{name}: {'; '.join(problems[:3])}")
                continue
            found, unread = _forecasts(release.folder, month, lacking)
            passed_over += [f"{name}: {why}" for why in unread]
            for table, frame in found.items():
                frames[table].append(frame)
                lacking.remove(table)
                read[name] = digest
    return Issued(
        {name: _together(held) for name, held in frames.items()}, read, tuple(refused), tuple(passed_over)
    )


def _month_before(month: str) -> str:
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 2, 12)
    return f"{year:04}-{number + 1:02}"


@dataclass(frozen=True)
class _Release:
    """A release, and what was written down of it beside it when it was published.

    Parameters
    ----------
    folder
        Where it lies.
    verdict
        What was judged of it then; None when nothing says so.
    """

    folder: Path
    verdict: Verdict | None

    @property
    def manifest_sha256(self) -> str:
        """Digest of its manifest when it was published; empty when it was not passed."""
        return (self.verdict.data_version or "") if self.verdict and self.verdict.status == "passed" else ""

    @property
    def age(self) -> tuple[str, str, str]:
        """Orders releases from the oldest to the newest; of one day by the moment when each was judged."""
        try:
            day = str(read_manifest(self.folder).get("judged_on", ""))
        except ReleaseError:
            # It will be refused, and said so, before anything else is read.
            day = "9999"
        return day, self.verdict.evaluated_at if self.verdict else "", self.folder.name


def _newest_first(paths: DataPaths, last_month: str) -> list[_Release]:
    """Return the releases whose data end with a month."""
    named = (path for path in paths.published_root.glob(f"{last_month}-*") if _RELEASE.fullmatch(path.name))
    releases = (_Release(path, _verdict(path.name, paths)) for path in named)
    return sorted(releases, key=lambda release: release.age, reverse=True)


def _verdict(name: str, paths: DataPaths) -> Verdict | None:
    try:
        return read_verdict(paths.boundary_verdict("release", name))
    except VerdictError:
        return None


def _problems(release: _Release) -> list[str]:
    """Return what is not as it was published: a manifest that was altered too is not the one judged then."""
    if release.verdict is None:
        return ["nothing says what its manifest was when it was published (verdicts/release has none of it)"]
    if release.verdict.status != "passed":
        return [f"its verdict when it was published is {release.verdict.status}"]
    return verify_release(release.folder, release.manifest_sha256)


def _unlike(folder: Path, manifest_sha256: str, harm_scheme: str, forces: list[str]) -> str:
    """Return why a release cannot be compared, by what is read without checking all of it.

    Only what is as it was published has a say: of anything else nothing is said here, and the check of the
    whole release names it.
    """
    import duckdb

    if _digest(folder / MANIFEST_NAME) != manifest_sha256:
        return ""
    manifest = read_manifest(folder)
    if (scheme := manifest.get("harm_scheme")) != harm_scheme:
        return f"its harm weights are {scheme}"
    if _digest(folder / _FORCE_TABLE) != manifest["files"].get(_FORCE_TABLE, {}).get("sha256"):
        return ""
    with duckdb.connect() as connection:
        try:
            covered = connection.execute(_FORCES, {"table": str(folder / _FORCE_TABLE)}).fetchall()
        except duckdb.Error as error:
            return _OTHER_TABLE.format(table=Path(_FORCE_TABLE).stem, error=error)
    told = [force for (force,) in covered]
    return "" if told == forces else f"its forces are {', '.join(told)}"


def _digest(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None


def _forecasts(
    folder: Path, month: str, wanted: Collection[str]
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return what a release issued for a month, of what is wanted; and why the rest of it is not there."""
    import duckdb

    found: dict[str, pd.DataFrame] = {}
    empty: list[str] = []
    unread: list[str] = []
    with duckdb.connect() as connection:
        for name in wanted:
            table, sql = _READ[name]
            asked = {"table": str(folder / "tables" / f"{table}.parquet"), "month": f"{month}-01"}
            try:
                frame = connection.execute(sql, asked).df()
            except duckdb.Error as error:
                unread.append(_OTHER_TABLE.format(table=table, error=error))
                continue
            if frame.empty:
                empty.append(table)
            else:
                found[name] = frame
    if empty:
        unread.append(f"it has nothing of {month} in {', '.join(empty)}")
    return found, unread


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
