"""Maps, frontier and feedback: who is flagged, what a cap costs, and what patrols do to an error."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.axes import Axes

from ml.fairness.card import map_fairness_card
from ml.fairness.feedback import feedback_on_lsoas
from ml.fairness.figures import feedback_plot, frontier_plot, model_ratio_plot, stop_ratio_plot
from ml.fairness.findings import error_findings, map_findings
from ml.fairness.frontier import MOST_DEPRIVED, fairness_frontier
from ml.fairness.grid_exposure import grid_exposure
from ml.fairness.model_exposure import model_exposure

RISK = ["lsoa_code", "expected_crime_count", "expected_harm_days"]
COUNTS = ("asian_count", "black_count", "mixed_count", "white_count", "other_count")


def city(count: int = 100) -> pd.DataFrame:
    """LSOAs of 1,000 residents, a tenth in each decile; the poorer, the fewer White and the more crime."""
    number = np.arange(count)
    decile = number * 10 // count + 1
    black = np.where(decile <= 2, 400, 100)
    return pd.DataFrame(
        {
            "lsoa_code": [f"E{n:08d}" for n in number],
            "imd_2025_decile": pd.array(decile, "Int64"),
            "asian_count": 0,
            "black_count": black,
            "mixed_count": 0,
            "white_count": 1000 - black,
            "other_count": 0,
            "resident_count": 1000,
            "covered_area_share": np.where(number < 4, 0.5, 0.0),
            "expected_crime_count": 200.0 - number,
            "expected_harm_days": 10.0 + number % 7,
            "daily_crime_count": (200.0 - number) / 300,
        }
    )


def on_grid(lsoas: pd.DataFrame) -> pd.DataFrame:
    """The cells' map of LSOAs that are 500 m squares in a row; cells of the fifth alone hold records."""
    number = np.arange(len(lsoas))
    squares = shapely.box(500.0 * number, 0.0, 500.0 * number + 500, 500.0)
    placed = lsoas[["lsoa_code"]].assign(geometry_wkb=shapely.to_wkb(squares))
    # The third cell lies half in the fifth LSOA and half in the sixth.
    cells = pd.DataFrame(
        {
            "cell_easting_m": [2000.0, 2250.0, 2375.0],
            "cell_northing_m": [0.0, 0.0, 250.0],
            "expected_crime_count": [3.0, 2.0, 1.0],
            "expected_harm_days": [1.0, 1.0, 6.0],
        }
    )
    return grid_exposure(cells, placed)


@pytest.fixture(scope="module")
def models() -> pd.DataFrame:
    """The audit of the city's maps."""
    lsoas = city()
    return model_exposure(lsoas, lsoas[RISK], on_grid(lsoas))


def row(models: pd.DataFrame, *key: str) -> pd.Series:
    """One row by its key."""
    return models.set_index(["model", "flagged_area", "attribute", "group_name"]).loc[key]


def test_flagged_residents_by_hand(models: pd.DataFrame) -> None:
    """Ten of 100 LSOAs, all of decile 1: 4,000 of 16,000 Black residents and 6,000 of 84,000 White ones."""
    black = row(models, "risk_crime", "top_10_percent", "ethnic_group", "Black")
    assert black["resident_count"] == 16_000 and black["flagged_resident_count"] == 4000
    assert black["disparity_ratio"] == pytest.approx(4000 / 16_000 / (6000 / 84_000))
    assert black["disparity_ratio_lower"] < black["disparity_ratio"] < black["disparity_ratio_upper"]
    assert black["ratio_to_everyone"] == pytest.approx(2.5)
    assert row(models, "risk_crime", "top_10_percent", "imd_2025_decile", "1")["flagged_share"] == 1


def test_hotspots_count_by_covered_share(models: pd.DataFrame) -> None:
    """Half of four LSOAs of 1,000 is 2,000 residents."""
    assert row(models, "hotspots", "hulls", "all", "Everyone")["flagged_resident_count"] == 2000


