"""The benchmark of forecasts: what it measures must be the tree and the forms that it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration import bench_forecast
from orchestration.bench_forecast import (
    SETS,
    accuracy,
    american_series,
    coverage_by_chance,
    findings,
    national_tree,
)


def test_the_national_tree_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of fewer series, or with a gap, would take less time than a country does."""
    monkeypatch.setattr(bench_forecast, "_NATIONAL_FORCES", 2)
    monkeypatch.setattr(bench_forecast, "_NATIONAL_DISTRICTS", 5)
    tree = national_tree(27)
    levels = tree.groupby("level")["series"].nunique()
    assert levels.to_dict() == {"total": 1, "force": 2, "district": 5, "crime_group": 7, "crime_type": 14}
    assert (tree.groupby("series").size() == 27).all()
    sums = tree.groupby("level")["crime_count"].sum()
    assert sums.nunique() == 1


def test_series_of_cities_are_whole_months(tmp_path: Path) -> None:
    """A month of eight days would be judged as a fall, and a month without events be left out."""
    days = pd.Series(pd.to_datetime(["2010-03-05", "2010-03-09", "2010-05-30", "2011-12-31", "2012-01-03"]))
    for folder in ("nij_portland", "cad_seattle", "oakland_lum_isaac", "hartford_robberies"):
        (tmp_path / folder).mkdir()
    places = {"x_coordina": [1, 1, 2, 2, 2], "y_coordina": [1, 2, 1, 2, 2]}
    for crime in ("burglary", "theft_of_auto"):
        of_crime = pd.DataFrame({"occ_date": days, **places})
        of_crime.to_csv(tmp_path / "nij_portland" / f"{crime}_2012-03_to_2017-02.csv")
    for place in ("mad_beach", "madrona", "db"):
        calls = tmp_path / "cad_seattle" / f"potential_{place}_calls_2010-2023.csv"
        pd.DataFrame({"Incident.Date": days}).to_csv(calls)
    drugs = pd.DataFrame({"OCCURRED": days.dt.strftime("%m/%d/%y")})
    drugs.to_csv(tmp_path / "oakland_lum_isaac" / "drug_crimes_with_bins.csv")
    pd.DataFrame({"date": days}).to_csv(tmp_path / "hartford_robberies" / "hartford_robberies.csv")
    made = dict(american_series(tmp_path))
    oakland = made["Oakland drugs"]
    assert (oakland.index[0], oakland.index[-1]) == (pd.Timestamp("2010-03-01"), pd.Timestamp("2011-12-01"))
    assert oakland.iloc[:3].tolist() == [2, 0, 1] and oakland.sum() == 4
    assert made["Hartford robberies"].index[-1] == pd.Timestamp("2012-01-01")
    assert len(made["Seattle db 2010"]) == 60 and made["Seattle db 2014"].sum() == 0
    quarters = sum(own.sum() for name, own in made.items() if name.startswith("Portland burglary ("))
    assert quarters == made["Portland burglary"].sum() == 5


def test_each_set_of_forms_is_judged_on_the_same_origins() -> None:
    """Errors of other months would be compared with each other."""
    months = pd.date_range("2021-01-01", periods=30, freq="MS")
    values = pd.Series(np.random.default_rng(1).poisson(200, 30).astype(float), months)
    rows = list(accuracy(iter([("one", values), ("short", values[:9])])))
    assert [row[0] for row in rows] == list(SETS) and [len(forms) for forms in SETS.values()] == [8, 15]
    for row in rows:
        assert row[1] == "13" and 0.3 < float(row[3]) < 3
        # Of twelve origins: the whole series is chosen for, too, and is none.
        assert sum(int(part.rsplit(" ", 1)[1]) for part in row[-1].split(", ")) == 12


def test_what_is_found_by_chance_is_of_intervals_that_are_right() -> None:
    """A wrong spread of a walk's errors would be told as what chance does to a year and a half of months."""
    rows = {(row[0], row[2]): [float(figure) for figure in row[3:]] for row in coverage_by_chance(18)}
    outside, beyond = rows["on their own", "80%"]
    assert outside == pytest.approx(0.67, abs=0.04) and beyond < 0.03
    assert all(beyond < 0.1 for _, beyond in rows.values()) and len(rows) == 6


def test_findings_are_of_champions_and_of_what_was_published() -> None:
    """Models that lost, and series without a model, would be counted among those that readers see."""
    finding = ["below", "below_beyond_chance", "above", "near", None, "below"]
    scores = pd.DataFrame({"is_champion": [True] * 5 + [False]})
    for level in (80, 95):
        scores[f"adjusted_coverage_{level}_finding"] = finding
        scores[f"adjusted_{level}_share"] = [0.0, 0.1, 0.3, 0.0, np.nan, 1.0]
    forecast = pd.DataFrame(
        {"interval_factor_80": [1.0, 1.2, np.nan, 1.0, 1.0], "interval_factor_95": [1.0] * 5}
    )
    of_80, of_95 = findings(forecast, scores)
    assert of_80 == ["80%", "4", "2", "1", "1", "0.100", "0.250"]
    assert of_95[-1] == "0.000"
