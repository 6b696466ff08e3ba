"""The declared areas that the live feed can be asked for."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orchestration.sources.police_uk.polygons import Point, check_polygon
from orchestration.sources.types import SourceError

AREAS_FILE = Path(__file__).with_name("areas.yml")
# Beyond this an area is a country, and a typing error: splitting it would ask for thousands of parts.
_WIDEST_DEGREES = 2.0


class Area(BaseModel):
    """A named area.

    Parameters
    ----------
    name
        How settings name it.
    title
        What it is, for people.
    polygon
        Corners as (latitude, longitude) in degrees, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    title: Annotated[str, Field(min_length=1)]
    polygon: tuple[Point, ...]

    @field_validator("polygon")
    @classmethod
    def _is_area(cls, polygon: tuple[Point, ...]) -> tuple[Point, ...]:
        check_polygon(polygon)
        if max(max(values) - min(values) for values in zip(*polygon, strict=True)) > _WIDEST_DEGREES:
            raise ValueError(f"it is more than {_WIDEST_DEGREES:g} degrees wide; choose a smaller area")
        return polygon


class _Areas(BaseModel):
    model_config = ConfigDict(extra="forbid")

    areas: tuple[Area, ...]

    @field_validator("areas")
    @classmethod
    def _are_named_once(cls, areas: tuple[Area, ...]) -> tuple[Area, ...]:
        if len({area.name for area in areas}) != len(areas):
            raise ValueError("two areas have the same name")
        return areas


@functools.cache
def read_areas(path: Path = AREAS_FILE) -> dict[str, Area]:
    """Read the declared areas.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        The areas by name, in the order of the file.

    Raises
    ------
    SourceError
        When the file cannot be read as areas; the message says which part of it.
    """
    try:
        declared = _Areas.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SourceError(
            str(path), f"it does not declare areas ({error})", "write it like the areas.yml of this project"
        ) from error
    return {area.name: area for area in declared.areas}
