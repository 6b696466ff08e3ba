"""Where records can lie: town centres, planted hotspots and the anonymous map points ("snap points")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from orchestration.sandbox.categories import HIGH_HARM
from orchestration.sandbox.geography import Geography
from orchestration.sandbox.plan import CityPlan
from orchestration.sandbox.population import People
from orchestration.sandbox.street_names import NIGHTCLUB, location_names

#: Background snap points are at least this far apart, so that none has a neighbour within 75 m.
SPACING_M = 78.0
HOTSPOT_RADIUS_M = 55.0
#: No background snap point lies nearer to a hotspot's centre, so that clusters stay apart from it.
HOTSPOT_CLEARANCE_M = 165.0
_HOTSPOT_POINTS = 6
_HOTSPOT_SEPARATION_M = 700.0
_EDGE_CLEARANCE_M = 5.0
_CANDIDATES_PER_CELL = 110

_CENTRES = (
    ("Eastvale Market", "Metropolitan"),
    ("Westmere Cross", "Major"),
    ("Harrowdene", "Major"),
    ("Tarnbrook", "District"),
    ("Kestrel Heath", "District Centre"),
    ("Millgate", "District"),
)


@dataclass(frozen=True)
class TownCentre:
    """A town centre polygon (EPSG:27700) with the layer's own name and classification."""

    name: str
    classification: str
    polygon: shapely.Geometry
    lsoa: int


@dataclass(frozen=True)
class Hotspot:
    """A planted micro-hotspot.

    Parameters
    ----------
    hotspot_id
        Name of it in the truth.
    easting_m, northing_m, radius_m
        Circle that holds all its snap points.
    first_month, last_month
        Indices of the first and last month in which it is active.
    monthly_count
        Expected number of records a month.
    dominant_category
        Index of the crime type that most of them have.
    town_centre
        Name of the town centre that it lies in, if any.
    lsoa
        Index of its 2021 LSOA.
    """

    hotspot_id: str
    easting_m: float
    northing_m: float
    radius_m: float
    first_month: int
    last_month: int
    monthly_count: float
    dominant_category: int
    town_centre: str | None
    lsoa: int


@dataclass(frozen=True)
class SnapPoints:
    """The map points that records sit on, background first and then hotspot points.

    Parameters
    ----------
    easting_m, northing_m
        Position, EPSG:27700.
    longitude, latitude
        Position, WGS 84, six decimals as published.
    atom
        Atom that holds each point.
    hotspot
        Index of the hotspot that each point belongs to, -1 for the background.
    name
        Wording in ``Location``; the first point of a hotspot in a town centre is a nightclub.
    """

    easting_m: np.ndarray
    northing_m: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    atom: np.ndarray
    hotspot: np.ndarray
    name: np.ndarray


def choose_centre_lsoas(plan: CityPlan, geography: Geography) -> np.ndarray:
    """Return the index of an unchanged 2021 LSOA near the middle of each district, one per town centre."""
    both = np.isin(geography.lsoa_2021.code, geography.lsoa_2011.code)
    at = shapely.get_coordinates(shapely.centroid(geography.lsoa_2021.polygon))
    chosen: list[int] = []
    for number in range(plan.town_centres):
        # The sixth centre is a second one of the first district.
        district = (0, 3, 1, 4, 2, 0)[number % len(_CENTRES)]
        mine = geography.lsoa_2021.district == district
        distance = np.hypot(*(at - at[mine].mean(axis=0)).T)
        near = np.hypot(*(at[:, None] - at[chosen]).transpose(2, 0, 1)).min(axis=1) if chosen else np.inf
        distance = np.where(mine & both & (near > 1800), distance, np.inf)
        chosen.append(int(np.argmin(distance)))
    return np.array(chosen)


