"""What risk maps lose, and whom they flag instead, when a learner may not see a feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.ratios import ratio
from ml.fairness.by_group import bounds
from ml.fairness.hotspot_exposure import ETHNIC_COLUMNS, REFERENCES

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.history import History
    from ml.risk.learners import Boosted
    from ml.risk.study import Study

Floats = npt.NDArray[np.float64]

KIND = "feature_removed"
#: How often each scenario is learned: what fits cost does not grow with the months that are forecast.
FITS = 3
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
        Rows of ``ml_fairness_sensitivity`` of kind ``feature_removed``: capture and PAI pooled over all
        origins, of records and of harm, and the share of each group's residents in the top twentieth, with
        its ratio to the reference group's. Intervals of the differences draw origins anew, paired. NaN for
        0/0, and for bounds with fewer than six origins; no rows with too few months for an origin. Beside
        them how far what is removed goes with the group (`ml.fairness.feature_correlation`).
    """
    import pandas as pd

    from ml.common.crime_groups import ALL_CRIME
    from ml.fairness.feature_correlation import strongest_correlations
    from ml.risk.backtest import every_origin
    from ml.risk.compare import drawn_counts
    from ml.risk.features import column_names
    from ml.risk.learners import Boosted
    from ml.risk.study import FEWEST_ORIGINS, SHORTEST

    counts, harm = study.counts[ALL_CRIME], study.harm[ALL_CRIME]
    windows = every_origin(counts, shortest=SHORTEST)
    if not windows:
        return pd.DataFrame()
    learner = learner or Boosted(rounds=_ROUNDS, rate=_RATE)
    maps = _maps(study, windows, learner)
    came = {
        "crime_count": np.stack([counts.amount(*window) for window in windows]),
        "harm_days": np.stack([harm.amount(*window) for window in windows]),
    }
    areas = study.areas[["lsoa_code"]].merge(lsoas, on="lsoa_code", how="left")
    groups = _groups(areas)
    baseline = _sums(maps.pop("with_everything"), came, groups)
    once, again = np.ones((1, len(windows))), drawn_counts(len(windows)).astype(np.float64)
    before, drawn_before = baseline.figures(once)[0], baseline.figures(again)
    parts = []
    for scenario, scores in maps.items():
        own = _sums(scores, came, groups)
        value, drawn = own.figures(once)[0], own.figures(again) - drawn_before
        if len(windows) < FEWEST_ORIGINS:
            drawn = np.full_like(drawn, np.nan)
        lower, upper = bounds(value - before, drawn)
        part = pd.DataFrame(own.keys, columns=_KEY).assign(
            scenario=scenario,
            baseline_value=before,
            scenario_value=value,
            difference_lower=lower,
            difference_upper=upper,
        )
        parts.append(part)
    table = pd.concat(parts, ignore_index=True).assign(kind=KIND, origin_count=len(windows))
    names = column_names(study.cells)
    # As the newest origin sees them; ranks of areas differ little from month to month.
    features = dict(zip(names, _ahead(counts, *windows[-1]).T, strict=True))
    correlations = strongest_correlations(features, removals(names), areas)
    return table.merge(correlations, on=["scenario", "attribute", "group_name"], how="left")


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
    from ml.common.crime_groups import ALL_CRIME
    from ml.common.threads import one_thread
    from ml.risk.features import column_names, design

    names = column_names(study.cells)
    scenarios = {"with_everything": set[str](), **removals(names)}
    history = study.counts[ALL_CRIME]
    maps: dict[str, list[Floats]] = {scenario: [] for scenario in scenarios}
    for stretch in np.array_split(np.arange(len(windows)), min(FITS, len(windows))):
        origin, end = windows[stretch[0]]
        rows = design(history.before(origin), end)
        is_told = ~np.isnan(rows.seen).all(axis=0)
        # What is learned at the first origin serves until the next fit, on what each origin knows.
        ahead = np.concatenate([rows.ahead, *(_ahead(history, *windows[place]) for place in stretch[1:])])
        for scenario, removed in scenarios.items():
            kept = is_told & np.array([name not in removed for name in names])
            with one_thread():
                fitted = learner.learn(rows.seen[:, kept], rows.came)
                scores = np.maximum(fitted.predict(ahead[:, kept]), 0.0)
            maps[scenario].append(scores.reshape(len(stretch), -1))
    return {scenario: np.concatenate(scores) for scenario, scores in maps.items()}


def _ahead(history: History, origin: float, end: float) -> Floats:
    from ml.risk.features import design

    return design(history.before(origin), end, most=1).ahead


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


@dataclass(frozen=True, eq=False)
class _Sums:
    """What every measure of one scenario is divided from, by origin.

    A measure is a part over a whole, over that of its reference where it has one.
    """

    keys: list[tuple[str, ...]]
    parts: Floats
    wholes: Floats
    reference_parts: Floats
    reference_wholes: Floats

    def figures(self, counts: Floats) -> Floats:
        """Return every measure of the origins as often as each is counted, shape (counts, measures)."""
        own = ratio(counts @ self.parts, counts @ self.wholes)
        return ratio(own, ratio(counts @ self.reference_parts, counts @ self.reference_wholes))


def _sums(scores: Floats, came: dict[str, Floats], groups: list[tuple[str, str, Floats]]) -> _Sums:
    """Return what the measures of one scenario are made of."""
    from ml.risk.metrics import flagged_at

    origins, count = scores.shape
    budgets = [share * count for share in AREA_SHARES.values()]
    flags = np.stack([flagged_at(one, np.ones(count), budgets) for one in scores], axis=1)
    one = np.ones(origins)
    ends: dict[tuple[str, ...], tuple[Floats, Floats, Floats, Floats]] = {}
    for place, (words, share) in enumerate(AREA_SHARES.items()):
        for amount, amounts in came.items():
            caught, total = (flags[place] * amounts).sum(axis=1), amounts.sum(axis=1)
            ends[amount, f"capture_{words}", "all", "Everyone"] = (caught, total, one, one)
            ends[amount, f"pai_{words}", "all", "Everyone"] = (caught, total, share * one, one)
    flagged = flags[list(AREA_SHARES).index(_EXPOSED)]
    exposed = {
        (attribute, group): (flagged @ residents, residents.sum() * one)
        for attribute, group, residents in groups
    }
    for (attribute, group), own in exposed.items():
        reference = exposed.get((attribute, REFERENCES[attribute]), (0 * one, 0 * one))
        ends["crime_count", f"flagged_share_{_EXPOSED}", attribute, group] = (*own, one, one)
        ends["crime_count", f"disparity_ratio_{_EXPOSED}", attribute, group] = (*own, *reference)
    return _Sums(list(ends), *(np.column_stack(column) for column in zip(*ends.values(), strict=True)))
