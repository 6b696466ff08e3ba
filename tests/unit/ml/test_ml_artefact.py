"""Stored models: the same fit gives the same bytes, and nothing that is not trusted is brought to life."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import pandas as pd
import pytest

from ml.common.artefact import ArtefactError, Manifest, _plain_array, describe, freeze, thaw
from ml.priority.artefact import as_parts, from_parts
from ml.priority.features import Knowledge, fit_encoder
from ml.priority.models import MODELS, QUICK
from orchestration.artefacts import load_model, store_model
from orchestration.paths import DataPaths

_FIT = """
import hashlib, sys
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from ml.common.artefact import freeze
rows = np.random.default_rng(1).normal(size=(200, 4))
forest = RandomForestRegressor(5, min_samples_leaf=5, random_state=1).fit(rows, np.exp(rows[:, 0]))
sys.stdout.write(hashlib.sha256(freeze({"forest": forest, "lowest": 0.1})).hexdigest())
"""


def rows() -> np.ndarray:
    """Return features; the first one decides."""
    return np.random.default_rng(1).normal(size=(200, 4))


def forest() -> Any:
    """Return the forest that `_FIT` grows as well."""
    from sklearn.ensemble import RandomForestRegressor

    seen = rows()
    return RandomForestRegressor(5, min_samples_leaf=5, random_state=1).fit(seen, np.exp(seen[:, 0]))


def manifest_of(content: bytes) -> Manifest:
    """Return a manifest of some bytes."""
    return describe(content, name="forest", data_version="d", code_version="c", features=("a", "b"))


@pytest.fixture(scope="module")
def frozen() -> bytes:
    """Bytes of a forest with a bound beside it."""
    return freeze({"forest": forest(), "lowest": 0.1})


def test_what_is_loaded_predicts_the_same(frozen: bytes) -> None:
    """A model that came back different would be published under the digest of another."""
    again = thaw(frozen, manifest_of(frozen))
    assert (again["forest"].predict(rows()) == forest().predict(rows())).all()
    assert again["lowest"] == 0.1


def test_the_same_fit_gives_the_same_bytes(frozen: bytes) -> None:
    """Times of day, addresses and gaps in memory in the file would give each run another digest."""
    import hashlib

    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": "."}
    other = subprocess.run(
        [sys.executable, "-c", _FIT], env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout == hashlib.sha256(frozen).hexdigest()
    assert {info.date_time[0] for info in ZipFile(io.BytesIO(frozen)).infolist()} == {1980}


def test_two_equal_numbers_are_stored_as_one_is() -> None:
    """Python keeps equal numbers as one object or as two, as it comes: runs would give other digests."""
    one = float("0.5")
    assert freeze({"a": one, "b": one}) == freeze({"a": float("0.5"), "b": float("0.5")})


def test_gaps_between_fields_are_cleared(frozen: bytes) -> None:
    """Records of a tree have bytes that no field owns; what lay there before would be stored."""
    with ZipFile(io.BytesIO(frozen)) as held:
        contents = [held.read(name) for name in held.namelist() if name.endswith(".npy")]
    found = 0
    for content in contents:
        array = np.load(io.BytesIO(content))
        if not array.dtype.fields:
            continue
        owned = np.zeros(array.dtype.itemsize, dtype=bool)
        for dtype, start, *_ in array.dtype.fields.values():
            owned[start : start + dtype.itemsize] = True
        records = np.frombuffer(content[-array.nbytes :], np.uint8).reshape(array.size, -1)
        assert not owned.all() and records[:, owned].any() and not records[:, ~owned].any()
        found += 1
    assert found == 5


def test_what_lay_in_a_gap_is_not_stored() -> None:
    """Memory that happens to be empty hides that it is kept; what is in a field must stay."""
    part = np.dtype({"names": ["a", "b"], "formats": ["<u1", "<f8"], "offsets": [0, 8], "itemsize": 16})
    records = np.frombuffer(bytes(range(1, 33)), part)
    file = io.BytesIO()
    np.save(file, records)
    assert file.getvalue()[-32:] == bytes(range(1, 33))
    plain = _plain_array(file.getvalue())
    assert plain[-32:] == b"".join(
        bytes([first, *[0] * 7, *range(first + 8, first + 16)]) for first in (1, 17)
    )
    assert (np.load(io.BytesIO(plain))["b"] == records["b"]).all()


@pytest.mark.parametrize("place", [100, 1_000, -40])
def test_a_changed_byte_is_refused(frozen: bytes, place: int) -> None:
    """A model that somebody changed on disk would predict under the name of the one that was judged."""
    changed = bytearray(frozen)
    changed[place] ^= 1
    with pytest.raises(ArtefactError, match="not those of its manifest"):
        thaw(bytes(changed), manifest_of(frozen))


class _Harmful:
    """What a pickle would run when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    """Whoever can write a file with its manifest could otherwise run code where models are loaded."""
    content = pickle.dumps(_Harmful(tmp_path / "ran"))
    with pytest.raises(ArtefactError, match="no skops file"):
        thaw(content, manifest_of(content))
    hidden = io.BytesIO()
    with ZipFile(hidden, "w") as held:
        held.writestr(ZipInfo("schema.json"), content)
    with pytest.raises(ArtefactError, match="no skops file"):
        thaw(hidden.getvalue(), manifest_of(hidden.getvalue()))
    as_pickle = replace(manifest_of(content), format="pickle")
    with pytest.raises(ArtefactError, match="not loaded, only skops"):
        thaw(content, as_pickle)
    assert not (tmp_path / "ran").exists()
    pickle.loads(content)
    assert (tmp_path / "ran").exists()


