"""Suites as code behind the raw boundary: warehouse tables, ml outputs and the release."""

from __future__ import annotations

from functools import cache

from data_quality.suites.boundaries import (
    area_models,
    areas,
    audits,
    call_confusion,
    call_months,
    crime,
    errors,
    fairness,
    fairness_groups,
    models,
    monitoring,
    patrol,
    people,
    published,
    risk,
    sensitivity,
)
from data_quality.suites.boundaries.table_suite import Boundary, Part, TableSuite

__all__ = ["Boundary", "Part", "TableSuite", "table_suites"]


@cache
def table_suites(boundary: Boundary) -> dict[str, TableSuite]:
    """Return the suites of a boundary by table, in order of name."""
    every = (
        *areas.suites(),
        *audits.suites(),
        *crime.suites(),
        *people.suites(),
        *models.suites(),
        *call_confusion.suites(),
        *call_months.suites(),
        *fairness.suites(),
        *errors.suites(),
        *fairness_groups.suites(),
        *risk.suites(),
        *monitoring.suites(),
        *patrol.suites(),
        *sensitivity.suites(),
        *area_models.suites(),
        *published.suites(),
    )
    return {suite.table: suite for suite in sorted(every, key=_table) if suite.boundary == boundary}


def _table(suite: TableSuite) -> str:
    return suite.table
