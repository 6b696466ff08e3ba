"""Residents: mid-year population estimates, and ethnic group from Census 2021."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.reference_readers.tables import (
    check_known,
    has_columns,
    pick_columns,
    read_attributes,
    to_whole,
)
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

# The five top groups of TS021, as ONS words them.
ETHNIC_GROUPS = {
    "Asian, Asian British or Asian Welsh": "Asian",
    "Black, Black British, Black Welsh, Caribbean or African": "Black",
    "Mixed or Multiple ethnic groups": "Mixed",
    "White": "White",
    "Other ethnic group": "Other",
}
# The catalogue's query begins here; what ends earlier is an older edition.
_FIRST_YEAR_NEEDED = 2022
_NOMIS_COLUMNS = r"(date|geography|gender|c_age|c2021_eth_20|measures|obs|record|urn)(_.*)?"
_NOMIS_POPULATION = {
    "lsoa_2021_code": "GEOGRAPHY_CODE",
    "population_year": "DATE_NAME",
    "population_count": "OBS_VALUE",
}
_NOMIS_ETHNICITY = {
    "lsoa_2021_code": "GEOGRAPHY_CODE",
    "ethnic_group": "C2021_ETH_20_NAME",
    "resident_count": "OBS_VALUE",
}
_TIDIED_ETHNICITY = {"lsoa_2021_code": "lsoa21_code", "ethnic_group": "ethnic_group", "resident_count": "n"}
_MID_YEAR = re.compile(r"mid-(20\d\d): population", re.IGNORECASE)
_BULK_GROUP = re.compile(r"ethnic group: (.+)", re.IGNORECASE)


def read_population(files: Sequence[Path]) -> pd.DataFrame:
    """Return the mid-year population of each LSOA 2021 and year, from Nomis pages or ONS's density table.

    Raises
    ------
    SourceError
        When a column, a value or the pages are not as published, a row repeats, or the estimates end early.
    """
    frame = _wide_population(files[0]) if files[0].suffix == ".parquet" else _nomis_population(files)
    frame = frame.assign(
        population_year=to_whole(frame["population_year"], files[0]).astype("Int32"),
        population_count=to_whole(frame["population_count"], files[0]),
    )
    _refuse_repeats(frame, ["lsoa_2021_code", "population_year"], files[0])
    latest = frame["population_year"].max()
    if latest < _FIRST_YEAR_NEEDED:
        raise SourceError(
            str(files[0]),
            f"its estimates end with mid-{latest}, "
            f"where the catalogue names mid-{_FIRST_YEAR_NEEDED} or later",
            "supply a later release; its home page is in docs/data_contracts/reference.md",
        )
    return frame


def read_ethnicity(files: Sequence[Path]) -> pd.DataFrame:
    """Return the residents of each LSOA 2021 in the five top ethnic groups of Census 2021 (TS021)."""
    frame = read_attributes(files)
    where = files[0]
    if has_columns(frame, ["geography code"]):
        frame = _bulk_ethnicity(frame, where)
    elif has_columns(frame, ["lsoa21_code"]):
        frame = pick_columns(frame, _TIDIED_ETHNICITY, "total_residents|prop", where)
    else:
        frame = pick_columns(frame, _NOMIS_ETHNICITY, _NOMIS_COLUMNS, where)
    frame = _top_groups(frame, where)
    frame = frame.assign(resident_count=to_whole(frame["resident_count"], where))
    _refuse_repeats(frame, ["lsoa_2021_code", "ethnic_group"], where)
    return frame


def _nomis_population(files: Sequence[Path]) -> pd.DataFrame:
    return pick_columns(read_attributes(files), _NOMIS_POPULATION, _NOMIS_COLUMNS, files[0])


def _wide_population(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        wide = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise SourceError(str(path), f"it cannot be read as Parquet ({error})", "fetch it again") from error
    years = {name: found[1] for name in wide.columns if (found := _MID_YEAR.fullmatch(str(name).strip()))}
    wanted = {"lsoa_2021_code": "LSOA 2021 Code"} | {year: name for name, year in years.items()}
    picked = pick_columns(wide, wanted, r"lsoa 2021 name|area sq km|mid-20\d\d: people per sq km", path)
    return picked.melt("lsoa_2021_code", var_name="population_year", value_name="population_count")


def _bulk_ethnicity(wide: pd.DataFrame, where: Path) -> pd.DataFrame:
    groups = {
        str(name): found[1] for name in wide.columns if (found := _BULK_GROUP.fullmatch(str(name).strip()))
    }
    check_known(
        [name for name in wide.columns if str(name) not in groups], "date|geography|geography code", where
    )
    long = wide.rename(columns=groups | {"geography code": "lsoa_2021_code"})
    return long.melt(
        "lsoa_2021_code", list(groups.values()), var_name="ethnic_group", value_name="resident_count"
    )


def _top_groups(frame: pd.DataFrame, where: Path) -> pd.DataFrame:
    # Totals, and the groups within a group ("White: Irish"), would count residents twice.
    names = frame["ethnic_group"].astype("str")
    top = frame[~names.str.contains(":", regex=False) & ~names.str.startswith("Total")]
    found = set(top["ethnic_group"])
    if found != set(ETHNIC_GROUPS):
        odd = sorted(map(str, found ^ set(ETHNIC_GROUPS)))
        raise SourceError(
            str(where),
            f"the ethnic groups are not the five of TS021; {odd[0]!r} is new or missing",
            "select the five top groups of table TS021 by LSOA 2021",
        )
    return top.assign(ethnic_group=top["ethnic_group"].map(ETHNIC_GROUPS))


def _refuse_repeats(frame: pd.DataFrame, key: list[str], where: Path) -> None:
    repeats = frame[frame.duplicated(key)]
    if len(repeats):
        shown = ", ".join(str(value) for value in repeats.iloc[0][key])
        raise SourceError(
            str(where),
            f"{shown} is there more than once",
            "select one figure for each area: all ages, both sexes, the value and not its percentage",
        )
