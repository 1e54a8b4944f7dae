"""FTRL-Proximal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.indexed_slices import IndexedSlices
from recell.ops.training import apply_ftrl, apply_ftrl_v2
from recell.train._apply import constant_slot, like, refs
from recell.train.optimizer import Optimizer


class FtrlOptimizer(Optimizer):
    """FTRL-Proximal (McMahan et al., https://dl.acm.org/doi/10.1145/2487575.2488200): `tf.train.FtrlOptimizer`.

        accum' = accum + grad**2
        linear += grad + 2 * l2_shrinkage * var - (accum'**-p - accum**-p) / learning_rate * var
        var = (sign(linear) * l1 - linear) / (accum'**-p / learning_rate + 2 * l2)      where |linear| > l1, else 0

    with `p = learning_rate_power`, zero or negative, and `accum` starting at `initial_accumulator_value`. Slots are
    called `accum_name` and `linear_name`, by default the optimizer's name. ValueError for negative strengths.
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        not_negative = {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
        }
        if initial_accumulator_value >= 0.0 and learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        for label, value in not_negative.items():
            if value < 0.0:
                raise ValueError(f"{label} {value:f} needs to be positive or zero")
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._accum_name = accum_name
        self._linear_name = linear_name
        self._hypers: list[Any] = []

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            constant_slot(self, var, self._initial_accumulator_value, "accum", self._accum_name or self._name)
            self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _prepare(self) -> None:
        named = [
            (self._learning_rate, "learning_rate"),
            (self._l1_regularization_strength, "l1_regularization_strength"),
            (self._l2_regularization_strength, "l2_regularization_strength"),
            (self._l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength"),
            (self._learning_rate_power, "learning_rate_power"),
        ]
        self._hypers = [self._hyper(value, name) for value, name in named]

    def _slots_and_hypers(self, var: Any) -> tuple[list[Any], list[Any], bool]:
        shrinks = self._l2_shrinkage_regularization_strength > 0.0
        hypers = self._hypers if shrinks else [*self._hypers[:3], self._hypers[4]]
        slots = refs(var, self.get_slot(var, "accum"), self.get_slot(var, "linear"))
        return slots, like(var, *hypers), shrinks

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        slots, hypers, shrinks = self._slots_and_hypers(var)
        apply = apply_ftrl_v2 if shrinks else apply_ftrl
        return apply.dense(*slots, grad, *hypers, self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        slots, hypers, shrinks = self._slots_and_hypers(var)
        apply = apply_ftrl_v2 if shrinks else apply_ftrl
        return apply.sparse(*slots, grad.values, grad.indices, *hypers, self._use_locking).op
