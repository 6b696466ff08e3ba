"""The benchmark of the level: which months are judged by what, and what an interval takes for evidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ml.risk.level import levels_of
from orchestration import bench_forecast
from orchestration.bench_risk import police
from orchestration.bench_risk.__main__ import main
from orchestration.bench_risk.level import CHOSEN, MEAN, SMOOTHED, Errors, errors_of, history_of, paired

NAMES = (MEAN, SMOOTHED, "regression", "mean of the two", CHOSEN)


def series(seed: int, months: int = 27, first: str = "2021-01") -> pd.Series:
    """Some 50 a month, by chance."""
    index = pd.date_range(first, periods=months, freq="MS")
    return pd.Series(np.random.default_rng(seed).poisson(50, months).astype(float), index)


def errors(source: str, gap: np.ndarray, first: str = "2023-01") -> Errors:
    """A series whose smoothing errs by a gap more than the mean of twelve."""
    return Errors(source, first, {MEAN: np.ones(len(gap)), SMOOTHED: 1 + gap})


def test_each_month_is_judged_by_what_was_known_before_it() -> None:
    """An origin too late would let every candidate see the month that it is judged by."""
    months = series(1)
    history = history_of(months)
    (found,) = errors_of({"Town theft quarter": history})
    assert (found.source, found.first, found.count) == ("Town theft", "2023-01", 3)
    assert tuple(found.by_name) == NAMES
    days = pd.DatetimeIndex(months.index).days_in_month.to_numpy()
    known = levels_of({"theft": history})["theft"].per_day
    for place in range(3):
        month = 24 + place
        year = slice(month - 12, month)
        rate = months.iloc[year].sum() / days[year].sum()
        of_year = abs(rate * days[month] - months.iloc[month]) / months.mean()
        assert found.by_name[MEAN][place] == pytest.approx(of_year)
        published = known[float(history.bounds[month])] * days[month]
        assert found.by_name[CHOSEN][place] == pytest.approx(
            abs(published - months.iloc[month]) / months.mean()
        )
    (first,) = errors_of({"Town theft quarter": history}, most=1)
    assert first.by_name[CHOSEN] == pytest.approx(found.by_name[CHOSEN][:1])


def test_the_mean_of_the_two_lies_between_them() -> None:
    """A candidate that is another under its name would be chosen or passed over for nothing."""
    (found,) = errors_of({"Town theft": history_of(series(2, 40))})
    one, other, both = (found.by_name[name] for name in (SMOOTHED, "regression", "mean of the two"))
    assert not np.allclose(one, other)
    # Where both miss to the same side the mean's error is the errors' mean.
    assert np.isclose(both, (one + other) / 2).any() and (both <= (one + other) / 2 + 1e-12).all()


def test_quarters_of_a_city_are_no_more_evidence_than_the_city() -> None:
    """Series that miss the same months, drawn one by one, make any difference look certain."""
    gaps = np.random.default_rng(3).normal(0.1, 0.4, (6, 36))
    alone = [errors(f"City {place}", gap) for place, gap in enumerate(gaps)]
    copied = [one for one in alone for _ in range(4)]
    once, often = (paired(own, SMOOTHED, MEAN) for own in (alone, copied))
    assert once.value == pytest.approx(gaps.mean())
    assert (often.lower, often.upper) == (pytest.approx(once.lower), pytest.approx(once.upper))
    assert once.lower < once.value < once.upper
    # As sources of their own the copies would halve it.
    apart = [Errors(f"{one.source} {place}", one.first, one.by_name) for place, one in enumerate(copied)]
    told = paired(apart, SMOOTHED, MEAN)
    assert told.upper - told.lower < 0.75 * (once.upper - once.lower)


def test_one_city_that_gains_is_not_all_that_gain() -> None:
    """Months alone are certain of a gain that a single one of seven cities has."""
    few = [errors(f"City {place}", np.zeros(36)) for place in range(6)]
    gap = paired([*few, errors("Other city", np.full(36, -1.0))], SMOOTHED, MEAN)
    assert gap.value == pytest.approx(-1 / 7)
    assert gap.lower < -0.25 and gap.upper == 0
    assert not gap.is_clear


def test_each_series_weighs_the_same_and_stretches_are_drawn_apart() -> None:
    """A long series, or one in several stretches, would decide alone."""
    parts = [errors("City A", np.full(36, 0.2)), errors("City A", np.full(36, 0.4), "2019-01")]
    gap = paired([*parts, errors("City B", np.full(12, 0.6))], SMOOTHED, MEAN)
    assert gap.value == pytest.approx(0.4)
    # All of the one city, or all of the other.
    assert (gap.lower, gap.upper) == (pytest.approx(0.3), pytest.approx(0.6))


def test_the_command_prints_every_candidate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A row that is left out would be a claim that nobody sees."""
    made = {
        "Oakland drugs": series(4, 25, "2009-12"),
        "Town theft north": series(5),
        "Town theft": series(6),
    }
    monkeypatch.setattr(bench_forecast, "american_series", lambda _: iter(made.items()))
    monkeypatch.setattr(
        police, "read_histories", lambda *_: (history_of(series(7, 32, "2018-04")), None, "no note")
    )
    result = CliRunner().invoke(main, ["level", "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "3 series of 2 sources, 7 months." in result.output
    rows = [line.split(" | ") for line in result.output.splitlines() if line.startswith("| ")]
    compared, sources = rows[:7], rows[7:]
    assert tuple(row[0][2:] for row in compared[2:]) == NAMES
    assert [row[:3] for row in sources[2:]] == [["| Oakland drugs", "1", "1"], ["| Town theft", "2", "6"]]
    assert [row[2 + place].rstrip(" |") for place, row in ((0, compared[2]), (1, compared[3]))] == ["–", "–"]
    assert "city-of-london, 8 months from 2020-04 on, without an interval: mean of twelve 0." in result.output
