"""What is drawn of each fairness table: declared where a table says several things, else worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOWER, UPPER = "_lower", "_upper"
# The measures that say most, where a table has several with intervals.
_FIRST = ("rate_ratio", "disparity_ratio", "exposed_share")
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
    """

    measure: str
    split_by: tuple[str, ...]
    labels: tuple[str, ...]
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return (self.measure, *self.split_by, *self.labels, *self.only)

    @property
    def reference(self) -> float | None:
        """Value of no difference; none for none."""
        if "ratio" in self.measure.split("_"):
            return 1.0
        return 0.0 if self.measure.endswith(("_points", "_difference")) else None


_Only = Mapping[str, tuple[str, ...]]
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
_DECLARED = {
    "ml_fairness_stop_rates": (
        Drawing("rate_ratio", ("attribute",), _PEOPLE, _WHOLE_FORCE),
        Drawing("stop_share", ("attribute",), _PEOPLE, {**_WHOLE_FORCE, **_AGE_AND_GENDER}),
        Drawing("hit_rate", ("attribute",), _PEOPLE, _WHOLE_FORCE),
        Drawing("hit_rate_difference", ("attribute",), _PEOPLE, _WHOLE_FORCE),
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
    ),
    "ml_fairness_frontier": (
        Drawing("captured_share", _MAPS, ("cap_share",)),
        Drawing("disparity_points", _MAPS, ("cap_share",)),
    ),
    "ml_fairness_feedback": (
        Drawing("group_patrol_share", ("over_recording_ratio",), ("policy", "first_day")),
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
        Empty when it has none.
    """
    held = set(columns)
    declared = tuple(one for one in _DECLARED.get(table, ()) if held >= set(one.columns))
    if declared:
        return declared
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
