"""Decoupled weight decay: `var -= weight_decay * var` before the update, beside any optimizer.

Loshchilov and Hutter, https://arxiv.org/abs/1711.05101. As in TF1, the decay is not scaled by the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recell.graph.core import control_dependencies
from recell.graph.indexed_slices import IndexedSlices
from recell.graph.tensor import Operation
from recell.ops import state
from recell.ops.array_index import gather
from recell.ops.math_binary import multiply
from recell.train._apply import like
from recell.train.adam import AdamOptimizer
from recell.train.momentum import MomentumOptimizer
from recell.train.optimizer import Optimizer


class DecoupledWeightDecayExtension(Optimizer):
    """Put before an optimizer in a class's bases, adds weight decay to it.

    `minimize` and `apply_gradients` take `decay_var_list`, the variables to decay; all of them by default. A sparse
    gradient's variable decays in the rows of the gradient. TF symbol: `tf.contrib.opt.DecoupledWeightDecayExtension`.
    """

    def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any) -> None:
        self._weight_decay = weight_decay
        self._weight_decay_tensor: Any = None
        self._decay_var_list: set[Any] | None = None
        super().__init__(*args, **kwargs)

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = Optimizer.GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
        decay_var_list: Iterable[Any] | None = None,
    ) -> Operation:
        self._decay_var_list = set(decay_var_list) if decay_var_list else None
        return super().minimize(
            loss,
            global_step,
            var_list,
            gate_gradients,
            aggregation_method,
            colocate_gradients_with_ops,
            name,
            grad_loss,
        )

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
        decay_var_list: Iterable[Any] | None = None,
    ) -> Operation:
        if decay_var_list:
            self._decay_var_list = set(decay_var_list)
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _prepare(self) -> None:
        self._weight_decay_tensor = self._hyper(self._weight_decay, "weight_decay")
        super()._prepare()

    def _decays(self, var: Any) -> bool:
        return self._decay_var_list is None or var in self._decay_var_list

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        if not self._decays(var):
            return super()._apply_dense(grad, var)
        (rate,) = like(var, self._weight_decay_tensor)
        with control_dependencies([state.assign_sub(var, multiply(rate, var), self._use_locking).op]):
            return super()._apply_dense(grad, var)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        if not self._decays(var):
            return super()._apply_sparse(grad, var)
        (rate,) = like(var, self._weight_decay_tensor)
        lost = multiply(rate, gather(var, grad.indices))
        with control_dependencies([state.scatter_sub(var, grad.indices, lost, self._use_locking).op]):
            return super()._apply_sparse(grad, var)


def extend_with_decoupled_weight_decay(base_optimizer: type[Optimizer]) -> type[Optimizer]:
    """A class like `base_optimizer` that takes `weight_decay` as its first argument.

    TF symbol: `tf.contrib.opt.extend_with_decoupled_weight_decay`.
    """

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore[misc, valid-type]
        """`base_optimizer` with decoupled weight decay."""

    return OptimizerWithDecoupledWeightDecay


class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """Adam with decoupled weight decay. TF symbol: `tf.contrib.opt.AdamWOptimizer`."""

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(weight_decay, learning_rate, beta1, beta2, epsilon, use_locking, name)


class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """Momentum with decoupled weight decay. TF symbol: `tf.contrib.opt.MomentumWOptimizer`."""

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(weight_decay, learning_rate, momentum, use_locking, name, use_nesterov)
