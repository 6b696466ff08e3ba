"""Waivers: the only way past a critical rule, and never past anything that nobody signed."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from data_quality.decision_files import read_decisions
from data_quality.decisions import PartitionDecisions
from data_quality.judge import Judgement
from data_quality.promotion import is_current, promote
from data_quality.report import gather_report, write_report
from data_quality.suites.version import suite_version
from data_quality.verdicts import read_verdict

TODAY = date(2026, 2, 1)
PLACE = ("police_street", "2024-06", "bedfordshire")
DATA_VERSION = "ab" * 32


def waiver(**changes: Any) -> dict[str, Any]:
    """Return the content of a sound waiver; a change to ... leaves the key out."""
    content = {
        "dataset": PLACE[0],
        "month": PLACE[1],
        "force": PLACE[2],
        "rules": ["share_quarantined"],
        "data_version": DATA_VERSION,
        "signed_by": {"name": "A. Auditor", "role": "head of data governance"},
        "signed_on": date(2026, 1, 5),
        "reason": "the force has confirmed these records by letter",
        "valid_until": date(2026, 3, 31),
    }
    return {key: value for key, value in (content | changes).items() if value is not ...}


def sign(folder: Path, name: str = "one.yml", **changes: Any) -> Path:
    """Write a waiver."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(yaml.safe_dump(waiver(**changes)))
    return folder


def decide(folder: Path, today: date = TODAY, data_version: str = DATA_VERSION) -> PartitionDecisions:
    """Return what the waivers in a folder say about the usual partition."""
    return read_decisions(folder, folder / "none", today).about(*PLACE, data_version)


def _spoilt(clean: Any, rows: int = 5) -> pd.DataFrame:
    frame = clean("police_street")
    # Not of anti-social behaviour, which alone may have no Crime ID.
    frame.loc[frame.index[frame.index % 4 != 0][:rows], "crime_type"] = "Piracy"
    return frame


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expires": 1}, "the key 'expires' is not known"),
        ({"signed_by": ...}, "nobody signed it"),
        ({"signed_by": {"name": "A"}}, "nobody signed it"),
        ({"signed_by": {"name": " ", "role": "x"}}, "name is missing, empty"),
        ({"reason": ...}, "reason is missing"),
        ({"reason": "fine"}, "too short to be one"),
        ({"rules": []}, "names no rule"),
        ({"rules": ["*"]}, "'\\*' is not a rule of police_street"),
        ({"rules": ["gate_crashed"]}, "'gate_crashed' can never be waived"),
        ({"rules": ["file_readable"]}, "'file_readable' can never be waived"),
        ({"rules": ["record_count_matches"]}, "can never be waived"),
        ({"rules": ["crime_id_repeats"]}, "withholds nothing"),
        ({"month": ..., "force": ..., "whole_dataset": True}, "too broad: police_street comes by month"),
        ({"month": ...}, "month is missing"),
        ({"month": "2024-13"}, "'2024-13' is not a month"),
        ({"force": "../kent"}, "is not a force id"),
        ({"dataset": "police"}, "'police' is not a dataset"),
        ({"dataset": "iod_2019"}, "iod_2019 comes whole"),
        ({"data_version": "any"}, "names no exact bytes"),
        ({"signed_on": "last week"}, "signed_on is missing or not a day"),
        ({"signed_on": date(2026, 2, 2)}, "a day to come"),
        ({"valid_until": date(2027, 1, 5)}, "too broad: 2026-01-05 to 2027-01-05"),
        ({"valid_until": date(2026, 1, 31)}, "expired on 2026-01-31 and no longer waives share_quarantined"),
    ],
)
def test_a_bad_waiver_is_named_and_waives_nothing(tmp_path: Path, changes: Any, message: str) -> None:
    """A waiver that nobody could be held to would be a hole in every gate."""
    decisions = read_decisions(sign(tmp_path, **changes), tmp_path / "none", TODAY)
    (problem,) = decisions.problems
    assert decisions.waivers == ()
    assert problem.text.startswith("waiver one.yml: ") and "Remedy: " in problem.text
    assert re.search(message, problem.text), problem.text


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "a: [",
        "dataset: a\ndataset: b\n",
        "\x00",
        "",
        "valid_until: 2025-02-30\n",
        "? [a]\n: b\n",
        "a: " + "[" * 3_000,
    ],
)
def test_a_file_that_is_no_waiver_stops_nobody(tmp_path: Path, text: str) -> None:
    """One damaged file would keep every month of every force from being judged."""
    sign(tmp_path, "sound.yml")
    (tmp_path / "broken.yml").write_text(text)
    decisions = read_decisions(tmp_path, tmp_path / "none", TODAY)
    assert [one.file for one in decisions.waivers] == ["sound.yml"]
    assert len(decisions.problems) == 1 and "broken.yml" in decisions.problems[0].text


