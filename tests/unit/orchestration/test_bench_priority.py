"""What the benchmark of call priority holds beside its figures: what was published, the target, places."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ml.priority.features import fit_encoder, precisions_held
from ml.priority.splits import usual_scenarios
from orchestration.bench_priority import read_agency
from orchestration.bench_priority_places import place_scenarios, read_dated_calls
from orchestration.bench_priority_published import calibration_verdict, comparison, matrices
from tests.unit.sources.test_source_calls_reader import write


def _score(model: str, value: float, gain: float, target: str = "dangerous") -> dict[str, object]:
    return {
        "target": target,
        "model": model,
        "metric": "accuracy",
        "value": value,
        "value_lower": value - 0.01,
        "value_upper": value + 0.01,
        "look_up_value": 0.85,
        "gain_lower": gain - 0.01,
        "gain_upper": gain + 0.01,
    }


def test_published_figures_stand_beside_ours_and_the_look_up() -> None:
    """A figure that is called reproduced although its interval lies elsewhere would be a false claim."""
    scores = pd.DataFrame(
        [
            _score("random_forest", 0.852, 0.0),
            _score("naive_bayes", 0.80, -0.05),
            _score("random_forest", 0.70, 0.02, "priority"),
        ]
    )
    told = comparison(scores)
    assert "| dangerous | random_forest | accuracy | 0.85 | 0.852 [0.842, 0.862] | 0.850 |" in told
    assert "random_forest accuracy (dangerous) is within its interval of what was published, and not" in told
    assert "naive_bayes accuracy (dangerous) is above what was published, and clearly worse than" in told
    assert "random_forest accuracy (priority) is below what was published, and clearly better than" in told
    assert "logistic" not in told


def test_the_target_is_judged_with_what_chance_makes() -> None:
    """An error that chance makes, or one that it does not, would be told as the other."""
    figures = {
        "kept": (0.01, 0.02),
        "excused": (0.03, 0.04),
        "missed": (0.03, 0.02),
    }
    part = pd.DataFrame(
        [
            {"model": model, "metric": metric, "value": value}
            for model, values in figures.items()
            for metric, value in zip(
                ("expected_calibration_error", "calibration_floor_upper"), values, strict=True
            )
        ]
    )
    told = calibration_verdict(part, 0.02)
    assert told == (
        "Calibration error below 0.02: 1 of 3 models (kept); the least is 0.0100 (kept); "
        "within what chance makes: excused."
    )


def test_a_matrix_is_printed_by_what_was_true() -> None:
    """Misses and false alarms that change places would make a cautious model look careless."""
    rows = [(1, 1, 50), (1, 0, 7), (0, 1, 11), (0, 0, 1_000)]
    frame = pd.DataFrame(rows, columns=["true_level", "given_level", "call_count"])
    assert "| look_up | 50 | 7 | 11 | 1,000 |" in matrices(frame.assign(model="look_up", decision="at_half"))


def test_a_street_table_gives_places_at_every_precision(tmp_path: Path) -> None:
    """San Jose's calls have no coordinates: with a table beside them, exact places would still be streets."""
    numbered = [
        {
            "EID": str(number),
            "CALL_NUMBER": f"P{number}",
            "ADDRESS": f"[{100 * (number % 3)}]-[{100 * (number % 3) + 100}] N ELM AV ",
            "OFFENSE_TIME": f"{number % 24}:00:00",
        }
        for number in range(60)
    ]
    write(tmp_path, *numbered, name="policecalls2024.csv")
    bare = read_agency("san_jose", tmp_path)
    assert precisions_held(bare) == ("none", "exact")
    (tmp_path / "san_jose_street_centroids.csv").write_text(
        "street,block_low,longitude,latitude\nN ELM AV,100,-121.8812,37.3391\nN ELM AV,,-121.9234,37.3012\n",
        encoding="utf-8",
    )
    placed = read_agency("san_jose", tmp_path)
    assert precisions_held(placed) == ("none", "rounded_1", "rounded_2", "exact")
    assert {one.knowledge.precision for one in usual_scenarios(placed)} == set(precisions_held(placed))
    target = (placed.index.to_numpy() % 2).astype("int64")
    by_precision = {
        one.knowledge.precision: fit_encoder(placed, target, one.knowledge)[1].matrix[:, -3:-1]
        for one in usual_scenarios(placed)
    }
    is_block = (placed["block_low"] == 100).to_numpy()
    for precision, own, other in (
        ("exact", (-121.8812, 37.3391), (-121.9234, 37.3012)),
        ("rounded_2", (-121.88, 37.34), (-121.92, 37.30)),
        ("rounded_1", (-121.9, 37.3), (-121.9, 37.3)),
    ):
        matrix = by_precision[precision]
        assert (abs(matrix[is_block] - own) < 1e-9).all() and (abs(matrix[~is_block] - other) < 1e-9).all()


def test_calls_by_day_have_every_precision_and_no_hour(tmp_path: Path) -> None:
    """A record that comes twice, or a level that ranks nothing, would be judged as a call."""
    header = "CAD.Event.Number,Initial.Call.Type,Priority,Incident.Date,Blurred_Longitude,Blurred_Latitude\n"
    (tmp_path / "potential_a_calls_2020.csv").write_text(
        header + "2,THEFT,3,2020-02-01,-122.28,47.63\n1,FIGHT,1,2020-01-01,-122.29,47.61\n", encoding="utf-8"
    )
    (tmp_path / "potential_b_calls_2020.csv").write_text(
        header + "1,FIGHT,1,2020-01-01,-122.29,47.61\n3,PREMISE CHECK,7,2020-01-05,-122.29,47.61\n",
        encoding="utf-8",
    )
    calls = read_dated_calls(tmp_path)
    assert calls["incident_id"].tolist() == [1, 2]
    asked = [(one.knowledge.precision, one.knowledge.has_call_type) for one in place_scenarios(calls)]
    assert len(asked) == len(set(asked)) == 8
    assert read_dated_calls(tmp_path / "nothing").empty
