"""The long table says what its sources say: every row, every figure, every silence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.common.fairness_sources import SOURCE_TABLES, SOURCES
from ml.fairness.long_figure import ratio_map
from ml.fairness.long_table import long_table
from tests.unit.ml.fairness_tables import fairness_tables

KEY = ["attribute", "group_name"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The long table of a force with small groups."""
    return fairness_tables()["ml_fairness_groups"]


def test_every_row_of_every_source_is_there_once_for_each_figure(table: pd.DataFrame) -> None:
    """A group that is left out where models are compared looks as if none affected it."""
    for name in SOURCE_TABLES:
        figures = sum(source.table == name for source in SOURCES)
        assert (table["source_table"] == name).sum() == figures * len(fairness_tables()[name])


def test_a_figure_is_the_source_s_own(table: pd.DataFrame) -> None:
    """Two tables of one release that differ leave nobody a figure to rely on."""
    searches = fairness_tables()["ml_fairness_stop_rates"].set_index(KEY)
    own = table[table["metric"] == "hit_rate"].set_index(KEY).loc[searches.index]
    for long, source in (
        ("metric_value", "hit_rate"),
        ("metric_value_upper", "hit_rate_upper"),
        ("disparity", "hit_rate_difference"),
        ("disparity_lower", "hit_rate_difference_lower"),
    ):
        np.testing.assert_array_equal(own[long].to_numpy(), searches[source].to_numpy())
    assert own["metric_value"].notna().any()
    assert (own["is_suppressed"].to_numpy() == searches["is_hit_rate_suppressed"].to_numpy()).all()


def test_maps_of_harm_and_of_records_are_told_apart(table: pd.DataFrame) -> None:
    """An error of the map of harm read as one of records would be judged by the wrong bound."""
    errors = fairness_tables()["ml_fairness_errors"]
    for measure, model in (("crime_count", "risk_crime"), ("harm_days", "risk_harm")):
        own = table[(table["source_table"] == "ml_fairness_errors") & (table["model"] == model)]
        expected = errors.loc[errors["measure"] == measure, "metric_value"]
        assert own["metric_value"].sum() == pytest.approx(expected.sum())


def test_nothing_of_nothing_is_no_figure(table: pd.DataFrame) -> None:
    """0/0 shown as 0 would say that a group nobody lives in is treated best."""
    undefined = table[(table["whole_amount"] == 0) & ~table["is_suppressed"].astype(bool)]
    assert len(undefined) and undefined["metric_value"].isna().all()


def test_the_reference_group_is_its_own_measure(table: pd.DataFrame) -> None:
    """A ratio to another group than the one that is named is another statement."""
    own = table[(table["group_name"] == table["reference_group"]) & (table["disparity_kind"] == "ratio")]
    assert len(own) and (own["disparity"].dropna() == 1).all()


def test_the_first_table_of_searches_is_told_by_the_second(table: pd.DataFrame) -> None:
    """It is no source, since another says the same: a ratio of its own would be lost."""
    stops = fairness_tables()["ml_fairness_stops"]
    stops = stops[stops["force_slug"] == "bedfordshire"]
    stops = stops.assign(attribute=stops["ethnicity_basis"] + "_ethnicity").set_index(KEY)
    own = table[table["metric"] == "searches_per_1000"].set_index(KEY).loc[stops.index]
    for long, first in (("metric_value", "rate_per_1000"), ("disparity", "rate_ratio")):
        np.testing.assert_allclose(own[long], stops[first])
    assert stops["rate_ratio"].notna().any()


def test_the_first_table_of_hotspots_is_told_by_that_of_maps(table: pd.DataFrame) -> None:
    """It is no source either, for the same reason."""
    exposure = fairness_tables()["ml_fairness_hotspot_exposure"].set_index(KEY)
    own = table[table["model"] == "hotspots"].set_index(KEY).loc[exposure.index]
    for long, first in (("metric_value", "exposed_share"), ("disparity", "disparity_ratio")):
        np.testing.assert_allclose(own[long], exposure[first])
    assert exposure["disparity_ratio"].notna().any()


