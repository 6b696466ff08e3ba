"""Forecasts of real counts: the published champion is never worse than the seasonal naive forecast."""

from __future__ import annotations

import json

import duckdb
import pandas as pd
import pytest

from ml.common.document import write_document
from ml.forecast import fit_all
from ml.forecast.artefact import as_document, from_document
from ml.forecast.backtest import BASELINES
from ml.forecast.scores import scores_by_horizon
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

_FORCES = ("avon-and-somerset", "bedfordshire", "city-of-london")


@pytest.fixture(scope="module")
def monthly() -> pd.DataFrame:
    """Records by month of each force, and of the City before its gap as a series of its own."""
    parts = []
    for force in _FORCES:
        files = str(REAL_FILES / "police" / "archive" / "*" / f"*-{force}-street.csv.gz")
        parts.append(
            duckdb.execute(
                """
                select ? as series, strptime("Month", '%Y-%m') as month, count(*)::double as crime_count
                from read_csv(?, header = true, all_varchar = true, union_by_name = true)
                group by all order by month
                """,
                [force, files],
            ).df()
        )
    frame = pd.concat(parts, ignore_index=True)
    early = frame[(frame["series"] == "city-of-london") & (frame["month"] < "2021-01-01")]
    return pd.concat([frame, early.assign(series="city-of-london-to-2020")], ignore_index=True)


def test_champion_is_no_worse_than_the_seasonal_naive_forecast(monthly: pd.DataFrame) -> None:
    """A model that a copy of last year beats must not be published, on real months least of all."""
    found = fit_all(monthly, measure="crime_count")
    forecast, backtest, scores = found.forecast, found.backtest, found.scores
    print(scores.drop(columns=["note", "level"]).round(3).to_string())
    print(scores_by_horizon(backtest, scores, "crime_count").round(2).to_string())
    assert len(forecast) == 12 * monthly["series"].nunique()
    for series, rows in scores.groupby("series"):
        champion = rows[rows["is_champion"]].iloc[0]
        naive = rows[rows["model"].isin(BASELINES)]
        assert champion["model"] in BASELINES or champion["mase"] < naive["mase"].min(), series
        assert champion["mase"] <= naive["mase"].min() + 1e-12, series
    kinds = forecast.groupby("series")["history_kind"].first()
    assert kinds["avon-and-somerset"] == "short" and kinds["city-of-london"] == "gappy"
    assert kinds["bedfordshire"] == "long"
    # What is stored of real months must give the published rows, to the last bit.
    again = from_document(json.loads(write_document(as_document(found.models)))).forecast(12)
    pd.testing.assert_frame_equal(again, forecast, check_exact=True)


def test_lockdown_is_taken_out_of_the_months_that_models_see(monthly: pd.DataFrame) -> None:
    """Half of the City's crime was gone in the spring of 2020: no model may take that for the level."""
    from ml.forecast.interventions import without_interventions

    city = monthly[monthly["series"] == "city-of-london-to-2020"].sort_values("month")
    months, values = pd.DatetimeIndex(city["month"]), city["crime_count"].to_numpy()
    stretch = months >= "2018-04-01"
    adjusted, note = without_interventions(months[stretch], values[stretch])
    spring = (months[stretch] >= "2020-04-01") & (months[stretch] <= "2020-06-01")
    assert "first lockdown" in note
    assert adjusted[spring].mean() > 1.5 * values[stretch][spring].mean()
    untouched = months[stretch] < "2020-04-01"
    assert (adjusted[untouched] == values[stretch][untouched]).all()
