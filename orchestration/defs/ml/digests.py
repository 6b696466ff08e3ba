"""Digests of what a model was fitted with, for the version in its card."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def frame_digest(*frames: pd.DataFrame) -> str:
    """Return twelve hexadecimal digits of the content of frames, in the order of their rows."""
    import pandas as pd

    digest = hashlib.sha256()
    for frame in frames:
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:12]
