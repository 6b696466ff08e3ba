"""Which code made a release, and what it ran on."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from pathlib import Path

from orchestration.environment import PROJECT_ROOT

_CODE_FOLDERS = ("orchestration", "ml", "data_quality", "dbt_project")
_CODE_SUFFIXES = {".py", ".sql", ".yml", ".csv", ".j2"}


def code_version(root: Path = PROJECT_ROOT) -> str:
    """Return the commit and a digest of the code as it lies on disk.

    The digest changes with any uncommitted edit, so that two releases with the same version were made by
    the same code; the commit says where to find it.

    Parameters
    ----------
    root
        The project's root.

    Returns
    -------
    str
        ``<commit>+<digest>``, or ``unversioned+<digest>`` outside a git checkout.
    """
    digest = hashlib.sha256()
    for path in sorted(_code_files(root)):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{_commit(root)}+{digest.hexdigest()[:12]}"


def runtime() -> dict[str, str]:
    """Return what this process runs on, beside the locked libraries: the same code may round otherwise there.

    Returns
    -------
    dict
        ``python`` (its version), ``implementation`` and ``platform`` (system and machine).
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _code_files(root: Path) -> list[Path]:
    return [
        path
        for folder in _CODE_FOLDERS
        for path in (root / folder).rglob("*")
        if path.suffix in _CODE_SUFFIXES and "target" not in path.relative_to(root).parts
    ]


def _commit(root: Path) -> str:
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unversioned"
    return answer.stdout.strip()
