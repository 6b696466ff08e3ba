"""The page opens offline, escapes what it did not write, and says plainly what is missing."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import shapely

from orchestration.publishing import formats, page_forecast
from orchestration.publishing.embedding import script_hash
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.map_layers import class_breaks
from tests.unit.publishing.conftest import World

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"


class PageReader(HTMLParser):
    """Collects what a browser would load, and the text that it would show."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._open: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))
        self._open = [dict(attrs)] if tag == "script" else []

    def handle_data(self, data: str) -> None:
        """Note the text, or the script."""
        if self._open:
            self.scripts.append((self._open[0], data))
        else:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close the script."""
        self._open = []


def read_page(world: World, **changes: object) -> tuple[str, PageReader]:
    """Build a release and parse its page."""
    page = (world.build(**changes).path / "overview.html").read_text(encoding="utf-8")
    reader = PageReader()
    reader.feed(page)
    return page, reader


def shown(reader: PageReader) -> str:
    """Join the visible text."""
    return re.sub(r"\s+", " ", " ".join(reader.text))


def test_nothing_is_loaded_from_another_host(shared_world: World) -> None:
    """A page that phones home tells others who reads it, and fails offline."""
    _, reader = read_page(shared_world)
    loading = [(tag, a) for tag, a in reader.tags if tag not in ("a", "meta") and {"src", "href"} & set(a)]
    assert loading == []
    assert {tag for tag, _ in reader.tags} & {"iframe", "link", "object", "embed", "base"} == set()
    assert "@import" not in (style := shown(reader)) and "url(" not in style
    links = [a["href"] or "" for tag, a in reader.tags if tag == "a" and "href" in a]
    assert {h for h in links if "://" in h} == {
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
    }


def test_policy_allows_exactly_the_scripts_of_the_page(shared_world: World) -> None:
    """The browser enforces offline and no foreign script, whatever a template forgets."""
    _, reader = read_page(shared_world)
    policy = next(a["content"] or "" for tag, a in reader.tags if a.get("http-equiv"))
    executable = [text for attributes, text in reader.scripts if "type" not in attributes]
    assert re.findall(r"'(sha256-[^']+)'", policy) == [script_hash(text) for text in executable]
    assert "default-src 'none'" in policy and "script-src 'sha256" in policy and "http" not in policy


def test_links_lead_to_files_of_the_release(shared_world: World) -> None:
    """A dead link on the front page looks like a missing file."""
    release = shared_world.build()
    _, reader = read_page(shared_world)
    links = {a["href"] or "" for tag, a in reader.tags if tag == "a" and "href" in a}
    files = {link for link in links if "://" not in link and not link.startswith("#")}
    assert files >= {"manifest.json", "audit/validation/index.html", "tables/dim_lsoa.parquet"}
    assert all((release.path / name).is_file() for name in files)


def test_hostile_names_are_shown_and_not_run(world: World) -> None:
    """Names come from upstream; one with a tag in it must stay a name, in tables, map and notes."""
    escaped = HOSTILE.replace("'", "''")
    world.run_sql(
        f"update mart_harm_ranking set lsoa_name = '{escaped}', lad_name = '{escaped}' where harm_rank <= 3",
        f"update ml_hotspots set town_centre_name = '{escaped}'",
        f"update ml_forecast_scores set note = '{escaped}'",
        f"update audit_coverage set reason = '{escaped}' where status = 'withheld'",
        f"update ml_fairness_stops set group_name = '{escaped}' where group_name = 'Other'",
    )
    page, reader = read_page(world)
    assert HOSTILE not in page and "<img" not in page.split("<script>")[0]
    assert page.count("<script") == 4
    assert html.escape(HOSTILE, quote=True).replace("&#x27;", "&#39;") in page
    map_text = next(text for attributes, text in reader.scripts if attributes.get("data-figure") == "map")
    assert "<" not in map_text and HOSTILE in json.dumps(json.loads(map_text), ensure_ascii=False)


def test_synthetic_data_are_announced(world: World) -> None:
    """Invented figures about a place must never pass for real ones."""
    _, reader = read_page(world)
    assert "Synthetic data. This release was made from an invented city" in shown(reader)
    _, reader = read_page(world, profile="mirror", code_version="other")
    assert "invented" not in shown(reader)


def test_page_states_its_main_figures(shared_world: World) -> None:
    """The page must agree with the tables beside it."""
    [(harm,)] = world_harm(shared_world)
    page, reader = read_page(shared_world)
    text = shown(reader)
    assert formats.short_number(harm) in text
    assert "Exponential smoothing (ETS)" in text and "beside 1.02 for the naive baseline" in text
    assert "police stop and search" in text.lower() and "2022-07 to 2022-09" in text
    assert ">withheld<" in page and "†" in text


def world_harm(world: World) -> list[tuple[float]]:
    """Sum the active scheme's harm in the warehouse."""
    release = world.build()
    path = release.path / "tables" / "mart_harm_ranking.parquet"
    return world.read_sql(f"select sum(harm_days) from '{path}' where is_active_scheme")


