"""Names of clusters, made of what sets their centres apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.profiles.features import Floats

#: Standard deviations over areas from which a centre is said to stand apart.
APART = 0.5
_MOST_TYPES = 2


def cluster_names(names: Sequence[str], centre: Floats) -> list[str]:
    """Name each cluster by its rate, and by at most two crime types that it has more of than other areas.

    Parameters
    ----------
    names : sequence of str
        Features: the rate, then crime types.
    centre : ndarray, shape (k, features)
        Standardised centres.

    Returns
    -------
    list of str
        All different: where two would be alike, the type that a cluster has least of is added, and if that
        does not tell them apart, a number.
    """
    first = [_name(names, one) for one in centre]
    longer = [
        f"{name}, little {_lower(names[1 + int(np.argmin(one[1:]))])}" if first.count(name) > 1 else name
        for name, one in zip(first, centre, strict=True)
    ]
    return [
        f"{name} ({longer[: place + 1].count(name)})" if longer.count(name) > 1 else name
        for place, name in enumerate(longer)
    ]


def _name(names: Sequence[str], centre: Floats) -> str:
    rate = "High rate" if centre[0] >= APART else "Low rate" if centre[0] <= -APART else "Middling rate"
    order = np.argsort(-centre[1:], kind="stable")[:_MOST_TYPES]
    more = [_lower(names[1 + place]) for place in order if centre[1 + place] >= APART]
    return f"{rate}: much {' and '.join(more)}" if more else f"{rate}: usual mix"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
