"""Python's operators on tensors, with TF 1's meaning. Importing this module installs them on `Tensor`.

`==` and `!=` stay Python's identity, as in TF 1: `tf.equal` compares values. Other classes that stand for a tensor
(variables) get the same operators from `overload`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.graph.convert import convert_to_tensor, is_tensor_like
from recell.graph.core import name_scope
from recell.graph.tensor import Tensor
from recell.graph.variables import Variable
from recell.ops import comparison, math_binary, math_unary
from recell.ops.linalg import matmul
from recell.ops.slicing import getitem

Binary = Callable[..., Any]
_PLAIN = (int, float, complex, str, bytes, np.ndarray, np.generic)


def _multiplied(x: Any, y: Any, name: str | None = None) -> Any:
    rewrap = getattr(y, "_with_values", None)
    if rewrap is not None and hasattr(y, "dense_shape"):
        return y.__rmul__(x)
    return math_binary.multiply(x, y, name=name)


def _logical_xor(x: Any, y: Any, name: str | None = None) -> Any:
    return comparison.logical_xor(x, y, name=name or "LogicalXor")


_BINARY: dict[str, tuple[str, Binary]] = {
    "add": ("add", math_binary.add),
    "sub": ("sub", math_binary.subtract),
    "mul": ("mul", _multiplied),
    "truediv": ("truediv", math_binary.truediv),
    "div": ("div", math_binary.div),
    "floordiv": ("floordiv", math_binary.floordiv),
    "mod": ("mod", math_binary.floormod),
    "pow": ("pow", math_binary.pow),
    "matmul": ("matmul", matmul),
    "and": ("and", comparison.logical_and),
    "or": ("or", comparison.logical_or),
    "xor": ("xor", _logical_xor),
}
_COMPARISONS: dict[str, Binary] = {
    "__lt__": comparison.less,
    "__le__": comparison.less_equal,
    "__gt__": comparison.greater,
    "__ge__": comparison.greater_equal,
}


def _forward(default: str, function: Binary) -> Binary:
    def operate(x: Any, y: Any) -> Any:
        with name_scope(None, default, [x, y]) as scope:
            x = convert_to_tensor(x, name="x")
            if not hasattr(y, "_with_values"):
                try:
                    # A numpy array takes the tensor's type too; a tensor of another type is refused by `function`.
                    y = convert_to_tensor(y, None if is_tensor_like(y) else x.dtype.base_dtype, name="y")
                except TypeError:
                    # The other side may know what to do.
                    if hasattr(type(y), f"__r{default}__") and not isinstance(y, _PLAIN):
                        return NotImplemented
                    # The operation itself says which two types do not match.
                    y = convert_to_tensor(y, name="y")
            return function(x, y, name=scope)

    return operate


def _backward(default: str, function: Binary) -> Binary:
    def operate(y: Any, x: Any) -> Any:
        with name_scope(None, default, [x, y]) as scope:
            y = convert_to_tensor(y, name="y")
            x = convert_to_tensor(x, y.dtype.base_dtype, name="x")
            return function(x, y, name=scope)

    return operate


def _unary(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: function(x)


def _compared(function: Binary) -> Binary:
    return lambda x, y: function(x, y)


def operator_functions() -> dict[str, Callable[..., Any]]:
    """Every operator's special method, by its name."""
    methods: dict[str, Callable[..., Any]] = {"__getitem__": getitem}
    for name, (default, function) in _BINARY.items():
        methods[f"__{name}__"] = _forward(default, function)
        methods[f"__r{name}__"] = _backward(default, function)
    for name, function in _COMPARISONS.items():
        methods[name] = _compared(function)
    methods["__neg__"] = _unary(math_unary.negative)
    methods["__abs__"] = _unary(math_unary.abs)
    methods["__invert__"] = _unary(comparison.logical_not)
    return methods


def overload(cls: type) -> type:
    """Gives `cls`, whose objects stand for a tensor, every operator that `Tensor` has."""
    for name, method in _METHODS.items():
        setattr(cls, name, method)
    return cls


_METHODS = operator_functions()
for _name, _method in _METHODS.items():
    Tensor._override_operator(_name, _method)
    Variable._override_operator(_name, _method)
