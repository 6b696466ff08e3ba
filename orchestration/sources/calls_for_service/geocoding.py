"""Coordinates of addresses from a table of street centroids; nothing here ever asks the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.calls_for_service.addresses import normalise_streets
from orchestration.sources.reference_readers.tables import (
    has_columns,
    pick_columns,
    read_text_table,
    to_decimal,
    to_whole,
)
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

SUPPLIED, BLOCK, STREET, NONE = "supplied", "block_centroid", "street_centroid", "none"
_REQUIRED = ("street", "longitude", "latitude")
_COLUMNS = ("street", "block_low", "longitude", "latitude")


def read_centroids(path: Path) -> pd.DataFrame:
    """Read a table of street centroids.

    Parameters
    ----------
    path
        CSV with ``street``, ``longitude`` and ``latitude`` (WGS 84 degrees), and ``block_low`` where the row
        is about one block; the column may be missing.

    Returns
    -------
    pandas.DataFrame
        ``street`` (normalised), ``block_low`` (missing for the street as a whole), ``longitude``,
        ``latitude``; each pair of street and block once.

    Raises
    ------
    SourceError
        When the file, a column or a value is not what it should be, or a street and block comes twice.
    """
    table = read_text_table(path)
    wanted = _COLUMNS if has_columns(table, _COLUMNS) else _REQUIRED
    frame = pick_columns(table, {name: name for name in wanted}, "", path)
    frame = frame.reindex(columns=list(_COLUMNS))
    frame = frame.assign(
        street=normalise_streets(frame["street"]),
        block_low=to_whole(frame["block_low"], path),
        longitude=to_decimal(frame["longitude"], path),
        latitude=to_decimal(frame["latitude"], path),
    )
    is_there = frame["longitude"].between(-180, 180) & frame["latitude"].between(-90, 90)
    _check(frame, frame["street"].notna() & is_there, path, "has no street, or no place in WGS 84 degrees")
    is_first = ~frame.duplicated(["street", "block_low"], keep="first")
    _check(frame, is_first, path, "gives a street and block that an earlier record gives too")
    return frame


def geocode(places: pd.DataFrame, centroids: pd.DataFrame | None) -> pd.DataFrame:
    """Find the coordinates of streets and blocks.

    A block's own centroid comes first, then the centroid of the street as a whole; one block never stands for
    another. An intersection has no block, so that it can only get the centroid of its first street.

    Parameters
    ----------
    places
        Shape (n, …) with ``street`` and ``block_low``, as :func:`split_addresses` returns them.
    centroids
        From :func:`read_centroids`; none when there is no table.

    Returns
    -------
    pandas.DataFrame
        Shape (n, 3), index as ``places``: ``longitude``, ``latitude`` and ``geocode_method``
        (``block_centroid``, ``street_centroid`` or ``none``).
    """
    import pandas as pd

    found = pd.DataFrame({"longitude": float("nan"), "latitude": float("nan")}, index=places.index)
    found["geocode_method"] = pd.Series(NONE, index=places.index, dtype="str")
    if centroids is None:
        return found
    whole = centroids[centroids["block_low"].isna()].drop(columns="block_low")
    blocks = centroids[centroids["block_low"].notna()]
    for method, table, keys in ((BLOCK, blocks, ["street", "block_low"]), (STREET, whole, ["street"])):
        open_ = places[(found["geocode_method"] == NONE) & places[keys].notna().all(axis=1)]
        matched = open_[keys].reset_index().merge(table, on=keys, how="inner").set_index("index")
        found.loc[matched.index, ["longitude", "latitude"]] = matched[["longitude", "latitude"]]
        found.loc[matched.index, "geocode_method"] = method
    return found


def _check(frame: pd.DataFrame, is_good: pd.Series, path: Path, fault: str) -> None:
    if not is_good.all():
        row = int((~is_good).to_numpy().argmax()) + 1
        raise SourceError(
            str(path), f"record {row} {fault}", "correct the table of street centroids, or take it away"
        )
