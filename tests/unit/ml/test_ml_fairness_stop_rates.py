"""Stop rates by place, object and group: known answers, bounds, and an attack on the withheld counts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fairness.outcomes import outcome_test, search_threshold
from ml.fairness.stop_rates import NOT_STATED, REFERENCES, stop_rates
from ml.fairness.stop_residents import NEEDED_BY_AGE
from tests.unit.ml.suppression_attack import KEY, ranges, spare_widths

GROUPS = {"White": 4000, "Black": 1500, "Asian": 700, "Mixed": 90, "Other": 25, NOT_STATED: 900}
PLACES = {"E01": 0.45, "E02": 0.2, "E03": 0.04, "without_coordinates": 0.3, "elsewhere": 0.01}
OBJECTS = {"Controlled drugs": 0.6, "Stolen goods": 0.25, "Offensive weapons": 0.14, "Fireworks": 0.01}
AGES = {"10-17": 0.2, "18-24": 0.45, "25-34": 0.3, "over 34": 0.049, "under 10": 0.001}
COUNTS = ["stop_count", "unrepeated_count", "hit_count", "miss_count", "find_count", "no_find_count"]
OUTCOMES = {"hit_rate": ("hit_count", "miss_count"), "find_rate": ("find_count", "no_find_count")}
GENDERS = {"Male": 0.9, "Female": 0.098, "Other": 0.002}

NOBODY = pd.DataFrame(columns=["force_slug", "district_code", "ethnic_group", "resident_count"])


@pytest.fixture(scope="module")
def stops() -> pd.DataFrame:
    """One force's searches, drawn so that some groups of some places and objects are few."""
    random = np.random.default_rng(7)
    size = sum(GROUPS.values())
    people = pd.DataFrame(
        {
            "self_defined_ethnicity": np.repeat(list(GROUPS), list(GROUPS.values())),
            **{
                name: random.choice(list(odds), size=size, p=list(odds.values()))
                for name, odds in (
                    ("district_code", PLACES),
                    ("object_of_search", OBJECTS),
                    ("age_range", AGES),
                    ("gender", GENDERS),
                )
            },
        }
    )
    people["officer_defined_ethnicity"] = people["self_defined_ethnicity"].replace({NOT_STATED: "White"})
    people["district_name"] = people["district_code"]
    is_hit = random.random(size) < np.where(people["self_defined_ethnicity"] == "Black", 0.15, 0.3)
    is_found, is_recorded = is_hit & (random.random(size) < 0.7), random.random(size) < 0.8
    people = people.assign(
        force_slug="bedfordshire",
        window_start_month=pd.Timestamp("2025-01-01"),
        window_end_month=pd.Timestamp("2025-12-01"),
        stop_count=1,
        unrepeated_count=(random.random(size) < 0.98).astype(int),
        hit_count=is_hit.astype(int),
        miss_count=(~is_hit).astype(int),
        find_count=(is_found & is_recorded).astype(int),
        no_find_count=(~is_found & is_recorded).astype(int),
    )
    keys = [name for name in people if not name.endswith("_count")]
    return people.groupby(keys, as_index=False)[COUNTS].sum()


@pytest.fixture(scope="module")
def residents() -> pd.DataFrame:
    """Residents of the three districts, most of them White."""
    sizes = {"White": 100_000, "Black": 10_000, "Asian": 20_000, "Mixed": 5_000, "Other": 2_000}
    rows = [("bedfordshire", place, *item) for place, item in product(("E01", "E02", "E03"), sizes.items())]
    return pd.DataFrame(rows, columns=["force_slug", "district_code", "ethnic_group", "resident_count"])


@pytest.fixture(scope="module")
def by_age() -> pd.DataFrame:
    """Residents of the three districts by age range and gender, of each gender as many."""
    sizes = {"under 10": 8_000, "10-17": 6_000, "18-24": 5_000, "25-34": 10_000, "over 34": 40_000}
    rows = [
        ("bedfordshire", place, age, gender, size)
        for place, (age, size), gender in product(("E01", "E02", "E03"), sizes.items(), ("Female", "Male"))
    ]
    return pd.DataFrame(rows, columns=NEEDED_BY_AGE)


@pytest.fixture(scope="module")
def rates(stops: pd.DataFrame, residents: pd.DataFrame, by_age: pd.DataFrame) -> pd.DataFrame:
    """The table."""
    return stop_rates(stops, residents, by_age)


