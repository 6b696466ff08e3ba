"""Calendar and weather of the sandbox: the published formats, quirks included, and one known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import requests

from orchestration.sandbox.calendar import render_bank_holidays
from orchestration.sandbox.city import City
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sandbox.weather import draw_weather
from orchestration.sources.catalogue import WEATHER_STATIONS
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.http import make_session
from orchestration.sources.reference import fetch_reference
from orchestration.sources.reference_readers import read_reference

STATIONS = "/metoffice/pub/data/weather/uk/climate/stationdata"


def _read(server: SandboxServer, dataset: str, folder: Path):
    paths = []
    with make_session(retries=0) as session:
        for file in fetch_reference(dataset, sandbox_endpoints(server.base_url), session):
            paths.append(folder / file.name)
            paths[-1].write_bytes(file.content)
    return read_reference(dataset, paths)


def test_bank_holidays_are_those_of_the_real_calendar(server: SandboxServer, tmp_path: Path) -> None:
    """Counts by month would be wrong in the demo, and nobody could check them against a diary."""
    frame = _read(server, "govuk_bank_holidays", tmp_path)
    days = frame[frame["division"] == "england-and-wales"].set_index("holiday_date")["title"]
    assert days.groupby(days.index.year).size().to_dict() == dict.fromkeys(range(2022, 2027), 8)
    assert days["2024-03-29"] == "Good Friday" and days["2024-04-01"] == "Easter Monday"
    assert days["2023-01-02"] == "New Year’s Day"
    assert days["2022-12-27"] == "Christmas Day" and days["2022-12-26"] == "Boxing Day"


def test_the_window_of_bank_holidays_moves_with_the_plan() -> None:
    """A longer city would have months of which no holiday is known."""
    text = render_bank_holidays("2023-01", "2025-12").decode()
    assert '"2022-01-03"' in text and '"2027-12-27"' in text and '"2028-' not in text
    assert "New Year’s Day" in text


def test_every_station_has_every_month(server: SandboxServer, small_city: City, tmp_path: Path) -> None:
    """What is read must be what was drawn, or the warehouse's means cannot be checked."""
    frame = _read(server, "metoffice_monthly_weather", tmp_path)
    weather = small_city.weather
    assert frame.groupby("station_id").size().to_dict() == dict.fromkeys(
        WEATHER_STATIONS, len(weather.months)
    )
    highest = frame.pivot(index="station_id", columns="weather_month", values="temperature_max_c")
    assert np.allclose(highest.loc[list(WEATHER_STATIONS)], weather.temperature_max_c)
    rain = frame.pivot(index="station_id", columns="weather_month", values="rain_mm")
    assert np.allclose(rain.loc[list(WEATHER_STATIONS)], weather.rain_mm)


def test_quirks_of_the_real_files_are_there(server: SandboxServer, tmp_path: Path) -> None:
    """A reader tested on tidy files alone breaks on the first real one."""
    text = requests.get(f"{server.base_url}{STATIONS}/cardiffdata.txt", timeout=30).content.decode("ascii")
    assert "\r\n" in text and "---" in text and "*" in text and text.count("Provisional") == 3
    assert "Location before 2024" in text
    frame = _read(server, "metoffice_monthly_weather", tmp_path)
    assert frame["is_estimated"].any() and frame["is_sunshine_from_sensor"].any()
    assert frame.groupby("station_id")["sunshine_hours"].apply(lambda hours: hours.isna().all()).sum() == 1
    sites = frame.groupby("station_id")[["easting_m", "northing_m"]].nunique()
    assert (sites == 1).all().all()


def test_weather_has_a_season_and_a_seed() -> None:
    """A model could learn nothing from noise, and a demo that changes from run to run proves nothing."""
    weather = draw_weather(SMALL_CITY, 3)
    again = draw_weather(SMALL_CITY, 3)
    assert (weather.temperature_max_c == again.temperature_max_c).all()
    month = weather.months.astype(int) % 12 + 1
    july, january = (weather.temperature_max_c[:, month == m].mean() for m in (7, 1))
    assert july - january > 8
    assert (weather.temperature_max_c > weather.temperature_min_c).all()


@pytest.mark.parametrize("path", [f"{STATIONS}/atlantisdata.txt", "/arcgis-hub/api/download/v1/items/x/csv"])
def test_what_is_not_held_is_not_found(server: SandboxServer, path: str) -> None:
    """A misspelt station would look like one without data."""
    assert requests.get(server.base_url + path, timeout=30).status_code == 404


def test_layers_describe_themselves(server: SandboxServer) -> None:
    """The client takes the page size and the row number from here."""
    wards = requests.get(
        f"{server.base_url}/arcgis/LSOA21_WD24_LAD24_EW_LU/FeatureServer/0?f=json", timeout=30
    ).json()
    assert (wards["maxRecordCount"], wards["objectIdField"]) == (20, "ObjectId")
    missing = requests.get(f"{server.base_url}/arcgis/None/FeatureServer/0?f=json", timeout=30).json()
    assert missing["error"]["code"] == 400
