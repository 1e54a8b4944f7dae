"""Relatives of Adam: lazy on sparse gradients, with Nesterov's step, with the largest gradient for a scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.core import control_dependencies, get_default_graph
from recell.graph.indexed_slices import IndexedSlices
from recell.ops import state
from recell.ops.math_binary import multiply
from recell.ops.training import apply_ada_max, apply_adam, lazy_apply_adam
from recell.train._apply import like, refs
from recell.train.adam import AdamOptimizer


class LazyAdamOptimizer(AdamOptimizer):
    """Adam whose sparse updates touch only the rows of the gradient. TF symbol: `tf.contrib.opt.LazyAdamOptimizer`.

    Cheaper than Adam for large embeddings, with other numbers: slots of rows that were not looked up do not decay.
    """

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return lazy_apply_adam(*self._arguments(var), grad.values, grad.indices, self._use_locking).op


class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's step (Dozat). TF symbol: `tf.contrib.opt.NadamOptimizer`.

    In Adam's update `beta1 * m + (1 - beta1) * grad`, with the new m, takes the place of m.
    """

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_adam.dense(*self._arguments(var), grad, self._use_locking, True).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_adam.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking, True).op


class AdaMaxOptimizer(AdamOptimizer):
    """AdaMax (section 7 of https://arxiv.org/abs/1412.6980). TF symbol: `tf.contrib.opt.AdaMaxOptimizer`.

        m = beta1 * m + (1 - beta1) * grad
        v = max(beta2 * v, |grad|)
        var -= learning_rate / (1 - beta1**t) * m / (v + epsilon)

    A sparse gradient changes only its rows, of the slots too.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdaMax",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _get_beta_accumulators(self) -> Any:
        return self._get_non_slot_variable("beta1_power", get_default_graph())

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _arguments(self, var: Any) -> list[Any]:
        slots = refs(var, self.get_slot(var, "m"), self.get_slot(var, "v"))
        hypers = self._get_beta_accumulators(), self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t
        return [*slots, *like(var, *hypers)]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return apply_ada_max.dense(*self._arguments(var), grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return apply_ada_max.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking).op

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        with control_dependencies(update_ops):
            power = self._get_beta_accumulators()
            power = state.assign(power, multiply(power, self._beta1_t), use_locking=self._use_locking)
        return state.group(*update_ops, power, name=name_scope)
