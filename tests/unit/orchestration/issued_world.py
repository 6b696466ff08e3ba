"""Releases of a few tables as they lie in a data folder, each with the verdict of its publication."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from data_quality.verdicts import Verdict, write_verdict
from orchestration.paths import DataPaths
from orchestration.publishing.manifest import MANIFEST_NAME, describe_files, sha256_of, write_manifest

FORCES = ("kent", "surrey")
SCHEME = "seed_article"


def forecast(measure: str, month: pd.Timestamp, amounts: Mapping[str, float]) -> pd.DataFrame:
    """Return a release's forecasts of a measure by series, of a month and, doubled, of the month after."""
    frame = pd.DataFrame({"series": list(amounts), measure: list(amounts.values())})
    frame = frame.assign(**{f"{measure}_{side}_80": frame[measure] + by for side, by in _SIDES.items()})
    later = frame.assign(horizon_months=2, forecast_month=month + pd.DateOffset(months=1))
    later[measure] *= 2
    return pd.concat([frame.assign(horizon_months=1, forecast_month=month), later])


_SIDES = {"lower": -12.8, "upper": 12.8}


def publish(
    paths: DataPaths,
    month: pd.Timestamp,
    amounts: Mapping[str, float],
    *,
    name: str = "0a",
    judged_on: str = "2026-01-05",
    forces: tuple[str, ...] = FORCES,
    harm_scheme: str = SCHEME,
    forecast_month: pd.Timestamp | None = None,
    evaluated_at: str = "2026-01-05T00:00:00+00:00",
    empty: tuple[str, ...] = (),
) -> str:
    """Write a release of the month before, which forecasts the month or another; return its name.

    Tables named as ``empty`` have their columns and no rows.
    """
    release = f"{month - pd.DateOffset(months=1):%Y-%m}-{name}"
    folder = paths.published_root / release
    (folder / "tables").mkdir(parents=True)
    told = month if forecast_month is None else forecast_month
    risk = {"lsoa_code": ["E00000000"], "expected_crime_count": [4.0], "expected_harm_days": [12.0]}
    tables = {
        "mart_harm_force_month": pd.DataFrame({"force_slug": forces}),
        "ml_forecast_count": forecast("crime_count", told, amounts),
        "ml_forecast_harm": forecast("harm_days", told, amounts),
        "ml_risk_lsoa": pd.DataFrame(risk | {"crime_group": "all_crime", "forecast_month": told}),
    }
    for table, frame in tables.items():
        held = frame.head(0) if table in empty else frame
        held.to_parquet(folder / "tables" / f"{table}.parquet", index=False)
    write_manifest(
        folder, {"judged_on": judged_on, "harm_scheme": harm_scheme, "files": describe_files(folder)}
    )
    digest = sha256_of(folder / MANIFEST_NAME)
    counts = {f"record_count_{word}": 0 for word in ("landed", "validated", "quarantined")}
    verdict = Verdict(
        dataset=release,
        month=None,
        force=None,
        status="passed",
        data_version=digest,
        suite_version="s",
        **counts,
        parquet_sha256=None,
        evaluated_at=evaluated_at,
        reason=None,
        rules=(),
    )
    write_verdict(verdict, paths.boundary_verdict("release", release))
    return release
