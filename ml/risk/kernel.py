"""Kernel density: counts spread over their surroundings."""

from __future__ import annotations

from dataclasses import dataclass

from ml.risk.counts import decayed_amount
from ml.risk.history import History
from ml.risk.model import Rate


@dataclass(frozen=True)
class KernelDensity:
    """Histogram on the cells, then a Gaussian filter: exact to a cell, and fast.

    Parameters
    ----------
    bandwidth : float
        Standard deviation of the kernel, in the units of the cells' coordinates.
    half_life : float
        Days in which an event loses half of its weight; large for a plain density.
    label : str
        Name in tables, instead of one made of the parameters.

    References
    ----------
    Chainey, S., Tompson, L. and Uhlig, S. (2008), Security Journal 21, 4-28.
    """

    bandwidth: float
    half_life: float = 36525.0
    label: str = ""

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.label or f"kernel_{self.bandwidth:g}_{self.half_life:g}"

    def fit(self, history: History) -> Rate:
        """Count, decay and smooth."""
        amount, exposure, _ = decayed_amount(history, self.half_life)
        return Rate(history.end, history.cells.smooth(amount, self.bandwidth) / exposure)
