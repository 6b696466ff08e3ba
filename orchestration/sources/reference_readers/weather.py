"""Monthly weather from the Met Office's station files: text in columns, with marks beside the numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

_HEADER = ["yyyy", "mm", "tmax", "tmin", "af", "rain", "sun"]
_MEASURES = {
    "tmax": "temperature_max_c",
    "tmin": "temperature_min_c",
    "af": "air_frost_days",
    "rain": "rain_mm",
    "sun": "sunshine_hours",
}
_SITE = re.compile(r"(?P<easting>\d+)\s*E\s+(?P<northing>\d+)\s*N\b")
# A station's own file, or a copy under a longer name.
_FILE_NAME = re.compile(r"(?:metoffice_monthly_)?(?P<station>[a-z][a-z-]*?)(?:data)?\.txt", re.IGNORECASE)
_VALUE = r"(?P<{0}>-?\d+(?:\.\d+)?|---)\s*(?P<{0}_mark>[*#$]*)"
_RECORD = (
    r"^\s*(?P<yyyy>\d{4})\s+(?P<mm>\d{1,2})\s+"
    + r"\s+".join(_VALUE.format(name) for name in _MEASURES)
    + r"(?:\s+(?P<remark>[A-Za-z|].*))?\s*$"
)
_CLOSED = r"^\s*site closed\s*$"


def read_weather(files: Sequence[Path]) -> pd.DataFrame:
    """Return one row per station and month.

    The number of lines above the table differs between stations, so the table begins below the line that
    names its columns. ``*`` marks a value as estimated, ``#`` sunshine from an automatic sensor, ``---``
    stands for a missing value, and the newest months end in ``Provisional``. A station that moved states
    several sites; the latest is kept.

    Raises
    ------
    SourceError
        When a file has no table or no position, or a line of the table is not a month.
    """
    import pandas as pd

    return pd.concat([_read_station(path) for path in files], ignore_index=True)


def _read_station(path: Path) -> pd.DataFrame:
    import pandas as pd

    lines = _decode(path).splitlines()
    start = next((place for place, line in enumerate(lines) if line.split() == _HEADER), None)
    if start is None:
        raise _unfit(path, f"no line names the columns {' '.join(_HEADER)}")
    sites = _SITE.findall(" ".join(lines[:start]))
    if not sites:
        raise _unfit(path, "no line states the station's easting and northing")
    # The line below the names has the units.
    table = pd.Series(lines[start + 2 :], index=range(start + 3, len(lines) + 1), dtype="str")
    table = table[table.str.strip().ne("") & ~table.str.match(_CLOSED, case=False)]
    fields = table.str.extract(_RECORD)
    if fields["yyyy"].isna().any():
        number = fields.index[fields["yyyy"].isna()][0]
        raise _unfit(path, f"line {number} is not a month: {table[number].strip()[:80]!r}")
    easting, northing = sites[-1]
    return _as_months(fields, path).assign(
        station_id=_station(path),
        station_name=lines[0].strip(),
        easting_m=float(easting),
        northing_m=float(northing),
    )


def _as_months(fields: pd.DataFrame, path: Path) -> pd.DataFrame:
    import pandas as pd

    months = pd.to_datetime(fields["yyyy"] + "-" + fields["mm"], format="%Y-%m", errors="coerce")
    if months.isna().any():
        raise _unfit(path, f"line {fields.index[months.isna()][0]} has a month outside 1 to 12")
    marks = fields[[f"{name}_mark" for name in _MEASURES]].fillna("")
    values = fields[list(_MEASURES)].replace("---", None).astype("float64").rename(columns=_MEASURES)
    return values.assign(
        air_frost_days=values["air_frost_days"].astype("Int32"),
        weather_month=months,
        is_estimated=marks.apply(lambda column: column.str.contains("*", regex=False)).any(axis=1),
        is_sunshine_from_sensor=marks["sun_mark"].str.contains("#", regex=False),
        is_provisional=fields["remark"].fillna("").str.contains("provisional", case=False),
    )


def _decode(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Place names aside the files are ASCII; whatever else comes must not stop the numbers.
        return content.decode("latin-1")


def _station(path: Path) -> str:
    found = _FILE_NAME.fullmatch(path.name)
    if found is None:
        raise _unfit(path, "its name does not begin with the station's id")
    return found["station"].lower()


def _unfit(path: Path, rule: str) -> SourceError:
    return SourceError(
        str(path), rule, "check that this is a station file of the Met Office, and fetch it again"
    )
