"""Calls for service as San Jose publishes them, with the priority's known dependence on the call type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestration.sandbox.plan import CityPlan
from orchestration.sandbox.street_names import all_streets

if TYPE_CHECKING:
    import pandas as pd

CALLS_A_YEAR = 3_000
#: Chance that a call gets a priority next to its type's usual one; at either end there is only one neighbour.
CONFUSION = 0.2
NO_ADDRESS_SHARE, NOT_FOUND_SHARE, INTERSECTION_SHARE = 0.029, 0.004, 0.28
NOT_FOUND = "Not a valid geographical location in CAD."
#: Records that come again with another end, and incidents with a second call, for every year.
CHANGED_RECORDS, SECOND_CALLS = 6, 2
#: From this year on hours are written without a leading zero.
FIRST_YEAR_OF_SHORT_HOURS = 2024
ZONE = "America/Los_Angeles"

_FILE = re.compile(r"policecalls(20\d{2})\.csv")
_LEVELS = 6
_ABBREVIATIONS = {
    "Road": "RD",
    "Street": "ST",
    "Avenue": "AV",
    "Lane": "LN",
    "Way": "WY",
    "Drive": "DR",
    "Court": "CT",
}
_ENDS = (
    ("N", "No report needed", 0.5),
    ("C", "Called off", 0.2),
    ("R", "Report written", 0.18),
    ("G", "Nobody found", 0.08),
    ("A", "Arrest", 0.04),
)


@dataclass(frozen=True)
class CallType:
    """A made-up type of call: code, wording, share of all calls and usual priority."""

    code: str
    name: str
    share: float
    usual_priority: int


CALL_TYPES = (
    CallType("10G", "SHOTS HEARD", 0.02, 1),
    CallType("10K", "PERSON WITH KNIFE", 0.02, 1),
    CallType("20F", "FIGHT", 0.09, 2),
    CallType("20R", "ROBBERY JUST NOW", 0.03, 2),
    CallType("20W", "WORRY FOR A PERSON", 0.16, 2),
    CallType("30A", "ALARM, SHOP", 0.14, 3),
    CallType("30S", "SUSPICIOUS PERSON", 0.16, 3),
    CallType("40B", "BURGLARY REPORT", 0.08, 4),
    CallType("40N", "NOISE, MUSIC", 0.1, 4),
    CallType("50P", "PARKING", 0.08, 5),
    CallType("60V", "VEHICLE STOP", 0.12, 6),
)


def priority_chances() -> dict[str, tuple[float, ...]]:
    """Return the chance of each priority, 1 to 6, by the code of the call type."""
    chances = np.zeros((len(CALL_TYPES), _LEVELS))
    for place, kind in enumerate(CALL_TYPES):
        usual = kind.usual_priority - 1
        neighbours = [level for level in (usual - 1, usual + 1) if 0 <= level < _LEVELS]
        chances[place, usual] = 1 - CONFUSION
        chances[place, neighbours] = CONFUSION / len(neighbours)
    return {kind.code: tuple(chances[place].tolist()) for place, kind in enumerate(CALL_TYPES)}


def draw_calls(plan: CityPlan, year: int) -> pd.DataFrame:
    """Draw the calls of a year.

    Parameters
    ----------
    plan
        The city's seed.
    year
        The year on the agency's clock.

    Returns
    -------
    pandas.DataFrame
        One row a record, in the order of the file: ``event`` (its number), ``call``, ``called_at`` and
        ``changed_at`` (UTC), ``kind`` (index into ``CALL_TYPES``), ``priority``, ``end`` (index of how it
        ended), ``address`` (empty when there is none) and ``is_repeat`` (of an event that came before).
    """
    import pandas as pd

    rng = plan.stream(f"calls for service {year}")
    start = pd.Timestamp(year=year, month=1, day=1, tz=ZONE).tz_convert("UTC").tz_localize(None)
    end = pd.Timestamp(year=year + 1, month=1, day=1, tz=ZONE).tz_convert("UTC").tz_localize(None)
    seconds = np.sort(rng.integers(0, int((end - start).total_seconds()) - 1, CALLS_A_YEAR))
    kind = rng.choice(len(CALL_TYPES), CALLS_A_YEAR, p=[kind.share for kind in CALL_TYPES])
    called = start + pd.to_timedelta(seconds, unit="s")
    frame = pd.DataFrame(
        {
            "event": np.arange(CALLS_A_YEAR),
            "call": np.arange(CALLS_A_YEAR),
            "called_at": called,
            "changed_at": called + pd.to_timedelta(rng.integers(60, 4 * 3_600, CALLS_A_YEAR), unit="s"),
            "kind": kind,
            "priority": _draw_priorities(rng, kind),
            "end": rng.choice(len(_ENDS), CALLS_A_YEAR, p=[share for *_, share in _ENDS]),
            "address": _draw_addresses(rng),
            "is_repeat": False,
        }
    )
    return _with_repeats(rng, frame)


def render_calls(plan: CityPlan, name: str) -> bytes | None:
    """Return a yearly file in the city's published columns; None when there is no such file.

    Parameters
    ----------
    plan
        Seed and window; a year that is not in the window was never published.
    name
        Name of the file, such as ``policecalls2025.csv``.
    """
    match = _FILE.fullmatch(name)
    if match is None or not any(month.startswith(match[1]) for month in plan.months):
        return None
    year = int(match[1])
    return _published(draw_calls(plan, year), year).to_csv(index=False).encode("utf-8")


def _draw_priorities(rng: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    chances = np.array(list(priority_chances().values()))
    steps = np.cumsum(chances, axis=1)[kind]
    return 1 + np.minimum((rng.random(len(kind))[:, None] >= steps).sum(axis=1), _LEVELS - 1)


def _draw_addresses(rng: np.random.Generator) -> np.ndarray:
    streets = np.array([_shortened(name) for name in all_streets()], dtype=object)
    first, second = rng.choice(streets, (2, CALLS_A_YEAR))
    low = rng.integers(0, 60, CALLS_A_YEAR) * 100
    low_text, high_text = low.astype(str).astype(object), (low + 100).astype(str).astype(object)
    address = "[" + low_text + "]-[" + high_text + "] " + first + " "
    draw = rng.random(CALLS_A_YEAR)
    address = np.where(draw < INTERSECTION_SHARE, first + " & " + second, address)
    address = np.where(draw > 1 - NO_ADDRESS_SHARE, "", address)
    is_not_found = (draw > 0.5) & (draw < 0.5 + NOT_FOUND_SHARE)
    return np.where(is_not_found, NOT_FOUND, address)


def _shortened(street: str) -> str:
    stem, suffix = street.rsplit(" ", 1)
    return f"{stem} {_ABBREVIATIONS.get(suffix, suffix)}".upper()


def _with_repeats(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Add records of events that are there already: changed ones, and second calls about the same event."""
    import pandas as pd

    chosen = rng.choice(len(frame), CHANGED_RECORDS + SECOND_CALLS, replace=False)
    later = frame.iloc[chosen].assign(is_repeat=True)
    later["end"] = (later["end"] + 1) % len(_ENDS)
    later["changed_at"] += pd.Timedelta(minutes=50)
    is_second = np.arange(len(later)) >= CHANGED_RECORDS
    later["call"] = np.where(is_second, CALLS_A_YEAR + np.arange(len(later)), later["call"])
    later["called_at"] += pd.to_timedelta(np.where(is_second, 60, 0), unit="s")
    both = pd.concat([frame, later], ignore_index=True)
    return both.sort_values(["called_at", "changed_at"], kind="stable").reset_index(drop=True)


