"""Draws the stop and search records from declared rate ratios between ethnic groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from orchestration.sandbox.crimes import source_rows
from orchestration.sandbox.ethnicity import SELF_DEFINED
from orchestration.sandbox.geography import Geography
from orchestration.sandbox.plan import FORCES, CityPlan
from orchestration.sandbox.population import ETHNIC_GROUPS, People

#: Searches per resident relative to the White group, by force, in the order of ``ETHNIC_GROUPS``.
RATE_RATIOS = ((1.5, 3.6, 2.0, 1.0, 1.2), (1.2, 2.2, 1.6, 1.0, 0.9))
NOT_STATED_SHARE = 0.15
NO_FURTHER_ACTION_SHARE = 0.72
EXACT_COPY_SHARE = 0.025
MISSING_COORDINATES_SHARE = (0.05, 0.50)
OFFICER_AGREES_SHARE = 0.93
#: Searches just after midnight on the first: in summer time, UTC dates them in the month before.
MONTH_EDGE_SHARE = 0.006

GROUP_NAMES = tuple(short for _, _, short in ETHNIC_GROUPS)
#: Wordings of the outcome: today's, the older one, and odds; the first is no further action.
OUTCOMES = (
    ("A no further action disposal", "Nothing found - no further action", NO_FURTHER_ACTION_SHARE),
    ("Arrest", "Suspect arrested", 0.13),
    ("Community resolution", "Local resolution", 0.07),
    ("Penalty Notice for Disorder", "Offender given penalty notice", 0.02),
    ("Summons / charged by post", "Suspect summonsed to court", 0.02),
    ("Khat or Cannabis warning", "Offender given drugs possession warning", 0.03),
    ("Caution (simple or conditional)", "Offender cautioned", 0.01),
)
#: Object of the search, the law that it is made under, and odds.
OBJECTS = (
    ("Controlled drugs", "Misuse of Drugs Act 1971 (section 23)", 0.56),
    ("Offensive weapons", "Police and Criminal Evidence Act 1984 (section 1)", 0.18),
    ("Stolen goods", "Police and Criminal Evidence Act 1984 (section 1)", 0.12),
    ("Evidence of offences under the Act", "Police and Criminal Evidence Act 1984 (section 1)", 0.05),
    ("Anything to threaten or harm anyone", "Criminal Justice and Public Order Act 1994 (section 60)", 0.05),
    ("Article for use in theft", "Police and Criminal Evidence Act 1984 (section 1)", 0.02),
    ("Firearms", "Firearms Act 1968 (section 47)", 0.01),
    ("Psychoactive substances", "Psychoactive Substances Act 2016 (s36(2))", 0.01),
)
TYPES = (("Person search", 0.74), ("Person and Vehicle search", 0.24), ("Vehicle search", 0.02))
VEHICLE_ALONE = 2
GENDERS = (("Male", 0.91), ("Female", 0.075), ("Other", 0.002), ("", 0.013))
AGES = (
    ("10-17", 0.17),
    ("18-24", 0.37),
    ("25-34", 0.23),
    ("over 34", 0.149),
    ("under 10", 0.001),
    ("", 0.08),
)
OFFICER_NAMES = (*GROUP_NAMES, "")


@dataclass(frozen=True)
class StopRecords:
    """Every stop and search record, sorted by month, force and place in its file.

    Parameters
    ----------
    month, force
        Indices into the plan's months and ``FORCES``; the month is that of local time.
    source_row
        Place in its file, 1 for the first record.
    at
        UTC time, ``datetime64[s]``.
    group
        Index of the true ethnic group in ``ETHNIC_GROUPS``.
    self_defined
        Index into ``SELF_DEFINED``, -1 where not stated, -2 for a vehicle alone, which has no person.
    officer_defined
        Index into ``OFFICER_NAMES``.
    has_older_wording
        Whether the record uses the older wordings.
    outcome, search_object, search_type, gender, age
        Indices into the lists of this module.
    snap
        Index of the snap point.
    is_located
        Whether coordinates are published.
    is_linked, is_strip_search
        1 or 0, and -1 where not recorded.
    is_copy
        Whether it repeats the record before it in every field.
    """

    month: np.ndarray
    force: np.ndarray
    source_row: np.ndarray
    at: np.ndarray
    group: np.ndarray
    self_defined: np.ndarray
    officer_defined: np.ndarray
    has_older_wording: np.ndarray
    outcome: np.ndarray
    search_object: np.ndarray
    search_type: np.ndarray
    gender: np.ndarray
    age: np.ndarray
    snap: np.ndarray
    is_located: np.ndarray
    is_linked: np.ndarray
    is_strip_search: np.ndarray
    is_copy: np.ndarray

    def __len__(self) -> int:
        return len(self.month)


def expected_stops(plan: CityPlan, geography: Geography, people: People) -> np.ndarray:
    """Return the expected searches of each group over the whole window, exact copies not counted.

    The shape is (forces, ``ETHNIC_GROUPS``).
    """
    by_force = [people.ethnicity[geography.force_of_lsoa == i].sum(axis=0) for i in range(len(FORCES))]
    weighted = np.array(by_force) * np.array(RATE_RATIOS)
    return weighted * plan.stops / weighted.sum() / (1 + EXACT_COPY_SHARE)


def draw_stops(
    plan: CityPlan, geography: Geography, people: People, intensity: np.ndarray, snap_atom: np.ndarray
) -> StopRecords:
    """Draw the records.

    Parameters
    ----------
    plan, geography, people
        The city.
    intensity
        Expected crimes, shape (2021 LSOAs, crime types, months): searches happen where crimes do.
    snap_atom
        Atom of each snap point.

    Returns
    -------
    StopRecords
        Poisson counts by group, unrelated to place, time, outcome and whether the ethnicity is stated.
    """
    rng = plan.stream("stops")
    expected = expected_stops(plan, geography, people)
    cell = np.repeat(np.arange(expected.size), rng.poisson(expected).ravel())
    force, group = np.unravel_index(cell, expected.shape)
    month = rng.integers(0, len(plan.months), len(cell))
    order = _with_copies(rng, month, force)
    is_copy = np.concatenate([[False], order[1:] == order[:-1]])
    drawn = _draw_fields(plan, rng, month, force, group)
    drawn["snap"] = _places(rng, geography, force, intensity, geography.atom_2021[snap_atom])
    fields = {name: values[order] for name, values in drawn.items()}
    month, force = month[order], force[order]
    return StopRecords(
        month=month,
        force=force,
        source_row=source_rows(month, force),
        group=group[order],
        is_copy=is_copy,
        **fields,
    )


def _with_copies(rng: np.random.Generator, month: np.ndarray, force: np.ndarray) -> np.ndarray:
    """Return record indices in file order, in which some come twice in a row."""
    order = np.lexsort((rng.random(len(month)), force, month))
    return np.repeat(order, 1 + (rng.random(len(order)) < EXACT_COPY_SHARE))


def _draw_fields(
    plan: CityPlan, rng: np.random.Generator, month: np.ndarray, force: np.ndarray, group: np.ndarray
) -> dict[str, np.ndarray]:
    count = len(month)
    older = (force == 1) & (month < len(plan.months) // 2)
    # The two flags were not recorded by the second force, which is not the same as "False".
    recorded = force == 0
    fields = {
        "at": _times(plan, rng, month),
        "self_defined": _self_defined(rng, group),
        "officer_defined": _officer_defined(rng, group, older),
        "has_older_wording": older,
        "outcome": _pick(rng, [odds for *_, odds in OUTCOMES], count),
        "search_object": _pick(rng, [odds for *_, odds in OBJECTS], count),
        "search_type": _pick(rng, [odds for _, odds in TYPES], count),
        "gender": _pick(rng, [odds for _, odds in GENDERS], count),
        "age": _pick(rng, [odds for _, odds in AGES], count),
        "is_located": rng.random(count) >= np.array(MISSING_COORDINATES_SHARE)[force],
        "is_linked": np.where(recorded, rng.random(count) < 0.3, -1).astype(int),
        "is_strip_search": np.where(recorded, rng.random(count) < 0.03, -1).astype(int),
    }
    _blank_persons(fields)
    return fields


def _blank_persons(fields: dict[str, np.ndarray]) -> None:
    """Leave the person's fields empty where a vehicle alone was searched; the empty word comes last."""
    alone = fields["search_type"] == VEHICLE_ALONE
    fields["self_defined"][alone] = -2
    for name, words in (("officer_defined", OFFICER_NAMES), ("gender", GENDERS), ("age", AGES)):
        fields[name][alone] = len(words) - 1


