"""Reads everything that people decided about landed data, as it holds on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from data_quality.corrections import read_corrections
from data_quality.decisions import Decisions
from data_quality.waivers import read_waivers


def read_decisions(waivers: Path, corrections: Path, today: date) -> Decisions:
    """Read the waivers and corrections that hold.

    Parameters
    ----------
    waivers, corrections
        Their folders; neither need exist.
    today
        The day on which they must hold.

    Returns
    -------
    Decisions
        Those that hold, and what was refused: a refused file never lets data pass, and stops nobody else's.
    """
    waived, waiver_problems = read_waivers(waivers, today)
    corrected, correction_problems = read_corrections(corrections)
    return Decisions(tuple(waived), tuple(corrected), (*waiver_problems, *correction_problems))
