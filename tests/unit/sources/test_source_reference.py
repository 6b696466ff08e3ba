"""The catalogue of reference data: fetched from its hosts, or found among downloaded files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from data_quality.schemas import VALIDATED_SCHEMAS
from orchestration.sources.catalogue import ArcgisLayer, NomisQuery, PublishedFiles
from orchestration.sources.describe import PAGE, contract
from orchestration.sources.endpoints import LIVE_ENDPOINTS, sandbox_endpoints
from orchestration.sources.reference import CATALOGUE, fetch_reference, find_reference
from orchestration.sources.reference_readers import PANDAS_TYPES, READERS
from orchestration.sources.types import SourceError

OFFICIAL_FILES = {
    "ons_lsoa_2021_boundaries": "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5_123.gpkg",
    "ons_lsoa_2011_2021_lookup": (
        "LSOA_(2011)_to_LSOA_(2021)_to_Local_Authority_District_(2022)_Exact_Fit_Lookup_for_EW_(V3).csv"
    ),
    "ons_lsoa_2021_centroids": "LLSOA_Dec_2021_PWC_for_England_and_Wales_2022_1028145039677403461.csv",
    "ons_lsoa_2021_wards": "LSOA_(2021)_to_Electoral_Ward_(2024)_to_LAD_(2024)_Best_Fit_Lookup_in_EW.csv",
    "ons_lad_police_forces": (
        "Local_Authority_District_to_Community_Safety_Partnership_to_Police_Force_Areas_(December_2024)_Lookup.csv"
    ),
    "nomis_population": "nomis_population_2022.csv",
    "nomis_ethnicity": "census2021-ts021-lsoa.csv",
    "nomis_age_sex": "nomis_age_sex_2024.csv",
    "iod_2019": "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
    "iod_2025": "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
    "gla_town_centres": "Town_Centres_Boundaries.gpkg",
    "govuk_bank_holidays": "bank-holidays.json",
    "metoffice_monthly_weather": "heathrowdata.txt",
}


def put(folder: Path, *names: str) -> None:
    """Put files with these names into subfolders."""
    for name in names:
        path = folder / "downloads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_every_dataset_has_terms_and_a_reader() -> None:
    """A dataset would be published without its licence, or landed and never read."""
    assert set(CATALOGUE) == set(READERS) == set(OFFICIAL_FILES)
    for dataset in CATALOGUE.values():
        assert "Open Government Licence" in dataset.licence
        assert "Source: " in dataset.attribution
        assert dataset.home_page.startswith("https://") and dataset.vintage
    assert [slug for slug, dataset in CATALOGUE.items() if dataset.is_optional] == [
        "gla_town_centres",
        "nomis_age_sex",
        "govuk_bank_holidays",
        "metoffice_monthly_weather",
    ]


@pytest.mark.parametrize("slug", CATALOGUE)
def test_the_declared_columns_are_those_that_the_gate_expects(slug: str) -> None:
    """The contract that people read would differ from what is enforced."""
    kinds = {
        "string": "text",
        "int32": "integer",
        "int64": "bigint",
        "double": "double",
        "bool": "boolean",
        "date32[day]": "date",
        "binary": "binary",
    }
    expected = [(field.name, kinds[str(field.type)]) for field in VALIDATED_SCHEMAS[slug]]
    dataset = CATALOGUE[slug]
    assert [(column.name, column.type) for column in dataset.columns] == expected
    assert {column.type for column in dataset.columns} <= set(PANDAS_TYPES)
    assert set(dataset.key) <= {column.name for column in dataset.columns}
    assert all(column.meaning for column in dataset.columns)
    measures = ("_m", "_c", "_mm", "_hours", "_days", "_count")
    assert all(column.unit for column in dataset.columns if column.name.endswith(measures))


def test_the_written_contract_is_up_to_date() -> None:
    """A page that nobody wrote again tells readers of columns that are gone."""
    assert PAGE.read_text(encoding="utf-8") == contract(), "run python -m orchestration.sources.describe"


def test_only_the_base_address_tells_sandbox_from_live() -> None:
    """The sandbox would be fetched by another code path than the live hosts."""
    sandbox = sandbox_endpoints("http://127.0.0.1:8099/")
    assert sandbox.nomis == "http://127.0.0.1:8099/nomis"
    assert sandbox.police_uk == "http://127.0.0.1:8099/police-uk"
    assert LIVE_ENDPOINTS.police_uk == "https://data.police.uk"


@pytest.mark.parametrize("slug", CATALOGUE)
def test_each_dataset_is_fetched_from_its_host(
    host: Any, session: requests.Session, answer: Any, slug: str
) -> None:
    """A dataset would be asked for at another host, or under another path."""
    source, base = CATALOGUE[slug].source, sandbox_endpoints(host.url)
    if isinstance(source, ArcgisLayer):
        where = "arcgis" if source.host == "arcgis" else "gla"
        page = json.dumps({"features": [{"attributes": {"ROW": 1}}]}).encode()
        host.answer(f"/{where}/{source.path}", answer(b'{"objectIdField": "ROW"}'))
        count = answer(b'{"count": 1}')
        host.answer(f"/{where}/{source.path}/query", count, answer(page), count)
    elif isinstance(source, NomisQuery):
        page = b'"OBS_VALUE"\n1\n'
        host.answer(f"/nomis/api/v01/dataset/{source.dataset_id}.data.csv", answer(page))
    else:
        assert isinstance(source, PublishedFiles)
        page = b"content"
        for path, _ in source.files:
            host.answer(f"/{source.host}/{path}", answer(page))
    fetched = fetch_reference(slug, base, session)
    expected = len(source.files) if isinstance(source, PublishedFiles) else 1
    assert [file.content for file in fetched] == [page] * expected
    assert fetched[0].release == CATALOGUE[slug].vintage


@pytest.mark.parametrize("slug", OFFICIAL_FILES)
def test_files_are_found_under_their_published_names(tmp_path: Path, slug: str) -> None:
    """A folder of official downloads would be refused."""
    put(tmp_path, *OFFICIAL_FILES.values(), "README.md", "File_8_IoD2025_Underlying_Indicators.xlsx")
    assert [file.name for file in find_reference(slug, tmp_path)] == [OFFICIAL_FILES[slug]]


def test_a_shape_of_several_files_must_be_whole(tmp_path: Path) -> None:
    """Ranks without their populations would be taken for the whole dataset."""
    put(tmp_path, "File_2_-_IoD2019_Domains_of_Deprivation.csv.gz")
    with pytest.raises(SourceError, match=r"file_7.*file_2.* with file_6"):
        find_reference("iod_2019", tmp_path)
    put(tmp_path, "File_6_-_IoD2019_Population_Denominators.csv.gz")
    assert len(find_reference("iod_2019", tmp_path)) == 2


def test_the_better_shape_wins(tmp_path: Path) -> None:
    """Rebuilt scores would be used although the published ones are there."""
    put(tmp_path, "File_2_-_IoD2019_D.csv", "File_6_-_IoD2019_P.csv", OFFICIAL_FILES["iod_2019"])
    assert [file.name for file in find_reference("iod_2019", tmp_path)] == [OFFICIAL_FILES["iod_2019"]]


def test_a_missing_required_dataset_names_what_was_looked_for(tmp_path: Path) -> None:
    """The operator would have to read the code to learn which file is wanted."""
    with pytest.raises(
        SourceError, match=r"no file of nomis_population .*nm_2014_1\*\.csv\*; or .*Remedy: download"
    ):
        find_reference("nomis_population", tmp_path)


def test_a_missing_optional_dataset_is_none(tmp_path: Path) -> None:
    """Forces outside London have no town centres and would not run."""
    assert find_reference("gla_town_centres", tmp_path) == []


def test_parts_are_taken_as_far_as_they_are_there(tmp_path: Path) -> None:
    """A folder with the stations of one region would have to hold those of the whole country."""
    put(tmp_path, "heathrowdata.txt", "metoffice_monthly_oxford.txt", "otherdata.txt")
    found = find_reference("metoffice_monthly_weather", tmp_path)
    assert [file.name for file in found] == ["heathrowdata.txt", "metoffice_monthly_oxford.txt"]
    put(tmp_path, "bank-holidays_2015.json", "bank-holidays_2019.json")
    assert len(find_reference("govuk_bank_holidays", tmp_path)) == 2
    put(tmp_path, "bank-holidays.json")
    assert [file.name for file in find_reference("govuk_bank_holidays", tmp_path)] == ["bank-holidays.json"]


def test_two_candidates_are_refused(tmp_path: Path) -> None:
    """Which of two editions was used would be chance."""
    put(tmp_path, "old/File_7_IoD2025_All.csv", "new/File_7_IoD2025_All.csv")
    with pytest.raises(SourceError, match=r"more than one file fits .*new.*old"):
        find_reference("iod_2025", tmp_path)


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    """Remains of a copy program would make a dataset ambiguous."""
    put(tmp_path, ".trash/File_7_IoD2025_All.csv", "File_7_IoD2025_All.csv")
    assert len(find_reference("iod_2025", tmp_path)) == 1


def test_an_unknown_dataset_is_named(tmp_path: Path) -> None:
    """A misspelt slug would surface as a KeyError."""
    with pytest.raises(SourceError, match="iod_2004: it is not in the catalogue"):
        find_reference("iod_2004", tmp_path)
