"""The declared mapping from an agency's CSV to the incident schema: what it may say, and how it is loaded."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic import model_validator as check_model

from orchestration.sources.types import SourceError

MAPPINGS = Path(__file__).with_name("mappings")
EPOCH_UNITS: dict[str, Literal["s", "ms"]] = {"epoch_s": "s", "epoch_ms": "ms"}
GUIDE = "docs/data_contracts/calls_for_service.md"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.*?\[\]-]+$")]
Level = Annotated[int, Field(ge=1, le=6)]


class _Declared(BaseModel):
    """A part of a mapping: fixed once read, and without fields that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Declared):
    """Published column of each incident field; what an agency does not publish is left out."""

    event_id: Text
    call_number: Text | None = None
    call_type_code: Text | None = None
    call_type: Text
    disposition_code: Text | None = None
    disposition: Text | None = None
    address: Text | None = None
    city: Text | None = None
    state: Text | None = None
    longitude: Text | None = None
    latitude: Text | None = None

    @check_model(mode="after")
    def _coordinates_come_in_pairs(self) -> Columns:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("name both longitude and latitude, or neither")
        return self


class Constants(_Declared):
    """Values of fields that an agency does not publish because they never change."""

    city: Text | None = None
    state: Text | None = None


class Stamp(_Declared):
    """A moment: its columns, joined by a blank, and the ways in which they are written.

    Parameters
    ----------
    columns
        Published columns, such as a date and a time.
    formats
        ``strptime`` formats, tried in turn; ``epoch_s`` or ``epoch_ms`` for a count since 1970 in UTC.
    zone_marks
        Endings that say by which clock a time is written, such as one for daylight and one for standard time:
        which of two moments each stands for when a time comes twice.
    """

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    formats: Annotated[tuple[Text, ...], Field(min_length=1)]
    zone_marks: dict[Text, Literal["first", "second"]] = Field(default_factory=dict)

    @field_validator("formats")
    @classmethod
    def _formats_tell_the_second(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for form in formats:
            if form not in EPOCH_UNITS and not ("%d" in form and ("%H" in form or "%I" in form)):
                raise ValueError(
                    f"{form!r} gives no day and hour: write a strptime format with %d and %H or %I, "
                    f"or one of {', '.join(EPOCH_UNITS)}"
                )
            if "%I" in form and "%p" not in form:
                raise ValueError(
                    f"{form!r} cannot tell morning from evening: add %p, or use %H for 24-hour times"
                )
        return formats


class Priority(_Declared):
    """How the agency's priorities are mapped onto 1 (most urgent) to 6.

    Parameters
    ----------
    column
        Published column.
    levels
        Published value to level; null for a value that ranks no call. A value that is not listed is rejected.
    """

    column: Text
    levels: Annotated[dict[Text, Level | None], Field(min_length=1)]


class Address(_Declared):
    """How an address is taken apart.

    Parameters
    ----------
    block_pattern
        Regular expression with the groups ``block_low`` and ``street``, for addresses within a block.
    intersection_separator
        What stands between the two streets of an intersection.
    """

    block_pattern: Text
    intersection_separator: Text

    @field_validator("block_pattern")
    @classmethod
    def _pattern_has_both_groups(cls, pattern: str) -> str:
        try:
            groups = set(re.compile(pattern).groupindex)
        except re.error as error:
            raise ValueError(f"it is no regular expression ({error}): correct it") from error
        if groups != {"block_low", "street"}:
            raise ValueError("name exactly the groups (?P<block_low>…) and (?P<street>…)")
        return pattern


class Downloads(_Declared):
    """Where the files are published.

    Parameters
    ----------
    host
        Field of :class:`orchestration.sources.endpoints.Endpoints` with the host's base address.
    paths
        Path of each file below it; its last part is the name to land the file under.
    """

    host: Literal["san_jose"]
    paths: Annotated[tuple[Text, ...], Field(min_length=1)]

    @field_validator("paths")
    @classmethod
    def _paths_are_plain(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            if not re.fullmatch(r"[\w./-]+", path) or ".." in PurePosixPath(path).parts:
                raise ValueError(f"{path!r} is no plain path: leave out the host, the query and '..'")
        return paths


class CallsMapping(_Declared):
    """Everything that must be known to read one agency's calls for service.

    Parameters
    ----------
    agency
        Id of the agency, which is also the name of the mapping's file.
    title, licence, attribution
        What the data are, on what terms, and the wording that must be shown.
    files, centroid_files
        File-name patterns, in lower case, of the calls and of an optional table of street centroids.
    time_zone
        IANA name of the zone in which the agency writes its times.
    when_repeated
        Which of two moments a time stands for that comes twice when summer time ends.
    when_skipped
        What is done with a time that the start of summer time skips.
    called_at, last_changed_at
        When the call was made, and when the record was last changed.
    columns, constants, priority, address
        How fields are filled.
    ignored_columns
        Published columns that are known and not wanted; a column that is not known is refused.
    null_markers
        Texts that stand for "nothing", besides the empty one.
    downloads
        Where the files are fetched; without it they are only found in a folder.
    """

    agency: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    title: Text
    licence: Text
    attribution: Text
    files: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    centroid_files: tuple[Pattern, ...] = ()
    time_zone: Text
    when_repeated: Literal["first", "second"]
    when_skipped: Literal["shift_forward", "reject"]
    called_at: Stamp
    last_changed_at: Stamp | None = None
    columns: Columns
    constants: Constants = Constants()
    priority: Priority | None = None
    address: Address | None = None
    ignored_columns: tuple[Text, ...] = ()
    null_markers: tuple[Text, ...] = ()
    downloads: Downloads | None = None

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"{zone!r} is no IANA time zone: write it like America/Los_Angeles")
        return zone

    @check_model(mode="after")
    def _parts_agree(self) -> CallsMapping:
        if (self.columns.address is None) != (self.address is None):
            raise ValueError("give columns.address together with address, or neither")
        for name in ("city", "state"):
            if getattr(self.columns, name) and getattr(self.constants, name):
                raise ValueError(f"{name} has a column and a constant: keep one of them")
        both = sorted(set(self.ignored_columns) & set(self.wanted_columns()))
        if both:
            raise ValueError(f"{both[0]!r} is both used and ignored: take it off ignored_columns")
        return self

    def field_columns(self) -> dict[str, str]:
        """Return the published column of each text or coordinate field that has one."""
        return self.columns.model_dump(exclude_none=True)

    def wanted_columns(self) -> tuple[str, ...]:
        """Return every published column that the mapping uses, each once."""
        used = list(self.field_columns().values())
        for stamp in (self.called_at, self.last_changed_at):
            used += stamp.columns if stamp else ()
        used += [self.priority.column] if self.priority else []
        return tuple(dict.fromkeys(used))

    def is_calls_file(self, name: str) -> bool:
        """Tell whether a file's name fits one of the patterns of the calls."""
        return _fits(name, self.files)

    def is_centroid_file(self, name: str) -> bool:
        """Tell whether a file's name fits one of the patterns of the street centroids."""
        return _fits(name, self.centroid_files)


def agencies() -> tuple[str, ...]:
    """Return the ids of the agencies that a mapping is there for, in order."""
    return tuple(sorted(path.stem for path in MAPPINGS.glob("*.yml")))


def mapping_path(agency: str) -> Path:
    """Return where an agency's mapping lies."""
    return MAPPINGS / f"{agency}.yml"


def load_mapping(path: Path) -> CallsMapping:
    """Read and check a mapping.

    Parameters
    ----------
    path
        The YAML file, named after its agency.

    Returns
    -------
    CallsMapping
        The checked mapping.

    Raises
    ------
    SourceError
        When it cannot be read or breaks the model; each fault is named with its field.
    """
    try:
        declared: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(
            str(path), f"the mapping cannot be read ({error})", f"write it as in {GUIDE}"
        ) from error
    try:
        mapping = CallsMapping.model_validate(declared)
    except ValidationError as error:
        faults = "; ".join(_in_words(dict(fault)) for fault in error.errors())
        raise SourceError(
            str(path), faults, f"correct these fields; {GUIDE} says what each may be"
        ) from error
    if mapping.agency != path.stem:
        raise SourceError(
            str(path),
            f"agency: {mapping.agency!r} is not the file's name",
            f"name the file {mapping.agency}.yml, or the agency {path.stem}",
        )
    return mapping


def _in_words(fault: dict[str, Any]) -> str:
    field = ".".join(str(part) for part in fault["loc"]) or "the mapping as a whole"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{field}: {message}"


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)
