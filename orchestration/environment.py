"""What a run is told: profile, data folder, forces, months and harm scheme, read once from the environment.

What belongs here: reading and checking settings. What does not: acting on them.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from data_quality.policy import POLICY_FILE
from data_quality.signed_files import SignedFileError, load_yaml
from orchestration.sources.calls_for_service.mapping import agencies
from orchestration.sources.police_uk.areas import read_areas
from orchestration.sources.types import Partition

PROJECT_ROOT = Path(__file__).resolve().parents[1]
#: Every force of England and Wales, and those of the sandbox; a seed of the warehouse.
FORCES_FILE = PROJECT_ROOT / "dbt_project" / "seeds" / "police_forces.csv"
PROFILES = ("sandbox", "mirror", "live")
DEFAULT_CALLS_AGENCY = "san_jose"
#: Which risk models compete: `full` adds what learns from features, which takes many minutes.
RISK_MODELS = ("light", "full")
HARM_SCHEMES = ("seed_article", "cchi_2026", "ons_severity")

_SANDBOX_FORCES = ("eastvale", "westmere")
_SANDBOX_MONTHS = ("2023-01", "2025-12")
_SANDBOX_AREA, _LIVE_AREA = "eastvale-centre", "central-london"
_LIVE_FORCES = ("city-of-london", "metropolitan")
_LIVE_WINDOW_MONTHS = 36
# A month is published about the end of the month after it.
PUBLICATION_LAG_MONTHS = 2


class SettingsError(ValueError):
    """A setting that no run can go by; the message says which and what it may be."""


@dataclass(frozen=True)
class Settings:
    """The checked settings of a run.

    Parameters
    ----------
    profile
        ``sandbox`` (the embedded synthetic city), ``mirror`` (a folder of real files) or ``live``.
    data
        Folder that holds everything a run writes.
    mirror, reference
        Folders of the archive and of the reference files, for the profile ``mirror`` alone.
    forces
        Ids of the forces asked for, as in the archive.
    first_month, last_month
        The window asked for, both included, as ``YYYY-MM``.
    is_open_ended
        Whether the window was given no end, and so ends with the newest month that upstream publishes.
    harm_scheme
        Name of the active weight scheme.
    live_area
        Name of the area whose newest month is previewed from the API.
    calls_agency
        Id of the agency whose calls for service are read, when they are there.
    risk_models
        Which risk models compete, ``light`` or ``full``.
    configuration
        File with the configuration of ops; see `read_ops`. Without one they have their defaults.
    policy
        The publication policy. No variable names another: only the release that is made again does.
    rebuild_of, judged_on
        Name of the release that is made again, and the day on which its signed files were judged, where it
        says so. No variable names them either.
    """

    profile: str
    data: Path
    mirror: Path | None
    reference: Path | None
    forces: tuple[str, ...]
    first_month: str
    last_month: str
    is_open_ended: bool
    harm_scheme: str
    live_area: str
    calls_agency: str
    risk_models: Literal["light", "full"]
    configuration: Path | None = None
    policy: Path = POLICY_FILE
    rebuild_of: str | None = None
    judged_on: date | None = None


def read_settings(environ: Mapping[str, str] | None = None, today: date | None = None) -> Settings:
    """Read the settings from ``CRIMEHARM_*`` variables and check them.

    Parameters
    ----------
    environ
        The variables; the process's own when not given.
    today
        The day that the live window is counted back from.

    Returns
    -------
    Settings
        Complete and checked.

    Raises
    ------
    SettingsError
        When the profile, a force, the harm scheme, live area, agency or set of risk models is unknown, a
        folder or the configuration is missing, or the window is empty.
    """
    given = os.environ if environ is None else environ
    profile = given.get("CRIMEHARM_PROFILE") or "sandbox"
    if profile not in PROFILES:
        raise SettingsError(f"unknown profile {profile!r}: choose one of {', '.join(PROFILES)}")
    scheme = given.get("CRIMEHARM_HARM_SCHEME") or HARM_SCHEMES[0]
    if scheme not in HARM_SCHEMES:
        raise SettingsError(f"unknown harm scheme {scheme!r}: choose one of {', '.join(HARM_SCHEMES)}")
    area = given.get("CRIMEHARM_LIVE_AREA") or (_SANDBOX_AREA if profile == "sandbox" else _LIVE_AREA)
    if area not in read_areas():
        raise SettingsError(f"unknown live area {area!r}: choose one of {', '.join(read_areas())}")
    agency = given.get("CRIMEHARM_CALLS_AGENCY") or DEFAULT_CALLS_AGENCY
    if agency not in agencies():
        raise SettingsError(
            f"no mapping of calls for service for agency {agency!r}: choose one of {', '.join(agencies())}"
        )
    models = _risk_models(given)
    mirror = _folder(given, "CRIMEHARM_MIRROR", profile)
    reference = _folder(given, "CRIMEHARM_REFERENCE", profile)
    forces, (first, last) = _defaults(profile, mirror, today or date.today())
    if given.get("CRIMEHARM_FORCES"):
        forces = _named_forces(given["CRIMEHARM_FORCES"], profile)
    first = given.get("CRIMEHARM_FROM") or first
    is_open_ended = profile == "live" and not given.get("CRIMEHARM_TO")
    last = given.get("CRIMEHARM_TO") or last
    _check_window(forces, first, last)
    data = Path(given.get("CRIMEHARM_DATA") or PROJECT_ROOT / "data").expanduser().resolve()
    return Settings(
        profile,
        data,
        mirror,
        reference,
        forces,
        first,
        last,
        is_open_ended,
        scheme,
        area,
        agency,
        models,
        _configuration(given),
    )


def read_ops(configuration: Path | None) -> Mapping[str, Any]:
    """Read the configuration of ops from a YAML file of the form ``ops: {patrol: {config: {…}}}``.

    Parameters
    ----------
    configuration
        The file; without one, nothing is configured.

    Returns
    -------
    Mapping
        What stands under ``ops``, by op.

    Raises
    ------
    SettingsError
        When it is not such a file.
    """
    if configuration is None:
        return {}
    name = configuration.name
    try:
        content = load_yaml(configuration.read_bytes())
    except (OSError, SignedFileError) as error:
        raise SettingsError(f"{name}: {error}; write it as docs/runbook.md shows") from error
    if not isinstance(content, dict) or set(content) != {"ops"} or not isinstance(content["ops"], dict):
        raise SettingsError(f"{name} has other keys than ops: write it as docs/runbook.md shows")
    return content["ops"]


def export_settings(settings: Settings) -> dict[str, str]:
    """Return the variables from which the same settings are read again, as child processes need them."""
    variables = {
        "CRIMEHARM_PROFILE": settings.profile,
        "CRIMEHARM_DATA": str(settings.data),
        "CRIMEHARM_FORCES": ",".join(settings.forces),
        "CRIMEHARM_FROM": settings.first_month,
        "CRIMEHARM_TO": settings.last_month,
        "CRIMEHARM_HARM_SCHEME": settings.harm_scheme,
        "CRIMEHARM_LIVE_AREA": settings.live_area,
        "CRIMEHARM_CALLS_AGENCY": settings.calls_agency,
        "CRIMEHARM_RISK_MODELS": settings.risk_models,
    }
    if settings.mirror and settings.reference:
        variables |= {
            "CRIMEHARM_MIRROR": str(settings.mirror),
            "CRIMEHARM_REFERENCE": str(settings.reference),
        }
    if settings.configuration:
        variables["CRIMEHARM_CONFIG"] = str(settings.configuration)
    return variables


def as_of(settings: Settings, today: date) -> Settings:
    """Return the settings with an open window's end as it stands on a day; a closed one stays as it is."""
    if not settings.is_open_ended:
        return settings
    return replace(settings, last_month=_newest_published(today))


