"""The ml tables in the warehouse, each with the suite that it passes through before a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_quality.boundaries import judge_table
from data_quality.suites.boundaries import table_suites
from orchestration.boundaries.judging import frames_of, table_version
from tests.faults.edits import Edit
from tests.faults.model import Alarm, Fault, Severity
from tests.faults.outputs import Outputs

if TYPE_CHECKING:
    import pandas as pd

ML_GATE = "gate of ml tables"
# Whether the intervals of three origins held is chance.
_BY_CHANCE = "champion_covers_most"


@dataclass(frozen=True)
class MlGate:
    """One ml table as it lies in the warehouse, past its contract, through the suite of its boundary."""

    outputs: Outputs
    name: str

    def judge(self, corrupt: Callable[[pd.DataFrame], pd.DataFrame] | None) -> frozenset[Alarm]:
        """Return the rules of the suite that are broken."""
        connection = self.outputs.written
        suite = table_suites("ml")[self.name]
        connection.begin()
        try:
            if corrupt:
                connection.register("corrupted", corrupt(connection.table(self.name).df()))
                connection.execute(f"create or replace table {self.name} as from corrupted")
                connection.unregister("corrupted")
            version, rows = table_version(connection, self.name)
            frames = frames_of(connection, suite)
            verdict = judge_table(suite, frames, row_count=rows, data_version=version).verdict
        finally:
            connection.rollback()
        broken = {
            Alarm(rule.rule, rule.severity, ML_GATE)
            for rule in verdict.rules
            if not rule.success and rule.rule != _BY_CHANCE
        }
        crash = {Alarm("crashed", "critical", ML_GATE)} if verdict.status == "crashed" else set()
        return frozenset(broken | crash)


def gate_name(table: str) -> str:
    """Return the name of a table's subject at its gate."""
    return f"{table} at its gate"


def gated(name: str, table: str, story: str, edit: Edit, rule: str, severity: Severity = "critical") -> Fault:
    """Return a fault of an ml table that its gate must catch by a rule."""
    return Fault(name, gate_name(table), "ml table at its gate", story, edit, rule, severity)
