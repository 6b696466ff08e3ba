"""What each validated column is read from, and what the columns of the raw assets are."""

from __future__ import annotations

from orchestration.lineage.model import ColumnRef, Origin
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.catalogue.published import published_names
from orchestration.sources.police_uk.headers import HEADERS, snake_case
from orchestration.sources.police_uk.live_street import LIVE_STREET

CALLS = "calls_for_service"
#: What the gate adds to each record of the police datasets and of calls.
_ADDED = {
    "partition_month": "the month of the file that was asked for",
    "force_slug": "the force of the file that was asked for",
    "source_file": "the name of the landed file",
    "source_row": "the place of the record in the landed file",
    "data_version": "the digest of the landed bytes",
    "release": "the upstream release of the landed bytes",
}
# Columns of the live feed by the field of the API's answer that each is read from.
_LIVE = {
    "crime_id": "persistent_id",
    "month": "month",
    "longitude": "location",
    "latitude": "location",
    "location": "location",
    "crime_type": "category",
    "last_outcome_category": "outcome_status",
    "context": "context",
    "api_id": "id",
    "street_id": "location",
    "street_name": "location",
    "location_type": "location_type",
    "last_outcome_month": "outcome_status",
}
_LIVE_NOTES = {
    "area": "the area that was asked for, from the landed request",
    "area_wkt": "the outline that was asked for, from the landed request",
    **dict.fromkeys(
        ("reported_by", "falls_within", "lsoa_code", "lsoa_name"), "always null: the API does not say"
    ),
}


def gate_lineage() -> dict[str, dict[str, Origin]]:
    """Return the origins of every validated column, and the raw columns that they begin with.

    Raw columns of reference data bear the names under which they are read, with a note of the publisher's.
    """
    from data_quality.schemas import VALIDATED_SCHEMAS

    lineage: dict[str, dict[str, Origin]] = {}
    for dataset, schema in VALIDATED_SCHEMAS.items():
        raw: dict[str, Origin] = {}
        validated: dict[str, Origin] = {}
        for column in schema.names:
            validated[column] = _validated(dataset, column)
            raw |= {ref.column: _raw(dataset, ref.column) for ref in validated[column].inputs}
        lineage[f"raw_{dataset}"] = raw
        lineage[f"validated_{dataset}"] = validated
    return lineage


def _validated(dataset: str, column: str) -> Origin:
    asset = f"raw_{dataset}"
    if dataset in CATALOGUE:
        return Origin((ColumnRef(asset, column),))
    if column in _ADDED:
        return Origin((), _ADDED[column])
    if dataset == LIVE_STREET:
        if column in _LIVE_NOTES:
            return Origin((), _LIVE_NOTES[column])
        return Origin((ColumnRef(asset, _LIVE[column]),))
    if dataset == CALLS:
        return Origin((), "read from the agency's file as its landed mapping declares")
    headers = {snake_case(header): header for header in HEADERS[_kind(dataset)]}
    return Origin((ColumnRef(asset, headers[column]),))


def _raw(dataset: str, column: str) -> Origin:
    if dataset not in CATALOGUE:
        return Origin()
    return Origin((), f"published as {', '.join(published_names(dataset, column))}")


def _kind(dataset: str) -> str:
    return dataset.removeprefix("police_").replace("_", "-")
