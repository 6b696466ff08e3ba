"""The audit pack's fairness part: what is drawn of each table, and that nothing else is."""

from __future__ import annotations

import pytest

from orchestration.publishing.audit_pack.fairness import FairnessTable, fairness_tables
from orchestration.publishing.audit_pack.pack import _environment
from tests.unit.ml.fairness_tables import fairness_tables as made_tables

MEASURES = {
    "ml_fairness_stops": ["rate_ratio"],
    "ml_fairness_stop_rates": ["rate_ratio", "stop_share", "hit_rate", "hit_rate_difference"],
    "ml_fairness_models": ["ratio_to_everyone", "flagged_share"],
    "ml_fairness_errors": [
        "metric_value",
        "metric_value",
        "ratio_to_everyone",
        "metric_value",
        "metric_value",
    ],
    "ml_fairness_composition": ["ratio_to_all_areas"],
    "ml_fairness_frontier": ["captured_share", "disparity_points"],
    "ml_fairness_feedback": ["group_patrol_share"],
}


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FairnessTable]:
    """The fairness tables of a release, by name."""
    release = tmp_path_factory.mktemp("release")
    (release / "tables").mkdir()
    (release / "audit").mkdir()
    for name, frame in made_tables().items():
        frame.to_parquet(release / "tables" / f"{name}.parquet")
    return {audit.name: audit for audit in fairness_tables(release, release / "audit")}


def test_every_table_is_drawn_by_the_measures_that_say_most(audits: dict[str, FairnessTable]) -> None:
    """A table without a plot, or with that of its first column, is one that nobody reads."""
    assert {name: [one.measure for one in audit.drawn] for name, audit in audits.items()} == MEASURES
    assert all(one.plots for name, audit in audits.items() for one in audit.drawn)


def test_only_whole_forces_are_drawn_of_stop_rates(audits: dict[str, FairnessTable]) -> None:
    """Rows of districts under the same names as those of their force would read as contradictions."""
    ratio = audits["ml_fairness_stop_rates"].drawn[0]
    ethnic = ["officer_defined_ethnicity", "self_defined_ethnicity"]
    # Nobody of an age range but one was searched here, so that ages have no ratio to be drawn.
    assert [plot.title for plot in ratio.plots] == ["gender", *ethnic]
    marks = {mark.label: mark for mark in ratio.plots[2].marks}
    assert len(marks) == 6
    assert marks["bedfordshire, Black"].x > marks["bedfordshire, White"].x == ratio.plots[2].reference_x
    assert marks["bedfordshire, Other"].x is None


def test_values_without_intervals_are_drawn_as_dots(audits: dict[str, FairnessTable]) -> None:
    """The frontier has no intervals: a line of no length, or none at all, would be drawn for them."""
    captured = audits["ml_fairness_frontier"].drawn[0]
    assert not captured.has_interval and len(captured.plots) == 6
    assert all(mark.x is not None and mark.x_lower is None for mark in captured.plots[0].marks)
    assert captured.reference is None and audits["ml_fairness_frontier"].drawn[1].reference == 0.0


def test_errors_are_drawn_by_metric_and_not_all_on_one_axis(audits: dict[str, FairnessTable]) -> None:
    """Shares and numbers per 1,000 on one axis would leave the shares a line at 0."""
    shares, calibration, ratios, *of_harm = audits["ml_fairness_errors"].drawn
    for drawn, measure in ((calibration, "crime_count"), (of_harm[1], "harm_days")):
        assert [plot.title for plot in drawn.plots] == [
            f"{measure}, expected_to_recorded_ratio, ethnic_group",
            f"{measure}, expected_to_recorded_ratio, imd_2025_decile",
        ]
    assert {mark.label.partition(", ")[0] for plot in of_harm[0].plots for mark in plot.marks} == {
        "all_crime"
    }
    assert {plot.title.split(", ")[1] for plot in shares.plots} == {
        "false_alarm_per_1000",
        "false_discovery_share",
        "missed_share",
    }
    assert {mark.label.partition(", ")[0] for plot in shares.plots for mark in plot.marks} == {
        "burglary",
        "violence_robbery",
    }
    assert ratios.reference == 1.0 and ratios.has_interval
    made_of = audits["ml_fairness_composition"].drawn[0]
    assert len(made_of.plots) == 6 and made_of.reference == 1.0


def test_page_shows_every_plot(audits: dict[str, FairnessTable]) -> None:
    """A plot that the template leaves out was made for nothing."""
    template = _environment(is_synthetic=True).get_template("part_audits.html.j2")
    page = template.render(audits=audits.values(), gates=[], cards=[], has_validation=False)
    assert page.count('<svg class="plot"') == sum(
        len(one.plots) for audit in audits.values() for one in audit.drawn
    )
    assert "captured_share</code>." in page and "rate_ratio</code> with its interval" in page


def test_tenths_stand_in_the_order_of_their_numbers(audits: dict[str, FairnessTable]) -> None:
    """Decile 10 between 1 and 2 makes a slope of deprivation unreadable."""
    plots = [plot for audit in audits.values() for one in audit.drawn for plot in one.plots]
    drawn = [[mark.label.rpartition(", ") for mark in plot.marks] for plot in plots if "decile" in plot.title]
    assert any(len(labels) > 9 for labels in drawn)
    for labels in drawn:
        assert labels == sorted(labels, key=lambda parts: (parts[0], int(parts[2])))
