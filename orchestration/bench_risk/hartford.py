"""Hartford robberies: a risk terrain of places, with relative risk values, beside counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import signed, table

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.cells import Cells, Floats
    from ml.risk.history import History
    from ml.risk.model import Model
    from ml.risk.terrain import RiskTerrain

CELL_FEET = 400.0
# One to four of Hartford's blocks; the same reaches for every type of place.
REACHES = (400.0, 800.0, 1200.0)
QUARTERS_BEFORE = 4
BASELINES = ("mean_12", "kernel")


def read(folder: Path) -> History:
    """Robberies by quarter on a grid whose cells carry the places' influence."""
    from dataclasses import replace

    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from ml.risk.cells import grid_over
    from ml.risk.history import make_history

    outline = gpd.read_file(folder / "hartford.shp").union_all()
    cells = grid_over(outline, CELL_FEET)
    cells = replace(cells, features=_influences(pd.read_csv(folder / "hartford_pois.csv"), cells))
    events = pd.read_csv(folder / "hartford_robberies.csv", parse_dates=["date"])
    # The columns are called degrees, and hold feet.
    assert cells.lattice is not None
    cell = cells.lattice.locate(events[["longitude", "latitude"]].to_numpy(float))
    zero = pd.Timestamp("2017-01-01")
    day = np.asarray((events["date"] - zero).dt.days, dtype=np.float64)
    quarters = pd.date_range(zero, "2020-01-01", freq="QS")
    is_inside = cell >= 0
    return make_history(
        cells, cell[is_inside], day[is_inside], np.asarray((quarters - zero).days, dtype=float)
    )


def report(folder: Path, most: int | None = None) -> str:
    """Markdown: relative risk values, then what each map caught of the quarters to come."""
    from ml.risk.backtest import backtest, every_origin
    from ml.risk.counts import EmpiricalBayes, PeriodMean
    from ml.risk.kernel import KernelDensity
    from ml.risk.mixture import Mixture
    from ml.risk.model import Remembered
    from ml.risk.terrain import RiskTerrain

    history = read(folder)
    terrain = RiskTerrain()
    parts = (PeriodMean(12), KernelDensity(CELL_FEET), KernelDensity(3 * CELL_FEET), terrain)
    models: list[Model] = [
        PeriodMean(12),
        KernelDensity(2 * CELL_FEET, label="kernel"),
        EmpiricalBayes(730),
        terrain,
        Mixture(tuple(Remembered(part) for part in parts), windows=4, shortest=2),
    ]
    windows = every_origin(history, shortest=QUARTERS_BEFORE)[:most]
    _, captures = backtest(history, models, windows, has_scores=False)
    known = history.before(windows[-1][0])
    names = [model.name for model in models]
    return f"{_risks(known, terrain)}\n\n{len(windows)} quarters.\n\n{_caught(captures, names)}"


def _caught(captures: pd.DataFrame, names: list[str]) -> str:
    """Pooled captures at each share of the area, and the difference from the best baseline at 5%."""
    from ml.risk.compare import ratio_difference

    figures = captures.pivot_table(index=["model", "origin_day"], columns="area_share", values="caught")
    totals = captures.groupby("origin_day")["total"].first().to_numpy(float)
    bests = captures.groupby(["area_share", "origin_day"])["best"].first()
    share = next(value for value in captures["area_share"].unique() if abs(value - 0.05) < 1e-9)
    caught = {name: figures.loc[name] for name in names}
    best = max(BASELINES, key=lambda name: float(caught[name].to_numpy().sum()))
    rows = []
    for name in names:
        hit = caught[name].sum() / totals.sum()
        ours, theirs = (caught[one][share].to_numpy(float) for one in (name, best))
        gap = "–" if name == best else signed(ratio_difference(ours, theirs, totals))
        pei = ours.sum() / bests.loc[share].sum()
        rows.append([name, *(f"{one:.3f}" for one in hit), f"{hit[share] / share:.1f}", f"{pei:.3f}", gap])
    shares = [f"{one:.0%} of area" for one in figures.columns]
    return table(["model", *shares, "PAI at 5%", "PEI at 5%", f"less {best}, 5%"], rows)


def _risks(known: History, terrain: RiskTerrain) -> str:
    """Relative risk values of the chosen features."""
    fitted = terrain.fit(known)
    score = fitted.relative_score(known.cells)
    risks = fitted.relative_risk().to_numpy().tolist()
    rows = [[name, f"{risk:.2f}", f"{lower:.2f} to {upper:.2f}"] for name, risk, lower, upper in risks]
    count = len(known.cells.features)
    note = f"{known.cells.count:,} cells score from 1 to {score.max():.1f}; {count} candidates."
    return table(["feature", "relative risk value", "95%"], rows) + "\n\n" + note


def _influences(places: pd.DataFrame, cells: Cells) -> dict[str, Floats]:
    """Influence of each type of place, near and dense, at each reach."""
    from ml.risk.terrain import influence

    return {
        f"{kind} {place}, {reach:g} ft": influence(
            cells, own[["longitude", "latitude"]].to_numpy(float), reach, kind
        )
        for place, own in places.groupby("types")
        for reach in REACHES
        for kind in ("near", "dense")
    }
