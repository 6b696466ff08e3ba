"""Every named fault is caught by the rule that should catch it, and clean data raise nothing."""

from __future__ import annotations

import pytest

from data_quality.suites.boundaries import table_suites
from ml.common.contracts import CONTRACTS
from tests.faults.library import Examination, examine_library, library
from tests.faults.ml_gates import gate_name
from tests.faults.page import PAGE, as_page, held_real_section, summary


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    """The whole library, put before the gates once."""
    return examine_library(tmp_path_factory.mktemp("faults"))


def test_the_library_is_large_and_its_names_are_one_each() -> None:
    """A table with a name twice, or of a handful of faults, would prove little and look like much."""
    faults = [fault for fault in library() if not fault.is_benign]
    assert len(faults) >= 60
    assert len({fault.name for fault in library()}) == len(library())
    assert all(fault.severity and fault.story.endswith(".") for fault in faults)


def test_every_ml_table_has_a_fault_at_its_contract_and_at_its_gate() -> None:
    """A table whose gate was never seen to close would be published on trust."""
    subjects = {fault.subject for fault in library() if not fault.is_benign}
    assert set(CONTRACTS) <= subjects
    assert {gate_name(table) for table in table_suites("ml")} <= subjects


def test_every_fault_is_caught_and_nothing_else_is(examination: Examination) -> None:
    """A gate that stays silent, or cries at clean data, would be believed by nobody who looks."""
    assert summary(examination) == []


def test_the_published_table_is_current(examination: Examination) -> None:
    """Auditors would read what the gates once caught; python -m tests.faults --write brings it up to date."""
    assert PAGE.read_text(encoding="utf-8") == as_page(examination, held_real_section())


def test_real_files_are_said_to_raise_warnings_alone() -> None:
    """Known quirks of real months would withhold good data (tests/real judges the files themselves)."""
    section = held_real_section()
    assert "| warning |" in section
    assert "| critical |" not in section and "| record |" not in section
