"""Policing neighbourhoods, as the police.uk API has them: each ward of the city is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from orchestration.sandbox.city import City
from orchestration.sandbox.places import to_wgs84
from orchestration.sandbox.plan import FORCES

_BOUNDARY_DECIMALS, _CENTRE_DECIMALS = 9, 4


class Neighbourhoods:
    """The neighbourhoods of a city; None stands for one, or a force, that there is not.

    Parameters
    ----------
    city
        The city.
    """

    def __init__(self, city: City) -> None:
        geography = city.geography
        code, first = np.unique(geography.ward_code, return_index=True)
        self._geography, self._residents = geography, city.people.residents[:, -1]
        self._name = dict(zip(code.tolist(), geography.ward_name[first].tolist(), strict=True))
        force = [FORCES[number].slug for number in geography.force_of_lsoa[first]]
        self._force = dict(zip(code.tolist(), force, strict=True))

    def of_force(self, force: str) -> list[dict[str, str]] | None:
        """Answer ``{force}/neighbourhoods``."""
        if force not in {one.slug for one in FORCES}:
            return None
        return [{"id": code, "name": name} for code, name in self._name.items() if self._force[code] == force]

    def details(self, force: str, code: str) -> dict[str, Any] | None:
        """Answer ``{force}/{id}``: numbers are text, and there is no description, as with many real ones."""
        if self._force.get(code) != force:
            return None
        middle = shapely.get_coordinates(shapely.centroid(self._outline(code)))
        ((longitude,), (latitude,)) = to_wgs84(middle[:, 0], middle[:, 1])
        residents = int(self._residents[self._geography.ward_code == code].sum())
        return {
            "url_force": f"https://{force}.example/{code.lower()}",
            "contact_details": {"email": f"{code.lower()}@{force}.example"},
            "name": self._name[code],
            "links": [],
            "centre": _place(latitude, longitude, _CENTRE_DECIMALS),
            "locations": [],
            "id": code,
            "population": str(residents),
        }

    def boundary(self, force: str, code: str) -> list[dict[str, str]] | None:
        """Answer ``{force}/{id}/boundary``: a ring that ends where it began."""
        if self._force.get(code) != force:
            return None
        corners = shapely.get_coordinates(shapely.get_exterior_ring(self._outline(code)))
        longitude, latitude = to_wgs84(corners[:, 0], corners[:, 1])
        return [
            _place(north, east, _BOUNDARY_DECIMALS) for north, east in zip(latitude, longitude, strict=True)
        ]

    def _outline(self, code: str) -> shapely.Geometry:
        # The wards of the city are in one piece each.
        return shapely.union_all(self._geography.lsoa_2021.polygon[self._geography.ward_code == code])


def _place(latitude: float, longitude: float, decimals: int) -> dict[str, str]:
    return {"latitude": f"{latitude:.{decimals}f}", "longitude": f"{longitude:.{decimals}f}"}
