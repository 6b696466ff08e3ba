"""What is drawn of each fairness table: declared where a table says several things, else worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOWER, UPPER, ERROR = "_lower", "_upper", "_standard_error"
# The measures that say most, where a table has several with intervals.
_FIRST = ("rate_ratio", "disparity_ratio", "exposed_share")
_TO_REFERENCE_GROUP = frozenset(
    {"rate_ratio", "disparity_ratio", "hit_rate_difference", "find_rate_difference"}
)
_SPLIT_BY = ("metric", "attribute", "ethnicity_basis")
_NO_LABELS = frozenset({"note", "reference_group"})


@dataclass(frozen=True)
class Drawing:
    """One measure of a table.

    Parameters
    ----------
    measure
        The column that is drawn, with its interval where it has one.
    split_by
        Columns whose values each get a plot of their own, as one axis serves one measure.
    labels
        Columns that name a row.
    only
        Values of a column that are drawn; rows of others are in the table alone.
    axis
        What the axis measures, where neither the measure nor a value of ``split_by`` says it.
    together
        What plots of several metrics measure together.
    """

    measure: str
    split_by: tuple[str, ...]
    labels: tuple[str, ...]
    only: Mapping[str, tuple[str | float, ...]] = field(default_factory=dict)
    axis: str = ""
    together: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return (self.measure, *self.split_by, *self.labels, *self.only)

    @property
    def is_to_reference_group(self) -> bool:
        """Whether it compares with the row's reference group, and not with everyone."""
        return self.measure in _TO_REFERENCE_GROUP

    @property
    def reference(self) -> float | None:
        """Value of no difference; none for none."""
        if "ratio" in self.measure.split("_") or self.measure.endswith("amplification"):
            return 1.0
        return 0.0 if self.measure.endswith(("_points", "difference", "_correlation")) else None


_Only = Mapping[str, tuple[str | float, ...]]
_WHOLE_FORCE: _Only = {"area_type": ("force",), "object_of_search": ("All objects",)}
_AGE_AND_GENDER: _Only = {"attribute": ("age_range", "gender")}
_PEOPLE = ("force_slug", "group_name")
_RESIDENTS: _Only = {"attribute": ("ethnic_group", "imd_2025_decile")}
_MAPS = ("model", "flagged_area")
_TWENTIETH = ("top_5_percent",)
_COUNTS: _Only = {"measure": ("crime_count",), "crime_group": ("burglary", "violence_robbery")}
_HARM: _Only = {"measure": ("harm_days",), "crime_group": ("all_crime",)}
_MISSED = "missed_share"
_PREDICTED = ("most_predicted", "median_predicted", "least_predicted")
_GROUP = ("group_name",)
_BY_SCENARIO = ("measure", "amount", "scenario")
_OF_ALL_CRIME: _Only = {"measure": ("crime_count",), "crime_group": ("all_crime",)}
_ETHNIC: _Only = {"attribute": ("ethnic_group",)}
# The tenths between them are in the table: ten features by ten tenths are a hundred rows.
_ENDS_OF_DEPRIVATION: _Only = {"attribute": ("imd_2025_decile",), "group_name": ("1", "10")}


def _reported(*measures: str) -> dict[str, tuple[str, ...]]:
    return {"kind": ("under_reporting",), "measure": measures}


def _removed(*measures: str) -> dict[str, tuple[str, ...]]:
    return {"kind": ("feature_removed",), "measure": measures}


