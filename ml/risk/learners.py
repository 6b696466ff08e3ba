"""Learners on lags in space and time, deprivation, residents and the calendar."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml.risk.cells import Floats, Ints
from ml.risk.features import Design, design
from ml.risk.history import History

SEED = 20210321
#: Periods and cells to learn from, at most: with more, London's full set would not be done in minutes.
ROWS = 40_000


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees with a Poisson loss, in the spirit of the Dutch Crime Anticipation System.

    Parameters
    ----------
    rounds : int
        Trees.
    rate : float
        Learning rate.
    leaves : int
        Leaves of a tree.
    """

    rounds: int = 150
    rate: float = 0.05
    leaves: int = 15
    name: str = "boosted"

    def fit(self, history: History) -> Learner:
        """Keep the history: the features of the next period depend on its length."""
        return Learner(history, self)

    def learn(self, seen: Floats, came: Floats) -> Any:
        """A fitted regressor of rates."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        from ml.common.threads import one_thread

        boosting = HistGradientBoostingRegressor(
            loss="poisson",
            max_iter=self.rounds,
            learning_rate=self.rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=_smallest(50, len(seen)),
            early_stopping=False,
            random_state=SEED,
        )
        # A caller's limit does not hold for a library that was loaded after it, and threads of a busy machine
        # wait for each other at every leaf: that made a fit five times as long.
        with one_thread():
            return boosting.fit(seen, came)


@dataclass(frozen=True)
class Forest:
    """Random forest of the same features.

    Parameters
    ----------
    trees : int
        Trees; half of them for a large area, with more than twice the rows of a tree.
    smallest : int
        Fewest rows in a leaf.
    rows : int
        Rows that a tree is grown on, at most.
    """

    trees: int = 60
    smallest: int = 20
    rows: int = 15_000
    name: str = "forest"

    def fit(self, history: History) -> Learner:
        """Keep the history."""
        return Learner(history, self)

    def learn(self, seen: Floats, came: Floats) -> Any:
        """A fitted regressor of rates."""
        from sklearn.ensemble import RandomForestRegressor

        forest = RandomForestRegressor(
            n_estimators=self.trees if len(seen) <= 2 * self.rows else max(1, self.trees // 2),
            min_samples_leaf=_smallest(self.smallest, len(seen)),
            max_features=0.4,
            max_samples=min(self.rows, len(seen)),
            random_state=SEED,
            n_jobs=2,
        ).fit(seen, came)
        # Trees grow the same in any number of threads; their answers would be summed as they come.
        return forest.set_params(n_jobs=1)


@dataclass(frozen=True)
class SupportVector:
    """Linear support vector regression of the square root of the rate, on Nystroem features.

    The kernel is approximated on some landmarks, as an exact one grows with the square of the rows. Its
    score is turned into a rate by the best rising step function, so that expected counts are calibrated.

    Parameters
    ----------
    landmarks : int
        Landmarks of the kernel; 0 keeps the features as they are.
    """

    landmarks: int = 100
    name: str = "support_vector"

    def fit(self, history: History) -> Learner:
        """Keep the history."""
        return Learner(history, self)

    def learn(self, seen: Floats, came: Floats) -> Any:
        """A fitted regressor of rates."""
        from sklearn.impute import SimpleImputer
        from sklearn.isotonic import IsotonicRegression
        from sklearn.kernel_approximation import Nystroem
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PowerTransformer, StandardScaler
        from sklearn.svm import LinearSVR

        steps: list[Any] = [SimpleImputer(keep_empty_features=True), PowerTransformer()]
        if self.landmarks:
            width = 1.0 / seen.shape[1]
            steps += [Nystroem(gamma=width / 4, n_components=self.landmarks, random_state=SEED)]
            steps += [StandardScaler()]
        machine = LinearSVR(
            loss="squared_epsilon_insensitive", dual=False, C=0.01, epsilon=0.0, random_state=SEED
        )
        pipe = make_pipeline(*steps, machine).fit(seen, np.sqrt(came))
        steps_of_rate = IsotonicRegression(y_min=0.0, out_of_bounds="clip")
        return Calibrated(pipe, steps_of_rate.fit(pipe.predict(seen), came))


def _smallest(rows: int, all_rows: int) -> int:
    """Fewest rows in a leaf: a study area of a few cells has few rows."""
    return max(2, min(rows, all_rows // 40))


@dataclass(frozen=True)
class Calibrated:
    """A scorer whose scores are mapped to rates by isotonic regression, and by score within a step.

    Parameters
    ----------
    scorer, steps
        Fitted estimators of the score, and of the rate from the score.
    """

    scorer: Any
    steps: Any

    def predict(self, features: Floats) -> Floats:
        """Rates; the smallest part of the score keeps the order within a step."""
        score = self.scorer.predict(features)
        return np.asarray(self.steps.predict(score)) + 1e-9 * (score - score.min())


@dataclass(frozen=True)
class Learner:
    """A learner and its history.

    Parameters
    ----------
    history : History
        What is known.
    maker : Boosted, Forest or SupportVector
        What learns.
    """

    history: History
    maker: Boosted | Forest | SupportVector
    _answers: dict[float, Floats] = field(default_factory=dict)

    def predict(self, until: float) -> Floats:
        """Learn from past periods, and forecast the next; the same window is not learned twice."""
        if until not in self._answers:
            self._answers[until] = self._answer(until)
        return self._answers[until]

    def learned(self, until: float) -> Learned | None:
        """Return what is learned for a window; None where nothing was ever recorded."""
        return self._learn(design(self.history, until, rows=ROWS))

    def _learn(self, rows: Design) -> Learned | None:
        if not rows.came.any():
            return None
        # A lag longer than the history is empty, and a calendar of one length says nothing.
        is_empty = np.isnan(rows.seen)
        lowest = np.where(is_empty, np.inf, rows.seen).min(axis=0)
        highest = np.where(is_empty, -np.inf, rows.seen).max(axis=0)
        columns = np.flatnonzero(highest > lowest)
        return Learned(self.maker.learn(rows.seen[:, columns], rows.came / self.history.unit), columns)

    def _answer(self, until: float) -> Floats:
        rows = design(self.history, until, rows=ROWS)
        learned = self._learn(rows)
        if learned is None:
            return np.zeros(self.history.cells.count)
        return learned.amounts(rows.ahead, self.history.unit * (until - self.history.end))


@dataclass(frozen=True)
class Learned:
    """What a learner learned.

    Parameters
    ----------
    regressor
        Of rates, in units of a typical event.
    columns : ndarray of int
        Numbers of the features that it is given.
    """

    regressor: Any
    columns: Ints

    def expected(self, history: History, until: float) -> Floats:
        """Expected amount of each cell in the next window, shape (cells,)."""
        return self.amounts(design(history, until, rows=ROWS).ahead, history.unit * (until - history.end))

    def amounts(self, ahead: Floats, size: float) -> Floats:
        """Rates of such features, times a size."""
        return np.maximum(self.regressor.predict(ahead[:, self.columns]), 0.0) * size
