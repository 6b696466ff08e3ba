"""Calibration by group: worlds of known answers, sums by hand, and what must stay unsaid."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.common.contracts_errors import CALIBRATION_METRICS, FORECAST_LEVELS
from ml.fairness.calibration import METRICS, amounts_by_level, calibration_by_group
from ml.fairness.calibration_figure import calibration_plot
from ml.fairness.findings import calibration_findings
from ml.risk.laws import law_of
from ml.risk.sizes import one_size
from tests.unit.ml.broken_rules import broken_rules
from tests.unit.ml.test_ml_fairness_errors import COUNTS, forecasts, homes

MONTHS, AREAS = 24, 200
TOO_LOW, UNDER = "3", 1.5
KEY = ["measure", "forecast_level", "metric", "attribute", "group_name"]


def world(rate_of_one: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Poisson records around what is expected; decile 3 has more of them by a factor."""
    random = np.random.default_rng(5)
    # Every area has forecasts of every level, so that no group lacks areas of one.
    expected = random.gamma(4.0, 3.0, (MONTHS, AREAS))
    decile = np.arange(AREAS) % 10 + 1.0
    recorded = random.poisson(expected * np.where(decile == float(TOO_LOW), rate_of_one, 1.0))
    rows = forecasts(expected, recorded, "all_crime")
    law = law_of(expected.ravel(), 0.0, one_size())
    for level in (80, 95):
        lower, upper = law.interval((1 - level / 100) / 2)
        rows = rows.assign(**{f"crime_count_lower_{level}": lower, f"crime_count_upper_{level}": upper})
    groups = dict(zip(COUNTS, random.integers(20, 400, (5, AREAS)), strict=True))
    return rows, homes([0] * AREAS, [0] * AREAS, list(decile)).assign(**groups)


@lru_cache(maxsize=2)
def calibrated(rate_of_one: float = 1.0) -> pd.DataFrame:
    """The table of such a world."""
    return calibration_by_group(*world(rate_of_one))


