"""What the page of the patrol plan says, from what the release itself holds; of a withheld plan no area."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.policy import PATROL_PLANS
from orchestration.patrol_plan import PUBLISHED_AS
from orchestration.publishing import formats
from orchestration.publishing.audit_pack.drawings import Drawing
from orchestration.publishing.audit_pack.fairness import DrawnMeasure, draw_measure
from orchestration.publishing.audit_pack.plan_map import PlanMap, draw_plan
from orchestration.publishing.geo import read_lsoa_boundaries
from orchestration.publishing.published import PublishedTables

if TYPE_CHECKING:
    import pandas as pd

WITHHELD = "withheld"
_FOLDER = "patrol_plan"
_RECENT_MONTHS = 12
_RISK_COLUMNS = ["lsoa_code", "crime_group", "expected_crime_count", "expected_harm_days"]
_RESIDENTS = ["asian_count", "black_count", "mixed_count", "white_count", "other_count"]
_LSOA_COLUMNS = ["lsoa_code", "lsoa_name", "lad_name", "imd_2025_decile", *_RESIDENTS]
_EXPOSURE = Drawing("exposed_share", ("attribute",), ("group_name",))


@dataclass(frozen=True)
class Reason:
    """Why a plan is withheld: in words, or by a measure of the policy."""

    words: str
    measure: Mapping[str, Any] | None


@dataclass(frozen=True)
class PlanContent:
    """What a plan proposes and what is known of it; there is none of a withheld one.

    Parameters
    ----------
    areas
        Its areas, as published, each with name, district and decile.
    maps, without_boundary
        Maps, and codes of areas that are on none.
    capture, recorded_months
        Rows of :func:`ml.patrol.capture.expected_capture`, and the months of what was recorded.
    backtest
        Rows of ``ml_risk_backtest`` about areas as few as the plan's.
    exposure, drawn
        Rows of :func:`ml.patrol.exposure.plan_exposure`, and their plots.
    """

    areas: list[dict[str, Any]]
    maps: list[PlanMap]
    without_boundary: list[str]
    capture: list[dict[str, Any]]
    recorded_months: str
    backtest: list[dict[str, Any]]
    exposure: list[dict[str, Any]]
    drawn: DrawnMeasure | None


@dataclass(frozen=True)
class PlanPage:
    """The page of a plan.

    Parameters
    ----------
    record
        What became of it: ``status``, ``plan_sha256``, ``approval``, ``reasons``.
    measures
        What the policy measured of it.
    reasons
        Why it is withheld.
    feedback
        Rows of ``ml_patrol_feedback``.
    content
        The plan itself; none when it is withheld.
    """

    record: Mapping[str, Any]
    measures: list[Mapping[str, Any]]
    reasons: list[Reason] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)
    content: PlanContent | None = None

    @property
    def status(self) -> str:
        """``proposed``, ``approved`` or ``withheld``."""
        return str(self.record["status"])

    @property
    def lifted(self) -> list[Mapping[str, Any]]:
        """The measures that a signed decision let pass."""
        return [measure for measure in self.measures if measure["decision"]]


def plan_page(release: Path, pack: Path, policy: Mapping[str, Any], data_root: Path) -> PlanPage | None:
    """Prepare the page of the plan, and write what it is worked out from beside it.

    Parameters
    ----------
    release
        The release's folder, with its tables and the published plan.
    pack
        The pack's folder; ``patrol_plan/capture.csv`` and ``patrol_plan/exposure.csv`` go there, unless the
        plan is withheld.
    policy
        The manifest's record of the publication policy.
    data_root
        The data folder, for boundaries.

    Returns
    -------
    PlanPage or None
        None when nothing was planned.
    """
    record = policy["patrol_plan"]
    if record is None:
        return None
    by_name = {measure["name"]: measure for measure in policy["measures"]}
    tables = PublishedTables(release)
    areas = json.loads((release / PUBLISHED_AS).read_text(encoding="utf-8"))["areas"]
    is_shown = record["status"] != WITHHELD and bool(areas)
    return PlanPage(
        record=record,
        measures=[measure for measure in policy["measures"] if measure["product"] == PATROL_PLANS],
        reasons=[Reason(reason, by_name.get(reason)) for reason in record["reasons"]],
        feedback=_records(tables.read("ml_patrol_feedback")),
        content=_content(areas, tables, pack / _FOLDER, data_root) if is_shown else None,
    )


def _content(
    areas: list[dict[str, Any]], tables: PublishedTables, folder: Path, data_root: Path
) -> PlanContent:
    import pandas as pd

    from ml.common.crime_groups import ALL_CRIME
    from ml.patrol.capture import expected_capture
    from ml.patrol.exposure import plan_exposure

    plan = pd.DataFrame(areas)
    risk = tables.read("ml_risk_lsoa", _RISK_COLUMNS)
    risk = risk[risk["crime_group"] == ALL_CRIME]
    lsoas = tables.read("dim_lsoa", _LSOA_COLUMNS)
    lsoas = lsoas[lsoas["lsoa_code"].isin(risk["lsoa_code"])]
    recorded, months = _recorded(tables)
    capture, exposure = expected_capture(plan, risk, recorded), plan_exposure(plan, lsoas)
    folder.mkdir()
    for name, frame in (("capture", capture), ("exposure", exposure)):
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", float_format="%.9g")
    maps, without_boundary = draw_plan(areas, lsoas, read_lsoa_boundaries(data_root))
    return PlanContent(
        areas=_records(plan.merge(lsoas, on="lsoa_code", how="left")),
        maps=maps,
        without_boundary=without_boundary,
        capture=_records(capture),
        recorded_months=months,
        backtest=_backtest(tables, len(plan) / len(risk)),
        exposure=_records(exposure),
        drawn=_drawn(exposure),
    )


def _recorded(tables: PublishedTables) -> tuple[pd.DataFrame, str]:
    """Return the records of each area in the last twelve months that are published, and those months."""
    counts = tables.read("fct_crime_lsoa_month", ["lsoa_code", "crime_month", "crime_count"])
    months = counts["crime_month"].drop_duplicates().sort_values().iloc[-_RECENT_MONTHS:]
    recent = counts[counts["crime_month"].isin(months)]
    words = formats.month_runs(months.dt.strftime("%Y-%m").tolist())
    return recent.groupby("lsoa_code")["crime_count"].sum().reset_index(), words


def _backtest(tables: PublishedTables, area_share: float) -> list[dict[str, Any]]:
    """Return what backtests measured at the shares of areas just below and just above the plan's."""
    from ml.common.crime_groups import ALL_CRIME
    from ml.risk.backtest import EVERY_FORCE

    scores = tables.read("ml_risk_backtest")
    if scores.empty:
        return []
    scores = scores[
        (scores["area_kind"] == "lsoa")
        & (scores["crime_group"] == ALL_CRIME)
        & (scores["force_slug"] == EVERY_FORCE)
        & scores["metric"].isin(["hit_rate", "harm_hit_rate"])
        & (scores["is_champion"] | scores["is_baseline"])
    ]
    shares = sorted(scores["area_share"].unique())
    around = {*[share for share in shares if share <= area_share][-1:]}
    around |= {*[share for share in shares if share >= area_share][:1]}
    chosen = scores[scores["area_share"].isin(around)]
    order = ["area_share", "metric", "is_champion", "model"]
    return _records(chosen.sort_values(order, ascending=[True, True, False, True]))


def _drawn(exposure: pd.DataFrame) -> DrawnMeasure | None:
    if exposure.empty:
        return None
    rows = list(exposure.astype(object).itertuples(index=False, name=None))
    return draw_measure(_EXPOSURE, list(exposure.columns), rows)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, none for nothing."""
    kept: Sequence[Any] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in kept]
