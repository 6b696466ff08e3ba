"""What a catalogue entry says about a dataset: where it is fetched, its columns, edition and terms."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from orchestration.sources.types import Description

ColumnType = Literal["text", "integer", "bigint", "double", "boolean", "date", "binary"]


@dataclass(frozen=True)
class Column:
    """One column of a dataset as it is read.

    Parameters
    ----------
    name
        Canonical name.
    type
        Kind of value; ``integer`` has 32 bits, ``bigint`` 64.
    meaning
        What a value says, in plain words.
    unit
        Unit of a measure; empty for codes, names and flags.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""

    @property
    def description(self) -> str:
        """The meaning, with the unit where there is one."""
        return f"{self.meaning} ({self.unit})" if self.unit else self.meaning


@dataclass(frozen=True)
class ArcgisLayer:
    """A feature layer that is fetched page by page.

    Parameters
    ----------
    host
        Which base address the path is below.
    path
        Path of the layer.
    order_by
        Fields that give its features a fixed order; the client adds the layer's own row number as the last.
    has_geometry
        Whether its geometry is wanted.
    hub_item
        Id of the same table as an item of the portal, whose CSV stands in when the layer cannot be paged.
    """

    host: Literal["arcgis", "gla"]
    path: str
    order_by: str
    has_geometry: bool
    hub_item: str | None = None


@dataclass(frozen=True)
class NomisQuery:
    """A Nomis dataset and the selection of it that is wanted."""

    dataset_id: str
    selection: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PublishedFiles:
    """Files that a publisher keeps ready for download.

    Parameters
    ----------
    host
        Which base address the paths are below.
    files
        Path of each file, and the name to land it under.
    """

    host: Literal["mhclg", "govuk", "metoffice"]
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReferenceDataset:
    """One reference dataset of the catalogue.

    Parameters
    ----------
    slug
        Name under which it is landed and validated.
    title
        What it is, for people.
    grain
        What one row is.
    licence, attribution
        Terms of use and the wording that must be shown.
    home_page
        Page of the publisher that describes it.
    vintage
        Edition, also the ``release`` of what is fetched.
    columns
        Its columns as they are read, in order.
    key
        Columns that no two rows share.
    is_optional
        Whether a run may go on without it.
    source
        Where it is fetched.
    shapes
        Alternatives in order of preference; each is a set of file-name patterns, all of which must be found.
    comes_in_parts
        Whether its files are parts (years, stations): one of them is enough, and a pattern may fit several.
    """

    slug: str
    title: str
    grain: str
    licence: str
    attribution: str
    home_page: str
    vintage: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_optional: bool
    source: ArcgisLayer | NomisQuery | PublishedFiles
    shapes: tuple[tuple[str, ...], ...]
    comes_in_parts: bool = False

    @property
    def description(self) -> Description:
        """What the dataset is and on what terms, as its provenance carries it."""
        columns = tuple(asdict(column) for column in self.columns)
        return Description(self.slug, self.title, self.licence, self.attribution, self.home_page, columns)
