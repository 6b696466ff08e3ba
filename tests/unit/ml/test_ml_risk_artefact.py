"""Stored risk models: they give the published rows with their own history, and refuse another."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ml.risk.candidates
import ml.risk.judged
from ml.common.artefact import ArtefactError, describe, freeze, thaw
from ml.common.crime_groups import ALL_CRIME
from ml.common.document import write_document
from ml.risk.artefact import as_document, forecast_from, history_digest
from ml.risk.candidates import candidates
from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean, SameSeason
from ml.risk.learners import Boosted, Forest, SupportVector
from ml.risk.level import Levelled, Levels, levels_of
from ml.risk.mixture import Average, Mixture
from ml.risk.model import Model, Remembered
from ml.risk.published import Published, publish_risk
from ml.risk.stored import LEARNED, expected, stored
from ml.risk.study import Study, held_whole, lsoa_study
from orchestration.paths import DataPaths
from orchestration.risk_models import load_risk, store_risk
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

pytestmark = pytest.mark.usefixtures("one_thread")
MONTHS = months_of(13)
_FORECAST = """
import sys
from pathlib import Path
import pandas as pd
from ml.risk.artefact import forecast_from
from ml.risk.study import lsoa_study
from orchestration.paths import DataPaths
from orchestration.risk_models import load_risk
folder = Path(sys.argv[1])
records, lsoas = (pd.read_parquet(folder / f"{name}.parquet") for name in ("records", "lsoas"))
months = pd.date_range("2024-12-01", "2025-12-01", freq="MS").to_numpy().astype("datetime64[M]")
study = lsoa_study(records, lsoas, months)
forecast_from(*load_risk(DataPaths(folder), "lsoa"), study).to_parquet(folder / "rows.parquet")
"""


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records of a few neighbourhoods, and these."""
    lsoas = neighbourhoods().head(10)
    table = records(MONTHS, 97)
    return table[table["lsoa_code"].isin(lsoas["lsoa_code"])], lsoas


