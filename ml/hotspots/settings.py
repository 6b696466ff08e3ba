"""What hotspots are found with: one object for the tables, their null and a run's configuration."""

from __future__ import annotations

from dataclasses import dataclass

from ml.hotspots.clusters import Clustering, Dbscan, Hdbscan

METHODS = ("dbscan", "hdbscan")
HULLS = ("convex", "concave")


@dataclass(frozen=True)
class HotspotSettings:
    """How hotspots are found, drawn and tested; plain values, so that a release can record them.

    Parameters
    ----------
    method : {"dbscan", "hdbscan"}
        How to cluster: `Dbscan`, or `Hdbscan` for hotspots of unequal density, which takes no weights.
    eps_m : float
        Neighbourhood radius of DBSCAN, in metres; HDBSCAN has none.
    min_samples : int
        Records, or with harm weights records of mean harm, that make a place dense; for HDBSCAN also the
        fewest records of a cluster.
    is_harm_weighted : bool
        Count a record as its harm days over the mean of all records searched, instead of as one.
    hull : {"convex", "concave"}
        Outline of a hotspot.
    relabellings : int
        Relabellings behind p values.
    night_time_radius_m : float
        Reach of a night-time area around its snap point, in metres; see `ml.hotspots.night_time`.

    Raises
    ------
    ValueError
        A value is none of these, or HDBSCAN is to weigh by harm.
    """

    method: str = "dbscan"
    eps_m: float = 75.0
    min_samples: int = 10
    is_harm_weighted: bool = False
    hull: str = "convex"
    relabellings: int = 199
    night_time_radius_m: float = 100.0

    def __post_init__(self) -> None:
        """Refuse what cannot be done, before anything is."""
        if self.method not in METHODS:
            raise ValueError(f"hotspots: method is {' or '.join(METHODS)}, not {self.method!r}")
        if self.hull not in HULLS:
            raise ValueError(f"hotspots: hull is {' or '.join(HULLS)}, not {self.hull!r}")
        if self.relabellings < 1:
            raise ValueError("hotspots: p values need one relabelling or more")
        if not self.night_time_radius_m > 0:
            raise ValueError("hotspots: the radius of night-time areas is not positive")
        clustering = self.clustering
        if self.is_harm_weighted and not clustering.takes_harm:
            raise ValueError(f"{self.method} cannot weigh records by harm; use dbscan, or do not weigh")

    @property
    def clustering(self) -> Clustering:
        """The clustering that these settings name."""
        if self.method == "hdbscan":
            return Hdbscan(self.min_samples, self.min_samples)
        return Dbscan(self.eps_m, self.min_samples)

    @property
    def is_concave(self) -> bool:
        """Whether hulls follow the outline of the points."""
        return self.hull == "concave"
