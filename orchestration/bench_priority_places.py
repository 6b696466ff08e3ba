"""Seattle's calls by day alone, on which places at every precision can be held against each other; see docs.

The job does not read these files: a call without its hour is refused. They are the only ranked calls here
that have coordinates and are more than a few.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import table

if TYPE_CHECKING:
    import pandas as pd

    from ml.priority import Scenario

_FILES = "potential_*_calls_*.csv"
_COLUMNS = {
    "CAD.Event.Number": "incident_id",
    "Initial.Call.Type": "call_type",
    "Priority": "priority",
    "Incident.Date": "called_at_local",
    "Blurred_Longitude": "longitude",
    "Blurred_Latitude": "latitude",
}
_UNKNOWN = ("block_low", "street", "cross_street")
#: The city's seventh level stands for what officers begin themselves, and ranks no call.
_LOWEST_LEVEL = 6


def read_dated_calls(data: Path) -> pd.DataFrame:
    """Read the ranked calls near three beaches, one record an incident, in order of days.

    Parameters
    ----------
    data
        Folder that holds the files, at any depth.

    Returns
    -------
    pandas.DataFrame
        As `ml.priority.assess` takes it, every call at midnight of its day; empty without files.
    """
    import pandas as pd

    paths = sorted(data.rglob(_FILES))
    if not paths:
        return pd.DataFrame(columns=[*_COLUMNS.values(), *_UNKNOWN, "agency"])
    calls = pd.concat([pd.read_csv(path, usecols=list(_COLUMNS)) for path in paths]).rename(columns=_COLUMNS)
    calls = calls[calls["priority"] <= _LOWEST_LEVEL].drop_duplicates("incident_id")
    calls["called_at_local"] = pd.to_datetime(calls["called_at_local"], format="%Y-%m-%d")
    calls = calls.assign(agency="seattle_by_day").sort_values(
        ["called_at_local", "incident_id"], ignore_index=True
    )
    return calls.assign(
        block_low=pd.array([pd.NA] * len(calls), dtype="Int32"),
        street=pd.Series([None] * len(calls), dtype="str"),
        cross_street=pd.Series([None] * len(calls), dtype="str"),
    )


def place_scenarios(calls: pd.DataFrame) -> tuple[Scenario, ...]:
    """Return every precision in order of time, with and without the call type."""
    from ml.priority import Knowledge, Scenario, time_ordered_split
    from ml.priority.features import precisions_held

    later = time_ordered_split(calls)
    return tuple(
        Scenario(later, Knowledge(precision, has_call_type))
        for has_call_type in (True, False)
        for precision in precisions_held(calls)
    )


def by_precision(scores: pd.DataFrame) -> str:
    """Return AUC of danger and kappa of levels by model and precision, with their intervals.

    Parameters
    ----------
    scores : DataFrame
        Rows of ``ml_call_priority_scores`` of :func:`place_scenarios`.
    """
    parts = []
    for metric, target in (("roc_auc", "dangerous"), ("quadratic_kappa", "priority")):
        held = scores[(scores["metric"] == metric) & (scores["target"] == target)]
        for has_call_type, rows in held.groupby("has_call_type", sort=False):
            precisions = list(dict.fromkeys(rows["location_precision"]))
            figures = rows.set_index(["model", "location_precision"])
            figures = figures[["value", "value_lower", "value_upper"]]
            cells = {key: "{:.3f} [{:.3f}, {:.3f}]".format(*row) for key, row in figures.iterrows()}
            body = [
                [model, *(cells[model, each] for each in precisions)]
                for model in dict.fromkeys(rows["model"])
            ]
            title = f"**{metric} ({target}) by place, call type {'in' if has_call_type else 'out'}**"
            parts += [title, table(("model", *precisions), body)]
    return "\n\n".join(parts)
