"""What fairness costs a risk map: capture lost for every point of disparity removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.deprived import DEPRIVED_DECILES
from ml.fairness.model_exposure import AREA_SHARES, RISK_MEASURES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

CAP_STEPS = 20
NEEDED = ("lsoa_code", "imd_2025_decile", "resident_count", *RISK_MEASURES.values())


def fairness_frontier(lsoas: pd.DataFrame) -> pd.DataFrame:
    """Choose the flagged areas under caps on the share of the most deprived fifth, and count what it costs.

    For a cap, the best choice takes the areas with the highest forecast of the group up to the cap, and fills
    up with the best of the others: forecasts of areas add up, so no other choice of as many catches more.
    Caps go from none (1) to 0. What is captured is the **forecast's** crime or harm, recorded crime as it is
    expected: where recording is itself unequal, so is the map's gain from flagging a group.

    Parameters
    ----------
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile`` (null outside England, which no group holds), ``resident_count``
        (all residents), ``expected_crime_count``, ``expected_harm_days``.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_frontier``: a row per risk map, flagged area and cap. Disparity is the share of
        the group's residents who are flagged less that of all others, in percentage points; the price is
        points of capture lost per point of disparity removed, NaN where the cap removes none.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    Corbett-Davies, S. et al. (2017), "Algorithmic decision making and the cost of fairness", KDD '17.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_frontier"]
    for name in NEEDED:
        if name not in lsoas.columns:
            raise ValueError(f"fairness_frontier: lsoas have no column {name!r}")
    lsoas = lsoas.sort_values("lsoa_code", ignore_index=True)
    in_group = lsoas["imd_2025_decile"].isin(DEPRIVED_DECILES).to_numpy(dtype=bool)
    residents: Floats = np.nan_to_num(lsoas["resident_count"].to_numpy(dtype=np.float64, na_value=np.nan))
    if not in_group.any() or in_group.all():
        return empty_frame(contract)
    parts = []
    for model, measure in RISK_MEASURES.items():
        forecast = lsoas[measure].to_numpy(dtype=np.float64)
        for words, share in AREA_SHARES.items():
            count = max(1, round(share * len(lsoas)))
            curve = _curve(forecast, residents, in_group, count)
            parts.append(curve.assign(model=model, flagged_area=words, flagged_count=count))
    table = pd.concat(parts, ignore_index=True)
    return conform(table[contract.column_names], contract)


def _curve(forecast: Floats, residents: Floats, in_group: npt.NDArray[np.bool_], count: int) -> pd.DataFrame:
    """Return capture and disparity at every cap, for one map and number of flagged areas."""
    import pandas as pd

    order = np.argsort(-forecast, kind="stable")
    group, others = order[in_group[order]], order[~in_group[order]]
    freely = int(in_group[order[:count]].sum())
    caps = np.arange(CAP_STEPS, -1, -1) / CAP_STEPS
    # Where the others run out, the cap cannot be kept: the group fills up what is left.
    fewest = max(0, count - len(others))
    chosen = np.maximum(np.minimum(freely, np.floor(caps * count + 1e-9).astype(int)), fewest)
    captured = _first(forecast, group, chosen) + _first(forecast, others, count - chosen)
    total = forecast.sum()
    share = captured / total if total > 0 else np.full(len(captured), np.nan)
    group_residents, other_residents = residents[in_group].sum(), residents[~in_group].sum()
    exposed = _share(_first(residents, group, chosen), group_residents)
    other_exposed = _share(_first(residents, others, count - chosen), other_residents)
    disparity = 100 * (exposed - other_exposed)
    lost, removed = 100 * (share[0] - share), disparity[0] - disparity
    return pd.DataFrame(
        {
            "cap_share": caps,
            "group_flagged_count": chosen,
            "captured_share": share,
            "capture_lost_points": np.maximum(lost, 0.0),
            "group_flagged_share": exposed,
            "other_flagged_share": other_exposed,
            "disparity_points": disparity,
            "disparity_removed_points": removed,
            "lost_per_point": np.divide(
                np.maximum(lost, 0.0), removed, out=np.full(len(removed), np.nan), where=removed > 0
            ),
        }
    )


def _first(values: Floats, ranked: npt.NDArray[np.intp], counts: npt.NDArray[np.int64]) -> Floats:
    """Sum the values of the first so many places of a ranking."""
    sums: Floats = np.concatenate([[0.0], np.cumsum(values[ranked])])[counts]
    return sums


def _share(part: Floats, whole: float) -> Floats:
    return part / whole if whole > 0 else np.full(len(part), np.nan)
