"""Figures in the metadata of assets: plots as pictures inside Markdown, so that Dagster's pages show them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_BYTES = 400_000


def figure_metadata(figure: Figure, text: str) -> dg.MetadataValue:
    """Return a figure as a picture in Markdown.

    Parameters
    ----------
    figure
        A matplotlib figure that was made without pyplot, which would keep it in memory for good.
    text
        What it shows, for those who cannot see it.

    Raises
    ------
    ValueError
        When the picture is too large to be kept in the event log.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    if buffer.tell() > _MOST_BYTES:
        raise ValueError(f"the picture of {text!r} takes {buffer.tell():,} bytes: draw less, or smaller")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return dg.MetadataValue.md(f"![{text}](data:image/png;base64,{encoded})\n\n{text}")
