"""Measures forecasts: errors by set of ETS forms, time of a national tree, and coverage by chance."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import click
import duckdb
import numpy as np
import pandas as pd

from ml.common.contracts_forecast import COVERAGE_BANDS
from ml.common.crime_groups import group_by_type
from ml.common.intervals import effective_count
from ml.common.threads import one_thread
from ml.forecast import fit_all, hierarchy_series
from ml.forecast.backtest import backtest, histories_at_origins
from ml.forecast.conformal import with_adjusted_bounds
from ml.forecast.coverage import coverage_finding
from ml.forecast.ets_forms import FORMS
from ml.forecast.models import History, plan_for, with_smoothing
from ml.forecast.scores import score
from ml.forecast.series import last_contiguous_stretch
from orchestration.bench_risk.markdown import table
from orchestration.defs.ml.forecast import COUNT_TABLES, FORECAST_CELLS, HARM_TABLES

#: Before straight trends and relative errors with additive seasons were added.
EIGHT = tuple(
    form for form in FORMS if form.is_damped == form.has_trend and form.season in (None, form.error)
)
SETS = {"8": EIGHT, "15": FORMS}
_FORCES = ("avon-and-somerset", "bedfordshire", "city-of-london")
#: The file of Oakland goes on to 8 January 2012, which is no whole month.
_OAKLAND_LAST_WHOLE = "2011-12"
_SEATTLE_YEARS = ((2010, 2014), (2014, 2018), (2019, 2023))
_NATIONAL_FORCES, _NATIONAL_DISTRICTS = 43, 330
_SEED = 20261126
_ACCURACY = (
    "series",
    "forms",
    "histories",
    "seconds",
    "MASE",
    "pinball loss",
    "coverage 80%",
    "95%",
    "chosen how often",
)
_FOUND = (
    "series",
    "level",
    "judged",
    "below",
    "above",
    "beyond chance",
    "widened of those judged",
    "of those published",
)
_CHANCE = ("errors of a month", "months", "level", "outside the band", "beyond chance")
_CHANCE_SERIES = 4_000
_TIME = ("months", "series", "histories", "ETS, s", "all, s")


def police_series(folder: Path) -> Iterator[tuple[str, pd.Series]]:
    """Records of each force and of each of its crime types by month, in stretches of two years and more."""
    for force in _FORCES:
        files = str(folder / "police" / "archive" / "*" / f"*-{force}-street.csv.gz")
        rows = duckdb.execute(
            """
            select "Crime type" as crime_type, strptime("Month", '%Y-%m') as month, count(*) as crime_count
            from read_csv(?, header = true, all_varchar = true, union_by_name = true)
            group by all order by all
            """,
            [files],
        ).df()
        by_type = rows.pivot_table(index="month", columns="crime_type", values="crime_count", fill_value=0)
        by_type["all"] = by_type.sum(axis=1)
        for end in ("2020-12", "2025-12"):
            for name, months in by_type.items():
                yield f"{force} {name} to {end}", months[months.index <= pd.Timestamp(end)]


def american_series(folder: Path) -> Iterator[tuple[str, pd.Series]]:
    """Whole months of crimes and calls of American cities, by quarter of the city or by five years."""
    for crime in ("burglary", "theft_of_auto"):
        path = folder / "nij_portland" / f"{crime}_2012-03_to_2017-02.csv"
        events = pd.read_csv(path, usecols=["occ_date", "x_coordina", "y_coordina"])
        yield f"Portland {crime}", _counts(events["occ_date"])
        east, north = (events[name] > events[name].median() for name in ("x_coordina", "y_coordina"))
        for quarter, part in events.groupby([east, north]):
            yield f"Portland {crime} {quarter}", _counts(part["occ_date"])
    for place in ("mad_beach", "madrona", "db"):
        calls = pd.read_csv(folder / "cad_seattle" / f"potential_{place}_calls_2010-2023.csv")
        dates = pd.to_datetime(calls["Incident.Date"])
        for first, last in _SEATTLE_YEARS:
            within = dates[dates.dt.year.between(first, last)]
            yield f"Seattle {place} {first}", _counts(within, (f"{first}-01", f"{last}-12"))
    drugs = pd.read_csv(folder / "oakland_lum_isaac" / "drug_crimes_with_bins.csv")
    by_month = _counts(pd.to_datetime(drugs["OCCURRED"], format="%m/%d/%y"))
    yield "Oakland drugs", by_month.truncate(after=_OAKLAND_LAST_WHOLE)
    robberies = pd.read_csv(folder / "hartford_robberies" / "hartford_robberies.csv")
    yield "Hartford robberies", _counts(robberies["date"])


def demo_series(warehouse: Path, measure: str) -> Iterator[tuple[str, pd.Series]]:
    """Every series of a built warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        monthly = hierarchy_series(connection.execute(FORECAST_CELLS).df())
    for series, part in monthly.groupby("series"):
        yield str(series), part.set_index("month")[measure]


