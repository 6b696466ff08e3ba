"""Whether intervals held as often as they promise, and whether a difference is beyond chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ml.common.contracts_forecast import COVERAGE_BANDS
from ml.common.intervals import exact_share_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def coverage_finding(share: float, months_worth: float, level: int) -> str | None:
    """Say where a coverage lies.

    Forecasts of one month from several origins miss together, so that a month is one trial. In the share it
    weighs as often as it was forecast, so that unequal months are worth fewer trials than they are. Months
    whose errors follow each other are worth less still: docs/methods/forecasts.md has how often a right
    interval is called wrong.

    Parameters
    ----------
    share : float
        Share of outcomes inside the intervals; NaN where there is nothing to judge.
    months_worth : float
        Months of the same weight that those forecast are worth (`ml.common.intervals.effective_count` of how
        often each was forecast).
    level : int
        Promised coverage in per cent, 80 or 95.

    Returns
    -------
    str or None
        'near' within `COVERAGE_BANDS`; 'below' or 'above' them, with '_beyond_chance' where the exact 95%
        interval of the share leaves the level out; None without a share.
    """
    if math.isnan(share):
        return None
    lowest, highest = COVERAGE_BANDS[level]
    # A share of a count of forecasts that ends on the bound must not fall off it by rounding.
    if lowest - 1e-9 <= share <= highest + 1e-9:
        return "near"
    lower, upper = exact_share_interval(share, months_worth)
    finding = "below" if share < lowest else "above"
    return finding if lower <= level / 100 <= upper else f"{finding}_beyond_chance"


def coverage_texts(forecast: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Name the series whose adjusted intervals did not hold as often as they promise, and what was judged.

    Parameters
    ----------
    forecast : DataFrame
        Table ``ml_forecast_harm`` or ``ml_forecast_count``.
    scores : DataFrame
        Table ``ml_forecast_scores`` or ``ml_forecast_count_scores``.

    Returns
    -------
    list of str
        One text a level and side, with share and months of each champion outside the band, and how many of
        its intervals were widened, those judged and those published; and one on how many of all were.
    """
    champions = scores[scores["is_champion"].astype(bool)].sort_values(["level", "series"])
    findings = [f"adjusted_coverage_{level}_finding" for level in COVERAGE_BANDS]
    if champions[findings].isna().all(axis=None):
        return ["No series has a backtest that intervals could be judged by."]
    published = {level: _published_share(forecast, level) for level in COVERAGE_BANDS}
    texts = []
    for level, (lowest, highest) in COVERAGE_BANDS.items():
        known = champions[champions[f"adjusted_coverage_{level}_finding"].notna()]
        known = known.assign(published_share=known["series"].map(published[level]))
        texts += [_side_text(known, level, "below", lowest), _side_text(known, level, "above", highest)]
    return [*texts, _widened_text(champions, published)]


def _side_text(known: pd.DataFrame, level: int, side: str, bound: float) -> str:
    """Name the champions on one side of a level's band."""
    share, finding = f"adjusted_coverage_{level}_share", f"adjusted_coverage_{level}_finding"
    off = known[known[finding].str.startswith(side)]
    beyond = int(off[finding].str.endswith("_beyond_chance").sum())
    named = [
        f"{one['series']} {one[share]:.0%} ({one['judged_month_count']} months"
        f"{_shares_text(one[f'adjusted_{level}_share'], one['published_share'])}"
        f"{', beyond chance' if one[finding].endswith('_beyond_chance') else ''})"
        for one in off.to_dict("records")
    ]
    text = f"Adjusted {level}% intervals held {side} {bound:.0%} in {len(off)} of {len(known)} series"
    return f"{text}, beyond chance in {beyond}{': ' if named else ''}{', '.join(named)}."


def _shares_text(judged: float, published: float) -> str:
    """How many intervals of a series were widened; nothing where none was, as in most series."""
    return f", {judged:.0%} widened, {published:.0%} of those published" if judged or published else ""


def _widened_text(champions: pd.DataFrame, published: Mapping[int, pd.Series]) -> str:
    """Say how many of the intervals that were judged, and of those that are published, were widened."""
    shares = {
        level: (champions[f"adjusted_{level}_share"].mean(), own.mean()) for level, own in published.items()
    }
    told = ", ".join(
        f"{judged:.0%} of the {level}% intervals judged and {own:.0%} of those published"
        for level, (judged, own) in shares.items()
    )
    return (
        f"Widened by past errors were, as a mean of series, {told}: judged are intervals as they would have "
        "been at each origin, when fewer errors were known. Both shares stand beside each series that is "
        "named, unless none was widened; where they differ, its coverage says less of what is published."
    )


def _published_share(forecast: pd.DataFrame, level: int) -> pd.Series:
    """Share of each series' published intervals that were widened; none without a model."""
    factors = forecast.set_index("series")[f"interval_factor_{level}"].dropna().astype(float)
    return factors.gt(1.0).groupby(level=0).mean()
