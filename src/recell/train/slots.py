"""Slots: variables that an optimizer or a moving average keeps beside another variable, named after it.

The slot `Adam` of `rnn/kernel` is the variable `rnn/kernel/Adam` (then `Adam_1`, ...), under the variable scope that is
open where it is made. Checkpoints depend on these names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.shapes import as_shape
from recell.graph.variable_scope import get_variable, get_variable_scope, variable_scope
from recell.graph.variable_slice import SaveSliceInfo
from recell.graph.variables import Variable, is_resource_variable
from recell.ops.array_make import zeros
from recell.ops.array_shape import shape as shape_of
from recell.ops.initializers import Zeros


@contextmanager
def _unpartitioned() -> Iterator[None]:
    """A slot of one part of a partitioned variable is one variable: the scope's partitioner is not for it."""
    scope = get_variable_scope()
    partitioner = scope.partitioner
    scope.set_partitioner(None)
    try:
        yield
    finally:
        scope.set_partitioner(partitioner)


def _make_slot(primary: Any, initializer: Any, validate_shape: bool, shape: Any, dtype: Any) -> Any:
    """The variable that the open scope is named after."""
    with _unpartitioned():
        slot = get_variable(
            "",
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=False,
            validate_shape=validate_shape,
            use_resource=is_resource_variable(primary) or None,
        )
    part = primary._get_save_slice_info() if isinstance(primary, Variable) else None
    if part is not None:
        # By length, not by prefix, so that under a scope the whole has the odd name that TF1's checkpoints give it.
        suffix = slot.op.name[len(primary.op.name) + 1 :]
        slot._set_save_slice_info(
            SaveSliceInfo(f"{part.full_name}/{suffix}", part.full_shape, part.var_offset, part.var_shape)
        )
    return slot


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Any:
    """A slot that starts at the value `val`; its shape is left open when that of `val` is not known."""
    val = convert_to_tensor(val)
    validate_shape = val.shape.is_fully_defined()
    with variable_scope(None, f"{primary.op.name}/{name}"):
        return _make_slot(primary, val, validate_shape, None, val.dtype.base_dtype)


def create_slot_with_initializer(
    primary: Any, initializer: Any, shape: Any, dtype: Any, name: str, colocate_with_primary: bool = True
) -> Any:
    """A slot of the given static shape, filled by `initializer`."""
    validate_shape = as_shape(shape).is_fully_defined()
    with variable_scope(None, f"{primary.op.name}/{name}"):
        return _make_slot(primary, initializer, validate_shape, shape, dtype)


def create_zeros_slot(primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True) -> Any:
    """A slot of zeros, of the primary's shape: its shape when it is initialized, where it is not known before."""
    dtype = primary.dtype.base_dtype if dtype is None else dtype
    if primary.shape.is_fully_defined():
        return create_slot_with_initializer(primary, Zeros(), primary.shape, dtype, name, colocate_with_primary)
    return create_slot(primary, zeros(dynamic_shape(primary), dtype), name, colocate_with_primary)


def dynamic_shape(primary: Any) -> Any:
    """The shape of a variable whose static one is not known, before it is initialized too."""
    return shape_of(primary.initialized_value() if isinstance(primary, Variable) else primary)
