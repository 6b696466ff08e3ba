"""Computed bank holidays beside those that GOV.UK published."""

from __future__ import annotations

import json
from datetime import date

from ml.forecast.covariates import bank_holidays
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

# Holidays that were declared or moved for one occasion: published, and not computed.
_DECLARED_ONCE = {"2020-05-08", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"}
# What the rule gives in their place in the years in which a holiday was moved.
_MOVED_AWAY = {"2020-05-04", "2022-05-30"}


def test_computed_holidays_are_the_published_ones() -> None:
    """A rule that is wrong by a day at Easter would put a holiday into another month."""
    text = (REAL_FILES / "calendar" / "bank-holidays_flat.json").read_text(encoding="utf-8")
    published = {date.fromisoformat(event["date"]) for event in json.loads(text)["england-and-wales"]}
    years = range(min(published).year, max(published).year + 1)
    computed = {day for year in years for day in bank_holidays(year)}
    once = {date.fromisoformat(day) for day in _DECLARED_ONCE}
    moved = {date.fromisoformat(day) for day in _MOVED_AWAY}
    print(f"{len(published)} published from {min(years)} to {max(years)}")
    assert published - computed == {day for day in once if day.year in years}
    assert computed - published == {day for day in moved if day.year in years}
