"""Planning a refresh: exactly what is missing, revised, not yet named absent or not yet gated."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from data_quality.corrections import HEADER
from orchestration.environment import read_settings
from orchestration.gating import decisions_of, gate_police, held_data_versions
from orchestration.landing import POLICE_KINDS, land_police
from orchestration.paths import DataPaths
from orchestration.planning import month_range, partition_ranges, plan_refresh, release_is_due
from orchestration.refresh import describe
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.types import Partition
from orchestration.upstream import HttpUpstream

FORCES = ("avon", "bedfordshire", "cheshire", "dorset")


def test_everything_is_asked_for_at_first(mirror, partitions) -> None:
    """A first refresh would leave out files, or ask for a month that nobody has published yet."""
    changes = mirror.plan()
    assert {change.partition for change in changes} == set(partitions("2024-01", "2024-02"))
    streets = {change.partition: change for change in changes if change.dataset == "police_street"}
    assert streets[Partition("2024-01", "kent")].reason == "missing"
    size = (mirror.folder / "2024-01" / "2024-01-kent-street.csv").stat().st_size
    assert streets[Partition("2024-01", "kent")].download_bytes == size
    assert streets[Partition("2024-02", "surrey")].reason == "absent"
    assert {c.reason for c in changes if c.dataset != "police_street"} == {"absent"}


def test_nothing_new_is_nothing_to_do(mirror, partitions) -> None:
    """A monthly refresh would fetch and gate what it holds."""
    mirror.take(*partitions("2024-01", "2024-02"))
    assert mirror.plan() == []
    assert describe([], "2024-02") == ["Archive 2024-02: nothing is missing, revised or ungated."]


def test_only_the_revised_file_is_asked_for(mirror, partitions) -> None:
    """Forces revise old months: a refresh that looks at new months alone would publish stale outcomes."""
    mirror.take(*partitions("2024-01", "2024-02"))
    mirror.publish("2024-01", "kent", outcome="Suspect charged")
    (change,) = mirror.plan()
    assert (change.partition, change.dataset, change.reason) == (
        Partition("2024-01", "kent"),
        "police_street",
        "revised",
    )


def test_a_file_that_appears_late_is_asked_for(mirror, partitions) -> None:
    """A force that publishes a month late would stay absent for ever."""
    mirror.take(*partitions("2024-01", "2024-02"))
    mirror.publish("2024-02", "surrey", "outcomes", "Suspect charged")
    (change,) = mirror.plan()
    assert (change.dataset, change.reason) == ("police_outcomes", "missing")


def test_a_damaged_landing_is_fetched_again(mirror, partitions) -> None:
    """A landed file that was cut short or deleted would be trusted because its provenance is there."""
    mirror.take(*partitions("2024-01", "2024-02"))
    landed = mirror.paths.landing("police_street", Partition("2024-01", "kent")) / "2024-01-kent-street.csv"
    landed.write_bytes(landed.read_bytes()[:10])
    (change,) = mirror.plan()
    assert change.reason == "missing"
    mirror.take(Partition("2024-01", "kent"))
    assert mirror.plan() == []


def test_what_was_landed_and_not_judged_is_gated(mirror, partitions) -> None:
    """A run that was killed between fetch and gate would leave a month out for ever."""
    mirror.take(*partitions("2024-01", "2024-02"))
    (mirror.paths.validated("police_street", Partition("2024-01", "kent")) / "verdict.json").unlink()
    (mirror.paths.validated("police_outcomes", Partition("2024-01", "kent")) / "verdict.json").unlink()
    assert [(change.dataset, change.reason) for change in mirror.plan()] == [
        ("police_outcomes", "ungated"),
        ("police_street", "ungated"),
    ]


def test_a_correction_of_what_is_not_published_is_no_work(mirror, partitions) -> None:
    """A file of corrections that names a month which is absent would be gated anew by every refresh."""
    mirror.take(*partitions("2024-01", "2024-02"))
    mirror.paths.corrections.mkdir()
    line = "police_street,2024-02-surrey-street.csv,1,month,2024-01,2024-02,A. Analyst,mistyped"
    (mirror.paths.corrections / "one.csv").write_text(f"{','.join(HEADER)}\n{line}\n")
    assert len(decisions_of(mirror.paths).corrections) == 1
    assert mirror.plan() == []


def test_an_unreadable_provenance_is_withheld_and_stops_no_refresh(mirror, partitions) -> None:
    """One damaged file would keep every other month and force from being refreshed."""
    mirror.take(*partitions("2024-01", "2024-02"))
    (mirror.paths.landing("police_street", Partition("2024-01", "kent")) / "provenance.json").write_text("{")
    mirror.publish("2024-02", "surrey")
    named, other = mirror.plan()
    assert (named.partition, named.reason) == (Partition("2024-01", "kent"), "ungated")
    assert (other.partition, other.reason) == (Partition("2024-02", "surrey"), "missing")
    manifest = mirror.paths.published_root / "latest" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"data_versions": []}')
    assert release_is_due(mirror.paths)
    mirror.take(*partitions("2024-01", "2024-02"))
    assert mirror.plan() == []
    assert "kent" not in {
        entry["force"] for entry in held_data_versions(mirror.paths) if entry["month"] == "2024-01"
    }


def test_replaced_bytes_are_refused_once_also_under_a_correction(mirror, partitions) -> None:
    """A verdict that does not name the decisions in force is no answer: each refresh would gate again."""
    mirror.take(*partitions("2024-01", "2024-02"))
    mirror.paths.corrections.mkdir()
    line = "police_street,2024-01-kent-street.csv,1,month,2024-01,2024-02,A. Analyst,mistyped"
    (mirror.paths.corrections / "one.csv").write_text(f"{','.join(HEADER)}\n{line}\n")
    landed = mirror.paths.landing("police_street", Partition("2024-01", "kent")) / "2024-01-kent-street.csv"
    landed.write_bytes(landed.read_bytes().replace(b"Kent", b"Gent"))
    (change,) = mirror.plan()
    assert change.reason == "ungated"
    (verdict,) = gate_police("police_street", [Partition("2024-01", "kent")], mirror.paths)
    assert verdict.status == "failed"
    assert mirror.plan() == []


def test_a_release_is_due_until_one_is_published_of_what_is_held(mirror) -> None:
    """A refresh that finds nothing new would leave a release unpublished after a crash."""
    assert release_is_due(mirror.paths)


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    """December would be followed by a thirteenth month."""
    assert month_range("2023-11", "2024-02") == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert month_range("2024-02", "2024-01") == []


@given(
    st.sets(st.builds(Partition, st.sampled_from(month_range("2023-10", "2024-03")), st.sampled_from(FORCES)))
)
def test_ranges_hold_exactly_the_partitions_once(wanted: set[Partition]) -> None:
    """A range that holds one more partition fetches what is held; one that overlaps fetches twice."""
    held = [
        Partition(month, force)
        for found in partition_ranges(wanted, FORCES)
        for month, force in product(
            month_range(found.first.month, found.last.month),
            FORCES[FORCES.index(found.first.force) : FORCES.index(found.last.force) + 1],
        )
    ]
    assert len(held) == len(set(held))
    assert set(held) == wanted


def test_a_whole_window_is_one_range() -> None:
    """A new release revises nearly every month: a run for each would spend the day on starting up."""
    wanted = [Partition(month, force) for month in month_range("2023-01", "2024-12") for force in FORCES]
    (found,) = partition_ranges(wanted, FORCES)
    assert (found.first, found.last) == (Partition("2023-01", "avon"), Partition("2024-12", "dorset"))


def test_a_refresh_with_nothing_new_fetches_the_directory_alone(tmp_path: Path) -> None:
    """Each hour's look would cost as much as the month itself."""
    with SandboxServer(SMALL_CITY, cache_folder=tmp_path / "served") as server:
        variables = {"CRIMEHARM_DATA": str(tmp_path / "data"), "CRIMEHARM_FROM": "2024-01"}
        settings = read_settings(variables | {"CRIMEHARM_TO": "2024-01"})
        paths = DataPaths(settings.data)
        endpoints = sandbox_endpoints(server.base_url)
        wanted = [Partition("2024-01", force) for force in settings.forces]
        archive = HttpUpstream(endpoints, tmp_path / "cache").archive()
        before = plan_refresh(settings, archive, paths)
        sizes = [archive.members()[change.partition, POLICE_KINDS[change.dataset]] for change in before]
        assert [change.download_bytes for change in before] == [member.compressed_size for member in sizes]
        for dataset in POLICE_KINDS:
            land_police(dataset, wanted, archive, paths)
            gate_police(dataset, wanted, paths)
        server.traffic.clear()
        assert plan_refresh(settings, HttpUpstream(endpoints, tmp_path / "cache").archive(), paths) == []
        # Some 120 bytes for each of the members, and the record at the end.
        assert server.traffic.body_bytes() < 150 * len(archive.members()) + 2_000
