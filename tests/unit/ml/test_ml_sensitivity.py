"""Sensitivity of rankings and of risk maps: closed cases, and scenarios that must and must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, conform
from ml.fairness.feature_removal import removals
from ml.fairness.sensitivity import sensitivity_figure, sensitivity_table
from ml.fairness.under_reporting import SCENARIOS, UnderReporting, ranking_sensitivity
from ml.risk.features import column_names, design
from ml.risk.study import lsoa_study
from tests.unit.ml.broken_rules import broken_rules
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

LAST = {"lost": UnderReporting({"burglary": 0.5}, (1,))}


def _areas(*deciles: float) -> pd.DataFrame:
    codes = [f"E{number}" for number in range(len(deciles))]
    return pd.DataFrame({"lsoa_code": codes, "imd_2025_decile": deciles})


def _amounts(**by_group: list[float]) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(
            {
                "lsoa_code": [f"E{number}" for number in range(len(counts))],
                "crime_group": group,
                "crime_count": counts,
                "harm_days": np.array(counts) * 10,
            }
        )
        for group, counts in by_group.items()
    )


def _value(table: pd.DataFrame, measure: str, group: str = "Everyone") -> float:
    own = table[(table["measure"] == measure) & (table["group_name"] == group)]
    return float(own[own["amount"] == "crime_count"]["scenario_value"].iloc[0])


def test_areas_move_as_they_would_by_hand() -> None:
    """Twice the burglaries take the one deprived area from last to second: tau is 1 - 2 * 2 / 6 pairs."""
    areas = _areas(5, 6, 7, 1)
    found = ranking_sensitivity(areas, _amounts(burglary=[40, 30, 25, 18]), LAST)
    assert _value(found, "kendall_tau") == pytest.approx(1 - 2 * 2 / 6)
    assert _value(found, "largest_rank_rise", "1") == 2
    assert _value(found, "mean_rank_rise", "6") == -1 and _value(found, "largest_rank_fall", "6") == 1
    assert _value(found, "changed_share_top_1_percent") == 0


def test_the_top_is_counted_by_who_leaves_it() -> None:
    """A share that counts both who leaves and who enters would read twice too high."""
    deciles = [10.0] * 39 + [1.0]
    counts = [100.0 - place for place in range(39)] + [70.0]
    found = ranking_sensitivity(_areas(*deciles), _amounts(burglary=counts), LAST)
    assert _value(found, "changed_share_top_1_percent") == 1
    assert _value(found, "changed_share_top_5_percent") == 0.5
    assert _value(found, "changed_share_top_10_percent") == 0.25
    assert _value(found, "share_of_top_5_percent", "1") == 0.5


def test_only_reported_crime_of_the_named_places_is_scaled() -> None:
    """Drugs are found by who looks for them: more of them cannot be missing because nobody reported."""
    for amounts in (_amounts(proactive=[3, 2, 1]), _amounts(burglary=[3, 2, 0])):
        found = ranking_sensitivity(_areas(4, 5, 1), amounts)
        deprived = found[found["scenario"].str.startswith("deprived")]
        assert (deprived.query("measure == 'kendall_tau'")["scenario_value"] == 1).all()
    everywhere = ranking_sensitivity(_areas(4, 5, 1), _amounts(theft=[9, 5, 2], burglary=[0, 6, 1]))
    moved = everywhere[everywhere["scenario"].str.startswith("everywhere")]
    assert _value(moved, "kendall_tau") < 1


def test_nothing_recorded_gives_no_ranking_and_no_decile_no_group() -> None:
    """A table of areas without crime has no order, and an area without an index lies in no decile."""
    assert ranking_sensitivity(_areas(1, 2), _amounts(burglary=[0, 0])).empty
    found = ranking_sensitivity(_areas(np.nan, 2, np.nan), _amounts(burglary=[3, 2, 1]))
    assert set(found["group_name"]) == {"Everyone", "2"}
    assert set(found["scenario"]) == set(SCENARIOS)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Give both kinds on 25 made-up neighbourhoods and 14 months."""
    random = np.random.default_rng(4)
    lsoas = neighbourhoods().assign(imd_2025_decile=np.arange(25) % 10 + 1)
    groups = ("asian", "black", "mixed", "white", "other")
    lsoas = lsoas.assign(**{f"{name}_count": random.integers(0, 200, 25) for name in groups})
    lsoas["other_count"] = 0
    months = months_of(14)
    return sensitivity_table(records(months, 1), lsoas, months)


def test_the_table_keeps_its_contract_and_its_suite(table: pd.DataFrame) -> None:
    """A row a scenario, measure, attribute and group; what breaks a rule must be seen to break it."""
    whole = conform(table.assign(harm_scheme="seed_article"), CONTRACTS["ml_fairness_sensitivity"])
    assert broken_rules("ml_fairness_sensitivity", {"ml_fairness_sensitivity": whole}) == []
    wrong = whole.assign(difference=whole["difference"] + 0.5, scenario_value=2.0)
    assert broken_rules("ml_fairness_sensitivity", {"ml_fairness_sensitivity": wrong}) == [
        "shares_are_shares",
        "correlations_within_bounds",
        "difference_is_one",
    ]
    halved = whole[whole["amount"] == "crime_count"]
    halved = halved.assign(baseline_value=np.arange(len(halved)), scenario_value=np.nan, difference=np.nan)
    broken = broken_rules("ml_fairness_sensitivity", {"ml_fairness_sensitivity": halved})
    assert broken == ["one_baseline", "both_amounts_there"]


def test_features_are_removed_and_groups_without_residents_have_no_ratio(table: pd.DataFrame) -> None:
    """0/0 must not read as no disparity; a scenario that changes nothing was not refitted."""
    removed = table[table["kind"] == "feature_removed"]
    own_past = removed[removed["scenario"] == "without_own_past"]
    assert (own_past["difference"].abs() > 0).any()
    nobody = removed[removed["group_name"] == "Other"]
    assert len(nobody) and nobody["scenario_value"].isna().all()
    pai = removed[removed["measure"] == "pai_top_10_percent"].set_index(["scenario", "amount"])
    capture = removed[removed["measure"] == "capture_top_10_percent"].set_index(["scenario", "amount"])
    assert pai["scenario_value"].to_numpy() == pytest.approx(10 * capture["scenario_value"].to_numpy())
    figure = sensitivity_figure(table)
    assert len(figure.axes[1].patches) == 2 * removed["scenario"].nunique()


def test_the_columns_are_named_as_they_lie_in_the_design() -> None:
    """A name beside the wrong column would remove another feature than the table says."""
    months = months_of(14)
    study = lsoa_study(records(months, 1), neighbourhoods(), months)
    history = study.counts["all_crime"].before(float(study.counts["all_crime"].bounds[-2]))
    rows = design(history, history.end + 31)
    names = column_names(study.cells)
    assert rows.ahead.shape[1] == len(names)
    ahead = dict(zip(names, rows.ahead.T, strict=True))
    assert (ahead["income"] == study.cells.features["income"]).all()
    assert (ahead["residents_log"] == study.cells.features["residents_log"]).all()
    assert (ahead["period_days"] == 31).all() and not ahead["area_log"].any()
    last = history.table(1)[0] / np.diff(history.bounds)[-1]
    assert ahead["own_lag_1"] == pytest.approx(last)
    every = {name for removed in removals(names).values() for name in removed}
    assert set(names) - every == {"period_days", "year_sine", "year_cosine", "area_log"}