def test_cells_count_by_the_share_of_an_lsoa_that_they_cover() -> None:
    """Cells flagged as if each were an LSOA, or counted twice at an edge, would name the wrong residents."""
    grid = on_grid(city()).set_index(["model", "flagged_area", "lsoa_code"])["covered_area_share"]
    fifth, sixth = "E00000004", "E00000005"
    # A hundredth of 400 cells are four: all three that hold a record.
    assert grid["risk_grid_crime", "top_1_percent", fifth] == pytest.approx(2.5 / 4)
    assert grid["risk_grid_crime", "top_1_percent", sixth] == pytest.approx(0.5 / 4)
    assert grid.groupby(level=[0, 1]).sum().to_numpy() == pytest.approx(3 / 4)
    # Of half the LSOAs two are flagged, by crime the first two and by harm the third with half of each tie.
    half = on_grid(city(50)).set_index(["model", "flagged_area", "lsoa_code"])["covered_area_share"]
    assert half["risk_grid_crime", "top_1_percent", fifth] == pytest.approx(2 / 4)
    assert half["risk_grid_harm", "top_1_percent", fifth] == pytest.approx((0.5 + 1) / 4)
    assert half["risk_grid_harm", "top_1_percent", sixth] == pytest.approx(0.5 / 4)


def test_flagged_residents_of_cells_by_hand(models: pd.DataFrame) -> None:
    """Three of the four cells of an LSOA of 1,000, 400 of them Black, are 750 residents."""
    for model in ("risk_grid_crime", "risk_grid_harm"):
        everyone = row(models, model, "top_5_percent", "all", "Everyone")
        assert everyone["flagged_resident_count"] == 750 and everyone["resident_count"] == 100_000
        assert row(models, model, "top_5_percent", "ethnic_group", "Black")["flagged_resident_count"] == 300


def test_nothing_over_nothing_is_null(models: pd.DataFrame) -> None:
    """No one of decile 10 is flagged: a ratio to it is undefined, not infinite and not zero."""
    poorest = row(models, "risk_crime", "top_1_percent", "imd_2025_decile", "1")
    assert poorest["flagged_share"] > 0 and np.isnan(poorest["disparity_ratio"])
    richest = row(models, "risk_crime", "top_1_percent", "imd_2025_decile", "9")
    assert richest["flagged_share"] == 0 and np.isnan(richest["disparity_ratio"])


def test_group_without_residents_is_suppressed(models: pd.DataFrame) -> None:
    """Nobody of the city is Asian: a share of nobody must not read as 0%."""
    asian = row(models, "risk_crime", "top_5_percent", "ethnic_group", "Asian")
    assert asian["is_suppressed"] and np.isnan(asian["flagged_share"])


def test_risk_maps_speak_only_of_the_lsoas_they_hold() -> None:
    """A force whose months are incomplete has no forecast: its residents must not count as spared."""
    lsoas = city()
    risk = lsoas.loc[:49, ["lsoa_code", "expected_crime_count", "expected_harm_days"]]
    table = model_exposure(lsoas, risk, on_grid(lsoas.iloc[:50]))
    assert row(table, "risk_crime", "top_10_percent", "all", "Everyone")["resident_count"] == 50_000
    assert row(table, "risk_grid_harm", "top_10_percent", "all", "Everyone")["resident_count"] == 50_000
    assert row(table, "hotspots", "hulls", "all", "Everyone")["resident_count"] == 100_000
    none = model_exposure(lsoas, risk.iloc[:0], on_grid(lsoas.iloc[:0]))
    assert set(none["model"]) == {"hotspots"}


def test_exposure_is_the_same_twice(models: pd.DataFrame) -> None:
    """The same warehouse must give the same bytes."""
    lsoas = city()
    again = model_exposure(
        lsoas.sample(frac=1, random_state=1),
        lsoas[RISK],
        on_grid(lsoas),
    )
    pd.testing.assert_frame_equal(models, again)


def test_bootstrap_interval_holds_its_level() -> None:
    """An interval of an equal chance must hold the true ratio of 1 in most cities."""
    held = []
    for seed in range(8):
        random = np.random.default_rng(seed)
        lsoas = city(200).assign(
            expected_crime_count=random.random(200), imd_2025_decile=pd.array(random.integers(1, 11, 200))
        )
        black = random.integers(50, 400, 200)
        lsoas = lsoas.assign(black_count=black, white_count=1000 - black)
        table = model_exposure(lsoas, lsoas[RISK], on_grid(lsoas.iloc[:0]))
        one = row(table, "risk_crime", "top_10_percent", "ethnic_group", "Black")
        held.append(one["disparity_ratio_lower"] <= 1 <= one["disparity_ratio_upper"])
    assert np.mean(held) >= 0.8


