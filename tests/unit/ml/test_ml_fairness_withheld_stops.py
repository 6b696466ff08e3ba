"""One decision on whole forces' searches: small counts stay open in all tables taken together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fairness.withheld_stops import withheld_arrests, withheld_of_force, withheld_stops
from tests.unit.ml.suppression_attack import ranges_of_force

GROUPS = ("Asian", "Black", "Mixed", "Other", "White", "Not stated")
WIDTH = 10


def force(*rows: tuple[int, int, int, int, int]) -> pd.DataFrame:
    """One force: searches, of them no repeats, hits, misses and arrests a group."""
    names = ["stop_count", "stop_count_without_repeats", "further_action_count"]
    frame = pd.DataFrame(rows, columns=[*names, "no_further_action_count", "arrest_count"])
    keys = {"force_slug": "bedfordshire", "ethnicity_basis": "self_defined"}
    return frame.assign(**keys, ethnic_group=list(GROUPS[: len(rows)]))


def attack(stops: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Attack what is shown of a force; an outcome that is shown is known with all that follows from it."""
    truth = stops.set_index("ethnic_group").rename(
        columns={
            "stop_count": "stops",
            "stop_count_without_repeats": "unrepeated",
            "further_action_count": "hits",
            "no_further_action_count": "misses",
            "arrest_count": "arrests",
        }
    )[["stops", "unrepeated", "hits", "misses", "arrests"]]
    return ranges_of_force(truth.astype(float).mask(hidden.to_numpy()), truth)


def decided(stops: pd.DataFrame) -> pd.DataFrame:
    """What is withheld, by column of `attack`."""
    flags = withheld_stops(stops)
    arrests = withheld_arrests(stops, flags["is_outcome_withheld"])
    searches, outcomes = flags["is_stop_withheld"], flags["is_outcome_withheld"]
    return pd.concat([searches, searches, outcomes, outcomes, arrests], axis=1)


def test_small_counts_alone_can_be_solved_for() -> None:
    """If the attack could not open what was published before, failing on ours would say nothing."""
    stops = force((300, 300, 90, 200, 40), (12, 7, 4, 8, 2), (50, 50, 20, 30, 12), (900, 880, 300, 600, 100))
    naive = stops[["stop_count", "stop_count_without_repeats", "further_action_count"]].lt(10)
    naive = pd.concat([naive, stops[["no_further_action_count", "arrest_count"]].lt(10)], axis=1)
    found = attack(stops, naive)
    assert len(found) == 5 and (found["highest"] - found["lowest"] < 1e-6).any()
    ours = attack(stops, decided(stops))
    assert (ours["highest"] - ours["lowest"] >= WIDTH - 1e-6).all()


def test_nothing_small_withholds_nothing() -> None:
    """Withholding everything would stand every attack."""
    stops = force(*[(300, 290, 90, 200, 40)] * 6)
    assert not decided(stops).to_numpy().any()


def test_withheld_searches_have_no_outcomes_or_arrests() -> None:
    """Outcomes of a group whose searches are withheld are the least that its searches can be."""
    stops = force((8, 8, 4, 4, 2), (40, 40, 20, 20, 12), (90, 90, 40, 50, 20), (900, 880, 300, 600, 100))
    hidden = decided(stops)
    assert hidden.iloc[0].all() and hidden.iloc[1].all() and not hidden.iloc[3].any()


def test_order_of_groups_does_not_matter() -> None:
    """Two tables that chose differently would, held together, show what each of them withholds."""
    searches = np.array([4.0, 30.0, 30.0, 200.0])
    names = ["Mixed", "Black", "Asian", "White"]
    halves = searches / 2
    hidden, of_hits = withheld_of_force(names, {"White"}, searches, {"hits": (halves, halves)})
    turned, of_turned = withheld_of_force(
        names[::-1], {"White"}, searches[::-1], {"hits": (halves[::-1], halves[::-1])}
    )
    assert hidden.tolist() == turned[::-1].tolist() == [True, False, True, False]
    assert of_hits["hits"].tolist() == of_turned["hits"][::-1].tolist()


COUNTS = st.tuples(st.integers(0, 12), st.integers(0, 25), st.integers(0, 40), st.integers(0, 60))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(COUNTS, min_size=3, max_size=6), st.integers(0, 2))
def test_no_small_count_can_be_narrowed_down(drawn: list[tuple[int, int, int, int]], repeats: int) -> None:
    """Whatever the counts, tables of searches, outcomes and arrests leave each small one ten wide."""
    rows = []
    for arrests, others, misses, unknown in drawn:
        stops = arrests + others + misses + unknown
        rows.append((stops, max(stops - repeats, 0), arrests + others, misses, arrests))
    stops = force(*rows)
    hidden = decided(stops)
    found = attack(stops, hidden)
    open_columns = ~hidden.all().to_numpy()
    names = np.array(["stops", "unrepeated", "hits", "misses", "arrests"])[open_columns]
    found = found[found["counted"].isin(names)]
    width = found["highest"] - found["lowest"]
    assert (width >= WIDTH - 1e-6).all(), found
