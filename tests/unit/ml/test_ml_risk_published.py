"""What the risk job publishes: months held whole, areas that lose nothing, tables, card and figures."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, conform
from ml.common.crime_groups import ALL_CRIME, GROUP_NAMES
from ml.common.model_card import card_as_markdown
from ml.risk.backtest import EVERY_FORCE, every_origin
from ml.risk.candidates import candidates
from ml.risk.figures import calibration_plot, capture_curves, grid_map, lsoa_map
from ml.risk.judged import judge, pick
from ml.risk.published import Published, publish_risk
from ml.risk.spread import any_probability
from ml.risk.study import grid_study, held_whole, lsoa_study
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records


def publish(months: int, seed: int = 90) -> Published:
    """What would be published after so many months."""
    table = records(months_of(months), seed)
    held = pd.DataFrame({"force_slug": "eastvale", "crime_month": table["crime_month"].unique()})
    stretch = held_whole(held)
    assert stretch is not None
    return publish_risk(
        table, neighbourhoods(), stretch, models="light", version="1", harm_scheme="seed_article"
    )


@pytest.fixture(scope="module")
def published() -> Published:
    """Eighteen months: six origins."""
    return publish(18)


def force_months(**held: list[str]) -> pd.DataFrame:
    """Months by force."""
    rows = [(force, month) for force, months in held.items() for month in months]
    frame = pd.DataFrame(rows, columns=["force_slug", "crime_month"])
    return frame.assign(crime_month=pd.to_datetime(frame["crime_month"] + "-01"))


def test_months_that_were_not_sent_are_no_months_without_crime() -> None:
    """A missing file would be learned from as a month in which nothing happened."""
    stretch = held_whole(
        force_months(
            a=["2024-01", "2024-02", "2024-03", "2024-05", "2024-06"],
            b=["2024-03", "2024-05", "2024-06"],
            c=["2024-05"],
        )
    )
    assert stretch is not None
    assert stretch.months.astype(str).tolist() == ["2024-05", "2024-06"]
    assert (stretch.forces, stretch.left_out_forces) == (("a", "b"), {"c": 0})
    assert stretch.earlier_month_count == 3
    assert held_whole(force_months()) is None
    one_lost = force_months(a=["2024-04", "2024-05", "2024-06"], b=["2024-04", "2024-06"])
    stretch = held_whole(one_lost)
    assert stretch is not None and stretch.months.astype(str).tolist() == ["2024-06"]


def test_a_force_that_joins_costs_no_other_its_history() -> None:
    """One new force, or one file that was withheld, would leave every force without a backtest."""
    long = pd.period_range("2022-01", "2024-06", freq="M").astype(str).tolist()
    held = {"a": long, "b": long[-18:], "c": long, "joins": long[-17:], "lost": long[:20] + long[21:]}
    stretch = held_whole(force_months(**held, ended=long[:-1]))
    assert stretch is not None and stretch.forces == ("a", "b", "c")
    assert stretch.months.astype(str).tolist() == long[-18:]
    assert stretch.left_out_forces == {"ended": 0, "joins": 17, "lost": 9}
    assert stretch.earlier_month_count == 12
    # One of two is not left without a map for the other's sake.
    stretch = held_whole(force_months(a=long, b=long[-3:], ended=long[:-1]))
    assert stretch is not None and (stretch.forces, len(stretch.months)) == (("a", "b"), 3)


def test_no_record_is_lost_between_areas() -> None:
    """A cell at the edge, a type nobody knows or a record without a point would go without a word."""
    months = months_of(3)
    table = records(months, 91)
    table.loc[table.index[:5], "lsoa_code"] = None
    table.loc[table.index[5:7], ["cell_easting_m", "cell_northing_m"]] = np.nan
    table.loc[table.index[7:10], "lsoa_code"] = "E01999999"
    by_lsoa, by_cell = (build(table, neighbourhoods(), months) for build in (lsoa_study, grid_study))
    assert by_lsoa.left_out_count == 8 and by_cell.left_out_count == 10
    for study in (by_lsoa, by_cell):
        assert len(study.counts[ALL_CRIME].day) + study.left_out_count == len(table)
        parts = [study.counts[name] for name in GROUP_NAMES if name != ALL_CRIME]
        assert sum(len(part.day) for part in parts) == len(study.counts[ALL_CRIME].day)
        assert study.counts["other"].day.size == (table["crime_type"] == "Something new")[10:].sum()
        harm = study.harm[ALL_CRIME].weight.sum()
        placed = table.iloc[10:] if study is by_cell else table.drop(index=[*range(5), 7, 8, 9])
        assert harm == pytest.approx(placed["harm_days"].sum())


def test_a_month_stands_in_its_middle() -> None:
    """Ages and alerts are counted from there: a month laid at its first day is two weeks too old."""
    study = lsoa_study(records(months_of(3), 91), neighbourhoods(), months_of(3))
    history = study.counts[ALL_CRIME]
    assert np.unique(history.day).tolist() == ((history.bounds[1:] + history.bounds[:-1]) / 2).tolist()
    assert history.bounds.astype("datetime64[D]").astype(str).tolist() == [
        "2025-10-01",
        "2025-11-01",
        "2025-12-01",
        "2026-01-01",
    ]


def test_cells_lie_on_the_national_grid_and_tile_the_area() -> None:
    """A shifted grid cannot be laid over another month's, and a hole would hide what falls into it."""
    study = grid_study(records(months_of(2), 92), neighbourhoods(), months_of(2))
    areas = study.areas
    assert (areas["cell_easting_m"] % 250 == 0).all() and (areas["cell_northing_m"] % 250 == 0).all()
    assert areas["cell_id"].is_unique
    # 3 km square: 12 by 12 centres lie in it; cells of the edge come on top.
    assert study.cells.count > 144
    assert study.cells.lattice is not None
    assert study.cells.lattice.locate(study.cells.xy).tolist() == list(range(study.cells.count))
    first = areas.iloc[0]
    assert first["cell_id"] == f"E{int(first['cell_easting_m']):06d}N{int(first['cell_northing_m']):07d}"


