"""Planning a refresh: exactly what is missing, revised, not yet named absent or not yet gated."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from orchestration.planning import month_range, partition_ranges, release_is_due
from orchestration.refresh import describe
from orchestration.sources.types import Partition

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
