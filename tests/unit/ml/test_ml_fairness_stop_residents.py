"""Rates by age and gender: residents add up whole or not at all, and known answers come out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, chi2

from ml.fairness.stop_rates import NOT_STATED, stop_rates
from ml.fairness.stop_residents import NEEDED_BY_AGE, residents_of_groups

RESIDENTS = pd.DataFrame(
    {"force_slug": "surrey", "district_code": ["A", "B"], "ethnic_group": "White", "resident_count": 5_000}
)
SIZES = {"under 10": 3_000, "10-17": 2_000, "18-24": 1_000, "25-34": 4_000, "over 34": 10_000}
BY_AGE = pd.DataFrame(
    [
        ("surrey", place, age, gender, size * (2 if place == "B" else 1))
        for place in ("A", "B")
        for age, size in SIZES.items()
        for gender in ("Female", "Male")
    ],
    columns=NEEDED_BY_AGE,
)


def searches() -> pd.DataFrame:
    """Searches of two districts by age and gender, of two objects, with some of each not stated."""
    ages = {"10-17": 30, "18-24": 150, "25-34": 100, "over 34": 60, NOT_STATED: 20}
    genders = {"Male": 7, "Female": 2, "Other": 1, NOT_STATED: 1}
    rows = [
        (place, goal, age, gender, count * times)
        for place in ("A", "B")
        for goal in ("Controlled drugs", "Stolen goods")
        for age, count in ages.items()
        for gender, times in genders.items()
    ]
    columns = ["district_code", "object_of_search", "age_range", "gender", "stop_count"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        force_slug="surrey",
        district_name=frame["district_code"],
        self_defined_ethnicity="White",
        officer_defined_ethnicity="White",
        unrepeated_count=frame["stop_count"],
        hit_count=frame["stop_count"] // 4,
        miss_count=frame["stop_count"] - frame["stop_count"] // 4,
        find_count=0,
        no_find_count=0,
        window_start_month=pd.Timestamp("2025-01-01"),
        window_end_month=pd.Timestamp("2025-12-01"),
    )


def of_area(table: pd.DataFrame, attribute: str, area: str = "surrey") -> pd.DataFrame:
    """Return one area's rows of all objects and one attribute, by group."""
    own = table[(table["area_code"] == area) & (table["object_of_search"] == "All objects")]
    return own[own["attribute"] == attribute].set_index("group_name")


@pytest.fixture(scope="module")
def rates() -> pd.DataFrame:
    """The table."""
    return stop_rates(searches(), RESIDENTS, BY_AGE)


def test_rates_and_ratios_by_age_are_those_worked_out_by_hand(rates: pd.DataFrame) -> None:
    """6,600 searches of 6,000 residents aged 18 to 24 against 4,400 of 24,000 aged 25 to 34: six times."""
    young = of_area(rates, "age_range").loc["18-24"]
    stops, reference, unknown = 150 * 11 * 4, 100 * 11 * 4, 20 * 11 * 4
    assert (young["stop_count"], young["resident_count"]) == (stops, 6_000)
    assert young["rate_per_1000"] == pytest.approx(1_000 * stops / 6_000)
    assert young["rate_per_1000_lower"] == pytest.approx(1_000 * chi2.ppf(0.025, 2 * stops) / 2 / 6_000)
    assert young["rate_ratio"] == pytest.approx(stops / reference * 24_000 / 6_000)
    assert young["rate_ratio_best_case"] == pytest.approx(stops / (reference + unknown) * 4)
    assert young["rate_ratio_worst_case"] == pytest.approx((stops + unknown) / reference * 4)
    # At the lower bound, as many of both groups' searches or more come about once in forty times.
    odds = young["rate_ratio_lower"] * 6_000 / 24_000
    assert binom.sf(stops - 1, stops + reference, odds / (1 + odds)) == pytest.approx(0.025, rel=1e-6)
    assert of_area(rates, "age_range").loc["25-34", "rate_ratio"] == 1


