"""Audit tables: rates, ratios, bounds, suppression, exposure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fairness import audit_hotspot_exposure, audit_stops
from ml.fairness.bootstrap import bootstrap_share
from tests.unit.ml.broken_rules import broken_rules


def stops(**counts: int) -> pd.DataFrame:
    """One force by self-defined ethnicity; 1,000 residents a group, 10,000 White."""
    names = {"Not_stated": "Not stated"}
    return pd.DataFrame(
        {
            "force_slug": "bedfordshire",
            "ethnicity_basis": "self_defined",
            "ethnic_group": [names.get(name, name) for name in counts],
            "stop_count": list(counts.values()),
            "stop_count_without_repeats": list(counts.values()),
            "further_action_count": [count // 2 for count in counts.values()],
            "no_further_action_count": [count // 2 for count in counts.values()],
            "resident_count": pd.array(
                [None if n == "Not_stated" else 10_000 if n == "White" else 1000 for n in counts], "Int64"
            ),
        }
    )


def by_group(frame: pd.DataFrame) -> pd.DataFrame:
    """The audit, by group."""
    return audit_stops(frame).set_index("group_name")


def test_rates_and_ratios_by_hand() -> None:
    """40 of 1,000 against 100 of 10,000: 40 per thousand, four times White's 10."""
    table = by_group(stops(Black=40, White=100, Not_stated=60))
    black = table.loc["Black"]
    assert black["rate_per_1000"] == 40 and table.loc["White", "rate_per_1000"] == 10
    assert black["rate_ratio"] == pytest.approx(4)
    assert black["rate_ratio_lower"] < 4 < black["rate_ratio_upper"]
    assert black["rate_ratio_best_case"] == pytest.approx(40 / 160 * 10)
    assert black["rate_ratio_worst_case"] == pytest.approx(10)
    assert black["no_further_action_share"] == 0.5
    assert (table["not_stated_share"] == 60 / 200).all()


def test_reference_is_one_by_definition() -> None:
    """An interval around the reference's own ratio would claim uncertainty about 1."""
    white = by_group(stops(Black=40, White=100, Not_stated=60)).loc["White"]
    ratios = [name for name in white.index if name.startswith("rate_ratio")]
    assert (white[ratios] == 1.0).all()


def test_not_stated_is_missing_and_no_group() -> None:
    """It has a count and outcomes, but no rate and no ratio."""
    row = by_group(stops(Black=40, White=100, Not_stated=60)).loc["Not stated"]
    assert row["stop_count"] == 60
    assert pd.isna(row["rate_per_1000"]) and pd.isna(row["rate_ratio"])
    assert row["no_further_action_share"] == 0.5


def test_not_stated_never_has_residents() -> None:
    """A denominator given by mistake must not turn missing answers into a group."""
    frame = stops(Black=40, White=100, Not_stated=60)
    frame["resident_count"] = frame["resident_count"].fillna(500)
    row = by_group(frame).loc["Not stated"]
    assert pd.isna(row["rate_per_1000"]) and pd.isna(row["rate_ratio"]) and pd.isna(row["resident_count"])


def test_small_counts_are_suppressed() -> None:
    """Nine stops are noise: the count and every figure are null, the residents stay."""
    table = by_group(stops(Mixed=9, Other=20, Asian=60, White=100))
    mixed = table.loc["Mixed"]
    assert mixed["is_suppressed"] and not table.loc["Asian", "is_suppressed"]
    figures = [n for n in mixed.index if n.startswith(("rate_", "no_further", "stop_count"))]
    assert mixed[figures].isna().all()
    assert mixed["resident_count"] == 1000


def test_suppressed_reference_gives_no_ratios() -> None:
    """A ratio to nine stops would give the nine away and mean nothing."""
    table = by_group(stops(Black=40, Asian=30, White=9))
    assert table["rate_ratio"].isna().all() and table["rate_ratio_worst_case"].isna().all()
    assert table.loc["Black", "rate_per_1000"] == 40


def test_small_count_is_not_withheld_alone() -> None:
    """Alone it is the force's total less the others; the smallest other group goes with it."""
    table = by_group(stops(Mixed=9, Other=20, Asian=60, White=100))
    assert table.index[table["is_suppressed"]].tolist() == ["Mixed", "Other"]


