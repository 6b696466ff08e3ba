"""Moments from published texts: parsed in the declared formats, and settled where clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestration.sources.calls_for_service.mapping import EPOCH_UNITS, CallsMapping, Stamp

if TYPE_CHECKING:
    import pandas as pd

EXACT, SHIFTED = "exact", "shifted_forward"
ASSUMED = {"first": "assumed_first", "second": "assumed_second"}
# A skipped time is read by a clock that nobody has put forward yet.
_SKIPPED_HOURS = 1


@dataclass(frozen=True)
class Moments:
    """What the texts of a stamp stand for; all have the length and index of the records.

    Parameters
    ----------
    text
        The columns as published, joined by a blank; missing when any of them is.
    at
        The moment in UTC, without zone; missing when the text fits no format or stands for no moment.
    local
        The same moment on the agency's clock, without zone.
    method
        ``exact``, or how a time was settled that comes twice or not at all.
    is_skipped
        Whether the time is one that the start of summer time skips.
    """

    text: pd.Series
    at: pd.Series
    local: pd.Series
    method: pd.Series
    is_skipped: pd.Series


def read_moments(records: pd.DataFrame, stamp: Stamp, mapping: CallsMapping) -> Moments:
    """Read a stamp from the published columns.

    Parameters
    ----------
    records
        Shape (n, columns): texts, missing where nothing was published.
    stamp
        Its columns and formats.
    mapping
        The time zone, and the rules for the two nights on which clocks change.

    Returns
    -------
    Moments
        One for each record.
    """
    import pandas as pd

    text = records[stamp.columns[0]].astype("str")
    for column in stamp.columns[1:]:
        text = text + " " + records[column].astype("str")
    clock, is_first, is_marked = _take_marks(text, stamp, mapping)
    at = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us, UTC]")
    method = pd.Series(EXACT, index=text.index, dtype="str")
    is_skipped = pd.Series(False, index=text.index)
    for form in stamp.formats:
        missing = clock[at.isna() & ~is_skipped & clock.notna()]
        if form in EPOCH_UNITS:
            at = at.fillna(_from_epoch(missing, EPOCH_UNITS[form]))
            continue
        wall = pd.to_datetime(missing, format=form, errors="coerce").dropna().astype("datetime64[us]")
        settled, how, skipped = _on_the_clock(wall, is_first[wall.index], mapping)
        at = at.fillna(settled)
        method.loc[how.index] = how
        is_skipped.loc[skipped.index] = skipped
    method = method.mask(is_marked & (method != SHIFTED), EXACT)
    local = at.dt.tz_convert(mapping.time_zone).dt.tz_localize(None)
    return Moments(text, at.dt.tz_localize(None), local, method, is_skipped)


def _take_marks(
    text: pd.Series, stamp: Stamp, mapping: CallsMapping
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return times without their marks, whether each is the first of two, and whether a mark says so."""
    import pandas as pd

    clock = text
    is_first = pd.Series(mapping.when_repeated == "first", index=text.index)
    is_marked = pd.Series(False, index=text.index)
    for mark, which in stamp.zone_marks.items():
        has_mark = text.str.endswith(mark).fillna(False).astype(bool)
        clock = clock.mask(has_mark, text.str.removesuffix(mark))
        is_first = is_first.mask(has_mark, which == "first")
        is_marked |= has_mark
    return clock, is_first, is_marked


def _from_epoch(text: pd.Series, unit: Literal["s", "ms"]) -> pd.Series:
    import pandas as pd

    is_count = text.str.fullmatch(r"\d{1,15}").astype(bool)
    counts = pd.to_numeric(text[is_count])
    return pd.to_datetime(counts, unit=unit, utc=True, errors="coerce").astype("datetime64[us, UTC]")


def _on_the_clock(
    wall: pd.Series, is_first: pd.Series, mapping: CallsMapping
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the moments of wall-clock times, how each was settled, and which of them never were."""
    import pandas as pd

    zone, first = mapping.time_zone, is_first.to_numpy(dtype=bool)
    plain = wall.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    settled = wall.dt.tz_localize(zone, ambiguous=first, nonexistent="NaT")
    is_skipped = settled.isna()
    if mapping.when_skipped == "shift_forward":
        later = pd.Timedelta(hours=_SKIPPED_HOURS)
        settled = wall.dt.tz_localize(zone, ambiguous=first, nonexistent=later)
    how = pd.Series(EXACT, index=wall.index, dtype="str")
    how = how.mask(plain.isna(), ASSUMED[mapping.when_repeated]).mask(is_skipped, SHIFTED)
    return settled.dt.tz_convert("UTC").astype("datetime64[us, UTC]"), how, is_skipped
