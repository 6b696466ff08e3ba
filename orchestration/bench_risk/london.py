"""What the published risk tables cost at four sizes, up to London's, and the full set of models there."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import table
from orchestration.environment import PROJECT_ROOT

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.candidates import ModelSet
    from ml.risk.study import Stretch, Study

SEED = 20210321
MONTHS = 36
#: Neighbourhoods of a side. London has 4,994 on 1,572 km2, and 3.4 million records in three years.
SIDES = (16, 32, 50, 71)
_EDGE_M = 561.0
_RECORDS_A_LSOA = 681
_POINTS_A_LSOA = 20
_WEST_M, _SOUTH_M = 503_000.0, 155_000.0
_SCHEME = "seed_article"
_DOMAINS = ("income", "employment", "education", "health", "housing", "environment")
_FULL_HEADER = ("model", "neighbourhoods, s", "cells, s")
_HEADER = ("neighbourhoods", "cells", "records", "fit and forecast, s", "whole, s", "peak MiB")


def make_lsoas(side: int) -> pd.DataFrame:
    """Square neighbourhoods of London's mean size, in the shape that the risk assets read them in."""
    import numpy as np
    import pandas as pd
    import shapely

    random = np.random.default_rng(SEED)
    count = side * side
    column, row = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    west, south = _WEST_M + column * _EDGE_M, _SOUTH_M + row * _EDGE_M
    frame = pd.DataFrame(
        {
            "lsoa_code": [f"E{1_000_000 + place:08d}" for place in range(count)],
            "force_slug": "metropolitan",
            "easting_m": west + _EDGE_M / 2,
            "northing_m": south + _EDGE_M / 2,
            "area_km2": _EDGE_M**2 / 1e6,
            "population_count": random.integers(1_000, 3_000, count),
            "geometry_wkb": shapely.to_wkb(shapely.box(west, south, west + _EDGE_M, south + _EDGE_M)),
        }
    )
    return frame.assign(**{f"{name}_score": random.uniform(0, 80, count) for name in _DOMAINS})


def make_records(lsoas: pd.DataFrame, months: int = MONTHS) -> pd.DataFrame:
    """Records of uneven neighbourhoods on uneven snap points, summed as the risk assets' query sums them."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(SEED + 1)
    weights = pd.read_csv(PROJECT_ROOT / "dbt_project" / "seeds" / "harm_weights.csv")
    days = weights[weights["scheme"] == _SCHEME].set_index("category")["days"]
    count = round(len(lsoas) * _RECORDS_A_LSOA * months / MONTHS)
    risk = random.gamma(1.5, size=(len(lsoas), 1)) * random.gamma(0.5, size=(len(lsoas), _POINTS_A_LSOA))
    place = random.choice(risk.size, size=count, p=risk.ravel() / risk.sum())
    lsoa = place // _POINTS_A_LSOA
    points = random.uniform(-_EDGE_M / 2, _EDGE_M / 2, (risk.size, 2))
    corners = [
        np.floor((lsoas[axis].to_numpy()[lsoa] + points[place, side]) / 250).astype(np.int64)
        for side, axis in enumerate(("easting_m", "northing_m"))
    ]
    season = 1 + 0.15 * np.sin(2 * np.pi * np.arange(months) / 12)
    month = random.choice(months, size=count, p=season / season.sum())
    share = random.dirichlet(np.full(len(days), 1.5))
    kind = random.choice(len(days), size=count, p=share)
    keys, counts = np.unique(np.column_stack([lsoa, *corners, month, kind]), axis=0, return_counts=True)
    first = np.datetime64("2026-01") - months
    return pd.DataFrame(
        {
            "lsoa_code": lsoas["lsoa_code"].to_numpy()[keys[:, 0]],
            "cell_easting_m": keys[:, 1] * 250.0,
            "cell_northing_m": keys[:, 2] * 250.0,
            "crime_month": (first + keys[:, 3]).astype("datetime64[s]"),
            "crime_type": days.index.to_numpy()[keys[:, 4]],
            "crime_count": counts,
            "harm_days": counts * days.to_numpy(float)[keys[:, 4]],
        }
    )


def one(side: int, months: int = MONTHS, models: ModelSet = "light") -> str:
    """Return the cells of a row: sizes, seconds and the peak of this process, its data included."""
    from ml.common.threads import one_thread
    from ml.risk.published import publish_risk

    lsoas, records, stretch = _made(side, months)
    with one_thread():
        started = time.monotonic()
        published = publish_risk(
            records, lsoas, stretch, models=models, version="benchmark", harm_scheme=_SCHEME
        )
        whole = time.monotonic() - started
        fitted = sum(sum(_fit_and_forecast(study, models).values()) for study in published.studies.values())
    cells = published.studies["grid"].cells.count
    total = int(records["crime_count"].sum())
    return f"{len(lsoas):,} {cells:,} {total:,} {fitted:.1f} {whole:.1f} {_peak_mib():,.0f}"


def backtested(side: int = SIDES[-1], months: int = MONTHS) -> str:
    """Markdown table of one row: the full set at London's size with its 24 origins."""
    return table(_HEADER, [one(side, months, "full").split()])


