"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops.training import apply_adadelta
from recell.train._apply import like, refs
from recell.train.optimizer import Optimizer


class AdadeltaOptimizer(Optimizer):
    """Adadelta (Zeiler, https://arxiv.org/abs/1212.5701). TF symbol: `tf.train.AdadeltaOptimizer`.

        accum = rho * accum + (1 - rho) * grad**2
        step = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad
        accum_update = rho * accum_update + (1 - rho) * step**2
        var -= learning_rate * step

    The paper's form has `learning_rate=1.0`; the default of 0.001 is TensorFlow's and moves very slowly.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon
        self._lr_t: Any = None
        self._rho_t: Any = None
        self._epsilon_t: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._lr_t = self._hyper(self._lr, "lr")
        self._rho_t = self._hyper(self._rho, "rho")
        self._epsilon_t = self._hyper(self._epsilon, "epsilon")

    def _arguments(self, var: Any) -> list[Any]:
        slots = refs(var, self.get_slot(var, "accum"), self.get_slot(var, "accum_update"))
        return [*slots, *like(var, self._lr_t, self._rho_t, self._epsilon_t)]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_adadelta.dense(*self._arguments(var), grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_adadelta.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking).op
