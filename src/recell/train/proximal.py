"""Gradient descent and Adagrad with l1 and l2 penalties taken as proximal steps."""

from __future__ import annotations

from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops.training import apply_proximal_adagrad, apply_proximal_gradient_descent
from recell.train._apply import like, refs
from recell.train.adagrad import AdagradOptimizer
from recell.train.optimizer import Optimizer


class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent, then `var = sign(var) * max(|var| - lr * l1, 0) / (1 + lr * l2)`.

    Duchi and Singer, http://papers.nips.cc/paper/3793. TF symbol: `tf.train.ProximalGradientDescentOptimizer`.
    """

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._hypers: list[Any] = []

    def _prepare(self) -> None:
        self._hypers = [
            self._hyper(self._learning_rate, "learning_rate"),
            self._hyper(self._l1_regularization_strength, "l1_regularization_strength"),
            self._hyper(self._l2_regularization_strength, "l2_regularization_strength"),
        ]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        hypers = like(var, *self._hypers)
        return apply_proximal_gradient_descent.dense(*refs(var), *hypers, grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_proximal_gradient_descent.sparse(
            *refs(var), *like(var, *self._hypers), grad.values, grad.indices, self._use_locking
        ).op


class ProximalAdagradOptimizer(AdagradOptimizer):
    """Adagrad, then the proximal step at each entry's own rate `learning_rate / sqrt(accumulator)`.

    TF symbol: `tf.train.ProximalAdagradOptimizer`. ValueError unless `initial_accumulator_value` is positive.
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        super().__init__(learning_rate, initial_accumulator_value, use_locking, name)
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._penalties: list[Any] = []

    def _prepare(self) -> None:
        super()._prepare()
        self._penalties = [
            self._hyper(self._l1_regularization_strength, "l1_regularization_strength"),
            self._hyper(self._l2_regularization_strength, "l2_regularization_strength"),
        ]

    def _arguments(self, var: Any) -> list[Any]:
        return [*super()._arguments(var), *like(var, *self._penalties)]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_proximal_adagrad.dense(*self._arguments(var), grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_proximal_adagrad.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking).op
