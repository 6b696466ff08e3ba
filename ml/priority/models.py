"""The models of a call's priority behind one interface, with their calibration."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ml.priority.calibrate import calibrate, calibrated, spread
from ml.priority.features import SEED, STRENGTH, Cases, Floats, Ints

LOOK_UP = "look_up"
_SMALLEST = 1e-4


@dataclass(frozen=True)
class Effort:
    """How much is spent on a model.

    Parameters
    ----------
    draws : int
        Settings that the randomised search draws of a learner beside the usual ones, which stay with 0.
    folds : int
        Folds of the predictions that calibration is learned from.
    trees : int
        Trees of a forest, and rounds of boosting.
    passes : int
        Passes of the neural network over the calls.
    replicates : int
        Bootstrap samples of the test calls.
    """

    draws: int = 12
    folds: int = 3
    trees: int = 80
    passes: int = 40
    replicates: int = 300


#: What a run of the pipeline spends: seconds, not minutes.
QUICK = Effort(draws=6, folds=2, trees=20, passes=10, replicates=200)


class Fitted(Protocol):
    """A model that has learned."""

    @property
    def unseen(self) -> Floats:
        """Chances of the training calls, each given before the model saw it: shape (calls, classes)."""
        ...

    def probabilities(self, cases: Cases) -> Floats:
        """Return the chance of each class: shape (calls, classes), rows summing to 1."""
        ...

    def classes(self, cases: Cases) -> Ints:
        """Return the class that is given to each call."""
        ...


class Model(Protocol):
    """A model that can learn."""

    @property
    def name(self) -> str:
        """Name in every table."""
        ...

    def fit(self, cases: Cases, target: Ints, class_count: int, effort: Effort) -> Fitted:
        """Learn from calls in order of time; ``target`` counts classes from 0."""
        ...


@dataclass(frozen=True)
class FittedLookUp:
    """The share of each class by call type."""

    shares: Mapping[str, Floats]
    overall: Floats
    unseen: Floats

    def probabilities(self, cases: Cases) -> Floats:
        """Return the shares of the calls' types; of all calls for a type that never came."""
        return np.array([self.shares.get(name, self.overall) for name in cases.call_type])

    def classes(self, cases: Cases) -> Ints:
        """Return the commonest class of the type."""
        return self.probabilities(cases).argmax(axis=1)


@dataclass(frozen=True)
class LookUp:
    """One column: the share of each class by call type, shrunk to that of all calls. The baseline."""

    name: str = LOOK_UP

    def fit(self, cases: Cases, target: Ints, class_count: int, effort: Effort) -> FittedLookUp:
        """Count, and count again without the call itself for what is unseen."""
        came = np.eye(class_count)[target]
        names, place = np.unique(cases.call_type.astype(str), return_inverse=True)
        overall = came.mean(axis=0)
        counts = np.zeros((len(names), class_count))
        np.add.at(counts, place, came)
        others = counts[place] - came + STRENGTH * overall
        shares = (counts + STRENGTH * overall) / (counts.sum(axis=1, keepdims=True) + STRENGTH)
        return FittedLookUp(
            dict(zip(names.tolist(), shares, strict=True)),
            overall,
            others / others.sum(axis=1, keepdims=True),
        )


@dataclass(frozen=True)
class FittedLearner:
    """A fitted estimator of scikit-learn and what makes its scores probabilities."""

    estimator: Any
    calibrator: Any
    class_count: int
    is_regression: bool
    unseen: Floats

    def probabilities(self, cases: Cases) -> Floats:
        """Return calibrated chances."""
        return calibrated(self.calibrator, _scores(self.estimator, cases.matrix, self), self.class_count)

    def classes(self, cases: Cases) -> Ints:
        """Return the likeliest class; of a regression of levels the nearest one."""
        if self.is_regression and self.class_count > 2:
            nearest = np.rint(self.estimator.predict(cases.matrix)).astype(np.int64)
            return np.clip(nearest, 0, self.class_count - 1)
        return self.probabilities(cases).argmax(axis=1)


