"""Prints how well call priority is told in San Jose and Seattle; see docs/benchmarks.md."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.bench_priority_places import by_precision, place_scenarios, read_dated_calls
from orchestration.bench_priority_published import (
    calibration_verdict,
    chosen_calibration,
    comparison,
    level_matrices,
    matrices,
)
from orchestration.bench_risk.markdown import table
from orchestration.sources.calls_for_service.files import find_calls
from orchestration.sources.calls_for_service.geocoding import read_centroids
from orchestration.sources.calls_for_service.mapping import load_mapping, mapping_path
from orchestration.sources.calls_for_service.reader import read_calls

if TYPE_CHECKING:
    import pandas as pd

    from ml.priority import Assessment, Scenario

_YEARS = (2022, 2023)
_DANGER = ("accuracy", "precision", "recall", "f1", "roc_auc", "gain", "refit gain", "pr_auc")
_KEPT = ("expected_calibration_error", "calibration_floor", "calibration_floor_upper")
_TRIED = tuple(
    f"validation_{name}" for name in ("roc_auc", "expected_calibration_error", "calibration_floor_upper")
)
_COST = ("cost_threshold", "recall_at_cost", "flagged_share_at_cost", "cost_per_call", "cost gain")
_LEVELS = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "quadratic_kappa",
    "kappa gain",
    "recall_priority_1",
    "roc_auc",
)
#: Whose matrices of the six levels are printed; the asset's table holds all.
_MATRICES = ("look_up", "random_forest")
_GAINS = {
    "gain": "roc_auc",
    "refit gain": "roc_auc",
    "cost gain": "cost_per_call",
    "kappa gain": "quadratic_kappa",
}


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with the agencies' files.",
)
@click.option("--quick", is_flag=True, help="Spend what a pipeline run spends: small models, few draws.")
def main(data: Path, quick: bool) -> None:
    """Call priority: every model beside the look-up of the call type."""
    from ml.priority import Effort, assess
    from ml.priority.models import QUICK

    effort = QUICK if quick else Effort()
    for agency in ("san_jose", "seattle"):
        started = time.monotonic()
        calls = read_agency(agency, data)
        click.echo(f"## {agency}: {len(calls):,} calls\n")
        # Each table as soon as it is there: the whole takes minutes.
        for scenario in scenarios(calls):
            click.echo(report(assess(calls, (scenario,), effort)))
        click.echo(f"{agency} took {time.monotonic() - started:.0f} s.\n")
    started = time.monotonic()
    dated = read_dated_calls(data)
    if not dated.empty:
        click.echo(f"## seattle, by day: {len(dated):,} calls\n")
        scores = assess(dated, place_scenarios(dated), effort).scores
        click.echo(f"{by_precision(scores)}\n\n{as_tables(scores)}")
        click.echo(f"seattle by day took {time.monotonic() - started:.0f} s.\n")


def report(found: Assessment) -> str:
    """Return what was measured in one scenario as Markdown.

    Parameters
    ----------
    found : Assessment
        Of one scenario; with everything known, matrices and what was published are held beside it.
    """
    from ml.priority.card import search_lines

    parts = [as_tables(found.scores)]
    if (found.scores["metric"] == _TRIED[0]).any():
        parts.append(chosen_calibration(found.scores))
    parts += search_lines(found.searches)
    head = found.scores.head(1)
    if head["has_call_type"].all() and head["has_officer_calls"].all():
        parts += [matrices(found.confusion), *level_matrices(found.confusion, _MATRICES)]
        if (head["agency"] == "san_jose").all():
            parts += ["Beside what was published:", comparison(found.scores)]
    return "\n\n".join(parts) + "\n"


def read_agency(agency: str, data: Path) -> pd.DataFrame:
    """Read an agency's ranked calls, one record an incident, in order of time.

    Parameters
    ----------
    agency
        Id of the agency.
    data
        Folder that holds its files.

    Returns
    -------
    pandas.DataFrame
        The incident schema, the last record of each incident.

    Raises
    ------
    click.ClickException
        When the folder has no file of the agency, or a file cannot be read.
    """
    mapping = load_mapping(mapping_path(agency))
    paths = [Path(file.url) for file in find_calls(mapping, data)]
    if not paths:
        raise click.ClickException(f"{data} holds no file of {agency}: its mapping says how they are named")
    tables = [path for path in paths if mapping.is_centroid_file(path.name)]
    parsed = read_calls(
        [path for path in paths if path not in tables],
        mapping,
        data_version="bench",
        centroids=read_centroids(tables[0]) if tables else None,
    )
    if parsed.problem is not None:
        raise click.ClickException(str(parsed.problem))
    latest = parsed.frame.sort_values(["last_changed_at", "source_file", "source_row"], na_position="first")
    ranked = latest.drop_duplicates("incident_id", keep="last").dropna(subset=["priority"])
    return ranked.sort_values(["called_at", "incident_id"], ignore_index=True)


def scenarios(calls: pd.DataFrame) -> tuple[Scenario, ...]:
    """Return one year after the other and the reverse where both are there, the usual ones otherwise."""
    from ml.priority import Knowledge, Scenario, random_split, year_split
    from ml.priority.splits import usual_scenarios

    held = calls["called_at_local"].dt.year.value_counts()
    if min(held.get(year, 0) for year in _YEARS) < 1_000:
        return usual_scenarios(calls)
    asked: list[Scenario] = []
    no_type = Knowledge(has_call_type=False)
    for split in (year_split(calls, *_YEARS), year_split(calls, *reversed(_YEARS))):
        asked += [
            Scenario(split, has_refits=True),
            Scenario(split, no_type, has_refits=True),
            Scenario(split, has_officer_calls=False),
            Scenario(split, no_type, has_officer_calls=False),
            Scenario(split, Knowledge("none")),
        ]
    return (*asked, Scenario(random_split(calls)))


def as_tables(scores: pd.DataFrame) -> str:
    """Return the scores as Markdown tables, one a scenario and target.

    Parameters
    ----------
    scores
        As :func:`ml.priority.assess` gives them.
    """
    from ml.priority.choose import CALIBRATED

    heads = ["split", "location_precision", "has_call_type", "has_officer_calls", "target"]
    lines: list[str] = []
    for key, part in scores.groupby(heads, sort=False):
        split, precision, has_type, has_officer, target = key
        train, test = part[["train_call_count", "test_call_count"]].iloc[0]
        lines += [
            f"**{target}, {split}, location {precision}, call type {'in' if has_type else 'out'}, "
            f"officer-initiated {'in' if has_officer else 'out'}** ({train:,} train, {test:,} test)",
            "",
        ]
        columns = (*_DANGER, *_KEPT, *_COST) if target == "dangerous" else (*_LEVELS, *_KEPT)
        lines += ["| model | " + " | ".join(columns) + " |", "|" + " --- |" * (len(columns) + 1)]
        for model, rows in part.groupby("model", sort=False):
            measured = rows.set_index("metric")
            lines.append(f"| {model} | " + " | ".join(_cell(measured, name) for name in columns) + " |")
        lines += ["", calibration_verdict(part, CALIBRATED), ""]
        if (part["metric"] == _TRIED[0]).any():
            lines += [*_tried(part), ""]
    return "\n".join(lines)


def _tried(part: pd.DataFrame) -> list[str]:
    """What the choice was made by on the validation months, and the choice."""
    from ml.priority.choose import chosen

    wide = part.pivot(index="model", columns="metric", values="value").dropna(subset=[_TRIED[0]])
    rows = [[str(model), *(f"{row[name]:.4f}" for name in _TRIED)] for model, row in wide.iterrows()]
    return [table(("model", *_TRIED), rows), "", f"Published would be: {chosen(part)}."]


def _cell(measured: pd.DataFrame, name: str) -> str:
    """A value, or a gain over the look-up or a single fit with its interval, bold when clear."""
    row = measured.loc[_GAINS.get(name, name)]
    if name not in _GAINS:
        digits = 4 if name in _KEPT else 3
        return "–" if row["value"] != row["value"] else f"{row['value']:.{digits}f}"
    of = "refit_gain" if name == "refit gain" else "gain"
    if row[of] != row[of]:
        return "–"
    lower, upper = row[f"{of}_lower"], row[f"{of}_upper"]
    text = f"{row[of]:+.4f} [{lower:+.4f}, {upper:+.4f}]"
    return f"**{text}**" if lower > 0 or upper < 0 else text


if __name__ == "__main__":
    main()