def report() -> str:
    """Markdown table, each size in a process of its own."""
    rows = []
    for side in SIDES:
        command = [sys.executable, "-m", "orchestration.bench_risk", "london-one", str(side)]
        rows.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    return table(_HEADER, rows)


def full(side: int = SIDES[-1], months: int = MONTHS) -> str:
    """Markdown table of the full set: seconds of each model, fitted once to each crime group, and the peak.

    A model that others are parts of is fitted before them, and not counted twice.
    """
    from ml.common.threads import one_thread
    from ml.risk.study import grid_study, lsoa_study

    lsoas, records, stretch = _made(side, months)
    with one_thread():
        started, spent = time.monotonic(), time.process_time()
        studies = [study(records, lsoas, stretch.months) for study in (lsoa_study, grid_study)]
        seconds = [_fit_and_forecast(study, "full") for study in studies]
        whole, spent = time.monotonic() - started, time.process_time() - spent
    rows = [[name, *(f"{each[name]:.1f}" for each in seconds)] for name in seconds[0]]
    rows.append(["all", *(f"{sum(each.values()):.1f}" for each in seconds)])
    total = records["crime_count"].sum()
    return (
        f"{table(_FULL_HEADER, rows)}\n\n{len(lsoas):,} neighbourhoods, {studies[1].cells.count:,} cells, "
        f"{total:,} records: {whole:.0f} s in all with the laying out of areas and histories, "
        f"{spent:.0f} s of processor time, peak {_peak_mib():,.0f} MiB."
    )


def _made(side: int, months: int) -> tuple[pd.DataFrame, pd.DataFrame, Stretch]:
    from ml.risk.study import Stretch

    lsoas = make_lsoas(side)
    records = make_records(lsoas, months)
    held = records["crime_month"].drop_duplicates().sort_values().to_numpy().astype("datetime64[M]")
    return lsoas, records, Stretch(("london",), held, {}, 0)


def _peak_mib() -> float:
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) / 1024


def _fit_and_forecast(study: Study, models: ModelSet) -> dict[str, float]:
    """Seconds in which each candidate is fitted to every crime group of a kind of area, and forecasts."""
    from ml.risk.candidates import candidates
    from ml.risk.level import levels_of

    seconds: dict[str, float] = {}
    levels = levels_of(study.counts)
    for group, history in study.counts.items():
        for model in candidates(study.area_kind, models, levels[group]):
            started = time.monotonic()
            model.fit(history).predict(study.until)
            seconds[model.name] = seconds.get(model.name, 0.0) + time.monotonic() - started
    return seconds
