"""RMSProp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops.training import apply_centered_rms_prop, apply_rms_prop
from recell.train._apply import constant_slot, like, refs
from recell.train.optimizer import Optimizer


class RMSPropOptimizer(Optimizer):
    """RMSProp with momentum. TF symbol: `tf.train.RMSPropOptimizer`.

        rms = decay * rms + (1 - decay) * grad**2                       (starts at one, not at zero)
        mom = momentum * mom + learning_rate * grad / sqrt(rms + epsilon)
        var -= mom

    With `centered`, `rms - mg**2` takes the place of `rms` under the root, where `mg` is the moving average of the
    gradient (Graves, https://arxiv.org/abs/1308.0850). torch's RMSprop adds epsilon outside the root and starts at
    zero, so its numbers differ. A sparse gradient changes only its rows, of the slots too.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered
        self._learning_rate_tensor: Any = None
        self._decay_tensor: Any = None
        self._momentum_tensor: Any = None
        self._epsilon_tensor: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            constant_slot(self, var, 1.0, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._hyper(self._learning_rate, "learning_rate")
        self._decay_tensor = self._hyper(self._decay, "decay")
        self._momentum_tensor = self._hyper(self._momentum, "momentum")
        self._epsilon_tensor = self._hyper(self._epsilon, "epsilon")

    def _arguments(self, var: Any) -> list[Any]:
        kinds = ["mg", "rms", "momentum"] if self._centered else ["rms", "momentum"]
        slots = refs(var, *(self.get_slot(var, kind) for kind in kinds))
        hypers = self._learning_rate_tensor, self._decay_tensor, self._momentum_tensor, self._epsilon_tensor
        return [*slots, *like(var, *hypers)]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        apply = apply_centered_rms_prop if self._centered else apply_rms_prop
        return apply.dense(*self._arguments(var), grad, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        apply = apply_centered_rms_prop if self._centered else apply_rms_prop
        return apply.sparse(*self._arguments(var), grad.values, grad.indices, self._use_locking).op