def test_a_baseline_that_wins_is_called_the_champion(world: World) -> None:
    """A model that does not beat the naive baseline must not be sold as one that does."""
    world.run_sql(
        "update ml_forecast_scores set is_champion = (model = 'seasonal_naive'),"
        " mase = if(model = 'seasonal_naive', 0.5, mase)"
    )
    _, reader = read_page(world)
    assert "no model did better than the naive baseline" in shown(reader)


def test_sparse_release_says_what_is_missing(world: World) -> None:
    """A first run has no forecast, no hotspots and no searches; the page must say so and not break."""
    world.run_sql(
        *(
            f"delete from {name}"
            for name in (
                "ml_hotspots",
                "ml_risk_lsoa",
                "ml_forecast_harm",
                "ml_forecast_scores",
                "ml_fairness_stops",
                "ml_fairness_hotspot_exposure",
                "mart_stops_ethnicity",
                "mart_harm_scheme_sensitivity",
                "audit_location_methods",
                "audit_coverage",
            )
        )
    )
    (world.data_root / "validated" / "gla_town_centres" / "part.parquet").unlink()
    release = world.build()
    _, reader = read_page(world)
    text = shown(reader)
    for sentence in (
        "No hotspots were found",
        "No risk map was published",
        "There is no forecast in this release",
        "No stop-and-search records were audited",
        "Exposure to hotspots was not computed",
        "No other scheme was compared",
        "Every partition that was asked for is present",
    ):
        assert sentence in text
    assert json.loads((release.path / "geo" / "hotspots.geojson").read_text())["features"] == []


def test_models_that_never_ran_are_like_empty_ones(world: World) -> None:
    """A warehouse without ml tables is a warehouse before its first ml run."""
    names = ("hotspots", "forecast_harm", "forecast_scores", "fairness_stops", "fairness_hotspot_exposure")
    names += ("risk_lsoa", "risk_backtest")
    world.run_sql(*(f"drop table ml_{name}" for name in names))
    page, reader = read_page(world)
    assert "There is no forecast in this release" in shown(reader)
    assert "No risk map was published" in shown(reader) and 'value="risk"' not in page


def test_next_month_stands_beside_counting(shared_world: World) -> None:
    """A map of what to expect that hides how little it adds to counting would be believed too much."""
    page, reader = read_page(shared_world)
    text = shown(reader)
    assert "Next month: January 2025" in text and 'value="risk"' in page
    assert re.search(r"E01000000.*?6,400 4,480 to 8,960 40\.0 28 to 56", text)
    assert re.search(
        r"All crime Mixture of counts 17 1\.10 20\.0% \(19\.0 to 21\.0\) Mean of 12 months 1\.20 21\.0%", text
    )
    assert "Mean of 12 months (baseline)" in text


def test_no_backtest_is_said(world: World) -> None:
    """A forecast whose errors nobody has measured must not look like one with a record."""
    world.run_sql("delete from ml_risk_backtest")
    _, reader = read_page(world)
    assert "How good this forecast is cannot be said" in shown(reader)


