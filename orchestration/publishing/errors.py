"""The error that stops a release."""

from __future__ import annotations

from orchestration.sources.types import SourceError


class ReleaseError(SourceError):
    """A release cannot be built or read: says which file, the rule that it broke and the remedy."""
