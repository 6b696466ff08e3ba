"""The page's tables of stop and search by age range and gender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.page_fairness import RatioScale, rate_cells

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.published import PublishedTables

# Of each attribute, its name and its groups in order; anything else comes after them.
_ATTRIBUTES = {
    "age_range": ("Age range", ("under 10", "10-17", "18-24", "25-34", "over 34")),
    "gender": ("Gender", ("Female", "Male", "Other")),
}
_NOT_STATED = "Not stated"


def stop_age_tables(tables: PublishedTables) -> list[dict[str, Any]]:
    """Write stop-and-search rates of whole forces by age range and by gender.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        One entry per attribute: ``name``, ``reference``, ``has_rates`` (whether residents were known of any
        force), what a ratio plot needs, and ``forces``, each with its rows; empty when nothing was audited.
    """
    audit = tables.read("ml_fairness_stop_rates")
    if audit.empty:
        return []
    whole = audit[(audit["area_type"] == "force") & (audit["object_of_search"] == "All objects")]
    found = []
    for attribute, (name, order) in _ATTRIBUTES.items():
        own = whole[whole["attribute"] == attribute]
        if len(own):
            found.append(_table(own, name, order))
    return found


def _table(audit: pd.DataFrame, name: str, order: tuple[str, ...]) -> dict[str, Any]:
    scale = RatioScale(audit)
    return {
        "name": name,
        "reference": str(audit["reference_group"].iloc[0]),
        "has_rates": bool(audit["resident_count"].notna().any()),
        "forces": [
            {
                "name": formats.force_name(slug),
                "rows": [_row(record, scale) for record in _sorted(rows, order)],
            }
            for slug, rows in audit.groupby("force_slug", sort=True)
        ],
        **scale.cells(),
    }


def _sorted(rows: pd.DataFrame, order: tuple[str, ...]) -> list[dict[Any, Any]]:
    places = {group: place for place, group in enumerate((*order, _NOT_STATED))}
    return sorted(
        rows.to_dict("records"),
        key=lambda record: (places.get(record["group_name"], len(places)), record["group_name"]),
    )


def _row(record: Mapping[Any, Any], scale: RatioScale) -> dict[str, Any]:
    return rate_cells(record, scale) | {"share": formats.percent(record["stop_share"])}
