"""What the card of the risk tables says of levels: of what is published, and of nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from ml.risk.card import _left_out, _levels, _verdicts
from ml.risk.published import publish_risk
from ml.risk.study import Stretch, held_whole
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

SEASON = "ETS(A,N,A) and log-linear"
NAIVE: dict[str, Any] = {"kind": "period_mean", "periods": 1}


def levelled(form: str) -> dict[str, Any]:
    """What is stored of a champion that is scaled."""
    return {"kind": "levelled", "per_day": 1.0, "form": form, "parts": [NAIVE]}


def told(table: dict[str, tuple[Any, Any, Any, Any]]) -> str:
    """The text on stored champions: records and harm by LSOA, then by cell; a text is a form."""
    every = []
    for group, held in table.items():
        stored = [NAIVE if one is None else levelled(one) for one in held]
        for kind, (count, harm) in (("lsoa", stored[:2]), ("grid", stored[2:])):
            every.append((SimpleNamespace(area_kind=kind), SimpleNamespace(group=group, learned={})))
            every[-1][1].learned |= {"count": count, "harm": harm}
    return _levels(cast(Any, every))


def test_what_is_scaled_and_what_is_not_is_told_together() -> None:
    """A reader who takes a baseline's map for one that knows the season plans January as July."""
    table = {
        "all_crime": (SEASON, SEASON, SEASON, SEASON),
        "theft": (SEASON, SEASON, SEASON, SEASON),
        "burglary": (SEASON, "ETS(M,N,N)", SEASON, "ETS(M,N,N)"),
        "proactive": (None, None, None, None),
        "other": (None, None, SEASON, "mean"),
    }
    assert told(table) == (
        "Scaled to what the earlier months' sums over all areas foretell. "
        "By ETS(A,N,A) and log-linear: all_crime, theft; records of burglary; records by cell of other. "
        "By ETS(M,N,N): harm of burglary. "
        "By a year's mean: harm by cell of other. "
        "Not scaled, since a baseline is champion: proactive; records and harm by LSOA of other."
    )


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ((SEASON, SEASON, None, SEASON), "records by LSOA and harm"),
        ((SEASON, SEASON, SEASON, None), "harm by LSOA and records"),
        ((SEASON, None, None, SEASON), "harm by cell and records by LSOA"),
    ],
)
def test_no_part_is_read_as_another(held: tuple[Any, Any, Any, Any], text: str) -> None:
    """'Records and harm by LSOA' would say of records by cell what holds of none."""
    assert f"By {SEASON}: {text} of theft." in told({"theft": held, "other": (None, None, None, None)})


def test_the_card_of_a_run_says_it() -> None:
    """A list of forms beside champions that no form has scaled was what the card said of a first run."""
    table = records(months_of(4), 90)
    stretch = held_whole(pd.DataFrame({"force_slug": "a", "crime_month": table["crime_month"].unique()}))
    assert stretch is not None
    published = publish_risk(
        table, neighbourhoods(), stretch, models="light", version="1", harm_scheme="seed_article"
    )
    assert "Not scaled, since a baseline is champion: every group." in published.card.features
    assert not any("ETS" in feature or "foretell" in feature for feature in published.card.features)
    assert [limit for limit in published.card.limits if "mean_12" in limit] == [
        "Every group and kind of area: no backtest: 4 months are too few; mean_12 by default."
    ]
    # The card that this one would send a reader to is not in a release without a backtest.
    assert not any("errors_by_group" in said for said in published.card.fairness)


def test_forces_that_are_left_out_are_named_with_the_reason() -> None:
    """A force without a map would look as if it had no crime to come."""
    stretch = Stretch(("a",), months_of(18), {"ended": 0, "joins": 5}, 0)
    assert _left_out([], stretch) == (
        "without ended, whose newest month is not held; "
        "without joins, of which 5 months in a row are too few for a backtest of all"
    )


def test_verdicts_that_differ_stand_apart() -> None:
    """A group's own champion would be told of its neighbours."""
    every = [
        (SimpleNamespace(area_kind=kind), SimpleNamespace(group=group, verdict=verdict))
        for kind, group, verdict in (
            ("lsoa", "theft", "same"),
            ("lsoa", "burglary", "won"),
            ("grid", "theft", "same"),
        )
    ]
    assert _verdicts(cast(Any, every)) == [
        "neighbourhoods (LSOA 2021), theft; 250 m cells, theft: same.",
        "neighbourhoods (LSOA 2021), burglary: won.",
    ]
