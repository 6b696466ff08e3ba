"""Night-time economy areas: what lies around snap points that police.uk names after venues of the night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: Wordings of ``Location``, exactly as published, that make a snap point one of the night-time economy: those
#: of the kinds of place that police.uk names which open mainly from 6pm to 6am. So the London Plan (2021,
#: policy HC6) bounds that economy, and it names both. Pubs, bars and cinemas have no wording of their own.
NIGHT_TIME_PLACES = ("On or near Nightclub", "On or near Theatre/Concert Hall")


def night_time_area(located_points: pd.DataFrame, radius_m: float) -> Any | None:
    """Return the ground within reach of a night-time snap point.

    Parameters
    ----------
    located_points : DataFrame
        ``easting_m``, ``northing_m`` (EPSG:27700, metres) and ``is_night_time``, whether a record names the
        point as one of `NIGHT_TIME_PLACES`. Without the column nothing is known of any point.
    radius_m : float
        Reach, in metres.

    Returns
    -------
    shapely geometry or None
        All of it together; None where no point is known to be one.
    """
    import shapely

    if "is_night_time" not in located_points.columns:
        return None
    named = located_points[located_points["is_night_time"].astype(bool)]
    if named.empty:
        return None
    points = shapely.points(named["easting_m"].to_numpy(), named["northing_m"].to_numpy())
    return shapely.union_all(shapely.buffer(points, radius_m))
