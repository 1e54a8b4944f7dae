"""Values that are known while building: constants, and what is computed from shapes.

`tf.reshape(x, [tf.shape(x)[0], -1])` gets its static shape from here. TF symbol: `tf.contrib.util.constant_value`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation, Tensor

_MAX_ELEMENTS = 4096  # shapes and small tables; folding large tables would make building slow


def constant_value(tensor: Any, partial: bool = False) -> np.ndarray | None:
    """The value of `tensor` if the graph alone determines it, else None."""
    if not isinstance(tensor, Tensor):
        return None
    op = tensor.op
    if op.type == "Const":
        return op.attrs["value"]
    evaluate = _EVALUATORS.get(op.type)
    return None if evaluate is None else evaluate(op)


def constant_value_as_shape(tensor: Tensor) -> TensorShape:
    """`tensor` read as a shape; entries not known while building are None. A known -1 is None too."""
    if tensor.shape.ndims == 0:
        value = constant_value(tensor)
        if value is None:
            raise ValueError(f"Received a scalar with unknown value as shape: '{tensor.name}'; it must be a vector.")
        if value != -1:
            raise ValueError(
                f"Received a scalar value '{value}' as shape; require a statically known scalar with value "
                "'-1' to describe an unknown shape."
            )
        return TensorShape(None)
    entries = _partial(tensor)
    if entries is not None:
        return TensorShape([None if entry is None or entry < 0 else int(entry) for entry in entries])
    dims = tensor.shape.tuple
    return TensorShape(None) if dims is None or dims[0] is None else TensorShape([None] * dims[0])


def _partial(tensor: Tensor) -> list[int | None] | None:
    """The entries of a vector, each an int or None; None when not even their number is known."""
    op = tensor.op
    value = constant_value(tensor)
    if value is not None:
        return [int(entry) for entry in np.ravel(value)]
    if op.type == "Shape":
        dims = op.inputs[0].shape.tuple
        return None if dims is None else list(dims)
    if op.type == "Pack":
        if any(entry.shape.ndims != 0 for entry in op.inputs):
            return None
        found = [constant_value(entry) if entry.op.type != "StridedSlice" else _scalar(entry) for entry in op.inputs]
        return [None if entry is None else int(entry) for entry in found]
    if op.type == "ConcatV2":
        parts = [_partial(part) for part in op.inputs]
        joined: list[int | None] = []
        for part in parts:
            if part is None:
                return None
            joined.extend(part)
        return joined
    if op.type in ("Cast", "Identity"):
        return _partial(op.inputs[0])
    if op.type == "StridedSlice":
        return _sliced(op)
    return None


def _sliced(op: Operation) -> Any:
    """A slice of a partly known vector: a list, or one entry when an index picks it."""
    index = op.attrs["index"]
    if len(op.inputs) != 1 or len(index) != 1:
        return None
    entries = _partial(op.inputs[0])
    if entries is None:
        return None
    try:
        return entries[index[0]] if isinstance(index[0], (int, slice)) else None
    except IndexError:
        return None


def _scalar(tensor: Tensor) -> Any:
    value = constant_value(tensor)
    return _sliced(tensor.op) if value is None else value


def _inputs(op: Operation) -> list[np.ndarray] | None:
    values = []
    for tensor in op.inputs:
        value = constant_value(tensor)
        if value is None or value.size > _MAX_ELEMENTS:
            return None
        values.append(value)
    return values


def _of_inputs(compute: Callable[..., Any]) -> Callable[[Operation], np.ndarray | None]:
    """An evaluator that needs all inputs and gives what numpy gives, in the operation's dtype."""

    def evaluate(op: Operation) -> np.ndarray | None:
        values = _inputs(op)
        if values is None:
            return None
        with np.errstate(all="ignore"):
            result = compute(op, *values)
        return None if result is None else np.asarray(result, op.outputs[0].dtype.as_numpy_dtype)

    return evaluate


