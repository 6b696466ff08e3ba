"""The release's front page: one HTML file that opens without a network and shows only what was published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publishing import (
    chart_map,
    chart_trend,
    formats,
    geo,
    map_layers,
    page_audit,
    page_fairness,
    page_forecast,
    page_harm,
    page_hotspots,
    page_risk,
    page_stop_ages,
)
from orchestration.publishing.embedding import bokeh_script, figure_json, page_asset, script_hash
from orchestration.publishing.licences import attributions, dataset_titles
from orchestration.publishing.published import PublishedTables
from orchestration.sources.catalogue import OGL, OGL_ADDRESS

if TYPE_CHECKING:
    import pandas as pd

PAGE_NAME = "overview.html"
_DESCRIPTIONS = {
    "audit/index.html": "audit pack: how the release came about, who answers for it, and how to check it",
    "manifest.json": "every file with its SHA-256, the data versions and the sources with their licences",
    "verify.py": "names every file of the release that was altered, is missing or was added",
    "audit/validation/index.html": "validation report: every rule, every verdict, failing rows",
    "audit/validation/validation.json": "the validation report for machines",
    "lineage.html": "lineage of every column back to the raw files",
    "dbt_docs/index.html": "models, columns, tests and the graph of models",
    "geo/harm_by_lsoa.parquet": "GeoParquet: harm by LSOA (EPSG:27700)",
    "geo/hotspots.parquet": "GeoParquet: hotspot hulls (EPSG:27700)",
    "geo/hotspots.geojson": "GeoJSON: hotspot hulls (WGS84)",
    "patrol_plan.json": "proposal of a patrol plan: nothing is approved by being published here",
}
_FOLDERS = {
    "audit/model_cards/": "card of a model: data, measures with intervals, limits",
    "tables/": "Parquet table",
}


@dataclass(frozen=True)
class PageFacts:
    """What the page says about the release itself.

    Parameters
    ----------
    release
        Its name.
    profile
        Profile of the run.
    harm_scheme
        The active harm weights.
    code_version
        Version of the code.
    is_synthetic
        Whether to mark the page as synthetic.
    sources
        From `licences.source_entries`.
    """

    release: str
    profile: str
    harm_scheme: str
    code_version: str
    is_synthetic: bool
    sources: list[dict[str, Any]]


def write_overview(folder: Path, data_root: Path, facts: PageFacts) -> None:
    """Write ``overview.html`` into a release whose other files are in place.

    Parameters
    ----------
    folder
        The release's folder.
    data_root
        The data folder, for verdicts and town centres.
    facts
        What the page says about the release itself.

    Raises
    ------
    ReleaseError
        When a verdict cannot be read.
    """
    page = render_overview(folder, data_root, facts)
    (folder / PAGE_NAME).write_text(page, encoding="utf-8", newline="\n")


def render_overview(folder: Path, data_root: Path, facts: PageFacts) -> str:
    """Render the page; see `write_overview`.

    Parameters
    ----------
    folder
        The release's folder.
    data_root
        The data folder, for verdicts and town centres.
    facts
        What the page says about the release itself.

    Returns
    -------
    str
        HTML; the same for the same release.
    """
    tables = PublishedTables(folder)
    force_months = tables.read("mart_harm_force_month")
    ranking = page_harm.active_ranking(tables)
    expected = page_risk.expected_by_area(tables)
    titles = dataset_titles(facts.sources)
    scripts = {"bokeh": bokeh_script(), "page": page_asset("overview.js")}
    context = {
        "facts": facts,
        "headline": page_harm.headline(ranking, force_months),
        "key_figures": page_harm.key_figures(tables, force_months),
        "ranking": page_harm.ranking_rows(ranking),
        "sensitivity": page_harm.sensitivity_rows(tables, facts.harm_scheme),
        "forecast": _forecast_context(tables, force_months),
        "map": _map_context(folder, data_root, ranking, expected, force_months),
        "risk": _risk_context(tables, expected, ranking),
        "stops": page_fairness.stop_tables(tables),
        "stop_ages": page_stop_ages.stop_age_tables(tables),
        "stop_window": page_fairness.stop_window(tables),
        "exposure": page_fairness.exposure_tables(tables),
        "gates": page_audit.gate_rows(data_root, titles),
        "coverage": page_audit.coverage_rows(tables, titles),
        "reconciliation": page_audit.reconciliation_rows(tables, titles),
        "locations": page_audit.location_rows(tables),
        "files": _file_links(folder),
        "attributions": attributions(facts.sources),
        "licence_name": OGL,
        "licence_address": OGL_ADDRESS,
        "scripts": scripts,
        "script_hashes": [script_hash(script) for script in scripts.values()],
        "style": page_asset("overview.css"),
    }
    return _template().render(context)


def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("overview.html.j2")


def _forecast_context(tables: PublishedTables, force_months: pd.DataFrame) -> dict[str, Any]:
    every = tables.read("ml_forecast_harm")
    forecast = page_forecast.total_rows(every)
    forces = page_forecast.charted_forces(force_months, every)
    history = page_forecast.harm_history(force_months, forces)
    scores = page_forecast.score_rows(tables)
    others = sorted(set(force_months["force_slug"]) - set(forces))
    breaks = page_forecast.recording_breaks(history, forces)
    return {
        "figure": figure_json(chart_trend.trend_figure(history, forecast, breaks)),
        "rows": page_forecast.forecast_rows(forecast),
        "scores": scores,
        "champion": next((row for row in scores if row["is_champion"]), None),
        "baseline": next((row for row in scores if row["is_baseline"]), None),
        "is_backtested": any(row["origins"] != "0" for row in scores),
        "series": page_forecast.series_rows(tables),
        "notes": page_forecast.forecast_notes(tables),
        "has_breaks": bool(breaks),
        "forces": ", ".join(formats.force_name(slug) for slug in forces),
        "others": ", ".join(formats.force_name(slug) for slug in others),
        "month_count": formats.number(history.notna().sum()),
    }


def _risk_context(tables: PublishedTables, expected: pd.DataFrame, ranking: pd.DataFrame) -> dict[str, Any]:
    rows = page_risk.highest_rows(expected, ranking)
    if not rows:
        return {"rows": [], "month": None}
    return {
        "rows": rows,
        "champions": page_risk.champion_rows(tables),
        "month": formats.month(expected["forecast_month"].iloc[0]),
        "harm_days": formats.short_number(expected["expected_harm_days"].sum()),
        "crimes": formats.short_number(expected["expected_crime_count"].sum()),
        "area_count": formats.number(len(expected)),
        "learned_from": formats.month_span(
            expected["train_start_month"].iloc[0], expected["train_end_month"].iloc[0]
        ),
        "forces_without": page_risk.forces_without(expected, ranking),
    }


def _map_context(
    folder: Path,
    data_root: Path,
    ranking: pd.DataFrame,
    expected: pd.DataFrame,
    force_months: pd.DataFrame,
) -> dict[str, Any]:
    import geopandas as gpd

    areas = gpd.read_parquet(folder / "geo" / "harm_by_lsoa.parquet")
    areas = areas.merge(ranking[["lsoa_code", "has_small_population"]], on="lsoa_code", how="left")
    if len(expected):
        areas = areas.merge(expected[["lsoa_code", "expected_harm_days"]], on="lsoa_code", how="left")
    hotspots = gpd.read_parquet(folder / "geo" / "hotspots.parquet")
    forces = sorted(force_months["force_slug"].unique())
    drawn = chart_map.harm_map(areas, hotspots, geo.read_town_centres(data_root), forces)
    return {
        "figure": None if drawn.plot is None else figure_json(drawn.plot),
        "map": drawn,
        "hotspot_colour": map_layers.HOTSPOT,
        "hotspot_count": formats.number(len(hotspots)),
        "hotspot_window": page_hotspots.hotspot_window(hotspots),
        "hotspots": page_hotspots.hotspot_rows(hotspots, areas),
        "missing": formats.number(drawn.without_boundary_count),
        "area_count": formats.number(len(areas)),
    }


def _file_links(folder: Path) -> list[dict[str, str]]:
    """The other files: reports first, then geography, then tables."""
    held = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    # Both are written after the page.
    held |= {"audit/index.html", "manifest.json"}
    described = [{"name": name, "about": about} for name, about in _DESCRIPTIONS.items() if name in held]
    folders = [
        {"name": name, "about": about}
        for prefix, about in _FOLDERS.items()
        for name in sorted(held)
        if name.startswith(prefix)
    ]
    return described + folders
