"""Prints the risk benchmarks' tables, one command each; see docs/benchmarks.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

DATA = click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with the files.",
)
ORIGINS = click.option("--origins", type=click.IntRange(min=1), help="Only the first origins, for a trial.")


@click.group()
def main() -> None:
    """Risk models beside published systems and plain counts."""


@main.command()
@DATA
@ORIGINS
def oakland(data: Path, origins: int | None) -> None:
    """Drug arrests by day, beside PredPol's own forecasts (folder of Lum and Isaac's files)."""
    from orchestration.bench_risk.oakland import report

    _print(report, data, origins)


@main.command()
@DATA
@ORIGINS
def police(data: Path, origins: int | None) -> None:
    """Street files of three forces by LSOA (folder with police/archive, lookups, imd, population)."""
    from orchestration.bench_risk.police import report

    _print(report, data, origins)


@main.command()
@DATA
@ORIGINS
@click.option(
    "--python",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Python of an environment that holds predspot, esda and pointpats.",
)
def peers(data: Path, origins: int | None, python: Path) -> None:
    """Installable packages on the LSOAs and months of the street files (the folder of police)."""
    from orchestration.bench_risk.peers import report

    _print(lambda folder, most: report(folder, python.absolute(), most), data, origins)


@main.command()
@DATA
@ORIGINS
def nij(data: Path, origins: int | None) -> None:
    """Portland burglary and theft of auto by the NIJ challenge's rules (folder with districts/)."""
    from orchestration.bench_risk.nij import report

    _print(report, data, origins)


@main.command()
@DATA
@ORIGINS
def hartford(data: Path, origins: int | None) -> None:
    """Risk terrain of robberies, with relative risk values (folder of GridPred's files)."""
    from orchestration.bench_risk.hartford import report

    _print(report, data, origins)


@main.command()
@DATA
@ORIGINS
def level(data: Path, origins: int | None) -> None:
    """Candidates for the level of maps, on monthly series of American cities (folder of all these)."""
    from orchestration.bench_risk.level import report

    _print(report, data, origins)


@main.command()
def scale() -> None:
    """Seconds and memory at four sizes, up to London's, on made-up events."""
    from orchestration.bench_risk.scale import report

    click.echo(report())


@main.command(hidden=True)
@click.argument("side", type=int)
@click.argument("number", type=int)
def scale_one(side: int, number: int) -> None:
    """One model at one size (a part of the benchmark)."""
    from orchestration.bench_risk.scale import one

    click.echo(one(side, number))


@main.command()
@click.option(
    "--full", "is_full", is_flag=True, help="Fit and forecast of the full set of models, at London's size."
)
@click.option("--backtest", "is_backtested", is_flag=True, help="With --full: its 24 origins, too.")
def london(is_full: bool, is_backtested: bool) -> None:
    """Seconds and memory of the published tables at four sizes, up to London's, on made-up records."""
    from orchestration.bench_risk.london import backtested, full, report

    if is_backtested and not is_full:
        raise click.UsageError("--backtest is for --full: the table of sizes holds the backtest already")
    click.echo(backtested() if is_backtested else full() if is_full else report())


@main.command(hidden=True)
@click.argument("side", type=int)
def london_one(side: int) -> None:
    """One size (a part of the benchmark)."""
    from orchestration.bench_risk.london import one

    click.echo(one(side))


def _print(report: Callable[[Path, int | None], str], data: Path, origins: int | None) -> None:
    started = time.monotonic()
    text = report(data, origins)
    click.echo(f"{text}\n\n{time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main()