def test_a_waiver_holds_for_its_bytes_and_place_alone(tmp_path: Path) -> None:
    """A waiver that outlived the bytes it was signed for would let in what nobody has looked at."""
    decisions = read_decisions(sign(tmp_path), tmp_path / "none", TODAY)
    assert decisions.about(*PLACE, DATA_VERSION).waived_rules == {"share_quarantined"}
    assert decisions.about(*PLACE, "cd" * 32).version is None
    assert decisions.about(PLACE[0], PLACE[1], "kent", DATA_VERSION).version is None
    assert decide(tmp_path, date(2026, 3, 31)).version is not None
    assert decide(tmp_path, date(2026, 4, 1)).version is None


def test_a_waived_rule_lets_the_partition_pass_and_stays_a_failure(tmp_path, clean, run) -> None:
    """A waiver that hid the failure would leave an auditor nothing to ask about."""
    frame = _spoilt(clean)
    rules = ["crime_type_known", "share_quarantined"]
    assert run("police_street", frame).verdict.status == "failed"
    signed = sign(tmp_path / "waivers", rules=["share_quarantined"])
    partly = run("police_street", frame, decisions=decide(signed)).verdict
    assert partly.status == "failed" and "crime_type_known" in partly.reason
    assert "share_quarantined" not in partly.reason.split("Remedy")[0]
    outcome = run("police_street", frame, decisions=decide(sign(tmp_path / "waivers", rules=rules)))
    verdict = outcome.verdict
    assert verdict.status == "passed"
    results = {result.rule: result for result in verdict.rules}
    assert not results["crime_type_known"].success
    assert results["crime_type_known"].waived_by == "one.yml"
    assert results["month_matches_file"].waived_by is None
    (used,) = verdict.waivers
    assert (used.signed_by, used.role, used.valid_until) == (
        "A. Auditor",
        "head of data governance",
        "2026-03-31",
    )
    # The rule about the records is waived by name, so they pass; the share counts those that do not.
    assert (verdict.record_count_validated, verdict.record_count_quarantined) == (40, 0)


def test_records_stay_in_quarantine_unless_the_waiver_names_their_rule(tmp_path, clean, run) -> None:
    """A waiver of a share would else let every bad record in with it."""
    # Two rules are each broken by a tolerable twentieth of the records, and together by too many.
    frame = clean("police_street")
    frame.loc[[1, 2], "crime_type"] = "Piracy"
    frame.loc[[5, 6], "month"] = "2020-01"
    assert run("police_street", frame).verdict.status == "failed"
    share = run("police_street", frame, decisions=decide(sign(tmp_path)))
    assert (share.verdict.status, share.verdict.record_count_quarantined) == ("passed", 4)
    named = run("police_street", frame, decisions=decide(sign(tmp_path, rules=["crime_type_known"])))
    assert (named.verdict.status, named.verdict.record_count_quarantined) == ("passed", 2)
    assert "Piracy" in set(named.accepted["crime_type"])
    for judged in (share.verdict, named.verdict):
        assert judged.record_count_validated + judged.record_count_quarantined == 40


def test_a_crash_and_an_unreadable_file_are_never_waived(tmp_path, clean, run, monkeypatch) -> None:
    """What could not be judged at all has nothing that a signature could accept."""
    decisions = decide(sign(tmp_path, rules=["crime_type_known", "share_quarantined", "month_matches_file"]))

    class Unreadable:
        rule, reason, remedy = "file_readable", "the file is cut short", "fetch the file again"

    verdict = run("police_street", clean("police_street"), problem=Unreadable(), decisions=decisions).verdict
    assert verdict.status == "failed" and verdict.waivers == ()
    monkeypatch.setattr("data_quality.examine.judge", lambda *_: Judgement(crash="boom"))
    verdict = run("police_street", clean("police_street"), decisions=decisions).verdict
    assert verdict.status == "crashed" and verdict.waivers == ()


def test_a_refused_waiver_is_named_where_the_partition_fails(tmp_path, clean, run) -> None:
    """Whoever signed would wonder why the data are still withheld."""
    expired = decide(sign(tmp_path, valid_until=date(2026, 1, 31)))
    reason = run("police_street", _spoilt(clean), decisions=expired).verdict.reason
    assert "Refused as well: waiver one.yml: it expired on 2026-01-31" in reason


def test_a_verdict_binds_to_its_waivers_and_shows_them(tmp_path, clean, run) -> None:
    """A verdict given under a waiver must end with it, and no report may pass over it."""
    folder = sign(tmp_path / "waivers", rules=["crime_type_known", "share_quarantined"])
    decisions = decide(folder)
    validated, quarantine = tmp_path / "validated", tmp_path / "quarantine"
    promote(run("police_street", _spoilt(clean), decisions=decisions), validated, quarantine)
    rules = suite_version("police_street")
    assert is_current(validated, DATA_VERSION, rules, decisions.version)
    assert not is_current(validated, DATA_VERSION, rules, decide(folder, date(2026, 4, 1)).version)
    sign(folder, rules=["crime_type_known", "share_quarantined"], reason="another reason, written later")
    assert not is_current(validated, DATA_VERSION, rules, decide(folder).version)
    verdict = read_verdict(validated)
    assert verdict.waivers == decisions.waivers
    write_report(gather_report(validated, quarantine, tmp_path / "none", with_history=False), tmp_path / "r")
    page = (tmp_path / "r" / "index.html").read_text()
    assert "waived by A. Auditor (head of data governance)" in page
