"""Tensors as protocol buffers. TF symbols: `tf.make_tensor_proto`, `tf.make_ndarray`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import to_numpy
from recell.graph.dtypes import DType, as_dtype
from recell.graph.shapes import TensorShape, as_shape
from recell.platform import tensor_protos as protos

# The field that holds the elements of each type one by one.
_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "float16": "half_val",
    "bfloat16": "half_val",
    **dict.fromkeys(("int32", "int16", "int8", "uint8", "uint16"), "int_val"),
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "string": "string_val",
}
_RAW = frozenset(["float32", "float64", "int32", "uint8", "int16", "int8", "int64", "uint32", "uint64"])


def _known(shape: TensorShape) -> tuple[int, ...]:
    if not shape.is_fully_defined():
        raise ValueError(f"The shape of a tensor proto must be known, but is {shape}.")
    return tuple(int(size or 0) for size in shape.as_list())


def shape_proto(shape: TensorShape | tuple[int, ...]) -> Any:
    """A shape as a `TensorShapeProto`; an unknown size is -1."""
    dims = TensorShape(shape).tuple
    if dims is None:
        return protos.TensorShapeProto(unknown_rank=True)
    made = protos.TensorShapeProto.Dim
    return protos.TensorShapeProto(dim=[made(size=-1 if size is None else size) for size in dims])


def raw_tensor_proto(array: np.ndarray) -> Any:
    """A `TensorProto` that holds the array's memory as it is, or the strings of an array of them."""
    dtype = as_dtype(array.dtype)
    proto = protos.TensorProto(dtype=dtype.as_datatype_enum, tensor_shape=shape_proto(array.shape))
    if dtype is dtypes.string:
        proto.string_val.extend(array.ravel().tolist())
    else:
        proto.tensor_content = array.tobytes()
    return proto


def make_tensor_proto(
    values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False, allow_broadcast: bool = False
) -> Any:
    """A `TensorProto` of a number, string, nested list, array, or tensor proto. TF symbol: `tf.make_tensor_proto`.

    Args:
      dtype: that of the result; what `tf.constant` would make of `values`, if None.
      shape: that of the result; the last of fewer `values` is meant to be repeated.
      verify_shape: whether to refuse values of another shape.
      allow_broadcast: whether a single value may stand for a shape; implied unless `verify_shape`.

    Raises:
      TypeError: for values that are no tensor, or not of `dtype`, or with `verify_shape` of another shape.
      ValueError: for more values than the shape has elements.
    """
    if isinstance(values, protos.TensorProto):
        return values
    array = to_numpy(values, None if dtype is None else as_dtype(dtype).base_dtype)
    found = as_dtype(array.dtype)
    dims = array.shape if shape is None else _known(as_shape(shape))
    size = math.prod(dims)
    if verify_shape and not allow_broadcast and dims != array.shape:
        raise TypeError(f"Expected Tensor's shape: {dims}, got {array.shape}.")
    if array.size > size:
        raise ValueError(f"Too many elements provided. Needed at most {size}, but received {array.size}")
    proto = protos.TensorProto(dtype=found.as_datatype_enum, tensor_shape=shape_proto(dims))
    if array.size == size > 1 and found.name in _RAW:
        proto.tensor_content = array.tobytes()
    else:
        getattr(proto, _FIELDS[found.name]).extend(_elements(array, found))
    return proto


def _elements(array: np.ndarray, dtype: DType) -> list[Any]:
    flat = np.ascontiguousarray(array).ravel()
    if dtype.is_complex:
        flat = flat.view(flat.real.dtype)
    elif _FIELDS[dtype.name] == "half_val":
        flat = flat.view(np.uint16)
    return flat.tolist()


def make_ndarray(tensor: Any) -> np.ndarray:
    """The array that a `TensorProto` holds. TF symbol: `tf.make_ndarray`. TypeError for types that numpy has none of.

    Fewer elements than the shape has mean that the last one is repeated.
    """
    dtype = DType(tensor.dtype)
    dims = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if dtype.name not in _FIELDS:
        raise TypeError(f"Unsupported tensor type: {tensor.dtype}")
    held = list(getattr(tensor, _FIELDS[dtype.name]))
    if dtype is dtypes.string:
        return _repeated(held or [b""], dims, object)
    kind = np.bool_ if dtype is dtypes.bool else dtype.as_numpy_dtype
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, kind).copy().reshape(dims)
    if dtype.is_complex:
        held = [complex(*pair) for pair in zip(held[::2], held[1::2], strict=True)]
    if _FIELDS[dtype.name] == "half_val":
        return _repeated(held or [0], dims, np.uint16).view(kind)
    return _repeated(held or [0], dims, kind)


def _repeated(held: list[Any], dims: tuple[int, ...], kind: Any) -> np.ndarray:
    flat = np.empty(math.prod(dims), kind)
    flat[: len(held)] = held[: flat.size]
    flat[len(held) :] = held[-1]
    return flat.reshape(dims)
