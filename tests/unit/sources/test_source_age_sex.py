"""Residents by sex and year of age: names of ages are read, and anything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.sources.catalogue import CATALOGUE, NomisQuery
from orchestration.sources.reference_readers import read_reference
from orchestration.sources.types import SourceError
from tests.unit.sources.reference_files import csv_of, write


def cells(ages: list[str], sex: str = "Male", code: str = "E06000055") -> str:
    """Return a page of one district."""
    return csv_of(
        {
            "GEOGRAPHY_CODE": [code] * len(ages),
            "GEOGRAPHY_NAME": "Bedford",
            "DATE_NAME": 2024,
            "GENDER_NAME": sex,
            "C_AGE_NAME": ages,
            "OBS_VALUE": [f"1,0{place:02d}" for place in range(len(ages))],
            "RECORD_COUNT": len(ages),
        }
    )


def test_ages_are_read_in_every_documented_spelling(tmp_path: Path) -> None:
    """Infants or the oldest would be missing, since their names differ from the others'."""
    pages = [
        write(tmp_path, "page-0001.csv", cells(["Age 0", "Aged 1", "age  10", "Age 89", "Aged 90+"])),
        write(tmp_path, "page-0002.csv", cells(["Age 90+"], "Female")),
    ]
    frame = read_reference("nomis_age_sex", pages)
    male = frame[frame["sex"] == "Male"]
    assert male["age_years"].tolist() == [0, 1, 10, 89, 90]
    assert male["resident_count"].tolist() == [1000, 1001, 1002, 1003, 1004]
    assert frame[frame["sex"] == "Female"]["age_years"].tolist() == [90]


@pytest.mark.parametrize(
    "age", ["All Ages", "Aged 0 to 15", "Aged 85+", "Aged 90", "Age 91", "Age 100", "10", "Aged 16+", ""]
)
def test_what_is_no_year_of_age_is_refused(tmp_path: Path, age: str) -> None:
    """A total or a band beside its years would count residents twice, and another open age lose some."""
    text = cells(["Age 3", age])
    with pytest.raises(SourceError, match=r"C_AGE_NAME holds .* in record 2, .* Remedy: select gender=1,2"):
        read_reference("nomis_age_sex", [write(tmp_path, "nomis_age_sex.csv", text)])


@pytest.mark.parametrize("sex", ["Total", "1", ""])
def test_what_is_no_sex_is_refused(tmp_path: Path, sex: str) -> None:
    """A total beside the sexes would double the residents of every age."""
    with pytest.raises(SourceError, match=r"GENDER_NAME holds .* neither Male nor Female"):
        read_reference("nomis_age_sex", [write(tmp_path, "nomis_age_sex.csv", cells(["Age 3"], sex))])


def test_the_year_is_the_last_of_the_populations() -> None:
    """Rates by age would be over other residents than rates by area."""
    sources = [CATALOGUE[name].source for name in ("nomis_population", "nomis_age_sex")]
    assert all(isinstance(source, NomisQuery) for source in sources)
    years = [dict(source.selection)["date"] for source in sources if isinstance(source, NomisQuery)]
    assert years[0].split(",")[-1] == years[1]
