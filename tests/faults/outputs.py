"""The ml tables and the release of the clean world, each with the gate that it passes through."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ml.common.contracts import CONTRACTS, ContractError, conform
from orchestration.defs.ml.forecast import COUNT_TABLES, FORECAST_CELLS, HARM_TABLES
from orchestration.gating import held_data_versions
from orchestration.lineage.whole import whole_lineage
from orchestration.publishing.manifest import verify_release
from orchestration.publishing.release import build_release
from orchestration.warehouse import write_table
from tests.faults.audit_outputs import audit_tables
from tests.faults.model import Alarm
from tests.faults.model_outputs import area_tables, drift_table, priority_tables, risk_tables
from tests.faults.warehouse import Warehouse
from tests.faults.world import World

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

CONTRACT = "contract of ml tables"
RELEASE_CHECK = "check of a release against its manifest"
_SCHEME = "seed_article"
_ULTRA_HIGH_HARM = """
    select easting_m, northing_m, harm_days, crime_type, crime_month from fct_crimes
    where is_ultra_high_harm and easting_m is not null order by crime_record_id
"""
_LSOAS = """
    select
        lsoa_code, population_count, imd_2025_decile, asian_count, black_count, mixed_count, white_count,
        other_count, st_aswkb(boundary) as geometry_wkb
    from dim_lsoa inner join stg_ons__lsoa_boundaries using (lsoa_code) order by lsoa_code
"""


@dataclass(frozen=True)
class MlTable:
    """One ml table, through the contract that every writer must keep."""

    outputs: Outputs
    name: str

    def judge(self, corrupt: Callable[[pd.DataFrame], pd.DataFrame] | None) -> frozenset[Alarm]:
        """Return the column whose declaration is broken, if one is."""
        frame = self.outputs.tables[self.name].copy()
        try:
            conform(corrupt(frame) if corrupt else frame, CONTRACTS[self.name])
        except ContractError as error:
            return frozenset({Alarm(f"{error.table}.{error.column}", "critical", CONTRACT)})
        return frozenset()


@dataclass(frozen=True)
class ReleaseFolder:
    """A published release, through the check that anybody can run."""

    outputs: Outputs

    def judge(self, corrupt: Callable[[Path], object] | None) -> frozenset[Alarm]:
        """Return what is wrong with the folder, by kind."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / self.outputs.release.name
            shutil.copytree(self.outputs.release, copy)
            if corrupt:
                corrupt(copy)
            kinds = (line.partition(": ")[2].partition(" (")[0] for line in verify_release(copy))
            return frozenset(Alarm(kind, "critical", RELEASE_CHECK) for kind in kinds)


@dataclass
class Outputs:
    """What models and publication make of the clean world.

    Parameters
    ----------
    world
        The clean world.
    warehouse
        Its warehouse.
    """

    world: World
    warehouse: Warehouse

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every ml table by its name."""
        import pandas as pd

        from ml.fairness import audit_hotspot_exposure, audit_stops
        from ml.forecast import forecast_all, hierarchy_series
        from ml.forecast.scores import scores_by_horizon
        from ml.hotspots import HotspotSettings, hotspot_population_exposure, hotspot_tables
        from ml.spatial import emerging_hot_spots, spatial_tests
        from orchestration.defs.ml.hotspots import LOCATED
        from orchestration.defs.ml.risk_queries import FORCE_MONTHS
        from orchestration.defs.ml.spatial import AREA_MONTHS, AREAS, EVENTS

        ask = self.warehouse.connection.execute
        found = hotspot_tables(
            ask(_ULTRA_HIGH_HARM).df(),
            ask(LOCATED).df(),
            harm_scheme=_SCHEME,
            settings=HotspotSettings(relabellings=39),
        )
        monthly = hierarchy_series(ask(FORECAST_CELLS).df())
        harm = forecast_all(monthly, harm_scheme=_SCHEME, max_origins=3)
        counts = forecast_all(monthly, max_origins=3, measure="crime_count")
        stops = audit_stops(ask("from mart_stops_ethnicity order by all").df())
        areas = ask(AREAS).df()
        events = {measure: ask(query).df() for measure, query in EVENTS.items()}
        exposure = hotspot_population_exposure(found.hotspots, ask(_LSOAS).df())
        tables = {
            "ml_hotspots": found.hotspots,
            "ml_hotspot_history": found.history,
            "ml_hotspot_null": found.null,
            "ml_lsoa_emerging": emerging_hot_spots(ask(AREA_MONTHS).df(), areas, ask(FORCE_MONTHS).df()),
            "ml_spatial_tests": spatial_tests(areas, events, permutations=9, resamples=39),
            **dict(zip(HARM_TABLES, harm, strict=True)),
            **dict(zip(COUNT_TABLES, counts, strict=True)),
            "ml_forecast_horizons": pd.concat(
                [
                    scores_by_horizon(*harm[1:], "harm_days"),
                    scores_by_horizon(*counts[1:], "crime_count"),
                ]
            ),
            "ml_fairness_stops": stops,
            "ml_fairness_hotspot_exposure": audit_hotspot_exposure(exposure),
            **risk_tables(self.warehouse.connection, _SCHEME),
            **area_tables(self.warehouse.connection, _SCHEME),
            **priority_tables(),
        }
        audits = audit_tables(self.warehouse.connection, tables, _SCHEME)
        return tables | audits | drift_table(self.warehouse.connection, tables)

    @cached_property
    def written(self) -> duckdb.DuckDBPyConnection:
        """The warehouse with every ml table in it."""
        for name, frame in self.tables.items():
            write_table(self.warehouse.connection, CONTRACTS[name], frame)
        return self.warehouse.connection

    @cached_property
    def release(self) -> Path:
        """The folder of a release of the clean world."""
        file, paths = self.world.folder / "release" / "data.duckdb", self.world.paths
        file.parent.mkdir()
        connection = self.written
        connection.execute(f"attach '{file}' as frozen; copy from database data to frozen; detach frozen")
        lock = file.with_name("requirements.lock")
        lock.write_text("nothing is installed\n")
        return build_release(
            file,
            paths.root,
            paths.published_root,
            code_version="faults",
            lock_path=lock,
            run_id="faults",
            profile="sandbox",
            harm_scheme=_SCHEME,
            data_versions=held_data_versions(paths),
            extra_files={},
            lineage=whole_lineage(),
        ).path
