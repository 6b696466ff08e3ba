"""How tests are shared out between workers."""

from pathlib import Path

import pytest


# Before xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, and all that look at the demo run on the same one.

    Their fixtures are whole runs of dbt or of the main job, which no two workers should make.
    """
    for item in items:
        folder = item.path.parent
        group = folder if folder.name in ("integration", "dbt") else Path(item.path)
        item.add_marker(pytest.mark.xdist_group(str(group)))
