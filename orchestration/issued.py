"""What earlier releases forecast, read back from those that are as they were when they were published."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.verdicts import VerdictError, read_verdict
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
    where horizon_months = 1 and {measure} is not null and {measure}_lower_80 is not null
"""
_RISK = """
    select lsoa_code, forecast_month, expected_crime_count, expected_harm_days
    from read_parquet($table)
    where crime_group = 'all_crime'
"""
#: Table of a release, and what is read of it, by the name that the watch for drift has for it.
_READ: Mapping[str, tuple[str, str]] = {
    "count_forecasts": ("ml_forecast_count", _FORECAST.format(measure="crime_count")),
    "harm_forecasts": ("ml_forecast_harm", _FORECAST.format(measure="harm_days")),
    "risk": ("ml_risk_lsoa", _RISK),
}
_FORCES = "select distinct force_slug from read_parquet($table) order by force_slug"


@dataclass(frozen=True)
class Issued:
    """What was issued for past months.

    Parameters
    ----------
    frames
        Forecasts one month ahead, by name, as :func:`ml.monitoring.issued.with_issued` takes them.
    read
        Release that they are of to the SHA-256 of its manifest.
    refused
        A line for each release that is not as it was published: none of it was read.
    passed_over
        A line for each release that tells of other forces or harm weights, or not of what is asked.
    """

    frames: Mapping[str, pd.DataFrame]
    read: Mapping[str, str]
    refused: tuple[str, ...]
    passed_over: tuple[str, ...]


def read_issued(
    paths: DataPaths, months: Collection[str], harm_scheme: str, forces: Collection[str]
) -> Issued:
    """Read what was issued for each month, by the newest release whose data end the month before.

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
        What was found; a month without such a release has no rows.
    """
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in _READ}
    read: dict[str, str] = {}
    refused: list[str] = []
    passed_over: list[str] = []
    for month in sorted(months):
        for folder in _newest_first(paths.published_root, _month_before(month)):
            if problems := _problems(folder, paths):
                refused.append(f"{folder.name}: {'; '.join(problems[:3])}")
                continue
            found, unlike = _read(folder, harm_scheme, sorted(forces))
            if unlike:
                passed_over.append(f"{folder.name}: {unlike}")
                continue
            for name, frame in found.items():
                frames[name].append(frame)
            read[folder.name] = sha256_of(folder / MANIFEST_NAME)
            break
    return Issued(
        {name: _together(held) for name, held in frames.items()}, read, tuple(refused), tuple(passed_over)
    )


def _month_before(month: str) -> str:
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 2, 12)
    return f"{year:04}-{number + 1:02}"


def _newest_first(published: Path, last_month: str) -> list[Path]:
    """Return the releases whose data end with a month; when two are of one day, the later file decides."""
    named = (path for path in published.glob(f"{last_month}-*") if _RELEASE.fullmatch(path.name))
    return sorted(named, key=_age, reverse=True)


def _age(folder: Path) -> tuple[str, float, str]:
    try:
        day = str(read_manifest(folder).get("judged_on", ""))
    except ReleaseError:
        # It will be refused, and said so, before anything else is read.
        return ("9999", 0.0, folder.name)
    return (day, (folder / MANIFEST_NAME).stat().st_mtime, folder.name)


def _problems(folder: Path, paths: DataPaths) -> list[str]:
    """Return what is not as it was published: a manifest that was altered too is not the one judged then."""
    try:
        judged = read_verdict(paths.boundary_verdict("release", folder.name))
    except VerdictError:
        return ["nothing says what its manifest was when it was published (verdicts/release has none of it)"]
    if judged.status != "passed":
        return [f"its verdict when it was published is {judged.status}"]
    return verify_release(folder, judged.data_version or "")


def _read(folder: Path, harm_scheme: str, forces: list[str]) -> tuple[dict[str, pd.DataFrame], str]:
    """Return what a release issued; or nothing, and why it cannot be compared."""
    import duckdb

    scheme = read_manifest(folder).get("harm_scheme")
    if scheme != harm_scheme:
        return {}, f"its harm weights are {scheme}"
    with duckdb.connect() as connection:

        def asked(table: str, sql: str) -> duckdb.DuckDBPyConnection:
            return connection.execute(sql, {"table": str(folder / "tables" / f"{table}.parquet")})

        try:
            covered = [force for (force,) in asked("mart_harm_force_month", _FORCES).fetchall()]
            if covered != forces:
                return {}, f"its forces are {', '.join(covered)}"
            return {name: asked(table, sql).df() for name, (table, sql) in _READ.items()}, ""
        except duckdb.Error as error:
            # Releases of earlier code had other tables.
            return {}, f"its tables cannot be read as today's: {error}"


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