def _shape(op: Operation) -> np.ndarray | None:
    shape = op.inputs[0].shape
    return np.array(shape.as_list(), op.outputs[0].dtype.as_numpy_dtype) if shape.is_fully_defined() else None


def _size(op: Operation) -> np.ndarray | None:
    count = op.inputs[0].shape.num_elements()
    return None if count is None else np.asarray(count, op.outputs[0].dtype.as_numpy_dtype)


def _rank(op: Operation) -> np.ndarray | None:
    rank = op.inputs[0].shape.ndims
    return None if rank is None else np.asarray(rank, np.int32)


def _strided_slice(op: Operation) -> np.ndarray | None:
    if len(op.inputs) != 1:
        return None
    source = op.inputs[0]
    value = constant_value(source)
    if value is None:
        entry = _sliced(op) if source.op.type in ("Shape", "Pack", "ConcatV2", "Cast", "Identity") else None
        if entry is None or (isinstance(entry, list) and None in entry):
            return None
        return np.asarray(entry, op.outputs[0].dtype.as_numpy_dtype)
    if value.size > _MAX_ELEMENTS:
        return None
    try:
        return value[tuple(op.attrs["index"])]
    except (IndexError, TypeError):
        return None


def _divide(op: Operation, a: np.ndarray, b: np.ndarray) -> Any:
    return None if np.any(b == 0) else a // b


def _modulo(op: Operation, a: np.ndarray, b: np.ndarray) -> Any:
    return None if np.any(b == 0) else a % b


def _reduction(compute: Callable[..., Any]) -> Callable[[Operation], np.ndarray | None]:
    def reduced(op: Operation, x: np.ndarray) -> Any:
        if not x.size and compute in (np.max, np.min):
            return None  # numpy knows no maximum of nothing; the operation does
        return compute(x, axis=_axes(op), keepdims=bool(op.attrs.get("keepdims")))

    return _of_inputs(reduced)


def _axes(op: Operation) -> Any:
    axis = op.attrs.get("axis")
    return tuple(axis) if isinstance(axis, (list, tuple)) else axis


_EVALUATORS: dict[str, Callable[[Operation], np.ndarray | None]] = {
    "Shape": _shape,
    "Size": _size,
    "Rank": _rank,
    "StridedSlice": _strided_slice,
    "Identity": _of_inputs(lambda op, x: x),
    "Cast": _of_inputs(lambda op, x: x.astype(op.outputs[0].dtype.as_numpy_dtype)),
    "Pack": _of_inputs(lambda op, *xs: np.stack(xs, op.attrs.get("axis", 0))),
    "ConcatV2": _of_inputs(lambda op, *xs: np.concatenate(xs, op.attrs["axis"])),
    "Add": _of_inputs(lambda op, a, b: a + b),
    "Sub": _of_inputs(lambda op, a, b: a - b),
    "Mul": _of_inputs(lambda op, a, b: a * b),
    "FloorDiv": _of_inputs(_divide),
    "FloorMod": _of_inputs(_modulo),
    "Maximum": _of_inputs(lambda op, a, b: np.maximum(a, b)),
    "Minimum": _of_inputs(lambda op, a, b: np.minimum(a, b)),
    "Neg": _of_inputs(lambda op, x: -x),
    "Prod": _reduction(np.prod),
    "Sum": _reduction(np.sum),
    "Max": _reduction(np.max),
    "Min": _reduction(np.min),
    "Range": _of_inputs(lambda op, *args: np.arange(*(arg.item() for arg in args))),
    "ExpandDims": _of_inputs(lambda op, x: np.expand_dims(x, op.attrs["axis"])),
    "Reshape": _of_inputs(lambda op, x, shape: np.reshape(x, shape)),
    "Equal": _of_inputs(lambda op, a, b: a == b),
    "Less": _of_inputs(lambda op, a, b: a < b),
    "Greater": _of_inputs(lambda op, a, b: a > b),
}
