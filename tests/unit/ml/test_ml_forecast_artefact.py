"""Stored forecasts: the published rows come again from the file alone, and a changed file is refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ml.forecast.models
from ml.common.artefact import ArtefactError, describe
from ml.common.document import DOCUMENT, read_document, write_document
from ml.common.model_card import Metric
from ml.forecast import fit_all
from ml.forecast.artefact import as_document, from_document
from ml.forecast.backtest import BASELINES
from ml.forecast.baselines import State
from ml.forecast.champions import Champion, Champions
from ml.forecast.errors import FEWEST_MONTHS, card_metrics
from ml.forecast.ets import Smoothing
from ml.forecast.ets_forms import FORMS, Form
from ml.forecast.models import CALENDAR_MODEL, fit_model, history_of
from ml.forecast.run import Forecasts
from ml.forecast.scores import scores_by_horizon
from orchestration.artefacts import load_document, remove_model, store_document
from orchestration.paths import DataPaths

pytestmark = pytest.mark.usefixtures("one_thread")
_FORECAST = """
import sys
from pathlib import Path
from orchestration.artefacts import load_document
from orchestration.paths import DataPaths
from ml.forecast.artefact import from_document
from_document(load_document(DataPaths(Path(sys.argv[1])), "forecast")).forecast(12).to_parquet(sys.argv[2])
"""
MONTHS = pd.date_range("2021-01-01", periods=50, freq="MS")
POOLED = np.array([np.nan, *range(11)])


def history(seed: int, level: float = 400.0) -> np.ndarray:
    """A season, a slow fall and noise."""
    wave = 1 + 0.2 * np.sin(2 * np.pi * MONTHS.month.to_numpy() / 12)
    return level * wave * 0.995 ** np.arange(50) + np.random.default_rng(seed).normal(0, 8, 50)


@pytest.fixture(scope="module")
def monthly() -> pd.DataFrame:
    """A total with its forces, and a force apart that is too short to be forecast."""
    parts = {"a": history(1), "b": history(2, 900.0)}
    named = [("total", "total", "", parts["a"] + parts["b"])]
    named += [(name, "force", "total", values) for name, values in parts.items()]
    named += [("new", "force", "", history(3)[:2])]
    return pd.concat(
        pd.DataFrame(
            {"series": name, "level": level, "parent_series": parent, "month": MONTHS[: len(values)]}
        ).assign(harm_days=values)
        for name, level, parent, values in named
    )


def fitted(monthly: pd.DataFrame) -> Forecasts:
    """What is published of it, without smoothing for its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml.forecast.models, "smoothed", lambda histories, *_: [None] * len(histories))
        return fit_all(monthly, harm_scheme="s", max_origins=6)


@pytest.fixture(scope="module")
def found(monthly: pd.DataFrame) -> Forecasts:
    """What is published of it."""
    return fitted(monthly)


def smoothing(form: Form) -> Smoothing:
    """A state of a form."""
    wave = 0.1 * np.sin(np.arange(12.0))
    season = {None: np.zeros(0), "add": wave, "mul": 1 + wave}[form.season]
    trend, damping = 0.02 * form.has_trend, 0.9 if form.is_damped else 1.0
    return Smoothing(form.label, 1.1, trend, season, 0.3, 0.1, 0.2, damping, 0.05, 30, 7.0)


def of_one(state: State) -> Champions:
    """A series that stands apart."""
    first, last = MONTHS[0], MONTHS[-1]
    one = Champion(
        "a",
        "force",
        "",
        "ets",
        state,
        {80: np.linspace(1, 2, 12), 95: np.ones(12)},
        POOLED,
        "long",
        first,
        last,
        "",
    )
    return Champions("crime_count", "", (one,), None)


@pytest.mark.parametrize("model", [*BASELINES, "arima", "count_regression", CALENDAR_MODEL, *FORMS])
def test_every_form_forecasts_the_same_from_its_file(model: str | Form) -> None:
    """Any of them can be the champion, and one that came back changed would go unseen until that day."""
    state: State
    if isinstance(model, Form):
        state = smoothing(model)
        assert state.label == model.label
    else:
        made = fit_model(model, history_of(MONTHS, history(4)))
        assert made is not None
        state = made[0]
    models = of_one(state)
    again = from_document(json.loads(write_document(as_document(models))))
    pd.testing.assert_frame_equal(again.forecast(18), models.forecast(18), check_exact=True)


