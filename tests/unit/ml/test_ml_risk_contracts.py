"""The page of the risk tables says what their contracts say, and their suites refuse what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data_quality.suites.boundaries import table_suites
from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.common.contracts_risk import RISK_CONTRACTS
from ml.common.crime_groups import GROUP_NAMES
from ml.risk.candidates import BASELINES, candidates

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data_contracts" / "risk.md"
_HEAD = """# Risk tables

Written from the contracts in `ml/common/contracts_risk.py`, which every write must keep; edit those, then run
`python -m tests.unit.ml.test_ml_risk_contracts`. Method, champions and limits are in
[methods/risk.md](../methods/risk.md). Amounts are those of the month after the last known one, of recorded
crime; a null interval means that no earlier month tells the error.
"""


def as_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for contract in RISK_CONTRACTS:
        parts.append(
            f"## {contract.name}\n\n{contract.grain} Key: {', '.join(f'`{k}`' for k in contract.key)}.\n"
        )
        rows = [
            f"| `{c.name}` | {c.type} | {'yes' if c.nullable else 'no'} | {c.description} |"
            for c in contract.columns
        ]
        parts.append("| column | type | null | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def test_the_page_is_current() -> None:
    """Readers would look for columns that are not there, or miss those that are."""
    assert PAGE.read_text(encoding="utf-8") == as_page()


def test_vocabularies_are_those_of_the_job() -> None:
    """A model or crime group that the contract does not know would stop a run at its end."""
    columns = {c.name: c for contract in RISK_CONTRACTS for c in contract.columns}
    names = {model.name for kind in ("lsoa", "grid") for model in candidates(kind, "full")}
    assert names == set(columns["model"].allowed) and set(BASELINES) <= names
    assert set(columns["crime_group"].allowed) == set(GROUP_NAMES)


def risk_rows(**changes: object) -> pd.DataFrame:
    """One good row of ml_risk_lsoa, with some values replaced."""
    row = {
        "lsoa_code": "E01000001",
        "crime_group": "burglary",
        "forecast_month": "2026-01-01",
        "model": "mean_12",
        "expected_crime_count": 2.0,
        "expected_harm_days": 800.0,
        "any_crime_probability": 0.86,
        "risk_rank": 1,
        "harm_scheme": "seed_article",
        "train_start_month": "2025-01-01",
        "train_end_month": "2025-12-01",
    }
    for name, unit in (("crime_count", 1.0), ("harm_days", 400.0)):
        bounds = {"lower_95": 0, "lower_80": 1, "upper_80": 4, "upper_95": 5}
        row |= {f"{name}_{bound}": unit * value for bound, value in bounds.items()}
    frame = pd.DataFrame([row | changes])
    months = ["forecast_month", "train_start_month", "train_end_month"]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in months})


BROKEN = [
    ({"crime_count_upper_80": 6.0}, "crime_count_intervals_in_order"),
    ({"harm_days_lower_95": 900.0}, "harm_days_intervals_in_order"),
    ({"train_end_month": "2026-01-01"}, "forecast_after_training"),
    ({"any_crime_probability": None}, "intervals_all_or_none"),
]


@pytest.mark.parametrize(("changes", "rule"), BROKEN)
def test_the_suite_names_a_broken_row(changes: dict[str, object], rule: str) -> None:
    """A forecast with crossed intervals, or of its own training, would be published."""
    rules = {found.name: found for found in table_suites("ml")["ml_risk_lsoa"].rules}
    derive: Callable[..., pd.Series] | None = rules[rule].derive
    assert derive is not None
    assert derive(risk_rows(), None).tolist() == [True]
    assert derive(risk_rows(**changes), None).tolist() == [False]


def test_the_contract_refuses_crossed_intervals_and_two_champions() -> None:
    """The write itself must fail: a suite comes after the table is there."""
    conform(risk_rows(), CONTRACTS["ml_risk_lsoa"])
    with pytest.raises(ContractError, match="must not exceed crime_count_upper_95"):
        conform(risk_rows(crime_count_upper_80=6.0), CONTRACTS["ml_risk_lsoa"])
    row = {
        "area_kind": "lsoa",
        "crime_group": "burglary",
        "force_slug": "all",
        "metric": "pai",
        "area_share": 0.05,
        "metric_value": 2.0,
        "metric_value_lower": 1.5,
        "metric_value_upper": 2.5,
        "origin_count": 8,
        "first_forecast_month": "2025-01-01",
        "last_forecast_month": "2025-08-01",
        "is_baseline": True,
        "is_champion": True,
        "verdict": "naive is the best",
    }
    one = pd.DataFrame([row | {"model": "naive"}, row | {"model": "naive", "force_slug": "eastvale"}])
    conform(one, CONTRACTS["ml_risk_backtest"])
    with pytest.raises(ContractError, match="both in all forces together and in each"):
        conform(one.head(1), CONTRACTS["ml_risk_backtest"])
    with pytest.raises(ContractError, match="no champion, or several"):
        conform(pd.concat([one, one.assign(model="mean_12")]), CONTRACTS["ml_risk_backtest"])
    rules = {found.name: found for found in table_suites("ml")["ml_risk_backtest"].rules}
    bad = rules["shares_are_shares"].derive
    assert bad is not None
    frame = pd.DataFrame({"metric": ["harm_pei", "pai", "hit_rate"], "metric_value": [1.2, 9.0, 0.4]})
    assert bad(frame, None).tolist() == [False, True, True]


if __name__ == "__main__":
    PAGE.write_text(as_page(), encoding="utf-8")
