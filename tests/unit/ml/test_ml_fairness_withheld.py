"""Withheld counts: small ones are hidden, and nobody can work them out from the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fairness.withheld import kept_columns, withheld_cells, withheld_groups, withheld_hits
from tests.unit.ml.suppression_attack import ranges


def long(counts: np.ndarray, whole: np.ndarray, cells: np.ndarray) -> tuple[pd.DataFrame, pd.Series]:
    """A breakdown by object below its whole, as it would be published, and the totals of its places."""
    rows = []
    for group, row in enumerate(counts):
        shown = np.nan if whole[group] else row.sum()
        rows.append(("force", "f", "All objects", group, shown, row.sum()))
        for column, count in enumerate(row):
            value = np.nan if cells[group, column] else count
            rows.append(("force", "f", f"object {column}", group, value, count))
    names = ["area_type", "area_code", "object_of_search", "group_name", "value", "truth"]
    table = pd.DataFrame(rows, columns=names)
    return table, table.groupby(names[:3])["truth"].sum()


def test_lone_small_group_gets_company() -> None:
    """One withheld group is the total less the others."""
    counts = np.array([3.0, 400.0, 50.0, 900.0])
    assert withheld_groups(counts, np.zeros(4, dtype=bool)).tolist() == [True, False, True, False]


def test_company_spares_reference_while_others_are_left() -> None:
    """Without the reference or 'Not stated' no ratio and no bound would be left."""
    spared = np.array([False, False, True, False])
    assert withheld_groups(np.array([3.0, 400.0, 50.0, 900.0]), spared).tolist() == [True, True, False, False]


def test_nothing_small_withholds_nothing() -> None:
    """Figures that harm nobody must not disappear."""
    counts = np.full((3, 4), 25.0)
    assert not withheld_groups(counts.sum(axis=1), np.zeros(3, dtype=bool)).any()
    cells = withheld_cells(counts, np.zeros(3, dtype=bool))
    assert cells is not None and not cells.any()


def test_small_columns_are_taken_together_with_enough_others() -> None:
    """Two objects with 30 searches in all would show a small table under another name."""
    kept = kept_columns(np.array([20.0, 10.0, 150.0, 500.0]))
    assert kept.tolist() == [False, False, False, True]
    assert kept_columns(np.array([60.0, 60.0, 150.0])).tolist() == [False, False, True]
    assert kept_columns(np.array([150.0, 500.0])).all()


def test_attack_solves_a_table_with_small_cells_alone_withheld() -> None:
    """If the attack could not solve an open table, failing on ours would say nothing."""
    counts = np.array([[4.0, 60.0, 70.0], [80.0, 90.0, 50.0], [70.0, 40.0, 30.0]])
    table, totals = long(counts, np.zeros(3, dtype=bool), counts < 10)
    found = ranges(table, totals)
    assert found["is_solved"].all()
    assert found["lowest"].tolist() == pytest.approx([4.0]) and found["highest"].tolist() == pytest.approx(
        [4.0]
    )


def test_cycle_of_tiny_cells_is_not_company_enough() -> None:
    """Four withheld cells in a rectangle are not determined, but of 1, 2 and 3 each is nearly known."""
    counts = np.array([[1.0, 2.0, 70.0], [3.0, 1.0, 90.0], [70.0, 140.0, 30.0]])
    whole = np.zeros(3, dtype=bool)
    naive = ranges(*long(counts, whole, counts < 10))
    assert not naive["is_solved"].any() and (naive["highest"] - naive["lowest"] < 10).all()
    cells = withheld_cells(counts, whole)
    assert cells is not None
    small = ranges(*long(counts, whole, cells))
    assert (small["highest"] - small["lowest"] >= 10 - 1e-6).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.integers(0, 60), min_size=4, max_size=4), min_size=3, max_size=5),
    st.integers(0, 4),
)
def test_no_small_count_can_be_narrowed_down(drawn: list[list[int]], scarce: int) -> None:
    """Whatever the counts, exact and linear programming attacks leave each small one a range ten wide."""
    counts = np.array(drawn, dtype=float)
    counts[scarce % len(counts)] = np.minimum(counts[scarce % len(counts)], 2)
    counts[-1] += 100
    whole = withheld_groups(counts.sum(axis=1), np.zeros(len(counts), dtype=bool))
    cells = withheld_cells(counts, whole)
    if cells is None:
        return
    assert cells[counts < 10].all()
    small = ranges(*long(counts, whole, cells))
    assert not small["is_solved"].any()
    assert (small["highest"] - small["lowest"] >= 10 - 1e-6).all()


def test_table_that_cannot_be_made_safe_is_refused() -> None:
    """One column gives every count of its rows away."""
    assert withheld_cells(np.array([[4.0], [60.0]]), np.zeros(2, dtype=bool)) is None


def test_few_hits_are_withheld_with_others() -> None:
    """A group's hits are the force's less the other groups', and its misses follow from its searches."""
    hits, misses = np.array([4.0, 100.0, 30.0]), np.array([60.0, 300.0, 90.0])
    withheld = withheld_hits(hits, misses, np.zeros(3, dtype=bool))
    assert withheld.tolist() == [True, False, True]
    low = max(0.0, hits[withheld].sum() - (hits + misses)[2])
    high = min((hits + misses)[0], hits[withheld].sum())
    assert high - low >= 10
    assert not withheld_hits(hits[1:], misses[1:], np.zeros(2, dtype=bool)).any()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 90)), min_size=2, max_size=6))