def shift_month(month: str, by: int) -> str:
    """Return the month ``by`` months after ``month`` (before it, when negative), as ``YYYY-MM``."""
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def _risk_models(given: Mapping[str, str]) -> Literal["light", "full"]:
    match given.get("CRIMEHARM_RISK_MODELS") or "light":
        case "light":
            return "light"
        case "full":
            return "full"
        case other:
            raise SettingsError(f"unknown risk models {other!r}: choose one of {', '.join(RISK_MODELS)}")


def _configuration(given: Mapping[str, str]) -> Path | None:
    if not given.get("CRIMEHARM_CONFIG"):
        return None
    configuration = Path(given["CRIMEHARM_CONFIG"]).expanduser().resolve()
    read_ops(configuration)
    return configuration


def _folder(given: Mapping[str, str], name: str, profile: str) -> Path | None:
    if profile != "mirror":
        return None
    if not given.get(name):
        raise SettingsError(f"the profile mirror needs {_words(name)}: name a folder of real files")
    folder = Path(given[name]).expanduser().resolve()
    if not folder.is_dir():
        raise SettingsError(
            f"{_words(name)}, {folder}, is not a folder: name one of real files; an archive is unpacked first"
        )
    return folder


def _words(name: str) -> str:
    """Return a variable as make takes it and as the environment does."""
    return f"{name.removeprefix('CRIMEHARM_')}= ({name})"


