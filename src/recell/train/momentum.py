"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops.training import apply_momentum
from recell.train._apply import like, refs
from recell.train.optimizer import Optimizer


class MomentumOptimizer(Optimizer):
    """Momentum, with Nesterov's form as an option. TF symbol: `tf.train.MomentumOptimizer`.

        accum = momentum * accum + grad
        var -= learning_rate * accum                                    (or with use_nesterov:)
        var -= learning_rate * grad + learning_rate * momentum * accum

    Nesterov's form is that of Sutskever et al., http://jmlr.org/proceedings/papers/v28/sutskever13.pdf, with the stored
    variable being the point ahead. A sparse gradient changes only its rows, of the slot too.
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov
        self._learning_rate_tensor: Any = None
        self._momentum_tensor: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._hyper(self._learning_rate, "learning_rate")
        self._momentum_tensor = self._hyper(self._momentum, "momentum")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        lr, momentum = like(var, self._learning_rate_tensor, self._momentum_tensor)
        slots = refs(var, self.get_slot(var, "momentum"))
        return apply_momentum.dense(*slots, lr, grad, momentum, self._use_locking, self._use_nesterov).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        lr, momentum = like(var, self._learning_rate_tensor, self._momentum_tensor)
        slots = refs(var, self.get_slot(var, "momentum"))
        rows = grad.values, grad.indices
        return apply_momentum.sparse(*slots, lr, *rows, momentum, self._use_locking, self._use_nesterov).op
