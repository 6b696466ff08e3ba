"""The live feed: the newest month's crimes of an area, as the API has them before the archive does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.police_uk.api import PoliceApi
from orchestration.sources.police_uk.areas import AREAS_FILE, Area
from orchestration.sources.types import Fetched, SourceError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

LIVE_STREET = "police_street_live"
REQUEST_FILE = "request.json"

# API slug: the files' wording.
CRIME_TYPES = {
    "anti-social-behaviour": "Anti-social behaviour",
    "bicycle-theft": "Bicycle theft",
    "burglary": "Burglary",
    "criminal-damage-arson": "Criminal damage and arson",
    "drugs": "Drugs",
    "other-crime": "Other crime",
    "other-theft": "Other theft",
    "possession-of-weapons": "Possession of weapons",
    "public-order": "Public order",
    "robbery": "Robbery",
    "shoplifting": "Shoplifting",
    "theft-from-the-person": "Theft from the person",
    "vehicle-crime": "Vehicle crime",
    "violent-crime": "Violence and sexual offences",
}
# The one wording in which the API and the files differ.
OUTCOMES = {"Offender given a penalty notice": "Offender given penalty notice"}

# Everything is read as text: the gate judges each record, and one that is odd must not lose the others.
CRIME_COLUMNS = {
    "id": "varchar",
    "category": "varchar",
    "month": "varchar",
    "persistent_id": "varchar",
    "context": "varchar",
    "location_type": "varchar",
    "location": "struct(latitude varchar, longitude varchar, street struct(id varchar, name varchar))",
    "outcome_status": "struct(category varchar, date varchar)",
}
_QUERY = """
    select
        nullif(persistent_id, '') as crime_id,
        month,
        null::varchar as reported_by,
        null::varchar as falls_within,
        location.longitude as longitude,
        location.latitude as latitude,
        coalesce(location.street.name, 'No Location') as location,
        null::varchar as lsoa_code,
        null::varchar as lsoa_name,
        category as crime_type,
        outcome_status.category as last_outcome_category,
        nullif(context, '') as context,
        id as api_id,
        location.street.id as street_id,
        location.street.name as street_name,
        location_type,
        outcome_status.date as last_outcome_month,
        row_number() over () as source_row
    from read_json($path, format = 'array', columns = $shape)
"""


def fetch_street_live(api: PoliceApi, area: Area) -> list[Fetched]:
    """Fetch the newest published month of an area.

    Parameters
    ----------
    api
        The API.
    area
        The area.

    Returns
    -------
    list of Fetched
        ``request.json``, which says what was asked, and every answer byte for byte, a file each.

    Raises
    ------
    SourceError
        When the API cannot be asked, holds no month, or answers in another shape or with another month.
    """
    dates = api.street_dates()
    if not dates:
        raise SourceError("crimes-street-dates", "the API lists no month", "try again later")
    month, release = dates[0].month, api.last_updated()
    asked = {"area": area.name, "title": area.title, "month": month, "polygon": area.polygon}
    request = (json.dumps(asked, indent=2, ensure_ascii=False) + "\n").encode()
    answers = api.street_answers(area.polygon, month)
    return [
        Fetched(REQUEST_FILE, request, AREAS_FILE.name, release=release),
        *(
            Fetched(f"crimes-street-{month}-{number:04d}.json", answer.body, answer.url, release=release)
            for number, answer in enumerate(answers, start=1)
        ),
    ]


def count_street_live(fetched: Sequence[Fetched]) -> int:
    """Count the crimes of a fetched feed, each id once, apart from :func:`read_street_live`."""
    crimes = [crime for file in fetched if file.name != REQUEST_FILE for crime in json.loads(file.content)]
    ids = [crime.get("id") for crime in crimes]
    return len({number for number in ids if number is not None}) + ids.count(None)


def read_street_live(files: Sequence[Path]) -> pd.DataFrame:
    """Read a landed feed into the columns of a street file and those that only the API has.

    Parameters
    ----------
    files
        ``request.json`` and the answers.

    Returns
    -------
    pandas.DataFrame
        One row a crime, all text but ``source_row``, the place in its answer. A crime of two answers is kept
        once. Categories and outcomes have the files' wording; a category that is not known keeps its slug.

    Raises
    ------
    SourceError
        When a file cannot be read.
    """
    import duckdb
    import pandas as pd

    asked = _read_request(next(path for path in files if path.name == REQUEST_FILE))
    with duckdb.connect() as connection:
        # One thread, so that the records keep the order of the answer.
        connection.execute("set threads = 1")
        answers = [_read_answer(path, connection) for path in files if path.name != REQUEST_FILE]
    crimes = pd.concat(answers, ignore_index=True)
    crimes = crimes[~(crimes["api_id"].duplicated() & crimes["api_id"].notna())].reset_index(drop=True)
    return crimes.assign(
        crime_type=crimes["crime_type"].replace(CRIME_TYPES),
        last_outcome_category=crimes["last_outcome_category"].replace(OUTCOMES),
        area=asked["area"],
        area_wkt=_as_wkt(asked["polygon"]),
        partition_month=asked["month"],
        force_slug=None,
    )


def _read_request(path: Path) -> dict:
    try:
        asked = json.loads(path.read_text(encoding="utf-8"))
        return {name: asked[name] for name in ("area", "month", "polygon")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            str(path), f"it does not say what was asked ({error})", "land the feed again"
        ) from error


def _read_answer(path: Path, connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    import duckdb

    try:
        frame = connection.execute(_QUERY, {"path": str(path), "shape": CRIME_COLUMNS}).df()
    except duckdb.Error as error:
        raise SourceError(
            str(path), f"it is not a list of crimes ({error})", "land the feed again"
        ) from error
    return frame.assign(source_file=path.name)


def _as_wkt(polygon: Sequence[Sequence[float]]) -> str:
    corners = [*polygon, polygon[0]]
    return f"POLYGON (({', '.join(f'{longitude} {latitude}' for latitude, longitude in corners)}))"