def whole(rates: pd.DataFrame, attribute: str = "self_defined_ethnicity") -> pd.DataFrame:
    """Rows of the whole force and all objects of one attribute, by group."""
    own = rates[(rates["area_type"] == "force") & (rates["object_of_search"] == "All objects")]
    return own[own["attribute"] == attribute].set_index("group_name")


def test_rates_and_ratios_by_hand(rates: pd.DataFrame) -> None:
    """1,500 of 30,000 Black residents against 4,000 of 300,000 White ones is a ratio of 3.75."""
    table = whole(rates)
    black = table.loc["Black"]
    assert black["stop_count"] == 1500 and black["rate_per_1000"] == pytest.approx(50)
    assert black["rate_ratio"] == pytest.approx(3.75)
    assert black["rate_ratio_lower"] < 3.75 < black["rate_ratio_upper"]
    assert black["rate_ratio_best_case"] == pytest.approx(1500 / 4900 * 10)
    assert black["rate_ratio_worst_case"] == pytest.approx(2400 / 4000 * 10)
    assert black["rate_ratio_without_repeats"] == pytest.approx(3.75, rel=0.03)
    assert black["stop_count_without_repeats"] < 1500
    assert black["not_stated_share"] == pytest.approx(900 / sum(GROUPS.values()))
    assert pd.isna(table.loc[NOT_STATED, "rate_ratio"])


def test_both_words_on_ethnicity_differ(rates: pd.DataFrame) -> None:
    """Officers call White those who do not say, so that their rate of White people is higher."""
    own, officers = whole(rates), whole(rates, "officer_defined_ethnicity")
    assert officers.loc["White", "stop_count"] == 4900 > own.loc["White", "stop_count"]
    assert officers.loc["Black", "rate_ratio"] == pytest.approx(1500 / 4900 * 10)


def test_outcome_test_finds_the_group_searched_in_vain(rates: pd.DataFrame) -> None:
    """Black people's searches found something half as often: interval and p-value must say so."""
    black, asian = whole(rates).loc["Black"], whole(rates).loc["Asian"]
    assert black["hit_rate"] == pytest.approx(0.15, abs=0.03)
    assert black["hit_rate_difference_upper"] < 0 and black["hit_rate_p_value"] < 1e-6
    assert asian["hit_rate_difference_lower"] < 0 < asian["hit_rate_difference_upper"]
    assert black["threshold_difference_upper"] < 0


def test_outcome_test_by_hand() -> None:
    """Equal shares differ by nothing with a p-value of 1; an empty side has no test."""
    assert outcome_test(10, 30, 20, 60)[0] == 0 and outcome_test(10, 30, 20, 60)[3] == 1
    assert np.isnan(outcome_test(0, 0, 20, 60)).all()


@pytest.mark.parametrize("separation", [1.0, 2.0, 3.0])
def test_threshold_is_found_again(separation: float) -> None:
    """Shares made from a known threshold must give it back, or groups would be compared on noise."""
    from scipy.stats import norm

    carrying, cut = np.array([0.02, 0.1, 0.3]), np.array([2.5, 1.8, 1.0])
    found = carrying * norm.sf(cut - separation)
    searched = found + (1 - carrying) * norm.sf(cut)
    told = carrying * norm.pdf(cut - separation)
    truth = told / (told + (1 - carrying) * norm.pdf(cut))
    inferred = search_threshold(searched, found / searched, separation)
    np.testing.assert_allclose(inferred[0], carrying, rtol=1e-6)
    np.testing.assert_allclose(inferred[1], truth, rtol=1e-6)
    assert np.isnan(search_threshold([1.2, 0.1, np.nan], [0.2, 0.0, 0.2], separation)[1]).all()


def test_finds_and_their_bounds_by_hand() -> None:
    """Of 100 White searches 20 found their object, 50 did not and 30 say nothing: 20/70, from 20 to 50%."""
    table = whole(rates_of_one_place(dict.fromkeys(GROUPS, 100) | {"Black": 200}))
    white, black = table.loc["White"], table.loc["Black"]
    assert white["find_rate"] == pytest.approx(20 / 70)
    assert white["find_rate_lower"] < 20 / 70 < white["find_rate_upper"]
    assert white["find_missing_share"] == pytest.approx(0.3) == white["without_find_record_share"]
    assert white["find_rate_lowest_case"] == pytest.approx(0.2)
    assert white["find_rate_highest_case"] == pytest.approx(0.5)
    assert black["find_rate_difference"] == 0 and black["find_rate_p_value"] == 1