def test_repeated_rows_do_not_make_a_small_count_large() -> None:
    """Twelve rows of eight searches are eight people at most."""
    frame = stops(Mixed=12, Other=20, Asian=60, White=100)
    frame.loc[0, "stop_count_without_repeats"] = 8
    assert by_group(frame).loc["Mixed", "is_suppressed"]


def test_few_outcomes_are_withheld_and_the_searches_are_not() -> None:
    """Three of forty without further action are three people; a share of 7.5% would say so."""
    frame = stops(Black=40, Asian=60, Mixed=80, White=1000)
    frame.loc[0, ["no_further_action_count", "further_action_count"]] = [3, 37]
    table = by_group(frame)
    assert not table["is_suppressed"].any()
    hidden = table["no_further_action_share"].isna()
    assert hidden["Black"] and hidden.sum() >= 2 and not hidden["White"]


def test_withheld_not_stated_leaves_no_bounds() -> None:
    """The best case and the share would both give its count back."""
    table = by_group(stops(Black=40, Asian=30, White=100, Not_stated=4))
    assert table.loc["Not stated", "is_suppressed"] and table["not_stated_share"].isna().all()
    assert table["rate_ratio_best_case"].drop("White").isna().all()
    assert table.loc["Black", "rate_ratio"] == pytest.approx(4)


def test_no_residents_is_undefined_not_infinite() -> None:
    """A group without residents in the census has no rate."""
    frame = stops(Black=40, White=100)
    frame.loc[0, "resident_count"] = 0
    black = by_group(frame).loc["Black"]
    assert pd.isna(black["rate_per_1000"]) and pd.isna(black["rate_ratio"])


def test_forces_do_not_mix() -> None:
    """Another force's White residents must not be the reference."""
    other = stops(Black=40, White=400).assign(force_slug="metropolitan")
    table = audit_stops(pd.concat([stops(Black=40, White=100), other], ignore_index=True))
    black = table[table["group_name"] == "Black"].set_index("force_slug")["rate_ratio"]
    assert black["bedfordshire"] == pytest.approx(4) and black["metropolitan"] == pytest.approx(1)


def test_bad_stops_are_refused() -> None:
    """Each of these would give a plausible wrong figure."""
    good = stops(Black=40, White=100)
    with pytest.raises(ValueError, match="repeats"):
        audit_stops(pd.concat([good, good]))
    with pytest.raises(ValueError, match="more stops ended"):
        audit_stops(good.assign(no_further_action_count=200))
    with pytest.raises(ValueError, match="no column 'resident_count'"):
        audit_stops(good.drop(columns="resident_count"))
    assert audit_stops(good.iloc[:0]).empty


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=6, max_size=6))
def test_any_counts_keep_the_contract(counts: list[int]) -> None:
    """Bounds hold their values and shares stay shares, whatever the counts (conform raises otherwise)."""
    names = ["Asian", "Black", "Mixed", "White", "Other", "Not_stated"]
    table = audit_stops(stops(**dict(zip(names, counts, strict=True))))
    assert len(table) == 6


