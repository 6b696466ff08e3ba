"""A data root of ten areas in the validated layout, small enough to work every answer out by hand.

The areas are squares of 1 km on the British National Grid, in a row from west to east. The square at
kilometre k has its corner at (530000 + 1000 k, 180000) and its centroid in the middle, unless said otherwise:

====  ==========  =======================================================================================
k     LSOA 2021   how it came about
====  ==========  =======================================================================================
0     E01000001   unchanged
1     E01000002   unchanged, in the other force's area
2     E01033001   child of the split E01000003; its population-weighted centroid lies at the far east of k = 3
3     E01033002   child of the split E01000003
4     E01033003   merged from E01000004 and E01000005
5     E01033004   irregular, from E01000006 and E01000007
6     E01033005   irregular, from E01000007
7     W01000001   unchanged, Wales
20    E01000008   unchanged, crude polygon
60    E01000009   unchanged, no residents
====  ==========  =======================================================================================
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_quality.gate import suite_version

LANDED_FILE = "landed.csv"
Row = dict[str, Any]
Columns = dict[str, list[Any]]

LOOKUP = [
    ("E01000001", "E01000001", "U"),
    ("E01000002", "E01000002", "U"),
    ("E01000003", "E01033001", "S"),
    ("E01000003", "E01033002", "S"),
    ("E01000004", "E01033003", "M"),
    ("E01000005", "E01033003", "M"),
    ("E01000006", "E01033004", "X"),
    ("E01000007", "E01033004", "X"),
    ("E01000007", "E01033005", "X"),
    ("W01000001", "W01000001", "U"),
    ("E01000008", "E01000008", "U"),
    ("E01000009", "E01000009", "U"),
]
KILOMETRES = {
    "E01000001": 0,
    "E01000002": 1,
    "E01033001": 2,
    "E01033002": 3,
    "E01033003": 4,
    "E01033004": 5,
    "E01033005": 6,
    "W01000001": 7,
    "E01000008": 20,
    "E01000009": 60,
}
CRUDE = {"E01000008"}
# LSOA 2021: residents in 2020 and 2022; 2022 splits E01000003 as 3:1 and E01000007 as 1:3.
POPULATION = dict.fromkeys(KILOMETRES, (900, 1000)) | {
    "E01033001": (900, 1500),
    "E01033002": (900, 500),
    "E01033004": (900, 500),
    "E01033005": (900, 1500),
    "E01000008": (100, 150),
    "E01000009": (0, 0),
}
# LSOA 2011: score of 2019 and mid-2015 residents.
IMD_2019 = {
    "E01000001": (50.0, 1000),
    "E01000002": (40.0, 1000),
    "E01000003": (30.0, 2000),
    "E01000004": (20.0, 3000),
    "E01000005": (40.0, 1000),
    "E01000006": (10.0, 1000),
    "E01000007": (20.0, 4000),
    "E01000008": (5.0, 1000),
    "E01000009": (1.0, 1000),
}
DOMAINS = ("income", "employment", "education", "health", "crime", "housing", "environment")
STREET_COLUMNS = (
    "crime_id",
    "month",
    "reported_by",
    "falls_within",
    "longitude",
    "latitude",
    "location",
    "lsoa_code",
    "lsoa_name",
    "crime_type",
    "last_outcome_category",
    "context",
)
OUTCOME_COLUMNS = (*STREET_COLUMNS[:9], "outcome_type")
STOP_COLUMNS = (
    "type",
    "date",
    "part_of_a_policing_operation",
    "policing_operation",
    "latitude",
    "longitude",
    "gender",
    "age_range",
    "self_defined_ethnicity",
    "officer_defined_ethnicity",
    "legislation",
    "object_of_search",
    "outcome",
    "outcome_linked_to_object_of_search",
    "removal_of_more_than_just_outer_clothing",
)
LIVE_COLUMNS = (
    *STREET_COLUMNS,
    "api_id",
    "street_id",
    "street_name",
    "location_type",
    "last_outcome_month",
    "area",
    "area_wkt",
)
COLUMNS = {
    "police_street": STREET_COLUMNS,
    "police_outcomes": OUTCOME_COLUMNS,
    "police_stop_and_search": STOP_COLUMNS,
    "police_street_live": LIVE_COLUMNS,
}
QUARANTINE_COLUMNS = (
    "dataset",
    "month",
    "force",
    "source_file",
    "source_row",
    "rule",
    "reason",
    "value",
    "record",
)


def point(kilometre: float, metres_north: float = 500.0) -> Row:
    """Return longitude and latitude, as police files print them, of a place along the row of squares."""
    import pyproj

    to_degrees = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(530_000 + 1_000 * kilometre, 180_000 + metres_north)
    return {"longitude": f"{longitude:.6f}", "latitude": f"{latitude:.6f}"}


def partition_folder(layer: Path, dataset: str, month: str | None, force: str | None) -> Path:
    """Return the folder of a dataset, or of one partition of it, under a layer of the data root."""
    return layer / dataset / f"month={month}" / f"force={force}" if month else layer / dataset


def write_partition(
    root: Path, dataset: str, month: str, force: str, rows: list[Row], quarantined: int = 0
) -> Path:
    """Land and pass a partition of a police dataset; return its Parquet file."""
    lineage = {
        "partition_month": month,
        "force_slug": force,
        "source_file": f"{month}-{force}.csv",
        "data_version": _version(dataset, month, force),
        "release": "2024-12",
    }
    published = [{name: row.get(name) for name in COLUMNS[dataset]} for row in rows]
    records = [row | lineage | {"source_row": place} for place, row in enumerate(published, start=1)]
    part = _write_validated(root, dataset, month, force, _police_table(dataset, records))
    _write_papers(root, dataset, month, force, part, len(rows) + quarantined)
    if quarantined:
        rejected = {"dataset": dataset, "month": month, "force": force, "rule": "month_is_partition"}
        rejects = [rejected | {"source_row": len(rows) + place + 1} for place in range(quarantined)]
        folder = partition_folder(root / "quarantine", dataset, month, force)
        _write_parquet(folder / "rows.parquet", _quarantine_table(rejects))
    return part


def write_reference(root: Path, dataset: str, columns: Columns, landed: int | None = None) -> None:
    """Land and pass a reference dataset; ``landed`` is its count of records, where one is kept."""
    part = _write_validated(root, dataset, None, None, pa.table(columns))
    _write_papers(root, dataset, None, None, part, landed)


def write_calls(root: Path, calls: list[Row], landed: int) -> None:
    """Land and pass calls for service; each call gives what differs from a usual one."""
    from data_quality.schemas import VALIDATED_SCHEMAS

    usual = {
        "agency": "a",
        "incident_id": "a:1",
        "called_at": datetime(2024, 6, 15, 11, 5),
        "called_at_local": datetime(2024, 6, 15, 4, 5),
        "called_at_method": "exact",
        "call_type": "ALARM",
        "geocode_method": "none",
        "source_file": "calls.csv",
    }
    records = [usual | {"source_row": place} | call for place, call in enumerate(calls, start=1)]
    table = pa.Table.from_pylist(records, schema=VALIDATED_SCHEMAS["calls_for_service"])
    write_reference(root, "calls_for_service", {n: table[n] for n in table.column_names}, landed)


def write_live_feed(root: Path, month: str, rows: list[Row]) -> None:
    """Land and pass the live feed: a month that no folder is named by, of no force."""
    dataset = "police_street_live"
    lineage = {
        "partition_month": month,
        "source_file": f"crimes-street-{month}-0001.json",
        "data_version": _version(dataset, None, None),
        "release": f"{month}-01",
    }
    records = [row | lineage | {"source_row": place} for place, row in enumerate(rows, start=1)]
    part = _write_validated(root, dataset, None, None, _police_table(dataset, records))
    _write_papers(root, dataset, None, None, part, len(rows))


def write_references(root: Path) -> None:
    """Write every reference dataset but the optional town centres, and the empty quarantine."""
    for dataset, columns in {**_lookups(), **_shapes(), **_people(), **_deprivation()}.items():
        write_reference(root, dataset, columns)
    for dataset in COLUMNS:
        _write_parquet(root / "validated" / dataset / "_schema.parquet", _police_table(dataset, []))
    _write_parquet(root / "quarantine" / "_schema.parquet", _quarantine_table([]))


def write_absence(root: Path, dataset: str, month: str, force: str, status: str, reason: str) -> None:
    """Write the verdict on a partition of which there is no Parquet file."""
    folder = partition_folder(root / "validated", dataset, month, force)
    finding = {"status": status, "data_version": None, "reason": reason}
    verdict = _verdict(dataset, month, force, None, 0) | finding
    _write_json(folder / "verdict.json", verdict)


def write_revision(superseded: Path, **counts: int) -> None:
    """Write how the version in a superseded folder differs from the current one of its partition."""
    month, force = (
        folder.name.partition("=")[2] for folder in (superseded.parents[2], superseded.parents[1])
    )
    nothing = dict.fromkeys(("added", "gone", "moved", "recoded", "reclassified", "outcome_changed"), 0)
    content = {
        "month": month,
        "force": force,
        "earlier_data_version": superseded.name,
        "later_data_version": _version("police_street", month, force),
        "earlier_release": "2024-11",
        "later_release": "2024-12",
        **{f"{name}_count": count for name, count in nothing.items()},
        **counts,
    }
    _write_json(superseded / f"revision_{content['later_data_version']}.json", content)


def _lookups() -> dict[str, Columns]:
    codes = list(KILOMETRES)
    districts = ["E07000002" if code == "E01000002" else "E07000001" for code in codes]
    return {
        "ons_lsoa_2011_2021_lookup": {
            "lsoa_2011_code": [old for old, _, _ in LOOKUP],
            "lsoa_2011_name": [f"Old {old}" for old, _, _ in LOOKUP],
            "lsoa_2021_code": [new for _, new, _ in LOOKUP],
            "lsoa_2021_name": [f"New {new}" for _, new, _ in LOOKUP],
            "change_indicator": [change for _, _, change in LOOKUP],
            "lad_2022_code": ["E07000001"] * len(LOOKUP),
            "lad_2022_name": ["Eastvale"] * len(LOOKUP),
        },
        "ons_lsoa_2021_wards": {
            "lsoa_2021_code": codes,
            "lsoa_2021_name": codes,
            "ward_2024_code": ["E05000001"] * len(codes),
            "ward_2024_name": ["Market"] * len(codes),
            "lad_2024_code": districts,
            "lad_2024_name": districts,
        },
        "ons_lad_police_forces": {
            "lad_2024_code": ["E07000001", "E07000002"],
            "lad_2024_name": ["Eastvale", "Westmere"],
            "police_force_area_code": ["E23900001", "E23900002"],
            "police_force_area_name": ["Eastvale", "Westmere"],
        },
    }


def _shapes() -> dict[str, Columns]:
    from shapely import Point, box

    corners = {code: (530_000 + 1_000 * kilometre, 180_000) for code, kilometre in KILOMETRES.items()}
    squares = {code: box(east, north, east + 1_000, north + 1_000) for code, (east, north) in corners.items()}
    middles = {code: square.centroid for code, square in squares.items()}
    # The crude polygon covers its neighbours, so that using it would show.
    squares["E01000008"] = box(530_000, 180_000, 560_000, 190_000)
    middles["E01033001"] = Point(533_900, 180_500)
    return {
        "ons_lsoa_2021_boundaries": {
            "lsoa_2021_code": list(squares),
            "lsoa_2021_name": list(squares),
            "is_point_in_polygon_grade": [code not in CRUDE for code in squares],
            "geometry_wkb": [square.wkb for square in squares.values()],
        },
        "ons_lsoa_2021_centroids": {
            "lsoa_2021_code": list(middles),
            "easting_m": [middle.x for middle in middles.values()],
            "northing_m": [middle.y for middle in middles.values()],
        },
    }


def _people() -> dict[str, Columns]:
    codes = list(KILOMETRES)
    groups = {"Asian": 10, "Black": 20, "Mixed": 30, "White": 40, "Other": 50}
    return {
        "nomis_population": {
            "lsoa_2021_code": codes * 2,
            "population_year": [2020] * len(codes) + [2022] * len(codes),
            "population_count": [POPULATION[code][year] for year in (0, 1) for code in codes],
        },
        "nomis_ethnicity": {
            "lsoa_2021_code": [code for code in codes for _ in groups],
            "ethnic_group": list(groups) * len(codes),
            "resident_count": list(groups.values()) * len(codes),
        },
    }


def _deprivation() -> dict[str, Columns]:
    english = {code: (1.0, 1000) for code in KILOMETRES if code.startswith("E")}
    return {
        "iod_2019": _index("lsoa_2011_code", IMD_2019),
        "iod_2025": _index("lsoa_2021_code", english),
    }


def _index(code_column: str, scores: dict[str, tuple[float, int]]) -> Columns:
    ranks = list(range(1, len(scores) + 1))
    return {
        code_column: list(scores),
        "imd_score": [score for score, _ in scores.values()],
        "imd_score_basis": ["published"] * len(scores),
        "imd_rank": ranks,
        "imd_decile": [1] * len(scores),
        **{f"{domain}_rank": ranks for domain in DOMAINS},
        "population_count": [residents for _, residents in scores.values()],
    }


def _police_table(dataset: str, records: list[Row]) -> pa.Table:
    texts = (*COLUMNS[dataset], "partition_month", "force_slug", "source_file")
    fields = [(name, pa.string()) for name in texts]
    fields += [("source_row", pa.int64()), ("data_version", pa.string()), ("release", pa.string())]
    return pa.Table.from_pylist(records, schema=pa.schema(fields))


def _quarantine_table(records: list[Row]) -> pa.Table:
    kinds = [(name, pa.int64() if name == "source_row" else pa.string()) for name in QUARANTINE_COLUMNS]
    return pa.Table.from_pylist(records, schema=pa.schema(kinds))


def _write_validated(root: Path, dataset: str, month: str | None, force: str | None, table: pa.Table) -> Path:
    part = partition_folder(root / "validated", dataset, month, force) / "part.parquet"
    _write_parquet(part, table)
    return part


def _write_papers(
    root: Path, dataset: str, month: str | None, force: str | None, part: Path, landed: int | None
) -> None:
    landed_bytes = _landed_bytes(dataset, month, force)
    provenance = {
        "dataset": dataset,
        "month": month,
        "force": force,
        "release": "2024-12",
        "record_count": landed,
        "data_version": _version(dataset, month, force),
        "fetched_at": "2025-01-31T09:00:00+00:00",
        "files": [{"name": LANDED_FILE, "url": "", "sha256": _digest(landed_bytes), "crc32": "", "bytes": 0}],
        "licence": "",
        "attribution": "",
    }
    folder = partition_folder(root / "landing", dataset, month, force)
    _write_json(folder / "provenance.json", provenance)
    (folder / LANDED_FILE).write_bytes(landed_bytes)
    _write_json(part.with_name("verdict.json"), _verdict(dataset, month, force, part, landed or 0))


def _verdict(dataset: str, month: str | None, force: str | None, part: Path | None, landed: int) -> Row:
    return {
        "dataset": dataset,
        "month": month,
        "force": force,
        "status": "passed",
        "data_version": _version(dataset, month, force),
        "suite_version": suite_version(dataset),
        "record_count_landed": landed,
        "record_count_validated": landed,
        "record_count_quarantined": 0,
        "parquet_sha256": hashlib.sha256(part.read_bytes()).hexdigest() if part else None,
        "evaluated_at": "2025-01-01T00:00:00Z",
        "reason": None,
        "rules": [],
    }


def _version(dataset: str, month: str | None, force: str | None) -> str:
    return _digest(_digest(_landed_bytes(dataset, month, force)).encode())


def _landed_bytes(dataset: str, month: str | None, force: str | None) -> bytes:
    return f"{dataset} {month} {force}".encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_parquet(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def _write_json(path: Path, content: Row) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
