"""The suites on real files of four forces and on real reference data: known quirks only warn."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from data_quality.gate import run_gate
from data_quality.schemas import PUBLISHED_COLUMNS
from orchestration.sources.reference import find_reference
from orchestration.sources.reference_readers import read_reference
from tests.real_files import REAL_FILES, needs_real_files

DATASETS = {
    "street": "police_street",
    "outcomes": "police_outcomes",
    "stop-and-search": "police_stop_and_search",
}
NAME = re.compile(r"^(\d{4}-\d{2})-(.+?)-(street|outcomes|stop-and-search)\.csv(?:\.gz)?$")
KNOWN_WARNINGS = {"crime_id_repeats", "share_unlocated", "full_row_repeats"}

pytestmark = needs_real_files


def _files(kind: str) -> list[Path]:
    return sorted(path for path in (REAL_FILES / "police").rglob("*.csv*") if f"-{kind}.csv" in path.name)


def _judge(path: Path):
    month, force, kind = NAME.match(path.name).groups()
    dataset = DATASETS[kind]
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    frame.columns = list(PUBLISHED_COLUMNS[dataset])
    frame = frame.assign(
        partition_month=month,
        force_slug=force,
        source_file=path.name,
        source_row=range(1, len(frame) + 1),
        data_version="ab" * 32,
        release=None,
    )
    return run_gate(
        dataset,
        frame,
        partition={"month": month, "force": force},
        data_version="ab" * 32,
        record_count_landed=len(frame),
    )


@pytest.mark.parametrize("kind", list(DATASETS))
def test_real_police_files_pass_with_known_warnings_only(kind):
    """A rule that real months break is wrong about the world, and would withhold good data every month."""
    paths = _files(kind)
    assert paths
    for path in paths:
        outcome = _judge(path)
        assert outcome.verdict.status == "passed", f"{path.name}: {outcome.verdict.reason}"
        rejected = outcome.quarantined[["source_row", "rule", "value"]].to_dict("records")
        assert rejected == [], f"{path.name}: {rejected[:3]}"
        warned = {result.rule for result in outcome.verdict.rules if not result.success}
        assert warned <= KNOWN_WARNINGS, f"{path.name}: {warned}"


def test_file_with_every_search_twice_is_noticed():
    """City of London, July 2020, holds each of its 259 searches twice."""
    path = next(path for path in _files("stop-and-search") if path.name.startswith("2020-07-city-of-london"))
    results = {result.rule: result for result in _judge(path).verdict.rules}
    assert not results["full_row_repeats"].success
    assert results["full_row_repeats"].unexpected_count == 518


def _change_lookup() -> pd.DataFrame:
    raw = pd.read_csv(REAL_FILES / "lookups" / "LSOA11_LSOA21_LAD22_exact_fit_lookup_EW_V3.csv.gz", dtype=str)
    columns = ["LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND", "LAD22CD", "LAD22NM"]
    names = ["lsoa_2011_code", "lsoa_2011_name", "lsoa_2021_code", "lsoa_2021_name", "change_indicator"]
    return raw[columns].set_axis([*names, "lad_2022_code", "lad_2022_name"], axis=1)


def _wards() -> pd.DataFrame:
    raw = pd.read_csv(REAL_FILES / "lookups" / "LSOA21_WD24_LAD24_best_fit_lookup_EW.csv.gz", dtype=str)
    columns = ["LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM"]
    names = ["lsoa_2021_code", "lsoa_2021_name", "ward_2024_code", "ward_2024_name", "lad_2024_code"]
    return raw[columns].set_axis([*names, "lad_2024_name"], axis=1)


def _police_forces() -> pd.DataFrame:
    raw = pd.read_csv(REAL_FILES / "lookups" / "ltla24_csp24_pfa24.csv.gz", dtype=str)
    columns = ["ltla24_code", "ltla24_name", "pfa24_code", "pfa24_name"]
    names = ["lad_2024_code", "lad_2024_name", "police_force_area_code", "police_force_area_name"]
    # A district with several community safety partnerships has a row for each.
    return raw[columns].set_axis(names, axis=1).drop_duplicates(ignore_index=True)


def _centroids() -> pd.DataFrame:
    raw = pd.read_csv(REAL_FILES / "lookups" / "LSOA21_population_weighted_centroids_EW.csv.gz")
    return raw[["LSOA21CD", "x", "y"]].set_axis(["lsoa_2021_code", "easting_m", "northing_m"], axis=1)


def _ethnicity() -> pd.DataFrame:
    raw = pd.read_csv(REAL_FILES / "census" / "ethnicity21_lsoa21.csv.gz")
    return pd.DataFrame(
        {
            "lsoa_2021_code": raw["lsoa21_code"],
            "ethnic_group": raw["ethnic_group"].str.extract(r"^(\w+)")[0],
            "resident_count": raw["n"],
        }
    )


def _population() -> pd.DataFrame:
    raw = pd.read_parquet(REAL_FILES / "population" / "LSOA21_mid2011_to_mid2022_population_density.parquet")
    return pd.DataFrame(
        {
            "lsoa_2021_code": raw["LSOA 2021 Code"],
            "population_year": 2022,
            "population_count": raw["Mid-2022: Population"],
        }
    )


def _deprivation_2025() -> pd.DataFrame:
    raw = pd.read_csv(REAL_FILES / "imd" / "imd2025_england_lsoa21.csv.gz")
    return pd.DataFrame(
        {
            "lsoa_2021_code": raw["lsoa21_code"],
            "imd_score": raw["IMD_score"],
            "imd_score_basis": "published",
            "imd_rank": raw["IMD_rank"],
            "imd_decile": raw["IMD_decile"],
            "income_rank": raw["Income_rank"],
            "employment_rank": raw["Employment_rank"],
            "education_rank": raw["Education_rank"],
            "health_rank": raw["Health_rank"],
            "crime_rank": raw["Crime_rank"],
            "housing_rank": raw["Housing_and_Services_rank"],
            "environment_rank": raw["Environment_rank"],
            "population_count": None,
        }
    )


def _as_read(dataset: str) -> pd.DataFrame:
    return read_reference(dataset, [Path(file.url) for file in find_reference(dataset, REAL_FILES)])


@pytest.mark.parametrize(
    ("dataset", "read"),
    [
        ("ons_lsoa_2011_2021_lookup", _change_lookup),
        ("ons_lsoa_2021_wards", _wards),
        ("ons_lad_police_forces", _police_forces),
        ("ons_lsoa_2021_centroids", _centroids),
        ("nomis_ethnicity", _ethnicity),
        ("nomis_population", _population),
        ("iod_2025", _deprivation_2025),
        ("govuk_bank_holidays", partial(_as_read, "govuk_bank_holidays")),
        ("metoffice_monthly_weather", partial(_as_read, "metoffice_monthly_weather")),
    ],
)
def test_real_reference_data_pass(dataset, read):
    """Reference data are whole or nothing, so one false alarm would stop the pipeline."""
    frame = read()
    outcome = run_gate(dataset, frame, partition=None, data_version="ab" * 32, record_count_landed=len(frame))
    assert outcome.verdict.status == "passed", outcome.verdict.reason
    assert len(outcome.accepted) == len(frame)
