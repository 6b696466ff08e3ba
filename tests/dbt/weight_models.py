"""Runs the SQL of the boundary weight models, as dbt compiles it, over any look-up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from tests.dbt.dbt_run import run_dbt

FORWARD = "int_lsoa_2011_to_2021_weights"
BACK = "int_lsoa_2021_to_2011_weights"
_INPUTS = {
    "stg_ons__lsoa_lookup": "lsoa_2011_code varchar, lsoa_2021_code varchar, change_indicator varchar",
    "stg_nomis__population": "lsoa_code varchar, population_year integer, population_count bigint",
    "stg_iod__imd_2019": "lsoa_2011_code varchar, population_count bigint",
}


@dataclass(frozen=True)
class WeightModels:
    """The compiled models, and the name of the catalogue that dbt wrote into them."""

    catalogue: str
    forward_sql: str
    back_sql: str

    @contextmanager
    def over(
        self, lookup: pd.DataFrame, population: pd.DataFrame, residents_2015: pd.DataFrame
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection in which the inputs and both weight tables stand under the models' names."""
        frames = dict(zip(_INPUTS, (lookup, population, residents_2015), strict=True))
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.execute(f"attach ':memory:' as {self.catalogue}; use {self.catalogue}")
            for name, columns in _INPUTS.items():
                connection.register("given", frames[name])
                connection.execute(f"create table {name} ({columns}); insert into {name} by name from given")
            connection.execute(f"create table {FORWARD} as {self.forward_sql}")
            connection.execute(f"create table {BACK} as {self.back_sql}")
            yield connection


def compile_weight_models(folder: Path) -> WeightModels:
    """Compile both models once, without data and without a warehouse."""
    build = run_dbt(folder / "data", "compile", "--select", FORWARD, BACK)
    compiled = folder / "data_target" / "compiled" / "crimeharm" / "models" / "intermediate" / "location"
    forward, back = ((compiled / f"{name}.sql").read_text() for name in (FORWARD, BACK))
    return WeightModels(build.warehouse.stem, forward, back)
