"""Every model that the job offers goes the way of the published tables, and none is left out of them."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

import ml.risk.candidates
import ml.risk.judged
from ml.common.contracts import CONTRACTS, conform
from ml.common.crime_groups import ALL_CRIME
from ml.risk.candidates import BASELINES, candidates
from ml.risk.learners import Boosted, Forest, SupportVector
from ml.risk.published import Published, publish_risk
from ml.risk.study import held_whole
from tests.unit.ml.broken_rules import broken_rules
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

pytestmark = pytest.mark.usefixtures("one_thread")
#: What an analyst would ask for by name, and the model that answers.
SYSTEMS = {
    "last month": "naive",
    "mean of twelve months": "mean_12",
    "same month last year": "seasonal_naive",
    "kernel density": "kernel",
    "empirical Bayes": "empirical_bayes_365",
    "near repeat": "near_repeat",
    "self-exciting": "self_exciting_730",
    "risk terrain": "risk_terrain",
    "boosted trees": "boosted",
    "random forest": "forest",
    "support vectors": "support_vector",
    "ensemble of counts": "mixture",
    "ensemble with learners": "mixture_learners",
}


@pytest.fixture(scope="module")
def published() -> Published:
    """Thirteen months of a few neighbourhoods by the full list; learners are small, so as to be quick."""
    lsoas = neighbourhoods().head(10)
    table = records(months_of(13), 96)
    table = table[table["lsoa_code"].isin(lsoas["lsoa_code"])]
    stretch = held_whole(pd.DataFrame({"force_slug": "a", "crime_month": table["crime_month"].unique()}))
    assert stretch is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml.risk.judged, "GROUP_NAMES", (ALL_CRIME,))
        patch.setattr(ml.risk.candidates, "Boosted", partial(Boosted, rounds=5))
        patch.setattr(ml.risk.candidates, "Forest", partial(Forest, trees=3))
        patch.setattr(ml.risk.candidates, "SupportVector", partial(SupportVector, landmarks=5))
        return publish_risk(table, lsoas, stretch, models="full", version="1", harm_scheme="seed_article")


@pytest.mark.parametrize("kind", ["lsoa", "grid"])
def test_every_system_has_its_row(published: Published, kind: str) -> None:
    """A system that is not in the table was not beaten, whatever is said of the winner."""
    table = published.tables["ml_risk_backtest"]
    own = table[(table["area_kind"] == kind) & (table["crime_group"] == ALL_CRIME)]
    assert set(own["model"]) == {model.name for model in candidates(kind, "full")}
    assert set(SYSTEMS.values()) <= set(own["model"])
    for metric in ("poisson_deviance", "mean_absolute_error", "hit_rate", "pai", "pei"):
        judged = own[own["metric"] == metric]
        assert set(judged["model"]) == set(own["model"]), metric
        assert judged["metric_value"].notna().all(), metric


def test_the_full_list_keeps_contracts_and_rules(published: Published) -> None:
    """A name that the contract does not know would fail the run after an hour of fitting."""
    for name, frame in published.tables.items():
        conform(frame, CONTRACTS[name])
        assert broken_rules(name, published.tables) == []
    assert set(published.tables["ml_risk_lsoa"]["model"]) <= set(BASELINES)


def test_the_light_list_is_part_of_the_full_one() -> None:
    """A model that competes by default alone would have no figure beside those of the full list."""
    light, full = ([model.name for model in candidates("grid", kind)] for kind in ("light", "full"))
    assert set(light) < set(full)
    assert len(set(full)) == len(full)