# Against itself a right record is 1 by definition.
_WITH_ERROR: _Only = {"over_recording_ratio": (1.5,)}
_REPORTED_CHANGES = _reported(*(f"changed_share_top_{share}_percent" for share in (1, 5, 10)))
_DECLARED = {
    "ml_fairness_stop_rates": (
        Drawing("rate_ratio", ("attribute",), _PEOPLE, _WHOLE_FORCE),
        Drawing("stop_share", ("attribute",), _PEOPLE, {**_WHOLE_FORCE, **_AGE_AND_GENDER}),
        Drawing("hit_rate", ("attribute",), _PEOPLE, _WHOLE_FORCE),
        Drawing("hit_rate_difference", ("attribute",), _PEOPLE, _WHOLE_FORCE),
        Drawing("find_rate", ("attribute",), _PEOPLE, _WHOLE_FORCE),
        Drawing("find_rate_difference", ("attribute",), _PEOPLE, _WHOLE_FORCE),
    ),
    "ml_fairness_models": (
        Drawing("ratio_to_everyone", ("attribute", *_MAPS), ("group_name",), _RESIDENTS),
        Drawing("flagged_share", ("attribute", *_MAPS), ("group_name",), _RESIDENTS),
    ),
    "ml_fairness_errors": tuple(
        Drawing(
            figure,
            ("measure", "metric", "attribute"),
            ("crime_group", "group_name"),
            {"metric": metrics, "flagged_area": areas, **of_what, **_RESIDENTS},
        )
        for figure, of_what, metrics, areas in (
            ("metric_value", _COUNTS, ("false_alarm_per_1000", "false_discovery_share", _MISSED), _TWENTIETH),
            ("metric_value", _COUNTS, ("expected_to_recorded_ratio",), ("all_areas",)),
            ("ratio_to_everyone", _COUNTS, ("false_alarm_per_1000", _MISSED), _TWENTIETH),
            ("metric_value", _HARM, ("not_of_the_top_share", _MISSED), _TWENTIETH),
            ("metric_value", _HARM, ("expected_to_recorded_ratio",), ("all_areas",)),
        )
    ),
    "ml_fairness_composition": (
        Drawing(
            "ratio_to_all_areas",
            ("area_class", "attribute"),
            ("group_name",),
            {"crime_group": ("all_crime",), "area_class": _PREDICTED},
        ),
        *(
            Drawing(
                share,
                ("area_class", "attribute"),
                ("group_name",),
                {"crime_group": ("all_crime",), "area_class": _PREDICTED[:1]},
            )
            for share in ("group_lsoa_share", "area_share")
        ),
    ),
    "ml_fairness_calibration": (
        *(
            Drawing(
                "metric_value",
                ("metric", "attribute"),
                ("forecast_level", *_GROUP),
                {**_OF_ALL_CRIME, "metric": ("recorded_to_expected_ratio",), **of_whom},
            )
            for of_whom in (_ENDS_OF_DEPRIVATION, _ETHNIC)
        ),
        Drawing(
            "metric_value",
            ("metric", "attribute"),
            _GROUP,
            {
                **_OF_ALL_CRIME,
                "metric": ("coverage_80_share", "coverage_95_share"),
                "forecast_level": ("all_levels",),
                **_RESIDENTS,
            },
            together="coverage_share",
        ),
    ),
    # Drawn where each of its figures is from.
    "ml_fairness_groups": (),
    "ml_fairness_frontier": (
        *(
            Drawing(measure, (*_GROUP, *_MAPS), ("cap_share",), of_whom)
            for of_whom in (
                {"attribute": ("imd_2025_decile",)},
                {**_ETHNIC, "model": ("risk_harm",), "flagged_area": _TWENTIETH},
            )
            for measure in ("captured_share", "disparity_points")
        ),
    ),
    "ml_fairness_feedback": (
        Drawing("group_patrol_share", ("over_recording_ratio",), ("policy", "first_day")),
        Drawing("amplification", ("over_recording_ratio",), ("policy", "first_day")),
        Drawing("error_amplification", ("over_recording_ratio",), ("policy", "first_day"), _WITH_ERROR),
    ),
    "ml_fairness_sensitivity": (
        Drawing("scenario_value", ("amount",), ("scenario", "measure"), _REPORTED_CHANGES, "changed_share"),
        Drawing("scenario_value", ("measure", "amount"), ("scenario",), _reported("kendall_tau")),
        Drawing("difference", _BY_SCENARIO, _GROUP, _reported("mean_rank_rise"), "mean_rank_rise"),
        Drawing("difference", _BY_SCENARIO, _GROUP, _reported("share_of_top_5_percent")),
        Drawing(
            "difference",
            ("measure", "amount"),
            ("scenario",),
            _removed("capture_top_1_percent", "capture_top_5_percent", "capture_top_10_percent"),
        ),
        *(
            Drawing(
                "difference",
                ("measure", "attribute", *_GROUP),
                ("scenario",),
                {**_removed(measure), **of_whom},
            )
            for measure in ("flagged_share_top_5_percent", "disparity_ratio_top_5_percent")
            for of_whom in (_ETHNIC, _ENDS_OF_DEPRIVATION)
        ),
        # The same in every measure, and of every decile.
        *(
            Drawing(
                "feature_correlation",
                ("attribute", *split),
                ("scenario", "most_correlated_feature"),
                {**_removed("flagged_share_top_5_percent"), **of_whom},
            )
            for split, of_whom in (
                (_GROUP, _ETHNIC),
                ((), {"attribute": ("imd_2025_decile",), "group_name": ("1",)}),
            )
        ),
    ),
}


def drawings_of(
    table: str, columns: Sequence[str], kinds: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> tuple[Drawing, ...]:
    """Return what to draw of a table.

    Parameters
    ----------
    table
        Its name.
    columns, kinds
        Names and DuckDB types of its columns.
    rows
        Its rows.

    Returns
    -------
    tuple of Drawing
        The declared ones whose columns it has; of a table without any, its first measure with an interval.
        Empty when it has none, or when it is declared that nothing is drawn of it.
    """
    held = set(columns)
    declared = _DECLARED.get(table)
    drawn = tuple(one for one in declared or () if held >= set(one.columns))
    if drawn or declared == ():
        return drawn
    with_interval = [name for name in columns if {name + LOWER, name + UPPER} <= held]
    measure = next(iter([*(name for name in _FIRST if name in with_interval), *with_interval]), None)
    if measure is None:
        return ()
    texts = [
        name
        for at, (name, kind) in enumerate(zip(columns, kinds, strict=True))
        if kind == "VARCHAR" and len({row[at] for row in rows}) > 1
    ]
    split = next((name for name in _SPLIT_BY if name in texts), None)
    labels = tuple(name for name in texts if name != split and name not in _NO_LABELS)
    return (Drawing(measure, (split,) if split else (), labels),)
