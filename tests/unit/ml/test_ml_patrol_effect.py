"""What a plan is expected to hold beside a plain count, and who lives in its areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.common.intervals import wilson_interval
from ml.patrol.capture import expected_capture
from ml.patrol.exposure import plan_exposure

CODES = list("abcdefghijklmno")


def _risk() -> pd.DataFrame:
    count = np.arange(1.0, 16.0)
    return pd.DataFrame(
        {"lsoa_code": CODES, "expected_crime_count": count, "expected_harm_days": count[::-1] * 10}
    )


def _plan() -> pd.DataFrame:
    return pd.DataFrame({"lsoa_code": ["a", "b", "o"], "selection": ["expected_harm"] * 2 + ["random"]})


def test_a_plan_is_held_beside_as_many_areas_with_most_records() -> None:
    """More areas for one of two choices, or records of areas that could not be named, would flatter it."""
    recorded = pd.DataFrame({"lsoa_code": ["n", "m", "a", "b", "z"], "crime_count": [50, 30, 15, 5, 1000]})
    table = expected_capture(_plan(), _risk(), recorded).set_index("choice")
    assert table["area_count"].tolist() == [3, 3, 2, 2, 1]
    # Of 100 records in areas that the plan could have named.
    assert table["crime_count_share"].tolist() == [0.2, 0.95, 0.2, 0.8, 0.0]
    assert table.loc["plan", "expected_harm_days"] == 150 + 140 + 10
    assert table.loc["plain_count", "expected_harm_days"] == 20 + 30 + 150
    assert table.loc["plan", "expected_harm_days_share"] == pytest.approx(300 / 1200)
    assert table.loc["plan", "area_share"] == pytest.approx(3 / 15)
    lower, upper = wilson_interval(95, 100)
    found = table.loc["plain_count", ["crime_count_share_lower", "crime_count_share_upper"]]
    assert found.tolist() == pytest.approx([float(lower), float(upper)])


def test_without_a_record_no_share_is_known() -> None:
    """Nothing of nothing is no share of zero: it would read as a plan that misses everything."""
    nothing = pd.DataFrame({"lsoa_code": [], "crime_count": []})
    table = expected_capture(_plan(), _risk().assign(expected_harm_days=0.0), nothing)
    assert table["crime_count_share"].isna().all() and table["expected_harm_days_share"].isna().all()
    assert table["crime_count_share_lower"].isna().all()


def test_who_lives_in_the_plan_is_counted_by_group() -> None:
    """Residents of another area, or of a group too small to show, would be counted or shown."""
    lsoas = pd.DataFrame(
        {
            "lsoa_code": CODES,
            "imd_2025_decile": [1] * 5 + [10] * 10,
            "asian_count": [60, 20, *[20] * 13],
            "black_count": 0,
            "mixed_count": 10,
            "white_count": 100,
            "other_count": [9, *[0] * 14],
        }
    )
    table = plan_exposure(_plan(), lsoas).set_index(["attribute", "group_name"])
    asian = table.loc["ethnic_group", "Asian"]
    assert (asian["resident_count"], asian["exposed_resident_count"]) == (340, 100)
    assert asian["exposed_share"] == pytest.approx(100 / 340)
    assert asian["exposed_share_lower"] <= 100 / 340 <= asian["exposed_share_upper"]
    assert asian["disparity_ratio"] == pytest.approx(100 / 340 / (300 / 1500))
    assert table.loc[("ethnic_group", "Other"), "is_suppressed"]
    assert np.isnan(table.loc[("ethnic_group", "Other"), "exposed_share"])
    assert table.loc[("imd_2025_decile", "1"), "exposed_resident_count"] == 60 + 20 + 10 * 2 + 100 * 2 + 9


def test_areas_without_a_decile_have_no_rows_by_decile() -> None:
    """Welsh areas would seem to be of no deprivation at all."""
    lsoas = pd.DataFrame({"lsoa_code": CODES, "imd_2025_decile": pd.array([None] * 15, dtype="Int64")})
    counts = dict.fromkeys(["asian_count", "black_count", "mixed_count", "white_count", "other_count"], 40)
    table = plan_exposure(_plan(), lsoas.assign(**counts))
    assert set(table["attribute"]) == {"ethnic_group"}