def figures(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of a metric of records."""
    return table[(table["measure"] == "crime_count") & (table["metric"] == metric)]


def test_a_calibrated_world_gives_one_and_nominal_coverage() -> None:
    """A table that finds fault with a right forecast would find fault with any."""
    table = calibrated()
    ratio = figures(table, "recorded_to_expected_ratio")
    whole = ratio[ratio["forecast_level"] == "all_levels"]
    assert whole["metric_value"].to_numpy() == pytest.approx(1, abs=0.04)
    assert ratio["metric_value_lower"].notna().all()
    assert (ratio["metric_value_lower"] < 1).mean() > 0.95 < (ratio["metric_value_upper"] > 1).mean()
    for level in (80, 95):
        coverage = figures(table, f"coverage_{level}_share")
        coverage = coverage[coverage["forecast_level"] == "all_levels"]
        assert coverage["metric_value"].to_numpy() == pytest.approx(level / 100, abs=0.04)
    assert calibration_findings(table).startswith("Of all crime, recorded and expected differ beyond")


def test_an_under_forecast_of_one_group_is_found() -> None:
    """A map that is right on the whole and too low for one group is what the audit is for."""
    table = calibrated(UNDER)
    ratio = figures(table, "recorded_to_expected_ratio").set_index(["attribute", "group_name"])
    own = ratio.loc[("imd_2025_decile", TOO_LOW)]
    assert own["metric_value"].to_numpy() == pytest.approx(UNDER, rel=0.06)
    assert (own["metric_value_lower"] > 1).all()
    others = ratio.loc[("imd_2025_decile", "4")]
    assert ((others["metric_value_lower"] < 1) & (others["metric_value_upper"] > 1)).all()
    coverage = figures(table, "coverage_80_share").set_index(KEY[1:])["metric_value"]
    key = ("all_levels", "coverage_80_share", "imd_2025_decile")
    assert coverage[(*key, TOO_LOW)] < 0.6 < 0.75 < coverage[(*key, "4")]
    found = calibration_findings(table)
    assert f"Of all crime in areas of deprivation decile {TOO_LOW}, 1.5" in found and "decile 4" not in found
    assert "(95% 1.46 to 1.57): too little was expected" in found
    assert f"{TOO_LOW}, 38% of months lay within their 80% interval (95% 30%" in found
    assert "too narrow" in found and "too wide" not in found
    assert "Of 75 ratios of all crime by group and fifth of the forecast " in found


def test_levels_and_means_by_hand() -> None:
    """Records must fall to the level of their own forecast, and to groups by their share of the residents."""
    expected = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    recorded = np.array([[3.0, 2.0, 0.0, 4.0, 10.0]])
    by_level = amounts_by_level(expected, recorded)
    assert [own["recorded"].sum() for own in by_level.values()] == [19, 3, 2, 0, 4, 10]
    tied = amounts_by_level(np.array([[0.0, 0.0, 0.0, 4.0, 5.0]]), recorded)
    assert [own["every"].sum() for own in tied.values()] == [5, 3, 0, 0, 1, 1]
    rows = forecasts(expected, recorded.astype(int)).assign(
        crime_count_lower_80=[0, 2, 0, np.nan, 0], crime_count_upper_80=[2, 2, 1, np.nan, 5]
    )
    lsoas = homes([100, 0, 0, 0, 300], [300, 100, 100, 100, 100], [1.0, 1.0, 2.0, 2.0, 2.0])
    table = calibration_by_group(rows, lsoas).set_index(KEY)
    black = table.loc[("crime_count", "all_levels", "recorded_to_expected_ratio", "ethnic_group", "Black")]
    assert black["lsoa_month_count"] == pytest.approx(1.0)
    assert black["recorded_mean"] == pytest.approx(3 / 4 + 10 * 3 / 4)
    assert black["expected_mean"] == pytest.approx(1 / 4 + 5 * 3 / 4)
    assert black["metric_value"] == pytest.approx((0.75 + 7.5) / (0.25 + 3.75))
    inside = table.loc[("crime_count", "all_levels", "coverage_80_share", "all", "Everyone")]
    # One of the five has no interval, and two of the others hold their record.
    assert (inside["part_amount"], inside["whole_amount"]) == (2, 4)
    empty = table.loc[("crime_count", "fifth_1", "coverage_80_share", "imd_2025_decile", "2")]
    assert np.isnan(empty["metric_value"]) and empty["lsoa_month_count"] == 0
    harm = table.loc[("harm_days", "all_levels", "recorded_to_expected_ratio", "imd_2025_decile", "1")]
    assert harm["metric_value"] == pytest.approx(5 / 3) and harm["recorded_mean"] == pytest.approx(25)
    assert np.isnan(harm["metric_value_lower"])


def test_rows_in_any_order_and_none_give_the_same_table() -> None:
    """The same warehouse must give the same bytes, and too few months an empty table."""
    rows, lsoas = world(1.0)
    again = calibration_by_group(rows.sample(frac=1, random_state=1), lsoas.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(calibrated(), again)
    nothing = calibration_by_group(rows.iloc[:0], lsoas)
    assert nothing.empty and "ratios by group" not in calibration_findings(nothing)


def test_vocabularies_and_withheld_groups() -> None:
    """A metric that the contract does not know stops a run at its end; a small group must not be shown."""
    table = calibrated()
    assert tuple(METRICS) == CALIBRATION_METRICS
    assert set(table["forecast_level"]) == set(FORECAST_LEVELS)
    small = calibration_by_group(*world(1.0), suppress_below=int(table["resident_count"].max()))
    hidden = small[small["is_suppressed"]]
    figures = ["metric_value", "lsoa_month_count", "expected_mean", "part_amount", "resident_count"]
    assert len(hidden) and hidden[figures].isna().all().all()
    with pytest.raises(ContractError, match="is shown of a group that is marked as withheld"):
        conform(table.assign(is_suppressed=True), CONTRACTS["ml_fairness_calibration"])


def test_the_suite_passes_what_is_right_and_names_what_is_broken() -> None:
    """A gate that was never seen to close proves nothing."""
    table = calibrated()
    name = "ml_fairness_calibration"
    assert broken_rules(name, {name: table}) == []
    wrong = table.copy()
    wrong.loc[wrong["metric"] == "coverage_95_share", "metric_value"] = 1.2
    wrong.loc[wrong["metric"] == "coverage_80_share", ["metric_value", "part_amount"]] = [np.nan, 1e6]
    wrong = wrong[wrong["forecast_level"] != "fifth_2"]
    assert broken_rules(name, {name: wrong}) == [
        "shares_are_shares",
        "figure_missing_only_where_allowed",
        "fifths_are_all",
        "wider_interval_holds_more",
        "every_level_there",
    ]


def test_a_point_without_an_interval_is_hollow_and_on_no_curve() -> None:
    """A point of a few areas on the curve of others would show as a finding what chance may have made."""
    table = calibrated()
    is_few = (table["group_name"] == "1") & table["forecast_level"].isin(["fifth_1", "all_levels"])
    table = table.assign(metric_value_lower=table["metric_value_lower"].where(~is_few))
    above, *_, below = calibration_plot(table).axes
    hollow = [len(line.get_xdata()) for line in above.lines if line.get_markerfacecolor() == "none"]
    assert sorted(hollow) == [0, 0, 1]
    of_decile = next(line for line in above.lines if line.get_label() == "decile 1")
    assert len(of_decile.get_xdata()) == 4
    full, empty = (len(line.get_xdata()) for line in below.lines[:2])
    assert (full, empty) == (15, 1)


def test_the_figure_is_drawn_of_much_and_of_nothing() -> None:
    """A figure that fails comes to light at the end of a run."""
    for table in (calibrated(UNDER), calibrated().iloc[:0]):
        buffer = io.BytesIO()
        calibration_plot(table).savefig(buffer, format="png", dpi=30)
        assert buffer.tell() > 2_000
