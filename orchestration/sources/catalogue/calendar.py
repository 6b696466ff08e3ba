"""What explains a month's total besides crime: bank holidays and the weather. Both optional."""

from __future__ import annotations

from orchestration.sources.catalogue.model import Column, PublishedFiles, ReferenceDataset
from orchestration.sources.catalogue.terms import GOVUK, MET_OFFICE, OGL

# Ids in the Met Office's own addresses. Name and position are in each station's file.
WEATHER_STATIONS = ("cambridge", "cardiff", "durham", "heathrow", "oxford", "sheffield")

CALENDAR = (
    ReferenceDataset(
        slug="govuk_bank_holidays",
        title="UK bank holidays by division",
        grain="One row per division of the United Kingdom and bank holiday.",
        licence=OGL,
        attribution=GOVUK,
        home_page="https://www.gov.uk/bank-holidays",
        vintage="current (a window of years that moves)",
        columns=(
            Column("division", "text", "england-and-wales, scotland or northern-ireland"),
            Column("holiday_date", "date", "Day off, substitute days in place of those that they stand for"),
            Column("title", "text", "Name of the holiday, with the typographic apostrophe of GOV.UK"),
            Column("notes", "text", "Such as Substitute day; missing when there is none"),
        ),
        key=("division", "holiday_date"),
        is_optional=True,
        source=PublishedFiles("govuk", (("bank-holidays.json", "bank-holidays.json"),)),
        shapes=(
            ("bank-holidays.json",),
            ("bank-holidays*.json",),
        ),
        comes_in_parts=True,
    ),
    ReferenceDataset(
        slug="metoffice_monthly_weather",
        title="Monthly weather at Met Office stations",
        grain="One row per station and month.",
        licence=OGL,
        attribution=MET_OFFICE,
        home_page="https://www.metoffice.gov.uk/research/climate/maps-and-data/historic-station-data",
        vintage="current (each station's series to its newest month)",
        columns=(
            Column("station_id", "text", "Id in the Met Office's addresses, such as heathrow"),
            Column("station_name", "text", "Name as the file states it"),
            Column("easting_m", "double", "Easting of the latest site, British National Grid", "metres"),
            Column("northing_m", "double", "Northing of the latest site, British National Grid", "metres"),
            Column("weather_month", "date", "First day of the month"),
            Column("temperature_max_c", "double", "Mean of the daily highest temperatures", "°C"),
            Column("temperature_min_c", "double", "Mean of the daily lowest temperatures", "°C"),
            Column("air_frost_days", "integer", "Days with a temperature below 0 °C", "days"),
            Column("rain_mm", "double", "Total rain", "millimetres"),
            Column("sunshine_hours", "double", "Total sunshine", "hours"),
            Column("is_estimated", "boolean", "Whether any of the month's values is marked as estimated"),
            Column(
                "is_sunshine_from_sensor",
                "boolean",
                "Whether sunshine is from an automatic sensor, which reads otherwise than the older recorder",
            ),
            Column("is_provisional", "boolean", "Whether the month is not yet final"),
        ),
        key=("station_id", "weather_month"),
        is_optional=True,
        source=PublishedFiles(
            "metoffice",
            tuple(
                (f"pub/data/weather/uk/climate/stationdata/{station}data.txt", f"{station}data.txt")
                for station in WEATHER_STATIONS
            ),
        ),
        shapes=((*(f"{station}data.txt" for station in WEATHER_STATIONS), "metoffice_monthly_*.txt"),),
        comes_in_parts=True,
    ),
)
