"""The patrol plan: most harm first, a part kept for chance, one digest, and what an error does to it."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.patrol import Capacity, plan_digest, propose_plan, simulate_plan
from ml.patrol.feedback import Policy
from ml.patrol.figures import plan_map
from ml.patrol.over_recording import places_of, simulate_over_recording
from tests.unit.ml.broken_rules import broken_rules
from tests.unit.ml.patrol_frames import AREAS, lsoa_frame, risk_frame

CAPACITY = Capacity(team_count=3, areas_per_team=4, random_share=0.25)


def test_the_areas_of_most_harm_come_first() -> None:
    """An area passed over for one with less harm would make every reason in the plan untrue."""
    plan = propose_plan(risk_frame(), CAPACITY).sort_values("patrol_rank")
    all_crime = risk_frame().query("crime_group == 'all_crime'")
    best = all_crime.nlargest(9, "expected_harm_days")["lsoa_code"]
    led = plan[plan["selection"] == "expected_harm"]
    assert list(led["lsoa_code"]) == list(best)
    first = led.iloc[0]
    assert first["lsoa_code"] == "E01000007"
    assert first["leading_crime_group"] == "violence_robbery"
    assert first["leading_group_harm_share"] == pytest.approx(0.9)
    assert first["harm_share"] == pytest.approx(1000 / all_crime["expected_harm_days"].sum(), abs=1e-6)
    assert "1000.0 harm days" in first["reason"] and "violence robbery 90%" in first["reason"]


@pytest.mark.parametrize(
    ("capacity", "by_harm", "at_random"),
    [
        (CAPACITY, 9, 3),
        (Capacity(1, 1, 0.2), 0, 1),
        (Capacity(2, 5, 0.0), 10, 0),
        (Capacity(2, 5, 0.1), 9, 1),
        (Capacity(50, 50, 0.2), 48, 12),
    ],
)
def test_chance_keeps_its_share(capacity: Capacity, by_harm: int, at_random: int) -> None:
    """A share that rounding eats, or more areas than there are, would leave the loop without damping."""
    plan = propose_plan(risk_frame(), capacity)
    counts = plan["selection"].value_counts()
    assert (counts.get("expected_harm", 0), counts.get("random", 0)) == (by_harm, at_random)
    assert plan["lsoa_code"].is_unique and plan["team"].between(1, capacity.team_count).all()


def test_chance_is_the_same_for_the_same_forecast_and_moves_with_the_month() -> None:
    """A plan that differs at every run cannot be approved; areas at random that never move are not random."""
    risk = risk_frame()
    shuffled = risk.sample(frac=1.0, random_state=1)
    assert plan_digest(propose_plan(risk)) == plan_digest(propose_plan(shuffled))
    drawn = [
        set(propose_plan(risk.assign(forecast_month=month)).query("selection == 'random'")["lsoa_code"])
        for month in pd.date_range("2026-01-01", periods=12, freq="MS")
    ]
    assert len(set.union(*drawn)) > 2 * len(drawn[0])


def test_the_digest_survives_the_warehouse_and_nothing_else_does() -> None:
    """An approval names the digest: it must not change on its way, nor stay when the plan changes."""
    plan = propose_plan(risk_frame(), CAPACITY)
    digest = plan["plan_sha256"].iloc[0]
    connection = duckdb.connect()
    connection.register("plan", plan)
    assert plan_digest(connection.execute("select * from plan order by lsoa_code desc").df()) == digest
    assert plan_digest(plan.assign(status="approved")) == digest
    for column in ("reason", "selection", "lsoa_code", "harm_scheme"):
        changed = plan.assign(**{column: plan[column].where(plan["patrol_rank"] != 2, "changed")})
        assert plan_digest(changed) != digest, column
    assert plan_digest(plan[plan["patrol_rank"] > 1]) != digest
    assert plan_digest(plan.assign(random_share=0.26)) != digest


def test_an_area_without_expected_harm_has_no_leading_group() -> None:
    """0/0 must read as nothing known, and never as a share."""
    plan = propose_plan(risk_frame(), Capacity(60, 1, 0.0)).set_index("lsoa_code")
    assert pd.isna(plan.loc["E01000009", "leading_crime_group"])
    assert np.isnan(plan.loc["E01000009", "leading_group_harm_share"])
    assert len(plan) == AREAS


def test_no_forecast_gives_no_plan() -> None:
    """A first run without enough months must not fail, nor send anybody anywhere."""
    assert propose_plan(risk_frame().head(0)).empty
    assert simulate_plan(lsoa_frame().assign(imd_2025_decile=None)).empty


@pytest.mark.parametrize("wrong", [(0, 1, 0.2), (1, 0, 0.2), (1, 1, 1.1), (1, 1, float("nan"))])
def test_a_capacity_that_no_plan_can_be_made_of_is_refused(wrong: tuple[int, int, float]) -> None:
    """A typing error in a setting would otherwise read as a plan for nobody."""
    with pytest.raises(ValueError, match=r"team|random_share"):
        Capacity(*wrong)


def test_the_contract_knows_no_approved_plan() -> None:
    """Whatever wrote `approved` into the table, it was no person."""
    plan = propose_plan(risk_frame(), CAPACITY)
    with pytest.raises(ContractError, match="approved"):
        conform(plan.assign(status="approved"), CONTRACTS["ml_patrol_plan"])


def test_an_error_of_the_record_draws_patrols_and_chance_is_not_made_by_it() -> None:
    """A simulation deaf to the error would let every plan pass the policy."""
    found = simulate_plan(lsoa_frame(), CAPACITY)
    end = found[found["last_day"] == found["last_day"].max()]
    by_ratio = end[end["policy"] == "plan"].set_index("over_recording_ratio")["error_amplification"]
    assert by_ratio[1.0] == 1 and by_ratio[1.5] > 1.05
    patrols = end.set_index(["policy", "over_recording_ratio"])["group_patrol_share"]
    assert patrols["plan", 1.5] < patrols["plan_without_random", 1.5]
    pd.testing.assert_frame_equal(found, simulate_plan(lsoa_frame().iloc[::-1], CAPACITY))


def test_the_stated_error_is_what_other_runs_differ_by() -> None:
    """A bound is read beside this error: one that is too small would make chance look like a finding."""
    frame = lsoa_frame().assign(daily=lambda lsoas: lsoas["expected_crime_count"] / 30)
    places = places_of(frame, "daily")
    policies = {"plan": Policy(random_share=0.2)}

    def at_the_end(seed: int) -> pd.Series:
        found = simulate_over_recording(places, patrol_share=0.2, runs=8, policies=policies, seed=seed)
        return found[found["over_recording_ratio"] > 1].iloc[-1]

    ends = pd.DataFrame([at_the_end(seed) for seed in range(20)])
    spread, stated = (
        ends["error_amplification"].std(),
        ends["error_amplification_standard_error"].mean(),
    )
    # Both ratios meet the same incidents, which can only bring them nearer than independent ones.
    assert 0.3 < spread / stated < 1.5
    alone = simulate_over_recording(places, patrol_share=0.2, runs=1, policies=policies)
    assert alone["error_amplification"].notna().all()
    assert alone["error_amplification_standard_error"].isna().all()


def test_the_suites_keep_what_is_right_and_break_what_is_not() -> None:
    """A suite that nothing breaks guards nothing."""
    risk = risk_frame()
    plan = propose_plan(risk, CAPACITY)
    held = {"ml_patrol_plan": plan, "ml_risk_lsoa": risk, "ml_patrol_feedback": simulate_plan(lsoa_frame())}
    assert broken_rules("ml_patrol_plan", held) == []
    assert broken_rules("ml_patrol_feedback", held) == []
    without_chance = held | {"ml_patrol_plan": plan[plan["selection"] != "random"]}
    assert broken_rules("ml_patrol_plan", without_chance) == ["random_part_is_kept"]
    passed_over = held | {"ml_patrol_plan": plan[plan["patrol_rank"] != 1]}
    assert broken_rules("ml_patrol_plan", passed_over) == ["most_harm_comes_first"]
    other = held | {"ml_patrol_plan": plan.assign(expected_harm_days=0.5, status="approved")}
    assert broken_rules("ml_patrol_plan", other)[:2] == ["never_approves_itself", "as_forecast"]
    one = held["ml_patrol_feedback"].query("policy == 'plan'")
    assert broken_rules("ml_patrol_feedback", {"ml_patrol_feedback": one}) == ["both_policies_there"]


def test_the_map_shows_both_kinds_of_areas() -> None:
    """Areas at random that look like predicted ones would be read as dangerous."""
    import shapely

    plan = propose_plan(risk_frame(), CAPACITY)
    boxes = [shapely.to_wkb(shapely.box(n % 8, n // 8, n % 8 + 1, n // 8 + 1)) for n in range(AREAS)]
    figure = plan_map(plan, lsoa_frame().assign(geometry_wkb=boxes))
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["9 most expected harm", "3 drawn at random"]
    colours = {tuple(colour) for colour in figure.axes[0].collections[0].get_facecolors()}
    assert len(colours) == 3
