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

CRIMES = {
    "burglary": "burglary_2012-03_to_2017-02.csv",
    "theft of auto": "theft_of_auto_2012-03_to_2017-02.csv",
}
# The challenge's horizons; its months are those from 1 March on.
HORIZONS = {"1 week": 7, "2 weeks": 14, "1 month": 31, "2 months": 61, "3 months": 92}
FEET_PER_MILE = 5280.0
# Smallest and largest cells and areas that the rules allow.
RULES = ((250.0, 0.25), (600.0, 0.75))
SHIFTS = ((0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.0, 0.5))
# The year of origins before the first judged one tells which model leads when judging begins.
FIRST_CHOICE, FIRST_ORIGIN, STEP_DAYS = "2013-03-01", "2014-03-01", 28
ZERO = "2012-03-01"
LAST = "2017-03-01"
BASELINES = ("half_life_36500", "half_life_365", "kernel", "prospective")
CANDIDATES = (*BASELINES, "average", "mixture")
PUBLISHED = "leader so far"
LABELS = {"half_life_36500": "count", "half_life_365": "365 d", "kernel": "KDE", "prospective": "prospective"}


def whole_cells(size: float, miles: float) -> int:
    """How many cells of a size in feet make an area in square miles, within what the rules allow."""
    count = int(miles * FEET_PER_MILE**2 // size**2)
    return count if count * size**2 >= RULES[0][1] * FEET_PER_MILE**2 else count + 1


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


def origins(days: float, horizon: int, most: int | None) -> list[float]:
    """Every fourth week: the origins of the choice, then the first (or all) that are judged."""
    choice, first = _day(FIRST_CHOICE), _day(FIRST_ORIGIN)
    # Windows of the choice end before the first judged origin.
    chosen = [first - STEP_DAYS * i for i in range(1, 14) if first - STEP_DAYS * i >= choice]
    judged = list(range(int(first), int(days) - horizon + 1, STEP_DAYS))[:most]
    return [float(day) for day in sorted(day for day in chosen if day + horizon <= first) + judged]


def _day(date: str) -> float:
    import pandas as pd

    return float((pd.Timestamp(date) - pd.Timestamp(ZERO)).days)


def run(
    folder: Path, rule: tuple[float, float], shifts: Sequence[tuple[float, float]], most: int | None
) -> pd.DataFrame:
    """Captures of every model, crime, horizon, shift and origin under one rule."""
    import pandas as pd

    from ml.risk.backtest import backtest
    from ml.risk.cells import grid_over
    from ml.risk.mixture import Average, Mixture
    from ml.risk.model import Remembered
    from ml.risk.self_exciting import SelfExciting

    size, miles = rule
    cell_budget = whole_cells(size, miles)
    outline, tables = read_outline(folder), []
    for shift in shifts:
        cells = grid_over(outline, size, shift=shift)
        for crime in CRIMES:
            events, days = read_events(folder, crime)
            history = lay(events, cells, days)
            mixed = parts(size)
            average = Average((mixed[0], mixed[1], mixed[2]), label="average")
            exciting = Remembered(SelfExciting(730, 20))
            for label, horizon in HORIZONS.items():
                windows = [(day, day + horizon) for day in origins(days, horizon, most)]
                # Weights are learned from the year before the origin, in windows of the same length.
                back = 364 // STEP_DAYS
                mixture = Mixture(tuple(mixed), days=horizon, windows=back, step=STEP_DAYS, shortest=360)
                models = [*mixed[:4], exciting, average, mixture]
                _, captures = backtest(
                    history, models, windows, budgets=[cell_budget * size**2], has_scores=False
                )
                tables.append(captures.assign(crime=crime, horizon=label, shift=str(shift)))
    return pd.concat(tables, ignore_index=True)


def report(folder: Path, most: int | None = None) -> str:
    """Markdown: PAI and PEI of each crime and horizon, and the challenger less the best baseline."""
    sections = []
    for rule in RULES:
        captures = run(folder, rule, SHIFTS, most)
        sections.append(f"**Cells of {rule[0]:g} ft, {rule[1]:g} square miles.**\n\n" + tables_of(captures))
    return "\n\n".join(sections)


def tables_of(captures: pd.DataFrame) -> str:
    """Tables of one rule: every model, the one that led at each origin, and that one beside each baseline."""
    import pandas as pd

    figures = ["caught", "total", "best", "area_share"]
    key = ["crime", "horizon", "model", "origin_day", "end_day"]
    # Mean over the grids first: an origin is one piece of evidence however it is gridded.
    pooled = captures.groupby(key, sort=False)[figures].mean().reset_index()
    judged = pooled[pooled["origin_day"] >= _day(FIRST_ORIGIN)]
    judged = pd.concat([judged, _published(pooled, judged)], ignore_index=True)
    return "\n\n".join(draw(judged, figure) for draw in (_table, _beside_each) for figure in ("pai", "pei"))


def _published(pooled: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Rows of the model that had caught most of the same crime by each origin, all horizons together."""
    import pandas as pd

    from ml.risk.compare import leader_so_far

    parts = []
    for crime, own in judged.groupby("crime", sort=False):
        days = sorted(own["origin_day"].unique())
        leaders = dict(
            zip(days, leader_so_far(pooled[pooled["crime"] == crime], CANDIDATES, days), strict=True)
        )
        parts.append(own[own["model"] == own["origin_day"].map(leaders)].assign(model=PUBLISHED))
    return pd.concat(parts)


def _table(judged: pd.DataFrame, figure: str) -> str:
    rows, gaps, clear_of_mixture = [], [], 0
    digits = _digits(figure)
    shown = (*BASELINES, "self_exciting_730", "average", "mixture", PUBLISHED)
    for (crime, horizon), own in judged.groupby(["crime", "horizon"], sort=False):
        by_model = {str(name): part for name, part in own.groupby("model")}
        means = {name: _figure(part, figure) for name, part in by_model.items()}
        best = max(BASELINES, key=lambda name: means[name])
        length = HORIZONS[str(horizon)]
        gap, mixed = (_gap(by_model[one], by_model[best], figure, length) for one in (PUBLISHED, "mixture"))
        gaps.append(gap)
        clear_of_mixture += mixed.is_clear and mixed.value > 0
        champion = "mixture" if mixed.is_clear and mixed.value > 0 else LABELS[best]
        cells = [f"{means[name]:.{digits}f}" for name in shown]
        count = str(own["origin_day"].nunique())
        rows.append(
            [f"{crime}, {horizon}", count, *cells, signed(gap, digits), signed(mixed, digits), champion]
        )
    header = [figure.upper(), "origins", *LABELS.values(), "self-exciting", "average", "mixture", PUBLISHED]
    header += ["leader less best", "mixture less best", "champion"]
    equal, above = sum(gap.value > -1e-9 for gap in gaps), sum(gap.value > 1e-9 for gap in gaps)
    note = (
        f"The leader is at least equal to the best baseline in {equal} of {len(rows)} rows and above it in "
    )
    return table(header, rows) + f"\n\n{note}{above}; the mixture is clearly above it in {clear_of_mixture}."


def _beside_each(judged: pd.DataFrame, figure: str) -> str:
    """What was published less each of the baselines, paired over origins."""
    rows, clear = [], dict.fromkeys(("above", "below"), 0)
    for (crime, horizon), own in judged.groupby(["crime", "horizon"], sort=False):
        by_model = {str(name): part for name, part in own.groupby("model")}
        length = HORIZONS[str(horizon)]
        gaps = [_gap(by_model[PUBLISHED], by_model[name], figure, length) for name in BASELINES]
        clear["above"] += sum(gap.is_clear and gap.value > 0 for gap in gaps)
        clear["below"] += sum(gap.is_clear and gap.value < 0 for gap in gaps)
        rows.append([f"{crime}, {horizon}", *(signed(gap, _digits(figure)) for gap in gaps)])
    header = [f"{figure.upper()}, {PUBLISHED}", *(f"less {name}" for name in LABELS.values())]
    words = ", ".join(f"clearly {side} it in {count}" for side, count in clear.items())
    return table(header, rows) + f"\n\nOf {len(rows) * len(BASELINES)} pairs with a baseline: {words}."


def _digits(figure: str) -> int:
    return 1 if figure == "pai" else 3


def _figure(rows: pd.DataFrame, figure: str) -> float:
    """Pooled over origins: a window without an event has no PAI of its own."""
    share = rows["caught"].sum() / rows["total" if figure == "pai" else "best"].sum()
    return float(share / rows["area_share"].iloc[0] if figure == "pai" else share)


def _gap(ours: pd.DataFrame, theirs: pd.DataFrame, figure: str, horizon: int) -> Difference:
    from ml.risk.compare import Difference, ratio_difference

    whole = ours["total" if figure == "pai" else "best"].to_numpy(float)
    caught, other = ours["caught"].to_numpy(float), theirs["caught"].to_numpy(float)
    gap = ratio_difference(caught, other, whole, block=-(-horizon // STEP_DAYS))
    scale = 1 / float(ours["area_share"].iloc[0]) if figure == "pai" else 1.0
    return Difference(gap.value * scale, gap.lower * scale, gap.upper * scale)
