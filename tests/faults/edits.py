"""Small ways to corrupt records and bytes, each of them seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.faults.world import read_text, write_text

if TYPE_CHECKING:
    import pandas as pd

Edit = Callable[["pd.DataFrame"], "pd.DataFrame"]
_SEED = 20240601


def rewrite(edit: Edit) -> Callable[[bytes], bytes]:
    """Return the corruption of a CSV file that edits its records and writes it again."""

    def corrupt(content: bytes) -> bytes:
        return write_text(edit(read_text(content)))

    return corrupt


def chosen(frame: pd.DataFrame, share: float) -> pd.Series:
    """Choose a share of the records, at least one, always the same."""
    import numpy as np
    import pandas as pd

    count = max(1, round(share * len(frame)))
    positions = np.random.default_rng(_SEED).choice(len(frame), count, replace=False)
    return pd.Series(np.isin(np.arange(len(frame)), positions), index=frame.index)


def put(values: Mapping[str, Any], share: float = 1.0, among: str | None = None) -> Edit:
    """Return the edit that writes values over a share of the records.

    Parameters
    ----------
    values
        Each column's new value, or a function of the column.
    share
        Share of the records, 0 to 1.
    among
        Only records in which this column is not missing.
    """

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        fit = frame if among is None else frame[frame[among].notna()]
        rows = fit.index[chosen(fit, share)]
        for column, value in values.items():
            frame.loc[rows, column] = value(frame.loc[rows, column]) if callable(value) else value
        return frame

    return edit


def swap(one: str, other: str, share: float = 1.0) -> Edit:
    """Return the edit that exchanges two columns' values in a share of the records."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame.index[chosen(frame, share)]
        swapped = frame.copy()
        swapped.loc[rows, [one, other]] = frame.loc[rows, [other, one]].to_numpy()
        return swapped

    return edit


def drop(share: float) -> Edit:
    """Return the edit that loses a share of the records."""
    return lambda frame: frame[~chosen(frame, share)].reset_index(drop=True)


def repeat(share: float) -> Edit:
    """Return the edit that has a share of the records twice."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        return pd.concat([frame, frame[chosen(frame, share)]], ignore_index=True)

    return edit


def drop_where(column: str, value: Any) -> Edit:
    """Return the edit that loses every record with a value."""
    return lambda frame: frame[frame[column] != value].reset_index(drop=True)