def test_hotspots_are_listed_with_what_chance_makes(shared_world: World) -> None:
    """A cluster that any crimes would make is no finding; the list must let a reader see which those are."""
    _, reader = read_page(shared_world)
    text = shown(reader)
    for held in ("H000", "Persistent", "100% under 0.001", "90% 0.200", "– – –", "Northport Quay 83%"):
        assert held in text


def test_what_is_written_after_the_page_is_linked_too(shared_world: World) -> None:
    """The audit pack is what an auditor comes for; the front page that omits it hides it."""
    _, reader = read_page(shared_world)
    links = {a["href"] for tag, a in reader.tags if tag == "a" and "href" in a}
    assert {"audit/index.html", "manifest.json"} <= links


def test_a_note_is_told_once() -> None:
    """The same reason, once with the model's form and once without, read as two findings."""

    class Tables:
        def read(self, name: str) -> pd.DataFrame:
            note = "two harmonics; best of three" if name == "ml_forecast_harm" else "best of three"
            return pd.DataFrame({"series": ["total", "other"], "note": [note, "another"]})

    assert page_forecast.forecast_notes(Tables()) == ["two harmonics; best of three"]  # type: ignore[arg-type]


def test_areas_without_a_boundary_are_counted(world: World) -> None:
    """An area that silently drops off the map looks safe."""
    path = world.data_root / "validated" / "ons_lsoa_2021_boundaries" / "part.parquet"
    boundaries = pd.read_parquet(path)
    boundaries.iloc[5:].to_parquet(path)
    _, reader = read_page(world)
    assert "5 of 35 areas have no boundary in this release" in shown(reader)
    boundaries.iloc[:0].to_parquet(path)
    _, reader = read_page(world, code_version="other")
    assert "There is no map" in shown(reader)
    path.unlink()
    with pytest.raises(ReleaseError, match="ons_lsoa_2021_boundaries"):
        world.build(code_version="third")


def test_areas_of_several_parts_and_unlocated_ranking(make_world: Callable[..., World]) -> None:
    """Islands have several outlines; a ranking may be empty while totals are not."""
    world = make_world("islands")
    path = world.data_root / "validated" / "ons_lsoa_2021_boundaries" / "part.parquet"
    boundaries = pd.read_parquet(path)
    shape = shapely.from_wkb(boundaries.loc[0, "geometry_wkb"])
    apart = shapely.union(shape, shapely.affinity.translate(shape, -3_000, 0))
    boundaries.loc[0, "geometry_wkb"] = shapely.to_wkb(apart)
    boundaries.to_parquet(path)
    assert "The map needs JavaScript" in read_page(world)[0]
    world.run_sql("update mart_harm_ranking set crime_count = 0")
    _, reader = read_page(world, code_version="empty")
    assert "could be placed in a neighbourhood" in shown(reader)


def test_a_broken_verdict_is_named(world: World) -> None:
    """A page that skips an unreadable verdict would overstate what passed."""
    folder = world.data_root / "validated" / "police_street" / "month=2024-12" / "force=bedfordshire"
    (folder / "verdict.json").write_text("{")
    with pytest.raises(ReleaseError, match=r"month=2024-12/force=bedfordshire/verdict\.json"):
        world.build()


def test_class_breaks_survive_ties() -> None:
    """Many equal areas must not make a class without members or a repeated limit."""
    assert class_breaks(np.ones(50)) == []
    breaks = class_breaks(np.array([0.0] * 90 + list(range(1, 11))))
    assert breaks == sorted(set(breaks)) and breaks[0] > 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.number(1234567.891, 1), "1,234,567.9"),
        (formats.number(-3), "−3"),
        (formats.number(float("nan")), "–"),
        (formats.number(float("inf")), "–"),
        (formats.short_number(3_240_000), "3.24 million"),
        (formats.percent(0.1234), "12.3%"),
        (formats.interval(0.1, None), "–"),
        (formats.force_name("avon-and-somerset"), "Avon and Somerset"),
        (formats.month_runs(["2023-12", "2024-01", "2023-09", "2024-02"]), "2023-09, 2023-12 to 2024-02"),
        (formats.month(pd.NaT), "–"),
        (formats.plain("seasonal_naive"), "Seasonal naive"),
    ],
)
def test_numbers_and_names_read_as_prose(written: str, expected: str) -> None:
    """A NaN or a slug on a published page looks like a bug."""
    assert written == expected


