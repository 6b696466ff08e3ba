"""Tables of text from CSV files and ArcGIS pages, and the checks on columns that every reader shares."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

# Row numbers and shape measures that ArcGIS adds to every layer, and Welsh names.
ARCGIS_EXTRAS = r"fid|objectid(_\d+)?|globalid|shape.*|st_(area|length|perimeter).*|.*nmw"

# ONS puts the year of a geography into the names of its columns: WD24CD, ltla24_code.
_DATED = re.compile(r"([a-z]+)(\d\d)(_?(?:cd|code|nm|name))", re.IGNORECASE)


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a CSV file (plain or gzipped, with or without BOM) as text; empty strings become missing.

    Raises
    ------
    SourceError
        When the file is not UTF-8 CSV, or its gzip wrapping is damaged.
    """
    import pandas as pd

    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except (ValueError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError(
            str(path), f"it cannot be read as UTF-8 CSV ({error})", "fetch the file again"
        ) from error


def read_pages(paths: Sequence[Path]) -> list[tuple[Path, dict[str, Any]]]:
    """Read ArcGIS pages as JSON documents.

    Raises
    ------
    SourceError
        When a page is not a JSON object with a list of features.
    """
    pages = []
    for path in paths:
        try:
            page = json.loads(path.read_bytes())
        except ValueError as error:
            raise SourceError(str(path), f"it is not JSON ({error})", "fetch the dataset again") from error
        if not isinstance(page, dict) or not isinstance(page.get("features"), list):
            raise SourceError(str(path), "it has no list of features", "fetch the dataset again")
        pages.append((path, page))
    return pages


def read_attributes(paths: Sequence[Path]) -> pd.DataFrame:
    """Read a table from CSV files, or from ArcGIS pages (the features' attributes), one after the other."""
    import pandas as pd

    if all(path.suffix == ".json" for path in paths):
        return pd.DataFrame(
            [feature.get("attributes") or feature.get("properties") or {} for feature in _features(paths)]
        )
    return pd.concat([read_text_table(path) for path in paths], ignore_index=True)


def pick_columns(frame: pd.DataFrame, wanted: Mapping[str, str], ignorable: str, where: Path) -> pd.DataFrame:
    """Take the wanted columns under their canonical names, and account for all the others.

    Parameters
    ----------
    frame
        Table as published; names are compared without case and outer blanks.
    wanted
        Canonical name to published name.
    ignorable
        Regular expression for the published names that are known and not wanted.
    where
        File, for the message.

    Returns
    -------
    pandas.DataFrame
        The wanted columns, in the order of ``wanted``.

    Raises
    ------
    SourceError
        When a column is missing, or one is there that is neither wanted nor known.
    """
    held = {str(name).strip().casefold(): name for name in frame.columns}
    lacking = [name for name in wanted.values() if name.casefold() not in held]
    if lacking:
        _refuse_other_vintage(lacking, list(held), where)
        raise SourceError(
            str(where),
            f"column {lacking[0]!r} is missing; the file has {', '.join(map(str, frame.columns))[:300]}",
            "check that this is the edition named in the catalogue",
        )
    known = {name.casefold() for name in wanted.values()}
    check_known([name for key, name in held.items() if key not in known], ignorable, where)
    picked = frame[[held[name.casefold()] for name in wanted.values()]]
    return picked.set_axis(list(wanted), axis=1)


def _refuse_other_vintage(lacking: Sequence[str], held: Sequence[str], where: Path) -> None:
    """Name the edition that a file is of, when its columns carry another year than those wanted."""
    for name in lacking:
        wanted = _DATED.fullmatch(name)
        if wanted is None:
            continue
        thing, year, what = wanted.groups()
        dated = re.compile(rf"{re.escape(thing)}(\d\d){re.escape(what)}", re.IGNORECASE)
        years = [found[1] for other in held if (found := dated.fullmatch(other))]
        if years:
            raise SourceError(
                str(where),
                f"it has no {name} but {thing}{years[0]}{what}: it is the edition of 20{years[0]}, "
                f"where the catalogue names that of 20{year}",
                f"supply the edition of 20{year}; its home page is in docs/data_contracts/reference.md",
            )


def check_known(names: Sequence[object], known: str, where: Path) -> None:
    """Refuse columns that no known pattern fits: a new column may change what the others mean.

    Parameters
    ----------
    names
        Names as published.
    known
        Regular expression that the whole of each name must match.
    where
        File, for the message.

    Raises
    ------
    SourceError
        When a name does not match ``known``, compared without case and outer blanks.
    """
    pattern = re.compile(known, re.IGNORECASE)
    unknown = [str(name) for name in names if not pattern.fullmatch(str(name).strip())]
    if unknown:
        raise SourceError(
            str(where),
            f"column {unknown[0]!r} is not known",
            "check what the publisher changed, then add the column to the reader",
        )


def has_columns(frame: pd.DataFrame, names: Sequence[str]) -> bool:
    """Tell whether a table has all these columns, compared without case and outer blanks."""
    return {name.casefold() for name in names} <= {str(name).strip().casefold() for name in frame.columns}


def to_whole(values: pd.Series, where: Path) -> pd.Series:
    """Return whole numbers (``Int64``, nullable), accepting thousands separators.

    Parameters
    ----------
    values, where
        As for :func:`to_decimal`.

    Raises
    ------
    SourceError
        When a value is not a whole number.
    """
    numbers = to_decimal(values, where)
    is_fraction = numbers.notna() & (numbers % 1 != 0)
    if is_fraction.any():
        raise _not_a_number(values, is_fraction, where, "a whole number")
    return numbers.astype("Int64")


def to_decimal(values: pd.Series, where: Path) -> pd.Series:
    """Return decimal numbers, accepting thousands separators; missing stays missing.

    Parameters
    ----------
    values
        One column as published. The point is the decimal separator; every comma is left out, wherever it is.
    where
        File, for the message.

    Raises
    ------
    SourceError
        When a value is not a finite number.
    """
    import numpy as np
    import pandas as pd

    text = values.astype("str").str.strip().str.replace(",", "", regex=False)
    numbers = pd.to_numeric(text.where(values.notna()), errors="coerce").astype("float64")
    is_wrong = values.notna() & ~np.isfinite(numbers)
    if is_wrong.any():
        raise _not_a_number(values, is_wrong, where, "a number")
    return numbers


def _features(paths: Sequence[Path]) -> list[dict[str, Any]]:
    return [feature for _, page in read_pages(paths) for feature in page["features"]]


def _not_a_number(values: pd.Series, is_wrong: pd.Series, where: Path, kind: str) -> SourceError:
    row = int(is_wrong.to_numpy().argmax())
    return SourceError(
        str(where),
        f"column {values.name!r} holds {values.iloc[row]!r} in record {row + 1}, which is not {kind}",
        "fetch the file again; if it stays so, ask its publisher",
    )
