"""What models make of the clean world, and of made-up calls, since the world has none for service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

# The shortest stretch of which anything can be judged.
_RISK_MONTHS = 13
_CALLS = 500


def risk_tables(connection: duckdb.DuckDBPyConnection, harm_scheme: str) -> dict[str, pd.DataFrame]:
    """Return the three risk tables of the last months."""
    from dataclasses import replace

    from ml.risk.published import publish_risk
    from ml.risk.study import held_whole
    from orchestration.defs.ml.risk_queries import FORCE_MONTHS, LSOAS, RECORDS

    ask = connection.execute
    stretch = held_whole(ask(FORCE_MONTHS).df())
    assert stretch is not None
    stretch = replace(stretch, months=stretch.months[-_RISK_MONTHS:])
    records = ask(RECORDS, [stretch.months[0].astype("datetime64[D]").item()]).df()
    lsoas = ask(LSOAS, [list(stretch.forces)]).df()
    published = publish_risk(
        records, lsoas, stretch, models="light", version="faults", harm_scheme=harm_scheme
    )
    return published.tables


def area_tables(connection: duckdb.DuckDBPyConnection, harm_scheme: str) -> dict[str, pd.DataFrame]:
    """Return the tables of deprivation and of profiles."""
    from threadpoolctl import threadpool_limits

    from ml.deprivation.models import Forest
    from ml.deprivation.study import assess_deprivation
    from ml.profiles.tables import profile_areas
    from orchestration.defs.ml.area_queries import AREAS, COUNTS, DOMAINS, WINDOW

    areas, counts, domains, window = (
        connection.execute(sql).df() for sql in (AREAS, COUNTS, DOMAINS, WINDOW)
    )
    months = dict(window.iloc[0])
    # Small forests and few samples: what a table says does not matter here, and time does.
    small = (
        patch("ml.deprivation.study.FOREST", Forest(trees=3)),
        patch("ml.profiles.clusters.HALVES", 4),
        patch("ml.profiles.clusters.CLOUDS", 4),
    )
    with threadpool_limits(limits=1), small[0], small[1], small[2]:
        found = assess_deprivation(areas, domains, (2025,))
        profiled = profile_areas(areas, counts)
    labels: dict[str, Any] = {"harm_scheme": harm_scheme, **months}
    return {
        "ml_deprivation_scores": found.scores.assign(**labels),
        "ml_deprivation_importance": found.importance.assign(**labels),
        "ml_area_profiles": profiled.areas.assign(**months),
        "ml_area_profile_clusters": profiled.clusters.assign(**months),
    }


def priority_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of call priority, of calls whose danger hangs on their type."""
    import pandas as pd

    from ml.priority import Effort, Scenario, assess, time_ordered_split

    random = np.random.default_rng(5)
    kind = random.integers(0, 4, _CALLS)
    is_dangerous = random.random(_CALLS) < np.array([0.05, 0.3, 0.6, 0.9])[kind]
    calls = pd.DataFrame(
        {
            "agency": "somewhere",
            "called_at_local": pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(_CALLS), unit="h"),
            "priority": np.where(is_dangerous, random.integers(1, 3, _CALLS), random.integers(3, 7, _CALLS)),
            "call_type": np.array(["NOISE", "VEHICLE STOP", "FIGHT", "SHOTS"])[kind],
            "block_low": pd.array(random.integers(0, 20, _CALLS) * 100, dtype="Int32"),
            "street": np.array(["A ST", "B AVE", "C RD"])[random.integers(0, 3, _CALLS)],
            "cross_street": pd.Series([None] * _CALLS, dtype="str"),
            "longitude": np.nan,
            "latitude": np.nan,
        }
    )
    scenario = Scenario(time_ordered_split(calls), has_refits=True)
    effort = Effort(draws=0, folds=2, trees=5, passes=3, replicates=50)
    found = assess(calls, [scenario], effort)
    return {
        "ml_call_priority_scores": found.scores,
        "ml_call_priority_calibration": found.calibration,
        "ml_call_priority_confusion": found.confusion,
        "ml_call_priority_months": found.months,
    }


def drift_table(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the table of drift, from what models made of the same world."""
    from ml.monitoring import monitor
    from orchestration.defs.ml.drift import QUERIES

    read = (
        "ml_risk_lsoa",
        "ml_risk_backtest_lsoa",
        "ml_forecast_backtest",
        "ml_forecast_scores",
        "ml_forecast_count_backtest",
        "ml_forecast_count_scores",
        "ml_call_priority_months",
    )
    for name in read:
        connection.register(name, tables[name])
    frames = {name: connection.execute(sql).df() for name, sql in QUERIES.items()}
    for name in read:
        connection.unregister(name)
    return {"ml_drift": monitor(**frames).table}
