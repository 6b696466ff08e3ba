"""The records: that the quirks of real data are in them, and that the truth is true."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from orchestration.sandbox.categories import HIGH_HARM, NAMES
from orchestration.sandbox.city import City
from orchestration.sandbox.plan import FORCES
from orchestration.sandbox.stops import expected_stops

_HIGH_HARM_NAMES = [name for name, harmful in zip(NAMES, HIGH_HARM, strict=True) if harmful]


@pytest.fixture(scope="module")
def clean(street: pd.DataFrame, bad_keys: set[tuple[str, str, int]]) -> pd.DataFrame:
    """Return the street records without the deliberately broken ones."""
    keys = list(zip(street.file_month, street.force, street.source_row, strict=True))
    return street[[key not in bad_keys for key in keys]]


def test_there_are_enough_records_and_rows_are_numbered_by_file(street: pd.DataFrame) -> None:
    """A wrong row number in the truth would compare a record with another one."""
    assert 150_000 <= len(street) <= 180_000
    by_file = street.groupby(["file_month", "force"]).source_row
    assert (by_file.min() == 1).all() and (by_file.max() == by_file.size()).all()


def test_code_vintage_turns_by_row(city: City, clean: pd.DataFrame) -> None:
    """A rule by file or by date would pass on data that is pure, and fail on this as on the real files."""
    only_2011 = set(city.geography.lsoa_2011.code) - set(city.geography.lsoa_2021.code)
    only_2021 = set(city.geography.lsoa_2021.code) - set(city.geography.lsoa_2011.code)
    early = clean[clean.file_month < "2023-06"]["LSOA code"]
    late = clean[clean.file_month >= "2023-06"]["LSOA code"]
    assert not late.isin(only_2011).any()
    told_apart = early[early.isin(only_2011 | only_2021)]
    assert 0.06 < told_apart.isin(only_2021).mean() < 0.14
    located = clean[clean["LSOA code"].notna()]
    assert located.groupby(["Longitude", "Latitude"])["LSOA code"].nunique().max() == 2


def test_location_is_there_as_a_whole_or_not_at_all(clean: pd.DataFrame) -> None:
    """Half a location, which upstream never has, would let a check pass that real data never meets."""
    missing = clean["LSOA code"].isna()
    for column in ("LSOA name", "Longitude", "Latitude"):
        assert (clean[column].isna() == missing).all()
    assert (clean["Location"].eq("No Location") == missing).all()
    assert 0.04 < missing.mean() < 0.05
    assert clean["Location"].eq("On or near ").any()


def test_crime_ids_behave_as_upstream(clean: pd.DataFrame) -> None:
    """A uniqueness check, or a deduplication, must meet repeated ids and identical rows here."""
    assert (clean["Crime ID"].isna() == clean["Crime type"].eq("Anti-social behaviour")).all()
    assert (clean["Last outcome category"].isna() == clean["Crime ID"].isna()).all()
    identified = clean.dropna(subset="Crime ID")
    assert identified["Crime ID"].str.fullmatch("[0-9a-f]{64}").all()
    assert identified.groupby("Crime ID").file_month.nunique().max() == 1
    copies = identified[identified.duplicated("Crime ID", keep=False)]
    assert len(copies) > 200
    assert not copies.duplicated([c for c in copies if c != "source_row"]).any()
    published = [column for column in clean.columns if column not in ("source_row",)]
    assert clean[clean["Crime ID"].isna()].duplicated(published).sum() > 500


def test_absences_are_as_declared(city: City, clean: pd.DataFrame) -> None:
    """A category that is missing by chance elsewhere would not be told from the declared gap."""
    seen = set(zip(clean.file_month, clean.force, clean["Crime type"], strict=True))
    asked = {(m, f.slug, name) for m in city.plan.months for f in FORCES for name in NAMES}
    assert asked - seen == set(city.truth.absent_categories)


def test_truth_names_the_lsoa_that_contains_the_point(city: City, clean: pd.DataFrame) -> None:
    """Every test of the reconciliation stands on this."""
    truth = city.truth.records.to_pandas()
    for census, column in (
        (city.geography.lsoa_2011, "lsoa_2011_code"),
        (city.geography.lsoa_2021, "lsoa_2021_code"),
    ):
        index = np.searchsorted(census.code, truth[column].to_numpy(dtype=str))
        assert shapely.contains_xy(census.polygon[index], truth.easting_m, truth.northing_m).all()
    true = truth.loc[clean.index]
    expected = true.lsoa_2011_code.where(true.has_2011_code, true.lsoa_2021_code)
    assert (clean["LSOA code"].isna() | clean["LSOA code"].eq(expected)).all()
    assert 0.01 < truth.is_outside_force_area.mean() < 0.03


def test_declared_counts_are_the_counts(city: City) -> None:
    """A season or trend that differs from the declared one would judge a good forecast wrong."""
    truth = city.truth
    drawn = truth.records.to_pandas().groupby("month").size().to_numpy()
    expected = truth.expected_counts.sum(axis=(0, 1))
    assert (np.abs(drawn - expected) < 5 * np.sqrt(expected)).all()
    shoplifting = truth.expected_counts[:, NAMES.index("Shoplifting")].sum(axis=0)
    assert shoplifting[24:].sum() / shoplifting[:12].sum() == pytest.approx(1.08**2, rel=0.01)


def test_near_repeats_are_two_burglaries_at_a_place_in_following_months(city: City) -> None:
    """A near-repeat method is judged by these pairs."""
    truth = city.truth.records.to_pandas().dropna(subset="near_repeat_pair")
    assert truth.crime_type.eq("Burglary").all()
    pairs = truth.sort_values(["near_repeat_pair", "month"]).groupby("near_repeat_pair")
    assert len(pairs) > 300 and (pairs.size() <= 2).all()
    whole = pairs.filter(lambda pair: len(pair) == 2).groupby("near_repeat_pair")
    assert (whole.easting_m.nunique() == 1).all() and (whole.northing_m.nunique() == 1).all()
    order = {month: number for number, month in enumerate(city.plan.months)}
    assert (whole.month.last().map(order) - whole.month.first().map(order) == 1).all()


def test_dbscan_finds_the_planted_hotspots_and_little_else(city: City) -> None:
    """If chance clusters abounded, precision and recall against the truth would mean nothing."""
    from sklearn.cluster import DBSCAN

    records = city.truth.records.to_pandas()
    window = city.plan.months[-12:]
    recent = records[
        records.month.isin(window) & records.is_located & records.crime_type.isin(_HIGH_HARM_NAMES)
    ]
    at = recent[["easting_m", "northing_m"]].to_numpy()
    label = DBSCAN(eps=75, min_samples=10).fit_predict(at)
    centres = np.array([at[label == number].mean(axis=0) for number in range(label.max() + 1)])
    active = [spot for spot in city.truth.hotspots if spot.is_active(window[0], window[-1])]
    planted = np.array([[spot.easting_m, spot.northing_m] for spot in active])
    near = np.hypot(*(centres[:, None] - planted).transpose(2, 0, 1)) <= 60
    assert len(active) == 12 and len(city.truth.hotspots) == 13
    assert near.any(axis=1).mean() >= 0.9, "precision"
    assert near.any(axis=0).mean() >= 0.9, "recall"
    assert sum(spot.town_centre is not None for spot in active) >= 4


def test_a_hotspot_in_a_town_centre_has_a_nightclub(city: City) -> None:
    """Without a true night-time area no test could tell that the overlap with one is found."""
    for number, spot in enumerate(city.truth.hotspots):
        names = city.snaps.name[city.snaps.hotspot == number].tolist()
        assert spot.town_centre is None or names[0] == "On or near Nightclub"


def test_stops_follow_the_declared_rate_ratios(city: City) -> None:
    """The fairness audit is judged by these ratios."""
    residents = np.array(
        [city.people.ethnicity[city.geography.force_of_lsoa == i].sum(axis=0) for i in (0, 1)]
    )
    rate = expected_stops(city.plan, city.geography, city.people) / residents
    for number, force in enumerate(FORCES):
        declared = list(city.truth.stop_rate_ratios[force.slug].values())
        assert rate[number] / rate[number][3] == pytest.approx(declared)
    distinct = ~city.stops.is_copy
    drawn = np.histogram2d(city.stops.force[distinct], city.stops.group[distinct], bins=(range(3), range(6)))[
        0
    ]
    expected = rate * residents
    assert (np.abs(drawn - expected) < 5 * np.sqrt(expected)).all()


def test_stops_carry_the_quirks_of_the_real_files(city: City) -> None:
    """Two wordings, unstated ethnicity, month-edge dates and copies each broke a pipeline before."""
    stops, records = city.published_stops.to_pandas(), city.stops
    month = np.array(city.plan.months)[records.month]
    assert stops["Date"].str.endswith("+00:00").all()
    previous = stops["Date"].str[:7] < month
    assert previous.any() and set(pd.Series(month)[previous].str[5:]) <= {
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
    }
    ethnicity = set(stops["Self-defined ethnicity"])
    assert {
        "White - White British (W1)",
        "White - English/Welsh/Scottish/Northern Irish/British",
    } <= ethnicity
    assert {"Not Stated (NS)", "Other ethnic group - Not stated"} <= ethnicity
    assert {"A no further action disposal", "Nothing found - no further action"} <= set(stops["Outcome"])
    alone = stops["Type"] == "Vehicle search"
    assert alone.any() and stops.loc[alone, ["Gender", "Age range", "Self-defined ethnicity"]].isna().all(
        axis=None
    )
    missing = stops["Latitude"].isna()
    assert (missing == stops["Longitude"].isna()).all()
    assert 0.45 < missing[records.force == 1].mean() < 0.55 and missing[records.force == 0].mean() < 0.1
    assert stops.duplicated().sum() >= records.is_copy.sum() > 100


def test_outcomes_refer_to_crimes_of_this_and_other_months(city: City) -> None:
    """An inner join of outcomes with the month's crimes loses more than half of them, as on real data."""
    outcomes, records = city.published_outcomes.to_pandas(), city.outcomes
    assert len(outcomes) > 100_000
    assert outcomes["Crime ID"].duplicated().sum() > 5_000
    known = records.crime >= 0
    same_month = city.crimes.month[records.crime[known]] == records.month[known]
    assert same_month.mean() < 0.6 and (~known).sum() > 1_000
    late = records.month >= city.plan.months.index("2023-06")
    only_2011 = set(city.geography.lsoa_2011.code) - set(city.geography.lsoa_2021.code)
    assert not outcomes["LSOA code"][late].isin(only_2011).any()


def test_bad_rows_are_exactly_those_declared(city: City, street: pd.DataFrame) -> None:
    """The gate's report is compared with this list; an undeclared bad row would look like its mistake."""
    known = set(city.geography.lsoa_2011.code) | set(city.geography.lsoa_2021.code)
    longitude, latitude = street["Longitude"].astype(float), street["Latitude"].astype(float)
    broken = {
        "month_matches_file": street["Month"] != street.file_month,
        "crime_type_known": ~street["Crime type"].isin(NAMES),
        "coordinates_in_great_britain": ~(
            longitude.isna() | (longitude.between(-9, 2.1) & latitude.between(49.5, 61))
        ),
        "lsoa_code_well_formed": ~(street["LSOA code"].isna() | street["LSOA code"].isin(known)),
    }
    found = {
        (row.file_month, row.force, row.source_row, rule)
        for rule, rows in broken.items()
        for row in street[rows].itertuples()
    }
    declared = {(b.month, b.force, b.source_row, b.rule) for b in city.bad_rows if b.kind == "street"}
    assert found == declared and len(declared) == 10
    assert len(city.bad_rows) == 12
