"""Exponential moving averages of variables and tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import colocate_with, get_default_graph, init_scope, name_scope
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Operation
from recell.graph.variable_collections import global_variables, moving_average_variables, trainable_variables
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.graph.variables import Variable
from recell.ops import state
from recell.ops.initializers import Zeros
from recell.ops.math_binary import add, minimum, multiply, pow, subtract, truediv
from recell.ops.math_cast import cast
from recell.train import slots

_AVERAGED = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """`variable = decay * variable + (1 - decay) * value`; yields the new average.

    With `zero_debias` (Adam's correction for a start at zero) it is the average divided by `1 - decay**t`, for which
    the variables `biased` and `local_step` are made under the variable's name.
    TF symbol: `tensorflow.python.training.moving_averages.assign_moving_average`.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope, colocate_with(variable):
        dtype = variable.dtype.base_dtype
        rate = cast(subtract(convert_to_tensor(1.0, _float_of(decay)), decay, name="decay"), dtype)
        value = _fresh(value)
        if zero_debias:
            change = _unbiased_change(variable, value, rate)
        else:
            change = multiply(subtract(_fresh(variable), value), rate)
        return state.assign_sub(variable, change, name=scope)


def _float_of(decay: Any) -> Any:
    return decay.dtype.base_dtype if hasattr(decay, "dtype") and hasattr(decay, "op") else dtypes.float32


def _fresh(value: Any) -> Any:
    """A variable read here and now, after the control dependencies in force: averages follow the step of training."""
    return value.read_value() if isinstance(value, Variable) else value


def _unbiased_change(variable: Any, value: Any, rate: Any) -> Any:
    """What to subtract from the unbiased average so that it becomes the next one."""
    dtype = variable.dtype.base_dtype
    with variable_scope(variable.op.name, values=[variable, value]):
        biased = get_variable(_unused("biased"), variable.shape, dtype, initializer=Zeros(), trainable=False)
        local_step = get_variable(_unused("local_step"), [], dtype, initializer=Zeros(), trainable=False)
    new_biased = state.assign_sub(biased, multiply(subtract(biased, value), rate))
    steps = state.assign_add(local_step, convert_to_tensor(1.0, dtype))
    power = pow(subtract(convert_to_tensor(1.0, dtype), rate), steps)
    return subtract(variable, truediv(new_biased, subtract(convert_to_tensor(1.0, dtype), power)))


def _unused(name: str) -> str:
    """`name`, or `name_1`, ...: not the name of a variable of the current scope, unless the scope reuses them."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {variable.op.name for variable in scope.global_variables()}
    unused, number = name, 0
    while f"{scope.name}/{unused}" in taken:
        number += 1
        unused = f"{name}_{number}"
    return unused


class ExponentialMovingAverage:
    """Averages `shadow = decay * shadow + (1 - decay) * value` of variables and tensors.

    Args:
        decay: close to one, e.g. 0.999.
        num_updates: a count of updates so far, for faster averages at the start: the decay is then
            `min(decay, (1 + num_updates) / (10 + num_updates))`.
        zero_debias: corrects averages of *tensors*, which start at zero, by `1 - decay**t`. Those of variables start
            at the variable's initial value.
        name: the last part of the averages' names: `kernel/ExponentialMovingAverage`.

    TF symbol: `tf.train.ExponentialMovingAverage`.
    """

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage"
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        return self._name

    def apply(self, var_list: Iterable[Any] | None = None) -> Operation:
        """An operation that updates the averages of `var_list` (the trainable variables), made here if they are new.

        Run it after each step of training, by control dependencies. TypeError for what is not floating-point.
        """
        var_list = trainable_variables() if var_list is None else list(var_list)
        debiased = {average for average in map(self._make_average, var_list) if average is not None}
        with name_scope(self.name) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                updates = cast(_fresh(self._num_updates), dtypes.float32, name="num_updates")
                decay = minimum(decay, truediv(add(updates, 1.0), add(updates, 10.0)))
            changes = []
            for var in var_list:
                average = self._averages[var]
                changes.append(assign_moving_average(average, var, decay, zero_debias=average in debiased))
            return state.group(*changes, name=scope)

    def _make_average(self, var: Any) -> Any:
        """Makes the average of `var` if it is new; returns it if it is to be debiased."""
        if var.dtype.base_dtype not in _AVERAGED:
            raise TypeError(f"The variables must be half, float, or double: {var.name}")
        if var in self._averages:
            return None
        with init_scope():
            if isinstance(var, Variable):
                average = slots.create_slot(var, var.initialized_value(), self.name)
                var.graph.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
            else:
                average = slots.create_zeros_slot(var, self.name)
        self._averages[var] = average
        return average if self._zero_debias and not isinstance(var, Variable) else None

    def average(self, var: Any) -> Any:
        """The variable that holds the average of `var`, None when there is none."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name of the average of `var`, which need not exist yet: it is the name checkpoints have it under."""
        if var in self._averages:
            return self._averages[var].op.name
        return get_default_graph().unique_name(f"{var.op.name}/{self.name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Iterable[Any] | None = None) -> dict[str, Any]:
        """For a `Saver` that puts averages in place of variables: name in the checkpoint -> variable.

        Averages' names for the `moving_avg_variables` (by default all that can have one), own names for the others.
        """
        if moving_avg_variables is None:
            moving_avg_variables = [*trainable_variables(), *moving_average_variables()]
        names = {self.average_name(var): var for var in dict.fromkeys(moving_avg_variables)}
        averaged = {var.name for var in names.values()}
        for var in dict.fromkeys([*moving_average_variables(), *global_variables()]):
            if var.name not in averaged and var.op.name not in names:
                names[var.op.name] = var
        return names
