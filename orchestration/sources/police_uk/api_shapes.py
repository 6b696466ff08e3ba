"""What the police.uk API answers with, typed; the text that it writes numbers as is turned into numbers.

The dataclasses keep the API's own nesting and names. Fields that it sends and nobody here uses are left out.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import BeforeValidator, Field

from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

Shape = TypeVar("Shape")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN_CHARACTERS = 60
_REMEDY = "the API has changed its answers: the client must follow"

Month = Annotated[str, Field(pattern=r"^20\d{2}-(0[1-9]|1[0-2])\z")]
Day = Annotated[str, Field(pattern=r"^20\d{2}-\d{2}-\d{2}")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
# The API writes "nothing" as an empty text in some fields and as null in others.
Blank = Annotated[str | None, BeforeValidator(lambda value: None if value == "" else value)]


@dataclass(frozen=True)
class LastUpdated:
    """Answer of ``crime-last-updated``: the day of the newest month."""

    date: Day


@dataclass(frozen=True)
class StreetDate:
    """A month that the API holds.

    Parameters
    ----------
    month
        ``YYYY-MM``.
    stop_and_search_forces
        Ids of the forces that published stop and search for it.
    """

    month: Annotated[Month, Field(validation_alias="date")]
    stop_and_search_forces: Annotated[
        tuple[str, ...],
        BeforeValidator(lambda forces: tuple(sorted(forces)) if isinstance(forces, list) else forces),
        Field(validation_alias="stop-and-search"),
    ] = ()


@dataclass(frozen=True)
class Named:
    """A force or neighbourhood: its id and its name, in which some write HTML."""

    id: str
    name: str


@dataclass(frozen=True)
class Category:
    """A crime category: the slug that the API's paths take, and its name in the files."""

    url: str
    name: str


@dataclass(frozen=True)
class Coordinates:
    """A place, WGS84 degrees."""

    latitude: Latitude
    longitude: Longitude


@dataclass(frozen=True)
class Street:
    """An anonymous map point: its id, and its name as the files word it."""

    id: int
    name: str


@dataclass(frozen=True)
class Location(Coordinates):
    """Where something was recorded: always an anonymous map point."""

    street: Street


@dataclass(frozen=True)
class OutcomeStatus:
    """A crime's latest outcome in the API's wording, and its month."""

    category: str
    date: Month


@dataclass(frozen=True)
class Crime:
    """A street-level crime.

    Parameters
    ----------
    id
        The API's own number, which the files do not have.
    category
        Slug, such as ``violent-crime``.
    month
        Month of the crime.
    persistent_id
        The files' Crime ID; none for anti-social behaviour.
    location
        Where; none when it is not published.
    location_type
        ``Force`` or ``BTP``; none without a location.
    outcome_status
        Latest outcome; none for anti-social behaviour, and in the answers about outcomes.
    """

    id: int
    category: str
    month: Month
    persistent_id: Blank
    location: Location | None
    location_type: str | None = None
    outcome_status: OutcomeStatus | None = None


@dataclass(frozen=True)
class OutcomeCategory:
    """An outcome: code and wording."""

    code: str
    name: str


@dataclass(frozen=True)
class HistoryOutcome:
    """One outcome in the history of a crime; ``person_id`` tells several accused apart."""

    category: OutcomeCategory
    date: Month
    person_id: str | int | None


@dataclass(frozen=True)
class Outcome(HistoryOutcome):
    """An outcome with the crime that it is of; ``date`` is the month in which it was recorded."""

    crime: Crime


@dataclass(frozen=True)
class CrimeHistory:
    """A crime with all its outcomes, oldest first."""

    crime: Crime
    outcomes: tuple[HistoryOutcome, ...]


@dataclass(frozen=True)
class Stop:
    """A stop and search; every field but type, time and location is as published, none where not recorded."""

    type: str
    datetime: dt.datetime
    location: Location | None
    gender: Blank
    age_range: Blank
    self_defined_ethnicity: Blank
    officer_defined_ethnicity: Blank
    legislation: Blank
    object_of_search: Blank
    outcome: Blank
    outcome_linked_to_object_of_search: bool | None
    removal_of_more_than_outer_clothing: bool | None
    involved_person: bool
    operation: bool | None = None
    operation_name: Blank = None


@dataclass(frozen=True)
class Neighbourhood:
    """A policing neighbourhood.

    Parameters
    ----------
    id, name
        Id within its force, and name.
    centre
        Middle of it.
    population
        Residents as the force states them; many state 0.
    description
        HTML as the force wrote it, untrusted.
    url_force
        Its page at the force.
    contact_details
        Addresses and numbers by kind.
    """

    id: str
    name: str
    centre: Coordinates | None
    population: Annotated[int, Field(ge=0)]
    description: Blank = None
    url_force: Blank = None
    contact_details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dated:
    """The month alone of a crime, by which an answer is checked without judging its records."""

    month: str


def parse_answer(body: bytes, shape: type[Shape], where: str) -> Shape:
    """Read the body of an answer as a shape, such as ``list[Crime]``.

    Parameters
    ----------
    body
        The bytes; a byte order mark is passed over.
    shape
        What the answer must be. Texts that are numbers become numbers.
    where
        Address that the body came from, for messages.

    Returns
    -------
    Shape
        The answer.

    Raises
    ------
    SourceError
        When the body is empty, is not JSON or has another shape; the message says where and why.
    """
    from pydantic import ValidationError

    text = body.removeprefix(_BYTE_ORDER_MARK)
    if not text.strip():
        raise SourceError(
            where, "the API answered with an empty body", "try again later: nothing is known of the area"
        )
    try:
        return cast(Shape, _adapter(cast(Any, shape)).validate_json(text))
    except ValidationError as error:
        raise _misshapen(where, text, error) from error


@functools.cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(shape)


def _misshapen(where: str, text: bytes, error: ValidationError) -> SourceError:
    first, count = error.errors(include_url=False)[0], error.error_count()
    if first["type"] == "json_invalid":
        shown = text[:_SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")
        return SourceError(where, f"the body is not JSON ({first['msg']}); it begins {shown!r}", _REMEDY)
    place = " · ".join(str(step) for step in first["loc"]) or "the answer"
    shown = repr(first["input"])[:_SHOWN_CHARACTERS]
    more = f", and {count - 1:,} more faults" if count > 1 else ""
    return SourceError(where, f"{place} is {shown}: {_lower(first['msg'])}{more}", _REMEDY)


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
