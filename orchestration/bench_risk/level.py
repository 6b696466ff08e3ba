"""How much to expect of a month: candidates for the level of maps, on series of cities' crimes and calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import signed, table

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.cells import Floats
    from ml.risk.compare import Difference
    from ml.risk.history import History

CHOSEN = "combined (published)"
MEAN, SMOOTHED = "mean of twelve", "smoothing"
#: Months before the first that is judged: from then on the regression has a forecast.
SHORTEST = 24
#: Months of a resampled stretch, as in the benchmark of the street files.
BLOCK = 3


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of every candidate in the judged months of one series, as shares of the mean of all its months.

    Parameters
    ----------
    source : str
        Series of one source are of the same events, places or city, and are not independent.
    first : str
        First judged month.
    by_name : dict of str to ndarray, shape (months,)
        Absolute error of each month by candidate.
    """

    source: str
    first: str
    by_name: Mapping[str, Floats]

    @property
    def count(self) -> int:
        """Judged months."""
        return len(self.by_name[CHOSEN])


def report(folder: Path, most: int | None = None) -> str:
    """Markdown: errors over the American series with paired intervals, then those of the City in 2020."""
    from ml.common.threads import one_thread
    from orchestration.bench_forecast import american_series
    from orchestration.bench_risk.police import STRETCHES, read_histories

    city = next(one for one in STRETCHES if one.force == "city-of-london")
    records, _, _ = read_histories(folder, city)
    with one_thread("scipy.linalg"):
        errors = errors_of({name: history_of(months) for name, months in american_series(folder)}, most)
        (of_break,) = errors_of({f"{city.force} {city.first}": records}, most)
    means = ", ".join(f"{name} {own.mean():.3f}" for name, own in of_break.by_name.items())
    return (
        f"{_compared(errors)}\n\n{_by_source(errors)}\n\n"
        f"{city.force}, {of_break.count} months from {of_break.first} on, without an interval: {means}."
    )


def history_of(months: pd.Series) -> History:
    """Amounts by month as a history of one cell."""
    import numpy as np

    from ml.risk.cells import Cells
    from ml.risk.history import make_history

    starts = months.index.to_numpy().astype("datetime64[M]")
    edges = np.append(starts, starts[-1] + 1).astype("datetime64[D]").astype(np.float64)
    middles = (edges[:-1] + edges[1:]) / 2
    cells = Cells(np.zeros((1, 2)), np.ones(1))
    return make_history(cells, np.zeros(len(months), dtype=np.int64), middles, edges, months.to_numpy(float))


def errors_of(histories: Mapping[str, History], most: int | None = None) -> list[Errors]:
    """Errors of each series one month ahead, at every origin from the 24th month on.

    Parameters
    ----------
    histories : dict of str to History
        By name, whose first two words name the source.
    most : int, optional
        Only the first origins.
    """
    import numpy as np

    from ml.risk.counts import PeriodMean
    from ml.risk.level import parts_of

    found = []
    for name, parts in parts_of(histories).items():
        history = histories[name]
        bounds = history.bounds
        year = [PeriodMean(12).fit(history.before(float(end))).per_day.sum() for end in bounds[1:]]
        rates = {
            MEAN: np.array(year),
            SMOOTHED: parts.smoothed,
            "regression": parts.seasonal,
            "mean of the two": (parts.smoothed + parts.seasonal) / 2,
            CHOSEN: parts.rate,
        }
        mean = (np.diff(bounds) * parts.came).mean()
        judged = slice(SHORTEST, None if most is None else SHORTEST + most)
        days, came = np.diff(bounds)[judged], parts.came[judged]
        first = str(np.datetime64(int(bounds[SHORTEST]), "D").astype("datetime64[M]"))
        # The rate after the 24th month tells the 25th.
        before = slice(SHORTEST - 1, SHORTEST - 1 + len(came))
        by_name = {one: days * np.abs(rate[before] - came) / mean for one, rate in rates.items()}
        found.append(Errors(" ".join(name.split()[:2]), first, by_name))
    return found


def paired(errors: Sequence[Errors], name: str, other: str) -> Difference:
    """Mean error of a candidate less that of another, each series weighing the same, with a 95% interval.

    Sources are drawn with replacement, and within each of them stretches of months, the same ones for all of
    its series: quarters of a city add up to the city and miss the same months, so that 21 series drawn one by
    one would be taken for more evidence than they are, and months alone (`ml.risk.compare.difference`) would
    say nothing of other cities. The chance of months is in a source's mean already: drawing them too makes
    intervals err on the wide side, where those of seven sources alone are too narrow.

    Parameters
    ----------
    errors : sequence of Errors
        Of every series.
    name, other : str
        Candidates.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997), Bootstrap Methods and their Application, section 3.8.
    """
    import numpy as np

    from ml.common.intervals import percentile_interval
    from ml.risk.compare import REPLICATES, SEED, Difference, drawn_counts

    # Series of the same source and months are drawn together.
    gaps: dict[tuple[str, str], list[Floats]] = {}
    for one in errors:
        gaps.setdefault((one.source, one.first), []).append(one.by_name[name] - one.by_name[other])
    sizes = [len(own[0]) for own in gaps.values()]
    drawn = np.split(drawn_counts(sum(sizes), block=BLOCK, periods=sizes), np.cumsum(sizes)[:-1], axis=1)
    sources = list(dict.fromkeys(one.source for one in errors))
    sums, counts = np.zeros((REPLICATES, len(sources))), np.zeros(len(sources))
    for (source, _), own, times in zip(gaps, gaps.values(), drawn, strict=True):
        place = sources.index(source)
        sums[:, place] += (times @ np.stack(own).T / len(own[0])).sum(axis=1)
        counts[place] += len(own)
    # A generator of its own, so that sources and months are drawn independently.
    picked = np.random.default_rng(SEED + 1).integers(0, len(sources), (REPLICATES, len(sources)))
    means = np.take_along_axis(sums, picked, axis=1).sum(axis=1) / counts[picked].sum(axis=1)
    value = float(np.mean([own.mean() for series in gaps.values() for own in series]))
    return Difference(value, *percentile_interval(means))


def _compared(errors: Sequence[Errors]) -> str:
    """Each candidate's mean error, and what it has less than others."""
    import numpy as np

    names, others = list(errors[0].by_name), (MEAN, SMOOTHED, CHOSEN)
    rows = []
    for name in names:
        mean = np.mean([one.by_name[name].mean() for one in errors])
        gaps = ["–" if other == name else signed(paired(errors, name, other)) for other in others]
        rows.append([name, f"{mean:.3f}", *gaps])
    months = sum(one.count for one in errors)
    note = f"{len(errors)} series of {len({one.source for one in errors})} sources, {months} months."
    return f"{note}\n\n" + table(["level", "error", *(f"less {other}" for other in others)], rows)


def _by_source(errors: Sequence[Errors]) -> str:
    """Mean errors of each source's series."""
    import numpy as np

    names = list(errors[0].by_name)
    rows = []
    for source in dict.fromkeys(one.source for one in errors):
        own = [one for one in errors if one.source == source]
        means = [np.mean([one.by_name[name].mean() for one in own]) for name in names]
        months = sum(one.count for one in own)
        rows.append([source, str(len(own)), str(months), *(f"{mean:.3f}" for mean in means)])
    return table(["source", "series", "months", *names], rows)
