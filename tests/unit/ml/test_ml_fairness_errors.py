"""Errors of the risk map by group: a map worked by hand, sums that must add up, and what must stay unsaid."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.common.model_card import card_as_markdown
from ml.fairness.bootstrap import TwoWay
from ml.fairness.calibration import calibration_by_group
from ml.fairness.card import error_card
from ml.fairness.composition import CLASSES, area_classes, composition, mean_composition
from ml.fairness.error_figures import composition_plot, error_plot
from ml.fairness.errors import METRICS, amounts_of, error_parity
from ml.fairness.model_exposure import AREA_SHARES
from tests.unit.ml.broken_rules import broken_rules

COUNTS = ("asian_count", "black_count", "mixed_count", "white_count", "other_count")
KEY = ["flagged_area", "metric", "attribute", "group_name"]


def forecasts(expected: np.ndarray, recorded: np.ndarray, group: str = "burglary") -> pd.DataFrame:
    """Rows of the kept backtest, of (months, LSOAs)."""
    months, areas = expected.shape
    first = np.datetime64("2025-01")
    return pd.DataFrame(
        {
            "lsoa_code": np.tile([f"E{n:03d}" for n in range(areas)], months),
            "forecast_month": np.repeat(np.arange(first, first + months).astype("datetime64[s]"), areas),
            "crime_group": group,
            "expected_crime_count": expected.ravel(),
            "recorded_crime_count": recorded.ravel(),
            "expected_harm_days": 10.0 * expected.ravel(),
            "recorded_harm_days": 10.0 * recorded.ravel(),
        }
    ).assign(crime_count_lower_95=0, crime_count_lower_80=0, crime_count_upper_80=1, crime_count_upper_95=2)


def homes(black: list[int], white: list[int], deciles: list[float]) -> pd.DataFrame:
    """LSOAs of two ethnic groups."""
    areas = pd.DataFrame({"lsoa_code": [f"E{n:03d}" for n in range(len(black))]})
    areas = areas.assign(**dict.fromkeys(COUNTS, 0), area_km2=np.arange(len(black)) + 1.0)
    return areas.assign(black_count=black, white_count=white, imd_2025_decile=pd.array(deciles, "Float64"))


@pytest.fixture(scope="module")
def by_hand() -> pd.DataFrame:
    """Four LSOAs, two months; a tenth of four is 0.4 of an LSOA.

    The first month flags A (0.4) and its record is in B; the second flags B (0.4), with the record in B.
    """
    expected = np.array([[4.0, 3.0, 2.0, 1.0], [2.0, 5.0, 2.0, 1.0]])
    recorded = np.array([[0, 1, 0, 0], [0, 2, 0, 0]])
    lsoas = homes([300, 100, 0, 0], [100, 300, 400, 800], [1, 1, 10, 10])
    table = error_parity(forecasts(expected, recorded), lsoas)
    return table[table["measure"] == "crime_count"].set_index(KEY)


def figure(table: pd.DataFrame, metric: str, group: str, area: str = "top_10_percent") -> pd.Series:
    """One row by its metric and group."""
    attribute = {"Everyone": "all"}.get(group, "imd_2025_decile" if group.isdigit() else "ethnic_group")
    return table.loc[(area, metric, attribute, group)]


def test_flagged_false_and_missed_by_hand(by_hand: pd.DataFrame) -> None:
    """Of 400 Black residents, 0.4 x 300 are flagged for nothing and 0.4 x 100 rightly; in two months."""
    flagged = figure(by_hand, "flagged_per_1000", "Black")
    assert (flagged["part_amount"], flagged["whole_amount"]) == (pytest.approx(160), 800)
    assert flagged["metric_value"] == pytest.approx(200)
    assert figure(by_hand, "false_alarm_per_1000", "Black")["metric_value"] == pytest.approx(150)
    assert figure(by_hand, "true_alarm_per_1000", "Black")["metric_value"] == pytest.approx(50)
    false = figure(by_hand, "false_discovery_share", "Black")
    assert false["metric_value"] == pytest.approx(0.75)
    assert false["part_lsoa_month_count"] == pytest.approx(0.4 * 0.75)
    # White: 0.4 x 100 for nothing, 0.4 x 300 rightly.
    assert false["disparity_ratio"] == pytest.approx(0.75 / 0.25)
    assert false["ratio_to_everyone"] == pytest.approx(0.75 / 0.5)
    assert figure(by_hand, "false_discovery_share", "1")["part_lsoa_month_count"] == pytest.approx(0.4)
    # The top is 0.4 of B in both months: the first is missed whole, of the second six tenths.
    missed = figure(by_hand, "missed_share", "Black")
    assert (missed["part_amount"], missed["whole_amount"]) == (pytest.approx(64), pytest.approx(80))
    assert missed["metric_value"] == pytest.approx(0.8)
    # Flagged and not of the top: all of A, and of B what is not of the top, 0.4 x 0.6.
    not_top = figure(by_hand, "not_of_the_top_share", "Black")
    assert not_top["metric_value"] == pytest.approx((120 + 0.4 * 0.6 * 100) / 160)


def test_the_map_of_harm_is_judged_by_harm() -> None:
    """Most harm comes elsewhere than most records: errors of counts would stand for those of harm."""
    expected, recorded = np.array([[9.0, 1.0, 1.0, 1.0]]), np.array([[8, 1, 0, 0]])
    rows = forecasts(expected, recorded).assign(
        expected_harm_days=[1.0, 20.0, 5.0, 4.0], recorded_harm_days=[0.0, 50.0, 0.0, 0.0]
    )
    table = error_parity(rows, homes([100, 0, 0, 0], [0, 300, 100, 100], [1.0] * 4))
    own = {name: part.set_index(KEY) for name, part in table.groupby("measure")}
    assert figure(own["crime_count"], "flagged_per_1000", "Black")["metric_value"] == pytest.approx(400)
    assert figure(own["harm_days"], "flagged_per_1000", "Black")["metric_value"] == 0
    assert figure(own["harm_days"], "true_alarm_per_1000", "White")["part_amount"] == pytest.approx(0.4 * 300)
    assert figure(own["harm_days"], "missed_share", "White")["metric_value"] == pytest.approx(0.6)
    ratio = figure(own["harm_days"], "expected_to_recorded_ratio", "Everyone", "all_areas")
    assert (ratio["part_amount"], ratio["whole_amount"]) == (30.0, 50.0)


def test_calibration_by_hand(by_hand: pd.DataFrame) -> None:
    """Records of an LSOA belong to a group by its share of the residents: 3/4 of A's and 1/4 of B's."""
    black = figure(by_hand, "expected_to_recorded_ratio", "Black", "all_areas")
    assert black["part_amount"] == pytest.approx(6 * 0.75 + 8 * 0.25)
    assert black["whole_amount"] == pytest.approx(3 * 0.25)
    whole = figure(by_hand, "expected_to_recorded_ratio", "Everyone", "all_areas")
    assert whole["metric_value"] == pytest.approx(20 / 3)
    flagged = figure(by_hand, "expected_to_recorded_ratio", "Everyone")
    assert flagged["part_amount"] == pytest.approx(0.4 * 4 + 0.4 * 5)
    assert flagged["whole_amount"] == pytest.approx(0.4 * 2)


def test_nothing_over_nothing_and_too_little_is_null(by_hand: pd.DataFrame) -> None:
    """Decile 10 has no record and is never flagged: no share, no ratio to it; two months have no interval."""
    richest = figure(by_hand, "false_discovery_share", "10")
    assert np.isnan(richest["metric_value"]) and richest["whole_amount"] == 0
    assert np.isnan(figure(by_hand, "expected_to_recorded_ratio", "10", "all_areas")["metric_value"])
    assert np.isnan(figure(by_hand, "flagged_per_1000", "1")["disparity_ratio"])
    nobody = figure(by_hand, "flagged_per_1000", "Asian")
    assert nobody["is_suppressed"] and np.isnan(nobody["metric_value"])
    assert by_hand[["metric_value_lower", "ratio_to_everyone_upper"]].isna().all().all()


def test_without_a_record_nothing_is_of_the_top() -> None:
    """Where fewer LSOAs have a record than are flagged, the rest of the top are ties of nothing."""
    expected, recorded = np.ones((1, 20)), np.zeros((1, 20))
    recorded[0, 0] = 3
    top = amounts_of(expected, recorded)["top_10_percent"]["top"]
    assert top.sum() == 1 and top[0, 0] == 1


@lru_cache(maxsize=1)
def city() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return forecasts of eight months of two crime groups in 60 LSOAs, and who lives there."""
    random = np.random.default_rng(17)
    mean = random.gamma(1.0, 1.0, 60)
    parts = [
        forecasts(mean * random.uniform(0.7, 1.4, (8, 60)), random.poisson(mean, (8, 60)), group)
        for group in ("all_crime", "burglary")
    ]
    groups = dict(zip(COUNTS, random.integers(20, 400, (5, 60)), strict=True))
    lsoas = homes([0] * 60, [0] * 60, list(np.arange(60) % 10 + 1.0)).assign(**groups)
    return pd.concat(parts, ignore_index=True), lsoas


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    """The errors of the city."""
    return error_parity(*city())


