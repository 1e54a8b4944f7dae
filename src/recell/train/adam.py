"""Adam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.core import colocate_with, control_dependencies, get_default_graph
from recell.graph.indexed_slices import IndexedSlices
from recell.ops import state
from recell.ops.math_binary import multiply
from recell.ops.training import apply_adam
from recell.train._apply import like, refs
from recell.train.optimizer import Optimizer


class AdamOptimizer(Optimizer):
    """Adam (Kingma and Ba, https://arxiv.org/abs/1412.6980). TF symbol: `tf.train.AdamOptimizer`.

    With `t` the number of steps so far, for each variable with slots m and v:

        rate = learning_rate * sqrt(1 - beta2**t) / (1 - beta1**t)
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        var -= rate * m / (sqrt(v) + epsilon)

    `epsilon` is what the paper calls epsilon hat; torch's Adam takes the other one, so equal numbers need other values.
    A sparse gradient moves every row, as if it were zero elsewhere (`tf.contrib.opt.LazyAdamOptimizer` does not).
    The powers of the betas are the float32 variables `beta1_power` and `beta2_power`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        self._lr_t: Any = None
        self._beta1_t: Any = None
        self._beta2_t: Any = None
        self._epsilon_t: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        graph = get_default_graph()
        return self._get_non_slot_variable("beta1_power", graph), self._get_non_slot_variable("beta2_power", graph)

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power", first)
        self._create_non_slot_variable(self._call_if_callable(self._beta2), "beta2_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        self._lr_t = self._hyper(self._lr, "learning_rate")
        self._beta1_t = self._hyper(self._beta1, "beta1")
        self._beta2_t = self._hyper(self._beta2, "beta2")
        self._epsilon_t = self._hyper(self._epsilon, "epsilon")

    def _arguments(self, var: Any) -> list[Any]:
        """What every form of the update takes before the gradient."""
        hypers = [self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t]
        slots = refs(var, self.get_slot(var, "m"), self.get_slot(var, "v"))
        return [*slots, *like(var, *self._get_beta_accumulators(), *hypers)]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_adam.dense(*self._arguments(var), grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_adam.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking).op

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        with control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            with colocate_with(beta1_power):
                powers = [
                    state.assign(power, multiply(power, beta), use_locking=self._use_locking)
                    for power, beta in ((beta1_power, self._beta1_t), (beta2_power, self._beta2_t))
                ]
        return state.group(*update_ops, *powers, name=name_scope)
