"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops.training import apply_adagrad
from recell.train._apply import constant_slot, like, refs
from recell.train.optimizer import Optimizer


class AdagradOptimizer(Optimizer):
    """Adagrad (Duchi et al., http://jmlr.org/papers/v12/duchi11a.html). TF symbol: `tf.train.AdagradOptimizer`.

    accumulator += grad**2                   (starts at initial_accumulator_value, which must be positive)
    var -= learning_rate * grad / sqrt(accumulator)
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._learning_rate_tensor: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            constant_slot(self, var, self._initial_accumulator_value, "accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._hyper(self._learning_rate, "learning_rate")

    def _arguments(self, var: Any) -> list[Any]:
        return [*refs(var, self.get_slot(var, "accumulator")), *like(var, self._learning_rate_tensor)]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_adagrad.dense(*self._arguments(var), grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_adagrad.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking).op
