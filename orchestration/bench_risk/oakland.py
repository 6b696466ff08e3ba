"""Oakland drug arrests by day: beside the forecasts that PredPol's algorithm gave for the same days."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import signed, table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.risk.cells import Floats
    from ml.risk.compare import Difference
    from ml.risk.history import History
    from ml.risk.model import Model

FIRST_DAY = "2009-01-01"
SHARES = {0.01: 7, 0.03: 20, 0.05: 33, 0.10: 66}
PREDPOL, COUNT = "PredPol (published)", "365-day count"
HINDSIGHT = "best fixed bins, in hindsight"


def read(folder: Path) -> tuple[History, Floats, np.ndarray]:
    """History of all days, PredPol's scores (days, bins), and the days that it forecast."""
    import numpy as np
    import pandas as pd

    from ml.risk.cells import Cells
    from ml.risk.history import make_history

    events = pd.read_csv(folder / "drug_crimes_with_bins.csv").dropna(subset=["bin"])
    forecast = pd.read_csv(folder / "predpol_drug_predictions.csv.gz").sort_values("bin")
    zero = pd.Timestamp(FIRST_DAY)
    days = (pd.to_datetime(forecast.columns[1:]) - zero).days.to_numpy()
    day = (pd.to_datetime(events["OCCURRED"], format="%m/%d/%y") - zero).dt.days.to_numpy()
    count = len(forecast)
    is_known = day <= days[-1]
    history = make_history(
        # The bins' places are in R's own format, so nothing here depends on where a bin lies.
        Cells(np.zeros((count, 2)), np.ones(count)),
        events["bin"].to_numpy(int)[is_known] - 1,
        day[is_known].astype(float),
        np.arange(0.0, days[-1] + 2),
    )
    return history, forecast.iloc[:, 1:].to_numpy(float).T, days


def models() -> list[Model]:
    """Candidates: parts of the mixture are fitted once."""
    from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean
    from ml.risk.mixture import Average, Mixture
    from ml.risk.model import Remembered
    from ml.risk.self_exciting import SelfExciting

    parts = tuple(Remembered(Decayed(days)) for days in (36500, 365, 120, 30, 10, 3))
    exciting = Remembered(SelfExciting(365, 20))
    return [
        PeriodMean(365),
        Decayed(365),
        Decayed(120),
        EmpiricalBayes(120),
        exciting,
        SelfExciting(365, 20, is_shrunk=True),
        Mixture(parts, days=1.0, windows=120, shortest=180),
        Average((parts[1], parts[2], exciting)),
    ]


def report(folder: Path, most: int | None = None) -> str:
    """Markdown table of captures over the days that PredPol forecast, or the first of them."""
    import numpy as np
    import pandas as pd

    from orchestration.bench_risk.oakland_trials import boosted_counts, both_sides, days_with_arrest

    history, predpol, days = read(folder)
    days = days[:most]
    tried = {
        "days with an arrest": days_with_arrest(history, days),
        "boosted on counts": boosted_counts(history, days),
        "days with an arrest, before and after": both_sides(history, days),
    }
    hindsight = np.tile(history.amount(days[0], days[-1] + 1), (len(days), 1))
    captures = pd.concat(
        [
            _given(PREDPOL, history, predpol, days),
            _ours(history, days),
            *(_given(name, history, scores, days) for name, scores in tried.items()),
            _given(HINDSIGHT, history, hindsight, days),
        ],
        ignore_index=True,
    )
    header = [
        "model",
        *(f"{share:.0%} of bins" for share in SHARES),
        *(f"less count, {s:.0%}" for s in (0.03, 0.10)),
    ]
    rows = []
    for name in dict.fromkeys(captures["model"]):
        pooled = [_pooled(captures, name, bins) for bins in SHARES.values()]
        gaps = ["–" if name == COUNT else signed(_gap(captures, name, SHARES[s])) for s in (0.03, 0.10)]
        rows.append([name, *(f"{figure:.3f}" for figure in pooled), *gaps])
    total = captures.loc[captures["model"] == COUNT, "total"].sum() / len(SHARES)
    chance = " and ".join(f"{_range(captures, SHARES[share])} at {share:.0%}" for share in (0.03, 0.10))
    return (
        f"{total:.0f} arrests on {len(days)} days. The count's own captures, over days: {chance} of bins.\n\n"
        + table(header, rows)
    )


def _ours(history: History, days: np.ndarray) -> pd.DataFrame:
    from ml.risk.backtest import backtest

    windows = [(float(day), float(day + 1)) for day in days]
    _, captures = backtest(history, models(), windows, budgets=list(SHARES.values()))
    captures["bins"] = (captures["area_share"] * history.cells.count).round().astype(int)
    return captures.replace({"model": {"mean_365": COUNT}})[
        ["model", "origin_day", "bins", "caught", "total"]
    ]


def _given(name: str, history: History, scores: Floats, days: np.ndarray) -> pd.DataFrame:
    """Captures of scores given from outside, shape (days, bins)."""
    import pandas as pd

    from ml.risk.metrics import flagged

    rows = []
    for score, day in zip(scores, days, strict=False):
        came = history.amount(day, day + 1)
        for bins in SHARES.values():
            caught = float(flagged(score, history.cells.area, bins) @ came)
            rows.append((name, float(day), bins, caught, came.sum()))
    return pd.DataFrame(rows, columns=["model", "origin_day", "bins", "caught", "total"])


def _of(captures: pd.DataFrame, name: str, bins: int) -> pd.DataFrame:
    return captures[(captures["model"] == name) & (captures["bins"] == bins)].sort_values("origin_day")


def _pooled(captures: pd.DataFrame, name: str, bins: int) -> float:
    rows = _of(captures, name, bins)
    return float(rows["caught"].sum() / rows["total"].sum())


def _gap(captures: pd.DataFrame, name: str, bins: int) -> Difference:
    ours, theirs = _of(captures, name, bins), _of(captures, COUNT, bins)
    return _over_weeks(ours["caught"] - theirs["caught"].to_numpy(), ours["total"])


def _range(captures: pd.DataFrame, bins: int) -> str:
    """Interval of what the count catches, as other days of the same kind might have had it."""
    rows = _of(captures, COUNT, bins)
    own = _over_weeks(rows["caught"], rows["total"])
    return f"{own.lower:.3f} to {own.upper:.3f}"


def _over_weeks(caught: pd.Series, total: pd.Series) -> Difference:
    """Pooled share and its interval; arrests come in runs of days, so days are resampled by the week."""
    from ml.risk.compare import ratio_difference

    amount = caught.to_numpy(float)
    return ratio_difference(amount, 0 * amount, total.to_numpy(float), block=7)
