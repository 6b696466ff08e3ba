"""What each model costs at four sizes, on events made from a seed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import table

if TYPE_CHECKING:
    from ml.risk.history import History
    from ml.risk.model import Model

SEED = 20210321
MONTHS = 36
# Cells of a side: about a borough, a county's towns, London's LSOAs (4,994), and London on a 250 m grid.
SIDES = (22, 40, 71, 159)
EVENTS_A_CELL = 220


def make(side: int, months: int = MONTHS) -> History:
    """A square grid of 250 m cells with uneven risk and repeats, by month."""
    import numpy as np
    import shapely

    from ml.risk.cells import Cells, grid_over
    from ml.risk.history import make_history

    random = np.random.default_rng(SEED)
    plain = grid_over(shapely.box(0, 0, side * 250, side * 250), 250)
    features = {name: random.normal(size=plain.count) for name in ("deprivation", "residents")}
    cells = Cells(plain.xy, plain.area, plain.lattice, features)
    risk = plain.smooth(random.gamma(0.3, size=plain.count), 400) * np.exp(0.3 * features["deprivation"])
    # As many events as London has, however fine the cells: the grid's are emptier.
    events = int(EVENTS_A_CELL * min(cells.count, 4994))
    cell = random.choice(cells.count, size=events, p=risk / risk.sum())
    bounds = np.arange(months + 1, dtype=np.float64) * 30
    return make_history(cells, cell, random.uniform(0, bounds[-1], events), bounds)


def candidates() -> list[Model]:
    """One model of each kind."""
    from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean
    from ml.risk.kernel import KernelDensity
    from ml.risk.learners import Boosted, Forest, SupportVector
    from ml.risk.mixture import Average, Mixture
    from ml.risk.near_repeat import NearRepeat, ProspectiveHotspot
    from ml.risk.self_exciting import SelfExciting
    from ml.risk.terrain import RiskTerrain

    parts = (PeriodMean(1), PeriodMean(12), EmpiricalBayes(365), KernelDensity(500, 180))
    return [
        PeriodMean(12),
        Decayed(180),
        EmpiricalBayes(365),
        KernelDensity(500, 180),
        NearRepeat(500, 31),
        ProspectiveHotspot(400, 125),
        RiskTerrain(),
        SelfExciting(365, 30),
        Boosted(),
        Forest(),
        SupportVector(),
        Mixture(parts),
        Average(parts),
    ]


def one(side: int, number: int) -> str:
    """Seconds of one fit and forecast, and the process's peak in MiB, its data included."""
    history = make(side)
    model = candidates()[number]
    started = time.monotonic()
    model.fit(history).predict(history.end + 30)
    seconds = time.monotonic() - started
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return f"{seconds:.2f} {int(peak[1]) / 1024:.0f}"


def report() -> str:
    """Markdown table: seconds and the largest peak, each model and size in a process of its own."""
    rows, peaks = [], [0.0] * len(SIDES)
    for number, model in enumerate(candidates()):
        seconds = []
        for place, side in enumerate(SIDES):
            command = [sys.executable, "-m", "orchestration.bench_risk", "scale-one", str(side), str(number)]
            shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            seconds.append(float(shown[0]))
            peaks[place] = max(peaks[place], float(shown[1]))
        rows.append([model.name, *(f"{value:.2f}" for value in seconds)])
    rows.append(["largest peak, MiB", *(f"{peak:,.0f}" for peak in peaks)])
    return table(["seconds", *(f"{side**2:,} cells" for side in SIDES)], rows)