def test_an_untrusted_type_is_neither_stored_nor_loaded(frozen: bytes) -> None:
    """A file may name any importable class or function; only those of known models may come to life."""
    with pytest.raises(ArtefactError, match="not trusted"):
        freeze({"model": _Harmful(Path("x"))})
    changed = io.BytesIO()
    with ZipFile(io.BytesIO(frozen)) as held, ZipFile(changed, "w") as forged:
        for name in held.namelist():
            content = held.read(name)
            if name == "schema.json":
                text = content.decode()
                forest_class = '"RandomForestRegressor", "__module__": "sklearn.ensemble._forest"'
                assert forest_class in text
                content = text.replace(forest_class, '"Popen", "__module__": "subprocess"').encode()
            forged.writestr(name, content)
    with pytest.raises(ArtefactError, match=r"not trusted: subprocess\.Popen"):
        thaw(changed.getvalue(), manifest_of(changed.getvalue()))


def test_stored_on_disk_and_read_back(tmp_path: Path) -> None:
    """A model without its manifest, or beside another one's, must be refused with the remedy."""
    paths = DataPaths(tmp_path)
    written = store_model(paths, "forest", forest(), data_version="d", features=("a", "b"))
    assert (load_model(paths, "forest").predict(rows()) == forest().predict(rows())).all()
    held = json.loads((paths.models / "forest.json").read_text())
    assert held["sha256"] == written.sha256 and held["features"] == ["a", "b"] and held["data_version"] == "d"
    assert set(held["libraries"]) == {"scikit-learn", "numpy", "scipy", "skops"}
    with (paths.models / "forest.skops").open("ab") as stream:
        stream.write(b" ")
    with pytest.raises(ArtefactError, match="not those of its manifest"):
        load_model(paths, "forest")
    (paths.models / "forest.json").write_text("[]")
    with pytest.raises(ArtefactError, match="manifest cannot be read"):
        load_model(paths, "forest")
    (paths.models / "forest.json").unlink()
    with pytest.raises(ArtefactError, match=r"forest\.json: it is missing: fit the model again"):
        load_model(paths, "forest")


def made_calls() -> tuple[pd.DataFrame, np.ndarray]:
    """Calls with streets, and which of them are dangerous."""
    rng = np.random.default_rng(3)
    count = 300
    calls = pd.DataFrame(
        {
            "called_at_local": pd.date_range("2025-01-01", periods=count, freq="37min"),
            "call_type": rng.choice(["BURGLARY", "NOISE", None], count),
            "block_low": pd.array(rng.choice([100, 200], count), dtype="Int64"),
            "street": rng.choice(["N MAIN ST", "ELM AVE", None], count),
            "cross_street": rng.choice(["OAK ST", None], count),
            "longitude": rng.normal(-75, 0.1, count),
            "latitude": rng.normal(40, 0.1, count),
        }
    )
    return calls, (rng.random(count) < np.where(calls["call_type"] == "BURGLARY", 0.8, 0.2)).astype(np.int64)


def test_every_model_of_call_priority_comes_back() -> None:
    """Any of them can be the champion, and one that cannot be stored would stop the job on that day."""
    calls, target = made_calls()
    encoder, seen = fit_encoder(calls, target, Knowledge())
    for model in MODELS:
        fitted = model.fit(seen, target, 2, replace(QUICK, trees=3, passes=2))
        content = freeze(as_parts(encoder, fitted))
        decoder, again = from_parts(thaw(content, manifest_of(content)))
        expected = fitted.probabilities(encoder.apply(calls))
        assert (again.probabilities(decoder.apply(calls)) == expected).all(), model.name


def test_no_street_of_a_call_is_in_a_stored_model() -> None:
    """A model is kept and passed on where the calls are not: their texts must stay in staging."""
    calls, target = made_calls()
    encoder, seen = fit_encoder(calls, target, Knowledge())
    assert encoder.encoder is not None
    for model in MODELS:
        content = freeze(as_parts(encoder, model.fit(seen, target, 2, replace(QUICK, trees=3, passes=2))))
        with zipfile.ZipFile(io.BytesIO(content)) as stored:
            held = b"".join(stored.read(name) for name in stored.namelist())
        assert len(held) > 200 and not [text for text in (b"MAIN", b"ELM", b"OAK") if text in held], (
            model.name
        )