def test_a_force_that_records_no_finds_has_none() -> None:
    """A blank is not a search in vain: no rate may come of it, and the share of blanks must say why."""
    searches = one_place(dict.fromkeys(GROUPS, 100)).assign(find_count=0, no_find_count=0)
    table = whole(stop_rates(searches, NOBODY, pd.DataFrame(columns=NEEDED_BY_AGE)))
    assert table[["find_rate", "find_rate_lowest_case", "find_rate_highest_case"]].isna().all(axis=None)
    assert (table["without_find_record_share"] == 1).all() and table.loc["White", "hit_rate"] == 0.25


def test_hit_rates_by_place_and_object(rates: pd.DataFrame, stops: pd.DataFrame) -> None:
    """A force's rate can hide that one district or object differs: each is told from its own searches."""
    own = rates[rates["attribute"] == "self_defined_ethnicity"]
    shown = own[~own["is_hit_rate_suppressed"]]
    for place, kept in (("E01", stops["district_code"] == "E01"), ("bedfordshire", None)):
        goal = "All objects" if kept is not None else "Controlled drugs"
        searched = stops[kept if kept is not None else stops["object_of_search"] == goal]
        counts = searched.groupby("self_defined_ethnicity")[["hit_count", "miss_count"]].sum()
        table = shown[(shown["area_code"] == place) & (shown["object_of_search"] == goal)]
        table = table.set_index("group_name")
        assert {"White", "Black"} <= set(table.index)
        for group in table.index:
            hits, misses = counts.loc[group]
            assert table.loc[group, "hit_rate"] == pytest.approx(hits / (hits + misses))
        black = table.loc["Black"]
        assert black["hit_rate_difference_upper"] < 0 and black["hit_rate_p_value"] < 0.01
        assert pd.isna(black["threshold_middle_signal"])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.tuples(*[st.integers(50, 300)] * 3), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_hit_and_find_rates_of_any_truth_lie_within_their_cases(
    counts: tuple[int, int, int], hits_taken: float, misses_taken: float, found: float
) -> None:
    """Whatever those "Not stated" are and whatever was not recorded, the rate must lie between the cases."""
    groups = dict.fromkeys(GROUPS, 100) | dict(zip(("White", "Black", NOT_STATED), counts, strict=True))
    searches = one_place(groups).set_index("self_defined_ethnicity")
    black = whole(rates_of_one_place(groups)).loc["Black"]
    own, unknown = searches.loc["Black"], searches.loc[NOT_STATED]
    hits = own["hit_count"] + hits_taken * unknown["hit_count"]
    rate = hits / (hits + own["miss_count"] + misses_taken * unknown["miss_count"])
    assert black["hit_rate_lowest_case"] - 1e-9 <= rate <= black["hit_rate_highest_case"] + 1e-9
    missing = own["stop_count"] - own["find_count"] - own["no_find_count"]
    find_rate = (own["find_count"] + found * missing) / own["stop_count"]
    assert black["find_rate_lowest_case"] - 1e-9 <= find_rate <= black["find_rate_highest_case"] + 1e-9


def test_cases_go_with_a_withheld_group_not_stated() -> None:
    """Bounds that were kept would give its hits away, whatever is withheld of its own row."""
    table = whole(rates_of_one_place({"White": 400, "Black": 300, "Asian": 60, NOT_STATED: 20}))
    assert table.loc[NOT_STATED, "is_hit_rate_suppressed"] and table["hit_rate"].notna().any()
    assert table[["hit_rate_lowest_case", "hit_rate_highest_case"]].isna().all(axis=None)


def rates_of_one_place(counts: dict[str, int]) -> pd.DataFrame:
    """The table of one district's searches, without residents."""
    return stop_rates(one_place(counts), NOBODY, pd.DataFrame(columns=NEEDED_BY_AGE))


def test_infra_marginality_is_seen() -> None:
    """Under one threshold two groups' hit rates differ by who carries: thresholds must agree all the same."""
    from scipy.stats import norm

    carrying = np.array([0.02, 0.1])
    cut = 1 + np.log((1 - carrying) / carrying * 0.25 / 0.75) / 2
    found = carrying * norm.sf(cut - 2)
    searched = found + (1 - carrying) * norm.sf(cut)
    hit = found / searched
    assert hit[1] - hit[0] > 0.02
    np.testing.assert_allclose(search_threshold(searched, hit, 2.0)[1], 0.25, rtol=1e-6)


