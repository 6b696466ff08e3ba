"""Makes Dagster's event log cheap to write while a run of this process writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Another process may hold a file for as long as Dagster itself would wait for it.
_PATIENCE_S = 60


@contextmanager
def event_files_held_open() -> Iterator[None]:
    """Keep each SQLite file open that SQLAlchemy opens within the block; commits do not wait for the disk.

    Dagster opens and closes its files anew for each of the thousands of events of a run. Whenever the last
    connection to a file closes, SQLite moves its write-ahead log into the file and waits for the disk, so
    that an event costs several waits. A connection that stays open puts that off until the log is long, or
    until the block ends.

    Nothing can be corrupted, and nothing is lost when the process is killed; when the whole machine loses its
    power, the last events of the run may be missing (https://www.sqlite.org/pragma.html#pragma_synchronous).
    What is landed, judged and published lies in files of its own, and is not concerned.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    held: dict[str, sqlite3.Connection] = {}

    def hold(opened: Any, record: Any) -> None:
        if not isinstance(opened, sqlite3.Connection):
            return
        opened.execute("pragma synchronous = normal")
        file = opened.execute("select file from pragma_database_list where name = 'main'").fetchone()[0]
        # Nothing is kept in memory alone under a name.
        if not file:
            return
        if file not in held:
            held[file] = sqlite3.connect(file, timeout=_PATIENCE_S, check_same_thread=False)
        # Read each time: only who has read since the write-ahead log was switched on holds it open.
        held[file].execute("pragma schema_version").fetchone()

    event.listen(Engine, "connect", hold)
    try:
        yield
    finally:
        event.remove(Engine, "connect", hold)
        for connection in held.values():
            connection.close()
