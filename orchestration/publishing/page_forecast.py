"""The page's trend and forecast: what was recorded, what is expected, and how good forecasts have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.names import model_name
from orchestration.warehouse import DBT_PROJECT

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.published import PublishedTables

TOTAL_SERIES = "total"
_BASELINE_MARK = "naive"
_NO_MODEL = "none"
# The same list that decides which years a mart compares.
_RECORDING_BREAKS = DBT_PROJECT / "seeds" / "recording_breaks.csv"


def charted_forces(force_months: pd.DataFrame, forecast: pd.DataFrame) -> list[str]:
    """List the forces whose harm is drawn together.

    Parameters
    ----------
    force_months
        ``mart_harm_force_month``.
    forecast
        ``ml_forecast_harm``, may be empty.

    Returns
    -------
    list of str
        Slugs, in order: the parts of the total, where it is forecast. A force may be late by a month and yet
        be part of it, or have come too lately to be. Without a forecast those that sent the newest month.
    """
    if len(total_rows(forecast)):
        is_part = (forecast["level"] == "force") & (forecast["parent_series"] == TOTAL_SERIES)
        return sorted(forecast.loc[is_part, "series"].unique())
    newest = force_months["crime_month"] == force_months["crime_month"].max()
    return sorted(force_months.loc[newest, "force_slug"].unique())


def harm_history(force_months: pd.DataFrame, forces: list[str]) -> pd.Series:
    """Sum harm over some forces.

    Parameters
    ----------
    force_months
        ``mart_harm_force_month``.
    forces
        From `charted_forces`.

    Returns
    -------
    pandas.Series
        Harm days by month; NaN for a month that one of them did not send, so that a line drawn through it
        breaks. A force that came or went would else look like a rise or fall of crime.
    """
    own = force_months[force_months["force_slug"].isin(forces)]
    monthly = own.groupby("crime_month").agg(harm_days=("harm_days", "sum"), sent=("force_slug", "nunique"))
    whole = monthly.loc[monthly["sent"] == len(forces), "harm_days"].sort_index()
    return whole.asfreq("MS") if len(whole) else whole


def total_rows(forecast: pd.DataFrame) -> pd.DataFrame:
    """Take the champion's forecast of the total.

    Parameters
    ----------
    forecast
        ``ml_forecast_harm``, may be empty.

    Returns
    -------
    pandas.DataFrame
        Rows of the total series with a prediction, by month; empty when the series was too short.
    """
    if forecast.empty:
        return forecast
    rows = forecast[(forecast["series"] == TOTAL_SERIES) & forecast["harm_days"].notna()]
    return rows.sort_values("forecast_month").reset_index(drop=True)


def forecast_rows(forecast: pd.DataFrame) -> list[dict[str, str]]:
    """Write the forecast as a table, for those who cannot use the chart.

    Parameters
    ----------
    forecast
        From `total_rows`.

    Returns
    -------
    list of dict
        One row per month.
    """
    return [
        {
            "month": formats.month(row["forecast_month"]),
            "harm_days": formats.number(row["harm_days"]),
            "interval_80": formats.interval(row["harm_days_lower_80"], row["harm_days_upper_80"], 0),
            "interval_95": formats.interval(row["harm_days_lower_95"], row["harm_days_upper_95"], 0),
        }
        for row in forecast.to_dict("records")
    ]


def forecast_notes(tables: PublishedTables) -> list[str]:
    """Collect what the models had to say about the total series.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of str
        Distinct notes, in order; one that another repeats in full is left out.
    """
    notes: set[str] = set()
    for name in ("ml_forecast_harm", "ml_forecast_scores"):
        rows = tables.read(name)
        if len(rows):
            notes |= {
                str(n) for n in rows.loc[rows["series"] == TOTAL_SERIES, "note"].dropna() if str(n).strip()
            }
    return sorted(note for note in notes if not any(note in other for other in notes - {note}))


def score_rows(tables: PublishedTables) -> list[dict[str, Any]]:
    """Write the backtest of every model of the total series, best first.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        One row per model, with ``is_champion`` and ``is_baseline``.
    """
    scores = tables.read("ml_forecast_scores")
    if scores.empty:
        return []
    total = scores[(scores["series"] == TOTAL_SERIES) & (scores["model"] != _NO_MODEL)]
    total = total.sort_values(["mase", "model"], na_position="last")
    return [
        {
            "model": model_name(row["model"]),
            "origins": formats.number(row["origin_count"]),
            "mase": formats.number(row["mase"], 2),
            "error": formats.number(row["mean_absolute_error_harm_days"]),
            "coverage_80": formats.percent(row["coverage_80_share"], 0),
            "coverage_95": formats.percent(row["coverage_95_share"], 0),
            "is_champion": row["is_champion"] is True or row["is_champion"] == 1,
            "is_baseline": _BASELINE_MARK in str(row["model"]),
        }
        for row in total.to_dict("records")
    ]


def series_rows(tables: PublishedTables) -> list[dict[str, str]]:
    """Write the champion of each force's own series beside the best naive baseline.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        One row per force.
    """
    scores = tables.read("ml_forecast_scores")
    if scores.empty:
        return []
    rows = []
    for series, models in scores[scores["level"] == "force"].groupby("series", sort=True):
        champion = models[models["is_champion"].eq(True)]
        naive = models.loc[models["model"].str.contains(_BASELINE_MARK, regex=False), "mase"]
        rows.append(
            {
                "series": formats.force_name(series),
                "champion": model_name(champion["model"].iloc[0]) if len(champion) else formats.MISSING,
                "mase": formats.number(champion["mase"].iloc[0] if len(champion) else None, 2),
                "naive_mase": formats.number(naive.min() if len(naive) else None, 2),
            }
        )
    return rows


def recording_breaks(history: pd.Series, forces: list[str]) -> list[tuple[pd.Timestamp, str]]:
    """List the changes of recording that fall inside the series.

    Parameters
    ----------
    history
        From `harm_history`.
    forces
        Force slugs in the release.

    Returns
    -------
    list of tuple
        Month and a short label.
    """
    import pandas as pd

    if history.empty:
        return []
    breaks = pd.read_csv(_RECORDING_BREAKS, parse_dates=["break_month"])
    breaks = breaks[breaks["force_slug"].isna() | breaks["force_slug"].isin(forces)]
    # The first month recorded anew can be no break of a series that begins with it.
    breaks = breaks[breaks["break_month"].between(history.index[0], history.index[-1], inclusive="right")]
    return list(breaks[["break_month", "reason"]].itertuples(index=False, name=None))
