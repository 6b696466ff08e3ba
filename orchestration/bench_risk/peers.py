"""Packages that anybody can install, on the same cells and months: predspot, and PySAL's esda and pointpats.

They live in an environment of their own, since predspot and pandas of this project need not agree. Each
forecast is made in a process of that environment, from counts by cell and month before the origin.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.bench_risk.markdown import signed, table
from orchestration.bench_risk.police import (
    BASELINE,
    DAY_ZERO,
    FEWEST_CELLS,
    SHORTEST,
    STRETCHES,
    models,
    read_histories,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from ml.risk.cells import Floats
    from ml.risk.history import History
    from ml.risk.model import Rate

SCRIPT = Path(__file__).with_name("peer_forecasts.py")
PEERS = ("predspot", "predspot, counts", "Gi* (esda)")
OURS = ("naive", BASELINE, "kernel", "empirical_bayes_365", "mixture_learners")


class PeerFailed(RuntimeError):
    """The peer's environment gave no answer."""


@dataclass
class Peer:
    """A peer's forecast, made by its own Python, as a model of the backtest.

    Parameters
    ----------
    name : str
        One of the methods of ``peer_forecasts.py``.
    python : Path
        Interpreter of the environment in which the peer is installed.
    script : Path
        What it runs.
    """

    name: str
    python: Path
    script: Path = SCRIPT
    seconds: list[float] = field(default_factory=list)

    def fit(self, history: History) -> Rate:
        """Ask for the month after the history; densities become counts of the last year's level."""
        import numpy as np

        from ml.risk.model import Rate

        counts = history.table()
        xy = history.cells.xy
        started = time.perf_counter()
        answer = ask(
            self.python,
            self.name,
            {"counts": counts, "xy": xy, "lonlat": to_degrees(xy), "months": months_of(history.bounds)},
            self.script,
        )
        self.seconds.append(time.perf_counter() - started)
        # Gi* is a score and may be below zero; only its order means anything.
        ranked = answer - min(answer.min(), 0.0)
        level = counts[-12:].sum(axis=1).mean() / ranked.sum() if ranked.sum() > 0 else 0.0
        month = float(np.diff(history.bounds)[-1])
        return Rate(history.end, ranked * level / month)


def ask(python: Path, method: str, known: Mapping[str, npt.ArrayLike], script: Path = SCRIPT) -> Floats:
    """Have a method of the peer's environment answer from these arrays.

    Raises
    ------
    PeerFailed
        The process ended with an error; the message holds the end of what it said.
    """
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "given.npz", Path(folder) / "answer.npy"
        arrays: dict[str, Any] = {name: np.asarray(values) for name, values in known.items()}
        np.savez(given, **arrays)
        command = [str(python), str(script), method, str(given), str(answer)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerFailed(f"{python}: {method} gave no answer: {done.stderr[-500:]}")
        return np.asarray(np.load(answer), dtype=np.float64)


def to_degrees(xy: Floats) -> Floats:
    """Longitude and latitude of points on the National Grid, shape (n, 2)."""
    import numpy as np
    from pyproj import Transformer

    return np.column_stack(Transformer.from_crs(27700, 4326, always_xy=True).transform(*xy.T))


def months_of(bounds: Floats) -> npt.NDArray[np.datetime64]:
    """First day of each month whose bounds are days since `DAY_ZERO`."""
    import numpy as np

    return np.datetime64(DAY_ZERO) + bounds[:-1].astype("timedelta64[D]")


def report(folder: Path, python: Path, most: int | None = None) -> str:
    """Markdown: captures of every peer beside counting and the project's models, by force; and Knox."""
    parts = []
    for stretch in STRETCHES:
        counts, _, note = read_histories(folder, stretch)
        if counts.cells.count < FEWEST_CELLS:
            continue
        parts.append(f"**{stretch.force}, {stretch.first} to {stretch.last}.** {note}.\n")
        parts.append(_section(counts, python, most) + "\n")
    return "\n".join([*parts, _knox(folder / "nij_portland", python)])


def _section(history: History, python: Path, most: int | None) -> str:
    from ml.risk.backtest import AREA_SHARES, backtest, every_origin

    windows = every_origin(history, shortest=SHORTEST)[:most]
    peers = [Peer(name, python) for name in PEERS]
    own = [model for model in models(history) if model.name in OURS]
    scores, captures = backtest(history, [*own, *peers], windows)
    wide = {
        share: captures[captures["area_share"] == share].pivot(
            index="origin_day", columns="model", values="hit_rate"
        )
        for share in AREA_SHARES
    }
    errors = scores.groupby("model", sort=False)["mean_absolute_error"].mean()
    seconds = {peer.name: f"{sum(peer.seconds) / len(peer.seconds):.1f}" for peer in peers}
    rows = [
        [
            name,
            *(f"{wide[share][name].mean():.3f}" for share in AREA_SHARES),
            *(_gap(wide[share], name) for share in (0.05, 0.10)),
            "–" if name == "Gi* (esda)" else f"{errors[name]:.3f}",
            seconds.get(name, "–"),
        ]
        for name in errors.index
    ]
    header = ["model", *(f"{share:.0%} of areas" for share in AREA_SHARES)]
    header += [f"less {BASELINE}, 5%", "10%", "MAE", "seconds a forecast"]
    return f"{len(windows)} origins.\n\n" + table(header, rows)


def _gap(captured: pd.DataFrame, name: str) -> str:
    from ml.risk.compare import difference

    if name == BASELINE:
        return "–"
    return signed(difference(captured[name].to_numpy(float), captured[BASELINE].to_numpy(float)))


def _knox(folder: Path, python: Path) -> str:
    """The same test of near repeats by both, on Portland's burglaries."""
    from ml.spatial.knox import knox_test
    from orchestration.bench_risk.nij import read_events

    events, _ = read_events(folder, "burglary")
    xy, days = events[["x_coordina", "y_coordina"]].to_numpy(float), events["day"].to_numpy(int)
    started = time.perf_counter()
    ours = knox_test(xy[:, 0], xy[:, 1], days, distance_m=1000.0, interval=14, permutations=99, seed=0)
    between = time.perf_counter()
    theirs = ask(python, "Knox (pointpats)", {"xy": xy, "days": days.astype(float)})
    ended = time.perf_counter()
    both = [
        f"{name} {pairs:,.0f} pairs, p {p_value:.2f}, {seconds:.2f} s"
        for name, pairs, p_value, seconds in (
            ("ours", ours.close_pair_count, ours.p_value, between - started),
            ("pointpats with its imports", theirs[0], theirs[1], ended - between),
        )
    ]
    what = f"{len(events):,} burglaries of Portland, 1,000 ft, 14 days, 99 permutations"
    return f"**Near repeats.** {what}: {'; '.join(both)}."
