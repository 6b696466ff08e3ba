"""The readers against the real files, when they are there; known totals, and scores rebuilt to 0.001."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.police_uk.archive import FolderArchive
from orchestration.sources.police_uk.reader import count_records, read_police_csv
from orchestration.sources.reference import find_reference
from orchestration.sources.reference_readers import read_reference
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files


def read(dataset: str) -> pd.DataFrame:
    """Read a reference dataset where it lies."""
    return read_reference(dataset, [Path(file.url) for file in find_reference(dataset, REAL_FILES)])


def test_every_published_record_is_read() -> None:
    """A parser that drops records would change every total by force."""
    archive = FolderArchive(REAL_FILES / "police" / "archive")
    counted: Counter[str] = Counter()
    for (partition, kind), member in archive.members().items():
        if kind != "street":
            continue
        path = REAL_FILES / "police" / "archive" / member.path
        parsed = read_police_csv(path, kind)
        assert parsed.problem is None
        assert parsed.record_count == count_records(path.read_bytes(), path.name)
        counted[partition.force] += len(parsed.frame)
    assert counted == {"bedfordshire": 130_890, "avon-and-somerset": 261_809, "city-of-london": 50_105}


def test_lookups_cover_england_and_wales() -> None:
    """A truncated or wrong edition would leave LSOAs without a successor."""
    lookup = read("ons_lsoa_2011_2021_lookup")
    assert dict(Counter(lookup["change_indicator"])) == {"U": 33_647, "S": 1_900, "M": 239, "X": 10}
    assert len(read("ons_lsoa_2021_centroids")) == len(read("ons_lsoa_2021_wards")) == 35_672
    assert read("ons_lad_police_forces")["police_force_area_code"].nunique() == 43


def test_boundaries_are_good_in_london_and_complete_elsewhere() -> None:
    """Crimes in London would be placed by the simplified polygons."""
    frame = read("ons_lsoa_2021_boundaries")
    assert (len(frame), int(frame["is_point_in_polygon_grade"].sum())) == (35_672, 4_994)
    assert frame["lsoa_2021_code"].is_unique


def test_residents_add_up() -> None:
    """Census 2021 counted 59.6 million usual residents in England and Wales."""
    assert int(read("nomis_ethnicity")["resident_count"].sum()) == pytest.approx(59_597_600, abs=1_000)
    population = read("nomis_population")
    assert population.groupby("population_year").size().to_dict() == dict.fromkeys(range(2011, 2023), 35_672)


def test_bank_holidays_of_three_files_are_joined() -> None:
    """A year lost between two windows, or a holiday counted twice, changes months' totals of days off."""
    frame = read("govuk_bank_holidays")
    days = frame[frame["division"] == "england-and-wales"]["holiday_date"]
    usual = dict.fromkeys(range(2015, 2029), 8)
    # The jubilee and the state funeral, then the coronation.
    assert days.dt.year.value_counts().to_dict() == usual | {2022: 10, 2023: 9}
    # Moved by law from the Monday to the Friday before.
    assert pd.Timestamp("2020-05-08") in set(days) and pd.Timestamp("2020-05-04") not in set(days)
    assert frame.groupby("division").size().to_dict() == {
        "england-and-wales": 115,
        "northern-ireland": 143,
        "scotland": 130,
    }


def test_every_month_of_every_station_is_read() -> None:
    """A head of another length, or a mark beside a number, would drop months or shift columns."""
    frame = read("metoffice_monthly_weather")
    months = frame.groupby("station_id").agg(
        count=("weather_month", "size"),
        first=("weather_month", "min"),
        last=("weather_month", "max"),
        provisional=("is_provisional", "sum"),
    )
    assert months["count"].to_dict() == {"cambridge": 806, "cardiff": 582, "heathrow": 938, "oxford": 2_078}
    assert months["first"].dt.strftime("%Y-%m").tolist() == ["1959-01", "1977-09", "1948-01", "1853-01"]
    assert set(months["last"].dt.strftime("%Y-%m")) == {"2026-02"}
    assert (months["provisional"] == 14).all()
    september = frame[(frame["station_id"] == "cardiff") & (frame["weather_month"] == "2025-09-01")].iloc[0]
    assert september[["temperature_max_c", "rain_mm"]].tolist() == [19.0, 194.2]
    assert pd.isna(september["sunshine_hours"])
    heathrow = frame[frame["station_id"] == "heathrow"].iloc[0]
    assert (heathrow["easting_m"], heathrow["northing_m"]) == (507_800.0, 176_700.0)


def test_scores_rebuilt_from_ranks_agree_with_those_published_for_london() -> None:
    """The method or a weight would be wrong, and with it every comparison by deprivation."""
    rebuilt = read("iod_2019")
    assert len(rebuilt) == 32_844
    assert set(rebuilt["imd_score_basis"]) == {"rebuilt_from_domain_ranks"}
    published = pd.read_excel(
        REAL_FILES / "imd" / "ID_2019_for_London.xlsx", sheet_name="IMD 2019"
    ).set_index("LSOA code (2011)")["Index of Multiple Deprivation (IMD) Score"]
    both = rebuilt.set_index("lsoa_2011_code")["imd_score"].reindex(published.index)
    assert len(published) == 4_835
    assert (both - published).abs().max() < 0.001


def test_the_index_of_2025_is_published_and_complete() -> None:
    """A known row: City of London 001A has score 8.742 and rank 26,525."""
    frame = read("iod_2025").set_index("lsoa_2021_code")
    assert len(frame) == 33_755
    known = frame.loc[["E01000001"], ["imd_score", "imd_rank", "imd_decile"]]
    assert known.to_numpy().tolist() == [[8.742, 26_525, 8]]
