"""Made-up names of the places that a record is "On or near"."""

from __future__ import annotations

import numpy as np

_PUBLIC_SHARE, _BARE_SHARE = 0.12, 0.003
_STEMS = (
    "Abbey",
    "Acorn",
    "Bramble",
    "Cedar",
    "Chapel",
    "Clover",
    "Damson",
    "Easter",
    "Finch",
    "Forge",
    "Glebe",
    "Granary",
    "Holly",
    "Lark",
    "Linden",
    "Millrace",
    "Orchard",
    "Otter",
    "Pippin",
    "Quarry",
    "Raven",
    "Saddler",
    "Station",
    "Teasel",
    "Vicarage",
    "Weaver",
    "Willow",
    "Yarrow",
)
_STREETS = (
    "Road",
    "Street",
    "Avenue",
    "Close",
    "Lane",
    "Way",
    "Drive",
    "Court",
    "Gardens",
    "Rise",
    "Mews",
    "Walk",
)
_PUBLIC = (
    "Supermarket",
    "Shopping Area",
    "Parking Area",
    "Nightclub",
    "Bus/Coach Station",
    "Park/Open Space",
)


NIGHTCLUB = "On or near Nightclub"


def all_streets() -> list[str]:
    """Return the names of the city's streets."""
    return [f"{stem} {street}" for stem in _STEMS for street in _STREETS]


def location_names(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return wordings of ``Location``: mostly streets, some public places and a few bare "On or near "."""
    streets = [f"On or near {street}" for street in all_streets()]
    public = [f"On or near {place}" for place in _PUBLIC]
    vocabulary = np.array([*streets, *public, "On or near "], dtype=object)
    kind = rng.random(count)
    pick = rng.integers(0, len(streets), count)
    pick = np.where(kind < _PUBLIC_SHARE, len(streets) + rng.integers(0, len(public), count), pick)
    return vocabulary[np.where(kind > 1 - _BARE_SHARE, len(vocabulary) - 1, pick)]