def test_rates_by_gender_leave_out_whom_nobody_counts(rates: pd.DataFrame) -> None:
    """A rate of gender Other would be over residents of another question, or over none."""
    table = of_area(rates, "gender")
    assert table.loc["Female", "rate_ratio"] == pytest.approx(2 / 7)
    assert table.loc["Male", "resident_count"] == 3 * sum(SIZES.values())
    for group in ("Other", NOT_STATED):
        assert pd.isna(table.loc[group, "resident_count"])
        assert pd.isna(table.loc[group, "rate_per_1000"]) and pd.isna(table.loc[group, "rate_ratio"])
        assert table.loc[group, "stop_share"] > 0


def test_districts_have_residents_of_their_own(rates: pd.DataFrame) -> None:
    """A district's rate over its force's residents would be far too low."""
    assert of_area(rates, "age_range", "A").loc["18-24", "resident_count"] == 2_000
    assert of_area(rates, "age_range", "B").loc["18-24", "resident_count"] == 4_000
    ratio = of_area(rates, "gender", "A").loc["Female", "rate_ratio"]
    assert ratio == pytest.approx(2 / 7)


def test_a_force_with_a_district_without_residents_has_none(rates: pd.DataFrame) -> None:
    """Its sum would lack the district's residents and not its searches: every rate would be too high."""
    unknown = BY_AGE.assign(
        resident_count=BY_AGE["resident_count"].astype("Int64").mask(BY_AGE["district_code"] == "B")
    )
    table = stop_rates(searches(), RESIDENTS, unknown)
    for attribute in ("age_range", "gender"):
        for area in ("surrey", "B"):
            figures = of_area(table, attribute, area)
            assert figures[["resident_count", "rate_per_1000", "rate_ratio"]].isna().all(axis=None)
            assert figures["stop_share"].equals(of_area(rates, attribute, area)["stop_share"])
        own = of_area(table, attribute, "A")["rate_per_1000"]
        assert own.notna().any() and own.equals(of_area(rates, attribute, "A")["rate_per_1000"])
    # Who is counted by ethnic group is known all the same.
    assert of_area(table, "self_defined_ethnicity").loc["White", "resident_count"] == 10_000


def test_without_any_residents_by_age_there_are_shares_alone(rates: pd.DataFrame) -> None:
    """A mirror without the optional estimates must go on, and show what it showed before."""
    table = stop_rates(searches(), RESIDENTS, pd.DataFrame(columns=NEEDED_BY_AGE))
    for attribute in ("age_range", "gender"):
        figures = of_area(table, attribute)
        assert figures[["resident_count", "rate_per_1000", "rate_ratio"]].isna().all(axis=None)
        assert figures["stop_share"].notna().any() and figures["hit_rate"].notna().any()
    same = [name for name in table if not name.startswith(("rate_", "resident_"))]
    pd.testing.assert_frame_equal(table[same], rates[same])


def test_sums_conserve_residents() -> None:
    """Residents counted under two attributes, or left out of one, would shift one of the rates."""
    counted = residents_of_groups(RESIDENTS, BY_AGE)
    totals = counted.groupby(["attribute", "area_code"])["resident_count"].sum()
    for area, total in (("A", 40_000), ("B", 80_000), ("surrey", 120_000)):
        assert totals["age_range", area] == totals["gender", area] == total
    assert totals["self_defined_ethnicity", "surrey"] == totals["officer_defined_ethnicity", "surrey"]
    assert not counted.duplicated(["area_code", "attribute", "group_name"]).any()
    assert np.isfinite(counted["resident_count"]).all()


def test_a_handful_of_another_gender_takes_what_is_not_stated_with_it_and_not_women() -> None:
    """Most forces search a few people of another gender: no rate of women would ever be published."""
    frame = searches()
    frame = frame[(frame["gender"] != "Other") | (frame["age_range"] == "18-24")]
    counts = ["stop_count", "unrepeated_count", "hit_count", "miss_count"]
    frame.loc[frame["gender"] == "Other", counts] = [1, 1, 0, 1]
    whole = of_area(stop_rates(frame, RESIDENTS, BY_AGE), "gender")
    assert whole["is_suppressed"].to_dict() == {
        "Female": False,
        "Male": False,
        NOT_STATED: True,
        "Other": True,
    }
    assert whole.loc["Female", ["rate_per_1000", "rate_ratio", "stop_share"]].notna().all()
    assert whole[["rate_ratio_best_case", "rate_ratio_worst_case", "not_stated_share"]].isna().all().all()
