"""The indices of deprivation: headers by pattern, scores published or rebuilt, other editions refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.sources.reference_readers import read_reference
from orchestration.sources.reference_readers.deprivation import DOMAIN_WEIGHTS, rebuild_imd_score
from orchestration.sources.types import SourceError
from tests.unit.sources.reference_files import csv_of, file_7, write


def test_file_7_is_read_by_the_pattern_of_its_headers(tmp_path: Path) -> None:
    """Positions shift between editions, and one header is cut short in one of them."""
    frame = read_reference("iod_2019", [write(tmp_path, "file_7.csv", csv_of(file_7()))])
    assert frame["lsoa_2011_code"].tolist() == ["E01000001", "E01000002"]
    assert frame["imd_score"].tolist() == [9.25, 80.5]
    assert frame["imd_score_basis"].tolist() == ["published", "published"]
    assert frame["crime_rank"].tolist() == [2, 1]
    assert frame["population_count"].tolist() == [1156, 1296]


def test_a_score_that_is_not_published_is_rebuilt(tmp_path: Path) -> None:
    """LSOAs without a score would fall out of every comparison by deprivation."""
    gap = {"Index of Multiple Deprivation (IMD) Score": [None, 9.25]}
    frame = read_reference("iod_2019", [write(tmp_path, "file_7.csv", csv_of(file_7(**gap)))])
    assert frame["imd_score_basis"].tolist() == ["published", "rebuilt_from_domain_ranks"]
    assert frame["imd_score"].tolist() == [9.25, pytest.approx(99.9)]


def test_ranks_and_populations_are_joined_from_two_files(tmp_path: Path) -> None:
    """The editions of 2019 that come in parts could not be used."""
    columns = file_7()
    ranks = {
        name: values for name, values in columns.items() if "Score" not in name and "population" not in name
    }
    code = "LSOA code (2011)"
    people = {
        code: columns[code],
        **{name: values for name, values in columns.items() if "population" in name},
    }
    files = [write(tmp_path, "file_2.csv", csv_of(ranks)), write(tmp_path, "file_6.csv", csv_of(people))]
    frame = read_reference("iod_2019", files)
    assert frame["population_count"].tolist() == [1156, 1296]
    assert set(frame["imd_score_basis"]) == {"rebuilt_from_domain_ranks"}
    with pytest.raises(SourceError, match="no column of population_count"):
        read_reference("iod_2019", files[:1])


def test_the_tidied_table_of_2025_has_no_population(tmp_path: Path) -> None:
    """Its missing population would be read as none, or refuse the file."""
    names = (
        "IMD",
        "Income",
        "Employment",
        "Education",
        "Health",
        "Crime",
        "Housing_and_Services",
        "Environment",
    )
    columns: dict[str, Any] = {"lsoa21_code": ["E01000001"]}
    columns |= {f"{name}_{what}": [1] for name in names for what in ("decile", "rank")}
    columns |= {f"{name}_score": [8.742] for name in names}
    frame = read_reference("iod_2025", [write(tmp_path, "imd2025_england_lsoa21.csv", csv_of(columns))])
    assert frame["imd_score"].tolist() == [8.742]
    assert frame["population_count"].isna().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Loneliness Score": [1, 2]}, "column 'Loneliness Score' is not known"),
        ({"LSOA code (2011)": ["E01000001", "E01000001"]}, "is there twice"),
        ({"Crime Rank (where 1 is most deprived)": [1, "two"]}, "'crime_rank' holds 'two' in record 2"),
    ],
)
def test_a_file_7_that_changed_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """A new edition would be read as if it were the one that the catalogue names."""
    path = write(tmp_path, "file_7.csv", csv_of(file_7(**changes)))
    with pytest.raises(SourceError, match=message):
        read_reference("iod_2019", [path])


def test_another_census_is_refused(tmp_path: Path) -> None:
    """The 2019 edition would be joined to LSOAs of 2021 and lose a fifth of a force's crimes."""
    path = write(tmp_path, "file_7.csv", csv_of(file_7()))
    with pytest.raises(SourceError, match=r"it is by LSOAs of 2011, where those of 2021 are wanted"):
        read_reference("iod_2025", [path])


def test_an_earlier_index_by_the_same_areas_is_refused(tmp_path: Path) -> None:
    """The index of 2015 has the same LSOAs and headers as that of 2019, so nothing else would tell."""
    columns = {name.replace("(2019)", "(2013)"): values for name, values in file_7().items()}
    path = write(tmp_path, "file_7.csv", csv_of(columns))
    with pytest.raises(SourceError, match=r"districts are of 2013, where this edition has those of 2019"):
        read_reference("iod_2019", [path])


def test_the_rebuilt_score_runs_over_the_published_scale() -> None:
    """A sign or scale error would turn the ranking of deprivation round."""
    ranks = pd.DataFrame({name: range(1, 1001) for name in DOMAIN_WEIGHTS})
    score = rebuild_imd_score(ranks)
    assert score.is_monotonic_decreasing
    # The published weights are rounded: they add up to 0.999.
    assert score.iloc[0] == pytest.approx(99.9)
    assert 0 < score.iloc[-1] < 0.1
    # In the middle (R = 0.5) a domain scores a little less than 23 ln 2.
    assert score.iloc[500] == pytest.approx(0.999 * 15.6468, abs=0.001)


def test_a_domain_without_a_rank_gives_no_score() -> None:
    """A missing domain would count as no deprivation."""
    ranks = pd.DataFrame({name: [1.0, 2.0] for name in DOMAIN_WEIGHTS})
    ranks.loc[0, "crime_rank"] = None
    assert rebuild_imd_score(ranks).isna().tolist() == [True, False]
