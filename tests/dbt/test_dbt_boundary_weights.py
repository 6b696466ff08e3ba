"""What holds for the boundary weights of every look-up, however areas were split, merged or cut up."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt.compiled_models import BACK, FORWARD, CompiledModels, compile_models, weight_inputs

TOLERANCE = 1e-9
Pair = tuple[str, str, str]
RESIDENTS = st.one_of(st.none(), st.just(0), st.integers(1, 40_000))
COUNTS = st.integers(0, 1_000_000)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    """The models' SQL, compiled once."""
    return compile_models(tmp_path_factory.mktemp("weights"), FORWARD, BACK)


@st.composite
def lookups(draw: st.DrawFn) -> list[Pair]:
    """A look-up in which each code is of one kind of change, as in the published one."""
    pairs = [(f"U{place}", f"U{place}", "U") for place in range(draw(st.integers(0, 3)))]
    for place, children in enumerate(draw(st.lists(st.integers(2, 9), max_size=3))):
        pairs += [(f"S{place}", f"s{place}_{child}", "S") for child in range(children)]
    for place, parents in enumerate(draw(st.lists(st.integers(2, 4), max_size=3))):
        pairs += [(f"M{place}_{parent}", f"m{place}", "M") for parent in range(parents)]
    cut = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8)
    pairs += [(f"X{old}", f"x{new}", "X") for old, new in sorted(draw(cut))]
    return pairs


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """A look-up, residents of some of its areas, and a count for each LSOA 2011."""
    pairs = draw(lookups().filter(bool))
    lookup = pd.DataFrame(pairs, columns=["lsoa_2011_code", "lsoa_2021_code", "change_indicator"])
    people = {code: draw(RESIDENTS) for code in sorted(set(lookup["lsoa_2021_code"]))}
    known = [(code, 2022, count) for code, count in people.items() if count is not None]
    population = pd.DataFrame(known, columns=["lsoa_code", "population_year", "population_count"])
    parents = {code: draw(RESIDENTS) for code in sorted(set(lookup["lsoa_2011_code"]))}
    covered = [(code, count) for code, count in parents.items() if count is not None]
    residents = pd.DataFrame(covered, columns=["lsoa_2011_code", "population_count"])
    return lookup, population, residents, {code: draw(COUNTS) for code in parents}


@given(world=worlds())
@settings(max_examples=60, deadline=None)
def test_counts_survive_the_way_there_and_back(
    models: CompiledModels, world: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, int]]
) -> None:
    """A weight that is lost, doubled or negative would create or destroy crimes and people."""
    lookup, population, residents, counts = world
    with models.over(weight_inputs(lookup, population, residents)) as connection:
        forward = connection.execute(f"from {FORWARD}").df()
        back = connection.execute(f"from {BACK}").df()
    pairs = sorted(zip(lookup["lsoa_2011_code"], lookup["lsoa_2021_code"], strict=True))
    for weights, source in ((forward, "lsoa_2011_code"), (back, "lsoa_2021_code")):
        found = zip(weights["lsoa_2011_code"], weights["lsoa_2021_code"], strict=True)
        assert sorted(found) == pairs
        assert weights["count_weight"].between(0, 1).all()
        assert (weights.groupby(source)["count_weight"].sum() - 1).abs().max() <= TOLERANCE
    there = _carry(forward, pd.Series(counts), "lsoa_2011_code", "lsoa_2021_code")
    home = _carry(back, there, "lsoa_2021_code", "lsoa_2011_code")
    total = sum(counts.values())
    assert abs(there.sum() - total) <= TOLERANCE * max(total, 1)
    assert abs(home.sum() - total) <= TOLERANCE * max(total, 1)
    for code in counts:
        if code[0] in "US":
            assert home[code] == pytest.approx(counts[code], rel=TOLERANCE)


def _carry(weights: pd.DataFrame, counts: pd.Series, source: str, target: str) -> pd.Series:
    shares = weights["count_weight"] * weights[source].map(counts)
    return shares.groupby(weights[target]).sum()
