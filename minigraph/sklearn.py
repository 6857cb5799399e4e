"""A network as a scikit-learn estimator. Needs the extra `sklearn`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigraph.arrays import Array
from minigraph.graph import Graph, Node, Parameter
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
    whose nodes are "x", "t" and what `make` named; ``mg.draw(model.graph_)`` draws it. logits_: the node of the scores.
    Errors: scikit-learn's for data that do not fit; ValueError where `make` gives other shapes.
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
        self.classes_, labels = np.unique(y, return_inverse=True)
        seeds = check_random_state(self.random_state).randint(LARGEST_SEED, size=2)
        network = (self.make or mlp)(X.shape[1], len(self.classes_), int(seeds[0]))
        # recorded on two rows: with one, BatchNorm has no variance
        x, t = (Node(np.resize(a, (2, *a.shape[1:])), name) for a, name in ((X, "x"), (labels, "t")))
        x.requires_grad = False
        self.logits_ = network(x)
        if self.logits_.shape != (2, len(self.classes_)):
            raise ValueError(
                f"GraphClassifier: for x of [2, {X.shape[1]}] the network gives {list(self.logits_.shape)}, "
                f"but must give logits of [2, {len(self.classes_)}]"
            )
        self.graph_ = Graph(SoftmaxWithLoss()(self.logits_, t))
        self.history_ = fit(
            self.graph_,
            {x: X, t: labels},
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
        return Softmax().forward(self.graph_.evaluate(self.logits_, x=X))

    def predict(self, X: Any) -> Array:
        """The most probable class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
