"""What a suite says of tables, by the queries that the gate asks, without the cost of Great Expectations."""

from __future__ import annotations

import duckdb
import pandas as pd

from data_quality.suites.boundaries import table_suites
from data_quality.suites.rules import Rule
from orchestration.boundaries.judging import QUERIES


def broken_rules(table: str, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return the rules of a table's suite that are broken, in the suite's order."""
    connection = duckdb.connect()
    for name, frame in tables.items():
        connection.register(name, frame)
    broken = []
    for part in table_suites("ml")[table].parts:
        judged = connection.execute(QUERIES[table][part.name]).df()
        broken += [rule.name for rule in part.rules if not _keeps(rule, judged)]
    return broken


def _keeps(rule: Rule, judged: pd.DataFrame) -> bool:
    assert set(rule.columns) <= set(judged.columns), rule.name
    if rule.derive is not None:
        # As the gate does: an answer that is missing is none.
        return bool(rule.derive(judged, None).astype(bool).all())
    values = judged[rule.columns[0]].dropna().astype(float)
    low, high = rule.kwargs["min_value"], rule.kwargs["max_value"]
    return bool((low is None or (values >= low).all()) and (high is None or (values <= high).all()))
