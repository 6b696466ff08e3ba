"""Drift is found in what releases really said, and releases that were altered say nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_quality.verdicts import read_verdict, write_verdict
from ml.common.contracts_monitoring import ML_DRIFT
from ml.common.schema import conform
from ml.monitoring import Watch, monitor
from ml.monitoring.issued import with_issued
from orchestration.issued import _READ, READ_RELEASES, Issued, read_issued
from orchestration.paths import DataPaths
from orchestration.publishing.manifest import (
    MANIFEST_NAME,
    describe_files,
    read_manifest,
    verify_release,
    write_manifest,
)
from orchestration.reproduction import NotReproducible, lay_out_landed
from tests.unit.ml.planted_calls import MONTHS
from tests.unit.ml.planted_watch import forecasts, no_frames
from tests.unit.orchestration.issued_world import FORCES, SCHEME, publish

BEFORE, NEWEST = MONTHS[-2], MONTHS[-1]
_MEASURE = "forecast_count_error_ratio"


@pytest.fixture(name="paths")
def data_folder(tmp_path) -> DataPaths:
    """Return a data folder."""
    return DataPaths(tmp_path / "data")


@pytest.fixture(name="frames")
def drifted_since_the_last_release() -> dict[str, pd.DataFrame]:
    """Return what is watched: in the newest month half as much again came, as today's champion says."""
    names = ("counts", "unlocated", "predicted", "count_forecasts", "harm_forecasts", "risk")
    frames = dict(zip(names, no_frames(), strict=True))
    made_anew = forecasts()
    made_anew.loc[made_anew["forecast_month"] == NEWEST, ["actual", "predicted"]] += 100
    made_anew.loc[made_anew["forecast_month"] == NEWEST, ["lower_80", "upper_80"]] += 100
    empty = pd.DataFrame(columns=["agency", "called_at_local", "call_count"])
    return frames | {"count_forecasts": made_anew, "calls": empty, "incidents": empty}


def _amounts(level: float = 200.0) -> dict[str, float]:
    return dict.fromkeys(forecasts()["series"].unique(), level)


def _read(paths: DataPaths, *months: pd.Timestamp) -> Issued:
    return read_issued(paths, [f"{month:%Y-%m}" for month in months], SCHEME, FORCES)


def _watched(frames: Mapping[str, pd.DataFrame], issued: Issued) -> Watch:
    return monitor(**with_issued(frames, issued.frames))


def _sources(watch: Watch, month: pd.Timestamp) -> list[str]:
    is_asked = (watch.table["month"] == month) & (watch.table["measure"] == _MEASURE)
    return watch.table.loc[is_asked, "source"].tolist()


def test_drift_between_two_releases_alarms_by_what_they_issued(paths, frames) -> None:
    """The champion of today knows the drift: by its forecasts nobody would hear of what was published."""
    names = [publish(paths, month, _amounts()) for month in (BEFORE, NEWEST)]
    issued = _read(paths, *MONTHS)
    assert list(issued.read) == names and issued.refused == ()
    watch = _watched(frames, issued)
    assert any(words.startswith(f"{_MEASURE} of all, {NEWEST:%Y-%m}") for words in watch.alarms)
    assert watch.request.is_requested
    assert [_sources(watch, month) for month in MONTHS[-3:]] == [["backtest"], ["issued"], ["issued"]]
    assert set(conform(watch.table, ML_DRIFT)["source"]) == {"backtest", "issued"}
    assert _watched(frames, _read(paths)).alarms == ()


@pytest.mark.parametrize("what", ["table", "manifest too", "verdict gone", "verdict failed", "no manifest"])
def test_an_altered_release_is_refused_by_name(paths, frames, what: str) -> None:
    """Whoever can write there could silence an alarm, or ask for models to be chosen anew."""
    _, name = (publish(paths, month, _amounts()) for month in (BEFORE, NEWEST))
    folder = paths.published_root / name
    table = folder / "tables" / "ml_forecast_count.parquet"
    if what.startswith(("table", "manifest")):
        changed = pd.read_parquet(table).assign(crime_count=300.0, crime_count_lower_80=250.0)
        changed.to_parquet(table, index=False)
    if what == "manifest too":
        write_manifest(folder, read_manifest(folder) | {"files": describe_files(folder)})
    if what == "verdict gone":
        (paths.boundary_verdict("release", name) / "verdict.json").unlink()
    if what == "verdict failed":
        place = paths.boundary_verdict("release", name)
        write_verdict(replace(read_verdict(place), status="failed"), place)
    if what == "no manifest":
        (folder / MANIFEST_NAME).unlink()
    issued = _read(paths, BEFORE, NEWEST)
    (refused,) = issued.refused
    assert refused.startswith(f"{name}: ") and name not in issued.read
    watch = _watched(frames, issued)
    assert (_sources(watch, BEFORE), _sources(watch, NEWEST)) == (["issued"], ["backtest"])