def _self_defined(rng: np.random.Generator, group: np.ndarray) -> np.ndarray:
    detail = np.zeros(len(group), dtype=np.int64)
    for number, name in enumerate(GROUP_NAMES):
        options = [i for i, (broad, *_) in enumerate(SELF_DEFINED) if broad == name]
        mine = group == number
        detail[mine] = np.array(options)[_pick(rng, [SELF_DEFINED[i][3] for i in options], int(mine.sum()))]
    detail[rng.random(len(group)) < NOT_STATED_SHARE] = -1
    return detail


def _officer_defined(rng: np.random.Generator, group: np.ndarray, older: np.ndarray) -> np.ndarray:
    seen = np.where(rng.random(len(group)) < OFFICER_AGREES_SHARE, group, rng.integers(0, 5, len(group)))
    # The older list has no "Mixed".
    instead = np.where(rng.random(len(group)) < 0.7, GROUP_NAMES.index("Black"), GROUP_NAMES.index("Other"))
    seen = np.where(older & (seen == GROUP_NAMES.index("Mixed")), instead, seen)
    return np.where(rng.random(len(group)) < 0.015, len(OFFICER_NAMES) - 1, seen)


def _places(
    rng: np.random.Generator,
    geography: Geography,
    force: np.ndarray,
    intensity: np.ndarray,
    snap_lsoa: np.ndarray,
) -> np.ndarray:
    weight = intensity.sum(axis=(1, 2))[snap_lsoa] / np.bincount(snap_lsoa)[snap_lsoa]
    snap = np.zeros(len(force), dtype=np.int64)
    for number in range(len(FORCES)):
        mine = force == number
        odds = np.where(geography.force_of_lsoa[snap_lsoa] == number, weight, 0.0)
        snap[mine] = rng.choice(len(snap_lsoa), int(mine.sum()), p=odds / odds.sum())
    return snap


