"""Event logs that are written without waiting for the disk: as whole as before, and only within a run."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as db
from sqlalchemy.pool import NullPool

from orchestration.event_files import event_files_held_open

FULL, NORMAL = 2, 1


def write(file: Path, value: int) -> int:
    """Write as Dagster does, by an engine and a connection of its own; return how it is synchronised."""
    engine = db.create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        connection.execute(db.text("create table if not exists events (value integer)"))
        connection.execute(db.text(f"insert into events values ({value})"))
        return int(connection.execute(db.text("pragma synchronous")).scalar_one())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is opened for the first time within the block, and switched to a write-ahead log there."""
    return tmp_path / "a run's events.db"


def switch_on(file: Path) -> None:
    """Switch the write-ahead log on, as Dagster does when it makes a file."""
    with db.create_engine(f"sqlite:///{file}", poolclass=NullPool).connect() as connection:
        connection.execute(db.text("pragma journal_mode = wal"))


def test_the_log_is_not_moved_after_each_event(file: Path) -> None:
    """Each of thousands of events would wait for the disk several times: minutes where it is slow."""
    log = file.with_name(f"{file.name}-wal")
    with event_files_held_open():
        switch_on(file)
        assert [write(file, value) for value in range(3)] == [NORMAL] * 3
        assert log.stat().st_size > 0
    assert not log.exists()
    with db.create_engine(f"sqlite:///{file}").connect() as connection:
        assert connection.execute(db.text("select sum(value) from events")).scalar_one() == 3


def test_nothing_outside_a_run_is_changed(file: Path) -> None:
    """Files of whoever else uses SQLAlchemy in this process would be less safe than their owner thinks."""
    with pytest.raises(ValueError, match="a step failed"), event_files_held_open():
        switch_on(file)
        raise ValueError("a step failed")
    assert write(file, 1) == FULL
    assert not file.with_name(f"{file.name}-wal").exists()


def test_blocks_may_lie_within_each_other(file: Path) -> None:
    """The command holds the files from the first planned event on, and the run's resource again."""
    with event_files_held_open():
        switch_on(file)
        with event_files_held_open():
            assert write(file, 1) == NORMAL
        assert file.with_name(f"{file.name}-wal").exists()
        assert write(file, 2) == NORMAL


def test_databases_in_memory_are_left_alone() -> None:
    """A name that is no file would be made one in the working folder."""
    with event_files_held_open(), db.create_engine("sqlite://").connect() as connection:
        assert connection.execute(db.text("select 1")).scalar_one() == 1
