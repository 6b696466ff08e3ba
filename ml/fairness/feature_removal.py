"""What risk maps lose, and whom they flag instead, when a learner may not see a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.fairness.hotspot_exposure import ETHNIC_COLUMNS, REFERENCES

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.learners import Boosted
    from ml.risk.study import Study

Floats = npt.NDArray[np.float64]

KIND = "feature_removed"
#: The newest months, each forecast from what was known before it.
ORIGINS = 3
AREA_SHARES = {"top_1_percent": 0.01, "top_5_percent": 0.05, "top_10_percent": 0.1}
_EXPOSED = "top_5_percent"
# The learner of the risk tables with fewer and larger steps, as it is fitted dozens of times.
_ROUNDS, _RATE = 60, 0.12


def removal_sensitivity(study: Study, lsoas: pd.DataFrame, learner: Boosted | None = None) -> pd.DataFrame:
    """Fit the boosted trees of the risk tables with every feature, and again without each.

    Ethnic groups and age are no features of any model, so they cannot be removed: what stands in for them is.

    Parameters
    ----------
    study : Study
        Neighbourhoods, as `ml.risk.study.lsoa_study` gives them.
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile`` and Census 2021 residents by ethnic group (``asian_count``…).
    learner : Boosted, optional
        What learns; boosted trees when not given.

    Returns
    -------
    DataFrame
        Rows of ``ml_fairness_sensitivity`` of kind ``feature_removed``: capture and PAI pooled over origins,
        of records and of harm, and the share of each group's residents in the top twentieth, with its ratio
        to the reference group's. NaN for 0/0; no rows with too few months for an origin.
    """
    import pandas as pd

    from ml.risk.backtest import every_origin
    from ml.risk.groups import ALL_CRIME
    from ml.risk.judged import SHORTEST
    from ml.risk.learners import Boosted

    counts, harm = study.counts[ALL_CRIME], study.harm[ALL_CRIME]
    windows = every_origin(counts, shortest=SHORTEST)[-ORIGINS:]
    if not windows:
        return pd.DataFrame()
    learner = learner or Boosted(rounds=_ROUNDS, rate=_RATE)
    maps = _maps(study, windows, learner)
    came = {
        "crime_count": np.stack([counts.amount(*window) for window in windows]),
        "harm_days": np.stack([harm.amount(*window) for window in windows]),
    }
    groups = _groups(study.areas[["lsoa_code"]].merge(lsoas, on="lsoa_code", how="left"))
    figures = {name: _figures(scores, came, groups) for name, scores in maps.items()}
    every = figures.pop("with_everything")
    rows = [
        dict(zip(_KEY, key, strict=True))
        | {"scenario": name, "baseline_value": every[key], "scenario_value": value}
        for name, own in figures.items()
        for key, value in own.items()
    ]
    return pd.DataFrame(rows).assign(kind=KIND)


_KEY = ("amount", "measure", "attribute", "group_name")


def removals(names: list[str]) -> dict[str, set[str]]:
    """Return what is removed in each scenario.

    Parameters
    ----------
    names : list of str
        Columns of the design, as `ml.risk.features.column_names` gives them.
    """
    from ml.risk.study import DOMAINS

    residents = {name for name in names if name.startswith("residents_")}
    own, around = ({name for name in names if name.startswith(part)} for part in ("own_", "around_"))
    return {
        **{f"without_{domain}": {domain} for domain in DOMAINS},
        "without_deprivation": set(DOMAINS),
        "without_residents": residents,
        "without_own_past": own,
        "without_neighbours_past": around,
    }


def _maps(study: Study, windows: list[tuple[float, float]], learner: Boosted) -> dict[str, Floats]:
    """Return the expected records of every scenario, shape (origins, areas)."""
    from threadpoolctl import threadpool_limits

    from ml.risk.features import column_names, design
    from ml.risk.groups import ALL_CRIME

    names = column_names(study.cells)
    scenarios = {"with_everything": set[str](), **removals(names)}
    maps: dict[str, list[Floats]] = {scenario: [] for scenario in scenarios}
    for origin, end in windows:
        rows = design(study.counts[ALL_CRIME].before(origin), end)
        is_told = ~np.isnan(rows.seen).all(axis=0)
        for scenario, removed in scenarios.items():
            kept = is_told & np.array([name not in removed for name in names])
            # The fits are many and small: more threads only wait for each other, for minutes if busy.
            with threadpool_limits(limits=1):
                fitted = learner.learn(rows.seen[:, kept], rows.came)
                maps[scenario].append(np.maximum(fitted.predict(rows.ahead[:, kept]), 0.0))
    return {scenario: np.stack(scores) for scenario, scores in maps.items()}


def _groups(areas: pd.DataFrame) -> list[tuple[str, str, Floats]]:
    """Return attribute, group and residents by area of each group."""
    columns = list(ETHNIC_COLUMNS.values())
    counts = areas[columns].astype("Float64").fillna(0.0).to_numpy(dtype=np.float64)
    decile = areas["imd_2025_decile"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    everyone = counts.sum(axis=1)
    groups = [
        ("imd_2025_decile", str(int(number)), np.where(decile == number, everyone, 0.0))
        for number in np.unique(decile[~np.isnan(decile)])
    ]
    return groups + [("ethnic_group", name, counts[:, place]) for place, name in enumerate(ETHNIC_COLUMNS)]


def _figures(
    scores: Floats, came: dict[str, Floats], groups: list[tuple[str, str, Floats]]
) -> dict[tuple[str, ...], float]:
    """Return every measure of one scenario."""
    from ml.risk.metrics import flagged_at

    count = scores.shape[1]
    budgets = [share * count for share in AREA_SHARES.values()]
    flags = np.stack([flagged_at(one, np.ones(count), budgets) for one in scores], axis=1)
    figures: dict[tuple[str, ...], float] = {}
    for place, (words, share) in enumerate(AREA_SHARES.items()):
        for amount, amounts in came.items():
            caught = _ratio(float((flags[place] * amounts).sum()), float(amounts.sum()))
            figures[amount, f"capture_{words}", "all", "Everyone"] = caught
            figures[amount, f"pai_{words}", "all", "Everyone"] = caught / share
    flagged = flags[list(AREA_SHARES).index(_EXPOSED)].mean(axis=0)
    shares = {
        (attribute, group): _ratio(float(flagged @ residents), float(residents.sum()))
        for attribute, group, residents in groups
    }
    for (attribute, group), value in shares.items():
        reference = shares.get((attribute, REFERENCES[attribute]), float("nan"))
        figures["crime_count", f"flagged_share_{_EXPOSED}", attribute, group] = value
        figures["crime_count", f"disparity_ratio_{_EXPOSED}", attribute, group] = _ratio(value, reference)
    return figures


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