def test_small_places_and_objects_are_taken_together(rates: pd.DataFrame) -> None:
    """A column of few searches cannot be made safe."""
    assert "Fireworks" not in set(rates["object_of_search"])
    assert {"other_places", "without_coordinates"} <= set(rates["area_code"])
    assert rates["without_coordinates_share"].iloc[0] == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("attribute", list(REFERENCES))
def test_withheld_counts_cannot_be_solved_for(
    rates: pd.DataFrame, stops: pd.DataFrame, attribute: str
) -> None:
    """Neither linear equations nor bounds over every figure, place, object and total give a count away."""
    table = rates[rates["attribute"] == attribute]
    truth = true_counts(stops, attribute, table)
    told = tells(table)
    assert told.any() and not told.all()
    small = attacked(table, truth, told)
    assert len(small) > 2
    assert not (told & (truth < 10)).any()
    assert not small["is_solved"].any()
    assert (small["highest"] - small["lowest"] >= 10 - 1e-6).all()


@pytest.mark.parametrize(
    "column", ["rate_per_1000", "rate_ratio", "stop_share", "rate_ratio_without_repeats"]
)
@pytest.mark.parametrize("attribute", ["age_range", "gender"])
def test_a_figure_left_in_gives_a_count_away(
    rates: pd.DataFrame, stops: pd.DataFrame, attribute: str, column: str
) -> None:
    """An attack that reads counts alone would pass a table whose rates of known residents tell them."""
    table = rates[rates["attribute"] == attribute].copy()
    truth = true_counts(stops, attribute, table)
    own = (table["area_type"] == "force") & (table["object_of_search"] == "All objects")
    table.loc[own & table["is_suppressed"], column] = 0.5
    assert (tells(table) & (truth < 10)).any()


def attacked(table: pd.DataFrame, truth: np.ndarray, told: np.ndarray) -> pd.DataFrame:
    """Attack the small counts that no figure tells, given all that are told, and every place's total."""
    cells = table.assign(value=np.where(told, truth, np.nan), truth=truth)
    return ranges(cells, cells.groupby(KEY)["truth"].sum())


def tells(table: pd.DataFrame) -> np.ndarray:
    """Return whose count a reader can work out from any figure, with the residents and totals known.

    A count with repeats is taken for one without, and a ratio for both of its sides: more than a reader has.
    """
    starts = ("stop_", "rate_per_1000", "rate_ratio")
    figures = [name for name in table if name.startswith(starts)]
    # Of the reference, ratios are 1 by definition.
    is_told = (table[figures].notna() & (table[figures] != 1)).any(axis="columns")
    bounds = table[["not_stated_share", "rate_ratio_best_case", "rate_ratio_worst_case"]]
    bound_told = (bounds.notna() & (bounds != 1)).any(axis="columns")
    by_place = bound_told.groupby([table[name] for name in KEY]).transform("any")
    ratio_told = (table["rate_ratio"].notna() & (table["rate_ratio"] != 1)).groupby(
        [table[name] for name in KEY]
    )
    is_reference = table["group_name"] == table["reference_group"]
    is_not_stated = table["group_name"] == NOT_STATED
    return (is_told | (is_not_stated & by_place) | (is_reference & ratio_told.transform("any"))).to_numpy()


@pytest.mark.parametrize("rate", list(OUTCOMES))
@pytest.mark.parametrize("attribute", list(REFERENCES))
def test_withheld_outcomes_cannot_be_solved_for(
    rates: pd.DataFrame, stops: pd.DataFrame, attribute: str, rate: str
) -> None:
    """Rates by place and object must tell no small count of hits or misses, and no withheld one of searches.

    Of outcomes the attacker takes the searches that are shown for those with a record, which helps him.
    """
    table = rates[rates["attribute"] == attribute]
    found, missed, searched = (
        true_counts(stops, attribute, table, name) for name in (*OUTCOMES[rate], "stop_count")
    )
    is_told = table[rate].notna().to_numpy()
    assert is_told.sum() > 2 and not (is_told & (np.minimum(found, missed) < 10)).any()
    told = np.column_stack([tells(table), is_told, is_told])
    for attacked, whole_count in (("hits", found + missed), ("stops", searched)):
        truth = pd.DataFrame({"stops": whole_count, "hits": found, "misses": missed})
        published = table.join(truth.where(told).set_index(table.index))
        spare = spare_widths(published, truth, attacked)
        assert len(spare) > 2 and (spare >= -1e-6).all(), attacked


