"""Faults of ml tables and of releases: what a changed method, a bad merge or a forger does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.audits import audit_faults
from tests.faults.edits import Edit, put, repeat
from tests.faults.gated import gated_faults
from tests.faults.model import Fault
from tests.faults.models import model_faults

_BOW_TIE = "POLYGON ((440000 290000, 440100 290100, 440100 290000, 440000 290100, 440000 290000))"
_AT_SEA = "POLYGON ((-900000 290000, -899900 290000, -899900 290100, -900000 290000))"


def table_faults() -> tuple[Fault, ...]:
    """Return the faults of ml tables and of releases."""
    return (*_models(), *model_faults(), *gated_faults(), *audit_faults(), *_releases(), *_benign())


def _models() -> tuple[Fault, ...]:
    def fault(name: str, table: str, story: str, edit: Edit, column: str) -> Fault:
        return Fault(name, table, "ml table", story, edit, f"{table}.{column}", "critical")

    forecast, scores, backtest = "ml_forecast_harm", "ml_forecast_scores", "ml_forecast_backtest"
    hotspots, stops, exposure = "ml_hotspots", "ml_fairness_stops", "ml_fairness_hotspot_exposure"
    return (
        fault(
            "forecast_intervals_crossed",
            forecast,
            "Lower and upper bound are exchanged when columns are renamed.",
            _exchanged("harm_days_lower_80", "harm_days_upper_80"),
            "harm_days_lower_80",
        ),
        fault(
            "forecast_intervals_of_levels_exchanged",
            forecast,
            "The wider interval stands under the name of the narrower one.",
            _exchanged("harm_days_lower_80", "harm_days_lower_95"),
            "harm_days_lower_95",
        ),
        fault(
            "forecast_negative",
            forecast,
            "A falling trend is drawn on below zero.",
            put({"harm_days": -10.0, "harm_days_lower_80": -20.0, "harm_days_lower_95": -30.0}, 0.1),
            "harm_days",
        ),
        fault(
            "forecast_infinite",
            forecast,
            "A model that exploded is published.",
            put({"harm_days_upper_95": float("inf")}, 0.1),
            "harm_days_upper_95",
        ),
        fault(
            "forecast_twice",
            forecast,
            "Two models' forecasts are appended in place of one.",
            repeat(0.2),
            "series, forecast_month",
        ),
        fault(
            "forecast_month_mid_month",
            forecast,
            "Months are written as their last day.",
            _month_ends,
            "forecast_month",
        ),
        fault(
            "forecast_by_an_unknown_model",
            forecast,
            "A model is renamed, and no score speaks of it.",
            put({"model": "prophet"}),
            "model",
        ),
        fault(
            "forecast_of_its_own_training",
            forecast,
            "Months that the model was trained on are published as forecasts.",
            lambda frame: frame.assign(train_end_month="2031-01-01"),
            "train_end_month",
        ),
        fault(
            "backtest_actual_missing",
            backtest,
            "The month that a forecast is held against is not there.",
            put({"actual_harm_days": float("nan")}, 0.1),
            "actual_harm_days",
        ),
        fault(
            "coverage_over_one",
            scores,
            "Coverage is given in per cent.",
            lambda frame: frame.assign(coverage_80_share=80.0, coverage_95_share=95.0),
            "coverage_80_share",
        ),
        fault(
            "hotspot_without_records",
            hotspots,
            "A cluster is kept after its records were filtered out.",
            put({"record_count": 0, "distinct_point_count": 0}, 0.1),
            "record_count",
        ),
        fault(
            "hotspot_in_metres_under_degrees",
            hotspots,
            "Eastings are written under the name of longitude.",
            lambda frame: frame.assign(centroid_longitude=frame["centroid_easting_m"]),
            "centroid_longitude",
        ),
        fault(
            "hotspot_without_shape",
            hotspots,
            "A hull could not be drawn.",
            put({"geometry_wkt": None}, 0.1),
            "geometry_wkt",
        ),
        fault(
            "hotspot_share_over_one",
            hotspots,
            "The overlap is divided by the smaller area.",
            put({"town_centre_overlap_share": 1.7}, 0.1),
            "town_centre_overlap_share",
        ),
        fault(
            "night_time_share_over_one",
            hotspots,
            "Discs of neighbouring venues are added up, and not laid together.",
            put({"night_time_overlap_share": 1.3}, 0.1),
            "night_time_overlap_share",
        ),
        fault(
            "ml_column_renamed",
            hotspots,
            "A column is renamed in the method and not in its declaration.",
            lambda frame: frame.rename(columns={"harm_days": "harm"}),
            "harm_days",
        ),
        fault(
            "forecast_horizon_missing",
            forecast,
            "One month ahead is lost when two tables are joined.",
            lambda frame: frame[frame["horizon_months"] != 3],
            "horizons_complete",
        ),
        fault(
            "two_champions",
            scores,
            "A tie leaves two models as champions, and a reader takes either.",
            lambda frame: frame.assign(is_champion=True),
            "one_champion",
        ),
        fault(
            "no_champion",
            scores,
            "The champion's row is filtered out.",
            lambda frame: frame.assign(is_champion=False),
            "one_champion",
        ),
        fault(
            "hull_crosses_itself",
            hotspots,
            "Points of a hull are joined in the order of the file.",
            put(
                {"geometry_wkt": _BOW_TIE},
                0.1,
            ),
            "hull_valid",
        ),
        fault(
            "hotspot_outside_the_country",
            hotspots,
            "A hull is drawn in another projection, far out at sea.",
            put(
                {"geometry_wkt": _AT_SEA},
                0.1,
            ),
            "hull_in_national_grid",
        ),
        fault(
            "small_count_published",
            stops,
            "A group is marked as withheld and its count is left in the row.",
            put({"is_suppressed": True, "stop_count": 3}, 0.1),
            "suppressed_withheld",
        ),
        fault(
            "ratio_outside_its_interval",
            stops,
            "Ratio and interval are of different reference groups.",
            _outside("rate_ratio", "rate_ratio_upper"),
            "rate_ratio",
        ),
        fault(
            "stop_group_twice",
            stops,
            "A group in two wordings has two rows.",
            repeat(0.2),
            "force_slug, ethnicity_basis, group_name",
        ),
        fault(
            "stop_basis_unknown",
            stops,
            "Whose word an ethnicity is gets lost.",
            put({"ethnicity_basis": "perceived"}, 0.2),
            "ethnicity_basis",
        ),
        fault(
            "exposed_share_over_one",
            exposure,
            "Hulls that overlap are counted twice.",
            put({"exposed_share": 1.2, "exposed_share_upper": 1.3}, 0.2),
            "exposed_share",
        ),
        fault(
            "exposure_not_a_number",
            exposure,
            "A group's name is lost in a join.",
            put({"group_name": None}, 0.1),
            "group_name",
        ),
    )


def _releases() -> tuple[Fault, ...]:
    def fault(name: str, story: str, corrupt: Callable[[Path], object], rule: str) -> Fault:
        return Fault(name, "release", "release", story, corrupt, rule, "critical")

    return (
        fault(
            "released_table_cut_short",
            "A copy of the release breaks off inside a table.",
            lambda folder: _ranking(folder).write_bytes(_ranking(folder).read_bytes()[:500]),
            "altered",
        ),
        fault(
            "released_byte_changed",
            "One byte of a table changes on disk; its size stays.",
            lambda folder: _ranking(folder).write_bytes(_changed(_ranking(folder).read_bytes())),
            "altered",
        ),
        fault(
            "released_page_edited",
            "A figure on the page is corrected by hand.",
            lambda folder: (folder / "overview.html").write_text(
                (folder / "overview.html").read_text().replace("harm", "hurt", 1)
            ),
            "altered",
        ),
        fault(
            "released_file_removed",
            "A table is removed because somebody did not like it.",
            lambda folder: _ranking(folder).unlink(),
            "missing",
        ),
        fault(
            "released_file_added",
            "A table of unknown origin is put beside the others.",
            lambda folder: (folder / "tables" / "extra.parquet").write_bytes(b"PAR1"),
            "unexpected",
        ),
        fault(
            "released_file_replaced_by_a_link",
            "A file is replaced by a link to one that can change.",
            _linked,
            "altered",
        ),
        fault(
            "manifest_hash_altered",
            "The manifest is edited to state another hash.",
            lambda folder: _amend(folder, sha256="0" * 64),
            "altered",
        ),
        fault(
            "manifest_gone",
            "A release is handed on without its manifest.",
            lambda folder: (folder / "manifest.json").unlink(),
            "is missing",
        ),
        fault(
            "manifest_damaged",
            "The manifest is cut short.",
            lambda folder: (folder / "manifest.json").write_text("{"),
            "is not a manifest of files with sha256 and bytes",
        ),
        fault(
            "manifest_names_a_file_outside",
            "A hostile manifest has the checker look at a file outside the release.",
            _outside_file,
            "altered manifest",
        ),
    )


def _benign() -> tuple[Fault, ...]:
    return (
        Fault(
            "release_copied",
            "release",
            "release",
            "The folder is copied to another disk, with other times and rights.",
            lambda folder: [path.touch() for path in folder.rglob("*")],
        ),
        Fault(
            "ml_rows_in_another_order",
            "ml_hotspots",
            "ml table",
            "A method gives its rows in another order.",
            lambda frame: frame.sample(frac=1, random_state=1),
        ),
        Fault(
            "figures_withheld",
            "ml_fairness_stops",
            "ml table",
            "Figures of small groups are withheld: missing, and not zero.",
            put({"rate_ratio": None, "rate_ratio_lower": None, "rate_ratio_upper": None}, 0.3),
        ),
    )


def _exchanged(one: str, other: str) -> Edit:
    return lambda frame: frame.rename(columns={one: other, other: one})


def _outside(value: str, bound: str) -> Edit:
    return lambda frame: frame.assign(**{value: frame[bound] + 1.0})


def _month_ends(frame: Any) -> Any:
    import pandas as pd

    return frame.assign(forecast_month=frame["forecast_month"] + pd.offsets.MonthEnd(0))


def _ranking(folder: Path) -> Path:
    return folder / "tables" / "mart_harm_ranking.parquet"


def _changed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _linked(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere.parquet"
    _ranking(folder).rename(elsewhere)
    _ranking(folder).symlink_to(elsewhere)


def _amend(folder: Path, **entry: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["tables/mart_harm_ranking.parquet"] |= entry
    path.write_text(json.dumps(manifest))


def _outside_file(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["../elsewhere.txt"] = {"sha256": "0" * 64, "bytes": 1}
    path.write_text(json.dumps(manifest))