def test_the_newest_release_of_the_month_before_speaks_one_month_ahead(paths) -> None:
    """An older version, or a forecast of two months, would be told as what was issued last."""
    for name, day, level in (
        ("0a", "2026-01-05", 150.0),
        ("0b", "2026-01-09", 210.0),
        ("0c", "2026-01-02", 90.0),
    ):
        publish(paths, NEWEST, _amounts(level), name=name, judged_on=day)
    issued = _read(paths, NEWEST, NEWEST + pd.DateOffset(months=1))
    assert list(issued.read) == [f"{BEFORE:%Y-%m}-0b"]
    counts = issued.frames["count_forecasts"]
    assert set(counts["predicted"]) == {210.0} and set(counts["forecast_month"]) == {NEWEST}


@pytest.mark.parametrize(
    ("other", "words"),
    [({"forces": ("kent",)}, "its forces are kent"), ({"harm_scheme": "cchi_2026"}, "weights are cchi_2026")],
)
def test_a_release_of_other_forces_or_weights_is_passed_over(
    paths, other: dict[str, Any], words: str
) -> None:
    """A total of one force less has not drifted; nor has the release been altered."""
    publish(paths, NEWEST, _amounts(), **other)
    issued = _read(paths, NEWEST)
    assert (issued.read, issued.refused) == ({}, ())
    assert words in issued.passed_over[0]


def test_what_is_cheap_to_tell_is_asked_before_all_is_read(paths, monkeypatch) -> None:
    """Every refresh would read gigabytes of releases that cannot be compared anyway."""

    def read_whole(*_: Any) -> list[str]:
        raise AssertionError("the whole release is read")

    monkeypatch.setattr("orchestration.issued.verify_release", read_whole)
    publish(paths, NEWEST, _amounts(), forces=("kent",))
    publish(paths, NEWEST, _amounts(), name="0b", harm_scheme="cchi_2026")
    assert len(_read(paths, NEWEST).passed_over) == 2


@pytest.mark.parametrize("what", ["forces", "harm weights"])
def test_what_was_altered_has_no_say_in_being_passed_over(paths, what: str) -> None:
    """Whoever can write there would have an altered release passed over in silence in place of refused."""
    name = publish(paths, NEWEST, _amounts())
    folder = paths.published_root / name
    if what == "forces":
        table = folder / "tables" / "mart_harm_force_month.parquet"
        pd.DataFrame({"force_slug": ["kent"]}).to_parquet(table, index=False)
    else:
        write_manifest(folder, read_manifest(folder) | {"harm_scheme": "cchi_2026"})
    issued = _read(paths, NEWEST)
    assert issued.passed_over == () and issued.refused[0].startswith(f"{name}: ")


def test_only_the_month_that_is_asked_is_read(paths) -> None:
    """A release that ended earlier would have its forecast of another month held against this one."""
    held = publish(paths, NEWEST, _amounts())
    later = NEWEST + pd.DateOffset(months=2)
    name = publish(paths, NEWEST, _amounts(), name="0b", judged_on="2026-01-09", forecast_month=later)
    issued = _read(paths, NEWEST)
    assert list(issued.read) == [held]
    tables = "ml_forecast_count, ml_forecast_harm, ml_risk_lsoa"
    assert issued.passed_over == (f"{name}: it has nothing of {NEWEST:%Y-%m} in {tables}",)
    assert all(set(frame["forecast_month"]) == {NEWEST} for frame in issued.frames.values())


@pytest.mark.parametrize("first", ["ml_risk_lsoa", "ml_forecast_count"])
def test_what_the_newest_release_lacks_is_of_the_one_before(paths, first: str) -> None:
    """Maps, or forecasts, that people had been given would be left to the backtest."""
    for name, day, level in (("0a", "2026-01-05", 90.0), ("0b", "2026-01-07", 150.0)):
        publish(paths, NEWEST, _amounts(level), name=name, judged_on=day)
    newest = publish(paths, NEWEST, _amounts(210.0), name="0c", judged_on="2026-01-09", empty=(first,))
    issued = _read(paths, NEWEST)
    assert list(issued.read) == [newest, f"{BEFORE:%Y-%m}-0b"]
    assert issued.passed_over == (f"{newest}: it has nothing of {NEWEST:%Y-%m} in {first}",)
    levels = {name: set(issued.frames[name]["predicted"]) for name in ("count_forecasts", "harm_forecasts")}
    lacked = 150.0 if first == "ml_forecast_count" else 210.0
    assert levels == {"count_forecasts": {lacked}, "harm_forecasts": {210.0}}
    assert len(issued.frames["risk"]) == 1


