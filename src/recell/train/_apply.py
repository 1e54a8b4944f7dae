"""How the optimizers here hand variables and hyper-parameters to an update, and make slots of one number."""

from __future__ import annotations

from typing import Any

from recell.ops.array_make import fill
from recell.ops.initializers import Constant
from recell.ops.math_cast import cast
from recell.train.optimizer import Optimizer
from recell.train.slots import dynamic_shape


def like(var: Any, *hypers: Any) -> list[Any]:
    """The scalars in the dtype of `var`."""
    return [cast(hyper, var.dtype.base_dtype) for hyper in hypers]


def refs(*variables: Any) -> list[Any]:
    """The reference tensors of a variable and its slots."""
    return [variable._ref() for variable in variables]


def constant_slot(optimizer: Optimizer, var: Any, value: Any, slot_name: str, op_name: str) -> Any:
    """A slot of `var` that is `value` everywhere, also where the shape is not known before the variable has a value."""
    dtype = var.dtype.base_dtype
    if var.shape.is_fully_defined():
        initializer = Constant(value, dtype)
        return optimizer._get_or_make_slot_with_initializer(var, initializer, var.shape, dtype, slot_name, op_name)
    filled = fill(dynamic_shape(var), cast(value, dtype))
    return optimizer._get_or_make_slot(var, filled, slot_name, op_name)
