"""Division that says where there is nothing to divide by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, with NaN for a whole of zero.

    Parameters
    ----------
    part, whole : ndarray
        Shapes that broadcast.
    """
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
