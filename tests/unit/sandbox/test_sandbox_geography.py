"""The areas: what the reconciliation of 2011 and 2021 codes is tested against."""

from __future__ import annotations

import csv
import io

import numpy as np
import shapely

from orchestration.sandbox.city import City
from orchestration.sandbox.deprivation import DOMAINS, overall_score, render_iod_2019, render_iod_2025


def test_a_code_is_in_both_censuses_exactly_when_it_is_unchanged(city: City) -> None:
    """Row-wise mapping decides by the code alone; a reused code would make it wrong without a sign."""
    geography = city.geography
    both = set(geography.lsoa_2011.code) & set(geography.lsoa_2021.code)
    unchanged = geography.lookup[geography.change == "U"]
    assert both == set(geography.lsoa_2011.code[unchanged[:, 0]])
    assert (geography.lsoa_2011.code[unchanged[:, 0]] == geography.lsoa_2021.code[unchanged[:, 1]]).all()


def test_change_indicators_follow_the_ons_definitions(city: City) -> None:
    """A split that is labelled X, or the reverse, would send its records down the wrong path."""
    geography = city.geography
    old, new = geography.lookup.T
    children, parents = np.bincount(old), np.bincount(new)
    kinds = {kind: geography.change == kind for kind in "USMX"}
    assert sorted(np.unique(children[old[kinds["S"]]]).tolist()) == [2, 3, 5]
    assert (parents[new[kinds["S"]]] == 1).all()
    assert (parents[new[kinds["M"]]] == 2).all() and (children[old[kinds["M"]]] == 1).all()
    assert kinds["U"].sum() == len(set(geography.lsoa_2011.code) & set(geography.lsoa_2021.code))
    crossing = kinds["X"] & (children[old] > 1) & (parents[new] > 1)
    assert crossing.sum() >= 4, "no children cut across two parents"
    assert len(geography.lsoa_2021.code) >= 420


def test_both_censuses_tile_the_same_ground(city: City) -> None:
    """A gap or an overlap would put a point in no area or in two."""
    for census in (city.geography.lsoa_2011, city.geography.lsoa_2021):
        assert shapely.is_valid(census.polygon).all()
        assert {shape.geom_type for shape in census.polygon} == {"Polygon"}
        whole = shapely.union_all(census.polygon)
        assert abs(shapely.area(census.polygon).sum() - whole.area) < 100, "overlaps"
        assert shapely.area(shapely.polygons(list(whole.interiors))).sum() < 100, "gaps"
    gained = shapely.union_all(city.geography.lsoa_2021.polygon).symmetric_difference(
        shapely.union_all(city.geography.lsoa_2011.polygon)
    )
    assert gained.area < 100


def test_lookup_pairs_are_the_areas_that_overlap(city: City) -> None:
    """A lookup that disagrees with the polygons has no child that contains the point."""
    geography = city.geography
    tree = shapely.STRtree(geography.lsoa_2021.polygon)
    old, new = tree.query(geography.lsoa_2011.polygon, predicate="intersects")
    shared = shapely.area(
        shapely.intersection(geography.lsoa_2011.polygon[old], geography.lsoa_2021.polygon[new])
    )
    overlapping = {pair for pair, area in zip(zip(old, new, strict=True), shared, strict=True) if area > 500}
    assert overlapping == {tuple(pair) for pair in geography.lookup.tolist()}


def test_some_unchanged_areas_changed_their_name(city: City) -> None:
    """A join on names instead of codes must lose rows here, as it does on real data."""
    geography = city.geography
    old, new = geography.lookup[geography.change == "U"].T
    assert (geography.lsoa_2011.name[old] != geography.lsoa_2021.name[new]).sum() == 7


def test_people_add_up_between_censuses(city: City) -> None:
    """Ethnic groups that do not sum to the residents would skew every rate."""
    people = city.people
    assert (people.ethnicity.sum(axis=1) == people.residents[:, 0]).all()
    assert 1 <= (people.residents.max(axis=1) < 200).sum() <= 5
    inside = shapely.contains_xy(
        city.geography.lsoa_2021.polygon, people.centroid[:, 0], people.centroid[:, 1]
    )
    assert inside.all()


def test_deprivation_files_keep_the_publishers_headers_and_arithmetic(city: City) -> None:
    """The readers rely on these headers; a score that does not follow from the ranks could not be rebuilt."""
    for render, columns, quirk in (
        (render_iod_2019, 57, "Employment Deprivation Domain (excluding prisoners) "),
        (render_iod_2025, 56, "Sub-domain Decile (where 1 is most deprived 10% of LSO"),
    ):
        content = render(city.plan, city.geography, city.people)
        assert content.startswith(b"\xef\xbb\xbf")
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        assert len(header) == columns and any(name.endswith(quirk) for name in header)
        column = dict(zip(header, zip(*rows, strict=True), strict=True))
        ranks = np.array(
            [column[f"{name} Rank (where 1 is most deprived)"] for name, *_ in DOMAINS], dtype=int
        ).T
        assert (np.sort(ranks, axis=0) == np.arange(1, len(rows) + 1)[:, None]).all()
        score = np.array(column["Index of Multiple Deprivation (IMD) Score"], dtype=float)
        assert np.allclose(overall_score(ranks), score, atol=6e-4)