def national_tree(months: int) -> pd.DataFrame:
    """Make the tree of a country from a seed: a season, a walk and Poisson noise in each cell."""
    random = np.random.default_rng(_SEED)
    index = pd.date_range("2021-01-01", periods=months, freq="MS")
    wave = 1 + 0.15 * np.sin(2 * np.pi * np.arange(months) / 12)
    crime_types = sorted(group_by_type())
    size = random.lognormal(4, 1, (_NATIONAL_DISTRICTS, len(crime_types), 1))
    walk = np.exp(random.normal(0, 0.02, (*size.shape[:2], months)).cumsum(axis=-1))
    counts = random.poisson(size * walk * wave).reshape(-1, months)
    districts = np.repeat(np.arange(_NATIONAL_DISTRICTS), len(crime_types))
    cells = pd.DataFrame(counts, columns=index)
    cells["force_slug"] = [f"force-{place % _NATIONAL_FORCES:02}" for place in districts]
    cells["district_code"] = [f"E{place:08}" for place in districts]
    cells["crime_type"] = crime_types * _NATIONAL_DISTRICTS
    keys = ["force_slug", "district_code", "crime_type"]
    long = cells.melt(keys, var_name="crime_month", value_name="crime_count")
    return hierarchy_series(long.assign(harm_days=long["crime_count"].astype(float)))


def accuracy(series: Iterator[tuple[str, pd.Series]]) -> Iterator[list[str]]:
    """Judge each set of forms on the same origins of the same series, and count what it chose."""
    known = [list(one) for one in _long_histories(series)]
    for name, forms in SETS.items():
        started = time.perf_counter()
        fitted = with_smoothing(known, forms)
        seconds = time.perf_counter() - started
        scores = pd.concat([_score(one) for one in fitted])
        shown = ("mase", "scaled_pinball_loss", "coverage_80_share", "coverage_95_share")
        # The last history of each is the whole series, which is no origin.
        labels = Counter(one.smoothing.label for own in fitted for one in own[:-1] if one.smoothing)
        yield [
            name,
            f"{sum(map(len, known)):,}",
            f"{seconds:.1f}",
            *(f"{scores[column].mean():.3f}" for column in shown),
            ", ".join(f"{label[4:-1]} {count}" for label, count in labels.most_common()),
        ]


def findings(forecast: pd.DataFrame, scores: pd.DataFrame) -> Iterator[list[str]]:
    """Count what is found of the champions' adjusted intervals, and how many were widened."""
    champions = scores[scores["is_champion"].astype(bool)]
    for level in COVERAGE_BANDS:
        found = champions[f"adjusted_coverage_{level}_finding"].dropna().astype(str)
        sides = ("below", "above", ".*_beyond_chance")
        factors = forecast[f"interval_factor_{level}"].dropna()
        yield [
            f"{level}%",
            str(len(found)),
            *(str(found.str.match(side).sum()) for side in sides),
            f"{champions[f'adjusted_{level}_share'].mean():.3f}",
            f"{factors.gt(1).mean():.3f}",
        ]


def coverage_by_chance(months: int) -> Iterator[list[str]]:
    """Count what is found of intervals that are right, in series with so many origins."""
    origin, forecast = np.array(
        [(one, other) for one in range(months) for other in range(one + 1, min(one + 12, months) + 1)]
    ).T
    worth = effective_count(np.bincount(forecast))
    random = np.random.default_rng(_SEED)
    noise = random.normal(size=(_CHANCE_SERIES, months + 1))
    walk = noise.cumsum(axis=1)
    persistent = noise.copy()
    for month in range(1, months + 1):
        persistent[:, month] = 0.7 * persistent[:, month - 1] + np.sqrt(1 - 0.7**2) * noise[:, month]
    kinds = {
        "on their own": noise[:, forecast],
        "autoregressive (0.7)": persistent[:, forecast],
        "a random walk since the origin": (walk[:, forecast] - walk[:, origin]) / np.sqrt(forecast - origin),
    }
    for kind, errors in kinds.items():
        for level in (80, 95):
            # What holds of normal errors, each over its own standard deviation.
            shares = np.mean(np.abs(errors) <= NormalDist().inv_cdf(0.5 + level / 200), axis=1)
            found = pd.Series([coverage_finding(share, worth, level) for share in shares])
            outside, beyond = (found != "near").mean(), found.str.endswith("_beyond_chance").mean()
            yield [kind, str(months), f"{level}%", f"{outside:.2f}", f"{beyond:.3f}"]


