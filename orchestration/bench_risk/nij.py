"""Portland by the rules of the NIJ challenge of 2017, rolled over many earlier origins and shifted grids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import signed, table

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.cells import Cells
    from ml.risk.compare import Difference
    from ml.risk.history import History
    from ml.risk.model import Model

CRIMES = {"burglary": "burglary_2012-03_to_2017-02.csv", "theft of auto": "theft_of_auto_2012-03_to_2017-02.csv"}
# The challenge's horizons; its months are those from 1 March on.
HORIZONS = {"1 week": 7, "2 weeks": 14, "1 month": 31, "2 months": 61, "3 months": 92}
FEET_PER_MILE = 5280.0
# Smallest and largest cells and areas that the rules allow.
RULES = ((250.0, 0.25), (600.0, 0.75))
SHIFTS = ((0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.0, 0.5))
FIRST_ORIGIN, STEP_DAYS = "2014-03-01", 28
ZERO = "2012-03-01"
LAST = "2017-03-01"
BASELINES = ("half_life_36500", "half_life_365", "kernel", "prospective")
LABELS = {"half_life_36500": "count", "half_life_365": "365 d", "kernel": "KDE", "prospective": "prospective"}


def read_events(folder: Path, name: str) -> tuple[pd.DataFrame, float]:
    """Coordinates in feet and day of each event; the number of days."""
    import pandas as pd

    events = pd.read_csv(folder / CRIMES[name], usecols=["occ_date", "x_coordina", "y_coordina"])
    events["day"] = (pd.to_datetime(events["occ_date"]) - pd.Timestamp(ZERO)).dt.days.astype(float)
    return events, float((pd.Timestamp(LAST) - pd.Timestamp(ZERO)).days)


def read_outline(folder: Path) -> object:
    """The challenge's boundary, in feet."""
    import geopandas as gpd

    return gpd.read_file(folder / "districts" / "Portland_Police_Districts.shp").union_all()


def lay(events: pd.DataFrame, cells: Cells, days: float) -> History:
    """Events on a grid; those outside the cells are left out, as in the challenge."""
    import numpy as np

    from ml.risk.history import make_history

    assert cells.lattice is not None
    cell = cells.lattice.locate(events[["x_coordina", "y_coordina"]].to_numpy(float))
    is_inside = cell >= 0
    return make_history(cells, cell[is_inside], events["day"].to_numpy()[is_inside], np.arange(0, days + 1))


def parts(size: float) -> list[Model]:
    """What the mixture mixes: the baselines first."""
    from ml.risk.counts import Decayed
    from ml.risk.kernel import KernelDensity
    from ml.risk.model import Remembered
    from ml.risk.near_repeat import ProspectiveHotspot

    baselines: list[Model] = [
        Decayed(36500),
        Decayed(365),
        KernelDensity(500, label="kernel"),
        ProspectiveHotspot(1312, size / 2),
    ]
    others: list[Model] = [Decayed(90), Decayed(30), Decayed(10)]
    others += [KernelDensity(size / 2, half_life) for half_life in (1000, 180, 30)]
    others += [KernelDensity(500, half_life) for half_life in (365, 60)]
    others += [KernelDensity(1500, half_life) for half_life in (1000, 60)]
    return [Remembered(model) for model in [*baselines, *others]]


def origins(days: float, horizon: int, first: str = FIRST_ORIGIN) -> list[float]:
    """Every fourth week from the first origin on whose window lies in the data."""
    import pandas as pd

    start = (pd.Timestamp(first) - pd.Timestamp(ZERO)).days
    return [float(day) for day in range(start, int(days) - horizon + 1, STEP_DAYS)]


