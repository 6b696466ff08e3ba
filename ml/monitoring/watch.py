"""What the watch for drift found: its table, what alarms, and the request for models to be chosen anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.common.history import LATE_MONTHS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RetrainRequest:
    """Whether models should be chosen anew, and because of what.

    Parameters
    ----------
    request_id
        The same for as long as the same measures, subjects and months ask; empty when none does.
    reasons
        What asks, in words.
    """

    request_id: str
    reasons: tuple[str, ...]

    @property
    def is_requested(self) -> bool:
        """Whether anything asks."""
        return bool(self.reasons)


@dataclass(frozen=True)
class Watch:
    """The table of drift and what follows from its newest months.

    Parameters
    ----------
    table
        The rows of ``ml_drift``.
    alarms
        What alarms in the newest month of its measure and subject, in words; of those alone that go on.
    request
        Whether models should be chosen anew.
    """

    table: pd.DataFrame
    alarms: tuple[str, ...]
    request: RetrainRequest


def watch_of(table: pd.DataFrame) -> Watch:
    """Return what follows from a judged table.

    Parameters
    ----------
    table
        The rows of ``ml_drift``, sorted, without ``is_retrain_requested``.

    Returns
    -------
    Watch
        With ``is_retrain_requested`` in the table; alarms are of each measure's and subject's newest month.
        A subject that ended, such as a force that sends no files any more, would alarm by its last month
        for good: it alarms as long as that is one of the measure's four newest.
    """
    newest = table.groupby(["measure", "subject"])["month"].transform("max")
    is_alarm = (table["month"] == newest) & _goes_on(table, newest) & (table["status"] == "alarm")
    table = table.assign(is_retrain_requested=is_alarm & (table["kind"] != "input"))
    asking = table[table["is_retrain_requested"]]
    keys = "\n".join(f"{row.measure}|{row.subject}|{row.month:%Y-%m}" for row in asking.itertuples())
    identity = hashlib.sha256(keys.encode()).hexdigest()[:16] if keys else ""
    request = RetrainRequest(identity, _words(asking))
    return Watch(table, _words(table[is_alarm]), request)


def _goes_on(table: pd.DataFrame, newest: pd.Series) -> pd.Series:
    """Tell whose newest month lies near the newest of its measure."""
    import pandas as pd

    of_measure = pd.to_datetime(table.groupby("measure")["month"].transform("max"))
    return pd.to_datetime(newest) >= of_measure - pd.DateOffset(months=LATE_MONTHS)


def _words(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(
        f"{row.measure} of {row.subject}, {row.month:%Y-%m}: {row.value:.3g} (limit {row.alarm_limit:g})"
        for row in rows.itertuples()
    )
