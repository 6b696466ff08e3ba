"""The live feed on its way through landing and gate: a run goes on without it, and says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from data_quality.files import sha256_of
from orchestration.defs.gates.gates import validated_assets
from orchestration.defs.raw.live import raw_live_asset
from orchestration.environment import read_settings
from orchestration.gating import gate_reference
from orchestration.landing import land_street_live
from orchestration.partitions import month_force_partitions
from orchestration.paths import DataPaths
from orchestration.provenance import held_version, read_provenance
from orchestration.sources.police_uk.areas import Area, read_areas
from orchestration.sources.police_uk.live_street import LIVE_STREET
from orchestration.sources.types import Fetched, SourceError
from orchestration.upstream import MirrorUpstream

AREA = read_areas()["eastvale-centre"]
DOWN = SourceError("https://data.police.uk/api/crimes-street-dates", "status 500", "wait and run again")


def fetched(crimes: int = 40, **changes: object) -> list[Fetched]:
    """Return a feed of crimes in the area, the first of them changed."""
    request = {"area": AREA.name, "title": AREA.title, "month": "2025-12", "polygon": AREA.polygon}
    records = [
        {
            "id": number,
            "category": "burglary",
            "month": "2025-12",
            "persistent_id": f"{number:064x}",
            "context": "",
            "location_type": "Force",
            "location": {
                "latitude": "52.570000",
                "longitude": "-1.200000",
                "street": {"id": 5, "name": "On or near Mill Lane"},
            },
            "outcome_status": {"category": "Under investigation", "date": "2025-12"},
        }
        for number in range(crimes)
    ]
    if records:
        records[0] |= changes
    answer = json.dumps(records).encode()
    return [
        Fetched("request.json", json.dumps(request).encode(), "areas.yml", release="2025-12-01"),
        Fetched("crimes-street-2025-12-0001.json", answer, "http://api", release="2025-12-01"),
    ]


@dataclass
class StubUpstream:
    """An upstream that answers a feed, or fails."""

    feed: list[Fetched] = field(default_factory=fetched)
    failure: SourceError | None = None

    def street_live(self, area: Area) -> Sequence[Fetched]:
        """Answer, or fail."""
        if self.failure:
            raise self.failure
        return self.feed


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    """A data folder that holds nothing."""
    return DataPaths(tmp_path)


def materialise(paths: DataPaths, upstream: object) -> dg.ExecuteInProcessResult:
    """Run the assets of the live feed, and a step that needs what its gate passes."""
    gates = [
        asset
        for asset in validated_assets(month_force_partitions(read_settings({})))
        if LIVE_STREET in asset.key.path[-1]
    ]

    @dg.asset(deps=[f"validated_{LIVE_STREET}"])
    def warehouse() -> None:
        pass

    run = SimpleNamespace(paths=paths, upstream=upstream, settings=read_settings({}))
    resources = {"run": dg.ResourceDefinition.hardcoded_resource(run)}
    return dg.materialize([raw_live_asset(), *gates, warehouse], resources=resources, raise_on_error=False)


def test_a_feed_is_landed_as_it_came_and_passes_its_gate(paths: DataPaths) -> None:
    """An auditor could not trace a previewed crime to what the API had said."""
    landing = land_street_live(AREA, StubUpstream(), paths)
    folder = paths.landing(LIVE_STREET)
    assert landing.absence is None and landing.provenance is not None
    assert (landing.provenance.record_count, landing.provenance.release) == (40, "2025-12-01")
    assert (folder / "crimes-street-2025-12-0001.json").read_bytes() == fetched()[1].content
    verdict = gate_reference(LIVE_STREET, paths)
    assert (verdict.status, verdict.record_count_validated) == ("passed", 40), verdict.reason
    assert [rule.rule for rule in verdict.rules if not rule.success] == []


def test_a_mirror_has_no_feed(paths: DataPaths, tmp_path: Path) -> None:
    """A run on a folder of real files would fail for want of an API that it does not have."""
    result = materialise(paths, MirrorUpstream(tmp_path, tmp_path))
    assert result.success
    assert all(check.passed for check in result.get_asset_check_evaluations())
    note = json.loads((paths.landing(LIVE_STREET) / "absence.json").read_text())
    assert note["status"] == "absent" and "optional, and not supplied" in note["reason"]
    assert gate_reference(LIVE_STREET, paths).status == "absent"


@pytest.mark.parametrize(
    "upstream",
    [
        StubUpstream(failure=DOWN),
        StubUpstream(feed=fetched(category="new-crime", crimes=2)),
    ],
    ids=["api down", "suite broken"],
)
def test_a_failing_feed_warns_and_stops_nothing(paths: DataPaths, upstream: StubUpstream) -> None:
    """The monthly release would wait for a preview that nobody needs it for."""
    result = materialise(paths, upstream)
    assert result.success
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert failed and {check.severity for check in failed} == {dg.AssetCheckSeverity.WARN}
    assert not (paths.validated(LIVE_STREET) / "part.parquet").exists()


def test_a_failed_fetch_says_what_happened_and_keeps_what_was_held(paths: DataPaths) -> None:
    """An API that fails today would take away the feed of yesterday, and say only that it failed."""
    land_street_live(AREA, StubUpstream(), paths)
    result = materialise(paths, StubUpstream(failure=DOWN))
    (check,) = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert check.check_name == "fetched"
    assert check.metadata["failed"].value == [str(DOWN)]
    assert (paths.validated(LIVE_STREET) / "part.parquet").is_file()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"month": "2025-11"}, "month_matches_feed"),
        ({"category": "new-crime"}, "crime_type_known"),
        ({"id": "x"}, "api_id_well_formed"),
        ({"id": None}, "api_id_well_formed"),
        ({"persistent_id": "short"}, "crime_id_well_formed"),
        ({"persistent_id": ""}, "crime_id_absent_only_for_asb"),
        ({"location": {"latitude": "aaa", "longitude": "0"}}, "coordinates_in_great_britain"),
        ({"location": {"latitude": "52.57"}}, "coordinates_complete"),
        (
            {"location": {"latitude": "52.57", "longitude": "-1.2", "street": {"id": "x"}}},
            "street_id_well_formed",
        ),
        (
            {"outcome_status": {"category": "Local resolution", "date": "soon"}},
            "last_outcome_month_well_formed",
        ),
    ],
)
def test_an_odd_record_is_quarantined_by_its_rule(
    paths: DataPaths, changes: dict[str, object], rule: str
) -> None:
    """One odd record would stop the warehouse's casts, or be previewed as if it were sound."""
    import pandas as pd

    land_street_live(AREA, StubUpstream(feed=fetched(**changes)), paths)
    verdict = gate_reference(LIVE_STREET, paths)
    assert (verdict.status, verdict.record_count_quarantined) == ("passed", 1), verdict.reason
    (row,) = pd.read_parquet(paths.quarantine(LIVE_STREET) / "rows.parquet").to_dict("records")
    assert rule in f"{row['rule']} {row['reason']}"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"location": {"latitude": "51.5", "longitude": "-0.1", "street": {"id": 1}}}, "inside_area"),
        ({"outcome_status": {"category": "Let go", "date": "2025-12"}}, "last_outcome_known"),
        ({"location_type": "Army"}, "location_type_known"),
    ],
)
def test_a_doubt_is_only_a_warning(paths: DataPaths, changes: dict[str, object], rule: str) -> None:
    """A wording that is new, or a place on the edge, would withhold crimes that are sound."""
    land_street_live(AREA, StubUpstream(feed=fetched(**changes)), paths)
    verdict = gate_reference(LIVE_STREET, paths)
    assert (verdict.status, verdict.record_count_validated) == ("passed", 40)
    assert [result.rule for result in verdict.rules if not result.success] == [rule]


