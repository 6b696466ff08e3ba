"""The page's fairness tables: stop and search by ethnic group, and who lives where hotspots are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.published import PublishedTables

_GROUP_ORDER = ("White", "Asian", "Black", "Mixed", "Other", "Not stated")
_PLOT_WIDTH = 190.0
_PLOT_MARGIN = 14.0
_MOST_TICKS = 5
_WITHHELD = "withheld"
# Hotspots are small: of a hundred residents hardly one lives in any.
_RESIDENTS = 10_000


def stop_tables(tables: PublishedTables) -> list[dict[str, Any]]:
    """Write stop-and-search rates by force and ethnic group.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        One entry per ethnicity basis, self-defined first: ``basis``, ``is_main``, ``ticks``, ``axis`` and
        ``forces``, each force with its rows; empty when nothing was audited.
    """
    audit = tables.read("ml_fairness_stops")
    if audit.empty:
        return []
    bases = sorted(audit["ethnicity_basis"].unique(), key=lambda basis: (basis != "self_defined", basis))
    return [_stop_table(audit[audit["ethnicity_basis"] == basis], basis) for basis in bases]


def stop_window(tables: PublishedTables) -> str:
    """Write the months that the searches come from.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    str
        Such as ``January 2024 to December 2024``.
    """
    window = tables.read("mart_stops_ethnicity", ["window_start_month", "window_end_month"])
    return formats.month_span(window["window_start_month"].min(), window["window_end_month"].max())


def exposure_tables(tables: PublishedTables) -> list[dict[str, Any]]:
    """Write how much of each group lives in or beside a hotspot.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        One entry per attribute (deprivation decile first): ``attribute``, ``reference`` and ``rows``.
    """
    audit = tables.read("ml_fairness_hotspot_exposure")
    if audit.empty:
        return []
    attributes = sorted(audit["attribute"].unique(), key=lambda name: (not name.startswith("imd"), name))
    return [_exposure_table(audit[audit["attribute"] == name], name) for name in attributes]


def _stop_table(audit: pd.DataFrame, basis: str) -> dict[str, Any]:
    scale = RatioScale(audit)
    forces = []
    for slug, rows in audit.groupby("force_slug", sort=True):
        records = sorted(rows.to_dict("records"), key=lambda r: _group_place(r["group_name"]))
        unstated = rows["not_stated_share"].dropna()
        forces.append(
            {
                "name": formats.force_name(slug),
                "not_stated": formats.percent(unstated.iloc[0] if len(unstated) else None),
                "rows": [_stop_row(record, scale) for record in records],
            }
        )
    return {
        "basis": formats.plain(basis.replace("_", "-")),
        "is_main": basis == "self_defined",
        "reference": str(audit["reference_group"].iloc[0]),
        "forces": forces,
        **scale.cells(),
    }


def rate_cells(record: Mapping[Any, Any], scale: RatioScale) -> dict[str, Any]:
    """Write what every table of searches says of a group.

    Parameters
    ----------
    record
        A row of ``ml_fairness_stops`` or ``ml_fairness_stop_rates``.
    scale
        Where ratios lie.

    Returns
    -------
    dict
        ``group``, ``stops``, ``residents``, ``rate``, ``ratio`` and their intervals, ``bounds``,
        ``is_reference`` and ``plot`` (where the interval and the ratio lie; none without them).
    """
    ends = [record["rate_ratio_lower"], record["rate_ratio"], record["rate_ratio_upper"]]
    is_drawn = not any(formats.is_missing(value) or value <= 0 for value in ends)
    return {
        "group": record["group_name"],
        "stops": _WITHHELD if bool(record["is_suppressed"]) else formats.number(record["stop_count"]),
        "residents": formats.number(record["resident_count"]),
        "rate": formats.number(record["rate_per_1000"], 1),
        "rate_interval": formats.interval(record["rate_per_1000_lower"], record["rate_per_1000_upper"]),
        "ratio": formats.number(record["rate_ratio"], 2),
        "ratio_interval": formats.interval(record["rate_ratio_lower"], record["rate_ratio_upper"], 2),
        "bounds": formats.interval(record["rate_ratio_best_case"], record["rate_ratio_worst_case"], 2),
        "is_reference": record["group_name"] == record["reference_group"],
        "plot": [scale.position(value) for value in ends] if is_drawn else None,
    }


def _stop_row(record: Mapping[Any, Any], scale: RatioScale) -> dict[str, Any]:
    return rate_cells(record, scale) | {"no_action": formats.percent(record["no_further_action_share"], 0)}


def _exposure_table(audit: pd.DataFrame, attribute: str) -> dict[str, Any]:
    records = sorted(audit.to_dict("records"), key=lambda r: _group_place(r["group_name"]))
    shares = [r["exposed_share_upper"] for r in records if not formats.is_missing(r["exposed_share_upper"])]
    most = max([*shares, 1e-9])
    return {
        "attribute": attribute,
        "is_deprivation": attribute.startswith("imd"),
        "has_ratio": bool(audit["disparity_ratio"].notna().any()),
        "reference": str(audit["reference_group"].iloc[0]),
        "rows": [
            {
                "group": record["group_name"],
                "residents": formats.number(record["resident_count"]),
                "exposed": _WITHHELD
                if bool(record["is_suppressed"])
                else formats.number(record["exposed_resident_count"]),
                "rate": formats.number(_scaled(record["exposed_share"]), 1),
                "interval": formats.interval(
                    record["exposed_share_lower"], record["exposed_share_upper"], 1, _RESIDENTS
                ),
                "ratio": formats.number(record["disparity_ratio"], 2),
                "bar": 0
                if formats.is_missing(record["exposed_share"])
                else round(100 * record["exposed_share"] / most, 1),
            }
            for record in records
        ],
    }


def _scaled(share: float | None) -> float | None:
    return None if formats.is_missing(share) else _RESIDENTS * float(share or 0)


def _group_place(name: str) -> tuple[int, int, str]:
    """Deciles in number order, ethnic groups in a fixed order, anything else after."""
    if name.isdigit():
        return (0, int(name), name)
    return (1, _GROUP_ORDER.index(name) if name in _GROUP_ORDER else len(_GROUP_ORDER), name)


class RatioScale:
    """A logarithmic axis for rate ratios: a half and a double are equally far from one.

    Parameters
    ----------
    audit
        The rows that share it, with ``rate_ratio_lower`` and ``rate_ratio_upper``.
    """

    def __init__(self, audit: pd.DataFrame) -> None:
        values = audit[["rate_ratio_lower", "rate_ratio_upper"]].to_numpy(dtype=float).ravel()
        usable = [v for v in values if math.isfinite(v) and v > 0]
        self._low = math.floor(math.log2(min([*usable, 0.5])))
        self._high = math.ceil(math.log2(max([*usable, 2.0])))

    def position(self, ratio: float) -> float:
        """Return where a ratio lies, in pixels from the left; it must be above 0."""
        share = (math.log2(ratio) - self._low) / (self._high - self._low)
        return round(_PLOT_MARGIN + share * (_PLOT_WIDTH - 2 * _PLOT_MARGIN), 1)

    def cells(self) -> dict[str, Any]:
        """Return what a table needs to draw it: ``axis`` (where 1 lies), ``width`` and ``ticks``."""
        every = math.ceil((self._high - self._low) / _MOST_TICKS)
        powers = [p for p in range(self._low, self._high + 1) if p % every == 0]
        return {
            "axis": self.position(1.0),
            "width": _PLOT_WIDTH,
            "ticks": [
                {"x": self.position(2.0**p), "label": f"{2.0**p:g}" if p >= 0 else f"1/{2**-p}"}
                for p in powers
            ],
        }
