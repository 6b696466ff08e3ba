"""Bank holidays in three shapes, and weather stations with all the marks that their files carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.sources.reference_readers import read_reference
from orchestration.sources.types import SourceError

NEW_YEAR = "New Year’s Day"


def write(folder: Path, name: str, content: Any) -> Path:
    """Write JSON or text and return the file's path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def published(*events: tuple[str, str, str], division: str = "england-and-wales") -> dict[str, Any]:
    """Return bank holidays as GOV.UK publishes them, from (title, date, notes)."""
    listed = [{"title": t, "date": d, "notes": n, "bunting": True} for t, d, n in events]
    return {division: {"division": division, "events": listed}}


def holidays(*files: Path) -> list[tuple[str, str, str | None]]:
    """Read bank holidays as (date, title, notes)."""
    frame = read_reference("govuk_bank_holidays", files)
    notes = frame["notes"].astype(object).where(frame["notes"].notna(), None)
    return list(zip(frame["holiday_date"].dt.strftime("%Y-%m-%d"), frame["title"], notes, strict=True))


def test_the_three_shapes_read_the_same(tmp_path: Path) -> None:
    """A mirror with an older file would have other holidays than the live run."""
    live = published((NEW_YEAR, "2022-01-03", "Substitute day"))
    source = {
        "title": "bank_holidays.calendar.title",
        "divisions": {
            "england-and-wales": {
                "2022": [
                    {
                        "title": "bank_holidays.new_year",
                        "date": "03/01/2022",
                        "notes": "common.substitute_day",
                    }
                ],
                "slug": "common.nations.england-and-wales_slug",
            }
        },
    }
    short = {"england-and-wales": [{"date": "2022-01-03", "title": NEW_YEAR}]}
    texts = {"a.json": live, "b.json": source, "c.json": short}
    read = [holidays(write(tmp_path, name, content)) for name, content in texts.items()]
    assert read[0] == read[1] == [("2022-01-03", NEW_YEAR, "Substitute day")]
    assert read[2] == [("2022-01-03", NEW_YEAR, None)]


def test_windows_are_joined_and_a_moved_holiday_counts_once(tmp_path: Path) -> None:
    """The window of years moves on, and an older file knows nothing of a holiday that was moved later."""
    old = published(("Early May", "2019-05-06", ""), ("Early May", "2020-05-04", ""))
    new = published(("Early May (VE day)", "2020-05-08", ""), ("Early May", "2021-05-03", ""))
    files = [write(tmp_path, "a.json", old), write(tmp_path, "b.json", new)]
    for order in (files, files[::-1]):
        assert [day for day, *_ in holidays(*order)] == ["2019-05-06", "2020-05-08", "2021-05-03"]


def test_every_division_is_kept(tmp_path: Path) -> None:
    """The days off of a British force outside England could not be counted later."""
    document = published((NEW_YEAR, "2024-01-01", "")) | published(
        ("2nd January", "2024-01-02", ""), division="scotland"
    )
    frame = read_reference("govuk_bank_holidays", [write(tmp_path, "bank-holidays.json", document)])
    assert frame["division"].tolist() == ["england-and-wales", "scotland"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        ([], "not an object of divisions"),
        ({}, "its divisions are none"),
        ({"wales": []}, "its divisions are wales"),
        ({"england-and-wales": {"division": "england-and-wales"}}, "has no list of events"),
        ({"england-and-wales": []}, "has no event"),
        (published((NEW_YEAR, "01/01/2024", "")), "the date '01/01/2024' is none"),
        (
            {
                "divisions": {
                    "england-and-wales": {"2024": [{"title": "bank_holidays.x", "date": "01/01/2024"}]}
                }
            },
            "'bank_holidays.x' is not known",
        ),
    ],
)
def test_what_is_no_list_of_bank_holidays_is_named(tmp_path: Path, content: Any, message: str) -> None:
    """A changed file would give months without any holiday."""
    path = write(tmp_path, "bank-holidays.json", content)
    with pytest.raises(SourceError, match=rf"bank-holidays\.json: .*{message}.*Remedy"):
        read_reference("govuk_bank_holidays", [path])