def true_counts(
    stops: pd.DataFrame, attribute: str, table: pd.DataFrame, counted: str = "unrepeated_count"
) -> np.ndarray:
    """Count each row of the table from the searches, whatever was withheld."""
    places = set(table.loc[table["area_type"] == "district", "area_code"])
    objects = set(table["object_of_search"])
    stops = stops.assign(
        district_code=stops["district_code"].where(stops["district_code"].isin(places), "other_places"),
        object_of_search=stops["object_of_search"].where(
            stops["object_of_search"].isin(objects), "Other objects"
        ),
    )
    counts = []
    for row in table.itertuples():
        own = stops[attribute] == row.group_name
        if row.area_type == "district":
            own &= stops["district_code"] == row.area_code
        if row.object_of_search != "All objects":
            own &= stops["object_of_search"] == row.object_of_search
        counts.append(stops.loc[own, counted].sum())
    return np.array(counts, dtype=float)


def test_nothing_follows_from_a_withheld_reference(
    stops: pd.DataFrame, residents: pd.DataFrame, by_age: pd.DataFrame
) -> None:
    """A ratio to a withheld rate would give the rate, and so the count, away."""
    table = whole(stop_rates(stops[stops["self_defined_ethnicity"] != "White"], residents, by_age))
    assert table.loc["White", "is_suppressed"] and table["rate_ratio"].isna().all()
    assert table["rate_per_1000"].notna().any()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.tuples(*[st.integers(10, 300)] * 6), st.floats(0, 1), st.floats(0, 1))
def test_every_split_of_not_stated_lies_within_the_cases(
    counts: tuple[int, ...], to_group: float, to_reference: float
) -> None:
    """Best and worst case would mislead if some answer of those who did not answer lay outside them."""
    stops = one_place(dict(zip(GROUPS, counts, strict=True)))
    sizes = {"White": 9000, "Black": 800, "Asian": 700, "Mixed": 100, "Other": 100}
    rows = [("bedfordshire", "E01", *item) for item in sizes.items()]
    columns = ["force_slug", "district_code", "ethnic_group", "resident_count"]
    by_age = pd.DataFrame(columns=NEEDED_BY_AGE)
    table = whole(stop_rates(stops, pd.DataFrame(rows, columns=columns), by_age))
    given_group = counts[-1] * to_group
    given_reference = (counts[-1] - given_group) * to_reference
    ratio = (counts[1] + given_group) / (counts[0] + given_reference) * sizes["White"] / sizes["Black"]
    black = table.loc["Black"]
    assert black["rate_ratio_best_case"] <= ratio + 1e-9
    assert ratio <= black["rate_ratio_worst_case"] + 1e-9


def one_place(counts: dict[str, int]) -> pd.DataFrame:
    """Searches of one district, for one object, by self-defined ethnicity."""
    number = np.array(list(counts.values()))
    return pd.DataFrame(
        {
            "force_slug": "bedfordshire",
            "district_code": "E01",
            "district_name": "Luton",
            "object_of_search": "Controlled drugs",
            "self_defined_ethnicity": list(counts),
            "officer_defined_ethnicity": list(counts),
            "age_range": "18-24",
            "gender": "Male",
            "stop_count": number,
            "unrepeated_count": number,
            "hit_count": number // 4,
            "miss_count": number - number // 4,
            "find_count": number // 5,
            "no_find_count": number // 2,
            "window_start_month": pd.Timestamp("2025-01-01"),
            "window_end_month": pd.Timestamp("2025-12-01"),
        }
    )


def test_missing_columns_are_named(
    stops: pd.DataFrame, residents: pd.DataFrame, by_age: pd.DataFrame
) -> None:
    """A query that changed must say what it lost."""
    with pytest.raises(ValueError, match="no column 'gender'"):
        stop_rates(stops.drop(columns="gender"), residents, by_age)
    with pytest.raises(ValueError, match="residents by age have no column 'age_range'"):
        stop_rates(stops, residents, by_age.drop(columns="age_range"))
    assert stop_rates(stops.iloc[:0], residents, by_age).empty