def test_a_quiet_area_passes(paths: DataPaths) -> None:
    """A small area without a crime in a month would be taken for a fault."""
    land_street_live(AREA, StubUpstream(feed=fetched(crimes=0)), paths)
    verdict = gate_reference(LIVE_STREET, paths)
    assert (verdict.status, verdict.record_count_validated) == ("passed", 0), verdict.reason


def test_a_file_cut_short_on_disk_is_withheld(paths: DataPaths) -> None:
    """DuckDB reads a list that breaks off as if it were whole: the bytes are held against those landed."""
    land_street_live(AREA, StubUpstream(), paths)
    answer = paths.landing(LIVE_STREET) / "crimes-street-2025-12-0001.json"
    whole = answer.read_text()
    answer.write_text(whole[: whole.index('{"id": 30')])
    verdict = gate_reference(LIVE_STREET, paths)
    assert verdict.status == "failed" and "landed_bytes_intact" in str(verdict.reason)
    # Had it been cut short before it was landed, its digest would not tell.
    provenance = read_provenance(paths.landing(LIVE_STREET))
    assert provenance is not None
    files = tuple(
        replace(file, sha256=sha256_of(paths.landing(LIVE_STREET) / file.name)) for file in provenance.files
    )
    held = replace(provenance, files=files)
    held = replace(held, data_version=str(held_version(paths.landing(LIVE_STREET), held)))
    (paths.landing(LIVE_STREET) / "provenance.json").write_text(held.to_json())
    verdict = gate_reference(LIVE_STREET, paths)
    assert verdict.status == "failed" and "40 records landed, 30 parsed" in str(verdict.reason)
