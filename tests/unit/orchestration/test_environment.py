"""Settings: a run that is told something impossible must not start."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.environment import SettingsError, export_settings, read_settings, shift_month
from orchestration.paths import DataPaths


def test_the_sandbox_is_the_default() -> None:
    """A first run without settings would reach for the network."""
    settings = read_settings({})
    assert settings.profile == "sandbox"
    assert settings.forces == ("eastvale", "westmere")
    assert (settings.first_month, settings.last_month) == ("2023-01", "2025-12")
    assert settings.calls_agency == "san_jose"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CRIMEHARM_PROFILE": "production"}, "unknown profile 'production'"),
        ({"CRIMEHARM_HARM_SCHEME": "mine"}, "unknown harm scheme 'mine'"),
        ({"CRIMEHARM_LIVE_AREA": "atlantis"}, "unknown live area 'atlantis': choose one of central-london, "),
        (
            {"CRIMEHARM_CALLS_AGENCY": "../etc"},
            "agency '../etc': choose one of san_antonio, san_jose, seattle",
        ),
        ({"CRIMEHARM_RISK_MODELS": "all"}, "unknown risk models 'all': choose one of light, full"),
        ({"CRIMEHARM_FROM": "2024-13"}, "2024-13"),
        ({"CRIMEHARM_FROM": "2024-06", "CRIMEHARM_TO": "2024-01"}, "the window is empty"),
        (
            {"CRIMEHARM_FORCES": "../etc"},
            "knows no force '../etc': FORCES= takes ids such as eastvale, westmere",
        ),
        ({"CRIMEHARM_FORCES": ","}, "no force is named"),
        ({"CRIMEHARM_FORCES": "westmer"}, "no force 'westmer': FORCES= takes ids such as westmere"),
        ({"CRIMEHARM_FORCES": "bedfordshire"}, "the profile sandbox knows no force 'bedfordshire'"),
        ({"CRIMEHARM_PROFILE": "live", "CRIMEHARM_FORCES": "avon-somerset"}, "such as avon-and-somerset"),
        ({"CRIMEHARM_PROFILE": "mirror"}, r"needs MIRROR= \(CRIMEHARM_MIRROR\)"),
        ({"CRIMEHARM_PROFILE": "mirror", "CRIMEHARM_MIRROR": "no-such-folder"}, "is not a folder"),
    ],
)
def test_an_impossible_setting_is_refused_by_name(variables: dict[str, str], said: str) -> None:
    """An unknown profile or an empty window would run on something nobody asked for."""
    with pytest.raises(SettingsError, match=said.replace(".", r"\.")):
        read_settings(variables)


def test_a_mirror_offers_the_forces_and_months_that_it_holds(tmp_path: Path) -> None:
    """Without FORCES, FROM and TO a mirror run would miss files that lie in the folder."""
    for name in (
        "2024-01-kent-street.csv",
        "2024-03-city-of-london-street.csv.gz",
        "2023-01-kent-outcomes.csv",
    ):
        folder = tmp_path / name[:7]
        folder.mkdir(exist_ok=True)
        (folder / name).touch()
    settings = read_settings(
        {
            "CRIMEHARM_PROFILE": "mirror",
            "CRIMEHARM_MIRROR": str(tmp_path),
            "CRIMEHARM_REFERENCE": str(tmp_path),
        }
    )
    assert settings.forces == ("city-of-london", "kent")
    assert (settings.first_month, settings.last_month) == ("2024-01", "2024-03")


def test_an_empty_mirror_is_refused(tmp_path: Path) -> None:
    """A mistyped mirror folder would end in a release without a single row."""
    with pytest.raises(SettingsError, match="holds no street file"):
        read_settings(
            {
                "CRIMEHARM_PROFILE": "mirror",
                "CRIMEHARM_MIRROR": str(tmp_path),
                "CRIMEHARM_REFERENCE": str(tmp_path),
            }
        )


def test_the_live_window_ends_with_the_newest_month_that_can_be_out() -> None:
    """A window up to today asks for months that nobody has published."""
    settings = read_settings({"CRIMEHARM_PROFILE": "live"}, today=date(2026, 3, 15))
    assert (settings.first_month, settings.last_month) == ("2023-02", "2026-01")


@pytest.mark.parametrize(("profile", "area"), [("sandbox", "eastvale-centre"), ("live", "central-london")])
def test_the_live_feed_looks_where_the_profile_has_data(profile: str, area: str) -> None:
    """A preview of London would be asked of the synthetic city, and be empty."""
    assert read_settings({"CRIMEHARM_PROFILE": profile}).live_area == area


def test_exported_settings_read_back_the_same(tmp_path: Path) -> None:
    """A child process would run with other settings than its parent."""
    (tmp_path / "teams.yml").write_text("ops: {}")
    asked = {
        "CRIMEHARM_CONFIG": str(tmp_path / "teams.yml"),
        "CRIMEHARM_LIVE_AREA": "central-london",
        "CRIMEHARM_CALLS_AGENCY": "seattle",
        "CRIMEHARM_RISK_MODELS": "full",
    }
    settings = read_settings(asked | {"CRIMEHARM_FORCES": "westmere", "CRIMEHARM_TO": "2024-12"})
    assert read_settings(export_settings(settings)) == settings


@pytest.mark.parametrize(
    ("month", "by", "expected"), [("2024-01", -1, "2023-12"), ("2024-11", 14, "2026-01")]
)
def test_months_shift_over_the_turn_of_the_year(month: str, by: int, expected: str) -> None:
    """Windows that cross January would be off by a year."""
    assert shift_month(month, by) == expected


def test_a_data_folder_keeps_to_one_profile(tmp_path: Path) -> None:
    """Synthetic and real rows would meet in one warehouse."""
    paths = DataPaths(tmp_path)
    paths.claim(read_settings({"CRIMEHARM_DATA": str(tmp_path)}))
    paths.claim(read_settings({"CRIMEHARM_DATA": str(tmp_path)}))
    live = read_settings({"CRIMEHARM_PROFILE": "live", "CRIMEHARM_DATA": str(tmp_path)})
    with pytest.raises(SettingsError, match="holds data of the profile 'sandbox'"):
        paths.claim(live)


def test_in_a_rebuild_signed_files_hold_as_they_did_and_nothing_else_runs_in_it(tmp_path: Path) -> None:
    """A decision that has expired would let something be published, from a folder made to compare."""
    ordinary = read_settings({"CRIMEHARM_DATA": str(tmp_path)})
    rebuilt = replace(ordinary, rebuild_of="2025-12-0123456789", judged_on=date(2026, 2, 3))
    paths = DataPaths(tmp_path)
    assert paths.judged_on >= date(2026, 11, 25)
    paths.claim(rebuilt)
    paths.claim(rebuilt)
    assert paths.judged_on == date(2026, 2, 3)
    with pytest.raises(SettingsError, match="holds the rebuild of release '2025-12-0123456789'"):
        paths.claim(ordinary)
    assert read_settings(export_settings(rebuilt)).judged_on is None


def test_a_day_in_an_ordinary_folders_mark_is_not_followed(tmp_path: Path) -> None:
    """Whoever wrote a day there could publish under a decision that has expired."""
    (tmp_path / "profile.json").write_text('{"profile": "sandbox", "judged_on": "2020-01-01"}')
    assert DataPaths(tmp_path).judged_on >= date(2026, 11, 25)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A folder without permission, or below a file, would end in a traceback."""
    (tmp_path / "file").write_text("")
    below = read_settings({"CRIMEHARM_DATA": str(tmp_path / "file" / "data")})
    with pytest.raises(SettingsError, match=r"file/data.*choose another folder"):
        DataPaths(below.data).claim(below)
