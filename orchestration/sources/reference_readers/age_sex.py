"""Residents of districts by sex and single year of age, from the mid-year population estimates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.reference_readers.tables import pick_columns, read_attributes, to_whole
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

#: The last age, which stands for itself and every later one.
OLDEST = 90
_COLUMNS = {
    "lad_2023_code": "GEOGRAPHY_CODE",
    "lad_2023_name": "GEOGRAPHY_NAME",
    "population_year": "DATE_NAME",
    "sex": "GENDER_NAME",
    "age_years": "C_AGE_NAME",
    "resident_count": "OBS_VALUE",
}
_IGNORED = r"(date|geography|gender|c_age|measures|obs|record|urn)(_.*)?"
_AGE = r"(?i)^aged?\s+(\d{1,2})(\+?)$"
_SEXES = {"male": "Male", "female": "Female"}
_REMEDY = "select gender=1,2 (no total) and c_age=101...191 (single years to 90+) on Nomis"


def read_age_sex(files: Sequence[Path]) -> pd.DataFrame:
    """Return the residents of each district of April 2023 by year, sex and year of age.

    The names of ages are read, not their codes: a name says what it counts, while that age n has the code
    101 + n is a custom of the dataset that nothing in an answer repeats.
    """
    where = files[0]
    frame = pick_columns(read_attributes(files), _COLUMNS, _IGNORED, where)
    return frame.assign(
        population_year=to_whole(frame["population_year"], where).astype("Int32"),
        sex=_sexes(frame["sex"], where),
        age_years=_ages(frame["age_years"], where),
        resident_count=to_whole(frame["resident_count"], where),
    )


def _sexes(names: pd.Series, where: Path) -> pd.Series:
    sexes = names.str.strip().str.casefold().map(_SEXES)
    _refuse(names, sexes.isna(), "neither Male nor Female", where)
    return sexes


def _ages(names: pd.Series, where: Path) -> pd.Series:
    """Read names such as ``Age 10`` and ``Aged 90+``; only the last age is open, and it must say so."""
    import pandas as pd

    found = names.str.strip().str.extract(_AGE)
    ages = pd.to_numeric(found[0], errors="coerce")
    is_open = found[1] == "+"
    is_wrong = ages.isna() | (ages > OLDEST) | (is_open != (ages == OLDEST))
    _refuse(names, is_wrong, f"no single year of age, nor the open one, {OLDEST}+", where)
    return ages.astype("Int32")


def _refuse(names: pd.Series, is_wrong: pd.Series, what: str, where: Path) -> None:
    if is_wrong.any():
        row = int(is_wrong.to_numpy().argmax())
        wrong = f"column {_COLUMNS[str(names.name)]} holds {names.iloc[row]!r} in record {row + 1}"
        raise SourceError(str(where), f"{wrong}, which is {what}", _REMEDY)
