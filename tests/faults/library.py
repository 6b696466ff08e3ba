"""The library: every fault, and one bench on which all of them are put before their gates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ml.common.contracts import CONTRACTS
from tests.faults.files import file_faults
from tests.faults.folder import folder_faults
from tests.faults.gates import file_subjects, reference_subjects
from tests.faults.joins import join_faults
from tests.faults.ml_gates import MlGate, gate_name
from tests.faults.model import Alarm, Fault, Finding, Subject
from tests.faults.outputs import MlTable, Outputs, ReleaseFolder
from tests.faults.reference import reference_faults
from tests.faults.residents import resident_faults
from tests.faults.tables import table_faults
from tests.faults.values import value_faults
from tests.faults.warehouse import DataFolder, Warehouse
from tests.faults.world import World


@cache
def library() -> tuple[Fault, ...]:
    """Return every fault and every variant that is none, by what they corrupt.

    Raises
    ------
    ValueError
        When two have the same name.
    """
    faults = (
        *file_faults(),
        *value_faults(),
        *reference_faults(),
        *folder_faults(),
        *join_faults(),
        *table_faults(),
        *resident_faults(),
    )
    twice = [name for name, count in Counter(fault.name for fault in faults).items() if count > 1]
    if twice:
        raise ValueError(f"two faults are named {twice[0]!r}: give one of them another name")
    return faults


@dataclass(frozen=True)
class Examination:
    """What became of the whole library.

    Parameters
    ----------
    findings
        One for each fault, in the library's order.
    clean
        What the gates said of each subject as it was, uncorrupted; every alarm in it is a false one.
    """

    findings: tuple[Finding, ...]
    clean: dict[str, frozenset[Alarm]]


def examine_library(folder: Path) -> Examination:
    """Make the clean world and put every fault, and every subject without one, before the real gates.

    Parameters
    ----------
    folder
        An empty folder to work in.
    """
    subjects = _subjects(World(folder))
    used = {fault.subject: subjects[fault.subject] for fault in library()}
    clean = {name: subject.judge(None) for name, subject in used.items()}
    findings = tuple(Finding(fault, used[fault.subject].judge(fault.corrupt)) for fault in library())
    return Examination(findings, clean)


def _subjects(world: World) -> dict[str, Subject]:
    warehouse = Warehouse(world)
    outputs = Outputs(world, warehouse)
    return {
        **file_subjects(world),
        **reference_subjects(world),
        "warehouse": warehouse,
        "data folder": DataFolder(warehouse),
        **{name: MlTable(outputs, name) for name in CONTRACTS},
        **{gate_name(name): MlGate(outputs, name) for name in CONTRACTS},
        "release": ReleaseFolder(outputs),
    }
