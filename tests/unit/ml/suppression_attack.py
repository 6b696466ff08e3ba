"""Tries to work out withheld counts of a published table, as somebody with a solver would."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import block_diag, null_space
from scipy.optimize import linprog

KEY = ["area_type", "area_code", "object_of_search"]
WHOLE = ("force", "All objects")


def ranges(published: pd.DataFrame, totals: pd.Series, every: int = 1) -> pd.DataFrame:
    """Return the lowest and highest value of small withheld cells that agree with everything published.

    ``published``: one force and attribute, with ``group_name``, ``value`` (NaN where withheld) and ``truth``.
    ``totals``: the total of every place, by `KEY`, which the attacker is given.
    ``every``: attack one small cell in so many.
    """
    cells = published.reset_index(drop=True)
    equations, values = _equations(cells, totals)
    known = cells["value"].notna().to_numpy()
    hidden = np.flatnonzero(~known)
    right = values - equations[:, known] @ cells["value"].to_numpy()[known]
    left = equations[:, hidden]
    free = null_space(left) if len(hidden) else np.empty((0, 0))
    rows = []
    is_small = (cells["truth"].to_numpy() < 10)[hidden]
    for position in np.flatnonzero(is_small)[::every]:
        aim = np.zeros(len(hidden))
        aim[position] = 1.0
        low, high = (linprog(sign * aim, A_eq=left, b_eq=right, method="highs") for sign in (1, -1))
        assert low.success and high.success, "the published table contradicts itself"
        is_solved = np.abs(free[position]).max(initial=0.0) < 1e-9
        rows.append((hidden[position], low.fun, -high.fun, is_solved))
    found = pd.DataFrame(rows, columns=["cell", "lowest", "highest", "is_solved"]).set_index("cell")
    return cells.join(found, how="inner")


def spare_widths(
    published: pd.DataFrame, truth: pd.DataFrame, attacked: str, every: int = 1
) -> npt.NDArray[np.float64]:
    """Return how much wider than it must be the range of each small count is, given all that is published.

    ``published``: one force and attribute, with ``group_name``, ``stops``, ``hits`` and ``misses`` (NaN where
    withheld). ``truth``: the same, complete; every place's total of each is known, and hits and misses are
    part of the stops. ``attacked``: ``stops``, whose ranges must be ten wide, or ``hits``, where small is
    either part, and a range can be no wider than both parts.
    """
    names, cells, size = ["stops", "hits", "misses"], published.reset_index(drop=True), len(published)
    known = [_equations(cells, truth.groupby([cells[key] for key in KEY])[name].sum()) for name in names]
    told = cells[names].to_numpy(dtype=float).T.ravel()
    values = truth[names].to_numpy(dtype=float)
    wanted, smaller = np.full(size, 10.0), values[:, 0]
    if attacked == "hits":
        wanted, smaller = np.minimum(10.0, values[:, 1:].sum(axis=1)), values[:, 1:].min(axis=1)
    limits = {
        "A_eq": block_diag(*[equations for equations, _ in known]),
        "b_eq": np.concatenate([right for _, right in known]),
        "A_ub": np.hstack([-np.eye(size), np.eye(size), np.eye(size)]),
        "b_ub": np.zeros(size),
        "bounds": [(0.0, None) if np.isnan(value) else (value, value) for value in told],
    }
    spare = []
    for cell in np.flatnonzero(smaller < 10)[::every]:
        aim = np.zeros(3 * size)
        aim[names.index(attacked) * size + cell] = 1.0
        low, high = (linprog(sign * aim, **limits, method="highs") for sign in (1, -1))
        assert low.success and high.success, "the published table contradicts itself"
        spare.append(-high.fun - low.fun - wanted[cell])
    return np.array(spare)


def ranges_of_force(published: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the lowest and highest value of each small count of one force that agrees with all published.

    ``published``: by group, what a reader can read or work out of ``stops``, ``unrepeated``, ``hits``,
    ``misses`` and ``arrests``; NaN where nothing tells. ``truth``: the same, complete; the attacker is given
    each column's sum. Hits and misses are part of the stops, rows without repeats too; arrests of the hits.
    """
    names, size = list(truth.columns), len(truth)
    at = {name: slice(n * size, (n + 1) * size) for n, name in enumerate(names)}
    values = published[names].to_numpy(dtype=float).T.ravel()
    sums = np.kron(np.eye(len(names)), np.ones(size))
    parts = []
    for whole, *held in (("stops", "hits", "misses"), ("stops", "unrepeated"), ("hits", "arrests")):
        block = np.zeros((size, len(values)))
        block[:, at[whole]] = -np.eye(size)
        for part in held:
            block[:, at[part]] = np.eye(size)
        parts.append(block)
    bounds = [(0.0, None) if np.isnan(value) else (value, value) for value in values]
    right = truth.to_numpy(dtype=float).sum(axis=0)
    rows = []
    for name, group in _small_counts(truth):
        aim = np.zeros(len(values))
        aim[at[name].start + group] = 1.0
        low, high = (
            linprog(
                sign * aim,
                A_eq=sums,
                b_eq=right,
                A_ub=np.vstack(parts),
                b_ub=np.zeros(3 * size),
                bounds=bounds,
                method="highs",
            )
            for sign in (1, -1)
        )
        assert low.success and high.success, "the published tables contradict each other"
        rows.append((truth.index[group], name, truth[name].iloc[group], low.fun, -high.fun))
    return pd.DataFrame(rows, columns=["group_name", "counted", "truth", "lowest", "highest"])


def _small_counts(truth: pd.DataFrame) -> list[tuple[str, int]]:
    """Return what must stay open: small counts, and counts whose other side is small."""
    others = {"hits": truth["misses"], "misses": truth["hits"], "arrests": truth["hits"] - truth["arrests"]}
    return [
        (name, group)
        for name in truth
        for group in range(len(truth))
        if min(truth[name].iloc[group], others.get(name, truth[name]).iloc[group]) < 10
    ]


def _equations(cells: pd.DataFrame, totals: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    rows, values = [], []
    for place, own in cells.groupby(KEY):
        rows.append(np.isin(cells.index, own.index).astype(float))
        values.append(float(totals[place]))
    is_whole = (cells["area_type"] == WHOLE[0]) & (cells["object_of_search"] == WHOLE[1])
    is_district = cells["area_type"] == "district"
    for group in cells["group_name"].unique():
        own = cells["group_name"] == group
        for part in (is_district, ~is_district & ~is_whole):
            if (own & part).any():
                rows.append((own & part).astype(float).to_numpy() - (own & is_whole).to_numpy())
                values.append(0.0)
    return np.array(rows), np.array(values)
