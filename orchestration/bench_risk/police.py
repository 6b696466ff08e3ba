"""Street files of three forces: crimes and harm of the next month by LSOA, beside the last year's mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.bench_risk.markdown import signed, table
from orchestration.environment import PROJECT_ROOT

if TYPE_CHECKING:
    import pandas as pd

    from ml.risk.cells import Cells
    from ml.risk.history import History
    from ml.risk.model import Model

SCHEME = "seed_article"
SHORTEST = 12
BASELINE = "mean_12"
BASELINES = ("naive", "mean_12")
_AVERAGED = ("mean_12", "empirical_bayes_365", "boosted")
#: Days are counted from here: a level must know which month comes next.
DAY_ZERO = "1970-01-01"
#: Of fewer areas, 1% is not one.
FEWEST_CELLS = 100
#: Months of a stretch where a force's periods are put together: neighbouring months err alike, most of all
#: in 2020. About the cube root of the origins, the order for a variance in Hall, Horowitz and Jing (1995).
POOLED_BLOCK = 3


@dataclass(frozen=True)
class Stretch:
    """Consecutive months of a force.

    Parameters
    ----------
    force, area_code : str
        Slug, and code of the police force area.
    first, last : str
        Months.
    """

    force: str
    area_code: str
    first: str
    last: str


STRETCHES = (
    Stretch("avon-and-somerset", "E23000036", "2023-01", "2024-06"),
    Stretch("bedfordshire", "E23000026", "2023-12", "2025-12"),
    Stretch("city-of-london", "E23000034", "2018-04", "2020-11"),
    Stretch("city-of-london", "E23000034", "2023-10", "2025-12"),
)


def read_cells(folder: Path, area_code: str) -> tuple[pd.Index, Cells]:
    """The LSOAs (2021) of a police force area, with deprivation and residents."""
    import numpy as np
    import pandas as pd

    from ml.risk.cells import Cells

    wards = pd.read_csv(
        folder / "lookups" / "LSOA21_WD24_LAD24_best_fit_lookup_EW.csv.gz", encoding="utf-8-sig"
    )
    forces = pd.read_csv(folder / "lookups" / "ltla24_csp24_pfa24.csv.gz")
    districts = forces.loc[forces["pfa24_code"] == area_code, "ltla24_code"]
    codes = pd.Index(sorted(wards.loc[wards["LAD24CD"].isin(districts), "LSOA21CD"].unique()))
    centres = pd.read_csv(
        folder / "lookups" / "LSOA21_population_weighted_centroids_EW.csv.gz", encoding="utf-8-sig"
    )
    imd = pd.read_csv(folder / "imd" / "imd2025_england_lsoa21.csv.gz").set_index("lsoa21_code").loc[codes]
    residents = pd.read_parquet(
        folder / "population" / "LSOA21_mid2011_to_mid2022_population_density.parquet"
    )
    residents = residents.set_index("LSOA 2021 Code").loc[codes]
    # Deprivation's own crime domain is built from recorded crime, and so is a part of the whole index.
    domains = [
        "Income_score",
        "Employment_score",
        "Education_score",
        "Health_score",
        "Housing_and_Services_score",
    ]
    features = {name: imd[name].to_numpy(float) for name in domains}
    for name in ("Mid-2022: Population", "Mid-2022: People per Sq Km"):
        features[name] = np.log1p(residents[name].astype(str).str.replace(",", "").to_numpy(float))
    xy = centres.set_index("LSOA21CD").loc[codes, ["x", "y"]].to_numpy(float)
    return codes, Cells(xy, np.ones(len(codes)), features=features)


def read_histories(folder: Path, stretch: Stretch) -> tuple[History, History, str]:
    """Counts and harm by LSOA and month, and what was left out, in words."""
    import numpy as np
    import pandas as pd

    from ml.risk.history import make_history

    codes, cells = read_cells(folder, stretch.area_code)
    months = pd.period_range(stretch.first, stretch.last, freq="M")
    names = [f"{month}/{month}-{stretch.force}-street.csv.gz" for month in months]
    columns = ["Month", "Longitude", "Latitude", "LSOA code", "Crime type"]
    crimes = pd.concat(
        [pd.read_csv(folder / "police" / "archive" / name, usecols=columns) for name in names],
        ignore_index=True,
    )
    cell = codes.get_indexer(pd.Index(to_2021(folder, crimes)))
    is_placed = cell >= 0
    weights = pd.read_csv(PROJECT_ROOT / "dbt_project" / "seeds" / "harm_weights.csv")
    days = weights[weights["scheme"] == SCHEME].set_index("category")["days"]
    harm = crimes["Crime type"].map(days).to_numpy(float)
    starts = pd.period_range(months[0], months[-1] + 1, freq="M").start_time
    bounds = np.asarray((starts - pd.Timestamp(DAY_ZERO)).days, dtype=np.float64)
    month = pd.PeriodIndex(crimes["Month"], freq="M").asi8 - months[0].ordinal
    middle = (bounds[month] + bounds[month + 1]) / 2
    note = f"{is_placed.sum():,} of {len(crimes):,} records lie in the force's {cells.count} LSOAs"
    place, day = np.asarray(cell[is_placed], dtype=np.int64), middle[is_placed]
    counts = make_history(cells, place, day, bounds)
    return counts, make_history(cells, place, day, bounds, harm[is_placed]), note


def to_2021(folder: Path, crimes: pd.DataFrame) -> pd.Series:
    """Code of 2021 of each record: its own, its successor's, or that of the nearest child's centre."""
    import pandas as pd
    from pyproj import Transformer

    lookup = pd.read_csv(
        folder / "lookups" / "LSOA11_LSOA21_LAD22_exact_fit_lookup_EW_V3.csv.gz", encoding="utf-8-sig"
    )
    centres = pd.read_csv(
        folder / "lookups" / "LSOA21_population_weighted_centroids_EW.csv.gz", encoding="utf-8-sig"
    )
    lookup = lookup[["LSOA11CD", "LSOA21CD"]].merge(centres[["LSOA21CD", "x", "y"]], on="LSOA21CD")
    code = crimes["LSOA code"].copy()
    is_old = code.notna() & ~code.isin(lookup["LSOA21CD"])
    old = crimes.loc[is_old, ["LSOA code", "Longitude", "Latitude"]].drop_duplicates()
    old["east"], old["north"] = Transformer.from_crs(4326, 27700, always_xy=True).transform(
        old["Longitude"], old["Latitude"]
    )
    pairs = old.merge(lookup, left_on="LSOA code", right_on="LSOA11CD")
    pairs["distance"] = (pairs["east"] - pairs["x"]) ** 2 + (pairs["north"] - pairs["y"]) ** 2
    key = ["LSOA code", "Longitude", "Latitude"]
    nearest = pairs.sort_values("distance").drop_duplicates(key).set_index(key)["LSOA21CD"]
    wanted = pd.MultiIndex.from_frame(crimes.loc[is_old, key])
    code[is_old] = nearest.reindex(wanted).to_numpy()
    return code


def models(history: History) -> list[Model]:
    """What the job lets compete in full, at the level that it publishes, and two plain averages of these."""
    from ml.common.crime_groups import ALL_CRIME
    from ml.risk.candidates import candidates
    from ml.risk.level import levels_of
    from ml.risk.mixture import Average

    compete = candidates("lsoa", "full", levels_of({ALL_CRIME: history})[ALL_CRIME])
    # Parts that several share are fitted once.
    parts = tuple(model for model in compete if model.name in _AVERAGED)
    return [*compete, Average(parts), Average(parts, is_by_rank=True)]


def report(folder: Path, most: int | None = None) -> str:
    """Markdown tables of counts and of harm: each stretch's, and a force's with all of its stretches."""
    from itertools import groupby

    parts = []
    for force, stretches in groupby(STRETCHES, lambda stretch: stretch.force):
        whole: dict[str, list[Backtested]] = {}
        for stretch in stretches:
            counts, harm, note = read_histories(folder, stretch)
            for measure, history, judged in (("crimes", counts, harm), ("harm days", harm, None)):
                title = f"**{force}, {stretch.first} to {stretch.last}: {measure}.** {note}."
                one = _backtested(history, judged, most)
                parts.append(f"{title}\n\n{_section(one)}\n")
                whole.setdefault(measure, []).append(one)
        for measure, several in whole.items():
            if len(several) > 1:
                title = f"**{force}, {len(several)} periods together: {measure}.**"
                parts.append(f"{title}\n\n{_section(together(several))}\n")
    return "\n".join(parts)


@dataclass(frozen=True)
class Backtested:
    """The backtest of one measure in one unbroken period, or in several.

    Parameters
    ----------
    scores, captures : DataFrame
        As `ml.risk.backtest.backtest` gives them.
    cells : int
        Areas.
    periods : tuple of int
        Origins of each period, in time's order.
    """

    scores: pd.DataFrame
    captures: pd.DataFrame
    cells: int
    periods: tuple[int, ...]

    @property
    def block(self) -> int:
        """Months of a resampled stretch."""
        return 1 if len(self.periods) == 1 else POOLED_BLOCK


def _backtested(history: History, judged: History | None, most: int | None) -> Backtested:
    from ml.risk.backtest import backtest, every_origin

    windows = every_origin(history, shortest=SHORTEST)[:most]
    scores, captures = backtest(history, models(history), windows, judged=judged)
    return Backtested(scores, captures, history.cells.count, (len(windows),))


def together(several: Sequence[Backtested]) -> Backtested:
    """One backtest over the origins of all periods."""
    import pandas as pd

    return Backtested(
        pd.concat([one.scores for one in several], ignore_index=True),
        pd.concat([one.captures for one in several], ignore_index=True),
        several[0].cells,
        tuple(origins for one in several for origins in one.periods),
    )


def _section(one: Backtested) -> str:
    from ml.risk.compare import choose_champion

    scores, captures = one.scores, one.captures
    wide = {
        figure: scores.pivot(index="origin_day", columns="model", values=figure)
        for figure in ("mean_absolute_error", "poisson_deviance")
    }
    champion, reason = choose_champion(
        wide["poisson_deviance"], BASELINES, is_lower_better=True, block=one.block, periods=one.periods
    )
    few = one.cells < FEWEST_CELLS
    is_harm_judged = "harm_hit_rate" in captures
    header = [
        "model",
        "MAE",
        f"less {BASELINE}",
        "deviance",
        f"less {BASELINE}",
        "log score",
        "came/expected",
    ]
    header += ["80% covered (central)", "95% covered (central)"]
    header += [] if few else ["captured at 1%", "2%", "5%", "10%", "PEI at 5%"]
    header += ["harm captured at 5%"] if is_harm_judged and not few else []
    rows = []
    for name in dict.fromkeys(scores["model"]):
        own = scores[scores["model"] == name]
        cells = [f"{name} (champion)" if name == champion else name]
        for figure, table_of in wide.items():
            digits = 2 if own[figure].mean() > 20 else 3
            cells += [f"{own[figure].mean():.{digits}f}", _gap(table_of, name, digits, one)]
        cells += [f"{own['log_score'].mean():.3f}", f"{own['came_to_expected_ratio'].mean():.3f}"]
        for level in (80, 95):
            cells.append(
                f"{own[f'coverage_{level}_share'].mean():.3f} ({own[f'central_{level}_share'].mean():.3f})"
            )
        if not few:
            cells += _captured(captures[captures["model"] == name])
        rows.append(cells)
    origins = f"{sum(one.periods)} origins"
    if len(one.periods) > 1:
        sizes = " and ".join(str(size) for size in one.periods)
        origins += f" ({sizes}), drawn in stretches of {one.block} months within a period"
    return f"{origins}. {reason}.\n\n" + table(header, rows)


def _gap(figures: pd.DataFrame, name: str, digits: int, one: Backtested) -> str:
    from ml.risk.compare import difference

    if name == BASELINE:
        return "–"
    ours, theirs = (figures[column].to_numpy(float) for column in (name, BASELINE))
    return signed(difference(ours, theirs, block=one.block, periods=one.periods), digits)


def _captured(captures: pd.DataFrame) -> list[str]:
    figures = [figure for figure in ("hit_rate", "pei", "harm_hit_rate") if figure in captures]
    mean = captures.groupby("area_share")[figures].mean()
    middle = mean.iloc[2]
    cells = [f"{figure:.3f}" for figure in mean["hit_rate"]] + [f"{middle['pei']:.3f}"]
    return [*cells, f"{middle['harm_hit_rate']:.3f}"] if "harm_hit_rate" in captures else cells