def test_the_page_marks_the_breaks_that_the_marts_know() -> None:
    """A list of the page's own drifted a month away from the seed, and marked what no mart calls a break."""
    history = pd.Series(1.0, index=pd.date_range("2022-07-01", "2024-06-01", freq="MS"))
    found = page_forecast.recording_breaks(history, ["bedfordshire", "metropolitan"])
    reason = "a new crime recording system, from the end of February"
    assert found == [(pd.Timestamp("2024-03-01"), reason)]
    assert page_forecast.recording_breaks(history, ["bedfordshire"]) == []
    assert page_forecast.recording_breaks(history.iloc[:0], ["metropolitan"]) == []


def test_a_force_that_went_is_no_fall_of_crime() -> None:
    """The sum over whoever sent a month fell to a quarter when the largest force stopped sending."""
    months = pd.date_range("2024-01-01", "2024-04-01", freq="MS")
    sent = {
        "bedfordshire": [10.0, 11.0, 12.0, 13.0],
        "surrey": [None, 5.0, 6.0, 7.0],
        "kent": [90.0, 90.0, None, None],
    }
    rows = [
        {"crime_month": month, "force_slug": force, "harm_days": harm}
        for force, held in sent.items()
        for month, harm in zip(months, held, strict=True)
        if harm is not None
    ]
    frame = pd.DataFrame(rows)
    forces = page_forecast.charted_forces(frame, pd.DataFrame())
    assert forces == ["bedfordshire", "surrey"]
    assert page_forecast.harm_history(frame, forces).to_dict() == dict(
        zip(months[1:], [16.0, 18.0, 20.0], strict=True)
    )


def test_the_line_is_of_the_forces_that_the_forecast_is_of() -> None:
    """With a force that is a month late the forecast would stand at twice the line, as if crime doubled."""
    months = pd.date_range("2024-01-01", "2024-04-01", freq="MS")
    sent = {"bedfordshire": months, "surrey": months[:3], "new": months[3:]}
    frame = pd.DataFrame(
        [(month, force, 10.0) for force, held in sent.items() for month in held],
        columns=["crime_month", "force_slug", "harm_days"],
    )
    forecast = pd.DataFrame(
        {
            "series": ["total", "bedfordshire", "surrey", "new"],
            "level": ["total", "force", "force", "force"],
            "parent_series": ["", "total", "total", ""],
            "forecast_month": months[3],
            "harm_days": [20.0, 10.0, 10.0, None],
        }
    )
    forces = page_forecast.charted_forces(frame, forecast)
    assert forces == ["bedfordshire", "surrey"]
    assert page_forecast.harm_history(frame, forces).to_dict() == dict.fromkeys(months[:3], 20.0)
    none = forecast.assign(harm_days=None)
    assert page_forecast.charted_forces(frame, none) == ["bedfordshire", "new"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            "update ml_forecast_harm set parent_series = '' where series = 'bedfordshire'",
            "being no part of the total that is forecast",
        ),
        ("delete from ml_forecast_harm", "having sent no December 2024"),
    ],
)
def test_forces_that_are_not_in_the_chart_are_named(world: World, change: str, reason: str) -> None:
    """A force that is silently left out of the trend would seem to be in it."""
    world.run_sql(
        "delete from mart_harm_force_month"
        " where force_slug = 'bedfordshire' and crime_month > date '2024-06-01'"
    )
    world.run_sql(change)
    _, reader = read_page(world)
    assert f"{reason}: Bedfordshire" in shown(reader)