def build_town_centres(plan: CityPlan, geography: Geography, lsoas: np.ndarray) -> tuple[TownCentre, ...]:
    """Draw an irregular polygon around the middle of each chosen LSOA."""
    rng = plan.stream("town centres")
    centres = []
    for (name, classification), lsoa in zip(_CENTRES, lsoas.tolist(), strict=False):
        middle = shapely.get_coordinates(geography.lsoa_2021.polygon[lsoa].centroid)[0]
        angle = np.arange(24) * 2 * np.pi / 24
        radius = rng.uniform(230, 320) * rng.uniform(0.85, 1.15, 24)
        ring = middle + np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None]
        centres.append(TownCentre(name, classification, shapely.polygons(np.round(ring, 2)), lsoa))
    return tuple(centres)


def plant_hotspots(
    plan: CityPlan, geography: Geography, people: People, centres: tuple[TownCentre, ...]
) -> tuple[Hotspot, ...]:
    """Place the micro-hotspots: up to half of them one a town centre, the others in deprived areas elsewhere.

    There is one more than ``plan.hotspots``, the last, which ended a year and a half before the window does.
    The last but one is active in the nine last months alone.

    Raises
    ------
    ValueError
        When the city has no room for as many as are planned.
    """
    rng = plan.stream("hotspots")
    walls = shapely.boundary(geography.atom_polygon)
    spots: list[tuple[float, float, int, str | None]] = []
    inside = [(centre.lsoa, centre.name) for centre in centres[: plan.hotspots // 2]]
    used = {centre.lsoa for centre in centres}
    by_deprivation = [i for i in np.argsort(-people.deprivation_2021).tolist() if i not in used]
    elsewhere = rng.permutation(by_deprivation[: len(by_deprivation) // 2]).tolist()
    for lsoa, name in [*inside, *((i, None) for i in elsewhere)]:
        middle = shapely.get_coordinates(geography.lsoa_2021.polygon[lsoa].centroid)[0]
        for x, y in np.round(middle + rng.uniform(-80, 80, (20, 2)), 1).tolist():
            clear = shapely.distance(shapely.points(x, y), walls).min() > HOTSPOT_RADIUS_M + _EDGE_CLEARANCE_M
            apart = all(np.hypot(x - ox, y - oy) > _HOTSPOT_SEPARATION_M for ox, oy, *_ in spots)
            if clear and apart:
                spots.append((x, y, lsoa, name))
                break
        if len(spots) == plan.hotspots + 1:
            break
    else:
        raise ValueError("the city has no room for its hotspots; plan fewer or a larger grid")
    return tuple(_hotspot(plan, rng, number, spot) for number, spot in enumerate(spots))


def _hotspot(
    plan: CityPlan, rng: np.random.Generator, number: int, spot: tuple[float, float, int, str | None]
) -> Hotspot:
    last = len(plan.months) - 1
    first, end = 0, last
    if number == plan.hotspots:
        end = max(0, last - 18)
    elif number == plan.hotspots - 1:
        first = max(0, last - 8)
    harmful = np.flatnonzero(HIGH_HARM)
    return Hotspot(
        hotspot_id=f"planted-{number + 1:02d}",
        easting_m=spot[0],
        northing_m=spot[1],
        radius_m=HOTSPOT_RADIUS_M,
        first_month=first,
        last_month=end,
        monthly_count=round(float(rng.uniform(8, 13)), 1),
        dominant_category=int(harmful[[4, 3, 4, 0, 1][number % 5]]),
        town_centre=spot[3],
        lsoa=spot[2],
    )


def build_snap_points(
    plan: CityPlan, geography: Geography, intensity: np.ndarray, hotspots: tuple[Hotspot, ...]
) -> SnapPoints:
    """Lay out the snap points: background ones apart from each other, hotspot ones close together.

    Parameters
    ----------
    plan, geography, hotspots
        The city so far.
    intensity
        Expected background records, shape (2021 LSOAs, crime types, months): an area gets points in
        proportion to its share of the high-harm ones, which keeps their density even.
    """
    rng = plan.stream("snap points")
    at, atom = _candidates(plan, rng, geography, hotspots)
    lsoa = geography.atom_2021[atom]
    wanted = np.maximum(6, np.rint(_share(intensity) * plan.snap_points)).astype(int)
    order = np.lexsort((rng.random(len(at)), lsoa))
    place_in_lsoa = np.arange(len(at)) - np.searchsorted(lsoa[order], lsoa[order])
    kept = np.sort(order[place_in_lsoa < wanted[lsoa[order]]])
    spots, spot_of = _hotspot_points(rng, hotspots)
    points = np.vstack([at[kept], spots])
    hotspot = np.concatenate([np.full(len(kept), -1), spot_of])
    spot_atom = _atom_of(geography, spots)
    longitude, latitude = to_wgs84(points[:, 0], points[:, 1])
    name = location_names(rng, len(points))
    firsts = len(kept) + _HOTSPOT_POINTS * np.arange(len(hotspots))
    name[firsts[[spot.town_centre is not None for spot in hotspots]]] = NIGHTCLUB
    return SnapPoints(
        easting_m=points[:, 0],
        northing_m=points[:, 1],
        longitude=np.round(longitude, 6),
        latitude=np.round(latitude, 6),
        atom=np.concatenate([atom[kept], spot_atom]),
        hotspot=hotspot,
        name=name,
    )


def to_wgs84(easting_m: np.ndarray, northing_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude in degrees of points in EPSG:27700."""
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    return transformer.transform(easting_m, northing_m)


def _share(intensity: np.ndarray) -> np.ndarray:
    harmful = intensity[:, HIGH_HARM, :].sum(axis=(1, 2))
    return harmful / harmful.sum()


def _candidates(
    plan: CityPlan, rng: np.random.Generator, geography: Geography, hotspots: tuple[Hotspot, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return points at least ``SPACING_M`` apart, clear of edges and hotspots, with their atoms."""
    low_x, low_y, high_x, high_y = shapely.total_bounds(geography.atom_polygon)
    count = plan.columns * plan.rows * _CANDIDATES_PER_CELL
    at = np.round(rng.uniform((low_x, low_y), (high_x, high_y), (count, 2)), 2)
    atom = _atom_of(geography, at)
    at, atom = at[atom >= 0], atom[atom >= 0]
    walls = shapely.boundary(geography.atom_polygon)[atom]
    clear = shapely.distance(shapely.points(at), walls) > _EDGE_CLEARANCE_M
    for spot in hotspots:
        clear &= np.hypot(at[:, 0] - spot.easting_m, at[:, 1] - spot.northing_m) > HOTSPOT_CLEARANCE_M
    at, atom = at[clear], atom[clear]
    kept = _thin(at)
    return at[kept], atom[kept]


def _atom_of(geography: Geography, at: np.ndarray) -> np.ndarray:
    tree = shapely.STRtree(geography.atom_polygon)
    point, atom = tree.query(shapely.points(at), predicate="within")
    found = np.full(len(at), -1)
    found[point] = atom
    return found


def _thin(at: np.ndarray) -> np.ndarray:
    """Return a maximal set of points more than ``SPACING_M`` apart, by parallel rounds (Luby 1986)."""
    points = shapely.points(at)
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=SPACING_M)
    first, second = first[first < second], second[first < second]
    open_, kept = np.ones(len(at), dtype=bool), np.zeros(len(at), dtype=bool)
    while open_.any():
        live = open_[first] & open_[second]
        first, second = first[live], second[live]
        winners = open_.copy()
        winners[second] = False
        kept |= winners
        open_ &= ~winners
        open_[second[winners[first]]] = False
    return kept


def _hotspot_points(rng: np.random.Generator, hotspots: tuple[Hotspot, ...]) -> tuple[np.ndarray, np.ndarray]:
    shape = (len(hotspots), _HOTSPOT_POINTS)
    angle = np.arange(_HOTSPOT_POINTS) * 2 * np.pi / _HOTSPOT_POINTS + rng.uniform(-0.3, 0.3, shape)
    radius = rng.uniform(0.35, 0.95, shape) * HOTSPOT_RADIUS_M
    x = np.array([[spot.easting_m] for spot in hotspots]) + radius * np.cos(angle)
    y = np.array([[spot.northing_m] for spot in hotspots]) + radius * np.sin(angle)
    at = np.round(np.column_stack([x.ravel(), y.ravel()]), 2)
    return at, np.repeat(np.arange(len(hotspots)), _HOTSPOT_POINTS)