@dataclass(frozen=True)
class Learner:
    """A learner of scikit-learn.

    Parameters
    ----------
    name : str
        Name in every table.
    make : callable
        Takes settings and effort, gives an estimator.
    choices : mapping
        Values from which the randomised search draws.
    is_regression : bool
        Whether it learns the class as a number.
    settings : mapping
        What `make` is given; empty for the usual ones.
    """

    name: str
    make: Callable[[Mapping[str, Any], Effort], Any]
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    is_regression: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    def fit(self, cases: Cases, target: Ints, class_count: int, effort: Effort) -> FittedLearner:
        """Predict by folds, calibrate and fit on everything."""
        from sklearn.exceptions import ConvergenceWarning

        shape = self._shape(class_count)
        with warnings.catch_warnings():
            # The network stops after its passes, converged or not.
            warnings.simplefilter("ignore", ConvergenceWarning)
            scores = self._by_folds(cases.matrix, target, shape, effort)
            estimator = self.make(self.settings, effort).fit(cases.matrix, target)
            calibrator = calibrate(scores, target, is_temperature=class_count > 2 and not self.is_regression)
        unseen = calibrated(calibrator, scores, class_count)
        return FittedLearner(estimator, calibrator, class_count, self.is_regression, unseen)

    def loss(
        self, seen: tuple[Cases, Ints], later: tuple[Cases, Ints], class_count: int, effort: Effort
    ) -> float:
        """Learn from some calls and return the loss on later ones, before calibration.

        It is the log loss, of a regression the squared error: comparable between settings of one learner.
        """
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator = self.make(self.settings, effort).fit(seen[0].matrix, seen[1])
        matrix, target = later[0].matrix, later[1]
        if self.is_regression:
            return float(np.mean((estimator.predict(matrix) - target) ** 2))
        scores = _scores(estimator, matrix, self._shape(class_count))
        return float(-scores[np.arange(len(target)), target].mean())

    def _shape(self, class_count: int) -> FittedLearner:
        return FittedLearner(None, None, class_count, self.is_regression, np.empty((0, class_count)))

    def _by_folds(self, matrix: Floats, target: Ints, shape: FittedLearner, effort: Effort) -> Floats:
        fold = np.random.default_rng(SEED).permutation(len(matrix)) % effort.folds
        width = 2 if self.is_regression else shape.class_count
        scores = np.empty((len(matrix), width))
        for number in range(effort.folds):
            is_out = fold == number
            fitted = self.make(self.settings, effort).fit(matrix[~is_out], target[~is_out])
            scores[is_out] = _scores(fitted, matrix[is_out], shape)
        return scores


def _scores(estimator: Any, matrix: Floats, shape: FittedLearner) -> Floats:
    """What calibration starts from: logs of probabilities, or a regression's value and its square."""
    if shape.is_regression:
        value = estimator.predict(matrix)
        return np.column_stack([value, value**2])
    return np.log(
        np.clip(spread(estimator, estimator.predict_proba(matrix), shape.class_count), _SMALLEST, 1)
    )


def _logistic(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=settings.get("strength", 0.1), max_iter=200))


def _bayes(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), GaussianNB(var_smoothing=settings.get("smoothing", 1e-2)))


def _tree(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(min_samples_leaf=settings.get("smallest", 40), random_state=SEED)


def _forest(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(effort.trees, random_state=SEED, **_forest_settings(settings))


def _forest_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "min_samples_leaf": settings.get("smallest", 10),
        "max_features": settings.get("features", 0.4),
    }


def _boosting(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=effort.trees,
        learning_rate=settings.get("rate", 0.06),
        max_leaf_nodes=settings.get("leaves", 6),
        l2_regularization=10.0,
        early_stopping=False,
        random_state=SEED,
    )


def _network(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPClassifier(
        (15, 15),
        alpha=settings.get("decay", 1.0),
        learning_rate_init=settings.get("rate", 0.005),
        max_iter=effort.passes,
        random_state=SEED,
    )
    return make_pipeline(StandardScaler(), network)


def _linear(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(settings.get("penalty", 1.0)))


def _forest_regression(settings: Mapping[str, Any], effort: Effort) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(effort.trees, random_state=SEED, **_forest_settings(settings))


_OF_FOREST = {"smallest": (2, 5, 10, 20, 40, 80), "features": (0.2, 0.4, 0.7, 1.0)}
#: The look-up first, as every other model is held against it.
MODELS: tuple[Model, ...] = (
    LookUp(),
    Learner("logistic_regression", _logistic, {"strength": (0.003, 0.01, 0.03, 0.3, 1.0, 3.0, 10.0)}),
    Learner("naive_bayes", _bayes, {"smoothing": (1e-4, 1e-3, 1e-1, 1.0, 10.0)}),
    Learner("decision_tree", _tree, {"smallest": (10, 20, 80, 160, 320)}),
    Learner("random_forest", _forest, _OF_FOREST),
    Learner(
        "gradient_boosting", _boosting, {"rate": (0.02, 0.03, 0.06, 0.1, 0.2), "leaves": (3, 4, 6, 10, 16)}
    ),
    Learner(
        "neural_network", _network, {"decay": (0.1, 0.3, 1.0, 3.0, 10.0), "rate": (0.001, 0.002, 0.005, 0.01)}
    ),
    Learner("linear_regression", _linear, {"penalty": (0.1, 10.0, 100.0, 1e3, 1e4)}, is_regression=True),
    Learner("forest_regression", _forest_regression, _OF_FOREST, is_regression=True),
)


def model_named(name: str) -> Model:
    """Return the model of a name, as `MODELS` holds it."""
    return next(model for model in MODELS if model.name == name)