def test_intervals_hold_their_figures_and_tables_are_the_same_twice(errors: pd.DataFrame) -> None:
    """The same warehouse must give the same bytes, in whatever order it hands the rows over."""
    rows, lsoas = city()
    again = error_parity(rows.sample(frac=1, random_state=1), lsoas.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(errors, again)
    known = errors.dropna(subset=["metric_value_lower", "metric_value_upper"])
    assert len(known) > 100
    assert (known["metric_value_lower"] <= known["metric_value"]).all()
    assert (known["metric_value"] <= known["metric_value_upper"]).all()
    assert (known["metric_value_lower"] < known["metric_value_upper"]).mean() > 0.95
    nothing = errors[errors["metric_value"] == 0]
    always = errors[(errors["metric"] == "missed_share") & (errors["metric_value"] == 1)]
    for certain in (nothing, always):
        assert len(certain) and certain["metric_value_lower"].isna().all()


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_counts_add_up(data: st.DataObject) -> None:
    """An alarm that is neither true nor false, or records of no group, would be lost from the audit."""
    shape = data.draw(st.tuples(st.integers(1, 4), st.integers(2, 30)))
    seed = data.draw(st.integers(0, 2**16))
    random = np.random.default_rng(seed)
    # Small whole numbers tie, in forecasts and in records.
    expected = random.integers(0, 4, shape) / 2
    recorded = random.integers(0, 3, shape)
    for words, own in amounts_of(expected, recorded.astype(float)).items():
        if words not in AREA_SHARES:
            continue
        assert own["true_alarm"] + own["false_alarm"] == pytest.approx(own["flagged"])
        assert own["flagged"].sum(axis=1) == pytest.approx(AREA_SHARES[words] * shape[1])
        assert (own["missed"] <= own["top"] + 1e-12).all()
        caught = own["top"] - own["missed"]
        assert caught + own["not_of_the_top"] == pytest.approx(own["flagged"])
    black, white = random.integers(1, 300, (2, shape[1]))
    lsoas = homes(list(black), list(white), list(random.integers(1, 11, shape[1]).astype(float)))
    table = error_parity(forecasts(expected, recorded), lsoas, suppress_below=0)
    table = table[table["measure"] == "crime_count"]
    parts = table.groupby(["flagged_area", "metric", "attribute"])[["part_amount", "whole_amount"]].sum()
    for (_, _), own in parts.groupby(["flagged_area", "metric"]):
        assert np.ptp(own.to_numpy(), axis=0) == pytest.approx([0, 0], abs=1e-6)
    # The whole's calibration is the groups', each weighted by what was recorded.
    calibrated = table[table["metric"] == "expected_to_recorded_ratio"].fillna({"metric_value": 0.0})
    weighted = (calibrated["metric_value"] * calibrated["whole_amount"]).groupby(
        [calibrated["flagged_area"], calibrated["attribute"]]
    )
    everyone = calibrated[calibrated["attribute"] == "all"].set_index("flagged_area")
    for (area, _), value in weighted.sum().items():
        recorded_all = everyone.loc[area, "whole_amount"]
        if recorded_all > 0 and (calibrated["whole_amount"] > 0).all():
            assert value / recorded_all == pytest.approx(everyone.loc[area, "metric_value"])


def test_wales_has_no_deciles_and_short_runs_no_rows() -> None:
    """A missing index, or twelve months, must give a smaller table and no failure."""
    rows, lsoas = city()
    welsh = error_parity(rows, lsoas.assign(imd_2025_decile=pd.array([None] * 60, "Int64")))
    assert set(welsh["attribute"]) == {"all", "ethnic_group"}
    made_of = composition(rows, lsoas.assign(imd_2025_decile=pd.array([None] * 60, "Int64")))
    assert set(made_of["attribute"]) == {"ethnic_group"}
    for table in (error_parity(rows.iloc[:0], lsoas), composition(rows.iloc[:0], lsoas)):
        assert table.empty
    no_calibration = calibration_by_group(rows.iloc[:0], lsoas)
    assert error_card(error_parity(rows.iloc[:0], lsoas), no_calibration, version="1") is None


def test_lsoas_that_are_left_out_are_refused() -> None:
    """An LSOA that is missing in a month would shift every later one by a place."""
    rows, lsoas = city()
    with pytest.raises(ValueError, match="one forecast in every month"):
        error_parity(rows.iloc[1:], lsoas)
    last = rows["forecast_month"] == rows["forecast_month"].max()
    with pytest.raises(ValueError, match="one forecast in every month"):
        error_parity(rows[~(last & (rows["crime_group"] == "burglary"))], lsoas)
    with pytest.raises(ValueError, match="has no row in lsoas"):
        error_parity(rows, lsoas.iloc[1:])
    with pytest.raises(ValueError, match="an LSOA repeats"):
        error_parity(rows, pd.concat([lsoas, lsoas.iloc[:1]]))


def test_intervals_cover_months_and_areas_alike() -> None:
    """An interval over areas alone takes a month in which everything rose for no chance at all."""
    random = np.random.default_rng(3)
    members = np.ones((40, 1))
    widths = {}
    for name, amounts in (
        ("areas", np.tile(random.gamma(1.0, 1.0, 40), (12, 1))),
        ("months", np.tile(random.gamma(1.0, 1.0, (12, 1)), (1, 40))),
    ):
        drawn = TwoWay.draw(12, 40).sums(amounts, members) / TwoWay.draw(12, 40).sums(
            np.ones((12, 40)), members
        )
        widths[name] = float(drawn.std() / (amounts.mean(axis=0 if name == "areas" else 1).std()))
    assert widths["areas"] == pytest.approx(1 / np.sqrt(40), rel=0.25)
    assert widths["months"] == pytest.approx(1 / np.sqrt(12), rel=0.25)


def test_composition_by_hand() -> None:
    """Of 20 LSOAs one is most and one least predicted, and one lies in the middle, half from each side."""
    total = np.arange(20.0)[None, :]
    weights = area_classes(total)
    assert weights.sum(axis=1) == pytest.approx([1, 1, 1, 19, 20])
    assert weights[0, 19] == 1 and weights[2, 0] == 1
    assert weights[1, [9, 10]] == pytest.approx([0.5, 0.5])
    shares = np.column_stack([np.linspace(0, 1, 20), 1 - np.linspace(0, 1, 20)])
    means = mean_composition(weights, shares)
    assert means[0] == pytest.approx([1, 0]) and means[4] == pytest.approx([0.5, 0.5])
    assert np.isnan(mean_composition(np.zeros((1, 20)), shares)).all()
    lsoas = homes([100] * 19 + [300], [300] * 19 + [100], [5.0] * 20)
    table = composition(forecasts(total, total.astype(int)), lsoas).set_index(["area_class", "group_name"])
    assert table.loc[("most_predicted", "Black"), "mean_share"] == pytest.approx(0.75)
    assert table.loc[("most_predicted", "Black"), "ratio_to_all_areas"] == pytest.approx(0.75 / 0.275)
    assert table.loc[("all_areas", "5"), "mean_share"] == 1
    # The most predicted LSOA has 20 of 210 km², three quarters of them with its Black residents.
    black = table.loc[("most_predicted", "Black")]
    assert black["area_km2"] == pytest.approx(20 * 0.75)
    assert black["area_share"] == pytest.approx(20 * 0.75 / (20 * 0.75 + 190 * 0.25))
    assert black["group_lsoa_share"] == pytest.approx(0.75 / (0.75 + 19 * 0.25))
    assert black["resident_share"] == pytest.approx(300 / (300 + 19 * 100))
    whole = table.loc[("most_predicted", "5")]
    assert (whole["area_km2"], whole["group_lsoa_share"]) == (20, 0.05)
    assert whole["area_share"] == pytest.approx(20 / 210)


def test_vocabularies_are_those_of_the_contract(errors: pd.DataFrame) -> None:
    """A metric or class that the contract does not know would stop a run at its end."""
    assert set(METRICS) == set(errors["metric"])
    columns = {column.name: column for column in CONTRACTS["ml_fairness_composition"].columns}
    assert columns["area_class"].allowed == CLASSES
    with pytest.raises(ContractError, match="is shown of a group that is marked as withheld"):
        conform(errors.assign(is_suppressed=True), CONTRACTS["ml_fairness_errors"])


def test_suites_pass_what_is_right_and_name_what_is_broken(errors: pd.DataFrame) -> None:
    """A gate that was never seen to close proves nothing."""
    rows, lsoas = city()
    assert broken_rules("ml_fairness_errors", {"ml_fairness_errors": errors}) == []
    wrong = errors.assign(
        part_amount=errors["part_amount"].where(errors["attribute"] != "all", 0.0),
        metric_value=errors["metric_value"].where(errors["metric"] != "missed_share", 1.5),
    )
    wrong.loc[wrong["metric"] == "flagged_per_1000", ["part_amount", "metric_value"]] = [1.0, np.nan]
    assert broken_rules("ml_fairness_errors", {"ml_fairness_errors": wrong}) == [
        "shares_are_shares",
        "figure_missing_only_where_allowed",
        "true_and_false_are_all",
        "groups_add_up",
    ]
    made_of = composition(rows, lsoas)
    assert broken_rules("ml_fairness_composition", {"ml_fairness_composition": made_of}) == []
    is_of_a_decile = made_of["attribute"] == "imd_2025_decile"
    wrong = made_of.assign(mean_share=made_of["mean_share"] * 2)
    wrong.loc[is_of_a_decile, "area_km2"] *= 2
    wrong = wrong[wrong["group_name"] != "Mixed"]
    assert broken_rules("ml_fairness_composition", {"ml_fairness_composition": wrong}) == [
        "shares_add_up",
        "every_group_there",
        "areas_add_up",
    ]
    kept = conform(rows.assign(model="mean_12"), CONTRACTS["ml_risk_backtest_lsoa"])
    assert broken_rules("ml_risk_backtest_lsoa", {"ml_risk_backtest_lsoa": kept}) == []
    wrong = kept.assign(
        expected_crime_count=9 * kept["expected_crime_count"],
        expected_harm_days=20 * kept["expected_harm_days"],
        recorded_harm_days=kept["recorded_harm_days"] + 0.5,
    ).iloc[1:]
    wrong.iloc[0, list(wrong.columns).index("model")] = "naive"
    assert broken_rules("ml_risk_backtest_lsoa", {"ml_risk_backtest_lsoa": wrong}) == [
        "one_model",
        "every_area_forecast",
        "forecast_of_its_own_month",
        "harm_of_its_own_month",
        "no_harm_without_a_record",
    ]


def test_card_and_figures_tell_every_group(errors: pd.DataFrame) -> None:
    """A card without the groups, or a figure that fails, would come to light at the end of a run."""
    card = error_card(errors, calibration_by_group(*city()), version="1")
    assert card is not None
    text = card_as_markdown(card)
    assert "| burglary: share of the flagged without a record | IMD decile 10 |" in text
    assert "| harm of all crime: expected over recorded | IMD decile 10 |" in text
    assert "Chouldechova" in text and "2025-01 to 2025-08" in text
    for drawn in (
        error_plot(errors),
        error_plot(errors.iloc[:0]),
        composition_plot(composition(*city())),
        composition_plot(composition(*city()).iloc[:0]),
    ):
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="png", dpi=30)
        assert buffer.tell() > 2_000
