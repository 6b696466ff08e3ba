"""Spatial statistics: autocorrelation, near repeats, trends and concentration."""

from ml.spatial.autocorrelation import getis_ord, global_moran, local_moran
from ml.spatial.concentration import generalised_gini, gini, lorenz_curve
from ml.spatial.knox import knox_test
from ml.spatial.testing import benjamini_hochberg, mann_kendall

__all__ = [
    "benjamini_hochberg",
    "generalised_gini",
    "getis_ord",
    "gini",
    "global_moran",
    "knox_test",
    "local_moran",
    "lorenz_curve",
    "mann_kendall",
]
