"""Reads landed reference files of any known shape into one canonical table per dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.reference_readers.census import read_ethnicity, read_population
from orchestration.sources.reference_readers.deprivation import DOMAIN_WEIGHTS, read_deprivation
from orchestration.sources.reference_readers.geometry import read_boundaries, read_town_centres
from orchestration.sources.reference_readers.lookups import (
    read_centroids,
    read_lsoa_lookup,
    read_police_forces,
    read_wards,
)
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMAS", "read_reference"]

_TEXT, _INTEGER, _BIGINT, _DOUBLE, _BOOLEAN, _BLOB = "str", "Int32", "Int64", "float64", "bool", "object"


@dataclass(frozen=True)
class _Schema:
    """Columns with their pandas types, and the key by which the rows are sorted."""

    read: Callable[[Sequence[Path]], pd.DataFrame]
    key: tuple[str, ...]
    columns: dict[str, str]


def _deprivation_columns(code: str) -> dict[str, str]:
    return {
        code: _TEXT,
        "imd_score": _DOUBLE,
        "imd_score_basis": _TEXT,
        "imd_rank": _INTEGER,
        "imd_decile": _INTEGER,
        **dict.fromkeys(DOMAIN_WEIGHTS, _INTEGER),
        "population_count": _BIGINT,
    }


SCHEMAS: dict[str, _Schema] = {
    "ons_lsoa_2021_boundaries": _Schema(
        read_boundaries,
        ("lsoa_2021_code",),
        {
            "lsoa_2021_code": _TEXT,
            "lsoa_2021_name": _TEXT,
            "is_point_in_polygon_grade": _BOOLEAN,
            "geometry_wkb": _BLOB,
        },
    ),
    "ons_lsoa_2011_2021_lookup": _Schema(
        read_lsoa_lookup,
        ("lsoa_2011_code", "lsoa_2021_code"),
        {
            "lsoa_2011_code": _TEXT,
            "lsoa_2011_name": _TEXT,
            "lsoa_2021_code": _TEXT,
            "lsoa_2021_name": _TEXT,
            "change_indicator": _TEXT,
            "lad_2022_code": _TEXT,
            "lad_2022_name": _TEXT,
        },
    ),
    "ons_lsoa_2021_centroids": _Schema(
        read_centroids,
        ("lsoa_2021_code",),
        {"lsoa_2021_code": _TEXT, "easting_m": _DOUBLE, "northing_m": _DOUBLE},
    ),
    "ons_lsoa_2021_wards": _Schema(
        read_wards,
        ("lsoa_2021_code",),
        {
            "lsoa_2021_code": _TEXT,
            "lsoa_2021_name": _TEXT,
            "ward_2024_code": _TEXT,
            "ward_2024_name": _TEXT,
            "lad_2024_code": _TEXT,
            "lad_2024_name": _TEXT,
        },
    ),
    "ons_lad_police_forces": _Schema(
        read_police_forces,
        ("lad_2024_code",),
        {
            "lad_2024_code": _TEXT,
            "lad_2024_name": _TEXT,
            "police_force_area_code": _TEXT,
            "police_force_area_name": _TEXT,
        },
    ),
    "nomis_population": _Schema(
        read_population,
        ("lsoa_2021_code", "population_year"),
        {"lsoa_2021_code": _TEXT, "population_year": _INTEGER, "population_count": _BIGINT},
    ),
    "nomis_ethnicity": _Schema(
        read_ethnicity,
        ("lsoa_2021_code", "ethnic_group"),
        {"lsoa_2021_code": _TEXT, "ethnic_group": _TEXT, "resident_count": _BIGINT},
    ),
    "iod_2019": _Schema(
        partial(read_deprivation, code_column="lsoa_2011_code"),
        ("lsoa_2011_code",),
        _deprivation_columns("lsoa_2011_code"),
    ),
    "iod_2025": _Schema(
        partial(read_deprivation, code_column="lsoa_2021_code"),
        ("lsoa_2021_code",),
        _deprivation_columns("lsoa_2021_code"),
    ),
    "gla_town_centres": _Schema(
        read_town_centres,
        ("town_centre_name", "classification", "geometry_wkb"),
        {"town_centre_name": _TEXT, "classification": _TEXT, "geometry_wkb": _BLOB},
    ),
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
        The columns of :data:`SCHEMAS`, typed, in order of the key. Whole numbers are nullable.

    Raises
    ------
    SourceError
        When the dataset is unknown, no file is given, a file cannot be read, a column is missing or unknown,
        or a number is none; the message names file, column and remedy.
    """
    if dataset not in SCHEMAS or not files:
        raise SourceError(
            dataset,
            "there is no reader, or no file, for it",
            f"name one of {', '.join(SCHEMAS)} and land its files first",
        )
    schema = SCHEMAS[dataset]
    frame = schema.read(files)
    if frame.empty:
        raise SourceError(str(files[0]), "the file has a header and no record", "fetch the dataset again")
    return (
        frame[list(schema.columns)]
        .astype(schema.columns)
        .sort_values(list(schema.key), kind="stable")
        .reset_index(drop=True)
    )
