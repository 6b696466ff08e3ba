"""Turns rejected records into quarantine rows: one a record, with the first rule that it broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_quality.schemas import LINEAGE_COLUMNS, QUARANTINE_SCHEMA, is_police
from data_quality.suites import Rule

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Place:
    """Where quarantined records come from.

    Parameters
    ----------
    dataset, month, force
        The dataset and, for police files, the partition.
    source_file
        Name of the landed file, for frames that do not carry it.
    """

    dataset: str
    month: str | None
    force: str | None
    source_file: str | None


@dataclass(frozen=True)
class Withheld:
    """Why a whole partition is withheld: the rule that failed and its reason."""

    rule: str
    reason: str


def quarantine_rows(
    frame: pd.DataFrame,
    rules: Sequence[Rule],
    broken: Mapping[str, np.ndarray],
    rejects: pd.DataFrame | None,
    place: Place,
    withheld: Withheld | None,
) -> pd.DataFrame:
    """Return the quarantine rows of a partition, in the order of the file.

    Parameters
    ----------
    frame
        Shape (n, columns): the parsed records.
    rules
        Rules in the order in which a record's first broken one is named.
    broken
        Positions in ``frame`` of the records that break each rule.
    rejects
        Records that the reader could not parse: ``source_row``, ``rule``, ``reason``, ``value``, ``record``;
        with ``source_file`` when there are several files.
    place
        Where the records come from.
    withheld
        When the whole partition is withheld: why. Every record is then returned.

    Returns
    -------
    pandas.DataFrame
        Columns of the quarantine schema; one row a record.
    """
    import pandas as pd

    parts = [_rejected(frame, rules, broken, place, withheld)]
    if rejects is not None and len(rejects):
        parts.append(rejects if "source_file" in rejects else rejects.assign(source_file=place.source_file))
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = rows.assign(dataset=place.dataset, month=place.month, force=place.force)
    ordered = rows[QUARANTINE_SCHEMA.names].sort_values(["source_file", "source_row"], kind="stable")
    return ordered.reset_index(drop=True)


def _rejected(
    frame: pd.DataFrame,
    rules: Sequence[Rule],
    broken: Mapping[str, np.ndarray],
    place: Place,
    withheld: Withheld | None,
) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    count = len(frame)
    first = np.full(count, None, dtype=object)
    reason = np.full(count, None, dtype=object)
    value = np.full(count, None, dtype=object)
    for rule in rules:
        if rule.name not in broken:
            continue
        positions = broken[rule.name]
        is_first = first[positions] == np.array(None)
        new, again = positions[is_first], positions[~is_first]
        first[new], reason[new] = rule.name, rule.reason
        value[new] = _values(frame.iloc[new], rule.columns)
        reason[again] = reason[again] + f"; also breaks {rule.name}"
    if withheld is not None:
        is_whole = first == np.array(None)
        first[is_whole] = withheld.rule
        reason[is_whole] = f"withheld with its whole partition: {withheld.reason}"
    chosen = np.flatnonzero(first != np.array(None))
    records = frame.iloc[chosen]
    return pd.DataFrame(
        {
            "source_file": records["source_file"].to_numpy() if "source_file" in frame else place.source_file,
            "source_row": records["source_row"].to_numpy() if "source_row" in frame else chosen + 1,
            "rule": first[chosen],
            "reason": reason[chosen],
            "value": value[chosen],
            "record": _as_json(records, place.dataset),
        }
    )


def _values(records: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return the offending values as text: the bare value of one column, name=value of several."""
    texts = [_as_text(records[name]) for name in columns]
    if len(columns) == 1:
        return texts[0].to_numpy(dtype=object)
    named = [f"{name}=" + text.fillna("") for name, text in zip(columns, texts, strict=True)]
    joined = named[0]
    for text in named[1:]:
        joined = joined + ", " + text
    return joined.to_numpy(dtype=object)


def _as_json(records: pd.DataFrame, dataset: str) -> list[str]:
    """Return each record as the text of a JSON object, without lineage columns."""
    if records.empty:
        return []
    readable = records.copy()
    if is_police(dataset):
        readable = readable.drop(columns=list(LINEAGE_COLUMNS), errors="ignore")
    for name in [str(name) for name in readable if str(name).endswith("_wkb")]:
        readable[name] = _as_text(readable[name])
    lines = readable.to_json(orient="records", lines=True, force_ascii=False, date_format="iso")
    # pandas escapes slashes, which JSON allows and nobody wants to read.
    return lines.replace("\\/", "/").rstrip("\n").split("\n")


def _as_text(column: pd.Series) -> pd.Series:
    if column.name is not None and str(column.name).endswith("_wkb"):
        lengths = column.str.len()
        return ("<" + lengths.astype("Int64").astype("string") + " bytes of geometry>").astype(object)
    return column.astype("string").astype(object).where(column.notna(), None)
