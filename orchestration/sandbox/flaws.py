"""The few deliberately broken rows, each of which exactly one row-level rule must catch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sandbox.plan import FORCES, CityPlan


@dataclass(frozen=True, order=True)
class BadRow:
    """A row that a gate must quarantine.

    Parameters
    ----------
    month, force, kind
        The archive member that holds it.
    source_row
        Its place in the file, 1 for the first record.
    rule
        The rule that it breaks.
    """

    month: str
    force: str
    kind: str
    source_row: int
    rule: str


class FileRecords(Protocol):
    """Records that know their file: month and force index and place in it."""

    @property
    def month(self) -> np.ndarray:
        """Index of each record's month."""

    @property
    def force(self) -> np.ndarray:
        """Index of each record's force."""

    @property
    def source_row(self) -> np.ndarray:
        """Place of each record in its file, from 1."""


# Rule and the values that break it, by kind of file.
_FLAWS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "street": (
        ("month_matches_file", {"Month": "2019-02"}),
        ("month_matches_file", {"Month": "2031-07"}),
        ("crime_type_known", {"Crime type": "Violent crime"}),
        ("crime_type_known", {"Crime type": "Cattle rustling"}),
        ("crime_type_known", {"Crime type": "Public disorder and weapons"}),
        ("coordinates_in_great_britain", {"Longitude": "0.000000", "Latitude": "0.000000"}),
        ("coordinates_in_great_britain", {"Longitude": "-28.412345", "Latitude": "48.123456"}),
        ("coordinates_in_great_britain", {"Longitude": "52.621494", "Latitude": "-1.198767"}),
        ("lsoa_code_well_formed", {"LSOA code": "E0190"}),
        ("lsoa_code_well_formed", {"LSOA code": "Eastvale 001A"}),
    ),
    "outcomes": (("month_matches_file", {"Month": "2018-11"}),),
    "stop-and-search": (("coordinates_in_great_britain", {"Latitude": "0.000000", "Longitude": "0.000000"}),),
}


def choose_bad_rows(
    plan: CityPlan, kind: str, records: FileRecords, fit: np.ndarray
) -> tuple[np.ndarray, tuple[BadRow, ...]]:
    """Choose the records of a kind that are broken.

    Parameters
    ----------
    plan
        Seed and window.
    kind
        ``street``, ``outcomes`` or ``stop-and-search``.
    records
        Every record of the kind.
    fit
        Which records may be broken: located ones that no other oddity touches.

    Returns
    -------
    tuple
        Index of each broken record, in the order of the flaws, and what each breaks.
    """
    rng = plan.stream(f"flaws {kind}")
    absent = {(plan.months.index(m), f) for m, f, k in plan.absent_members if k == kind}
    slugs = [known.slug for known in FORCES]
    fit = fit.copy()
    for when, slug in absent:
        fit &= ~((records.month == when) & (records.force == slugs.index(slug)))
    chosen = rng.choice(np.flatnonzero(fit), len(_FLAWS[kind]), replace=False)
    rows = tuple(
        BadRow(plan.months[records.month[i]], slugs[records.force[i]], kind, int(records.source_row[i]), rule)
        for i, (rule, _) in zip(chosen.tolist(), _FLAWS[kind], strict=True)
    )
    return chosen, rows


def break_rows(table: pa.Table, kind: str, chosen: np.ndarray) -> pa.Table:
    """Return the table with the flaws of its kind written over the chosen records.

    Parameters
    ----------
    table
        Every record of the kind, as published.
    kind, chosen
        Kind, and index of each broken record, as :func:`choose_bad_rows` was given and gave them.
    """
    for position, (_, values) in zip(chosen.tolist(), _FLAWS[kind], strict=True):
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[position] = True
        for name, value in values.items():
            column = pc.if_else(pa.array(mask), pa.scalar(value), table[name])
            table = table.set_column(table.schema.get_field_index(name), name, column)
    return table
