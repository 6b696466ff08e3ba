"""Forecasts that the backtest keeps by neighbourhood: of whom, made of what, and blind to what came later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, conform
from ml.common.crime_groups import ALL_CRIME, GROUP_NAMES
from ml.risk.backtest import EVERY_FORCE
from ml.risk.candidates import DEFAULT, candidates
from ml.risk.judged import MEMORY, Judged, judge, pick, picked_on_the_day
from ml.risk.spread import expect
from ml.risk.study import FEWEST_ORIGINS, SHORTEST, Study, lsoa_study
from ml.risk.tables import kept_table
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

MONTHS = 21
CHANGED = 3


def judged_of(table: pd.DataFrame) -> tuple[Study, list[Judged]]:
    """Judge the neighbourhoods of some records."""
    study = lsoa_study(table, neighbourhoods(), months_of(MONTHS))
    return study, judge(study)


@pytest.fixture(scope="module")
def own(one_thread: None) -> tuple[Study, list[Judged]]:
    """Twenty-one months: nine origins."""
    return judged_of(records(months_of(MONTHS), 5))


def test_each_month_group_and_area_is_kept_with_what_came(own: tuple[Study, list[Judged]]) -> None:
    """An area that is left out would pass for one that no map flags; a record counted twice for a miss."""
    study, judged = own
    table = conform(kept_table(study, judged), CONTRACTS["ml_risk_backtest_lsoa"])
    assert len(table) == (MONTHS - SHORTEST) * len(GROUP_NAMES) * 25
    raw = records(months_of(MONTHS), 5)
    later = raw[raw["crime_month"] >= months_of(MONTHS)[SHORTEST].astype("datetime64[s]")]
    came = later.groupby(["crime_month", "lsoa_code"])["crime_count"].sum()
    whole = table[table["crime_group"] == ALL_CRIME].set_index(["forecast_month", "lsoa_code"])
    kept = whole["recorded_crime_count"].astype(int)
    assert kept[kept > 0].sort_index().to_list() == came.sort_index().to_list()
    parts = table[table["crime_group"] != ALL_CRIME]
    assert parts["recorded_crime_count"].sum() == kept.sum()
    for part in (whole, parts):
        assert part["recorded_harm_days"].sum() == pytest.approx(later["harm_days"].sum())


def test_the_model_is_the_one_of_the_day(own: tuple[Study, list[Judged]]) -> None:
    """A champion of all origins has seen the months by which its errors are told, and flatters itself."""
    study, judged = own
    for one in judged:
        assert one.kept is not None
        scores = one.scores[one.scores["force_slug"] == EVERY_FORCE]
        ends = sorted(scores["end_day"].unique())
        assert one.kept.models[0] == DEFAULT
        last = scores[scores["end_day"] < ends[-1]]
        assert one.kept.models[-1] == pick(last)[0]
    whole = judged[GROUP_NAMES.index(ALL_CRIME)]
    assert whole.kept is not None
    history = study.counts[ALL_CRIME]
    start, end = (float(bound) for bound in history.bounds[-2:])
    pairs = ((history, whole.kept.counts[-1].mean), (study.harm[ALL_CRIME], whole.kept.expected_harm[-1]))
    for known, kept in pairs:
        model = next(model for model in candidates("lsoa", "light") if model.name == whole.kept.models[-1])
        assert kept == pytest.approx(model.fit(known.before(start)).predict(end))


def test_intervals_are_those_that_would_have_been_published(own: tuple[Study, list[Judged]]) -> None:
    """Intervals that know the errors of their own month cover as much as one likes."""
    study, judged = own
    whole = judged[GROUP_NAMES.index(ALL_CRIME)]
    assert whole.kept is not None
    # The last month's forecast, made by whoever had only the months before it.
    earlier = lsoa_study(records(months_of(MONTHS), 5), neighbourhoods(), months_of(MONTHS)[:-1])
    model = next(model for model in candidates("lsoa", "light") if model.name == whole.kept.models[-1])
    said = expect(model, earlier.counts[ALL_CRIME], earlier.until, holdouts=MEMORY)
    table = kept_table(study, judged)
    is_last = table["forecast_month"] == table["forecast_month"].max()
    rows = table[is_last & (table["crime_group"] == ALL_CRIME)]
    assert rows["expected_crime_count"].to_numpy() == pytest.approx(said.mean)
    for level, (lower, upper) in said.bounds.items():
        words = round(100 * level)
        assert rows[f"crime_count_lower_{words}"].to_numpy() == pytest.approx(lower)
        assert rows[f"crime_count_upper_{words}"].to_numpy() == pytest.approx(upper)


def test_a_winner_of_hindsight_is_not_picked_before_it_won() -> None:
    """A model that is best from the ninth month on must not be shown as if anybody had known in the first."""
    origins = [float(day) for day in range(14)]
    figures = {"naive": [3.0] * 14, DEFAULT: [2.0] * 14, "seasonal_naive": [2.5] * 14, "mixture": [1.0] * 14}
    scores = pd.DataFrame(
        [(name, day, day + 1, figures[name][int(day)]) for name in figures for day in origins],
        columns=["model", "origin_day", "end_day", "poisson_deviance"],
    )
    names = picked_on_the_day(scores, origins)
    assert names == [DEFAULT] * FEWEST_ORIGINS + ["mixture"] * (14 - FEWEST_ORIGINS)


def test_another_future_changes_nothing_that_was_kept_before(own: tuple[Study, list[Judged]]) -> None:
    """A forecast or a choice that hangs on later months is no forecast."""
    months = months_of(MONTHS)
    raw = records(months, 5)
    is_late = raw["crime_month"].to_numpy().astype("datetime64[M]") >= months[-CHANGED]
    moved = np.where(is_late, np.roll(raw["lsoa_code"].to_numpy(dtype=object), 7), raw["lsoa_code"])
    other = judged_of(raw.assign(lsoa_code=moved, crime_count=np.where(is_late, 3, 1)))
    key = ["forecast_month", "crime_group", "lsoa_code"]
    first, again = (kept_table(*one).set_index(key).sort_index() for one in (own, other))
    # The first changed month is forecast before anything of it is known.
    cut = months[-CHANGED].astype("datetime64[s]")
    is_before = first.index.get_level_values("forecast_month") <= cut
    bounds = [name for name in first.columns if name.startswith("crime_count_")]
    columns = ["model", "expected_crime_count", "expected_harm_days", *bounds]
    assert len(bounds) == 4
    pd.testing.assert_frame_equal(first.loc[is_before, columns], again.loc[is_before, columns])
    assert not first.loc[~is_before, columns].equals(again.loc[~is_before, columns])


def test_no_origin_keeps_nothing() -> None:
    """Twelve months have no backtest: the table is empty, and the job goes on."""
    study = lsoa_study(records(months_of(SHORTEST), 5), neighbourhoods(), months_of(SHORTEST))
    assert kept_table(study, judge(study)).empty
