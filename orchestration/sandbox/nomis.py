"""Speaks the CSV protocol of the Nomis API for population estimates and ethnic groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from orchestration.sandbox.ages import AGE_CODES, SEXES, age_columns
from orchestration.sandbox.city import City
from orchestration.sandbox.population import ETHNIC_GROUPS, POPULATION_YEARS

_LSOA_2021_TYPE = "TYPE151"
_DISTRICT_2023_TYPE = "TYPE424"
_RECORD_COLUMNS = ("RECORD_OFFSET", "RECORD_COUNT")
_NUMBERS = ("GEOGRAPHY", "GENDER", "C_AGE", "OBS_VALUE", *_RECORD_COLUMNS)


class NomisError(Exception):
    """A query that Nomis refuses, in the words of its body."""


@dataclass(frozen=True)
class _Cells:
    """The cells of a dataset, in the order in which they are answered."""

    columns: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.columns["OBS_VALUE"])

    def where(self, keep: np.ndarray) -> _Cells:
        return _Cells({name: values[keep] for name, values in self.columns.items()})


def answer_dataset(city: City, dataset: str, params: Mapping[str, str], cell_cap: int) -> str:
    """Answer ``<dataset>.data.csv``.

    Parameters
    ----------
    city
        The city.
    dataset
        ``NM_2014_1`` (population estimates) or ``NM_2041_1`` (Census 2021 ethnic group).
    params
        ``geography`` (codes, or any list with ``TYPE151`` in it; population estimates also for districts,
        by their codes or ``TYPE424``), ``date``, ``gender``, ``c_age``, ``c2021_eth_20``, ``measures``,
        ``select``, ``RecordLimit``, ``RecordOffset``; case does not matter.
    cell_cap
        Most cells of one answer; beyond it the answer is cut off and says nothing, as upstream does.

    Returns
    -------
    str
        CSV with a quoted upper-case header; text quoted, numbers not.

    Raises
    ------
    NomisError
        When the dataset is unknown or the selection names a column that it does not have.
    """
    asked = {name.lower(): value for name, value in params.items()}
    if dataset == "NM_2014_1":
        cells = _population(city, asked)
    elif dataset == "NM_2041_1":
        cells = _ethnicity(city, asked)
    else:
        raise NomisError(f"dataset {dataset} does not exist")
    if asked.get("measures", "20100") != "20100":
        raise NomisError("measures: only 20100 (value) is held")
    codes = cells.columns["GEOGRAPHY_CODE"]
    cells = cells.where(_is_asked(codes, asked.get("geography", _LSOA_2021_TYPE)))
    return _render(cells, asked, cell_cap)


def _population(city: City, asked: Mapping[str, str]) -> _Cells:
    districts = {_DISTRICT_2023_TYPE, *city.geography.district_code}
    if districts & {code.strip() for code in asked.get("geography", "").upper().split(",")}:
        return _population_by_age(city, asked)
    if asked.get("gender", "0") != "0" or asked.get("c_age", "200") != "200":
        raise NomisError("of LSOAs only gender=0 (total) and c_age=200 (all ages) are held")
    areas = len(city.geography.lsoa_2021.code)
    years = np.array([str(year) for year in _years(asked.get("date", "latest"))])
    index = [POPULATION_YEARS.index(int(year)) for year in years]
    return _cells(
        city,
        areas=np.tile(np.arange(areas), len(years)),
        date=np.repeat(years, areas),
        value=city.people.residents[:, index].T.ravel(),
        extra={"GENDER_NAME": "Total", "C_AGE_NAME": "All Ages"},
    )


def _population_by_age(city: City, asked: Mapping[str, str]) -> _Cells:
    chosen = {}
    for name, held in (("gender", tuple(SEXES)), ("c_age", AGE_CODES)):
        wanted = _numbers(asked[name]) if name in asked else set(held)
        if not wanted <= set(held):
            raise NomisError(f"{name}: {min(wanted - set(held))} is not held")
        chosen[name] = [code for code in held if code in wanted]
    years = _years(asked.get("date", "latest"))
    return _Cells(age_columns(city, years, chosen["gender"], chosen["c_age"]))


def _years(asked: str) -> list[int]:
    if asked == "latest":
        return [POPULATION_YEARS[-1]]
    wanted = _numbers(asked.replace("-", "..."))
    return [year for year in POPULATION_YEARS if year in wanted]


def _ethnicity(city: City, asked: Mapping[str, str]) -> _Cells:
    names = {0: "Total: All usual residents", **{code: name for code, name, _ in ETHNIC_GROUPS}}
    wanted = _numbers(asked.get("c2021_eth_20", ",".join(map(str, names))))
    codes = [code for code in names if code in wanted]
    counts = np.column_stack([city.people.ethnicity.sum(axis=1), city.people.ethnicity])
    index = [list(names).index(code) for code in codes]
    areas = len(counts)
    cells = _cells(
        city,
        areas=np.repeat(np.arange(areas), len(codes)),
        date=np.full(areas * len(codes), "2021"),
        value=counts[:, index].ravel(),
        extra={},
    )
    cells.columns["C2021_ETH_20"] = np.tile(np.array(codes, dtype=int), areas)
    cells.columns["C2021_ETH_20_NAME"] = np.tile(
        np.array([names[code] for code in codes], dtype=object), areas
    )
    return cells


def _numbers(asked: str) -> set[int]:
    """Read a list such as ``1001...1005,3``."""
    codes: set[int] = set()
    for part in asked.split(","):
        first, _, last = part.partition("...")
        codes.update(range(int(first), int(last or first) + 1))
    return codes


def _cells(
    city: City, areas: np.ndarray, date: np.ndarray, value: np.ndarray, extra: dict[str, str]
) -> _Cells:
    census = city.geography.lsoa_2021
    columns = {
        "DATE": date,
        "DATE_NAME": date,
        "DATE_CODE": date,
        "GEOGRAPHY": areas + 1_249_900_001,
        "GEOGRAPHY_NAME": census.name[areas],
        "GEOGRAPHY_CODE": census.code[areas],
        "MEASURES_NAME": np.full(len(areas), "Value"),
        "OBS_VALUE": value,
    }
    columns |= {name: np.full(len(areas), text) for name, text in extra.items()}
    return _Cells(columns)


def _is_asked(codes: np.ndarray, geography: str) -> np.ndarray:
    if _LSOA_2021_TYPE in geography.upper() or _DISTRICT_2023_TYPE in geography.upper():
        return np.ones(len(codes), dtype=bool)
    return np.isin(codes, [code.strip() for code in geography.split(",")])


def _render(cells: _Cells, asked: Mapping[str, str], cell_cap: int) -> str:
    total = len(cells)
    try:
        limit = min(int(asked.get("recordlimit", cell_cap)), cell_cap)
        offset = int(asked.get("recordoffset", 0))
    except ValueError as error:
        raise NomisError("RecordLimit and RecordOffset must be whole numbers") from error
    columns = dict(cells.columns)
    columns["RECORD_OFFSET"] = np.arange(total)
    columns["RECORD_COUNT"] = np.full(total, total)
    select = [name.strip().upper() for name in asked.get("select", ",".join(columns)).split(",")]
    unknown = [name for name in select if name not in columns]
    if unknown:
        raise NomisError(f"select: {unknown[0]} is not a column of the dataset")
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(select)
    page = slice(offset, offset + limit)
    writer.writerows(zip(*(_plain(name, columns[name][page]) for name in select), strict=True))
    return text.getvalue()


def _plain(name: str, values: np.ndarray) -> list:
    return [int(value) for value in values] if name in _NUMBERS else [str(value) for value in values]