def test_a_neighbourhood_without_a_boundary_keeps_its_records() -> None:
    """A polygon that is missing from one file would take its crimes out of the map without a word."""
    lsoas = neighbourhoods()
    lsoas["geometry_wkb"] = lsoas["geometry_wkb"].where(lsoas.index != 12, None)
    table = records(months_of(2), 95)
    study = grid_study(table, lsoas, months_of(2))
    assert study.left_out_count == 0
    assert (study.areas["lsoa_code"] == lsoas["lsoa_code"][12]).any()


def test_without_any_boundary_the_cells_are_those_of_the_records() -> None:
    """A force whose boundaries are not held would stop the job, where one neighbourhood's would not."""
    lsoas = neighbourhoods().assign(geometry_wkb=None)
    study = grid_study(records(months_of(2), 95), lsoas, months_of(2))
    history = study.counts[ALL_CRIME]
    assert study.left_out_count == 0
    assert (history.amount(history.start, history.end) > 0).all()


def test_a_cell_of_the_edge_is_named_by_most_of_its_records() -> None:
    """Named by the first code, a cell is judged within a force that has next to nothing there."""
    lsoas = neighbourhoods().assign(geometry_wkb=None)
    first, last = lsoas["lsoa_code"].iloc[[0, -1]]
    table = records(months_of(2), 95).head(4)
    table = table.assign(lsoa_code=[last, first, last, last], cell_easting_m=0.0, cell_northing_m=0.0)
    study = grid_study(table, lsoas, months_of(2))
    assert study.areas[["cell_id", "lsoa_code"]].to_numpy().tolist() == [["E000000N0000000", last]]
    assert study.forces.tolist() == ["westvale"]


def test_fewer_forecasts_than_tenths_are_groups_of_one() -> None:
    """A group of nobody has no mean: a picture of one area's calibration would be made of warnings."""
    table, lsoas = records(months_of(14), 96), neighbourhoods().head(1)
    one = judge(lsoa_study(table, lsoas, months_of(14)))[GROUP_NAMES.index(ALL_CRIME)]
    assert one.calibration["tenth"].tolist() == [1, 2]
    assert np.isfinite(one.calibration.to_numpy()).all()


