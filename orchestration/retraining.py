"""The file in which drift asks for models to be chosen anew: written by the asset, read by the sensor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from data_quality.files import write_text_atomically
from orchestration.paths import DataPaths

if TYPE_CHECKING:
    from ml.monitoring import RetrainRequest


def write_request(paths: DataPaths, request: RetrainRequest) -> None:
    """Write the file, in one step; also when nothing asks, so that an older request ends.

    Parameters
    ----------
    paths
        The data folder.
    request
        What drift asks.

    Raises
    ------
    StorageError
        When it cannot be written; the older request then stays.
    """
    content = {
        "is_retrain_requested": request.is_requested,
        "request_id": request.request_id,
        "reasons": list(request.reasons),
    }
    write_text_atomically(paths.retrain_request, json.dumps(content, indent=2) + "\n")


def requested_id(paths: DataPaths) -> str | None:
    """Return the id of the request that stands; None when nothing asks, or nothing was watched yet.

    Parameters
    ----------
    paths
        The data folder.
    """
    if not paths.retrain_request.is_file():
        return None
    # A file of an earlier version has no id.
    return json.loads(paths.retrain_request.read_text()).get("request_id") or None
