"""Renders the police records as the CSV columns of the upstream archive."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from orchestration.sandbox.categories import NAMES, OUTCOME_NAMES
from orchestration.sandbox.crimes import CrimeRecords
from orchestration.sandbox.ethnicity import NOT_STATED, SELF_DEFINED
from orchestration.sandbox.geography import Geography
from orchestration.sandbox.outcomes import OutcomeRecords
from orchestration.sandbox.places import SnapPoints
from orchestration.sandbox.plan import FORCES, CityPlan
from orchestration.sandbox.stops import AGES, GENDERS, OBJECTS, OFFICER_NAMES, OUTCOMES, TYPES, StopRecords

KINDS = ("street", "outcomes", "stop-and-search")


def street_table(
    plan: CityPlan, geography: Geography, snaps: SnapPoints, crimes: CrimeRecords, last_outcome: np.ndarray
) -> pa.Table:
    """Return the street records as published.

    Parameters
    ----------
    plan, geography, snaps, crimes
        The city.
    last_outcome
        Index into ``OUTCOME_NAMES`` of each record, -1 for none.

    Returns
    -------
    pyarrow.Table
        All VARCHAR, null where the CSV is empty, in file order.
    """
    place = _placed(plan, geography, snaps, crimes)
    return pa.table(
        {
            **place,
            "Crime type": _take(NAMES, crimes.category),
            "Last outcome category": _take(OUTCOME_NAMES, last_outcome),
            "Context": pa.nulls(len(crimes), pa.string()),
        }
    )


def outcomes_table(
    plan: CityPlan, geography: Geography, snaps: SnapPoints, outcomes: OutcomeRecords
) -> pa.Table:
    """Return the outcome records as published: all VARCHAR, in file order."""
    place = _placed(plan, geography, snaps, outcomes)
    return pa.table({**place, "Outcome type": _take(OUTCOME_NAMES, outcomes.outcome)})


def stops_table(snaps: SnapPoints, stops: StopRecords) -> pa.Table:
    """Return the stop and search records as published: all VARCHAR, in file order, latitude first."""
    older = stops.has_older_wording.astype(int)
    snap = np.where(stops.is_located, stops.snap, -1)
    ethnicity = [name for _, new, old, _ in SELF_DEFINED for name in (new, old)] + list(NOT_STATED)
    stated = np.where(stops.self_defined == -1, len(SELF_DEFINED), stops.self_defined)
    outcome = [name for new, old, _ in OUTCOMES for name in (new, old)]
    at = np.char.add(np.datetime_as_string(stops.at, unit="s"), "+00:00")
    return pa.table(
        {
            "Type": _take([name for name, _ in TYPES], stops.search_type),
            "Date": pa.array(at),
            "Part of a policing operation": pa.array(np.full(len(stops), "False")),
            "Policing operation": pa.nulls(len(stops), pa.string()),
            "Latitude": _take(_degrees(snaps.latitude), snap),
            "Longitude": _take(_degrees(snaps.longitude), snap),
            "Gender": _take([name for name, _ in GENDERS], stops.gender),
            "Age range": _take([name for name, _ in AGES], stops.age),
            "Self-defined ethnicity": _take(ethnicity, stated * 2 + older),
            "Officer-defined ethnicity": _take(OFFICER_NAMES, stops.officer_defined),
            "Legislation": _take([law for _, law, _ in OBJECTS], stops.search_object),
            "Object of search": _take([name for name, *_ in OBJECTS], stops.search_object),
            "Outcome": _take(outcome, stops.outcome * 2 + older),
            "Outcome linked to object of search": _take(("False", "True"), stops.is_linked),
            "Removal of more than just outer clothing": _take(("False", "True"), stops.is_strip_search),
        }
    )


def render_csv(table: pa.Table, line_end: bytes) -> bytes:
    """Return a table as the bytes of a CSV file: header, no quotes (no value needs them), empty for null."""
    options = pacsv.WriteOptions(include_header=False, quoting_style="none")
    body = pa.BufferOutputStream()
    pacsv.write_csv(table.combine_chunks(), body, options)
    content = ",".join(table.column_names).encode() + b"\n" + body.getvalue().to_pybytes()
    return content if line_end == b"\n" else content.replace(b"\n", line_end)


def _placed(
    plan: CityPlan, geography: Geography, snaps: SnapPoints, records: CrimeRecords | OutcomeRecords
) -> dict[str, pa.Array]:
    """Return the columns that street and outcome files share, in their order."""
    ids = pa.array(records.crime_id).cast(pa.string())
    force = _take([force.name for force in FORCES], records.force)
    snap = np.where(records.is_located, records.snap, -1)
    old, new = geography.lsoa_2011, geography.lsoa_2021
    codes, names = [*old.code, *new.code], [*old.name, *new.name]
    atom = snaps.atom[records.snap]
    lsoa = np.where(
        records.has_2011_code, geography.atom_2011[atom], len(old.code) + geography.atom_2021[atom]
    )
    lsoa = np.where(records.is_located, lsoa, -1)
    return {
        "Crime ID": pc.if_else(pc.equal(ids, ""), pa.scalar(None, pa.string()), ids),
        "Month": _take(plan.months, records.month),
        "Reported by": force,
        "Falls within": force,
        "Longitude": _take(_degrees(snaps.longitude), snap),
        "Latitude": _take(_degrees(snaps.latitude), snap),
        "Location": _take([*snaps.name, "No Location"], np.where(snap >= 0, snap, len(snaps.name))),
        "LSOA code": _take(codes, lsoa),
        "LSOA name": _take(names, lsoa),
    }


def _take(vocabulary: tuple[str, ...] | list[str], index: np.ndarray) -> pa.Array:
    """Return the words at the indices; -1 and the empty word are null."""
    words = pa.array([str(word) if word else None for word in vocabulary], pa.string())
    return words.take(pa.array(index, mask=index < 0))


def _degrees(values: np.ndarray) -> list[str]:
    return np.char.mod("%.6f", values).tolist()
