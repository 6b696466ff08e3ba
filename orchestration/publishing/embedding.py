"""Bokeh figures as text that is the same in every build, safe inside HTML, and needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, TypeAlias

# Bokeh's own annotations lack the properties that its figures take, so a figure is not checked as a type.
Figure: TypeAlias = Any

_UNSAFE_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def new_figure(**options: Any) -> Figure:
    """Make an empty figure.

    Parameters
    ----------
    **options
        As for ``bokeh.plotting.figure``.

    Returns
    -------
    bokeh.plotting.figure
        The figure.
    """
    from bokeh.plotting import figure

    return figure(**options)


def figure_json(plot: Figure) -> str:
    """Serialise a figure for ``Bokeh.embed.embed_item``.

    Parameters
    ----------
    plot
        The figure.

    Returns
    -------
    str
        JSON that can stand between script tags whatever names the data hold. Bokeh numbers its objects with
        one counter for the whole process; here they are numbered from one in order of appearance, so that the
        second build in a process equals the first.
    """
    from bokeh.embed import json_item

    numbers: dict[str, str] = {}
    text = json.dumps(_renumbered(dict(json_item(plot)), numbers), ensure_ascii=False, allow_nan=False)
    for character, escaped in _UNSAFE_IN_SCRIPT.items():
        text = text.replace(character, escaped)
    return text


def bokeh_script() -> str:
    """Read BokehJS (core only: plots, no widgets), as its own inline resources deliver it.

    Returns
    -------
    str
        JavaScript.
    """
    from bokeh.resources import Resources

    return str(Resources(mode="inline", components=["bokeh"]).js_raw[0])


def script_hash(script: str) -> str:
    """Hash a script for the page's content security policy (CSP level 2).

    Parameters
    ----------
    script
        Exactly what stands between the script tags.

    Returns
    -------
    str
        Such as ``sha256-...=``.
    """
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def page_asset(name: str) -> str:
    """Read one of the page's own files.

    Parameters
    ----------
    name
        File name in the templates folder.

    Returns
    -------
    str
        Its text.
    """
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _renumbered(node: Any, numbers: dict[str, str]) -> Any:
    """Replace object ids, which stand under ``id`` and ``root_id`` only, leaving all data as they are."""
    if isinstance(node, list):
        return [_renumbered(child, numbers) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        key: numbers.setdefault(value, f"o{len(numbers) + 1}")
        if key in ("id", "root_id") and isinstance(value, str)
        else _renumbered(value, numbers)
        for key, value in node.items()
    }
