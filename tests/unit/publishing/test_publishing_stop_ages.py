"""The page's tables of searches by age range and gender: what is shown, in what order, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ml.fairness.stop_rates import stop_rates
from ml.fairness.stop_residents import NEEDED_BY_AGE
from orchestration.publishing.overview import _template
from orchestration.publishing.page_stop_ages import stop_age_tables
from orchestration.publishing.published import PublishedTables
from tests.unit.ml.test_ml_fairness_stop_residents import BY_AGE, RESIDENTS, searches


def shown(folder: Path, by_age: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the page shows of a release with these residents."""
    (folder / "tables").mkdir()
    stop_rates(searches(), RESIDENTS, by_age).to_parquet(folder / "tables" / "ml_fairness_stop_rates.parquet")
    return stop_age_tables(PublishedTables(folder))


def page(tables: list[dict[str, Any]]) -> str:
    """Return the part of the page."""
    part = _template().environment.get_template("part_stop_ages.html.j2")
    return part.render(stop_ages=tables, stop_window="January to December 2025")


def test_age_ranges_stand_in_order_with_their_rates(tmp_path: Path) -> None:
    """Ranges in the order of their letters, or a rate of another row, would mislead."""
    ages, genders = shown(tmp_path, BY_AGE)
    rows = ages["forces"][0]["rows"]
    assert [row["group"] for row in rows] == ["10-17", "18-24", "25-34", "over 34", "Not stated"]
    assert (ages["name"], ages["reference"], genders["reference"]) == ("Age range", "25-34", "Male")
    young = rows[1]
    assert young["residents"] == "6,000" and young["is_reference"] is False
    assert rows[2]["ratio"] == "1.00" and rows[2]["is_reference"] is True
    assert float(young["ratio"]) > 5
    text = page([ages, genders])
    assert text.count("<table>") == 2 and "10-17" in text and ">reference<" in text
    assert "no other gender has a rate" in text
    drawn = [
        row for table in (ages, genders) for force in table["forces"] for row in force["rows"] if row["plot"]
    ]
    assert drawn and text.count("<circle") == len(drawn)
    assert all(low <= at <= high for low, at, high in (row["plot"] for row in drawn))
    assert "a dash where the searches that state none are withheld" in text


def test_without_residents_the_page_says_so(tmp_path: Path) -> None:
    """Empty columns of rates would read as rates that are withheld."""
    tables = shown(tmp_path, pd.DataFrame(columns=NEEDED_BY_AGE))
    assert not any(table["has_rates"] for table in tables)
    text = page(tables)
    assert "No residents by age and sex were supplied" in text and "Rate<br>" not in text
    assert "%" in text


@pytest.mark.parametrize("has_table", [True, False])
def test_nothing_audited_shows_nothing(tmp_path: Path, has_table: bool) -> None:
    """An empty table, or an error, would stand where a release has no searches."""
    (tmp_path / "tables").mkdir()
    if has_table:
        empty = stop_rates(searches().iloc[:0], RESIDENTS, BY_AGE)
        empty.to_parquet(tmp_path / "tables" / "ml_fairness_stop_rates.parquet")
    tables = stop_age_tables(PublishedTables(tmp_path))
    assert tables == [] and page(tables).strip() == ""
