"""The published risk models as a document and files of learners, and the published rows from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.common.artefact import ArtefactError
from ml.risk.judged import Judged
from ml.risk.spread import Expected, with_intervals
from ml.risk.stored import LEARNED, Stored, expected
from ml.risk.study import Study
from ml.risk.tables import forecast_table

if TYPE_CHECKING:
    import pandas as pd

#: Learners of one crime group by their place in its model.
Learners = dict[str, dict[str, Any]]
_MEASURES = ("count", "harm")


@dataclass(frozen=True, eq=False)
class Forecast:
    """One crime group of a study, as stored models expect it.

    Parameters
    ----------
    group, champion : str
        Crime group, and the model.
    count, harm : Expected
        What is expected of the next month.
    """

    group: str
    champion: str
    count: Expected
    harm: Expected


def as_document(
    study: Study, judged: Sequence[Judged], harm_scheme: str
) -> tuple[dict[str, Any], dict[str, Learners]]:
    """Return what was learned of one kind of area, apart from the history.

    Parameters
    ----------
    study : Study
        Areas and histories.
    judged : sequence of Judged
        Its crime groups.
    harm_scheme : str
        Scheme of the harm days.

    Returns
    -------
    document : dict
        Plain values, with a digest of the history that they go with.
    learners : dict of str to dict
        By crime group, what is no plain value; groups without any are left out.
    """
    groups, learners = [], {}
    for one in judged:
        own: Learners = {}
        models = {name: _lifted(one.learned[name], name, own) for name in _MEASURES}
        spreads = {name: _spread(answer) for name, answer in (("count", one.count), ("harm", one.harm))}
        groups.append({"group": one.group, "champion": one.champion, "models": models, "spreads": spreads})
        if own:
            learners[one.group] = own
    document = {
        "area_kind": study.area_kind,
        "harm_scheme": harm_scheme,
        "months": [str(study.months[0]), str(study.months[-1])],
        "history_sha256": history_digest(study),
        "groups": groups,
    }
    return document, learners


def forecast_from(
    document: Mapping[str, Any], learners: Mapping[str, Learners], study: Study
) -> pd.DataFrame:
    """Forecast the next month from stored models and the history that they learned from.

    Parameters
    ----------
    document, learners
        As `as_document` gave them.
    study : Study
        Areas and histories.

    Returns
    -------
    DataFrame
        Table ``ml_risk_lsoa`` or ``ml_risk_grid``.

    Raises
    ------
    ArtefactError
        When the history is another one, or the document is none of risk models.
    """
    try:
        if document["history_sha256"] != history_digest(study):
            raise ArtefactError(
                f"the models of {document['area_kind']} learned from another history, "
                f"{' to '.join(document['months'])}: give that one, or fit them again"
            )
        shown = [_forecast(one, learners.get(one["group"], {}), study) for one in document["groups"]]
        return forecast_table(study, shown, str(document["harm_scheme"]))
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ArtefactError(f"this is no document of risk models ({error!r}): fit them again") from error


def history_digest(study: Study) -> str:
    """Return a digest of areas, months and every event of a study."""
    cells = study.cells
    digest = hashlib.sha256(f"{study.area_kind} {study.months[0]} {study.months[-1]}".encode())
    digest.update("\n".join(study.areas.iloc[:, 0].astype(str)).encode())
    arrays: list[npt.NDArray[Any]] = [
        cells.xy,
        cells.area,
        *(cells.features[name] for name in sorted(cells.features)),
    ]
    if cells.lattice is not None:
        arrays += [
            cells.lattice.index,
            np.array([cells.lattice.left, cells.lattice.bottom, cells.lattice.size]),
        ]
    for group in sorted(study.counts):
        for history in (study.counts[group], study.harm[group]):
            arrays += [history.cell, history.day, history.weight, history.bounds]
    for array in arrays:
        digest.update(f"{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _spread(answer: Expected) -> dict[str, float | None]:
    """What the intervals rest on; JSON has no NaN."""
    known = {"dispersion": answer.dispersion, "freedom": answer.freedom}
    return {name: None if np.isnan(value) else value for name, value in known.items()}


def _lifted(held: Stored, place: str, learners: Learners) -> Stored:
    """The same model with the place of what is no plain value, which goes to the learners."""
    plain = {name: value for name, value in held.items() if name not in (LEARNED, "parts")}
    if LEARNED in held:
        learners[place] = held[LEARNED]
        plain[LEARNED] = place
    if "parts" in held:
        parts = [_lifted(part, f"{place}.{number}", learners) for number, part in enumerate(held["parts"])]
        plain["parts"] = parts
    return plain


def _lowered(plain: Stored, learners: Mapping[str, dict[str, Any]]) -> Stored:
    held = dict(plain)
    if LEARNED in plain:
        held[LEARNED] = learners[plain[LEARNED]]
    if "parts" in plain:
        held["parts"] = [_lowered(part, learners) for part in plain["parts"]]
    return held


def _forecast(one: Mapping[str, Any], learners: Learners, study: Study) -> Forecast:
    found = {}
    for name, histories in zip(_MEASURES, (study.counts, study.harm), strict=True):
        history, spread = histories[one["group"]], one["spreads"][name]
        mean = expected(_lowered(one["models"][name], learners), history, study.until)
        known = [spread[figure] for figure in ("dispersion", "freedom")]
        dispersion, freedom = (float("nan") if value is None else float(value) for value in known)
        found[name] = with_intervals(mean, history, dispersion, freedom)
    return Forecast(str(one["group"]), str(one["champion"]), found["count"], found["harm"])
