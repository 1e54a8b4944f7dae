"""Tensors whose shape is checked: while building where the graph tells, else when they run.

TF symbols: `tf.contrib.framework.with_shape`, `with_same_shape`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.dtypes import int32
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import equal
from recell.ops.logging_ops import Assert
from recell.ops.reductions import reduce_all
from recell.ops.state import identity


def with_shape(expected_shape: Any, tensor: Any) -> Tensor:
    """`tensor`, after a check that its shape is `expected_shape`. TF symbol: `tf.contrib.framework.with_shape`.

    Args:
      expected_shape: a TensorShape, a list of ints, or an integer tensor `[rank]`.

    Raises:
      ValueError: the graph tells that the shapes differ.
      tf.errors.InvalidArgumentError, in the session: the values' shapes differ.
    """
    tensor = convert_to_tensor(tensor)
    wanted = expected_shape
    if isinstance(wanted, TensorShape):
        wanted = wanted.as_list()
    if not isinstance(wanted, Tensor):
        wanted = np.array(wanted, dtype=np.int32)
    if isinstance(wanted, Tensor) or not tensor.shape.is_fully_defined():
        with name_scope(f"{tensor.op.name}/"):
            wanted_tensor = convert_to_tensor(wanted, dtype=int32)
            with control_dependencies([_assert_shape(wanted_tensor, tensor)]):
                checked = identity(tensor)
        if not isinstance(wanted, Tensor):
            checked.set_shape(as_shape(wanted.tolist()))
        return checked
    if not tensor.shape.is_compatible_with(as_shape(wanted.tolist())):
        raise ValueError(f"Invalid shape for tensor {tensor.name}, expected {wanted}, got {tensor.shape}.")
    return tensor


def _assert_shape(expected: Tensor, tensor: Tensor) -> Operation:
    with name_scope("assert_shape"):
        actual = shape_of(tensor, name="actual")
        same = reduce_all(equal(expected, actual, name="equal"), name="is_equal_shape")
        return Assert(same, [f"Wrong shape for {tensor.name} [expected] [actual].", expected, actual])


def with_same_shape(expected_tensor: Any, tensor: Any) -> Tensor:
    """`tensor`, after a check that it has the shape of `expected_tensor`; otherwise as `with_shape`.

    TF symbol: `tf.contrib.framework.with_same_shape`.
    """
    with name_scope(f"{tensor.op.name}/", values=[expected_tensor, tensor]):
        expected = expected_tensor.shape
        if expected.is_fully_defined():
            return with_shape(expected, tensor)
        dynamic = shape_of(expected_tensor, name="expected_shape")
        known = constant_value(dynamic)
        return with_shape(dynamic if known is None else known, tensor)


__all__ = ["with_same_shape", "with_shape"]