def _published(calls: pd.DataFrame, year: int) -> pd.DataFrame:
    import pandas as pd

    local = calls["called_at"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    changed = calls["changed_at"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    day = local.dt.strftime("%m/%d/%Y").str.replace(r"\b0", "", regex=True) + " 12:00:00 AM"
    clock = local.dt.strftime("%H:%M:%S")
    if year >= FIRST_YEAR_OF_SHORT_HOURS:
        clock = clock.str.removeprefix("0")
    kinds = calls["kind"].map(dict(enumerate(CALL_TYPES)))
    ends = calls["end"].map(dict(enumerate(_ENDS)))
    return pd.DataFrame(
        {
            "CDTS": changed.dt.strftime("%Y%m%d%H%M%S") + changed.dt.strftime("%Z").str[:2],
            "EID": (year % 100) * 1_000_000 + calls["event"],
            "START_DATE": day,
            "CALL_NUMBER": "P" + local.dt.strftime("%y%j") + calls["call"].astype(str).str.zfill(4),
            "PRIORITY": calls["priority"],
            "REPORT_DATE": day,
            "OFFENSE_DATE": day,
            "OFFENSE_TIME": clock,
            "CALLTYPE_CODE": kinds.map(lambda kind: kind.code),
            "CALL_TYPE": kinds.map(lambda kind: kind.name),
            "FINAL_DISPO_CODE": ends.map(lambda end: end[0]),
            "FINAL_DISPO": ends.map(lambda end: end[1]),
            "ADDRESS": calls["address"],
            "CITY": "Eastvale",
            "STATE": "CA",
        }
    )