def test_a_release_that_adds_nothing_is_not_recorded_as_read(paths) -> None:
    """A rebuild would ask for a release that nothing is of, and name a release by it."""
    names = [
        publish(paths, NEWEST, _amounts(), name=name, judged_on=day, empty=("ml_risk_lsoa",))
        for name, day in (("0b", "2026-01-09"), ("0a", "2026-01-05"))
    ]
    issued = _read(paths, NEWEST)
    assert list(issued.read) == names[:1] and issued.frames["risk"].empty
    lacked = f"it has nothing of {NEWEST:%Y-%m} in ml_risk_lsoa"
    assert issued.passed_over == tuple(f"{name}: {lacked}" for name in names)


@pytest.mark.parametrize("lacked", [(), ("ml_risk_lsoa",)])
def test_releases_are_read_whole_once_and_only_while_something_is_wanted(
    paths, monkeypatch, lacked: tuple[str, ...]
) -> None:
    """Every refresh would read gigabytes of what is not used, or of the same thrice."""
    checked: list[str] = []

    def recorded(folder: Path, manifest_sha256: str | None) -> list[str]:
        checked.append(folder.name)
        return verify_release(folder, manifest_sha256)

    monkeypatch.setattr("orchestration.issued.verify_release", recorded)
    publish(paths, BEFORE, _amounts())
    for name, day, empty in (("0a", "01", ()), ("0b", "02", ()), ("0c", "03", lacked)):
        publish(paths, NEWEST, _amounts(), name=name, judged_on=f"2026-01-{day}", empty=empty)
    issued = _read(paths, NEWEST, BEFORE)
    assert len(checked) == (3 if lacked else 2) and checked == list(issued.read)


def test_of_two_releases_of_a_day_the_one_judged_later_counts(paths) -> None:
    """A copy of the folder, or a touched file, would change which of them drift is held against."""
    for name, moment, level in (
        ("0a", "2026-01-05T09:00:00+00:00", 210.0),
        ("0b", "2026-01-05T08:00:00+00:00", 90.0),
    ):
        publish(paths, NEWEST, _amounts(level), name=name, evaluated_at=moment)
    issued = _read(paths, NEWEST)
    assert list(issued.read) == [f"{BEFORE:%Y-%m}-0a"]
    assert set(issued.frames["count_forecasts"]["predicted"]) == {210.0}


def test_a_release_of_earlier_tables_is_passed_over(paths, monkeypatch) -> None:
    """The first refresh after an upgrade would stop at what older code had published."""
    name = publish(paths, NEWEST, {"total": 1.0})
    issued = _read(paths, NEWEST)
    assert list(issued.read) == [name]
    monkeypatch.setitem(_READ, "risk", ("ml_absent", "from read_parquet($table)"))
    with_less = _read(paths, NEWEST)
    assert with_less.passed_over[0].startswith(f"{name}: its ml_absent cannot be read as today's")
    assert list(with_less.read) == [name] and len(with_less.frames["harm_forecasts"])


def test_a_rebuild_reads_the_releases_that_were_read_then(paths, tmp_path) -> None:
    """Another release of the month, or one altered since, would make other tables of the same bytes."""
    older = publish(paths, NEWEST, _amounts())
    name = publish(paths, NEWEST, _amounts(), name="0b", judged_on="2026-01-09", empty=("ml_risk_lsoa",))
    read = dict(_read(paths, NEWEST).read)
    publish(paths, NEWEST, _amounts(300.0), name="0c", judged_on="2026-02-01")
    tables = {"ml_drift": {READ_RELEASES: read}}
    settings = {"forces": list(FORCES), "first_month": "2024-01", "last_month": "2025-12"}
    manifest = {
        "data_versions": [],
        "withheld": [],
        "configuration": {"settings": settings, "tables": json.loads(json.dumps(tables))},
    }
    target = DataPaths(tmp_path / "rebuilt")
    lay_out_landed(manifest, paths, target)
    assert dict(_read(target, NEWEST).read) == read and list(read) == [name, older]
    (paths.published_root / name / "tables" / "ml_risk_lsoa.parquet").unlink()
    with pytest.raises(NotReproducible, match=rf"{name}.*ml_risk_lsoa\.parquet: missing.*backup"):
        lay_out_landed(manifest, paths, DataPaths(tmp_path / "again"))
