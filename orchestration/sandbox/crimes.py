"""Draws the street-level records from the declared intensity and the planted hotspots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.sandbox.categories import ASB, CATEGORIES, HIGH_HARM, NAMES
from orchestration.sandbox.geography import Geography
from orchestration.sandbox.places import Hotspot, SnapPoints
from orchestration.sandbox.plan import FIRST_MONTH_OF_2021_CODES, FORCES, CityPlan

NO_LOCATION_SHARE = 0.044
OUTSIDE_FORCE_AREA_SHARE = 0.02
REPEATED_ID_SHARE = 0.004
#: Share of the rows before the change of codes that already carry a 2021 code, where the two differ.
EARLY_2021_CODE_SHARE = 0.1
NEAR_REPEAT_SHARE = 0.6
#: Mix of a hotspot's records: this share is of its dominant type, the rest follows the background mix.
DOMINANT_SHARE = 0.55

_BURGLARY = NAMES.index("Burglary")
_BORDER_M = 2_500.0


@dataclass(frozen=True)
class CrimeRecords:
    """Every street record, sorted by month, force and place in its file.

    Parameters
    ----------
    month, force, category
        Indices into the plan's months, ``FORCES`` and ``CATEGORIES``.
    source_row
        Place in its file, 1 for the first record.
    snap
        Index of the snap point where it truly happened, also where that is not published.
    hotspot
        Index of the planted hotspot that it belongs to, -1 for the background.
    near_repeat
        Number that the two burglaries of a planted near-repeat pair share, -1 for others.
    is_located
        Whether its location is published.
    is_outside_force_area
        Whether it lies in the other force's area.
    has_2011_code
        Whether it carries the LSOA code of 2011.
    crime_id
        64 hexadecimal digits as bytes; empty for anti-social behaviour.
    repeats_crime_id
        Whether the Crime ID is that of another record of the same file.
    """

    month: np.ndarray
    force: np.ndarray
    category: np.ndarray
    source_row: np.ndarray
    snap: np.ndarray
    hotspot: np.ndarray
    near_repeat: np.ndarray
    is_located: np.ndarray
    is_outside_force_area: np.ndarray
    has_2011_code: np.ndarray
    crime_id: np.ndarray
    repeats_crime_id: np.ndarray

    def __len__(self) -> int:
        return len(self.month)


def hotspot_intensity(plan: CityPlan, hotspots: tuple[Hotspot, ...]) -> np.ndarray:
    """Return the expected records a month, shape (hotspots, crime types, months): steady, no season."""
    mix = np.where(HIGH_HARM, [category.share for category in CATEGORIES], 0.0)
    mix = mix / mix.sum()
    expected = np.zeros((len(hotspots), len(CATEGORIES), len(plan.months)))
    for number, spot in enumerate(hotspots):
        own = (1 - DOMINANT_SHARE) * mix
        own[spot.dominant_category] += DOMINANT_SHARE
        expected[number, :, spot.first_month : spot.last_month + 1] = (own * spot.monthly_count)[:, None]
    return expected


def draw_crimes(
    plan: CityPlan,
    geography: Geography,
    intensity: np.ndarray,
    hotspots: tuple[Hotspot, ...],
    snaps: SnapPoints,
) -> CrimeRecords:
    """Draw the records.

    Parameters
    ----------
    plan, geography, hotspots, snaps
        The city.
    intensity
        Expected background records, shape (2021 LSOAs, crime types, months).

    Returns
    -------
    CrimeRecords
        Poisson counts around the intensity; snap points within an area are used evenly by the background.
    """
    rng = plan.stream("crimes")
    lsoa, category, month = _spread(rng.poisson(intensity))
    spot, spot_category, spot_month = _spread(rng.poisson(hotspot_intensity(plan, hotspots)))
    snap_lsoa = geography.atom_2021[snaps.atom]
    snap = _assign_snaps(rng, lsoa, category, month, snap_lsoa, snaps.hotspot)
    pairs = _near_repeats(rng, lsoa, category, month, snap)
    snap = np.concatenate([snap, _assign_spot_snaps(rng, spot, snaps.hotspot)])
    lsoa = snap_lsoa[snap]
    category = np.concatenate([category, spot_category])
    month = np.concatenate([month, spot_month])
    hotspot = np.concatenate([np.full(len(pairs), -1), spot])
    near_repeat = np.concatenate([pairs, np.full(len(spot), -1)])
    outside = _outside(rng, geography, lsoa)
    force = np.where(outside, 1 - geography.force_of_lsoa[lsoa], geography.force_of_lsoa[lsoa])
    published = ~_is_absent(plan, month, force, category)
    order = np.lexsort((rng.random(len(month)), force, month))
    order = order[published[order]]
    month, force, category, snap = (values[order] for values in (month, force, category, snap))
    ids = _crime_ids(rng, category)
    ids, repeats = _repeat_ids(rng, ids, month, force, category, snap)
    early = (month < first_month_of_2021_codes(plan)) & (rng.random(len(month)) >= EARLY_2021_CODE_SHARE)
    return CrimeRecords(
        month=month,
        force=force,
        category=category,
        source_row=source_rows(month, force),
        snap=snap,
        hotspot=hotspot[order],
        near_repeat=near_repeat[order],
        is_located=rng.random(len(month)) >= NO_LOCATION_SHARE,
        is_outside_force_area=outside[order],
        has_2011_code=early,
        crime_id=ids,
        repeats_crime_id=repeats,
    )


def source_rows(month: np.ndarray, force: np.ndarray) -> np.ndarray:
    """Number records from 1 within each file; they must be sorted by month and force."""
    file = month.astype(np.int64) * len(FORCES) + force
    return np.arange(len(file)) - np.searchsorted(file, file) + 1


def first_month_of_2021_codes(plan: CityPlan) -> int:
    """Return the index of the first month whose files carry 2021 LSOA codes only."""
    return int(np.searchsorted(np.array(plan.months), FIRST_MONTH_OF_2021_CODES))


def new_ids(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return random Crime IDs of 64 hexadecimal digits."""
    return np.frombuffer(rng.bytes(32 * count).hex().encode(), dtype="S64").copy()


