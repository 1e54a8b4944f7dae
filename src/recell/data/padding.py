"""The shapes and values that `padded_batch` fills elements up with."""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.data import nest, spec
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value_as_shape
from recell.graph.tensor import Tensor


def arguments(specs: Any, padded_shapes: Any, padding_values: Any) -> tuple[list[Tensor], list[Tensor], Any]:
    """For each component the tensor of its shape (-1 where the batch decides) and its filler, and the specs after it.

    Raises ValueError for a shape that does not fit a component, TypeError for a filler of another dtype, for nestings
    that differ, and for sparse tensors.
    """
    leaves = nest.flatten(specs)
    for leaf in leaves:
        if not isinstance(leaf, spec.TensorSpec):
            raise TypeError("Batching of padded sparse tensors is not currently supported")
    given = nest.flatten_up_to(specs, padded_shapes)
    shapes = [_shape_tensor(shape, leaf) for shape, leaf in zip(given, leaves, strict=True)]
    values = [None] * len(leaves) if padding_values is None else nest.flatten_up_to(specs, padding_values)
    fillers = [_filler(value, leaf.dtype) for value, leaf in zip(values, leaves, strict=True)]
    padded = [spec.TensorSpec(_known(shape), leaf.dtype) for shape, leaf in zip(shapes, leaves, strict=True)]
    return shapes, fillers, nest.pack_sequence_as(specs, padded)


def _shape_tensor(shape: Any, leaf: spec.TypeSpec) -> Tensor:
    if isinstance(shape, Tensor):
        tensor = convert_to_tensor(shape, preferred_dtype=dtypes.int64)
        if tensor.shape.ndims not in (1, None):
            raise ValueError(
                f"Padded shape {shape} must be a 1-D tensor of tf.int64 values, but its shape was {tensor.shape}."
            )
        if tensor.dtype.base_dtype is not dtypes.int64:
            raise TypeError(
                f"Padded shape {shape} must be a 1-D tensor of tf.int64 values, but its element type was "
                f"{tensor.dtype.name}."
            )
    else:
        try:
            sizes = as_shape(shape).as_list()
        except (TypeError, ValueError):
            sizes = [None if n is not None and not isinstance(n, Tensor) and int(n) == -1 else n for n in list(shape)]
            sizes = as_shape(sizes).as_list()
        tensor = convert_to_tensor(np.array([-1 if n is None else n for n in sizes], np.int64))
    known = _known(tensor)
    if not _fits(known, leaf.shape):
        raise ValueError(
            f"The padded shape {known} is not compatible with the corresponding input component shape {leaf.shape}."
        )
    return tensor


def _known(tensor: Tensor) -> TensorShape:
    return constant_value_as_shape(tensor)


def _fits(padded: TensorShape, component: TensorShape) -> bool:
    if padded.tuple is None or component.tuple is None:
        return True
    if len(padded.tuple) != len(component.tuple):
        return False
    return all(a is None or b is None or a >= b for a, b in zip(padded.tuple, component.tuple, strict=True))


def _filler(value: Any, dtype: DType) -> Tensor:
    if value is None:
        return convert_to_tensor(b"" if dtype is dtypes.string else np.zeros((), dtype.as_numpy_dtype))
    tensor = convert_to_tensor(value, name="padding_value")
    if tensor.shape.ndims not in (0, None):
        raise ValueError(f"Padding value should be a scalar, but is not: {tensor}")
    if tensor.dtype.base_dtype is not dtype:
        raise TypeError(f"Padding value tensor ({tensor}) does not match output type: {dtype}")
    return tensor
