"""How tests are shared out between workers."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_ONE_WORKER = ("tests/dbt",)


class _ByRun(LoadScopeScheduling):
    """Keeps a file's tests on one worker, and all that look at the same run.

    Their fixtures are whole runs of dbt or of the main job, which no two workers should make. (Marks of the
    group to run with have no effect under this version of pytest.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in _ONE_WORKER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share out by run."""
    return _ByRun(config, log)
