"""The areas of the synthetic city: LSOAs of both censuses, wards, districts and force areas, EPSG:27700.

The smallest pieces are atoms: every LSOA of either census is a union of whole atoms, so that the two
vintages tile the same ground and the lookup between them is exact by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from orchestration.sandbox.plan import CityPlan

CENTRE_EASTING_M, CENTRE_NORTHING_M = 450_000.0, 300_000.0
CELL_M = 670.0
_JITTER = 0.27
_CENTIMETRES = 2
# How many unchanged areas have another name in 2021 than in 2011.
_RENAMED = 7

#: Name, index of the force and place on the map (share of the width and height) of each district.
DISTRICTS = (
    ("Eastvale", 0, 0.80, 0.30),
    ("Harrowdene", 0, 0.68, 0.85),
    ("Kestrel Heath", 0, 0.55, 0.12),
    ("Westmere", 1, 0.22, 0.28),
    ("Tarnbrook", 1, 0.28, 0.80),
)
_WARD_STEMS = (
    "Alder",
    "Beacon",
    "Castle",
    "Dovecote",
    "Elm",
    "Fallow",
    "Gorse",
    "Heron",
    "Ivy",
    "Juniper",
    "Kiln",
)
_WARD_ENDS = ("field", " Hill", "side", " Park", "ford", " Green", " Cross")

# Shapes of the changed groups as (row, column) steps from their first cell.
_GROUP_CELLS = {
    "S2": ((0, 0), (0, 1)),
    "S3": ((0, 0), (0, 1), (1, 0)),
    "S5": ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)),
    "crossing": ((0, 0), (0, 1), (1, 0), (1, 1)),
    "chain": ((0, 0), (0, 1), (0, 2)),
    "M": ((0, 0),),
}


@dataclass(frozen=True)
class Census:
    """The LSOAs of one census, in code order.

    Parameters
    ----------
    code, name
        Code and name of each area.
    polygon
        Outline of each area, EPSG:27700.
    district
        Index of each area's district.
    """

    code: np.ndarray
    name: np.ndarray
    polygon: np.ndarray
    district: np.ndarray


@dataclass(frozen=True)
class Geography:
    """Every area of the city.

    Parameters
    ----------
    lsoa_2011, lsoa_2021
        The areas of the two censuses.
    atom_polygon, atom_2011, atom_2021
        The atoms and the index of the LSOA of either census that each belongs to.
    lookup
        Index pairs (2011, 2021), one row per overlapping pair, shape (n, 2).
    change
        Change indicator of each row of ``lookup``: U, S, M or X.
    district_code
        Code of each of ``DISTRICTS``.
    force_of_lsoa
        Index of the force whose area holds each 2021 LSOA.
    ward_code, ward_name
        Ward of each 2021 LSOA.
    """

    lsoa_2011: Census
    lsoa_2021: Census
    atom_polygon: np.ndarray
    atom_2011: np.ndarray
    atom_2021: np.ndarray
    lookup: np.ndarray
    change: np.ndarray
    district_code: np.ndarray
    force_of_lsoa: np.ndarray
    ward_code: np.ndarray
    ward_name: np.ndarray


@dataclass
class _Cells:
    polygon: np.ndarray
    row: np.ndarray
    column: np.ndarray
    district: np.ndarray


def build_geography(plan: CityPlan) -> Geography:
    """Grow the city's areas.

    Parameters
    ----------
    plan
        Size and seed.

    Returns
    -------
    Geography
        Valid polygons that tile; a code that is in both censuses is always unchanged (U).
    """
    cells = _grow_cells(plan)
    groups = _place_groups(plan, cells)
    atoms, parents, children = _cut_atoms(plan, cells, groups)
    return _assemble(plan, cells, atoms, parents, children)


def _grow_cells(plan: CityPlan) -> _Cells:
    rng = plan.stream("cells")
    rows, columns = np.mgrid[-2 : plan.rows + 2, -2 : plan.columns + 2]
    rows, columns = rows.ravel(), columns.ravel()
    across = (columns + 0.5) / plan.columns
    up = (rows + 0.5) / plan.rows
    jitter = rng.uniform(-_JITTER, _JITTER, (len(rows), 2)) * CELL_M
    x = CENTRE_EASTING_M + (across - 0.5) * plan.columns * CELL_M + jitter[:, 0]
    y = CENTRE_NORTHING_M + (up - 0.5) * plan.rows * CELL_M + jitter[:, 1]
    diagram = shapely.voronoi_polygons(shapely.multipoints(np.column_stack([x, y])), ordered=True)
    polygons = shapely.transform(shapely.get_parts(diagram), lambda xy: np.round(xy, _CENTIMETRES))
    # Cells outside the outline only bound those inside, so that the city's edge is as irregular as the rest.
    inside = np.abs(2 * across - 1) ** 3 + np.abs(2 * up - 1) ** 3 <= 1
    seeds = np.array([[a, u] for _, _, a, u in DISTRICTS])
    distance = np.hypot(across[:, None] - seeds[:, 0], (up[:, None] - seeds[:, 1]) * plan.rows / plan.columns)
    return _Cells(polygons[inside], rows[inside], columns[inside], distance.argmin(axis=1)[inside])


def _place_groups(plan: CityPlan, cells: _Cells) -> list[tuple[str, list[int]]]:
    wanted = [f"S{n}" for n in sorted(plan.splits, reverse=True)]
    wanted = ["crossing"] * plan.crossings + ["chain"] * plan.chains + wanted + ["M"] * plan.merges
    at = {(int(r), int(c)): i for i, (r, c) in enumerate(zip(cells.row, cells.column, strict=True))}
    order = plan.stream("groups").permutation(len(cells.polygon))
    taken: set[int] = set()
    groups: list[tuple[str, list[int]]] = []
    for kind in wanted:
        for start in order:
            row, column = int(cells.row[start]), int(cells.column[start])
            members = [at.get((row + dr, column + dc), -1) for dr, dc in _GROUP_CELLS[kind]]
            if _fits(members, taken, cells):
                taken.update(members)
                groups.append((kind, members))
                break
        else:
            raise ValueError(f"a grid of {plan.rows} by {plan.columns} has no room for all the changed areas")
    groups += [("U", [i]) for i in range(len(cells.polygon)) if i not in taken]
    return groups


def _fits(members: list[int], taken: set[int], cells: _Cells) -> bool:
    if min(members) < 0 or taken.intersection(members):
        return False
    if len(set(cells.district[members].tolist())) > 1:
        return False
    return shapely.union_all(cells.polygon[members]).geom_type == "Polygon"


def _cut_atoms(
    plan: CityPlan, cells: _Cells, groups: list[tuple[str, list[int]]]
) -> tuple[list[tuple[int, shapely.Geometry]], list[list[int]], list[list[int]]]:
    """Return the atoms as (cell, polygon), and the atoms of each area of 2011 and of 2021."""
    rng = plan.stream("cuts")
    atoms: list[tuple[int, shapely.Geometry]] = []
    parents: list[list[int]] = []
    children: list[list[int]] = []
    for kind, members in groups:
        first = len(atoms)
        if kind == "M":
            halves = _halve(cells.polygon[members[0]], rng.uniform(0, np.pi))
            atoms += [(members[0], half) for half in halves]
        else:
            atoms += [(cell, cells.polygon[cell]) for cell in members]
        own = list(range(first, len(atoms)))
        if kind == "crossing":
            parents += [[own[0], own[2]], [own[1], own[3]]]
            children += [own[:2], own[2:]]
        elif kind == "chain":
            parents += [own[:1], own[1:]]
            children += [own[:2], own[2:]]
        else:
            parents += [[atom] for atom in own] if kind == "M" else [own]
            children += [own] if kind == "M" else [[atom] for atom in own]
    return atoms, parents, children


def _halve(polygon: shapely.Geometry, angle: float) -> list[shapely.Geometry]:
    from shapely.ops import split

    centre = shapely.get_coordinates(polygon.centroid)[0]
    reach = 10 * CELL_M * np.array([np.cos(angle), np.sin(angle)])
    halves = split(polygon, shapely.linestrings([centre - reach, centre + reach]))
    return sorted(halves.geoms, key=lambda half: half.bounds)


def _assemble(
    plan: CityPlan,
    cells: _Cells,
    atoms: list[tuple[int, shapely.Geometry]],
    parents: list[list[int]],
    children: list[list[int]],
) -> Geography:
    polygons = np.array([polygon for _, polygon in atoms], dtype=object)
    cell_of_atom = np.array([cell for cell, _ in atoms])
    shared = {tuple(p) for p in parents} & {tuple(c) for c in children}
    old = _census(polygons, cells.district[cell_of_atom], parents, shared, "E0180")
    new = _census(polygons, cells.district[cell_of_atom], children, shared, "E0199")
    atom_2011 = _index_atoms(len(atoms), parents, old[1])
    atom_2021 = _index_atoms(len(atoms), children, new[1])
    lsoa_2011, lsoa_2021 = _name(plan, old[0], new[0], atom_2011, atom_2021)
    lookup = np.unique(np.column_stack([atom_2011, atom_2021]), axis=0)
    first_atom = np.full(len(lsoa_2021.code), -1)
    first_atom[atom_2021[::-1]] = np.arange(len(atoms))[::-1]
    ward_code, ward_name = _wards(cells, cell_of_atom[first_atom], lsoa_2021.district)
    return Geography(
        lsoa_2011=lsoa_2011,
        lsoa_2021=lsoa_2021,
        atom_polygon=polygons,
        atom_2011=atom_2011,
        atom_2021=atom_2021,
        lookup=lookup,
        change=_change_indicators(lookup, lsoa_2011.code, lsoa_2021.code),
        district_code=np.array([f"E069{i + 1:05d}" for i in range(len(DISTRICTS))]),
        force_of_lsoa=np.array([DISTRICTS[d][1] for d in lsoa_2021.district]),
        ward_code=ward_code,
        ward_name=ward_name,
    )


def _census(
    polygons: np.ndarray,
    atom_district: np.ndarray,
    areas: list[list[int]],
    shared: set[tuple[int, ...]],
    own_prefix: str,
) -> tuple[Census, np.ndarray]:
    """Return the areas in code order and, for each, its place in ``areas``; names come later."""
    # Codes follow the atoms, so both censuses count the shared areas alike.
    order = sorted(range(len(areas)), key=lambda i: (tuple(areas[i]) not in shared, areas[i]))
    numbers: dict[str, int] = {"E0190": 0, own_prefix: 0}
    codes = []
    for i in order:
        prefix = "E0190" if tuple(areas[i]) in shared else own_prefix
        numbers[prefix] += 1
        codes.append(f"{prefix}{numbers[prefix]:04d}")
    by_code = np.argsort(np.array(codes))
    place = np.array(order)[by_code]
    shapes = np.array([shapely.union_all(polygons[areas[i]]) for i in place], dtype=object)
    district = np.array([atom_district[areas[i][0]] for i in place])
    return Census(np.array(codes)[by_code], np.array([""] * len(place)), shapes, district), place


def _index_atoms(count: int, areas: list[list[int]], place: np.ndarray) -> np.ndarray:
    index = np.full(count, -1)
    for position, area in enumerate(place):
        index[areas[area]] = position
    return index


def _name(
    plan: CityPlan, old: Census, new: Census, atom_2011: np.ndarray, atom_2021: np.ndarray
) -> tuple[Census, Census]:
    """Name areas as ONS does: district, number of the middle layer area, letter."""
    old_names, letters = _first_names(old)
    by_code = dict(zip(old.code.tolist(), old_names, strict=True))
    renamed = set(
        plan.stream("renames").choice(sorted(set(old.code) & set(new.code)), 7, replace=False).tolist()
    )
    parent = dict(zip(atom_2021[::-1].tolist(), atom_2011[::-1].tolist(), strict=True))
    names = []
    for i, code in enumerate(new.code.tolist()):
        if code in by_code and code not in renamed:
            names.append(by_code[code])
            continue
        middle = old_names[parent[i]][:-1]
        names.append(middle + chr(ord("A") + letters[middle]))
        letters[middle] += 1
    return (
        Census(old.code, np.array(old_names), old.polygon, old.district),
        Census(new.code, np.array(names), new.polygon, new.district),
    )


def _first_names(census: Census) -> tuple[list[str], dict[str, int]]:
    seen = [0] * len(DISTRICTS)
    names, letters = [], {}
    for district in census.district.tolist():
        number, letter = divmod(seen[district], 5)
        seen[district] += 1
        middle = f"{DISTRICTS[district][0]} {number + 1:03d}"
        names.append(middle + "ABCDE"[letter])
        letters[middle] = letter + 1
    return names, letters


def _wards(cells: _Cells, cell: np.ndarray, district: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    blocks = np.column_stack([district, cells.row[cell] // 3, cells.column[cell] // 3])
    unique, ward = np.unique(blocks, axis=0, return_inverse=True)
    codes = np.array([f"E059{i + 1:05d}" for i in range(len(unique))])
    names = [
        _WARD_STEMS[i % len(_WARD_STEMS)] + _WARD_ENDS[(i // len(_WARD_STEMS)) % len(_WARD_ENDS)]
        for i in range(len(unique))
    ]
    return codes[ward.ravel()], np.array(names)[ward.ravel()]


def _change_indicators(lookup: np.ndarray, old_code: np.ndarray, new_code: np.ndarray) -> np.ndarray:
    """Read the indicator off the lookup itself, as ONS defines it."""
    children = np.bincount(lookup[:, 0])[lookup[:, 0]]
    parents = np.bincount(lookup[:, 1])[lookup[:, 1]]
    whole_parent = np.ones(len(old_code), dtype=bool)
    np.logical_and.at(whole_parent, lookup[:, 0], parents == 1)
    whole_child = np.ones(len(new_code), dtype=bool)
    np.logical_and.at(whole_child, lookup[:, 1], children == 1)
    split = (children > 1) & whole_parent[lookup[:, 0]]
    merged = (parents > 1) & whole_child[lookup[:, 1]]
    same = old_code[lookup[:, 0]] == new_code[lookup[:, 1]]
    return np.select([same, split, merged], ["U", "S", "M"], default="X")