def test_no_few_hits_can_be_narrowed_down(drawn: list[tuple[int, int]]) -> None:
    """Hits of a group whose searches are known stay open ten wide, unless all groups' are withheld."""
    hits, misses = np.array(drawn, dtype=float).T
    hidden = withheld_groups(hits + misses, np.zeros(len(hits), dtype=bool))
    withheld = withheld_hits(hits, misses, hidden)
    if withheld.all():
        return
    searches, total = hits + misses, hits[withheld].sum()
    is_small = ((hits < 10) | (misses < 10)) & (searches >= 10)
    assert withheld[is_small].all()
    low = np.maximum(0, total - (searches[withheld].sum() - searches))
    high = np.minimum(searches, total)
    assert (high - low >= 10)[is_small].all()


def test_a_hit_can_rise_no_higher_than_a_miss_allows() -> None:
    """Taken for counts without a limit, two hits of 42 would look ten wide where they are six."""
    hits = np.array([[2.0, 15.0], [15.0, 15.0]])
    misses = np.array([[40.0, 40.0], [20.0, 4.0]])
    none = np.zeros(2, dtype=bool)
    free = withheld_cells(hits, none)
    assert free is not None and free.all()
    assert withheld_cells(hits, none, others=misses) is None
    # Another column gives the room that the first lacks.
    wider = np.column_stack([hits, [15.0, 15.0]])
    cells = withheld_cells(wider, none, others=np.column_stack([misses, [40.0, 40.0]]))
    assert cells is not None and cells.all()


def test_many_hits_and_few_misses_are_small_too() -> None:
    """Three misses of 300 searches say who went free as plainly as three hits say who did not."""
    hits, misses = np.full((3, 3), 297.0), np.full((3, 3), 200.0)
    misses[0, 0] = 3.0
    none = np.zeros(3, dtype=bool)
    plain = withheld_cells(hits, none)
    assert plain is not None and not plain.any()
    hidden = np.zeros((3, 3), dtype=bool)
    hidden[2, 2] = True
    cells = withheld_cells(hits, none, others=misses, hidden=hidden)
    assert cells is not None and cells[0, 0] and cells[2, 2]
    # The cell, and enough others for a rectangle; not the whole table.
    assert cells[0].sum() == 2 == cells[:, 0].sum() and not cells.all()
