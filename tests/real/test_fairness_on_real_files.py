"""Stop rates of real searches: totals kept, and small counts safe from an attack."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.fairness.stop_rates import NOT_STATED, REFERENCES, stop_rates
from ml.fairness.stop_residents import NEEDED_BY_AGE
from tests.real_files import REAL_FILES, needs_real_files
from tests.unit.ml.suppression_attack import KEY, ranges, spare_widths
from tests.unit.ml.test_ml_fairness_stop_rates import OUTCOMES, tells, true_counts

pytestmark = needs_real_files

COLUMNS = {
    "Latitude": "latitude",
    "Longitude": "longitude",
    "Gender": "gender",
    "Age range": "age_range",
    "Self-defined ethnicity": "self_defined_ethnicity",
    "Officer-defined ethnicity": "officer_defined_ethnicity",
    "Object of search": "object_of_search",
    "Outcome": "outcome",
    "Outcome linked to object of search": "link",
}
COUNTS = ["stop_count", "unrepeated_count", "hit_count", "miss_count", "find_count", "no_find_count"]
#: Months of the archive, as a pattern.
FORCES = {"metropolitan": "2018-*", "city-of-london": "2020-*"}
GROUPS = ("Asian", "Black", "Mixed", "White")


def searches_of(force: str) -> pd.DataFrame:
    """Searches of a force; squares of a tenth of a degree stand in for districts."""
    archive = REAL_FILES / "police" / "archive"
    files = sorted(archive.glob(f"{FORCES[force]}/*-{force}-stop-and-search.csv.gz"))
    rows = pd.concat([pd.read_csv(file, dtype=str) for file in files], ignore_index=True)
    is_repeat = rows.duplicated()
    rows = rows[list(COLUMNS)].rename(columns=COLUMNS)
    words = rows["self_defined_ethnicity"].fillna(NOT_STATED)
    group = words.str.extract(rf"^({'|'.join(GROUPS)})", expand=False)
    is_unknown = words.str.contains("not stated", case=False)
    rows["self_defined_ethnicity"] = group.fillna("Other").mask(is_unknown, NOT_STATED)
    square = rows["latitude"].str[:4] + "," + rows["longitude"].astype(float).round(1).astype(str)
    rows["district_code"] = square.where(rows["latitude"].notna(), "without_coordinates")
    is_hit = ~rows["outcome"].fillna("").str.contains("no further action|nothing found", case=False)
    link = rows["link"].mask(rows["outcome"].fillna("").str.startswith("Nothing found"), "False")
    rows = rows.assign(
        force_slug=force,
        district_name=rows["district_code"],
        window_start_month=pd.Timestamp("2018-04-01"),
        window_end_month=pd.Timestamp("2018-11-01"),
        stop_count=1,
        unrepeated_count=(~is_repeat).astype(int),
        hit_count=(is_hit & rows["outcome"].notna()).astype(int),
        miss_count=(~is_hit & rows["outcome"].notna()).astype(int),
        find_count=(link == "True").astype(int),
        no_find_count=(link == "False").astype(int),
    ).fillna(NOT_STATED)
    keys = [name for name in rows if name not in {*COUNTS, "latitude", "longitude", "outcome", "link"}]
    return rows.groupby(keys, as_index=False)[COUNTS].sum()


@pytest.fixture(scope="module")
def stops() -> pd.DataFrame:
    """Searches of the Metropolitan force."""
    return searches_of("metropolitan")


@pytest.fixture(scope="module")
def rates(stops: pd.DataFrame) -> pd.DataFrame:
    """The table of the Metropolitan force."""
    return table_of(stops)


def table_of(stops: pd.DataFrame) -> pd.DataFrame:
    """The table of a force's searches, with made-up residents."""
    force = stops["force_slug"].iloc[0]
    residents = pd.DataFrame(
        {
            "force_slug": force,
            "district_code": "E09000001",
            "ethnic_group": [*GROUPS, "Other"],
            "resident_count": [1_800_000, 1_200_000, 500_000, 4_700_000, 550_000],
        }
    )
    by_age = pd.DataFrame(
        [
            (force, "E09000001", age, gender, 350_000)
            for age in ("under 10", "10-17", "18-24", "25-34", "over 34")
            for gender in ("Female", "Male")
        ],
        columns=NEEDED_BY_AGE,
    )
    return stop_rates(stops, residents, by_age)


