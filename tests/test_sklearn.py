"""`GraphClassifier` as scikit-learn wants its estimators, and in the company of its tools."""

from __future__ import annotations

import copy
import importlib
import signal
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.base import clone
from sklearn.datasets import load_iris, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import minigraph as mg
from minigraph.layers import Affine, BatchNorm, Dropout, ReLU
from minigraph.sklearn import GraphClassifier

IRIS, SPECIES = load_iris(return_X_y=True)
QUICK = GraphClassifier(epochs=15, learning_rate=0.03, random_state=0)


@parametrize_with_checks([QUICK])
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def noisy(n_features: int, n_classes: int, seed: int) -> mg.Sequential:
    rng = np.random.default_rng(seed)
    return mg.Sequential(
        Affine(n_features, 12, seed=rng), BatchNorm(12), ReLU(), Dropout(0.1, seed=rng),
        Affine(12, n_classes, seed=rng),
    )  # fmt: skip


def test_cross_validation_of_a_pipeline() -> None:
    assert cross_val_score(make_pipeline(StandardScaler(), QUICK), IRIS, SPECIES, cv=3).mean() > 0.9


def test_a_search_over_its_settings() -> None:
    grid = {"learning_rate": [1e-7, 0.03], "optimizer": [None, mg.RMSProp]}
    search = GridSearchCV(clone(QUICK), grid, cv=2).fit(IRIS, SPECIES)
    assert search.best_params_["learning_rate"] == 0.03 and search.best_score_ > 0.9


def test_a_boundary_is_displayed() -> None:
    X, t = make_moons(100, noise=0.1, random_state=0)
    axes = Figure().subplots()
    display = DecisionBoundaryDisplay.from_estimator(clone(QUICK).fit(X, t), X, grid_resolution=20, ax=axes)
    assert display.response.shape == (20, 20) and display.response.max() > 0.8


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_network_of_your_own_repeated_copied_and_kept_in_a_file(compiled: bool, tmp_path: Path) -> None:
    def kept(model: GraphClassifier) -> GraphClassifier:
        joblib.dump(model, tmp_path / "model")
        return joblib.load(tmp_path / "model")

    names = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
    model = GraphClassifier(noisy, epochs=20, learning_rate=0.03, compile=compiled, random_state=3)
    model.fit(IRIS, names)
    p = model.predict_proba(IRIS)
    assert model.score(IRIS, names) > 0.9 and model.classes_.tolist() == sorted(set(names))
    assert model.n_iter_ == len(model.loss_curve_) == 20 and model.n_features_in_ == 4
    np.testing.assert_allclose(p.sum(axis=1), 1)
    for other in (clone(model).fit(IRIS, names), copy.deepcopy(model), kept(model)):
        np.testing.assert_array_equal(other.predict_proba(IRIS), p)
    assert not np.array_equal(clone(model).set_params(random_state=4).fit(IRIS, names).predict_proba(IRIS), p)
    changed = kept(model.set_params(make=None))  # what was fitted is what is kept
    np.testing.assert_array_equal(changed.predict_proba(IRIS), p)
    assert kept(clone(model)).get_params() == clone(model).get_params()


def test_one_class_one_column_and_patience() -> None:
    model = GraphClassifier(epochs=3, patience=1).fit([[1.0], [2.0]], ["a", "a"])
    assert model.predict([[5.0]]).tolist() == ["a"] and model.n_iter_ < 3
    assert model.history_.ended == "early"


def test_its_graph_can_be_drawn() -> None:
    model = clone(QUICK).fit(IRIS, SPECIES)
    assert "SoftmaxWithLoss" in mg.draw(model.graph_).source


@pytest.mark.parametrize(
    "make, came",
    [
        (lambda *_: Affine(4, 5), r"\[2, 5\]"),
        (lambda *_: lambda x: x.sum(), r"\[\]"),
        (lambda *_: lambda x: 3, "int"),
    ],
)
def test_a_network_of_another_shape_is_refused(make: Any, came: str) -> None:
    with pytest.raises(ValueError, match=rf"the network gives {came}, but must give logits"):
        GraphClassifier(make).fit(IRIS, SPECIES)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"make": mg.Sequential(Affine(4, 3))}, "make is Sequential.*, but must be a function .n_features"),
        ({"make": Affine(4, 3)}, "make is Affine.*, but must be a function .n_features"),
        ({"make": lambda *_: None}, "make gave None, but must give a function of a node"),
        ({"optimizer": "adam"}, "optimizer is 'adam', but must be a function .parameters, learning_rate"),
        ({"optimizer": mg.SGD([mg.Parameter(1.0)])}, "optimizer is SGD.*, but must be a function .parameters"),
    ],
)
def test_what_is_no_function_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"GraphClassifier: {message}"):
        GraphClassifier(**options).fit(IRIS, SPECIES)


def test_ctrl_c_is_passed_on() -> None:
    class Pressed(mg.SGD):
        def step(self) -> None:
            super().step()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        GraphClassifier(optimizer=Pressed, compile=False).fit(IRIS, SPECIES)


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "minigraph.sklearn")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(ImportError, match=r'pip install "minigraph\[sklearn\]"'):
        importlib.import_module("minigraph.sklearn")