def test_published_rows_come_from_the_file_alone(found: Forecasts, tmp_path: Path) -> None:
    """A file that needs the warehouse, or a fit, to forecast would be the model of nothing."""
    store_document(DataPaths(tmp_path), "forecast", as_document(found.models), data_version="d")
    target = tmp_path / "rows.parquet"
    subprocess.run([sys.executable, "-c", _FORECAST, str(tmp_path), str(target)], check=True)
    again = pd.read_parquet(target)
    assert found.forecast["is_reconciled"].sum() == 36 and again["harm_days"].isna().sum() == 12
    pd.testing.assert_frame_equal(again, found.forecast, check_dtype=False, rtol=1e-9, atol=0)


def test_the_same_series_give_the_same_bytes(monthly: pd.DataFrame, found: Forecasts) -> None:
    """The digest in a card would change from run to run without any change of the model."""
    again = fitted(monthly.sample(frac=1, random_state=1))
    first, other = (write_document(as_document(one.models)) for one in (found, again))
    assert first == other and len(first) < 20_000


def changed(document: dict[str, Any], place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A copy with one value changed."""
    copy = json.loads(json.dumps(document))
    part = copy
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("state", "kind"), "os.system"),
        (("state", "extra"), 1.0),
        (("state", "sigma"), "1.0"),
        (("state", "degrees"), True),
        (("state", "season"), [["a"]]),
        (("state", "label"), "ETS(A,N,M)"),
        (("factors",), None),
    ],
)
def test_a_document_that_is_no_forecast_is_refused(place: tuple[str | int, ...], value: Any) -> None:
    """Whoever can write both files could otherwise have another model publish figures, or break the run."""
    document = as_document(of_one(smoothing(FORMS[-1])))
    with pytest.raises(ArtefactError):
        from_document(changed(document, ("champions", 0, *place), value))


def test_a_tree_that_lacks_a_part_is_refused(found: Forecasts) -> None:
    """Forecasts would be made to add up over other series than they were judged on."""
    document = as_document(found.models)
    assert document["reconciliation"]["series"] == ["a", "b", "total"]
    for place, value in (
        (("reconciliation", "series"), ["a", "new", "total"]),
        (("reconciliation", "errors"), [[0.0, 1.0]]),
        (("measure",), "arrests"),
    ):
        with pytest.raises(ArtefactError, match="fit the models again"):
            from_document(changed(document, place, value))


def test_what_is_no_json_is_neither_stored_nor_read(tmp_path: Path) -> None:
    """NaN is no JSON, and a changed or half-written file must be named with its remedy."""
    for value in (math.nan, {"a": b"bytes"}):
        with pytest.raises(ArtefactError, match="cannot be stored as JSON"):
            write_document({"value": value})
    for content in (b"[1]", b'{"a": NaN}', b"\x80\x04pickle", b"[" * 100_000):
        manifest = describe(
            content, name="m", data_version="d", code_version="c", features=(), format=DOCUMENT
        )
        with pytest.raises(ArtefactError, match="fit"):
            read_document(content, manifest)
    paths = DataPaths(tmp_path)
    written = store_document(paths, "m", {"value": 0.1}, data_version="d")
    assert load_document(paths, "m") == {"value": 0.1} and "skops" not in written.libraries
    (paths.models / "m.model.json").write_bytes(b'{"value":0.2}\n')
    with pytest.raises(ArtefactError, match="not those of its manifest"):
        load_document(paths, "m")
    remove_model(paths, "m")
    assert not list(paths.models.iterdir())
    with pytest.raises(ArtefactError, match="missing"):
        load_document(paths, "m")


def test_errors_are_told_by_series(found: Forecasts) -> None:
    """A mean over forces would hide the force that is forecast badly."""

    def metrics(backtest: pd.DataFrame) -> list[Metric]:
        horizons = scores_by_horizon(backtest, found.scores, "harm_days")
        return card_metrics(backtest, found.scores, horizons, "harm_days")

    told = metrics(found.backtest)
    own = {one.group.split(",")[0]: one for one in told if one.name == "MASE" and "ahead" not in one.group}
    scores = found.scores[found.scores["is_champion"]].set_index("series")
    for group, series in (("total", "total"), ("force a", "a"), ("force b", "b")):
        metric = own[group]
        assert metric.value == scores["mase"][series]
        assert metric.lower < metric.value < metric.upper
        judged = found.scores[
            (found.scores["series"] == series) & (found.scores["model"] == "seasonal_naive")
        ]
        assert metric.baseline == judged["mase"].iloc[0]
    for one in told:
        is_long = int(one.group.split()[-2]) >= FEWEST_MONTHS
        assert (one.lower <= one.value <= one.upper) == is_long == (not math.isnan(one.lower))
    few = found.backtest[found.backtest["forecast_month"] > MONTHS[-6]]
    assert all(math.isnan(one.lower) for one in metrics(few))
    # A level without a backtest is named, once.
    without = metrics(found.backtest[found.backtest["level"] != "force"])
    assert [one.group for one in without if one.group.startswith("force")] == ["force, 3 series, 0 months"]
