"""Maps without a feature: all months that a run allows, no more fits than declared, paired intervals."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from ml.common.crime_groups import ALL_CRIME
from ml.fairness.feature_correlation import strongest_correlations
from ml.fairness.feature_removal import FITS, removal_sensitivity, removals
from ml.risk.candidates import candidates
from ml.risk.features import column_names, design
from ml.risk.study import Study, lsoa_study
from ml.risk.terrain import RiskTerrain
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

Floats = npt.NDArray[np.float64]
MONTHS, ORIGINS = 21, 9


@dataclass(frozen=True)
class Row:
    """A forecast that is the sum of what it is shown, or the same for all areas."""

    is_blind: bool

    def predict(self, rows: Floats) -> Floats:
        """Return the forecast of each row."""
        return np.zeros(len(rows)) if self.is_blind else np.nansum(rows, axis=1)


@dataclass(frozen=True)
class Plain:
    """A learner without any learning, which counts how often it is asked."""

    is_blind: bool = False
    seen: list[int] = field(default_factory=list)

    def learn(self, seen: Floats, came: Floats) -> Row:
        """Note how much was known."""
        self.seen.append(len(seen))
        return Row(self.is_blind)


def world(months: int) -> tuple[Study, pd.DataFrame]:
    """Return a study of some months, and its residents."""
    lsoas = neighbourhoods().assign(imd_2025_decile=np.arange(25) % 10 + 1)
    groups = ("asian", "black", "mixed", "white", "other")
    random = np.random.default_rng(4)
    lsoas = lsoas.assign(**{f"{name}_count": random.integers(1, 200, 25) for name in groups})
    return lsoa_study(records(months_of(months), 1), lsoas, months_of(months)), lsoas


def removed(months: int, learner: Plain) -> pd.DataFrame:
    """Return the table of a learner."""
    return removal_sensitivity(*world(months), learner)  # type: ignore[arg-type]


def test_every_month_is_forecast_by_few_fits() -> None:
    """A fit for every month would cost the job minutes; fewer months would tell nothing from chance."""
    learner = Plain()
    table = removed(MONTHS, learner)
    assert set(table["origin_count"]) == {ORIGINS}
    study, _ = world(MONTHS)
    assert len(learner.seen) == FITS * (1 + len(removals(column_names(study.cells))))
    # Each fit knows the months before the first that it forecasts, of which the first 3 are lags alone.
    assert sorted(set(learner.seen)) == [25 * (months - 3) for months in (12, 15, 18)]


def test_differences_lie_in_their_paired_intervals() -> None:
    """Unpaired intervals of 25 areas would hold any difference; bounds of a few months would hold none."""
    table = removed(MONTHS, Plain()).dropna(subset=["difference_lower"])
    difference = table["scenario_value"] - table["baseline_value"]
    assert (table["difference_lower"] <= difference).all() and (difference <= table["difference_upper"]).all()
    captures = table[table["measure"] == "capture_top_10_percent"]
    assert (captures["difference_upper"] - captures["difference_lower"]).max() < 0.2
    few = removed(MONTHS - 4, Plain())
    assert set(few["origin_count"]) == {ORIGINS - 4} and few["difference_lower"].isna().all()


def test_a_map_that_looks_at_nothing_loses_nothing() -> None:
    """Pairs of the same maps differ by 0 in every draw; a blind map catches its share of the area."""
    table = removed(MONTHS, Plain(is_blind=True))
    whole = table[table["group_name"] == "Everyone"]
    assert (whole["difference_lower"] == 0).all() and (whole["difference_upper"] == 0).all()
    caught = whole[whole["measure"] == "capture_top_5_percent"]["baseline_value"]
    assert caught.to_numpy() == pytest.approx(0.05)


def test_the_next_month_is_seen_alike_with_and_without_the_past_rows() -> None:
    """Features of the months between two fits are laid out on their own, and must be the same."""
    history = world(MONTHS)[0].counts[ALL_CRIME]
    for place in (12, 15):
        known = history.before(float(history.bounds[place]))
        end = float(history.bounds[place + 1])
        assert (
            design(known, end).ahead == pytest.approx(design(known, end, most=1).ahead, nan_ok=True)
        ) is True


def test_what_goes_with_a_group_is_found() -> None:
    """Of what is removed together the feature that stands in for a group must be named, with its sign."""
    number = np.arange(30.0)
    random = np.random.default_rng(2)
    features = {
        "income": -(number**3),
        "own_lag_1": random.permutation(number),
        "own_lag_2": np.where(number < 25, number, np.nan),
        "flat": np.ones(30),
        "unknown": np.full(30, np.nan),
    }
    areas = pd.DataFrame({"imd_2025_decile": np.arange(30) // 3 + 1})
    counts = {f"{name}_count": 0 for name in ("asian", "mixed", "other")}
    areas = areas.assign(**counts, black_count=number, white_count=100.0)
    scenarios = {
        "without_income": {"income"},
        "without_own_past": {"own_lag_1", "own_lag_2", "unknown"},
        "without_flat": {"flat", "unknown"},
    }
    found = strongest_correlations(features, scenarios, areas).set_index(["scenario", "group_name"])
    columns = ["most_correlated_feature", "feature_correlation"]
    assert found.loc[("without_income", "Black"), columns].to_list() == ["income", pytest.approx(-1)]
    assert found.loc[("without_income", "White"), columns].to_list() == ["income", pytest.approx(1)]
    assert found.loc[("without_own_past", "Black"), columns].to_list() == ["own_lag_2", pytest.approx(1)]
    decile = found.loc[("without_income", "1"), "feature_correlation"]
    assert -1 < decile < -0.98 and found.loc[("without_income", "10"), "feature_correlation"] == decile
    # What does not vary, or has nobody, goes with nothing.
    assert "without_flat" not in found.index and "Asian" not in found.index.get_level_values(1)


def test_correlations_stand_beside_the_effect_of_their_removal() -> None:
    """A correlation beside another scenario's effect would clear a feature that stands in for a group."""
    table = removed(MONTHS, Plain())
    study, lsoas = world(MONTHS)
    areas = study.areas[["lsoa_code"]].merge(lsoas, on="lsoa_code")
    rows = table[(table["scenario"] == "without_income") & (table["attribute"] == "imd_2025_decile")]
    expected = pd.Series(study.cells.features["income"]).corr(
        areas["imd_2025_decile"].astype(float), method="spearman"
    )
    assert rows["feature_correlation"].to_numpy() == pytest.approx(expected)
    assert set(rows["most_correlated_feature"]) == {"income"}
    whole = table[table["attribute"] == "all"]
    assert whole["feature_correlation"].isna().all() and whole["most_correlated_feature"].isna().all()


def test_no_light_candidate_sees_deprivation_or_residents() -> None:
    """The methods page says that the maps of the default set do not hang on them."""
    study, _ = world(MONTHS)
    history = study.counts[ALL_CRIME]
    random = np.random.default_rng(8)
    other = {name: random.permutation(values) for name, values in study.cells.features.items()}
    moved = replace(history, cells=replace(study.cells, features=other))
    until = study.until
    for one, again in zip(candidates("lsoa", "light"), candidates("lsoa", "light"), strict=True):
        assert one.fit(history).predict(until) == pytest.approx(again.fit(moved).predict(until), rel=1e-12)
    terrain = RiskTerrain(features=("income", "residents_log"))
    assert terrain.fit(history).predict(until) != pytest.approx(terrain.fit(moved).predict(until))
