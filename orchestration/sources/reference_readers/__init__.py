"""Reads landed reference files of any known shape into one canonical table per dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.reference_readers.age_sex import read_age_sex
from orchestration.sources.reference_readers.bank_holidays import read_bank_holidays
from orchestration.sources.reference_readers.census import read_ethnicity, read_population
from orchestration.sources.reference_readers.deprivation import read_deprivation
from orchestration.sources.reference_readers.geometry import read_boundaries, read_town_centres
from orchestration.sources.reference_readers.lookups import (
    read_centroids,
    read_lsoa_lookup,
    read_police_forces,
    read_wards,
)
from orchestration.sources.reference_readers.weather import read_weather
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PANDAS_TYPES", "READERS", "read_reference"]

# How each declared type is held in a frame; whole numbers can be missing.
PANDAS_TYPES = {
    "text": "str",
    "integer": "Int32",
    "bigint": "Int64",
    "double": "float64",
    "boolean": "bool",
    "date": "datetime64[s]",
    "binary": "object",
}
READERS: dict[str, Callable[[Sequence[Path]], pd.DataFrame]] = {
    "ons_lsoa_2021_boundaries": read_boundaries,
    "ons_lsoa_2011_2021_lookup": read_lsoa_lookup,
    "ons_lsoa_2021_centroids": read_centroids,
    "ons_lsoa_2021_wards": read_wards,
    "ons_lad_police_forces": read_police_forces,
    "nomis_population": read_population,
    "nomis_ethnicity": read_ethnicity,
    "nomis_age_sex": read_age_sex,
    "iod_2019": partial(read_deprivation, code_column="lsoa_2011_code"),
    "iod_2025": partial(read_deprivation, code_column="lsoa_2021_code"),
    "gla_town_centres": read_town_centres,
    "govuk_bank_holidays": read_bank_holidays,
    "metoffice_monthly_weather": read_weather,
}


def read_reference(dataset: str, files: Sequence[Path]) -> pd.DataFrame:
    """Read a reference dataset into its canonical table, whichever upstream variant the files are.

    Parameters
    ----------
    dataset
        Slug in the catalogue.
    files
        The landed files, in order of name.

    Returns
    -------
    pandas.DataFrame
        The columns that the catalogue declares, typed, in order of the key. Whole numbers are nullable.

    Raises
    ------
    SourceError
        When the dataset is unknown, no file is given, a file cannot be read, a column is missing or unknown,
        or a number is none; the message names file, column and remedy.
    """
    if dataset not in READERS or not files:
        raise SourceError(
            dataset,
            "there is no reader, or no file, for it",
            f"name one of {', '.join(READERS)} and land its files first",
        )
    described = CATALOGUE[dataset]
    frame = READERS[dataset](files)
    if frame.empty:
        raise SourceError(str(files[0]), "the file has a header and no record", "fetch the dataset again")
    types = {column.name: PANDAS_TYPES[column.type] for column in described.columns}
    return (
        frame[list(types)]
        .astype(types)
        .sort_values(list(described.key), kind="stable")
        .reset_index(drop=True)
    )
