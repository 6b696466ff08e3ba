"""Which column of which fairness table says what of a group: what the long table is put together from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOT_TOLD_APART = "all"
RATIO, DIFFERENCE, NO_DISPARITY = "ratio", "difference", "none"
SEARCHES = "stop_and_search"
#: Maps by what they are of, as the tables of errors name it.
MAP_OF = {"crime_count": "risk_crime", "harm_days": "risk_harm"}
ALL_AREAS = "All areas"
# Why there is no figure, or no comparison: the first that holds.
WITHHELD, NOT_WORKED_OUT, RESIDENTS_UNKNOWN, NOT_DEFINED = (
    "withheld",
    "not_worked_out",
    "residents_unknown",
    "not_defined",
)
NOT_COMPARED, IS_REFERENCE, REFERENCE_HAS_NONE = "not_compared", "is_reference", "reference_has_none"
NULL_REASONS = (WITHHELD, NOT_WORKED_OUT, RESIDENTS_UNKNOWN, NOT_DEFINED)
DISPARITY_NULL_REASONS = (NOT_COMPARED, *NULL_REASONS, IS_REFERENCE, REFERENCE_HAS_NONE)


@dataclass(frozen=True)
class Source:
    """One figure by group, and where it stands.

    Parameters
    ----------
    table, value : str
        The table and the column with the figure.
    bounds : str
        What its interval's columns begin with, ``<bounds>_lower`` and ``<bounds>_upper``; empty for none.
    metric : str
        Its name in the long table; empty where a column of the table names it.
    disparity, disparity_kind : str
        The column that compares it with the reference group, with bounds of the same name, and how.
    has_disparity_bounds : bool
        Whether the comparison has an interval.
    part, whole : str
        Columns of the numerator and the denominator; empty where the table does not publish them.
    withheld : str
        The flag that says whether the figure is withheld.
    residents : str
        Column of the residents that the figure rests on; empty where it rests on none, or where they are
        always known.
    worked_out : mapping of str to tuple of str
        Columns of the table whose other values have no such figure; empty where every row may have one.
    columns : mapping of str to str
        Of each column of the long table that is read as it stands, the column that it is read from.
    constants : mapping of str to str
        Of each column that is the same in every row, its value.
    """

    table: str
    value: str
    bounds: str = ""
    metric: str = ""
    disparity: str = ""
    disparity_kind: str = NO_DISPARITY
    has_disparity_bounds: bool = True
    part: str = ""
    whole: str = ""
    withheld: str = "is_suppressed"
    residents: str = ""
    worked_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def read(self) -> dict[str, str]:
        """Of each column of the long table, the column of the source that it is read from."""
        named = {
            "metric_value": self.value,
            "disparity": self.disparity,
            "part_amount": self.part,
            "whole_amount": self.whole,
            "is_suppressed": self.withheld,
        }
        bounds = [("metric_value", self.bounds)]
        bounds += [("disparity", self.disparity)] if self.has_disparity_bounds else []
        for name, start in bounds:
            named |= {f"{name}_{side}": f"{start}_{side}" for side in ("lower", "upper") if start}
        return {long: own for long, own in named.items() if own} | dict(self.columns)


_GROUP = {name: name for name in ("attribute", "group_name")}
_COMPARED = {**_GROUP, "reference_group": "reference_group"}
_NO_PLACE = {"force_slug": NOT_TOLD_APART, "area_code": NOT_TOLD_APART}


def _of_searches(value: str, metric: str, **figure: Any) -> Source:
    """Return a figure of searches: each has a force, a place in it and an object of search."""
    places = {"force_slug": "force_slug", "area_code": "area_code", "category": "object_of_search"}
    return Source(
        table="ml_fairness_stop_rates",
        value=value,
        metric=metric,
        columns={**_COMPARED, **places},
        constants={"model": SEARCHES, "selected_areas": NOT_TOLD_APART},
        **figure,
    )


def _of_outcomes(value: str, metric: str, name: str, withheld: str, **figure: Any) -> Source:
    """Return a figure of what searches found, which is compared by its difference."""
    return _of_searches(
        value,
        metric,
        bounds=name,
        disparity=f"{name}_difference",
        disparity_kind=DIFFERENCE,
        withheld=withheld,
        **figure,
    )


def _of_past_maps(table: str, selected_areas: str) -> Source:
    """Return the figures of a table of past maps that names its metrics itself."""
    return Source(
        table=table,
        value="metric_value",
        bounds="metric_value",
        disparity="disparity_ratio",
        disparity_kind=RATIO,
        part="part_amount",
        whole="whole_amount",
        columns={
            **_COMPARED,
            "model": "measure",
            "category": "crime_group",
            "selected_areas": selected_areas,
            "metric": "metric",
        },
        constants=_NO_PLACE,
    )


def _of_make_up(value: str, **figure: Any) -> Source:
    """Return a figure of who, or what land, is in a class of areas."""
    return Source(
        table="ml_fairness_composition",
        value=value,
        metric=f"{value}_of_class",
        columns={**_GROUP, "category": "crime_group", "selected_areas": "area_class"},
        constants={**_NO_PLACE, "model": MAP_OF["crime_count"], "reference_group": ALL_AREAS},
        **figure,
    )


SOURCES: tuple[Source, ...] = (
    _of_searches(
        "rate_per_1000",
        "searches_per_1000",
        bounds="rate_per_1000",
        disparity="rate_ratio",
        disparity_kind=RATIO,
        part="stop_count",
        whole="resident_count",
        residents="resident_count",
    ),
    _of_searches("stop_share", "share_of_searches", bounds="stop_share", part="stop_count"),
    _of_outcomes("hit_rate", "hit_rate", "hit_rate", "is_hit_rate_suppressed"),
    _of_outcomes("find_rate", "find_rate", "find_rate", "is_find_rate_suppressed"),
    _of_outcomes(
        "threshold_middle_signal",
        "inferred_threshold",
        "threshold",
        "is_hit_rate_suppressed",
        residents="resident_count",
        worked_out={
            "area_type": ("force",),
            "object_of_search": ("All objects",),
            "attribute": ("self_defined_ethnicity", "officer_defined_ethnicity"),
        },
    ),
    Source(
        table="ml_fairness_models",
        value="flagged_share",
        bounds="flagged_share",
        metric="flagged_share",
        disparity="disparity_ratio",
        disparity_kind=RATIO,
        part="flagged_resident_count",
        whole="resident_count",
        columns={**_COMPARED, "model": "model", "selected_areas": "flagged_area"},
        constants={**_NO_PLACE, "category": NOT_TOLD_APART},
    ),
    _of_past_maps("ml_fairness_errors", "flagged_area"),
    _of_past_maps("ml_fairness_calibration", "forecast_level"),
    _of_make_up(
        "mean_share",
        disparity="ratio_to_all_areas",
        disparity_kind=RATIO,
        has_disparity_bounds=False,
        whole="lsoa_count",
    ),
    _of_make_up("resident_share", whole="resident_count"),
    _of_make_up("area_share", part="area_km2"),
)
#: The tables that the long one is put together from, in their order.
SOURCE_TABLES = tuple(dict.fromkeys(source.table for source in SOURCES))
