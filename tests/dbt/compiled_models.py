"""Runs the SQL of single models, as dbt compiles it, over tables that a test makes up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from tests.dbt.dbt_run import run_dbt

FORWARD = "int_lsoa_2011_to_2021_weights"
BACK = "int_lsoa_2021_to_2011_weights"


@dataclass(frozen=True)
class CompiledModels:
    """The SQL of each model, in the order to run it in, and the catalogue that dbt wrote into it."""

    catalogue: str
    sql: dict[str, str]

    @contextmanager
    def over(self, inputs: Mapping[str, pd.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection in which the inputs and the models' tables stand under their names."""
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.execute(f"attach ':memory:' as {self.catalogue}; use {self.catalogue}")
            for name, frame in inputs.items():
                connection.register("given", frame)
                connection.execute(f"create table {name} as from given")
            for name, sql in self.sql.items():
                connection.execute(f"create table {name} as {sql}")
            yield connection


def compile_models(folder: Path, *names: str) -> CompiledModels:
    """Compile models once, without data and without a warehouse."""
    build = run_dbt(folder / "data", "compile", "--select", *names)
    compiled = folder / "data_target" / "compiled" / "crimeharm" / "models"
    texts = {name: next(compiled.rglob(f"{name}.sql")).read_text() for name in names}
    return CompiledModels(build.warehouse.stem, texts)


def weight_inputs(
    lookup: pd.DataFrame, population: pd.DataFrame, residents: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Name and type what the boundary weights are made from, so that empty frames have types too."""
    codes = {"lsoa_2011_code": "str", "lsoa_2021_code": "str", "change_indicator": "str"}
    return {
        "stg_ons__lsoa_lookup": lookup.astype(codes),
        "stg_nomis__population": population.astype(
            {"lsoa_code": "str", "population_year": "int32", "population_count": "int64"}
        ),
        "stg_iod__imd_2019": residents.astype({"lsoa_2011_code": "str", "population_count": "int64"}),
    }