def _counts(dates: pd.Series, ends: tuple[str, str] | None = None) -> pd.Series:
    """Events by month, with 0 where there are none."""
    months = pd.PeriodIndex(pd.to_datetime(dates), freq="M")
    first, last = ends or (str(months.min()), str(months.max()))
    counts = pd.Series(1.0, index=months).groupby(level=0).sum()
    filled = pd.period_range(first, last, freq="M")
    return counts.reindex(filled, fill_value=0.0).set_axis(filled.to_timestamp())


def _long_histories(series: Iterator[tuple[str, pd.Series]]) -> Iterator[list[History]]:
    for _, months in series:
        stretch = last_contiguous_stretch(pd.Series(months.index), months)
        plan = plan_for(len(stretch.values))
        if "ets" in plan.models:
            yield histories_at_origins(stretch.months, stretch.values, plan)


def _score(histories: Sequence[History]) -> pd.DataFrame:
    plan = replace(plan_for(len(histories[-1].values)), models=("ets",))
    rows = backtest(histories, plan)
    return score(with_adjusted_bounds(rows)) if len(rows) else pd.DataFrame()


def _found(data: Path | None, warehouse: Path | None) -> Iterator[list[str]]:
    """Findings of real series, each forecast on its own, and of what a warehouse holds."""
    real = {} if data is None else {"police": police_series(data), "American cities": american_series(data)}
    for name, series in real.items():
        frames = [
            pd.DataFrame({"series": one, "month": months.index, "crime_count": months.to_numpy()})
            for one, months in series
        ]
        fitted = fit_all(pd.concat(frames), measure="crime_count")
        yield from ([name, *row] for row in findings(fitted.forecast, fitted.scores))
    if warehouse is not None:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            for forecast, _, scores in (COUNT_TABLES, HARM_TABLES):
                tables = (connection.table(one).df() for one in (forecast, scores))
                yield from ([forecast, *row] for row in findings(*tables))


def _national_row(months: int) -> list[str]:
    """Seconds of a national tree: the fits of ETS alone, and everything."""
    monthly = national_tree(months)
    series = ((str(name), part.set_index("month")["crime_count"]) for name, part in monthly.groupby("series"))
    known = list(_long_histories(series))
    started = time.perf_counter()
    with_smoothing(known)
    fitted = time.perf_counter()
    fit_all(monthly, measure="crime_count")
    seconds = fitted - started, time.perf_counter() - fitted
    histories = sum(map(len, known))
    return [str(months), str(len(known)), f"{histories:,}", *(f"{one:.0f}" for one in seconds)]


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="Folder of real data.")
@click.option("--warehouse", type=click.Path(path_type=Path, exists=True), help="A built warehouse.")
@click.option("--months", type=int, multiple=True, help="Months of a national tree; may be repeated.")
@click.option("--origins", type=int, multiple=True, help="Origins of coverage by chance; may be repeated.")
def main(
    data: Path | None, warehouse: Path | None, months: tuple[int, ...], origins: tuple[int, ...]
) -> None:
    """Print tables of what is given: errors and findings on real and a warehouse's series, time, chance."""
    sources: dict[str, Iterator[tuple[str, pd.Series]]] = {}
    if data is not None:
        sources |= {"police": police_series(data), "American cities": american_series(data)}
    if warehouse is not None:
        sources |= {measure: demo_series(warehouse, measure) for measure in ("crime_count", "harm_days")}
    with one_thread("scipy.linalg"):
        rows = [[name, *row] for name, series in sources.items() for row in accuracy(series)]
        if rows:
            click.echo(table(_ACCURACY, rows))
            click.echo(table(_FOUND, _found(data, warehouse)))
        if months:
            click.echo(table(_TIME, [_national_row(count) for count in months]))
    if origins:
        click.echo(table(_CHANCE, [row for count in origins for row in coverage_by_chance(count)]))


if __name__ == "__main__":
    main()
