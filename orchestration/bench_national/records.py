"""Street files in the archive's own format, month by month and force by force, always the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.suites.vocabularies import ANTI_SOCIAL_BEHAVIOUR
from orchestration.bench_national.geography import SEED, SNAP_POINTS_PER_LSOA, Geography
from orchestration.sources.police_uk.headers import HEADERS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ROWS_A_MONTH = 500_000
# Kept by a file of any size; records carry the code of 2021 from this month on.
_FIRST_MONTH_OF_2021_CODES = "2023-06"
_SHARE_UNLOCATED, _SHARE_OUTSIDE = 0.044, 0.02
_CATEGORIES = {
    ANTI_SOCIAL_BEHAVIOUR: 0.16,
    "Bicycle theft": 0.01,
    "Burglary": 0.04,
    "Criminal damage and arson": 0.08,
    "Drugs": 0.03,
    "Other crime": 0.02,
    "Other theft": 0.08,
    "Possession of weapons": 0.01,
    "Public order": 0.07,
    "Robbery": 0.01,
    "Shoplifting": 0.08,
    "Theft from the person": 0.02,
    "Vehicle crime": 0.06,
    "Violence and sexual offences": 0.33,
}
_OUTCOMES = (
    "Investigation complete; no suspect identified",
    "Unable to prosecute suspect",
    "Under investigation",
    "Awaiting court outcome",
    "Status update unavailable",
)


def write_month(folder: Path, month: str, geography: Geography) -> int:
    """Write ``YYYY-MM/YYYY-MM-<force>-street.csv`` for every force; return the number of records."""
    import numpy as np

    target = folder / month
    target.mkdir(parents=True, exist_ok=True)
    areas = np.bincount(geography.force_of_lsoa, minlength=len(geography.forces))
    counts = np.maximum(1, np.round(ROWS_A_MONTH * areas / areas.sum())).astype(int)
    for force, (slug, _) in enumerate(geography.forces):
        random = np.random.default_rng([SEED, int(month.replace("-", "")), force])
        content = _as_csv(_records(random, month, force, int(counts[force]), geography))
        (target / f"{month}-{slug}-street.csv").write_bytes(content)
    return int(counts.sum())


def _records(
    random: np.random.Generator, month: str, force: int, count: int, geography: Geography
) -> pa.Table:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    own = np.flatnonzero(geography.force_of_lsoa == force)
    # Crime gathers: a squared uniform number favours the first areas and points.
    area = own[(random.random(count) ** 2 * len(own)).astype(int)]
    outside = random.random(count) < _SHARE_OUTSIDE
    area[outside] = random.integers(0, len(geography.codes_2021), int(outside.sum()))
    point = (random.random(count) ** 2 * SNAP_POINTS_PER_LSOA).astype(int)
    unlocated = pa.array(random.random(count) < _SHARE_UNLOCATED)
    categories = list(_CATEGORIES)
    shares = np.array(list(_CATEGORIES.values()))
    kind = random.choice(len(categories), count, p=shares / shares.sum())
    is_asb = pa.array(kind == categories.index(ANTI_SOCIAL_BEHAVIOUR))
    codes = geography.codes_2021 if month >= _FIRST_MONTH_OF_2021_CODES else geography.codes_2011
    missing = pa.scalar(None, pa.string())
    force_name = pa.repeat(_name(geography.forces[force][0]), count)

    def located(values: pa.Array) -> pa.Array:
        return pc.if_else(unlocated, missing, values)

    streets = pa.array([f"On or near Street {number}" for number in range(4_000)])
    columns = [
        pc.if_else(is_asb, missing, _hex_ids(random, count)),
        pa.repeat(month, count),
        force_name,
        force_name,
        located(_degrees(geography.longitude[area, point])),
        located(_degrees(geography.latitude[area, point])),
        pc.if_else(unlocated, "No Location", streets.take(pa.array((area * 7 + point) % 4_000))),
        located(pa.array(codes).take(pa.array(area))),
        located(pa.array([f"Area {number:05d}A" for number in range(len(codes))]).take(pa.array(area))),
        pa.array(categories).take(pa.array(kind)),
        pc.if_else(
            is_asb, missing, pa.array(_OUTCOMES).take(pa.array(random.integers(0, len(_OUTCOMES), count)))
        ),
        pa.nulls(count, pa.string()),
    ]
    return pa.table(columns, names=list(HEADERS["street"]))


def _hex_ids(random: np.random.Generator, count: int) -> pa.Array:
    """Return ids of 64 hexadecimal digits, made from one string instead of one by one."""
    import numpy as np
    import pyarrow as pa

    digits = pa.py_buffer(random.bytes(32 * count).hex().encode("ascii"))
    offsets = pa.py_buffer(np.arange(0, 64 * (count + 1), 64, dtype=np.int32))
    return pa.StringArray.from_buffers(count, offsets, digits)


def _degrees(values: np.ndarray) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(pa.array(values), pa.string())


def _as_csv(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.csv as pcsv

    sink = pa.BufferOutputStream()
    options = pcsv.WriteOptions(include_header=False, quoting_style="none")
    pcsv.write_csv(table, sink, options)
    header = ",".join(table.column_names).encode() + b"\n"
    return header + sink.getvalue().to_pybytes()


def _name(slug: str) -> str:
    return slug.replace("-", " ").title() + " Police"