def test_figure_of_a_withheld_group_breaks_the_contract(table: pd.DataFrame) -> None:
    """What one table withholds must not be read from the other."""
    shown = table.assign(metric_value=table["metric_value"].fillna(0.5))
    assert table["is_suppressed"].astype(bool).any()
    with pytest.raises(ContractError, match="withheld"):
        conform(shown, CONTRACTS["ml_fairness_groups"])


def test_every_null_has_its_reason(table: pd.DataFrame) -> None:
    """A blank that may be a small group, unknown residents or 0/0 is read as whichever suits."""
    for value, reason in (("metric_value", "null_reason"), ("disparity", "disparity_null_reason")):
        assert (table[value].isna() == table[reason].notna()).all()
    is_withheld = table["is_suppressed"].astype(bool)
    assert ((table["null_reason"] == "withheld") == is_withheld).all()
    others = table[~is_withheld].dropna(subset="null_reason").groupby("metric")["null_reason"]
    told = {str(metric): set(own) for metric, own in others}
    assert told["searches_per_1000"] == {"residents_unknown"}
    assert told["inferred_threshold"] == {"residents_unknown", "not_worked_out", "not_defined"}
    assert told["false_discovery_share"] == told["coverage_80_share"] == {"not_defined"}
    unknown = table[table["null_reason"] == "residents_unknown"]
    assert set(unknown["group_name"]) == {"Not stated"}
    elsewhere = table[table["null_reason"] == "not_worked_out"]
    assert (elsewhere["attribute"].isin(["age_range", "gender"])).all()


def test_what_is_not_compared_says_why(table: pd.DataFrame) -> None:
    """A ratio that is not there for want of a reference reads as one that nobody looked at."""
    reason = table["disparity_null_reason"]
    assert (table.loc[reason == "not_compared", "disparity_kind"] == "none").all()
    own = table[reason == "is_reference"]
    assert set(own["metric"]) == {"hit_rate", "find_rate", "inferred_threshold"}
    assert (own["group_name"] == own["reference_group"]).all()
    key = ["source_table", "model", "force_slug", "area_code", "category", "selected_areas", "metric"]
    key += ["attribute", "reference_group"]
    lacking = table[reason == "reference_has_none"].merge(
        table.assign(reference_group=table["group_name"]), on=key, how="left", suffixes=("", "_of_reference")
    )
    assert len(lacking) == (reason == "reference_has_none").sum() > 0
    assert (lacking["metric_value_of_reference"].fillna(0) == 0).all()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"null_reason": None}, "null_reason of"),
        ({"disparity_null_reason": "not_compared"}, "disparity_null_reason of"),
        ({"null_reason": "secret"}, "is not one of"),
    ],
)
def test_a_null_without_its_reason_breaks_the_contract(
    table: pd.DataFrame, changed: dict[str, str | None], problem: str
) -> None:
    """A reason that is lost on the way leaves blanks that nobody can tell apart."""
    with pytest.raises(ContractError, match=problem):
        conform(table.assign(**changed), CONTRACTS["ml_fairness_groups"])


def test_without_a_source_nothing_is_made() -> None:
    """A long table of some of the sources would pass for one of all."""
    tables = {name: frame for name, frame in fairness_tables().items() if name != "ml_fairness_models"}
    with pytest.raises(KeyError, match="ml_fairness_models"):
        long_table(tables)


def test_picture_marks_what_is_clear_of_chance(table: pd.DataFrame) -> None:
    """A ratio within chance that stands out like a clear one would be read as a finding."""
    one = table[(table["model"] == "risk_crime") & (table["selected_areas"] == "top_5_percent")]
    one = one[(one["metric"] == "flagged_share") & (one["attribute"] == "ethnic_group")]
    one = one[one["group_name"].isin(["Black", "Asian"])].sort_values("group_name")
    one = one.assign(disparity=2.0, disparity_lower=[0.5, 1.5], disparity_upper=3.0)
    texts = ratio_map(one).axes[0].texts
    assert [text.get_weight() for text in texts] == ["normal", "bold"]


def test_picture_of_no_figures_is_drawn() -> None:
    """A first release, with too few months for any map, would fail on its picture."""
    assert not ratio_map(fairness_tables()["ml_fairness_groups"].iloc[:0]).axes[0].texts
