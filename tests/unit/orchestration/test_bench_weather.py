"""The benchmark of weather: a benefit that is there must be found, and nothing of the future be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.forecast.series import Stretch
from orchestration.bench_weather import _LAGS, _PLAIN, errors, read_station, report, unusual

STATION = """Somewhere
Missing data (more than 2 days missing in month) is marked by  ---.
   yyyy  mm   tmax    tmin      af    rain     sun
              degC    degC    days      mm   hours
   2020   1    7.4*    1.6       9    61.8    ---
   2020   2    ---     5.0       2    58.0    35.4#  Provisional
"""


def test_a_station_is_read_as_it_is_published(tmp_path: Path) -> None:
    """A mark taken for a figure, or a gap for nought, would be weather that never was."""
    path = tmp_path / "station.txt"
    path.write_text(STATION)
    read = read_station(path)
    assert read.index.tolist() == [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-02-01")]
    assert read["tmax_c"].iloc[0] == 7.4 and np.isnan(read["tmax_c"].iloc[1])
    assert read["rain_mm"].tolist() == [61.8, 58.0]


def test_what_is_usual_is_known_before(weather: pd.DataFrame) -> None:
    """A mean that holds the month itself, or later ones, could not have been had at the origin."""
    changed = weather.copy()
    changed.iloc[-1] += 50.0
    before, after = unusual(weather), unusual(changed)
    pd.testing.assert_frame_equal(before.iloc[:-1], after.iloc[:-1])
    assert (after.iloc[-1] - before.iloc[-1]).tolist() == pytest.approx([50.0, 50.0])


def test_weather_that_matters_is_found_and_other_is_not(weather: pd.DataFrame) -> None:
    """A benchmark that finds no gain of anything would rule weather out for ever."""
    months = pd.date_range("2018-01-01", periods=60, freq="MS")
    away = unusual(weather)
    random = np.random.default_rng(3)
    for effect, is_found in ((0.1, True), (0.0, False)):
        mean = 500 * np.exp(effect * away["tmax_c"].reindex(months).to_numpy())
        found = errors(Stretch(months, random.poisson(mean).astype(float), ""), away)
        assert len(found) == 45
        known, plain = found[next(iter(_LAGS))].mean(), found[_PLAIN].mean()
        assert (known < 0.5 * plain) == is_found
    text = report(found.rename_axis("month").reset_index().assign(series="bedfordshire all", end="x"))
    assert text.splitlines()[2].startswith("| all | 1 | 45 | 0.0")


@pytest.fixture
def weather() -> pd.DataFrame:
    """Forty years of months with a season and chance."""
    months = pd.date_range("1983-01-01", periods=480, freq="MS")
    random = np.random.default_rng(2)
    warm = 14 - 8 * np.cos(2 * np.pi * (months.month.to_numpy() - 1) / 12) + random.normal(0, 2, 480)
    return pd.DataFrame({"tmax_c": warm, "rain_mm": random.gamma(4, 15, 480)}, months)
