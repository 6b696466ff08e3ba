"""Cards as files: what the release takes is what the asset shows, and no card outlives its model."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from unittest.mock import Mock

import pandas as pd
import pytest

from ml.common.artefact import Manifest
from ml.common.model_card import ModelCard
from ml.priority import assess_agency
from ml.profiles.tables import profile_areas
from orchestration.artefacts import store_model
from orchestration.defs.ml import deprivation, priority, profiles
from orchestration.defs.ml.area_queries import months_of
from orchestration.defs.ml.cards import publish_card
from orchestration.paths import DataPaths

CARD = ModelCard(
    name="Model",
    version="1",
    purpose="Tests.",
    data="None",
    period=("2025-01", "2025-12"),
    champion="a",
    baseline="b",
    verdict="c",
    metrics=(),
    limits=(),
    fairness=(),
)
MANIFEST = Manifest("model", "d", "c", ("a",), {"numpy": "2"}, "ab" * 32)


def test_a_card_names_the_digest_of_its_model(tmp_path: Path) -> None:
    """Without it nobody can tell which bytes the figures of a card are about."""
    paths = DataPaths(tmp_path)
    shown = publish_card(paths, "model", CARD, MANIFEST)
    text = (paths.model_cards / "model.md").read_text()
    assert text.endswith(f"## Artefact\n\n- model.skops, sha256 {'ab' * 32}\n")
    assert shown["model_card"].value == text and shown["artefact_sha256"].value == "ab" * 32
    refitted = publish_card(paths, "model", CARD)
    assert list(refitted) == ["model_card"]
    assert "- None is stored" in (paths.model_cards / "model.md").read_text()


def test_a_card_goes_with_its_model(tmp_path: Path) -> None:
    """The card of an earlier run would be published beside tables that are empty now."""
    paths = DataPaths(tmp_path)
    assert publish_card(paths, "model", None) == {}
    publish_card(paths, "model", CARD)
    assert publish_card(paths, "model", None) == {}
    assert not list(paths.model_cards.glob("*"))


@pytest.mark.parametrize("module", [deprivation, priority, profiles])
def test_a_model_goes_when_there_is_too_little_to_fit(tmp_path: Path, module: ModuleType) -> None:
    """Who loads models would go on with one of data that are held no more, which no card tells of."""
    paths = DataPaths(tmp_path)
    store_model(paths, module._ARTEFACT, {"a": 1.0}, data_version="d", features=("a",))
    publish_card(paths, module.CARD_NAME, CARD)
    run, window = Mock(paths=paths), pd.DataFrame({"start": [pd.NaT], "end": [pd.NaT]})
    no_areas = pd.DataFrame({"lsoa_code": [], "resident_count": [], "month_count": [], "is_profiled": []})
    no_counts = pd.DataFrame({"lsoa_code": [], "crime_type": [], "crime_count": []})
    asked = {
        deprivation: lambda: (run, Mock(scores=pd.DataFrame()), window, "d"),
        priority: lambda: (run, pd.DataFrame(), assess_agency(pd.DataFrame())),
        profiles: lambda: (run, profile_areas(no_areas, no_counts), window, "d", []),
    }
    assert module._card(*asked[module]()) == {}
    assert not [path for folder in (paths.models, paths.model_cards) for path in folder.glob("*")]


def test_a_window_without_records_has_no_months() -> None:
    """A warehouse without any record must give empty tables, not an error about a month that is none."""
    empty = pd.DataFrame({"window_start_month": [pd.NaT], "window_end_month": [pd.NaT]})
    assert months_of(empty) == ("none", "none")
    first, last = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-01")
    assert months_of(empty.assign(window_start_month=first, window_end_month=last)) == ("2025-01", "2025-12")