def test_nothing_is_lost(rates: pd.DataFrame, stops: pd.DataFrame) -> None:
    """The whole force's groups must add up to every search, whatever is withheld of its parts."""
    whole = rates[(rates["area_type"] == "force") & (rates["object_of_search"] == "All objects")]
    own = whole[whole["attribute"] == "self_defined_ethnicity"]
    assert not own["is_suppressed"].any()
    assert own["stop_count"].sum() == stops["stop_count"].sum()
    assert rates["area_type"].eq("district").any()


@pytest.mark.parametrize("attribute", list(REFERENCES))
def test_small_counts_stay_open(rates: pd.DataFrame, stops: pd.DataFrame, attribute: str) -> None:
    """Real tables have empty cells and rows of tiny counts, which invented ones may lack."""
    table = rates[rates["attribute"] == attribute].rename(columns={"stop_count_without_repeats": "value"})
    places = set(table.loc[table["area_type"] == "district", "area_code"])
    objects = set(table["object_of_search"])
    district = stops["district_code"].where(stops["district_code"].isin(places), "other_places")
    searched = stops["object_of_search"].where(stops["object_of_search"].isin(objects), "Other objects")
    truth = [
        stops.loc[
            (stops[attribute] == row.group_name)
            & ((row.area_type == "force") | (district == row.area_code))
            & ((row.object_of_search == "All objects") | (searched == row.object_of_search)),
            "unrepeated_count",
        ].sum()
        for row in table.itertuples()
    ]
    table = table.assign(value=table["value"].astype("float64"), truth=np.array(truth, dtype=float))
    small = ranges(table, table.groupby(KEY)["truth"].sum(), every=5)
    assert not small["is_solved"].any()
    assert (small["highest"] - small["lowest"] >= 10 - 1e-6).all()


def test_outcomes_of_real_places_and_objects(rates: pd.DataFrame, stops: pd.DataFrame) -> None:
    """Withholding must leave hit rates by place and object of use; a force that records no finds has none."""
    own = rates[rates["attribute"] == "self_defined_ethnicity"]
    is_place, is_object = own["area_type"] == "district", own["object_of_search"] != "All objects"
    for part in (is_place, is_object):
        shown = own[part & own["hit_rate"].notna()]
        assert shown["stop_count"].sum() > 0.95 * stops["stop_count"].sum()
    assert rates["find_rate"].isna().all() and (rates["without_find_record_share"] == 1).all()


@pytest.fixture(scope="module")
def city_stops() -> pd.DataFrame:
    """Searches of the City of London, which records finds."""
    return searches_of("city-of-london")


@pytest.fixture(scope="module")
def city(city_stops: pd.DataFrame) -> pd.DataFrame:
    """The table of the City of London."""
    return table_of(city_stops)


def test_finds_are_those_of_the_files(city: pd.DataFrame) -> None:
    """Of 311 searches of Asian people in 2020, 125 found their object, counted in the files by themselves."""
    whole = city[(city["area_type"] == "force") & (city["object_of_search"] == "All objects")]
    table = whole[whole["attribute"] == "self_defined_ethnicity"].set_index("group_name")
    assert (table["find_missing_share"] == 0).all()
    asian = table.loc["Asian"]
    assert asian["stop_count"] == 311 and asian["find_rate"] == pytest.approx(125 / 311)
    # Two in five do not say who they are, and much hangs on who they were.
    assert asian["hit_rate_highest_case"] - asian["hit_rate_lowest_case"] > 0.4


@pytest.mark.parametrize("attribute", list(REFERENCES))
@pytest.mark.parametrize("rate", list(OUTCOMES))
def test_small_outcomes_stay_open(
    city: pd.DataFrame, city_stops: pd.DataFrame, attribute: str, rate: str
) -> None:
    """A force of few searches is where outcomes by place and object are small."""
    table = city[city["attribute"] == attribute]
    counted = (*OUTCOMES[rate], "stop_count")
    found, missed, searched = (true_counts(city_stops, attribute, table, name) for name in counted)
    is_told = table[rate].notna().to_numpy()
    told = np.column_stack([tells(table), is_told, is_told])
    for attacked, whole_count in (("hits", found + missed), ("stops", searched)):
        truth = pd.DataFrame({"stops": whole_count, "hits": found, "misses": missed})
        published = table.join(truth.where(told).set_index(table.index))
        assert (spare_widths(published, truth, attacked) >= -1e-6).all()
