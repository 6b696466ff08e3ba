"""The declared tables: what conforms, what is refused, and with which words."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import (
    CONTRACTS,
    ML_FORECAST_BACKTEST,
    ML_FORECAST_SCORES,
    Column,
    ContractError,
    TableContract,
    conform,
    empty_frame,
)

TABLE = TableContract(
    name="ml_toy",
    grain="One row per name.",
    columns=(
        Column("name", "VARCHAR", "Name", allowed=("a", "b", "c")),
        Column("start_month", "DATE", "Month"),
        Column("toy_count", "BIGINT", "Toys", True, 0),
        Column("toy_share", "DOUBLE", "Share", True, 0, 1),
        Column("toy_share_upper", "DOUBLE", "Upper bound", True),
        Column("is_toy", "BOOLEAN", "Flag"),
    ),
    key=("name",),
    ordered=(("toy_share", "toy_share_upper"),),
)


def toy(**changes: object) -> pd.DataFrame:
    """Two good rows, with some columns replaced."""
    columns: dict[str, object] = {
        "is_toy": [True, False],
        "name": ["b", "a"],
        "toy_share": [0.5, None],
        "toy_share_upper": [0.6, 0.1],
        "start_month": ["2024-02-01", "2024-01-01"],
        "toy_count": [3.0, None],
    }
    return pd.DataFrame({**columns, **changes})


def test_conform_orders_casts_and_sorts() -> None:
    """Writers would otherwise depend on the order in which a method happened to build its columns."""
    frame = conform(toy(), TABLE)
    assert list(frame.columns) == TABLE.column_names
    assert frame["name"].tolist() == ["a", "b"]
    assert str(frame["start_month"].dtype) == "datetime64[us]"
    assert str(frame["toy_count"].dtype) == "Int64"
    assert frame["toy_share"].dtype == np.float64 and np.isnan(frame["toy_share"][0])


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"name": ["a", "a"]}, "name", "key repeats"),
        ({"name": ["a", None]}, "name", "null values"),
        ({"name": ["a", "z"]}, "name", "is not one of"),
        ({"toy_count": [1, -1]}, "toy_count", "below 0"),
        ({"toy_count": [1.5, 2]}, "toy_count", "cannot be read as BIGINT"),
        ({"toy_count": ["many", "few"]}, "toy_count", "cannot be read as BIGINT"),
        ({"toy_share": [1.2, 0.1], "toy_share_upper": [2.0, 2.0]}, "toy_share", "above 1"),
        ({"toy_share_upper": [np.inf, 1.0]}, "toy_share_upper", "infinite"),
        ({"toy_share": [0.7, 0.1]}, "toy_share", "must not exceed toy_share_upper"),
        ({"start_month": ["2024-02-01", "2024-01-15"]}, "start_month", "first of the month"),
        (
            {"start_month": pd.to_datetime(["2024-02-01T00:00", "2024-01-01T10:00"])},
            "start_month",
            "time of day",
        ),
        ({"extra": [1, 2]}, "extra", "not declared"),
    ],
)
def test_conform_names_what_broke(changes: dict[str, object], column: str, words: str) -> None:
    """An auditor must learn table, column and rule from the message alone."""
    with pytest.raises(ContractError, match=words) as caught:
        conform(toy(**changes), TABLE)
    assert caught.value.table == "ml_toy"
    assert caught.value.column == column


def test_conform_refuses_a_missing_column() -> None:
    """A column that a method forgot would otherwise surface in a reader's query."""
    with pytest.raises(ContractError, match=r"ml_toy\.is_toy: the column is missing"):
        conform(toy().drop(columns="is_toy"), TABLE)


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_every_contract_is_sound(name: str) -> None:
    """A key or an order rule that names no column would never be checked."""
    contract = CONTRACTS[name]
    names = contract.column_names
    assert contract.grain.startswith("One row per ") and contract.grain.endswith(".")
    assert len(set(names)) == len(names)
    assert set(contract.key) <= set(names)
    assert all(set(group) <= set(names) for group in contract.ordered)
    assert all(column.description for column in contract.columns)
    assert not any(column.nullable for column in contract.columns if column.name in contract.key)
    empty = empty_frame(contract)
    assert list(empty.columns) == names and empty.empty
    pd.testing.assert_frame_equal(conform(empty, contract), empty)


def test_backtest_and_scores_key_by_series_and_model() -> None:
    """Two models of a series share origins: a key without the model would refuse them."""
    assert ML_FORECAST_BACKTEST.key[:2] == ("series", "model")
    assert ML_FORECAST_SCORES.key == ("series", "model")


def test_public_modules_import_light() -> None:
    """The orchestrator imports these at load time: a heavy import there costs every step seconds."""
    code = (
        "import sys, ml.hotspots, ml.forecast, ml.fairness, ml.common.contracts;"
        "heavy = {'numpy','pandas','scipy','sklearn','statsmodels','shapely','pyproj','geopandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