HEAD = [
    "Somewhere",
    "Location: 450900E 207200N, Lat 51.761 Lon -1.262, 63 metres amsl",
    "A line of text with a --- in it.",
    "   yyyy  mm   tmax    tmin      af    rain     sun",
    "              degC    degC    days      mm   hours",
]
ROWS = [
    "   1959   1    4.4    -1.4      20     ---    78.1",
    "   2024   8   24.3*   13.4*      0*    4.7   223.5#  Provisional",
]


def station(folder: Path, lines: list[str], name: str = "oxforddata.txt", end: str = "\r\n") -> Path:
    """Write a station's file."""
    return write(folder, name, (end.join(lines) + end).encode())


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_station_is_read_with_all_its_marks(tmp_path: Path, end: str) -> None:
    """A star, a hash or a gap would shift the columns or pass for a number."""
    frame = read_reference("metoffice_monthly_weather", [station(tmp_path, HEAD + ROWS, end=end)])
    assert frame["station_id"].tolist() == ["oxford", "oxford"]
    assert frame[["station_name", "easting_m", "northing_m"]].iloc[0].tolist() == [
        "Somewhere",
        450900.0,
        207200.0,
    ]
    assert frame["weather_month"].tolist() == [pd.Timestamp("1959-01-01"), pd.Timestamp("2024-08-01")]
    assert frame["temperature_min_c"].tolist() == [-1.4, 13.4]
    assert frame["air_frost_days"].tolist() == [20, 0]
    assert frame["rain_mm"].isna().tolist() == [True, False]
    assert frame["is_estimated"].tolist() == [False, True]
    assert frame["is_sunshine_from_sensor"].tolist() == [False, True]
    assert frame["is_provisional"].tolist() == [False, True]


def test_head_lines_vary_and_the_latest_site_counts(tmp_path: Path) -> None:
    """A station that was moved has a line more, and counting lines would lose its first month."""
    head = [
        HEAD[0],
        "Location before Sept 2007 653000E 294600N, 25 metres amsl",
        "  after Sept 2007 654000E 293800N, 18 metres amsl",
        "& a note",
        *HEAD[3:],
    ]
    rows = [
        *ROWS,
        "   2007   9   18.6    11.8       0   100.6   168.2  Change to another street",
        "Site closed",
        "",
    ]
    frame = read_reference("metoffice_monthly_weather", [station(tmp_path, head + rows)])
    assert len(frame) == 3
    assert frame["easting_m"].unique().tolist() == [654000.0]
    assert frame["is_provisional"].sum() == 1


def test_a_copy_under_a_longer_name_is_the_same_station(tmp_path: Path) -> None:
    """One station would be counted as two in a mean over the stations."""
    paths = [
        station(tmp_path, HEAD + ROWS[:1], "metoffice_monthly_oxford.txt"),
        station(tmp_path, HEAD + ROWS[1:]),
    ]
    frame = read_reference("metoffice_monthly_weather", paths)
    assert set(frame["station_id"]) == {"oxford"}


@pytest.mark.parametrize(
    ("lines", "name", "message"),
    [
        (ROWS, "a.txt", "no line names the columns"),
        ([HEAD[0], *HEAD[2:], *ROWS], "a.txt", "easting and northing"),
        (
            [*HEAD, "   2024  13    4.4    -1.4      20     1.0    78.1"],
            "a.txt",
            "line 6 has a month outside",
        ),
        ([*HEAD, ROWS[0], "   2024   1    4.4    -1.4      20"], "a.txt", "line 7 is not a month"),
        (
            [*HEAD, "   2024   1    4.4    -1.4      20     1.0    78.1   9.9"],
            "a.txt",
            "line 6 is not a month",
        ),
        ([*HEAD, "   2024   1    n/a    -1.4      20     1.0    78.1"], "a.txt", "line 6 is not a month"),
        (HEAD + ROWS, "1.txt", "does not begin with the station's id"),
        (HEAD, "a.txt", "a header and no record"),
    ],
)
def test_a_file_that_is_no_station_is_named(
    tmp_path: Path, lines: list[str], name: str, message: str
) -> None:
    """A column more or less would turn rain into sunshine."""
    with pytest.raises(SourceError, match=rf"{name}: .*{message}"):
        read_reference("metoffice_monthly_weather", [station(tmp_path, lines, name)])
