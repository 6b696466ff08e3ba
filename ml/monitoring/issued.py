"""Puts what was issued for a month in the place of what the backtest says would have been forecast for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: Which frames of errors can be of what was issued, and what tells their rows of a month apart.
ISSUED: Mapping[str, str] = {"count_forecasts": "series", "harm_forecasts": "series", "risk": "lsoa_code"}
_MONTH = "forecast_month"


def with_issued(
    frames: Mapping[str, pd.DataFrame], issued: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the frames with what was issued in the place of the backtest's forecasts.

    Parameters
    ----------
    frames
        What :func:`ml.monitoring.monitor` takes, by name of its parameters.
    issued
        For each name in ``ISSUED``, what was issued one month ahead: ``forecast_month``, ``series`` or
        ``lsoa_code``, and what is predicted, named as in the frame.

    Returns
    -------
    dict
        The same frames. A month of which anything was issued has the rows that were, with ``source``
        ``issued`` and with what came as the frame has it; every other month stays as it is.
    """
    return dict(frames) | {
        name: _in_place(frames[name], issued[name], key) for name, key in ISSUED.items() if len(issued[name])
    }


def _in_place(backtest: pd.DataFrame, issued: pd.DataFrame, key: str) -> pd.DataFrame:
    import pandas as pd

    keys = [_MONTH, key]
    predicted = issued.columns.difference(keys)
    found = backtest.drop(columns=predicted).merge(issued, on=keys).assign(source="issued")
    others = backtest[~backtest[_MONTH].isin(found[_MONTH])]
    return pd.concat([others, found[backtest.columns]]).sort_values(keys, ignore_index=True)
