"""Gradient descent."""

from __future__ import annotations

from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops import state
from recell.ops.math_binary import multiply
from recell.ops.training import apply_gradient_descent
from recell.train._apply import like, refs
from recell.train.optimizer import Optimizer


class GradientDescentOptimizer(Optimizer):
    """`var -= learning_rate * grad`. TF symbol: `tf.train.GradientDescentOptimizer`.

    `learning_rate` is a number, a scalar tensor, or a function of no arguments that gives one.
    """

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._learning_rate_tensor: Any = None

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._hyper(self._learning_rate, "learning_rate")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_gradient_descent(*refs(var), *like(var, self._learning_rate_tensor), grad, self._use_locking).op

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        # Rows that are named twice are subtracted twice: nothing needs to be added up first.
        step = multiply(grad.values, *like(var, self._learning_rate_tensor))
        return state.scatter_sub(var, grad.indices, step, self._use_locking).op
