"""Small things of `tf.contrib.framework`: choices known while building, checks of dtypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.sparse_tensor import SparseTensor
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor
from recell.graph.variables import Variable
from recell.ops import weights_broadcast
from recell.ops.branches import cond
from recell.ops.check_shapes import assert_scalar
from recell.ops.math_binary import add_n
from recell.ops.op import FLOATS, INTS
from recell.ops.reductions import reduce_sum


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor, a sparse one, or a variable. TF symbol: `tf.contrib.framework.is_tensor`."""
    return isinstance(x, (Tensor, SparseTensor, Variable))


def smart_constant_value(pred: Any) -> Any:
    """A bool, or 0 or 1, as a bool; the value of a bool tensor where the graph alone determines it, else None.

    TF symbol: `tf.contrib.framework.smart_constant_value`. TypeError for anything else.
    """
    if isinstance(pred, (bool, int)) and pred in (0, 1):
        return bool(pred)
    if isinstance(pred, Tensor):
        return constant_value(pred)
    raise TypeError(f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {type(pred)}")


def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """What `true_fn` or `false_fn` gives: only one is called where `pred` is known, else it is a `tf.cond`.

    TF symbol: `tf.contrib.framework.smart_cond`. TypeError for functions or a `pred` that are none.
    """
    if not callable(true_fn):
        raise TypeError("`true_fn` must be callable.")
    if not callable(false_fn):
        raise TypeError("`false_fn` must be callable.")
    known = smart_constant_value(pred)
    if known is not None:
        return true_fn() if known else false_fn()
    return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)


def assert_scalar_int(tensor: Any, name: str | None = None) -> Tensor:
    """`tensor`, if it is an integer scalar, else ValueError. TF symbol: `tf.contrib.framework.assert_scalar_int`."""
    with name_scope(name, "assert_scalar_int", [tensor]):
        tensor = convert_to_tensor(tensor)
        if tensor.dtype.base_dtype not in INTS:
            raise ValueError(f"Expected integer type for {tensor.name}, received type: {tensor.dtype!r}.")
        return assert_scalar(tensor)


def assert_same_float_dtype(tensors: Sequence[Any] | None = None, dtype: Any = None) -> Any:
    """The one floating-point dtype of all tensors and `dtype`; float32 for none.

    TF symbol: `tf.contrib.framework.assert_same_float_dtype`. ValueError when they differ or it is none.
    """
    first = None
    dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    for tensor in tensors or ():
        found = tensor.dtype.base_dtype
        if dtype is None:
            first, dtype = tensor, found
        elif found is not dtype:
            as_first = "" if first is None else f" as {first.name}"
            raise ValueError(f"{tensor.name}, type={found!r}, must be of the same type ({dtype!r}){as_first}.")
    if dtype is None:
        return dtypes.float32
    if dtype not in FLOATS:
        raise ValueError(f"Expected floating point type, got {dtype!r}.")
    return dtype


def get_name_scope() -> str:
    """The name scope in force, without its slash. TF symbol: `tf.contrib.framework.get_name_scope`."""
    return get_default_graph().get_name_scope()


def reduce_sum_n(tensors: Sequence[Any], name: str | None = None) -> Any:
    """The sum of the sums of all tensors, a scalar. TF symbol: `tf.contrib.framework.reduce_sum_n`.

    ValueError for no tensors.
    """
    if not tensors:
        raise ValueError("No tensors provided.")
    with name_scope(name, "reduce_sum_n", list(tensors)) as scope:
        sums = [reduce_sum(tensor, name=f"{tensor.op.name}/sum") for tensor in tensors]
        return sums[0] if len(sums) == 1 else add_n(sums, name=scope)


def remove_squeezable_dimensions(predictions: Any, labels: Any, name: str | None = None) -> tuple[Any, Any]:
    """Predictions and labels, the one with an axis too many without its last axis (of size 1).

    TF symbol: `tf.contrib.framework.remove_squeezable_dimensions`.
    """
    labels, predictions = weights_broadcast.remove_squeezable_dimensions(labels, predictions, name=name)
    return predictions, labels


__all__ = [
    "assert_same_float_dtype",
    "assert_scalar_int",
    "get_name_scope",
    "is_tensor",
    "reduce_sum_n",
    "remove_squeezable_dimensions",
    "smart_cond",
    "smart_constant_value",
]