def run(folder: Path, rule: tuple[float, float], shifts: Sequence[tuple[float, float]], most: int | None) -> pd.DataFrame:
    """Captures of every model, crime, horizon, shift and origin under one rule."""
    import pandas as pd

    from ml.risk.backtest import backtest
    from ml.risk.cells import grid_over
    from ml.risk.mixture import Mixture
    from ml.risk.self_exciting import SelfExciting

    size, miles = rule
    cell_budget = int(miles * FEET_PER_MILE**2 // size**2)
    outline, tables = read_outline(folder), []
    for shift in shifts:
        cells = grid_over(outline, size, shift=shift)
        for crime in CRIMES:
            events, days = read_events(folder, crime)
            history = lay(events, cells, days)
            mixed = parts(size)
            for label, horizon in HORIZONS.items():
                windows = [(day, day + horizon) for day in origins(days, horizon)[:most]]
                # Weights are learned from the year before the origin, in windows of the same length.
                back = 364 // STEP_DAYS
                mixture = Mixture(tuple(mixed), days=horizon, windows=back, step=STEP_DAYS, shortest=360)
                models = [*mixed[:4], mixture, SelfExciting(730, 20)]
                _, captures = backtest(history, models, windows, budgets=[cell_budget * size**2], has_scores=False)
                tables.append(captures.assign(crime=crime, horizon=label, shift=str(shift)))
    return pd.concat(tables, ignore_index=True)


def report(folder: Path, most: int | None = None) -> str:
    """Markdown: PAI and PEI of each crime and horizon, and the mixture less the best baseline."""
    sections = []
    for rule in RULES:
        captures = run(folder, rule, SHIFTS, most)
        sections.append(f"**Cells of {rule[0]:g} ft, {rule[1]:g} square miles.**\n\n" + _tables(captures))
    return "\n\n".join(sections)


def _tables(captures: pd.DataFrame) -> str:
    blocks = []
    for figure in ("pai", "pei"):
        rows, wins = [], [0, 0, 0]
        for (crime, horizon), own in captures.groupby(["crime", "horizon"], sort=False):
            # Mean over the grids first: an origin is one piece of evidence however it is gridded.
            pooled = own.groupby(["model", "origin_day"])[["caught", "total", "best", "area_share"]].mean()
            means = {name: _figure(pooled.loc[name], figure) for name in own["model"].unique()}
            best = max(BASELINES, key=lambda name: means[name])
            gap = _gap(pooled, best, figure, HORIZONS[str(horizon)])
            wins[0] += gap.value >= 0
            wins[1] += gap.value > 0
            wins[2] += gap.is_clear and gap.value > 0
            digits = 1 if figure == "pai" else 3
            shown = [f"{means[name]:.{digits}f}" for name in (*BASELINES, "self_exciting_730", "mixture")]
            champion = "mixture" if gap.is_clear and gap.value > 0 else LABELS[best]
            count = len(pooled.loc["mixture"])
            rows.append([f"{crime}, {horizon}", str(count), *shown, signed(gap, digits), champion])
        header = [f"{figure.upper()}", "origins", *LABELS.values(), "self-exciting", "mixture", "mixture less best", "champion"]
        note = f"The mixture is at least equal in {wins[0]} of {len(rows)} rows, above in {wins[1]}, clearly in {wins[2]}."
        blocks.append(table(header, rows) + "\n\n" + note)
    return "\n\n".join(blocks)


def _figure(rows: pd.DataFrame, figure: str) -> float:
    """Pooled over origins: a window without an event has no PAI of its own."""
    share = rows["caught"].sum() / rows["total" if figure == "pai" else "best"].sum()
    return float(share / rows["area_share"].iloc[0] if figure == "pai" else share)


def _gap(pooled: pd.DataFrame, best: str, figure: str, horizon: int) -> Difference:
    from ml.risk.compare import Difference, ratio_difference

    ours, theirs = pooled.loc["mixture"], pooled.loc[best]
    whole = ours["total" if figure == "pai" else "best"].to_numpy(float)
    block = -(-horizon // STEP_DAYS)
    gap = ratio_difference(ours["caught"].to_numpy(float), theirs["caught"].to_numpy(float), whole, block=block)
    scale = 1 / float(ours["area_share"].iloc[0]) if figure == "pai" else 1.0
    return Difference(gap.value * scale, gap.lower * scale, gap.upper * scale)
