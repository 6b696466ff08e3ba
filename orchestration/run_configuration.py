"""What tables were made with beside the data: kept in the warehouse, recorded in a release, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.environment import Settings, export_settings, read_settings
from orchestration.publishing.manifest import sha256_of
from orchestration.reproduction import NotReproducible, window_of

if TYPE_CHECKING:
    import duckdb

# What an asset was configured with, kept beside the table until that is written again. Not published itself.
_TABLE = "asset_configuration"
_RISK = "ml_risk_lsoa"
# Ops that a run configures, by a table that each writes.
_OPS = {"ml_hotspots": "hotspots", "ml_patrol_plan": "patrol"}
#: The policy as a file of the audit pack.
RECORDED_POLICY = Path("audit/publication_policy.yml")
# Recorded under the names that the settings have; forces and months are those that tables cover.
_SETTINGS = ("profile", "harm_scheme", "live_area", "calls_agency")
_WINDOW = ("forces", "first_month", "last_month")
_REMEDY = "publish the release again with this code, whose releases record it"


@dataclass(frozen=True)
class RecordedRun:
    """How a release is made again.

    Parameters
    ----------
    settings
        Settings with everything that the release records.
    ops
        Configuration of ops, as a run is given it.
    differences
        What the settings at hand, or today's policy, would have said instead; a line each.
    """

    settings: Settings
    ops: Mapping[str, Any]
    differences: tuple[str, ...]


def keep_configuration(
    connection: duckdb.DuckDBPyConnection, table: str, configuration: Mapping[str, Any]
) -> None:
    """Keep what a table was made with beside it.

    Parameters
    ----------
    connection
        An open read-write connection to the warehouse.
    table
        The table.
    configuration
        Values that JSON has.
    """
    connection.execute(
        f"create table if not exists {_TABLE} (table_name varchar primary key, configuration varchar)"
    )
    connection.execute(
        f"insert or replace into {_TABLE} values (?, ?)", [table, json.dumps(configuration, sort_keys=True)]
    )


def kept_configuration(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """Return what each table of the warehouse was made with; of those without a configuration nothing."""
    import duckdb

    try:
        rows = connection.execute(f"select * from {_TABLE} order by table_name").fetchall()
    except duckdb.CatalogException:
        return {}
    return {table: json.loads(configuration) for table, configuration in rows}


def settings_record(settings: Settings) -> dict[str, Any]:
    """Return the settings that a release records: what decides on tables, and no path of a machine."""
    return {name: getattr(settings, name) for name in _SETTINGS}


def covered_window(connection: duckdb.DuckDBPyConnection, coverage: str) -> dict[str, Any]:
    """Return the forces and months that tables cover, absent and withheld ones among them.

    A run that fetches one new month is told that month alone, and publishes all that are held.

    Parameters
    ----------
    connection
        The open warehouse.
    coverage
        Quoted name of ``audit_coverage``.
    """
    (row,) = connection.execute(
        f"select list(distinct force order by force), min(month), max(month) from {coverage} "
        "where month is not null"
    ).fetchall()
    return dict(zip(_WINDOW, row, strict=True))


def recorded_run(release: Path, manifest: Mapping[str, Any], settings: Settings) -> RecordedRun:
    """Read from a release what it was made with.

    Parameters
    ----------
    release
        Its folder, undamaged.
    manifest
        Its manifest.
    settings
        The settings at hand; what the release records takes their place.

    Returns
    -------
    RecordedRun
        How to make it again.

    Raises
    ------
    NotReproducible
        When the policy that judged it is not in it, or the day on which its signed files held is none.
    SettingsError
        When it records values that no run can have.
    """
    if "configuration" not in manifest:
        return _unrecorded(manifest, settings)
    recorded = manifest["configuration"]
    tables = recorded["tables"]
    held = {name: recorded["settings"][name] for name in (*_SETTINGS, *_WINDOW)} | {
        "forces": tuple(recorded["settings"]["forces"]),
        "risk_models": tables.get(_RISK, {}).get("risk_models", settings.risk_models),
    }
    differences = [
        _difference(name, value, getattr(settings, name))
        for name, value in held.items()
        if value != getattr(settings, name)
    ]
    ops = {op: tables[table] for table, op in _OPS.items() if table in tables}
    differences += _op_differences(ops)
    policy, differs = _recorded_policy(release, manifest, settings.policy)
    made_with = _as_rebuild(
        replace(settings, **held, is_open_ended=False, configuration=None, policy=policy), manifest
    )
    if made_with.judged_on is None:
        differs = (
            *differs,
            "the release does not say on which day its signed files held: today is taken",
        )
    # Read once more as variables: a value that no run can have is named. A rebuild reads no mirror.
    read_settings(export_settings(made_with) | {"CRIMEHARM_PROFILE": "sandbox"})
    return RecordedRun(
        settings=made_with,
        ops={op: {"config": recorded} for op, recorded in ops.items()},
        differences=(*differences, *differs),
    )


def _unrecorded(manifest: Mapping[str, Any], settings: Settings) -> RecordedRun:
    """Return what a release of earlier code says: the window of its data and the harm scheme."""
    forces, first, last = window_of(manifest)
    said = "the release records no configuration: its window is that of its data, all else that at hand"
    made_with = replace(
        settings,
        profile=manifest["profile"],
        forces=forces,
        first_month=first,
        last_month=last,
        is_open_ended=False,
        harm_scheme=manifest["harm_scheme"],
        configuration=None,
    )
    return RecordedRun(_as_rebuild(made_with, manifest), {}, (said,))


def _as_rebuild(settings: Settings, manifest: Mapping[str, Any]) -> Settings:
    """Return settings whose data folder is marked as a rebuild, where signed files hold as they did then."""
    return replace(settings, rebuild_of=manifest["release"], judged_on=_judged_on(manifest.get("judged_on")))


def _judged_on(recorded: Any) -> date | None:
    if recorded is None:
        return None
    try:
        return date.fromisoformat(recorded)
    except (TypeError, ValueError) as error:
        raise NotReproducible(
            "judged_on", f"of the manifest is {recorded!r}, where a day as YYYY-MM-DD belongs", _REMEDY
        ) from error


def _op_differences(ops: Mapping[str, Mapping[str, Any]]) -> list[str]:
    from ml.hotspots import HotspotSettings
    from ml.patrol.plan import Capacity

    usual = {"hotspots": asdict(HotspotSettings()), "patrol": asdict(Capacity())}
    return [
        _difference(f"{op} {name}", value, usual[op].get(name), "the default is")
        for op, recorded in ops.items()
        for name, value in recorded.items()
        if value != usual[op].get(name)
    ]


def _recorded_policy(release: Path, manifest: Mapping[str, Any], today: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the policy that judged the release, and what to say when it is not today's."""
    wanted = manifest["policy"]["policy_sha256"]
    found, now = release / RECORDED_POLICY, sha256_of(today)
    if now == wanted:
        return today, ()
    if not found.is_file() or sha256_of(found) != wanted:
        raise NotReproducible(
            RECORDED_POLICY.as_posix(), f"is not the policy {wanted} that the manifest names", _REMEDY
        )
    return found, (_difference("publication policy", wanted, now, "today's is"),)


def _difference(name: str, recorded: Any, other: Any, who: str = "the environment says") -> str:
    return f"{name}: {who} {_words(other)}, the release was made with {_words(recorded)}, which is used"


def _words(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
