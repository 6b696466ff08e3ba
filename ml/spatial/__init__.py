"""Spatial statistics: autocorrelation, near repeats, trends and concentration."""

from ml.spatial.autocorrelation import getis_ord, global_moran, local_moran
from ml.spatial.clusters import local_clusters
from ml.spatial.concentration import generalised_gini, gini, lorenz_curve
from ml.spatial.emerging import emerging_hot_spots
from ml.spatial.knox import knox_test
from ml.spatial.neighbours import nearest_neighbours
from ml.spatial.summary import spatial_tests
from ml.spatial.testing import benjamini_hochberg, mann_kendall

__all__ = [
    "benjamini_hochberg",
    "emerging_hot_spots",
    "generalised_gini",
    "getis_ord",
    "gini",
    "global_moran",
    "knox_test",
    "local_clusters",
    "local_moran",
    "lorenz_curve",
    "mann_kendall",
    "nearest_neighbours",
    "spatial_tests",
]
