"""A small lineage: one mart and one audit of the publishing warehouse, each led back to a raw file."""

from __future__ import annotations

from orchestration.lineage.model import ColumnRef, Lineage, Origin

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def _of(*references: str) -> Origin:
    return Origin(tuple(map(ColumnRef.parse, references)))


LINEAGE: Lineage = {
    "raw_police_street": {"Crime type": Origin(), HOSTILE: Origin((), "published as odd")},
    "raw_police_stop_and_search": {"Self-defined ethnicity": Origin()},
    "validated_police_street": {
        "crime_type": _of("raw_police_street.Crime type"),
        "odd": Origin((ColumnRef("raw_police_street", HOSTILE),)),
    },
    "validated_police_stop_and_search": {
        "ethnicity": _of("raw_police_stop_and_search.Self-defined ethnicity")
    },
    "harm_weights": {"harm_days": Origin((), "declared in seeds/harm_weights.csv")},
    "stg_police__street": {
        "crime_type": _of("validated_police_street.crime_type", "validated_police_street.odd")
    },
    "mart_harm_ranking": {"harm_days": _of("stg_police__street.crime_type", "harm_weights.harm_days")},
    "ml_fairness_stops": {"stop_count": _of("validated_police_stop_and_search.ethnicity")},
    "ml_hotspots": {"harm_days": _of("stg_police__street.crime_type")},
    "published_release": {
        "mart_harm_ranking.harm_days": _of("mart_harm_ranking.harm_days"),
        "ml_fairness_stops.stop_count": _of("ml_fairness_stops.stop_count"),
        "ml_hotspots.harm_days": _of("ml_hotspots.harm_days"),
    },
}