def curve_of(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """The curve of one group, of the tenth with the most forecast crime."""
    own = (table["model"] == "risk_crime") & (table["flagged_area"] == "top_10_percent")
    return table[own & (table["group_name"] == group)]


def test_frontier_is_the_best_choice_of_all() -> None:
    """No choice of three of eight areas that keeps the cap may catch more than what the frontier says."""
    random = np.random.default_rng(3)
    lsoas = city(30).assign(expected_crime_count=random.random(30))
    table = fairness_frontier(lsoas)
    curve = curve_of(table, MOST_DEPRIVED)
    value = lsoas["expected_crime_count"].to_numpy()
    in_group = (lsoas["imd_2025_decile"] <= 2).to_numpy(dtype=bool)
    choices = np.array(list(itertools.combinations(range(30), 3)))
    for one in curve.itertuples():
        keeps = in_group[choices].mean(axis=1) <= one.cap_share + 1e-9
        best = value[choices[keeps]].sum(axis=1).max() / value.sum()
        assert one.captured_share == pytest.approx(best)


def test_frontier_by_hand() -> None:
    """Without a cap all ten flagged are poor: half the fifth and none of the others, 50 points apart."""
    curve = curve_of(fairness_frontier(city()), MOST_DEPRIVED).set_index("cap_share")
    free, half = curve.loc[1.0], curve.loc[0.5]
    assert free["group_flagged_count"] == 10 and free["disparity_points"] == pytest.approx(50)
    assert np.isnan(free["lost_per_point"])
    assert half["group_flagged_count"] == 5
    lost = 100 * (sum(range(191, 196)) - sum(range(176, 181))) / sum(range(101, 201))
    removed = 50 - 100 * (5 / 20 - 5 / 80)
    assert half["capture_lost_points"] == pytest.approx(lost)
    assert half["lost_per_point"] == pytest.approx(lost / removed)


def test_a_cap_that_adds_disparity_has_no_price() -> None:
    """A group that is flagged less than others is no fairer off when it is flagged less still."""
    table = fairness_frontier(city())
    below = table[table["disparity_points"] < 0]
    first = table[table["cap_share"] == 1].set_index(["model", "flagged_area", "attribute", "group_name"])
    start = first.loc[list(below[first.index.names].itertuples(index=False, name=None)), "disparity_points"]
    further = below["disparity_points"].abs().to_numpy() > start.abs().to_numpy() + 1e-9
    assert further.any() and below.loc[further, "lost_per_point"].isna().all()
    assert (below.loc[further, "disparity_removed_points"] < 0).all()


def test_frontier_of_an_ethnic_group_by_hand() -> None:
    """The fifth with most Black residents is here the deprived one; its residents are compared as people.

    All ten flagged are of the fifth: 4,000 of 16,000 Black residents, and 6,000 of 84,000 others.
    """
    table = fairness_frontier(city())
    curve = curve_of(table, "Black").set_index("cap_share")
    free, none = curve.loc[1.0], curve.loc[0.0]
    assert free["group_flagged_count"] == 10
    assert free["group_flagged_share"] == pytest.approx(4000 / 16000)
    assert free["disparity_points"] == pytest.approx(100 * (4000 / 16000 - 6000 / 84000))
    assert none["group_flagged_count"] == 0
    assert none["group_flagged_share"] == pytest.approx(1000 / 16000)
    deprived = curve_of(table, MOST_DEPRIVED).set_index("cap_share")
    assert curve["captured_share"].to_numpy() == pytest.approx(deprived["captured_share"].to_numpy())
    white = curve_of(table, "White").set_index("cap_share")
    # The fifth with the highest share of White residents is elsewhere: nothing is held back.
    assert (white["group_flagged_count"] == 0).all()


@pytest.mark.parametrize(
    ("changed", "group", "why"),
    [
        ({"imd_2025_decile": 1}, MOST_DEPRIVED, "every one"),
        ({"imd_2025_decile": pd.array([None] * 100, "Int64")}, MOST_DEPRIVED, "no area has a deprivation"),
        ({}, "Asian", "too few residents"),
        (
            dict.fromkeys(("black_count", "white_count"), pd.array([None] * 100, "Int64")),
            "White",
            "composition unknown",
        ),
    ],
)
def test_a_group_without_figures_says_why(changed: dict[str, object], group: str, why: str) -> None:
    """Without a reason a missing curve looks like one that costs nothing."""
    table = fairness_frontier(city().assign(asian_count=0).assign(**changed))
    curve = curve_of(table, group)
    assert len(curve) == 21 and curve["note"].str.contains(why).all()
    assert curve[["captured_share", "disparity_points", "group_flagged_count"]].isna().all().all()
    known = table[table["note"].isna()]
    assert known["captured_share"].notna().all()


def test_no_map_has_no_frontier() -> None:
    """Where no risk map could be made the table is empty, and the run goes on."""
    assert fairness_frontier(city().iloc[:0]).empty


@pytest.fixture(scope="module")
def feedback() -> pd.DataFrame:
    """The simulation on the city."""
    return feedback_on_lsoas(city())


def test_declared_error_is_in_the_table(feedback: pd.DataFrame) -> None:
    """A simulated figure without its assumption would be read as a finding."""
    assert set(feedback["over_recording_ratio"]) == {1.0, 1.5} and (feedback["place_count"] == 100).all()
    assert feedback["policy"].nunique() == 6


def test_error_sends_more_patrols_to_the_group() -> None:
    """If the assumed error changed nothing, the simulation would not show what it is for."""
    flat = city().assign(daily_crime_count=0.5)
    share = feedback_on_lsoas(flat).set_index(["over_recording_ratio", "policy", "first_day"])
    assert share.loc[(1.5, "highest_first", 1), "group_patrol_share"] > 0.9
    assert share.loc[(1.0, "highest_first", 1), "group_patrol_share"] < 0.6


def test_no_crime_no_simulation() -> None:
    """Rates of zero have no share of crime to compare with."""
    assert feedback_on_lsoas(city().assign(daily_crime_count=0.0)).empty


def test_figures_draw_full_and_empty_tables(models: pd.DataFrame, feedback: pd.DataFrame) -> None:
    """A picture that fails would fail the asset whose table is good."""
    from ml.common.contracts import CONTRACTS, empty_frame

    drawn = (
        ("ml_fairness_models", models, model_ratio_plot),
        ("ml_fairness_frontier", fairness_frontier(city()), frontier_plot),
        ("ml_fairness_feedback", feedback, feedback_plot),
    )
    for table, frame, draw in drawn:
        assert draw(frame).axes and draw(empty_frame(CONTRACTS[table])).axes
    assert stop_ratio_plot(empty_frame(CONTRACTS["ml_fairness_stop_rates"])).axes


def test_the_card_names_no_group_that_is_withheld(models: pd.DataFrame) -> None:
    """A card beside the tables must show the groups' figures, and none that the table holds back."""
    period = ("2025-01", "2025-12")
    card = map_fairness_card(models, version="1", period=period)
    assert card is not None
    black = next(m for m in card.metrics if m.group == "Black" and m.name.startswith("Risk of crime"))
    expected = row(models, "risk_crime", "top_5_percent", "ethnic_group", "Black")
    assert black.value == expected["flagged_share"] and black.upper == expected["flagged_share_upper"]
    assert black.baseline == row(models, "risk_crime", "top_5_percent", "all", "Everyone")["flagged_share"]
    assert {m.group for m in card.metrics}.isdisjoint({"Asian", "Mixed", "Other"})
    assert map_fairness_card(models.iloc[:0], version="1", period=period) is None


def test_the_verdict_says_what_was_found_with_its_interval(models: pd.DataFrame) -> None:
    """A verdict that tells how to read a table leaves the reader to find out what it says."""
    row = models[(models["model"] == "risk_harm") & (models["flagged_area"] == "top_5_percent")].iloc[[0]]
    told = row.assign(
        attribute="imd_2025_decile",
        group_name="1",
        flagged_share=0.24,
        ratio_to_everyone=5.4,
        ratio_to_everyone_lower=4.25,
        ratio_to_everyone_upper=6.5,
    )
    assert map_findings(told) == (
        "The risk map of harm has 24% of the residents of the most deprived tenth in its top 5% of areas, "
        "5.40 times everyone's (95% 4.25 to 6.50)"
    )
    assert "do not tell the two apart" in map_findings(told.assign(ratio_to_everyone_lower=0.9))
    assert "too few areas" in map_findings(told.assign(ratio_to_everyone_lower=np.nan))
    assert map_findings(told.iloc[:0]) == "No map points at anybody of whom a figure may be told"


def test_the_verdict_on_errors_is_of_the_most_deprived_tenth() -> None:
    """The other tenths, harm, and what has no ratio must not be told as its errors."""
    base = {
        "measure": "crime_count",
        "crime_group": "all_crime",
        "flagged_area": "all_areas",
        "metric": "expected_to_recorded_ratio",
        "attribute": "imd_2025_decile",
        "group_name": "1",
        "metric_value": 0.99,
        "ratio_to_everyone": 0.97,
        "ratio_to_everyone_lower": 0.92,
        "ratio_to_everyone_upper": 1.02,
    }
    others = ({"group_name": "10"}, {"measure": "harm_days"}, {"ratio_to_everyone": np.nan})
    found = error_findings(pd.DataFrame([base, *(base | other for other in others)]))
    assert found == (
        "In the most deprived tenth 0.99 crimes were expected for each that was recorded, 0.97 times "
        "everyone's (95% 0.92 to 1.02), so that these data do not tell the two apart"
    )
    assert "Nothing is known" in error_findings(pd.DataFrame([base | {"group_name": "10"}]))


def ratios(forces: int = 1, *, women: float = 0.2) -> pd.DataFrame:
    """Ratios of searches as the plot reads them; the higher a force's number, the more searches it has."""
    groups = [
        ("self_defined_ethnicity", "Black", "White", 3.0),
        ("self_defined_ethnicity", "White", "White", 1.0),
        ("officer_defined_ethnicity", "Asian", "White", 2.0),
        ("age_range", "18-24", "25-34", 2.5),
        ("gender", "Female", "Male", women),
    ]
    frame = pd.DataFrame(
        [(f"force-{n:02}", 100 * n, *group) for n in range(1, forces + 1) for group in groups],
        columns=["force_slug", "stop_count", "attribute", "group_name", "reference_group", "rate_ratio"],
    )
    bounds = {"lower": 0.8, "upper": 1.2, "best_case": 0.9, "worst_case": 1.4}
    by_name = {f"rate_ratio_{name}": frame["rate_ratio"] * factor for name, factor in bounds.items()}
    return frame.assign(area_type="force", object_of_search="All objects", **by_name)


def labels_of(axes: Axes) -> list[str]:
    """The rows of a panel."""
    return [label.get_text() for label in axes.get_yticklabels()]


def test_ratios_are_drawn_by_ethnicity_age_and_gender() -> None:
    """A panel that is lost, or holds rows of another attribute, would hide who is searched more."""
    district = ratios().assign(area_type="district", force_slug="elsewhere")
    figure = stop_ratio_plot(pd.concat([ratios(), district], ignore_index=True))
    titles = [axes.get_title(loc="left").split(":")[0] for axes in figure.axes]
    assert titles == ["Self-defined ethnicity", "Age", "Gender"]
    drawn = [labels_of(axes) for axes in figure.axes]
    assert drawn == [["Black, force-01"], ["18-24, force-01"], ["Female, force-01"]]
    assert not any(axes.texts for axes in figure.axes)


def test_a_panel_without_a_ratio_says_so() -> None:
    """An empty panel would read as nobody being searched more often than others."""
    *held, withheld = stop_ratio_plot(ratios(women=np.nan)).axes
    assert withheld.texts[0].get_text().startswith("no ratio") and not labels_of(withheld)
    assert not any(axes.texts for axes in held)


def test_of_many_forces_the_groups_of_most_searches_are_drawn() -> None:
    """The first forces of the alphabet would stand for the country, or the picture be too large to keep."""
    for axes in stop_ratio_plot(ratios(forces=40)).axes:
        labels = labels_of(axes)
        assert [label.split("-")[-1] for label in labels] == [str(number) for number in range(17, 41)]
        assert "24 of 40" in axes.get_title(loc="left")
