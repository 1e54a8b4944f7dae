"""Adagrad with dual averaging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.indexed_slices import IndexedSlices
from recell.ops.math_binary import add
from recell.ops.math_cast import cast
from recell.ops.training import apply_adagrad_da
from recell.train._apply import constant_slot, like, refs
from recell.train.optimizer import Optimizer


class AdagradDAOptimizer(Optimizer):
    """Adagrad with dual averaging, for sparse linear models. TF symbol: `tf.train.AdagradDAOptimizer`.

        sums += grad;  squares += grad**2;  t = global_step + 1
        var = -learning_rate * shrink(sums, l1 * t) / (l2 * t * learning_rate + sqrt(squares))

    where `shrink(x, a) = sign(x) * max(|x| - a, 0)`. The variable follows from the sums alone: where it starts does not
    matter. Duchi et al., http://jmlr.org/papers/v12/duchi11a.html. `global_step` is the variable that `minimize` gets.
    """

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._global_step = global_step
        self._initial_gradient_squared_accumulator_value = initial_gradient_squared_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._learning_rate_tensor: Any = None
        self._step: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        squares = self._initial_gradient_squared_accumulator_value
        for var in var_list:
            self._zeros_slot(var, "gradient_accumulator", self._name)
            constant_slot(self, var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = self._hyper(self._learning_rate, "learning_rate")
        self._step = add(cast(self._global_step, dtypes.int64), 1)

    def _arguments(self, var: Any) -> tuple[list[Any], list[Any]]:
        slots = [self.get_slot(var, kind) for kind in ("gradient_accumulator", "gradient_squared_accumulator")]
        numbers = self._learning_rate_tensor, self._l1_regularization_strength, self._l2_regularization_strength
        return refs(var, *slots), [*like(var, *numbers), self._step]

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        slots, hypers = self._arguments(var)
        return apply_adagrad_da.dense(*slots, grad, *hypers, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        slots, hypers = self._arguments(var)
        return apply_adagrad_da.sparse(*slots, grad.values, grad.indices, *hypers, self._use_locking).op
