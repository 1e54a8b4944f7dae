"""How the optimizers here hand variables and hyper-parameters to an update."""

from __future__ import annotations

from typing import Any

from recell.ops.math_cast import cast


def like(var: Any, *hypers: Any) -> list[Any]:
    """The scalars in the dtype of `var`."""
    return [cast(hyper, var.dtype.base_dtype) for hyper in hypers]


def refs(*variables: Any) -> list[Any]:
    """The reference tensors of a variable and its slots."""
    return [variable._ref() for variable in variables]
