"""What a release is called: the same inputs always give the same name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.publishing.errors import ReleaseError

_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
_HASH_LENGTH = 10


def version_line(entry: Mapping[str, Any]) -> str:
    """Write one partition's data version as one line.

    Parameters
    ----------
    entry
        ``dataset``, ``month``, ``force`` and ``data_version``; month and force are null for reference data.
        ``decisions_version`` is there when waivers or corrections were in force.

    Returns
    -------
    str
        ``dataset/month/force=version``, with ``-`` where there is no month or force, and with the version of
        the waivers and corrections behind a ``+``.
    """
    month, force = entry.get("month") or "-", entry.get("force") or "-"
    decided = entry.get("decisions_version")
    version = entry["data_version"] + (f"+{decided}" if decided else "")
    return f"{entry['dataset']}/{month}/{force}={version}"


def release_name(last_month: str, versions: Sequence[str]) -> str:
    """Name a release after its last month of data and everything that its bytes depend on.

    Parameters
    ----------
    last_month
        ``YYYY-MM``.
    versions
        Version strings in a fixed order.

    Returns
    -------
    str
        ``<last month>-<first ten hex digits of the SHA-256 over the strings>``.

    Raises
    ------
    ReleaseError
        When the month is not a month: the name becomes a folder.
    """
    if not _MONTH.match(last_month):
        raise ReleaseError(
            f"release month {last_month!r}", "is not a month", "write it as YYYY-MM, such as 2024-06"
        )
    digest = hashlib.sha256("\n".join(versions).encode()).hexdigest()
    return f"{last_month}-{digest[:_HASH_LENGTH]}"


def configuration_version(tables: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the digest of what tables were configured with, by table; none when none was."""
    if not tables:
        return None
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ReleaseIdentity:
    """Everything that decides whether two releases are the same release.

    Parameters
    ----------
    last_month
        Last month of data, ``YYYY-MM``.
    data_versions
        One line for each partition used, sorted (see `version_line`).
    code_version
        Version of the code that made it, such as a commit.
    dependency_lock_sha256
        SHA-256 of the lock file.
    harm_scheme
        The active harm weights.
    policy_version
        Digest of the publication policy and of the signed decisions that let something pass.
    governance_sha256
        SHA-256 of what is declared about those who answer for the release; none when nothing is.
    configuration_version
        Digest of what tables were configured with (see `configuration_version`); none when none was.
    """

    last_month: str
    data_versions: tuple[str, ...]
    code_version: str
    dependency_lock_sha256: str
    harm_scheme: str
    policy_version: str
    governance_sha256: str | None = None
    configuration_version: str | None = None

    @property
    def name(self) -> str:
        """The release's name (see `release_name`)."""
        return release_name(
            self.last_month,
            [
                *sorted(self.data_versions),
                f"code={self.code_version}",
                f"lock={self.dependency_lock_sha256}",
                f"harm_scheme={self.harm_scheme}",
                f"policy={self.policy_version}",
                *([f"governance={self.governance_sha256}"] if self.governance_sha256 else []),
                *([f"configuration={self.configuration_version}"] if self.configuration_version else []),
            ],
        )