def _times(plan: CityPlan, rng: np.random.Generator, month: np.ndarray) -> np.ndarray:
    """Return UTC times; upstream writes local time's instant in UTC, always with ``+00:00``."""
    months = np.array(plan.months, dtype="datetime64[M]")
    start = months.astype("datetime64[s]")[month]
    length = ((months + 1).astype("datetime64[s]")[month] - start).astype(np.int64)
    local = start + (np.floor(rng.random(len(month)) * length / 60) * 60).astype("timedelta64[s]")
    edge = rng.random(len(month)) < MONTH_EDGE_SHARE
    minute = rng.integers(0, 55, len(month)) * np.timedelta64(60, "s")
    local = np.where(edge, start + minute, local)
    return local - _is_summer_time(plan, local) * np.timedelta64(3600, "s")


def _is_summer_time(plan: CityPlan, local: np.ndarray) -> np.ndarray:
    summer = np.zeros(len(local), dtype=bool)
    for year in range(int(plan.first_month[:4]), int(plan.last_month[:4]) + 1):
        begins, ends = (np.datetime64(_last_sunday(year, month), "s") for month in (3, 10))
        summer |= (local >= begins + np.timedelta64(7200, "s")) & (local < ends + np.timedelta64(7200, "s"))
    return summer


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _pick(rng: np.random.Generator, odds: list[float], count: int) -> np.ndarray:
    weight = np.array(odds)
    return rng.choice(len(weight), count, p=weight / weight.sum())
