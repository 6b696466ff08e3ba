"""How far rankings and risk maps hang on what is assumed of reporting and on single features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.fairness.feature_removal import removal_sensitivity
from ml.fairness.under_reporting import ranking_sensitivity

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ml.risk.study import Months

#: Months that areas are ranked by.
_RANKED_MONTHS = 12


def sensitivity_table(records: pd.DataFrame, lsoas: pd.DataFrame, months: Months) -> pd.DataFrame:
    """Put both kinds of sensitivity together.

    Parameters
    ----------
    records : DataFrame
        As for `ml.risk.study.lsoa_study`.
    lsoas : DataFrame
        As for `ml.risk.study.lsoa_study`, with ``imd_2025_decile`` and residents by ethnic group
        (``asian_count``, ``black_count``, ``mixed_count``, ``white_count``, ``other_count``).
    months : ndarray of datetime64[M]
        Months that the learner may see; areas are ranked by the last twelve of them.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_sensitivity`` but for the harm scheme.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS
    from ml.risk.study import lsoa_study

    columns = [name for name in CONTRACTS["ml_fairness_sensitivity"].column_names if name != "harm_scheme"]
    ranked = ranking_sensitivity(lsoas, _amounts(records, lsoas, months[-_RANKED_MONTHS:]))
    # Rankings are of one stretch of months, without origins or intervals, and no feature is removed.
    ranked = ranked.assign(
        difference_lower=np.nan,
        difference_upper=np.nan,
        origin_count=np.nan,
        most_correlated_feature=None,
        feature_correlation=np.nan,
    )
    removed = removal_sensitivity(lsoa_study(records, lsoas, months), lsoas)
    held = [frame for frame in (ranked, removed) if len(frame)]
    if not held:
        return pd.DataFrame(columns=columns)
    table = pd.concat(held, ignore_index=True)
    return table.assign(difference=table["scenario_value"] - table["baseline_value"])[columns]


def _amounts(records: pd.DataFrame, lsoas: pd.DataFrame, months: Months) -> pd.DataFrame:
    from ml.common.crime_groups import OTHER, group_by_type

    month = records["crime_month"].to_numpy().astype("datetime64[M]")
    own = records[np.isin(month, months) & records["lsoa_code"].isin(lsoas["lsoa_code"])]
    own = own.assign(crime_group=own["crime_type"].map(group_by_type()).fillna(OTHER))
    return own.groupby(["lsoa_code", "crime_group"])[["crime_count", "harm_days"]].sum().reset_index()


def sensitivity_figure(table: pd.DataFrame) -> Figure:
    """Draw what changes in the top twentieth by scenario, and what capture loses without a feature.

    Parameters
    ----------
    table : DataFrame
        Table ``ml_fairness_sensitivity``; a kind without rows has an empty half.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, table, "changed_share_top_5_percent", "Share of the top 5% that changes")
    _bars(right, table, "capture_top_5_percent", "Capture of the top 5%, less that with every feature")
    return figure


def _bars(axes: Axes, table: pd.DataFrame, measure: str, title: str) -> None:
    shown = table[table["measure"] == measure]
    names = list(dict.fromkeys(shown["scenario"]))
    colours = {"crime_count": "#0072B2", "harm_days": "#D55E00"}
    for place, (amount, colour) in enumerate(colours.items()):
        own = shown[shown["amount"] == amount].set_index("scenario")["difference"].reindex(names)
        axes.barh(np.arange(len(names)) + 0.4 * place, own.astype(float), 0.4, color=colour, label=amount)
    axes.set_yticks(np.arange(len(names)) + 0.2, [name.replace("_", " ") for name in names], fontsize=7)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set_title(title, fontsize=10)
    if names:
        axes.legend(fontsize=7, frameon=False)
