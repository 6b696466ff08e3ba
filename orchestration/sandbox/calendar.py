"""Bank holidays of the city's years by the rules of the real calendar, in the shape that GOV.UK publishes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta

_MONDAY = 0
_SATURDAY = 5
_SUBSTITUTE = "Substitute day"
#: GOV.UK lists some years before this one and two after it.
_YEARS_BEFORE, _YEARS_AFTER = 1, 2


def render_bank_holidays(first_month: str, last_month: str) -> bytes:
    """Return ``bank-holidays.json`` for a window of months and some years around it.

    Parameters
    ----------
    first_month, last_month
        The window, as ``YYYY-MM``.

    Returns
    -------
    bytes
        UTF-8 JSON: for each division its events with title, date, notes and bunting.
    """
    years = range(int(first_month[:4]) - _YEARS_BEFORE, int(last_month[:4]) + _YEARS_AFTER + 1)
    divisions = ("england-and-wales", "scotland", "northern-ireland")
    body = {
        division: {
            "division": division,
            "events": [event for year in years for event in _events(division, year)],
        }
        for division in divisions
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _events(division: str, year: int) -> list[dict[str, object]]:
    sunday = _easter_sunday(year)
    fixed = {"New Year’s Day": date(year, 1, 1)}
    moving = {
        "Good Friday": sunday - timedelta(days=2),
        "Early May bank holiday": _first_monday(year, 5),
        "Spring bank holiday": _last_monday(year, 5),
    }
    if division == "scotland":
        fixed["2nd January"] = date(year, 1, 2)
        moving["Summer bank holiday"] = _first_monday(year, 8)
    else:
        moving["Easter Monday"] = sunday + timedelta(days=1)
        moving["Summer bank holiday"] = _last_monday(year, 8)
    if division == "northern-ireland":
        fixed["St Patrick’s Day"] = date(year, 3, 17)
        fixed["Battle of the Boyne (Orangemen’s Day)"] = date(year, 7, 12)
    if division == "scotland":
        fixed["St Andrew’s Day"] = date(year, 11, 30)
    fixed |= {"Christmas Day": date(year, 12, 25), "Boxing Day": date(year, 12, 26)}
    days = [(day, title, "") for title, day in moving.items()] + _with_substitutes(fixed)
    return [
        {"title": title, "date": day.isoformat(), "notes": notes, "bunting": title != "Good Friday"}
        for day, title, notes in sorted(days)
    ]


def _with_substitutes(fixed: dict[str, date]) -> list[tuple[date, str, str]]:
    """Move holidays that fall on a weekend to the next working day that is not a holiday itself."""
    kept = {day for day in fixed.values() if day.weekday() < _SATURDAY}
    days = []
    for title, day in fixed.items():
        notes = ""
        if day.weekday() >= _SATURDAY:
            day, notes = _next_free(day, kept), _SUBSTITUTE
            kept.add(day)
        days.append((day, title, notes))
    return days


def _next_free(day: date, taken: set[date]) -> date:
    while day.weekday() >= _SATURDAY or day in taken:
        day += timedelta(days=1)
    return day


def _easter_sunday(year: int) -> date:
    """Return Easter Sunday by Gauss's rule as it holds from 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    week = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    is_exception = week == 6 and (moon == 29 or (moon == 28 and year % 19 > 10))
    return date(year, 3, 22) + timedelta(days=moon + week - 7 * is_exception)


def _first_monday(year: int, month: int) -> date:
    return _mondays(year, month)[0]


def _last_monday(year: int, month: int) -> date:
    return _mondays(year, month)[-1]


def _mondays(year: int, month: int) -> Sequence[date]:
    first = date(year, month, 1)
    days = [first + timedelta(days=number) for number in range(31)]
    return [day for day in days if day.month == month and day.weekday() == _MONDAY]
