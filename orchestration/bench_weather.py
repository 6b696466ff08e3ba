"""Measures whether weather would help a monthly forecast of crime, were it known, and with what is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.forecast.regression import rate_ahead
from ml.forecast.series import Stretch, last_contiguous_stretch
from ml.risk.compare import difference
from orchestration.bench_forecast import police_series
from orchestration.bench_risk.markdown import signed, table

#: The nearest station with monthly figures of each force.
STATIONS = {"avon-and-somerset": "cardiff", "bedfordshire": "cambridge", "city-of-london": "heathrow"}
#: Months before the first origin: the regression with both columns has six coefficients.
SHORTEST = 15
#: What is usual for a month of the year is its mean in as many years before.
USUAL_YEARS = 30
#: Under this mean a month of a series is chance.
FEWEST_RECORDS = 20.0
_MEASURES = ("tmax_c", "rain_mm")
_LAGS = {"weather of the month (nobody knows it)": 0, "weather of the month before": 1}
_PLAIN = "no weather"
Floats = npt.NDArray[np.float64]


def read_station(path: Path) -> pd.DataFrame:
    """Read a station's monthly figures as the Met Office publishes them.

    Parameters
    ----------
    path : Path
        Lines of year, month, highest and lowest daily temperature, frost days, rain and sunshine; ``---``
        where unknown, ``*`` after what is estimated.

    Returns
    -------
    DataFrame
        ``tmax_c`` and ``rain_mm`` by first day of the month; NaN where unknown.
    """
    rows = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        parts = line.split()
        if len(parts) >= 6 and re.fullmatch(r"\d{4}", parts[0]) and re.fullmatch(r"\d{1,2}", parts[1]):
            rows[pd.Timestamp(int(parts[0]), int(parts[1]), 1)] = [_number(parts[2]), _number(parts[5])]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_MEASURES)).sort_index()


def unusual(station: pd.DataFrame) -> pd.DataFrame:
    """How far each month lies from the mean of the same month in the thirty years before it."""
    by_month = station.groupby(pd.DatetimeIndex(station.index).month)
    usual = by_month.transform(lambda own: own.shift().rolling(USUAL_YEARS, min_periods=10).mean())
    return station - usual


def errors(stretch: Stretch, weather: pd.DataFrame) -> pd.DataFrame:
    """Absolute error one month ahead at each origin, as a share of the series' mean.

    Parameters
    ----------
    stretch : Stretch
        A series of counts.
    weather : DataFrame
        As `unusual` gives it.

    Returns
    -------
    DataFrame
        A row an origin, by the month forecast; a column for each use of weather, and for none.
    """
    values, months = stretch.values, stretch.months
    days = months.days_in_month.to_numpy(dtype=np.float64)
    columns = {name: weather.shift(lag, freq="MS").reindex(months).to_numpy() for name, lag in _LAGS.items()}
    columns[_PLAIN] = np.zeros((len(values), 0))
    rows = {}
    for count in range(SHORTEST, len(values)):
        until = slice(count + 1)
        told = {
            name: rate_ahead(values[:count], days[:count], months[until], harmonics=1, columns=own[until])
            for name, own in columns.items()
        }
        rows[months[count]] = {
            name: abs(rate * days[count] - values[count]) / float(values.mean())
            for name, rate in told.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[_PLAIN, *_LAGS]).dropna()


def measured(folder: Path) -> pd.DataFrame:
    """Errors of every series of the real police files that has records enough, by series and month."""
    stations = {
        force: unusual(read_station(folder / "weather" / f"metoffice_monthly_{station}.txt"))
        for force, station in STATIONS.items()
    }
    parts = {}
    for name, months in _lasting(police_series(folder)):
        stretch = last_contiguous_stretch(pd.Series(months.index), months)
        if len(stretch.values) > SHORTEST and stretch.values.mean() >= FEWEST_RECORDS:
            key = (name, str(stretch.months[-1]))
            parts[key] = errors(stretch, stations[name.split()[0]])
    return pd.concat(parts, names=["series", "end", "month"]).reset_index()


def report(found: pd.DataFrame) -> str:
    """Markdown: mean errors, and what each use of weather adds; months are drawn with all their series."""
    found = found.assign(force=found["series"].str.split().str[0])
    rows = []
    for force, own in [("all", found), *found.groupby("force")]:
        by_month = own.groupby("month")[[_PLAIN, *_LAGS]].mean()
        plain = by_month[_PLAIN].to_numpy()
        gaps = [signed(difference(by_month[name].to_numpy(), plain)) for name in _LAGS]
        row = [str(force), str(own["series"].nunique()), str(len(by_month)), f"{plain.mean():.3f}"]
        rows.append([*row, *gaps])
    return table(["force", "series", "months", _PLAIN, *_LAGS], rows)


def _lasting(series: Iterator[tuple[str, pd.Series]]) -> Iterator[tuple[str, pd.Series]]:
    """Each stretch once: a force whose files end early has the same months under both ends."""
    seen = set()
    for name, months in series:
        key = (name.rsplit(" to ", 1)[0], months.index.max())
        if len(months) and key not in seen:
            seen.add(key)
            yield key[0], months


def _number(text: str) -> float:
    plain = text.rstrip("*#")
    return float("nan") if plain == "---" else float(plain)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of real data."
)
def main(data: Path) -> None:
    """Print a Markdown table of errors with and without weather."""
    click.echo(report(measured(data)))


if __name__ == "__main__":
    main()
