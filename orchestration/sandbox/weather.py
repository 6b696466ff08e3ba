"""The city's weather: a seasonal cycle with noise, in the text columns of the Met Office's station files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.sandbox.plan import CityPlan

#: Months before the window of crime that a station's series goes back.
_EARLIER_MONTHS = 12
_PROVISIONAL_MONTHS = 3
_COLDEST_MONTH = 1
_LINE_END = "\r\n"


@dataclass(frozen=True)
class Weather:
    """The weather of every station by month.

    Parameters
    ----------
    months
        First days of the months, oldest first, shape (months,).
    temperature_max_c, temperature_min_c, rain_mm, sunshine_hours
        Measures, shape (stations, months), to one decimal.
    air_frost_days
        Days below 0 °C, same shape.
    """

    months: np.ndarray
    temperature_max_c: np.ndarray
    temperature_min_c: np.ndarray
    air_frost_days: np.ndarray
    rain_mm: np.ndarray
    sunshine_hours: np.ndarray


def draw_weather(plan: CityPlan, station_count: int) -> Weather:
    """Draw the weather of a number of stations: all share the year's course and a month's deviation from it.

    Parameters
    ----------
    plan
        Window and seed.
    station_count
        How many stations.
    """
    rng = plan.stream("weather")
    first = np.datetime64(plan.months[0], "M") - _EARLIER_MONTHS
    months = np.arange(first, np.datetime64(plan.months[-1], "M") + 1)
    shape = (station_count, len(months))
    season = -np.cos(2 * np.pi * (months.astype(int) % 12 + 1 - _COLDEST_MONTH) / 12)
    deviation = rng.normal(0, 1.1, len(months))
    warmth = 10.5 + 6.5 * season + deviation + rng.normal(0, 0.5, (station_count, 1))
    spread = 7.0 + 2.0 * season + rng.normal(0, 0.3, shape)
    lowest = warmth - spread / 2
    return Weather(
        months=months,
        temperature_max_c=np.round(warmth + spread / 2, 1),
        temperature_min_c=np.round(lowest, 1),
        air_frost_days=np.clip(np.round(14 - 3 * lowest), 0, 25).astype(int),
        rain_mm=np.round(rng.gamma(4.0, 14.0, shape), 1),
        sunshine_hours=np.round(np.clip(125 + 80 * season + rng.normal(0, 20, shape), 15, None), 1),
    )


def render_station(weather: Weather, place: int, name: str) -> bytes:
    """Return the file of one station, with the quirks of the real ones.

    Parameters
    ----------
    weather
        The city's weather.
    place
        Position of the station in it.
    name
        What the first line calls it.

    Returns
    -------
    bytes
        Text with CRLF line ends. Every second station states two sites, as stations do that were moved; the
        first has no sunshine recorder; some values are estimated; the newest months are provisional.
    """
    easting, northing = 440_000 + 1_500 * place, 290_000 + 900 * place
    site = f"{easting:d}E {northing:d}N, Lat 52.500 Lon -1.400, {40 + place} metres amsl"
    sites = [f"Location: {site}"]
    if place % 2:
        sites = [
            f"Location before 2024 {easting - 800:d}E {northing + 500:d}N, 61 metres amsl",
            f"  after {site}",
        ]
    head = [
        name,
        *sites,
        "A star after a value says that it is estimated.",
        "A month of which more than two days are lacking has --- in place of the value.",
        "A hash after sunshine says that an automatic sensor measured it.",
        "   yyyy  mm   tmax    tmin      af    rain     sun",
        "              degC    degC    days      mm   hours",
    ]
    lines = [_line(weather, place, month) for month in range(len(weather.months))]
    return (_LINE_END.join([*head, *lines]) + _LINE_END).encode("ascii")


def _line(weather: Weather, place: int, month: int) -> str:
    year, calendar = str(weather.months[month]).split("-")
    is_estimated = (month + place) % 9 == 4
    mark = "*" if is_estimated else " "
    has_sunshine = place > 0 and (month + 5 * place) % 17 != 3
    values = [
        f"{weather.temperature_max_c[place, month]:7.1f}{mark}",
        f"{weather.temperature_min_c[place, month]:7.1f}{mark}",
        f"{weather.air_frost_days[place, month]:7d}{mark}",
        f"{weather.rain_mm[place, month]:7.1f} ",
        f"{weather.sunshine_hours[place, month]:7.1f}{'#' if place % 3 == 2 else ' '}"
        if has_sunshine
        else "    --- ",
    ]
    is_provisional = month >= len(weather.months) - _PROVISIONAL_MONTHS
    return f"   {year}{int(calendar):4d}{''.join(values)}{' Provisional' if is_provisional else ''}".rstrip()
