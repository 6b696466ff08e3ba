"""Bank holidays of the United Kingdom, in GOV.UK's published shape and in two older or shortened ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

DIVISIONS = ("england-and-wales", "northern-ireland", "scotland")
# GOV.UK's own source names a holiday by a key; these are the titles that its site shows for them.
_TITLES = {
    "bank_holidays.2nd_january": "2nd January",
    "bank_holidays.battle_boyne": "Battle of the Boyne (Orangemen’s Day)",
    "bank_holidays.boxing_day": "Boxing Day",
    "bank_holidays.christmas": "Christmas Day",
    "bank_holidays.early_may": "Early May bank holiday",
    "bank_holidays.early_may_ve": "Early May bank holiday (VE day)",
    "bank_holidays.easter_monday": "Easter Monday",
    "bank_holidays.good_friday": "Good Friday",
    "bank_holidays.late_august": "Summer bank holiday",
    "bank_holidays.new_year": "New Year’s Day",
    "bank_holidays.spring": "Spring bank holiday",
    "bank_holidays.st_andrew": "St Andrew’s Day",
    "bank_holidays.st_patrick": "St Patrick’s Day",
    "bank_holidays.summer": "Summer bank holiday",
    "common.substitute_day": "Substitute day",
}
_PUBLISHED_DATE, _SOURCE_DATE = "%Y-%m-%d", "%d/%m/%Y"


def read_bank_holidays(files: Sequence[Path]) -> pd.DataFrame:
    """Return one row per division and bank holiday.

    Several files may hold several windows of years. A division's year is taken whole from one file, that
    whose window reaches furthest: a holiday that was moved after an older file was written must not count
    twice.

    Parameters
    ----------
    files
        JSON as published (``{division: {events: [{title, date, notes, bunting}]}}``), as in GOV.UK's source
        (``{divisions: {division: {year: [...]}}}``), or shortened (``{division: [{date, title}]}``).

    Returns
    -------
    pandas.DataFrame
        ``division``, ``holiday_date``, ``title``, ``notes``.

    Raises
    ------
    SourceError
        When a file is none of these, or a date is none.
    """
    import pandas as pd

    parts = sorted(map(_read_file, files), key=lambda part: part["holiday_date"].max(), reverse=True)
    merged = pd.concat([part.assign(preference=place) for place, part in enumerate(parts)], ignore_index=True)
    year = merged["holiday_date"].dt.year
    best = merged.groupby(["division", year])["preference"].transform("min")
    return merged[merged["preference"] == best].drop(columns="preference")


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd

    date_format, events = _events(_load(path), path)
    frame = pd.DataFrame(events, columns=["division", "date", "title", "notes"], dtype="str")
    if frame.empty:
        raise _unfit(path, "it has no event")
    dates = pd.to_datetime(frame["date"], format=date_format, errors="coerce")
    if dates.isna().any():
        wrong = frame["date"][dates.isna()].iloc[0]
        raise _unfit(path, f"the date {wrong!r} is none")
    words = {name: frame[name].replace(_TITLES) for name in ("title", "notes")}
    keys = words["title"][words["title"].astype("str").str.startswith("bank_holidays.")]
    if len(keys):
        raise _unfit(path, f"the holiday {keys.iloc[0]!r} is not known")
    notes = words["notes"].where(words["notes"] != "")
    return frame.assign(holiday_date=dates, title=words["title"], notes=notes).drop(columns="date")


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise SourceError(str(path), f"it is not JSON ({error})", "fetch the dataset again") from error
    if not isinstance(document, dict):
        raise _unfit(path, "it is not an object of divisions")
    return document


def _events(document: dict[str, Any], path: Path) -> tuple[str, list[tuple[Any, ...]]]:
    """Return how the file writes dates, and (division, date, title, notes) of each event."""
    date_format, divisions = _PUBLISHED_DATE, document
    if isinstance(document.get("divisions"), dict):
        date_format = _SOURCE_DATE
        divisions = {name: _of_every_year(held) for name, held in document["divisions"].items()}
    elif not all(isinstance(held, list) for held in document.values()):
        divisions = {
            name: held.get("events") if isinstance(held, dict) else None for name, held in document.items()
        }
    if set(divisions) - set(DIVISIONS) or DIVISIONS[0] not in divisions:
        raise _unfit(path, f"its divisions are {', '.join(map(str, divisions))[:120] or 'none'}")
    rows: list[tuple[Any, ...]] = []
    for name, events in divisions.items():
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise _unfit(path, f"{name} has no list of events")
        rows += [(name, event.get("date"), event.get("title"), event.get("notes", "")) for event in events]
    return date_format, rows


def _of_every_year(held: Any) -> list[Any] | None:
    if not isinstance(held, dict):
        return None
    return [event for events in held.values() if isinstance(events, list) for event in events]


def _unfit(path: Path, rule: str) -> SourceError:
    return SourceError(
        str(path), rule, "check that this is bank-holidays.json of www.gov.uk, and what its publisher changed"
    )
