"""Calls of two years in which nothing drifts, but for what is planted from a month on."""

from __future__ import annotations

import numpy as np
import pandas as pd

MONTHS = pd.date_range("2024-01-01", periods=24, freq="MS")
BROKEN = MONTHS[20]
CALLS_A_MONTH = 250
_TYPES = ("WELFARE CHECK", "ALARM", "FIGHT", "NOISE", "THEFT", "VEHICLE STOP")
_STREETS = ("A ST", "B ST", "C ST", "D ST", "E ST")
#: Of each change: the share of late calls that it befalls, and what it makes of them.
_CHANGES: dict[str, tuple[float, dict[str, object]]] = {
    "call type": (0.3, {"call_type": "NOISE"}),
    "call wording": (0.15, {"call_type": "NOISE (NEW)"}),
    "call hour": (0.3, {"hour": 3}),
    "call place": (0.4, {"street": "A ST"}),
    "new place": (0.15, {"street": "NEW ST"}),
    "address": (0.2, {"street": None, "cross_street": None}),
    "officer": (0.3, {"call_type": "VEHICLE STOP"}),
    "priority": (0.4, {"priority": 2}),
}


def incidents(change: str = "", *, seed: int = 9, calls_a_month: int = CALLS_A_MONTH) -> pd.DataFrame:
    """Return calls as the watch for drift takes them; a change that is planted here begins in ``BROKEN``."""
    random = np.random.default_rng(seed)
    size = len(MONTHS) * calls_a_month
    month = pd.Series(np.repeat(MONTHS, calls_a_month))
    street = random.choice([*_STREETS, None], size, p=[0.25, 0.25, 0.2, 0.15, 0.12, 0.03])
    has_cross = (random.random(size) < 0.3) & pd.notna(street)
    calls = pd.DataFrame(
        {
            "agency": "somewhere",
            "hour": random.integers(0, 24, size),
            "priority": random.integers(1, 7, size),
            "call_type": random.choice(_TYPES, size, p=[0.25, 0.2, 0.2, 0.15, 0.1, 0.1]),
            "street": street,
            "cross_street": np.where(has_cross, "Z ST", None),
            "longitude": np.nan,
            "latitude": np.nan,
        }
    )
    if change in _CHANGES:
        share, values = _CHANGES[change]
        calls.loc[(month >= BROKEN) & (random.random(size) < share), list(values)] = list(values.values())
    day = pd.to_timedelta(random.integers(0, 28, size), unit="D")
    return calls.assign(called_at_local=month + day + pd.to_timedelta(calls.pop("hour"), unit="h"))
