"""Lists quarantined rows, and judges landed bytes again to release rows that no longer break a rule.

Settings come from ``CRIMEHARM_*`` variables, as for a run; nothing is fetched and nothing is published.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import click

from data_quality.files import SUPERSEDED
from data_quality.promotion import ROWS_FILE
from data_quality.schemas import VALIDATED_SCHEMAS
from data_quality.verdicts import Verdict, VerdictError, read_verdict
from orchestration.environment import SettingsError, read_settings
from orchestration.gating import decisions_of, gate_police, gate_reference
from orchestration.landing import POLICE_KINDS
from orchestration.paths import DataPaths
from orchestration.provenance import PROVENANCE_FILE
from orchestration.sources.types import Partition

_COLUMNS = ("dataset", "month", "force", "source_file", "source_row", "rule", "value", "reason")


@dataclass(frozen=True)
class Selection:
    """Which datasets, months, forces and rules are asked for; none asks for all.

    Parameters
    ----------
    dataset, month, force
        The partition.
    rule
        First rule that a row broke.
    """

    dataset: str | None = None
    month: str | None = None
    force: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Released:
    """What judging again changed for one partition, or dataset that comes whole.

    Parameters
    ----------
    before, after
        Its verdicts; before is none when there was no readable one.
    """

    before: Verdict | None
    after: Verdict

    @property
    def line(self) -> str:
        """The change in one line."""
        before, after = self.before, self.after
        validated = before.record_count_validated if before else 0
        quarantined = before.record_count_quarantined if before else 0
        return (
            f"{after.dataset} {after.partition_label}: {before.status if before else 'not judged'} -> "
            f"{after.status}; {after.record_count_landed:,} landed, validated {validated:,} -> "
            f"{after.record_count_validated:,}, quarantined {quarantined:,} -> "
            f"{after.record_count_quarantined:,}"
        )


def list_rows(paths: DataPaths, selection: Selection, limit: int) -> list[tuple]:
    """Return quarantined rows by dataset, month, force and place in the file.

    Parameters
    ----------
    paths
        The data folder.
    selection
        Which rows.
    limit
        Most rows to return.

    Returns
    -------
    list of tuple
        Dataset, month, force, source file, source row, rule, value and reason of each.
    """
    files = [
        str(path)
        for path in sorted(paths.quarantine_root.rglob(ROWS_FILE))
        if SUPERSEDED not in path.relative_to(paths.quarantine_root).parts
    ]
    if not files:
        return []
    import duckdb

    query = f"""
        select {", ".join(f'"{name}"' for name in _COLUMNS)}
        from read_parquet($files, hive_partitioning = false, union_by_name = true)
        where coalesce(dataset = $dataset, $dataset is null) and coalesce("month" = $month, $month is null)
            and coalesce("force" = $force, $force is null) and coalesce(rule = $rule, $rule is null)
        order by dataset, "month", "force", source_file, source_row
        limit $limit
    """
    with duckdb.connect() as connection:
        return connection.execute(query, vars(selection) | {"files": files, "limit": limit}).fetchall()


def release(paths: DataPaths, selection: Selection) -> Iterator[Released]:
    """Judge again whatever is landed and no longer has a verdict that binds.

    Rows that a changed suite, a correction or a waiver no longer rejects move to ``validated``; those that it
    newly rejects move to quarantine. What has a verdict that binds is left as it is.

    Parameters
    ----------
    paths
        The data folder.
    selection
        Which partitions; a rule is not looked at.

    Yields
    ------
    Released
        One for each partition whose verdict has changed, in order of dataset, month and force.
    """
    for dataset, partition in _landed(paths, selection):
        before = _verdict(paths, dataset, partition)
        if partition is None:
            after = gate_reference(dataset, paths)
        else:
            (after,) = gate_police(dataset, [partition], paths, workers=1)
        if after != before:
            yield Released(before, after)


def _landed(paths: DataPaths, selection: Selection) -> Iterator[tuple[str, Partition | None]]:
    wanted = (selection.dataset, selection.month, selection.force)
    for path in sorted(paths.landing_root.rglob(PROVENANCE_FILE)):
        dataset, *parts = path.parent.relative_to(paths.landing_root).parts
        if SUPERSEDED in parts:
            continue
        named = dict(part.partition("=")[::2] for part in parts)
        month, force = named.get("month"), named.get("force")
        place = (dataset, month, force)
        if any(asked not in (None, part) for asked, part in zip(wanted, place, strict=True)):
            continue
        if dataset in POLICE_KINDS and month and force:
            yield dataset, Partition(month, force)
        elif not parts:
            yield dataset, None


def _verdict(paths: DataPaths, dataset: str, partition: Partition | None) -> Verdict | None:
    try:
        return read_verdict(paths.validated(dataset, partition))
    except VerdictError:
        return None


def _paths() -> DataPaths:
    try:
        settings = read_settings()
        paths = DataPaths(settings.data)
        paths.check_profile(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return paths


@click.group()
@click.option("--dataset", help="Such as police_street.")
@click.option("--month", help="YYYY-MM.")
@click.option("--force", help="The force's id in the archive.")
@click.option("--rule", help="First rule that the rows broke; for list alone.")
@click.pass_context
def main(
    context: click.Context, dataset: str | None, month: str | None, force: str | None, rule: str | None
) -> None:
    """Look into the quarantine, and release what a new suite, a correction or a waiver lets pass."""
    if dataset and dataset not in VALIDATED_SCHEMAS:
        near = get_close_matches(dataset, VALIDATED_SCHEMAS, n=3) or sorted(VALIDATED_SCHEMAS)
        raise click.ClickException(
            f"there is no dataset {dataset!r}: DATASET= takes one of {', '.join(near)}"
        )
    context.obj = Selection(dataset or None, month or None, force or None, rule or None)


@main.command("list")
@click.option("--limit", default=50, show_default=True, help="Most rows to show.")
@click.pass_obj
def list_command(selection: Selection, limit: int) -> None:
    """Show quarantined rows with rule, value and place in the landed file."""
    rows = list_rows(_paths(), selection, limit)
    for dataset, month, force, source_file, source_row, rule, value, reason in rows:
        place = f"{dataset} {month or ''} {force or ''}".strip()
        click.echo(f"{place} · {source_file} row {source_row} · {rule} · {value!r} · {reason}")
    click.echo(f"{len(rows)} rows" if len(rows) < limit else f"the first {limit} rows; --limit shows more")


@main.command("release")
@click.pass_obj
def release_command(selection: Selection) -> None:
    """Judge landed bytes again where suite, corrections or waivers have changed."""
    paths = _paths()
    for problem in decisions_of(paths).problems:
        click.secho(problem.text, fg="yellow", err=True)
    released = []
    for one in release(paths, selection):
        released.append(one)
        click.echo(one.line)
        if one.after.status not in ("passed", "absent"):
            click.secho(f"  {one.after.reason}", fg="red", err=True)
    if not released:
        click.echo("Nothing to release: each verdict binds to its bytes, the suite, waivers and corrections.")
        return
    click.echo("The warehouse no longer matches: run the job (make run) to build it and publish.")
    if any(one.after.status not in ("passed", "absent") for one in released):
        sys.exit(1)


if __name__ == "__main__":
    main()
