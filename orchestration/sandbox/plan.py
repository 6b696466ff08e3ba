"""What a synthetic city is asked to be: its window, size and forces."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from orchestration.sources.types import Partition


@dataclass(frozen=True)
class Force:
    """A made-up police force.

    Parameters
    ----------
    slug
        Id in the archive.
    name
        Name in ``Reported by``.
    area_code, area_name
        Code and name of its police force area.
    line_end
        Line end of its files: upstream serves both.
    """

    slug: str
    name: str
    area_code: str
    area_name: str
    line_end: bytes


FORCES = (
    Force("eastvale", "Eastvale Constabulary", "E23900001", "Eastvale", b"\n"),
    Force("westmere", "Westmere Police", "E23900002", "Westmere", b"\r\n"),
)
#: From this month on the street files carry 2021 LSOA codes only.
FIRST_MONTH_OF_2021_CODES = "2023-06"


@dataclass(frozen=True)
class CityPlan:
    """The declared size of a city; two equal plans give the same bytes.

    Parameters
    ----------
    seed
        Seed of every random stream.
    first_month, last_month
        Window of the archive, both included, as ``YYYY-MM``.
    columns, rows
        Size of the grid that the areas are grown from.
    crimes, stops
        Expected number of street and of stop and search records over the window.
    snap_points
        About how many anonymous map points the background crimes sit on.
    splits
        Number of children of each split (S) LSOA, each 2, 3 or 5.
    merges
        How many 2021 LSOAs are merged (M) from two.
    crossings, chains
        How many irregular (X) groups: two parents cut crosswise by two children, or overlapping in a chain.
    town_centres
        How many town centres.
    hotspots
        How many planted micro-hotspots are active to the end of the window; one more ended before.

    Raises
    ------
    ValueError
        When the window is empty or too short to hold its declared gaps.
    """

    seed: int = 20230101
    first_month: str = "2023-01"
    last_month: str = "2025-12"
    columns: int = 24
    rows: int = 22
    crimes: int = 162_000
    stops: int = 12_000
    snap_points: int = 9_000
    splits: tuple[int, ...] = (2,) * 14 + (3,) * 5 + (5,)
    merges: int = 8
    crossings: int = 1
    chains: int = 1
    town_centres: int = 6
    hotspots: int = 12

    def __post_init__(self) -> None:
        for month in (self.first_month, self.last_month):
            Partition(month, "any-force")
        if len(self.months) < 6:
            raise ValueError(
                f"a city needs six months or more to hold its gaps, not {self.first_month}..{self.last_month}"
            )

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Every month of the window as ``YYYY-MM``, oldest first."""
        first, last = np.datetime64(self.first_month, "M"), np.datetime64(self.last_month, "M")
        return tuple(str(month) for month in np.arange(first, last + 1))

    @property
    def absent_members(self) -> tuple[tuple[str, str, str], ...]:
        """Archive members that were never published, as (month, force, kind)."""
        month = self.months[len(self.months) * 5 // 12]
        return ((month, FORCES[1].slug, "outcomes"), (month, FORCES[1].slug, "stop-and-search"))

    @property
    def absent_categories(self) -> tuple[tuple[str, str, str], ...]:
        """Crime types missing from an otherwise complete street file, as (month, force, crime type)."""
        return ((self.months[len(self.months) * 2 // 3], FORCES[1].slug, "Bicycle theft"),)

    @property
    def fingerprint(self) -> str:
        """Short digest of every field, to name cached files by."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:16]

    def stream(self, name: str) -> np.random.Generator:
        """Return the random stream of one stage, independent of the order in which stages run."""
        return np.random.default_rng([self.seed, *name.encode()])


#: A city of a few thousand records, for tests that want the shapes and not the numbers.
SMALL_CITY = CityPlan(
    first_month="2023-03",
    last_month="2024-02",
    columns=10,
    rows=9,
    crimes=9_000,
    stops=1_500,
    snap_points=1_400,
    splits=(2, 3, 5),
    merges=2,
    town_centres=2,
    hotspots=3,
)
