"""The audit pack's fairness part: what is drawn of each table, and that nothing else is."""

from __future__ import annotations

import pytest

from orchestration.publishing.audit_pack.drawings import Drawing, drawings_of
from orchestration.publishing.audit_pack.fairness import (
    DrawnMeasure,
    FairnessTable,
    draw_measure,
    fairness_tables,
)
from orchestration.publishing.audit_pack.pack import _environment
from tests.unit.ml.fairness_tables import fairness_tables as made_tables

DEPRIVATION = "by deprivation of the area (decile 1 is the most deprived tenth)"
MEASURES = {
    "ml_fairness_groups": [],
    "ml_fairness_hotspot_exposure": ["exposed_share"],
    "ml_fairness_stops": ["rate_ratio"],
    "ml_fairness_stop_rates": [
        "rate_ratio",
        "stop_share",
        "hit_rate",
        "hit_rate_difference",
        "find_rate",
        "find_rate_difference",
    ],
    "ml_fairness_models": ["ratio_to_everyone", "flagged_share"],
    "ml_fairness_errors": [
        "metric_value",
        "metric_value",
        "ratio_to_everyone",
        "metric_value",
        "metric_value",
    ],
    "ml_fairness_composition": ["ratio_to_all_areas", "group_lsoa_share", "area_share"],
    "ml_fairness_calibration": ["metric_value", "metric_value", "metric_value"],
    "ml_fairness_frontier": ["captured_share", "disparity_points"] * 2,
    "ml_fairness_feedback": ["group_patrol_share", "amplification", "error_amplification"],
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


def test_coverage_is_no_error(audits: dict[str, FairnessTable]) -> None:
    """Four fifths of records within an interval of 80%, told as errors, are a map that is wrong."""
    words = [one.words for one in audits["ml_fairness_calibration"].drawn]
    assert words == [
        "recorded over expected (ratio)",
        "recorded over expected (ratio)",
        "areas and months within an interval, each on its own axis (%)",
    ]


def test_every_table_is_drawn_by_the_measures_that_say_most(audits: dict[str, FairnessTable]) -> None:
    """A table without a plot, or with that of its first column, is one that nobody reads."""
    assert {name: [one.measure for one in audit.drawn] for name, audit in audits.items()} == MEASURES
    assert all(one.plots for name, audit in audits.items() for one in audit.drawn)


def test_only_whole_forces_are_drawn_of_stop_rates(audits: dict[str, FairnessTable]) -> None:
    """Rows of districts under the same names as those of their force would read as contradictions."""
    ratio = audits["ml_fairness_stop_rates"].drawn[0]
    ethnic = ["By ethnicity as the officer saw it", "By ethnicity as people defined it themselves"]
    # Nobody of an age range but one was searched here, so that ages have no ratio to be drawn.
    assert [plot.title for plot in ratio.plots] == ["By gender", *ethnic]
    marks = {mark.label: mark for mark in ratio.plots[2].marks}
    assert len(marks) == 6
    assert marks["Bedfordshire, Black"].x > marks["Bedfordshire, White"].x == ratio.plots[2].reference_x
    assert marks["Bedfordshire, Other"].x is None


def test_a_missing_value_says_why_it_is_missing(audits: dict[str, FairnessTable]) -> None:
    """Withheld, undefined and “what others compare with” are three things; one word for them misleads."""
    ratio, _, found, difference, object_found, _ = audits["ml_fairness_stop_rates"].drawn

    def notes(drawn: DrawnMeasure) -> dict[str, str]:
        return {mark.label.partition(", ")[2]: mark.note for mark in drawn.plots[-1].marks}

    assert notes(ratio)["White"] == "(reference)" == notes(difference)["White"]
    assert notes(ratio)["Other"] == "(withheld: small numbers)" == notes(found)["Other"]
    assert notes(object_found)["Other"] == "(withheld: small numbers)"
    assert notes(ratio)["Not stated"] == "(residents not known)"
    assert notes(ratio)["Black"] == notes(found)["White"] == ""


def test_no_value_to_compare_with_is_told_from_no_cases() -> None:
    """A ratio to a reference that is withheld is not 0/0, and 0/0 is not withheld."""
    columns = ["attribute", "group_name", "reference_group", "disparity_ratio", "is_suppressed"]
    rows = [
        ("a", "White", "White", None, True),
        ("a", "Black", "White", None, False),
        ("b", "White", "White", 1.0, False),
        ("b", "Black", "White", None, False),
    ]
    drawn = draw_measure(Drawing("disparity_ratio", (), ("attribute", "group_name")), columns, rows)
    notes = ["(withheld: small numbers)", "(reference withheld)", "(reference)", "(undefined: 0/0)"]
    assert [mark.note for mark in drawn.plots[0].marks] == notes


def test_values_without_intervals_are_drawn_as_dots(audits: dict[str, FairnessTable]) -> None:
    """The frontier has no intervals: a line of no length, or none at all, would be drawn for them."""
    captured = audits["ml_fairness_frontier"].drawn[0]
    assert not captured.has_interval and len(captured.plots) == 6
    assert all(mark.x is not None and mark.x_lower is None for mark in captured.plots[0].marks)
    assert captured.reference is None and audits["ml_fairness_frontier"].drawn[1].reference == 0.0


def test_errors_are_drawn_by_metric_and_not_all_on_one_axis(audits: dict[str, FairnessTable]) -> None:
    """Shares and numbers per 1,000 on one axis would leave the shares a line at 0."""
    shares, calibration, ratios, *of_harm = audits["ml_fairness_errors"].drawn
    for drawn, measure in ((calibration, "Recorded crimes"), (of_harm[1], "Harm days")):
        assert [plot.title for plot in drawn.plots] == [
            f"{measure}, expected over recorded, by ethnic group",
            f"{measure}, expected over recorded, {DEPRIVATION}",
        ]
    assert {mark.label.partition(", ")[0] for plot in of_harm[0].plots for mark in plot.marks} == {
        "all crime"
    }
    assert {plot.title.split(", ")[1] for plot in shares.plots} == {
        "flagged without a record",
        "of the real top but not flagged",
    }
    assert {plot.axis for plot in shares.plots} == {
        "residents per 1,000 flagged without a record",
        "share of flagged residents without a record (%)",
        "share of residents of the real top not flagged (%)",
    }
    assert {mark.label.partition(", ")[0] for plot in shares.plots for mark in plot.marks} == {
        "burglary",
        "violence and robbery",
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
    assert "flagged areas (%). Column <code>captured_share" in page
    assert "ratio to the reference group, with its interval; the coloured line marks a ratio of 1" in page


def test_words_stand_for_every_id(audits: dict[str, FairnessTable]) -> None:
    """A reader of the page does not know the columns: headings, captions, axes and rows are in words."""
    for audit in audits.values():
        assert audit.words.title and audit.words.reading
        for plot in (plot for one in audit.drawn for plot in one.plots):
            texts = [plot.title, plot.axis, *(mark.label for mark in plot.marks)]
            assert not [text for text in texts if "_" in text]


def test_tenths_stand_in_the_order_of_their_numbers(audits: dict[str, FairnessTable]) -> None:
    """Decile 10 between 1 and 2 makes a slope of deprivation unreadable."""
    plots = [plot for audit in audits.values() for one in audit.drawn for plot in one.plots]
    drawn = [
        [mark.label.rpartition("decile ") for mark in plot.marks] for plot in plots if "decile" in plot.title
    ]
    assert any(len(labels) > 9 for labels in drawn)
    for labels in drawn:
        assert labels == sorted(labels, key=lambda parts: (parts[0], int(parts[2])))
    rows = audits["ml_fairness_models"].rows
    tenths = [row[3] for row in rows if row[:3] == ["risk_harm", "top_5_percent", "imd_2025_decile"]]
    assert tenths == [str(tenth) for tenth in range(1, 11)]


def test_what_is_not_reported_is_drawn_beside_what_is_removed() -> None:
    """One axis for shares, ranks and indices, or a first kind that fills the plot, hides the second kind."""
    columns = [
        "kind",
        "scenario",
        "amount",
        "measure",
        "attribute",
        "group_name",
        "scenario_value",
        "difference",
        "feature_correlation",
        "most_correlated_feature",
    ]
    made = [
        (
            "under_reporting",
            "deprived_fifth_minus_25_percent",
            "changed_share_top_5_percent",
            "all",
            "Everyone",
        ),
        ("under_reporting", "deprived_fifth_minus_25_percent", "kendall_tau", "all", "Everyone"),
        ("under_reporting", "deprived_fifth_minus_25_percent", "mean_rank_rise", "imd_2025_decile", "1"),
        ("feature_removed", "without_own_past", "capture_top_5_percent", "all", "Everyone"),
        ("feature_removed", "without_own_past", "pai_top_5_percent", "all", "Everyone"),
        ("feature_removed", "without_own_past", "flagged_share_top_5_percent", "ethnic_group", "Black"),
    ]
    rows = [
        (kind, scenario, "crime_count", *rest, 0.5, 0.1, 0.3, "own_lag_1") for kind, scenario, *rest in made
    ]
    drawings = drawings_of(
        "ml_fairness_sensitivity", columns, ["VARCHAR"] * 6 + ["DOUBLE"] * 3 + ["VARCHAR"], rows
    )
    drawn = [plot for one in drawings for plot in draw_measure(one, columns, rows).plots]
    assert [(plot.axis, [mark.label for mark in plot.marks]) for plot in drawn] == [
        ("share of the top that is no longer in it (%)", ["deprived fifth reports 25% less, top 5%"]),
        ("agreement with the ranking as recorded (Kendall’s tau)", ["deprived fifth reports 25% less"]),
        ("places risen in the ranking (mean; below 0 fallen)", ["decile 1"]),
        (
            "change in share of later crime or harm in the top 5% (percentage points)",
            ["without the area’s own past"],
        ),
        ("change in share of residents in the top 5% (percentage points)", ["without the area’s own past"]),
        (
            "correlation of ranks with the group (Spearman; 0 is none)",
            ["without the area’s own past, own lag 1"],
        ),
    ]
