"""What models of call priority read is watched in months of any size, and chance alone does not alarm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.monitoring import MEASURES
from ml.monitoring.call_inputs import CALL_INPUTS, call_input_drift
from ml.monitoring.reference import FEWEST_CALLS, stability_excess
from tests.unit.ml.planted_calls import BROKEN, MONTHS, incidents


def found(calls: pd.DataFrame) -> pd.DataFrame:
    """The measures of calls, a column each, by month."""
    rows = pd.DataFrame(
        call_input_drift(calls), columns=["measure", "agency", "month", "value", "start", "end"]
    )
    return rows.pivot(index="month", columns="measure", values="value")


@pytest.mark.parametrize("calls_a_month", [FEWEST_CALLS, 400])
def test_chance_alone_raises_no_alarm_in_months_of_any_size(calls_a_month: int) -> None:
    """A hundred calls of a dozen types lie 0.2 from the year before by chance: each month would alarm."""
    values = pd.concat([found(incidents(seed=seed, calls_a_month=calls_a_month)) for seed in range(8)])
    assert values.notna().all().all() and list(values) == sorted(CALL_INPUTS)
    assert (values < [MEASURES[name].alarm for name in values]).all().all()
    assert 0 < (values > 0).to_numpy().mean() < 0.1


@pytest.mark.parametrize(("classes", "size"), [(2, 100), (12, 100), (12, 1_000), (60, 1_000)])
def test_samples_of_one_mix_exceed_chance_one_time_in_twenty(classes: int, size: int) -> None:
    """A limit of chance that is too low cries wolf, and one that is too high hides what drifts."""
    random = np.random.default_rng(1)
    shares = np.linspace(1, 3, classes) / np.linspace(1, 3, classes).sum()
    draws = [(random.multinomial(12 * size, shares), random.multinomial(size, shares)) for _ in range(1_000)]
    exceeding = np.mean([stability_excess(*pair) > 0 for pair in draws])
    assert 0.025 < exceeding < 0.075


def test_a_mix_of_one_class_has_not_drifted_and_none_says_nothing() -> None:
    """An agency without officers' calls would never be measured, one without calls be called steady."""
    assert stability_excess([900, 0], [100, 0]) == 0
    assert np.isnan(stability_excess([0, 0], [100, 0]))


def test_places_are_cells_where_calls_have_coordinates() -> None:
    """An agency that publishes coordinates and no streets would have no place to watch."""
    calls = incidents().assign(street=None, cross_street=None)
    is_late = calls["called_at_local"] >= BROKEN
    calls["longitude"], calls["latitude"] = np.where(np.arange(len(calls)) % 2, -122.281, -122.3), 47.6
    assert found(calls)["call_place_mix_excess"].max() < 0.1
    moved = calls.assign(longitude=calls["longitude"].mask(is_late, -122.35))
    late = found(moved).loc[BROKEN]
    assert late["call_place_mix_excess"] > 1 and late["call_place_unseen_excess"] > 1


def test_how_many_new_streets_are_usual_is_known() -> None:
    """Each month has streets that a sample never showed before: a city with many would always alarm."""
    calls = incidents(calls_a_month=300)
    random = np.random.default_rng(2)
    number = pd.Series(random.integers(0, 20_000, len(calls)).astype(str))
    calls["street"] = calls["street"].mask(random.random(len(calls)) < 0.3, number + " ST")
    steady = found(calls)["call_place_unseen_excess"]
    assert steady.max() < 0.1
    is_late = (calls["called_at_local"] >= BROKEN) & (random.random(len(calls)) < 0.5)
    renamed = calls.assign(street=calls["street"].mask(is_late, "S " + calls["street"].fillna("")))
    assert found(renamed).loc[BROKEN, "call_place_unseen_excess"] > 0.25


def test_a_month_that_has_hardly_begun_is_not_judged_nor_judged_by() -> None:
    """The first week of a month would be held against whole ones, and stand for a month among them."""
    calls = incidents("call wording")
    is_begun = (calls["called_at_local"] < MONTHS[-1]) | (calls.groupby("agency").cumcount() % 5 == 0)
    measured = found(calls[is_begun])
    assert measured.index.max() == MONTHS[-2]
    is_thin = (calls["called_at_local"] < MONTHS[3]) & (calls.groupby("agency").cumcount() % 5 != 0)
    assert found(calls[~is_thin]).index.min() == MONTHS[9]


def test_one_agency_is_not_held_against_another() -> None:
    """Two cities word their calls in two ways: each would drift from the other."""
    other = incidents("call wording", seed=3).assign(agency="elsewhere")
    both = pd.DataFrame(call_input_drift(pd.concat([incidents(), other], ignore_index=True)))
    alone = pd.DataFrame(call_input_drift(incidents()))
    assert both[both[1] == "somewhere"].reset_index(drop=True).equals(alone)
