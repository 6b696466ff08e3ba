"""The sandbox's residents by age and sex are those of its LSOAs, and are answered as Nomis answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orchestration.sandbox.ages import residents_by_age
from orchestration.sandbox.city import City, build_city
from orchestration.sandbox.nomis import NomisError, answer_dataset
from orchestration.sandbox.population import POPULATION_YEARS
from orchestration.sandbox.server import SandboxServer
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.http import make_session
from orchestration.sources.reference import fetch_reference
from orchestration.sources.reference_readers import read_reference

_BANDS = {"under 18": slice(0, 18), "65 and over": slice(65, None)}


def _rows(city: City, **params: str) -> list[list[str]]:
    text = answer_dataset(city, "NM_2014_1", params, 100_000)
    return [line.replace('"', "").split(",") for line in text.splitlines()[1:]]


def test_ages_and_sexes_add_up_to_the_residents_of_the_lsoas(small_city: City) -> None:
    """Rates by age and by area would have other residents below them, and the cross-check would be idle."""
    counts = residents_by_age(small_city)
    district = small_city.geography.lsoa_2021.district
    for year in range(len(POPULATION_YEARS)):
        by_district = np.bincount(district, small_city.people.residents[:, year]).astype(int)
        assert counts[:, year].sum(axis=(1, 2)).tolist() == by_district.tolist()
    assert counts.min() >= 0
    np.testing.assert_array_equal(counts, residents_by_age(build_city(small_city.plan)))


def test_the_structure_is_plausible(city: City) -> None:
    """Rates by age of an impossible city would teach nobody anything."""
    male, female = residents_by_age(city)[:, -1].sum(axis=0)
    everyone = male + female
    shares = {name: everyone[ages].sum() / everyone.sum() for name, ages in _BANDS.items()}
    assert 0.16 < shares["under 18"] < 0.26 and 0.15 < shares["65 and over"] < 0.25
    assert male[0] > female[0] and male[90] < 0.6 * female[90]
    assert 0.47 < male.sum() / everyone.sum() < 0.51


def test_the_catalogue_reads_every_cell_page_by_page(
    server: SandboxServer, small_city: City, tmp_path: Path
) -> None:
    """A cap on cells would cut the last districts off, and nobody would see it."""
    pages = fetch_reference("nomis_age_sex", sandbox_endpoints(server.base_url), make_session())
    assert len(pages) == 10, "5 districts, 2 sexes and 91 ages, 100 cells a page"
    paths = []
    for page in pages:
        paths.append(tmp_path / page.name)
        paths[-1].write_bytes(page.content)
    frame = read_reference("nomis_age_sex", paths)
    counts = residents_by_age(small_city)[:, POPULATION_YEARS.index(2024)]
    assert frame.groupby("lad_2023_code").size().tolist() == [182] * 5
    # In the order of the key, Female comes first.
    assert frame["resident_count"].tolist() == counts[:, ::-1].ravel().tolist()
    assert frame["population_year"].unique().tolist() == [2024]


def test_selections_of_codes_ranges_and_totals_are_answered(small_city: City) -> None:
    """A client that asks for less must get just that, under the names that tell what it is."""
    select = "GEOGRAPHY_CODE,DATE_NAME,GENDER_NAME,C_AGE,C_AGE_NAME,OBS_VALUE"
    code = str(small_city.geography.district_code[1])
    asked = {"geography": code, "date": "2022,2024", "gender": "0,2", "c_age": "200,101...102,191"}
    rows = _rows(small_city, **asked, select=select)
    assert {row[0] for row in rows} == {code} and len(rows) == 2 * 2 * 4
    assert [row[4] for row in rows[:4]] == ["All Ages", "Age 0", "Age 1", "Aged 90+"]
    assert [row[3] for row in rows[:4]] == ["200", "101", "102", "191"]
    total = int(rows[0][5])
    district = small_city.geography.lsoa_2021.district
    assert rows[0][1:3] == ["2022", "Total"]
    assert total == small_city.people.residents[district == 1, POPULATION_YEARS.index(2022)].sum()
    with pytest.raises(NomisError, match="c_age: 192 is not held"):
        _rows(small_city, geography="TYPE424", c_age="192")
    with pytest.raises(NomisError, match="of LSOAs only"):
        _rows(small_city, geography="TYPE151", gender="1")