def test_tables_keep_their_contracts(published: Published) -> None:
    """A release would be refused at its last step, or hold intervals in the wrong order."""
    for name, frame in published.tables.items():
        conform(frame, CONTRACTS[name])
    lsoa = published.tables["ml_risk_lsoa"]
    assert len(lsoa) == 25 * len(GROUP_NAMES)
    assert set(lsoa["forecast_month"].astype(str)) == {"2026-01-01"}
    # Rank 1 is where most is expected; as many ranks are passed over as areas tie.
    whole = lsoa[lsoa["crime_group"] == ALL_CRIME]
    above = [(whole["expected_crime_count"] > one).sum() for one in whole["expected_crime_count"]]
    assert whole["risk_rank"].tolist() == [1 + count for count in above]
    # Nothing was ever recorded of thefts: half a record in eighteen months is left possible.
    never = lsoa.loc[lsoa["crime_group"] == "theft", "any_crime_probability"].astype(float)
    assert never.to_numpy() == pytest.approx(1 - np.exp(-0.5 / 18))
    dispersion = published.judged["lsoa"][GROUP_NAMES.index(ALL_CRIME)].count.dispersion
    some = any_probability(whole["expected_crime_count"].to_numpy(np.float64), dispersion)
    assert whole["any_crime_probability"].to_numpy(np.float64) == pytest.approx(some)
    grid = published.tables["ml_risk_grid"]
    cells, share = published.left_out_cells
    assert grid["cell_id"].nunique() + cells == published.studies["grid"].cells.count
    shown = grid.loc[grid["crime_group"] == ALL_CRIME, "expected_crime_count"].sum()
    assert shown / (1 - share) == pytest.approx(
        next(one for one in published.judged["grid"] if one.group == ALL_CRIME).count.mean.sum()
    )


def test_the_backtest_says_everything_about_every_model(published: Published) -> None:
    """A metric that is told of the winner alone is an advertisement."""
    table = published.tables["ml_risk_backtest"]
    own = table[(table["area_kind"] == "lsoa") & (table["crime_group"] == ALL_CRIME)]
    own = own[own["force_slug"] == EVERY_FORCE]
    told = own.groupby("model")[["metric", "area_share"]].apply(lambda part: set(map(tuple, part.to_numpy())))
    for metric in ("pai", "pei", "hit_rate", "recapture", "harm_pai", "harm_pei", "harm_hit_rate"):
        for share in (0.01, 0.02, 0.05, 0.1):
            assert all((metric, share) in held for held in told), (metric, share)
    for metric in ("mean_absolute_error", "poisson_deviance", "log_score", "coverage_80_share"):
        assert all((metric, 1.0) in held for held in told), metric
    assert set(table["origin_count"]) <= {5, 6, 0}
    for name, month in (("first_forecast_month", "2025-07-01"), ("last_forecast_month", "2025-12-01")):
        assert set(table[name].astype(str)) == {month}
    whole = own[own["metric"] == "hit_rate"].set_index(["model", "area_share"])["metric_value"]
    captures = next(one for one in published.judged["lsoa"] if one.group == ALL_CRIME).captures
    by_hand = captures[(captures["model"] == "naive") & (captures["area_share"].round(6) == 0.05)]
    by_hand = by_hand[by_hand["force_slug"] == EVERY_FORCE]
    assert whole["naive", 0.05] == pytest.approx((by_hand["caught"] / by_hand["total"]).mean())