def _spread(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    first, second, third = np.unravel_index(cell, counts.shape)
    return first, second, third


def _assign_snaps(
    rng: np.random.Generator,
    lsoa: np.ndarray,
    category: np.ndarray,
    month: np.ndarray,
    snap_lsoa: np.ndarray,
    snap_hotspot: np.ndarray,
) -> np.ndarray:
    """Deal high-harm records around an area's points in turn, in order of time; others fall where they will.

    Dealing keeps any point from gathering a cluster by chance, so that the planted hotspots stand alone.
    """
    background = np.flatnonzero(snap_hotspot < 0)
    background = background[np.lexsort((rng.random(len(background)), snap_lsoa[background]))]
    start = np.searchsorted(snap_lsoa[background], lsoa)
    points = np.searchsorted(snap_lsoa[background], lsoa, side="right") - start
    harmful = HIGH_HARM[category]
    turn = np.zeros(len(lsoa), dtype=np.int64)
    order = np.flatnonzero(harmful)
    order = order[np.lexsort((rng.random(len(order)), month[order], lsoa[order]))]
    turn[order] = np.arange(len(order)) - np.searchsorted(lsoa[order], lsoa[order])
    # Squaring a uniform number leans the rest towards the first points: shops and streets differ.
    free = np.floor(rng.random(len(lsoa)) ** 2 * points).astype(np.int64)
    return background[start + np.where(harmful, turn % points, free)]


def _assign_spot_snaps(rng: np.random.Generator, spot: np.ndarray, snap_hotspot: np.ndarray) -> np.ndarray:
    members = np.flatnonzero(snap_hotspot >= 0)
    per_spot = np.bincount(snap_hotspot[members])
    start = np.searchsorted(snap_hotspot[members], spot)
    return members[start + np.floor(rng.random(len(spot)) * per_spot[spot]).astype(np.int64)]


def _near_repeats(
    rng: np.random.Generator, lsoa: np.ndarray, category: np.ndarray, month: np.ndarray, snap: np.ndarray
) -> np.ndarray:
    """Move burglaries, in ``snap``, to the point of one of the month before; return the pairs' numbers."""
    pair = np.full(len(lsoa), -1)
    burglary = np.flatnonzero(category == _BURGLARY)
    cell = lsoa[burglary] * (month.max() + 2) + month[burglary]
    cells, first = np.unique(cell, return_index=True)
    following = np.searchsorted(cells, cells + 1)
    has_next = (following < len(cells)) & (cells[np.minimum(following, len(cells) - 1)] == cells + 1)
    # Only even months start a pair, so that no burglary is in two.
    starts = has_next & (month[burglary[first]] % 2 == 0) & (rng.random(len(cells)) < NEAR_REPEAT_SHARE)
    before, after = burglary[first[starts]], burglary[first[following[starts]]]
    snap[after] = snap[before]
    pair[before] = pair[after] = np.arange(len(before))
    return pair


def _outside(rng: np.random.Generator, geography: Geography, lsoa: np.ndarray) -> np.ndarray:
    """Say which records the neighbouring force reports: all near the border."""
    import shapely

    middle = shapely.centroid(geography.lsoa_2021.polygon)
    areas = [shapely.union_all(geography.lsoa_2021.polygon[geography.force_of_lsoa == i]) for i in (0, 1)]
    other = np.array(areas, dtype=object)[1 - geography.force_of_lsoa]
    near = (shapely.distance(middle, other) < _BORDER_M)[lsoa]
    return near & (rng.random(len(lsoa)) < OUTSIDE_FORCE_AREA_SHARE * len(lsoa) / near.sum())


def _is_absent(plan: CityPlan, month: np.ndarray, force: np.ndarray, category: np.ndarray) -> np.ndarray:
    absent = np.zeros(len(month), dtype=bool)
    slugs = [known.slug for known in FORCES]
    for when, slug, name in plan.absent_categories:
        file = (month == plan.months.index(when)) & (force == slugs.index(slug))
        absent |= file & (category == NAMES.index(name))
    return absent


def _crime_ids(rng: np.random.Generator, category: np.ndarray) -> np.ndarray:
    ids = new_ids(rng, len(category))
    ids[category == ASB] = b""
    return ids


def _repeat_ids(
    rng: np.random.Generator,
    ids: np.ndarray,
    month: np.ndarray,
    force: np.ndarray,
    category: np.ndarray,
    snap: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Give some records the Crime ID of another of the same file and type that lies elsewhere."""
    order = np.lexsort((np.arange(len(ids)), category, force, month))
    one, other = order[:-1], order[1:]
    twins = (
        (month[one] == month[other])
        & (force[one] == force[other])
        & (category[one] == category[other])
        & (category[one] != ASB)
        & (snap[one] != snap[other])
        # Every second place only, so that no Crime ID is given on twice.
        & (np.arange(len(one)) % 2 == 0)
    )
    chosen = twins & (rng.random(len(one)) < REPEATED_ID_SHARE * 2)
    repeats = np.zeros(len(ids), dtype=bool)
    repeats[other[chosen]] = True
    ids[other[chosen]] = ids[one[chosen]]
    return ids, repeats