@pytest.fixture(scope="module")
def small() -> Any:
    """Learners that are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml.risk.candidates, "Boosted", partial(Boosted, rounds=5))
        patch.setattr(ml.risk.candidates, "Forest", partial(Forest, trees=3))
        patch.setattr(ml.risk.candidates, "SupportVector", partial(SupportVector, landmarks=5))
        yield


def few(area_kind: str, models: str, levels: Levels) -> list[Model]:
    """The baselines, and an ensemble of a count and a learner at its level."""
    parts = (Remembered(EmpiricalBayes(365)), Remembered(Boosted(rounds=5)))
    mixed = Remembered(Mixture(parts, windows=2, label="mixture_learners"))
    baselines = [Remembered(PeriodMean(1)), Remembered(PeriodMean(12)), Remembered(SameSeason())]
    return [*baselines, Levelled(mixed, levels)]


@pytest.fixture(scope="module")
def published(frames: tuple[pd.DataFrame, pd.DataFrame]) -> Published:
    """What is published when the ensemble is champion of all crime."""
    stretch = held_whole(pd.DataFrame({"force_slug": "a", "crime_month": frames[0]["crime_month"].unique()}))
    assert stretch is not None and len(stretch.months) == len(MONTHS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml.risk.judged, "GROUP_NAMES", (ALL_CRIME,))
        patch.setattr(ml.risk.judged, "MEMORY", 1)
        patch.setattr(ml.risk.judged, "candidates", few)
        patch.setattr(ml.risk.judged, "pick", lambda _: ("mixture_learners", "for the test"))
        return publish_risk(*frames, stretch, models="full", version="1", harm_scheme="seed_article")


@pytest.mark.parametrize("name", [model.name for model in candidates("lsoa", "full")])
def test_every_candidate_comes_back(published: Published, small: None, name: str) -> None:
    """Any of them can be the champion, and one that cannot be stored would stop the job on that day."""
    study = published.studies["lsoa"]
    history = study.harm[ALL_CRIME]
    levels = levels_of({ALL_CRIME: history})[ALL_CRIME]
    model = next(model for model in candidates("lsoa", "full", levels) if model.name == name)
    held = stored(model, history, study.until)
    if LEARNED in held:
        content = freeze(held[LEARNED])
        manifest = describe(content, name="m", data_version="d", code_version="c", features=())
        held = held | {LEARNED: thaw(content, manifest)}
    assert (expected(held, history, study.until) == model.fit(history).predict(study.until)).all()


def test_published_rows_come_from_files_and_history(
    published: Published, frames: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    """A file that needs a fit to forecast, or the process that wrote it, would be the model of nothing."""
    for name, frame in zip(("records", "lsoas"), frames, strict=True):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    paths = DataPaths(tmp_path)
    written = store_risk(paths, published, data_version="d", harm_scheme="seed_article")
    names = [f"{one.name}.{one.format}" for one in written]
    assert names == [
        "risk_lsoa.model.json",
        "risk_lsoa_all_crime.skops",
        "risk_grid.model.json",
        "risk_grid_all_crime.skops",
    ]
    assert "own_lag_1" in written[0].features and "income" in written[0].features
    subprocess.run([sys.executable, "-c", _FORECAST, str(tmp_path)], check=True)
    again = pd.read_parquet(tmp_path / "rows.parquet")
    table = published.tables["ml_risk_lsoa"]
    assert table["crime_count_lower_80"].notna().all() and set(table["model"]) == {"mixture_learners"}
    pd.testing.assert_frame_equal(again, table, check_dtype=False, rtol=1e-9, atol=0)
    on_grid = forecast_from(*load_risk(paths, "grid"), published.studies["grid"])
    pd.testing.assert_frame_equal(on_grid, published.tables["ml_risk_grid"], check_exact=True)
    # Learners of another run, under a manifest of their own.
    (paths.models / "risk_lsoa_all_crime.json").write_bytes(
        (paths.models / "risk_grid_all_crime.json").read_bytes()
    )
    with pytest.raises(ArtefactError, match="names other learners"):
        load_risk(paths, "lsoa")
    store_risk(paths, None, data_version="", harm_scheme="")
    assert not list(paths.models.iterdir())


def test_another_history_is_refused(published: Published, frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Parameters of one history on another give figures that nobody judged, and look like a forecast."""
    table, lsoas = frames
    held = as_document(published.studies["lsoa"], published.judged["lsoa"], "seed_article")
    assert forecast_from(*held, lsoa_study(table, lsoas, MONTHS)).shape[0] == 10
    others = (
        (table.iloc[1:], lsoas),
        (table.assign(harm_days=table["harm_days"] + 1), lsoas),
        (table, lsoas.assign(income_score=lsoas["income_score"] + 1)),
    )
    for other in others:
        with pytest.raises(ArtefactError, match="another history, 2024-12 to 2025-12"):
            forecast_from(*held, lsoa_study(*other, MONTHS))


def test_what_is_no_document_of_risk_is_refused(published: Published) -> None:
    """A document that was written by somebody else must not end in an error that names no remedy."""
    study: Study = published.studies["lsoa"]
    document, learners = as_document(study, published.judged["lsoa"], "seed_article")
    assert len(write_document(document)) < 5_000
    assert document["history_sha256"] == history_digest(study)
    for change in (
        {"groups": [{}]},
        {"groups": None},
        {"groups": [document["groups"][0] | {"models": {"count": {"kind": "eval"}, "harm": {}}}]},
    ):
        with pytest.raises(ArtefactError):
            forecast_from(document | change, learners, study)
    with pytest.raises(ArtefactError, match="no document"):
        forecast_from(document, {}, study)
    average = Average((PeriodMean(), Decayed()))
    with pytest.raises(ArtefactError, match="average_mean cannot be stored"):
        stored(average, study.counts[ALL_CRIME], study.until)