def exposure(count: int = 40, seed: int = 0) -> pd.DataFrame:
    """LSOAs whose most deprived are covered most."""
    random = np.random.default_rng(seed)
    decile = np.where(np.arange(count) < count // 2, 1, 10)
    frame = pd.DataFrame({"lsoa_code": [f"E{i:08d}" for i in range(count)], "imd_2025_decile": decile})
    for column in ("asian_count", "black_count", "mixed_count", "other_count"):
        frame[column] = random.integers(0, 200, count)
    frame["white_count"] = random.integers(500, 1500, count)
    frame["covered_area_share"] = np.where(decile == 1, 0.2, 0.1) * random.uniform(0.5, 1.5, count)
    return frame


def test_exposure_of_deciles_by_hand() -> None:
    """Equal cover in a decile gives that share exactly, and the ratio of the two."""
    frame = exposure()
    frame["covered_area_share"] = np.where(frame["imd_2025_decile"] == 1, 0.3, 0.1)
    table = audit_hotspot_exposure(frame).set_index("group_name")
    assert table["exposed_share"]["1"] == pytest.approx(0.3)
    assert table["disparity_ratio"]["1"] == pytest.approx(3)
    assert table["disparity_ratio"]["10"] == 1
    assert table["disparity_ratio"]["White"] == 1


def test_interval_is_wider_than_one_of_residents() -> None:
    """Residents are exposed area by area: Wilson over residents would be far too sure."""
    from ml.common.intervals import wilson_interval

    table = audit_hotspot_exposure(exposure()).set_index("group_name")
    low, high = wilson_interval(table["exposed_resident_count"]["White"], table["resident_count"]["White"])
    width = table["exposed_share_upper"]["White"] - table["exposed_share_lower"]["White"]
    assert width > 2 * float(high - low)


def test_exposure_is_the_same_in_any_order() -> None:
    """Resampling by position must not make the bounds depend on the order of LSOAs."""
    frame = exposure()
    shuffled = frame.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(audit_hotspot_exposure(frame), audit_hotspot_exposure(shuffled))


def test_unexposed_reference_gives_no_ratio() -> None:
    """x/0 and 0/0 are unknown, not infinite or 1."""
    frame = exposure()
    frame.loc[frame["imd_2025_decile"] == 10, "covered_area_share"] = 0.0
    table = audit_hotspot_exposure(frame)
    deciles = table[table["attribute"] == "imd_2025_decile"]
    assert deciles["disparity_ratio"].isna().all()
    assert deciles.loc[deciles["group_name"].isin(("1", "10")), "exposed_share"].notna().all()


def test_few_areas_have_no_interval_and_few_residents_no_figures() -> None:
    """Resampling three LSOAs says nothing; eight residents are not a group to publish."""
    frame = exposure(6)
    frame[["other_count"]] = 0
    frame.loc[0, "other_count"] = 8
    table = audit_hotspot_exposure(frame).set_index("group_name")
    assert np.isnan(table["exposed_share_lower"]["White"]) and table["exposed_share"]["White"] > 0
    assert table["is_suppressed"]["Other"] and table["resident_count"].isna()["Other"]


def test_a_decile_that_nobody_lives_in_has_a_row() -> None:
    """A small force's area lacks a decile: its release would be refused for a group that is left out."""
    table = audit_hotspot_exposure(exposure())
    deciles = table[table["attribute"] == "imd_2025_decile"].set_index("group_name")
    assert sorted(map(int, deciles.index)) == list(range(1, 11))
    empty = deciles.drop(index=["1", "10"])
    assert empty["is_suppressed"].all() and empty["exposed_share"].isna().all()
    assert broken_rules("ml_fairness_hotspot_exposure", {"ml_fairness_hotspot_exposure": table}) == []


def test_lsoas_outside_the_english_index_have_no_decile() -> None:
    """Welsh LSOAs count for ethnic groups and for no decile."""
    frame = exposure().astype({"imd_2025_decile": "Int64"})
    frame["imd_2025_decile"] = None
    table = audit_hotspot_exposure(frame)
    assert set(table["attribute"]) == {"ethnic_group"}
    assert audit_hotspot_exposure(frame.iloc[:0]).empty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3000)), min_size=0, max_size=40))
def test_bootstrap_bounds_hold_the_share(areas: list[tuple[float, int]]) -> None:
    """Any areas: bounds around the share, inside [0, 1], or unknown."""
    whole = np.array([residents for _, residents in areas], dtype=float)
    part = whole * np.array([share for share, _ in areas], dtype=float)
    lower, upper = bootstrap_share(part, whole, replicates=50)
    if np.isnan(lower):
        assert (whole > 0).sum() < 10
    else:
        assert 0 <= lower <= upper <= 1 + 1e-12


def test_bootstrap_covers_a_known_share() -> None:
    """Areas drawn from one distribution: the 95% interval holds the true share in most samples."""
    random = np.random.default_rng(4)
    hits = 0
    for i in range(100):
        whole = random.integers(800, 2000, 60).astype(float)
        lower, upper = bootstrap_share(whole * random.beta(2, 18, 60), whole, replicates=200, seed=i)
        hits += lower <= 0.1 <= upper
    assert hits >= 86
