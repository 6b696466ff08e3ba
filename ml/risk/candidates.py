"""The models that the job lets compete for each crime group of months."""

from __future__ import annotations

from typing import Literal

from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean, SameSeason
from ml.risk.kernel import KernelDensity
from ml.risk.learners import Boosted, Forest, SupportVector
from ml.risk.level import Levelled, Levels
from ml.risk.mixture import Mixture
from ml.risk.model import Model, Remembered
from ml.risk.near_repeat import NearRepeat
from ml.risk.self_exciting import SelfExciting
from ml.risk.terrain import RiskTerrain

ModelSet = Literal["light", "full"]
#: The plainest that does well comes first: it is the one to publish where nothing can be judged.
DEFAULT = "mean_12"
BASELINES = ("naive", DEFAULT, "seasonal_naive")
#: In metres, by kind of area: a cell's edge, and about the distance between neighbourhoods' centres.
_BANDWIDTH = {"grid": 250.0, "lsoa": 500.0}
NEAR_M = {"grid": 400.0, "lsoa": 800.0}
#: Months have no days: who was hit in the last month is on alert in the next.
ALERT_DAYS = 31.0
#: Twelve months of a cell are few to tell a background from what it set off.
EXCITED_DAYS = 730.0


def candidates(area_kind: str, models: ModelSet, levels: Levels | None = None) -> list[Model]:
    """Return the candidates, unfitted; make new ones for each history.

    Baselines are what they are. Of every other model the map is its own, and the amount in all that of the
    level.

    Parameters
    ----------
    area_kind : str
        'lsoa' or 'grid'.
    models : str
        'light' leaves out what learns from features of places, deprivation among them, and takes minutes;
        'full' has everything.
    levels : Levels, optional
        Of the history that they will be fitted to; each keeps its own amount when not given.
    """
    every = _unlevelled(area_kind, models)
    if levels is None:
        return every
    return [model if model.name in BASELINES else Levelled(model, levels) for model in every]


def _unlevelled(area_kind: str, models: ModelSet) -> list[Model]:
    naive, year = Remembered(PeriodMean(1)), Remembered(PeriodMean(12))
    decayed, bayes = Remembered(Decayed(180)), Remembered(EmpiricalBayes(365))
    kernel = Remembered(KernelDensity(_BANDWIDTH[area_kind], 365, label="kernel"))
    near = Remembered(NearRepeat(NEAR_M[area_kind], ALERT_DAYS, bayes))
    counts = (naive, year, decayed, bayes, kernel)
    light: list[Model] = [naive, year, Remembered(SameSeason()), decayed, bayes, kernel, near]
    light.append(Remembered(Mixture(counts, windows=4, label="mixture")))
    light.append(Remembered(SelfExciting(EXCITED_DAYS)))
    if models == "light":
        return light
    terrain, boosted, forest = (Remembered(model) for model in (RiskTerrain(), Boosted(), Forest()))
    learners: list[Model] = [terrain, boosted, forest, Remembered(SupportVector())]
    mixed = Mixture((*counts, terrain, boosted, forest), windows=4, label="mixture_learners")
    return [*light, *learners, Remembered(mixed)]
