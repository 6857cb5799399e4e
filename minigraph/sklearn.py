"""A network as a scikit-learn estimator. Needs the extra `sklearn`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigraph.arrays import Array, shape_text
from minigraph.graph import Graph, Node, Op, Parameter
from minigraph.layers import Affine, ReLU, Softmax, SoftmaxWithLoss
from minigraph.optim import Adam, Optimizer
from minigraph.sequential import Sequential
from minigraph.training import fit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError('minigraph.sklearn needs scikit-learn: pip install "minigraph[sklearn]"') from error

__all__ = ["GraphClassifier", "mlp"]

HIDDEN = 16  # units of the default network
LARGEST_SEED = 2**31 - 1


def mlp(n_features: int, n_classes: int, seed: int) -> Sequential:
    """The default network: Affine, ReLU, Affine with 16 units between."""
    rng = np.random.default_rng(seed)
    return Sequential(Affine(n_features, HIDDEN, seed=rng), ReLU(), Affine(HIDDEN, n_classes, seed=rng))


class GraphClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """p(class | x) = softmax(network(x)), trained by `mg.fit` on the cross-entropy.

    make: a function (n_features, n_classes, seed) that gives the network, any function of a node [N, n_features] whose
    result is logits [N, n_classes], such as a Sequential; None is `mlp` · epochs, batch_size: as in `mg.fit` ·
    optimizer: a function (parameters, learning_rate) that gives it, such as ``mg.SGD``; None is Adam · max_norm,
    patience: as in `mg.fit`; patience goes by the loss on the training data · compile: whether it trains compiled ·
    random_state: an int repeats first weights and order of the rows.

    Once fitted: classes_, n_features_in_, n_iter_ (epochs), loss_curve_ (one number per epoch), history_, and graph_,
    the graph of the loss: ``mg.draw(model.graph_)``. logits_ is its node of scores.
    Errors: scikit-learn's for data that do not fit; ValueError where `make` gives other shapes.

    >>> from minigraph.sklearn import GraphClassifier
    >>> X, t = np.array([[-2.0], [-1.0], [1.0], [2.0]]), ["no", "no", "yes", "yes"]
    >>> model = GraphClassifier(epochs=50, random_state=0).fit(X, t)
    >>> model.predict([[-3.0], [3.0]]).tolist()
    ['no', 'yes']
    >>> model.score(X, t)
    1.0
    """

    def __init__(
        self,
        make: Callable[[int, int, int], Callable[[Node], Node]] | None = None,
        *,
        epochs: int = 100,
        batch_size: int | None = 32,
        learning_rate: float = 0.01,
        optimizer: Callable[[Iterable[Parameter], float], Optimizer] | None = None,
        max_norm: float | None = None,
        patience: int | None = None,
        compile: bool = True,
        random_state: Any = None,
    ) -> None:
        self.make = make
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.optimizer = optimizer
        self.max_norm = max_norm
        self.patience = patience
        self.compile = compile
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> GraphClassifier:
        """Train anew on X [N, n_features] and y [N], one class each."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        _refuse_no_function("make", self.make, "(n_features, n_classes, seed) that gives a network")
        _refuse_no_function("optimizer", self.optimizer, "(parameters, learning_rate), such as mg.SGD")
        self.classes_, labels = np.unique(y, return_inverse=True)
        seeds = check_random_state(self.random_state).randint(LARGEST_SEED, size=2)
        # recorded on two rows: with one, BatchNorm has no variance
        self._origin = (self.make or mlp), int(seeds[0]), np.resize(X, (2, X.shape[1])), np.resize(labels, 2)
        self._record()
        self.history_ = fit(
            self.graph_,
            dict(zip(self._leaves, (X, labels))),
            self.epochs,
            (self.optimizer or Adam)(self.graph_.parameters, self.learning_rate),
            batch_size=self.batch_size,
            seed=int(seeds[1]),
            max_norm=self.max_norm,
            patience=self.patience,
            compile=self.compile,
            progress=False,
        )
        if self.history_.ended == "interrupted":
            raise KeyboardInterrupt  # a search or a validation around it has to stop too
        self.loss_curve_ = list(self.history_.loss)
        self.n_iter_ = len(self.loss_curve_)
        return self

    def predict_proba(self, X: Any) -> Array:
        """[N, n_classes], the columns in the order of ``classes_``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return Softmax().forward(self.graph_.evaluate(self.logits_, {self._leaves[0]: X}))

    def predict(self, X: Any) -> Array:
        """The most probable class of each row."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _record(self) -> None:
        """The graph of this network with its first weights."""
        make, seed, X, labels = self._origin
        self._leaves = x, t = Node(X, "x", requires_grad=False), Node(labels, "t")
        network = make(X.shape[1], len(self.classes_), seed)
        if not callable(network):
            raise TypeError(f"GraphClassifier: make gave {network!r}, but must give a function of a node, like a layer")
        self.logits_ = network(x)
        came = shape_text(self.logits_.shape) if isinstance(self.logits_, Node) else type(self.logits_).__name__
        if came != shape_text(needed := (2, len(self.classes_))):
            raise ValueError(
                f"GraphClassifier: for x of {shape_text(X.shape)} the network gives {came}, "
                f"but must give logits of {shape_text(needed)}"
            )
        self.graph_ = Graph(SoftmaxWithLoss()(self.logits_, t))

    def __getstate__(self) -> dict[str, Any]:
        """Without the graph, whose ops hold functions that no file can: it is made again, and gets its weights back."""
        state = dict(super().__getstate__())
        if "graph_" in state:
            del state["logits_"], state["_leaves"]
            state["_weights"] = [parameter.value for parameter in state.pop("graph_").parameters]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: value for name, value in state.items() if name != "_weights"})
        if "_weights" in state:
            self._record()
            for parameter, value in zip(self.graph_.parameters, state["_weights"]):
                parameter.value = value


def _refuse_no_function(name: str, given: object, needed: str) -> None:
    if given is not None and (isinstance(given, (Op, Sequential)) or not callable(given)):
        raise TypeError(f"GraphClassifier: {name} is {given!r}, but must be a function {needed}")