def test_the_backtest_is_told_by_force(published: Published) -> None:
    """One force's failure would vanish in another's months, and be told as its neighbour's."""
    study = published.studies["lsoa"]
    one = next(one for one in published.judged["lsoa"] if one.group == ALL_CRIME)
    model = next(model for model in candidates("lsoa", "light") if model.name == "naive")
    history, rows = study.counts[ALL_CRIME], []
    for origin, end in every_origin(history, shortest=12):
        mean, came = model.fit(history.before(origin)).predict(end), history.amount(origin, end)
        own = study.forces == "westvale"
        rows.append((np.abs(mean - came)[own].mean(), capture_of(mean[own], came[own], 0.1)))
    by_hand = np.mean(rows, axis=0)
    table = published.tables["ml_risk_backtest"]
    told = table[
        (table["force_slug"] == "westvale")
        & (table["crime_group"] == ALL_CRIME)
        & (table["area_kind"] == "lsoa")
        & (table["model"] == "naive")
    ].set_index(["metric", "area_share"])["metric_value"]
    assert told["mean_absolute_error", 1.0] == pytest.approx(by_hand[0])
    assert told["hit_rate", 0.1] == pytest.approx(by_hand[1])
    # Neighbourhoods weigh the same, so the mean over all is that of the forces.
    sums = one.scores.pivot_table(index="force_slug", columns="model", values="mean_absolute_error")["naive"]
    assert sums["all"] == pytest.approx((15 * sums["eastvale"] + 10 * sums["westvale"]) / 25)
    assert "westvale, neighbourhoods (LSOA 2021), all_crime" in card_as_markdown(published.card)


def capture_of(mean: np.ndarray, came: np.ndarray, share: float) -> float:
    """Share of what came in the riskiest areas, each of the same size."""
    best = np.argsort(-mean, kind="stable")[: round(share * len(mean))]
    return float(came[best].sum() / came.sum())


def test_the_same_input_gives_the_same_tables() -> None:
    """Two runs on the same data would be two releases, and none could be checked."""
    first, again = publish(13), publish(13)
    for name, frame in first.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], frame)
    assert card_as_markdown(again.card) == card_as_markdown(first.card)


@pytest.mark.parametrize("months", [1, 4])
def test_a_short_history_is_published_as_what_it_is(months: int) -> None:
    """A first run of a few months must neither fail nor pretend to know its error."""
    short = publish(months)
    assert short.tables["ml_risk_backtest"].empty
    lsoa = conform(short.tables["ml_risk_lsoa"], CONTRACTS["ml_risk_lsoa"])
    assert set(lsoa["model"]) == {"mean_12"}
    bounds = ["crime_count_lower_80", "harm_days_upper_95", "any_crime_probability"]
    assert lsoa[bounds].isna().all().all() == (months == 1)
    assert "too few; mean_12 by default" in card_as_markdown(short.card)


def test_a_challenger_cannot_win_by_a_few_months() -> None:
    """The bootstrap of three origins is certain of anything."""
    rows = [
        (model, float(origin), value)
        for model, value in (("naive", 3.0), ("mean_12", 2.0), ("seasonal_naive", 2.5), ("mixture", 1.0))
        for origin in range(9)
    ]
    scores = pd.DataFrame(rows, columns=["model", "origin_day", "poisson_deviance"])
    assert pick(scores)[0] == "mixture"
    champion, verdict = pick(scores[scores["origin_day"] < 3])
    assert champion == "mean_12" and "too few for a challenger to win: 3 origins" in verdict
    lost = scores.assign(poisson_deviance=scores["poisson_deviance"].where(scores["model"] != "mixture", 4.0))
    champion, verdict = pick(lost)
    assert champion == "mean_12" and verdict.startswith("mixture loses to mean_12")


def test_the_card_tells_losses_and_limits(published: Published) -> None:
    """A card that only shows wins would be worse than none."""
    text = card_as_markdown(published.card)
    for judged in published.judged.values():
        for one in judged:
            assert one.verdict in text
    assert "measures policing" in text and "crime domain" in text
    cells, _ = published.left_out_cells
    assert f"{cells:,} cells without a record are not published" in text or cells == 0


def test_figures_can_be_drawn(published: Published) -> None:
    """A figure that fails does so at the end of a run, after all the work."""
    tables = published.tables
    for figure in (
        lsoa_map(tables["ml_risk_lsoa"], neighbourhoods()),
        grid_map(tables["ml_risk_grid"]),
        capture_curves(tables["ml_risk_backtest"]),
        calibration_plot(published.judged),
    ):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=30)
        assert buffer.tell() > 2_000
    shown = grid_map(tables["ml_risk_grid"]).axes[0].collections[0]
    assert len(shown.get_paths()) == tables["ml_risk_grid"]["cell_id"].nunique()