def _defaults(profile: str, mirror: Path | None, today: date) -> tuple[tuple[str, ...], tuple[str, str]]:
    if profile == "sandbox":
        return _SANDBOX_FORCES, _SANDBOX_MONTHS
    if mirror is not None:
        return _found_in(mirror)
    last = _newest_published(today)
    return _LIVE_FORCES, (shift_month(last, 1 - _LIVE_WINDOW_MONTHS), last)


def _named_forces(text: str, profile: str) -> tuple[str, ...]:
    """Return the forces that were named; one that nobody has would seem to publish nothing, ever."""
    named = sorted({name.strip() for name in text.split(",")} - {""})
    is_synthetic = "true" if profile == "sandbox" else "false"
    with FORCES_FILE.open(encoding="utf-8", newline="") as file:
        known = [row["force_slug"] for row in csv.DictReader(file) if row["is_synthetic"] == is_synthetic]
    for name in named:
        if name not in known:
            near = get_close_matches(name, known, n=3) or known
            raise SettingsError(
                f"the profile {profile} knows no force {name!r}: FORCES= takes ids such as {', '.join(near)}"
            )
    return tuple(named)


def _newest_published(today: date) -> str:
    return shift_month(f"{today:%Y-%m}", -PUBLICATION_LAG_MONTHS)


def _found_in(mirror: Path) -> tuple[tuple[str, ...], tuple[str, str]]:
    names = [path.name.split(".csv")[0] for path in mirror.glob("20??-??/20??-??-*.csv*")]
    streets = [name.removesuffix("-street") for name in names if name.endswith("-street")]
    if not streets:
        raise SettingsError(
            f"{mirror} holds no street file named YYYY-MM/YYYY-MM-<force>-street.csv: "
            f"point {_words('CRIMEHARM_MIRROR')} at a folder laid out like the archive"
        )
    months = sorted(name[:7] for name in streets)
    return tuple(sorted({name[8:] for name in streets})), (months[0], months[-1])


def _check_window(forces: tuple[str, ...], first: str, last: str) -> None:
    if not forces:
        raise SettingsError(
            f"no force is named: set {_words('CRIMEHARM_FORCES')}, such as bedfordshire,city-of-london"
        )
    try:
        for force in forces:
            Partition(first, force)
            Partition(last, force)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    if first > last:
        raise SettingsError(f"the window is empty: FROM={first} is after TO={last}")
