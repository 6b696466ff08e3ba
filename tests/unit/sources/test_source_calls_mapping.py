"""Mappings of calls for service: sound ones load, unsound ones are refused by field and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.environment import PROJECT_ROOT
from orchestration.sources.calls_for_service.mapping import agencies, load_mapping, mapping_path
from orchestration.sources.types import SourceError

SOUND: dict[str, Any] = {
    "agency": "somewhere",
    "title": "Somewhere police, calls",
    "licence": "CC0",
    "attribution": "Source: Somewhere.",
    "files": ["calls_*.csv*"],
    "time_zone": "America/Chicago",
    "when_repeated": "first",
    "when_skipped": "reject",
    "called_at": {"columns": ["DATE"], "formats": ["%Y-%m-%d %H:%M"]},
    "columns": {"event_id": "ID", "call_type": "TYPE"},
}


def write(folder: Path, name: str = "somewhere", **changes: Any) -> Path:
    """Write a sound mapping with some fields changed; a field changed to None is left out."""
    path = folder / f"{name}.yml"
    declared = {field: value for field, value in (SOUND | changes).items() if value is not None}
    path.write_text(yaml.safe_dump(declared))
    return path


def test_every_shipped_mapping_is_sound() -> None:
    """A run would stop at a mapping that nobody ever loaded."""
    assert agencies() == ("san_antonio", "san_jose", "seattle")
    for agency in agencies():
        mapping = load_mapping(mapping_path(agency))
        assert mapping.agency == agency
        assert mapping.attribution.startswith("Source: ")


def test_a_small_mapping_is_enough(tmp_path: Path) -> None:
    """Another agency's file must be a page of configuration, not a program."""
    mapping = load_mapping(write(tmp_path))
    assert mapping.wanted_columns() == ("ID", "TYPE", "DATE")
    assert mapping.is_calls_file("Calls_2024.CSV.gz") and not mapping.is_calls_file("other.csv")
    assert mapping.priority is None and mapping.downloads is None


def test_the_guides_example_is_sound(tmp_path: Path) -> None:
    """Whoever copies the example to add an agency would begin with an error."""
    guide = (PROJECT_ROOT / "docs" / "data_contracts" / "calls_for_service.md").read_text()
    path = tmp_path / "somewhere.yml"
    path.write_text(guide.split("```yaml\n")[1].split("```")[0])
    assert load_mapping(path).columns.event_id == "EVENT"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"agency": "../etc"}, "agency: String should match"),
        ({"licence": None}, "licence: Field required"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"time_zone": "Texas"}, "time_zone: 'Texas' is no IANA time zone: write it like"),
        ({"when_repeated": "both"}, "when_repeated: Input should be 'first' or 'second'"),
        ({"called_at": {"columns": ["D"], "formats": ["%Y-%m"]}}, "called_at.formats: '%Y-%m' gives no day"),
        ({"called_at": {"columns": ["D"], "formats": ["%d %I:%M"]}}, "add %p, or use %H"),
        ({"columns": {"call_type": "TYPE"}}, "columns.event_id: Field required"),
        (
            {"columns": SOUND["columns"] | {"longitude": "X"}},
            "columns: name both longitude and latitude, or neither",
        ),
        ({"priority": {"column": "P", "levels": {"1": 9}}}, "priority.levels.1: Input should be less than"),
        ({"columns": SOUND["columns"] | {"address": "A"}}, "give columns.address together with address"),
        (
            {"address": {"block_pattern": "(", "intersection_separator": "&"}},
            "address.block_pattern: it is no regular expression",
        ),
        (
            {"address": {"block_pattern": "(?P<block>.)", "intersection_separator": "&"}},
            "address.block_pattern: name exactly the groups",
        ),
        ({"ignored_columns": ["TYPE"]}, "'TYPE' is both used and ignored: take it off"),
        (
            {"downloads": {"host": "san_jose", "paths": ["a/../../b.csv"]}},
            "downloads.paths: 'a/../../b.csv' is no plain path",
        ),
        ({"downloads": {"host": "elsewhere", "paths": ["a.csv"]}}, "downloads.host: Input should be"),
        (
            {"columns": SOUND["columns"] | {"city": "C"}, "constants": {"city": "D"}},
            "city has a column and a constant: keep one of them",
        ),
    ],
)
def test_a_fault_is_named_with_its_field_and_remedy(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    """Whoever adds an agency would have to read the code to learn what is wrong with the mapping."""
    with pytest.raises(SourceError) as caught:
        load_mapping(write(tmp_path, **changes))
    assert said in str(caught.value)
    assert "somewhere.yml" in str(caught.value)
    assert "docs/data_contracts/calls_for_service.md" in caught.value.remedy


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    """A mapping with five faults would take five runs to mend."""
    with pytest.raises(SourceError) as caught:
        load_mapping(write(tmp_path, time_zone="Texas", licence=None))
    assert "time_zone" in caught.value.rule and "licence" in caught.value.rule


def test_a_mapping_is_named_after_its_agency(tmp_path: Path) -> None:
    """The setting names the file and the data name the agency: they must be one name."""
    with pytest.raises(SourceError, match=r"name the file somewhere\.yml"):
        load_mapping(write(tmp_path, name="elsewhere"))


@pytest.mark.parametrize("text", ["a: [", "\ufffe", "- 1\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    """A crash with a stack trace tells an operator nothing."""
    path = tmp_path / "somewhere.yml"
    path.write_text(text, encoding="utf-16" if text == "\ufffe" else "utf-8")
    with pytest.raises(SourceError, match=r"somewhere\.yml"):
        load_mapping(path)
