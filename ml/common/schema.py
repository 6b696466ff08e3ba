"""What a declared table is, and how a frame is made to keep its declaration.

The declaration is data (types are DuckDB's names), so that a writer elsewhere can turn it into DDL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

DuckDBType = Literal["VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "DATE", "BOOLEAN"]


class ContractError(ValueError):
    """A frame breaks its contract; the message names the table, the column and the rule.

    Parameters
    ----------
    table, column, rule : str
        Where it broke, and what was expected.
    """

    def __init__(self, table: str, column: str, rule: str) -> None:
        super().__init__(f"{table}.{column}: {rule}")
        self.table = table
        self.column = column
        self.rule = rule


@dataclass(frozen=True)
class Column:
    """One declared column.

    Parameters
    ----------
    name : str
        Column name; a name that ends in ``_month`` holds the first day of a month.
    type : str
        DuckDB type.
    description : str
        Meaning, with the unit.
    nullable : bool
        Whether a null is allowed.
    minimum, maximum : float, optional
        Bounds, both included; nulls pass.
    allowed : tuple of str
        Closed vocabulary; empty means any.
    inputs : tuple of str
        Columns of other tables that its values are made of, as ``table.column``.
    origin_note : str
        Where its values come from when they are from no column.
    """

    name: str
    type: DuckDBType
    description: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    origin_note: str = ""


@dataclass(frozen=True)
class Check:
    """One condition across the rows of a table.

    Parameters
    ----------
    name : str
        Name of the condition.
    description : str
        What must hold.
    find : callable
        Takes the cast table, which has rows, and says in words what breaks the condition; or None.
    """

    name: str
    description: str
    find: Callable[[pd.DataFrame], str | None]


@dataclass(frozen=True)
class TableContract:
    """One declared table.

    Parameters
    ----------
    name : str
        Table name.
    grain : str
        One sentence: one row per what.
    columns : tuple of Column
        The columns, in order.
    key : tuple of str
        Columns that identify a row; rows are sorted by them.
    ordered : tuple of tuple of str
        Groups of columns whose values may not decrease from left to right, nulls left out.
    checks : tuple of Check
        Conditions across rows.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    ordered: tuple[tuple[str, ...], ...] = field(default=())
    checks: tuple[Check, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]


def conform(frame: pd.DataFrame, contract: TableContract) -> pd.DataFrame:
    """Give a frame the columns, types and order of its contract, or say why it cannot have them.

    Parameters
    ----------
    frame : DataFrame
        Rows of the table; the order of rows and columns does not matter.
    contract : TableContract
        The declaration.

    Returns
    -------
    DataFrame
        A new frame: declared columns in order, sorted by the key, fresh index. DATE is
        ``datetime64[us]`` at midnight; nullable BIGINT, INTEGER and BOOLEAN are pandas' masked types;
        a null DOUBLE is NaN.

    Raises
    ------
    ContractError
        A column is missing or not declared, a value cannot be cast, a null, bound, vocabulary or
        order rule is broken, the key repeats, or a condition across rows does not hold.
    """
    import pandas as pd

    _check_column_names(frame, contract)
    cast = pd.DataFrame(
        {column.name: _cast(frame[column.name], column, contract.name) for column in contract.columns}
    )
    for column in contract.columns:
        _check_values(cast[column.name], column, contract.name)
    for names in contract.ordered:
        _check_ordered(cast, names, contract.name)
    key = list(contract.key)
    if cast.duplicated(key).any():
        first = cast.loc[cast.duplicated(key), key].iloc[0].to_dict()
        raise ContractError(contract.name, ", ".join(key), f"the key repeats, first {first}")
    for check in contract.checks if len(cast) else ():
        found = check.find(cast)
        if found is not None:
            raise ContractError(contract.name, check.name, found)
    return cast.sort_values(key, kind="stable", ignore_index=True)


def empty_frame(contract: TableContract) -> pd.DataFrame:
    """Return the table with no rows and the declared types."""
    import pandas as pd

    return conform(pd.DataFrame({name: [] for name in contract.column_names}), contract)


def _check_column_names(frame: pd.DataFrame, contract: TableContract) -> None:
    declared = contract.column_names
    for name in declared:
        if name not in frame.columns:
            raise ContractError(contract.name, name, "the column is missing")
    for name in frame.columns:
        if name not in declared:
            raise ContractError(contract.name, str(name), "the column is not declared")


def _cast(values: pd.Series, column: Column, table: str) -> pd.Series:
    import numpy as np
    import pandas as pd

    values = values.reset_index(drop=True)
    try:
        if column.type == "DATE":
            return pd.to_datetime(values).astype("datetime64[us]")
        if column.type == "DOUBLE":
            return pd.to_numeric(values).astype("Float64").astype(np.float64)
        if column.type in ("BIGINT", "INTEGER"):
            return pd.to_numeric(values).astype("Int64" if column.type == "BIGINT" else "Int32")
        if column.type == "BOOLEAN":
            return values.astype("boolean")
        return values.astype("str")
    except (TypeError, ValueError) as error:
        raise ContractError(table, column.name, f"cannot be read as {column.type}: {error}") from error


def _check_values(values: pd.Series, column: Column, table: str) -> None:
    import numpy as np

    if not column.nullable and values.isna().any():
        raise ContractError(table, column.name, f"{int(values.isna().sum())} null values, none allowed")
    present = values.dropna()
    if column.type == "DOUBLE" and np.isinf(present).any():
        raise ContractError(table, column.name, "an infinite value; write null where a figure is undefined")
    if column.minimum is not None and (present < column.minimum).any():
        raise ContractError(table, column.name, f"{present.min()} is below {column.minimum}")
    if column.maximum is not None and (present > column.maximum).any():
        raise ContractError(table, column.name, f"{present.max()} is above {column.maximum}")
    if column.allowed and not present.isin(column.allowed).all():
        other = sorted(set(present) - set(column.allowed))[0]
        raise ContractError(table, column.name, f"{other!r} is not one of {', '.join(column.allowed)}")
    if column.type == "DATE":
        if (present != present.dt.normalize()).any():
            raise ContractError(table, column.name, "a date with a time of day")
        if column.name.endswith("_month") and (present.dt.day != 1).any():
            raise ContractError(table, column.name, "a month that is not the first of the month")


def _check_ordered(frame: pd.DataFrame, names: tuple[str, ...], table: str) -> None:
    for lower, upper in pairwise(names):
        broken = frame[lower] > frame[upper]
        if broken.fillna(False).any():
            row = frame.loc[broken.fillna(False), [lower, upper]].iloc[0].to_dict()
            raise ContractError(table, lower, f"must not exceed {upper}: {row}")
