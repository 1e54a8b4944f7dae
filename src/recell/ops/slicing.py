"""`tensor[...]` in every form that Python has, and tf.slice and tf.strided_slice.

The operation is `StridedSlice`; its attribute `index` is a tuple of ints, slices, None and Ellipsis. An entry that only
a run tells is a `Dynamic` there, standing for the values of further inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dimensions import Dimension
from recell.graph.portable import register_named
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor as GraphTensor
from recell.ops._kernels import as_strings, invalid, is_strings, sizes
from recell.ops.op import INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@dataclass(frozen=True)
class Dynamic:
    """An index or a bound of a slice whose value is that of the next further input."""


_DYNAMIC = Dynamic()
register_named("dynamic index", _DYNAMIC)


def _axes_taken(index: tuple[Any, ...]) -> int:
    return sum(entry is not None and entry is not Ellipsis for entry in index)


def _spread(index: tuple[Any, ...], rank: int) -> list[Any]:
    """The index without Ellipsis: an entry for every axis, and None for every new one."""
    missing = rank - _axes_taken(index)
    entries: list[Any] = []
    found = False
    for entry in index:
        if entry is Ellipsis:
            entries.extend([slice(None)] * missing)
            found = True
        else:
            entries.append(entry)
    return entries if found else entries + [slice(None)] * missing


def _is_dynamic(entry: Any) -> bool:
    if isinstance(entry, slice):
        return any(part is _DYNAMIC for part in (entry.start, entry.stop, entry.step))
    return entry is _DYNAMIC


def _sliced_shape(i: Inference) -> TensorShape:
    dims, index = i.shape(0).tuple, i["index"]
    if dims is None:
        return TensorShape(None)
    if _axes_taken(index) > len(dims):
        raise i.mismatch(f"Index out of range using input dim {len(dims)}; input has only {len(dims)} dims")
    result: list[int | None] = []
    axis = 0
    for entry in _spread(index, len(dims)):
        if entry is None:
            result.append(1)
            continue
        if isinstance(entry, slice):
            result.append(_slice_length(dims[axis], entry))
        elif not _is_dynamic(entry) and dims[axis] is not None and not -dims[axis] <= entry < dims[axis]:  # type: ignore[operator]
            raise i.mismatch(f"slice index {entry} of dimension {axis} out of bounds.")
        axis += 1
    return TensorShape.of(tuple(result))


def _slice_length(dim: int | None, entry: slice) -> int | None:
    if _is_dynamic(entry):
        return None
    if dim is not None:
        return len(range(*entry.indices(dim)))
    return None


@op("StridedSlice", shape=_sliced_shape, types={"dynamic": INDEX}, view=True)
def _strided_slice(x: Tensor, dynamic: list[Tensor], index: Any = ()) -> Tensor:
    if dynamic:
        index = _filled(index, [int(value) for value in dynamic])
    return take(x, index)


def _filled(index: tuple[Any, ...], values: list[int]) -> tuple[Any, ...]:
    rest = iter(values)

    def fill(entry: Any) -> Any:
        if isinstance(entry, slice):
            return slice(fill(entry.start), fill(entry.stop), fill(entry.step))
        return next(rest) if entry is _DYNAMIC else entry

    return tuple(fill(entry) for entry in index)


def take(x: Any, index: tuple[Any, ...]) -> Any:
    """`x[index]` of a run-time value. InvalidArgumentError for an index out of range."""
    if is_strings(x):
        return as_strings(_checked(x, index))
    if any(isinstance(entry, slice) and entry.step is not None and entry.step < 0 for entry in index):
        return _backwards(x, index)
    return _checked(x, index)


def _checked(x: Any, index: tuple[Any, ...]) -> Any:
    try:
        return x[index]
    except IndexError as error:
        if _axes_taken(index) > x.ndim:
            raise invalid(f"Index out of range using input dim {x.ndim}; input has only {x.ndim} dims") from error
        axis, entry = _wrong_entry(x, index)
        raise invalid(f"slice index {entry} of dimension {axis} out of bounds.") from error


def _wrong_entry(x: Any, index: tuple[Any, ...]) -> tuple[int, Any]:
    axis = 0
    for entry in _spread(index, x.ndim):
        if isinstance(entry, int) and not -x.shape[axis] <= entry < x.shape[axis]:
            return axis, entry
        axis += entry is not None
    return axis, None


def _backwards(x: Tensor, index: tuple[Any, ...]) -> Tensor:
    """torch has no negative steps: slice the same elements forwards, then turn the axis round."""
    entries = _spread(index, x.ndim)
    forward, flips = [], []
    axis = out_axis = 0
    for entry in entries:
        if isinstance(entry, slice) and entry.step is not None and entry.step < 0:
            chosen = range(*entry.indices(x.shape[axis]))
            entry = slice(chosen[-1], chosen[0] + 1, -chosen.step) if chosen else slice(0, 0)
            flips.append(out_axis)
        forward.append(entry)
        axis += entry is not None
        out_axis += entry is None or isinstance(entry, slice)
    return _checked(x, tuple(forward)).flip(flips)


def _entry(value: Any, dynamic: list[Any]) -> Any:
    """One part of an index as static data, or `_DYNAMIC` with the tensor put among the further inputs."""
    if value is None or value is Ellipsis:
        return value
    if isinstance(value, slice):
        return slice(*(_entry(part, dynamic) for part in (value.start, value.stop, value.step)))
    if isinstance(value, Dimension):
        value = value.value
        return value
    if hasattr(value, "_as_tensor"):
        value = value._as_tensor()
    if isinstance(value, GraphTensor):
        if value.dtype.base_dtype not in INDEX or value.shape.ndims not in (None, 0):
            raise _bad_index(value)
        known = constant_value(value)
        if known is not None:
            return int(known)
        dynamic.append(value)
        return _DYNAMIC
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu":
        return int(value)
    raise _bad_index(value)


def _bad_index(value: Any) -> TypeError:
    return TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are "
        f"valid indices, got {value!r}"
    )


def getitem(x: Any, key: Any) -> Any:
    """`x[key]`. TypeError for what is no index, ValueError for one that is out of range for certain.

    A boolean mask is no index in TF 1: use `tf.boolean_mask`.
    """
    keys = key if isinstance(key, (list, tuple)) else (key,)
    dynamic: list[Any] = []
    with name_scope(None, "strided_slice", [x]) as scope:
        index = tuple(_entry(entry, dynamic) for entry in keys)
        if sum(entry is Ellipsis for entry in index) > 1:
            raise ValueError("Multiple ellipses in slice spec not allowed")
        if any(isinstance(entry, slice) and entry.step == 0 for entry in index):
            raise ValueError(f"strides[{[getattr(e, 'step', 1) for e in index].index(0)}] must be non-zero")
        return _strided_slice(convert_to_tensor(x), dynamic, index, name=scope)


# -- tf.slice and tf.strided_slice --------------------------------------------------------------------------------


def _slice_shape(i: Inference) -> TensorShape:
    begin, size, dims = i.value("begin"), i.value("size"), i.shape("input").tuple
    if dims is None:
        return TensorShape(None if size is None else [None if n < 0 else int(n) for n in size])
    for name in ("begin", "size"):
        count = i.shape(name).num_elements()
        if count is not None and count != len(dims):
            raise i.mismatch(f"Shape must be rank {count} but is rank {len(dims)}")
    if size is None:
        return (
            TensorShape.of(tuple(i.value_as_shape("size").as_list()))
            if begin is not None
            else TensorShape.of((None,) * len(dims))
        )
    result: list[int | None] = []
    for axis, (dim, count) in enumerate(zip(dims, size, strict=True)):
        start = None if begin is None else int(begin[axis])
        if count == -1:
            result.append(None if dim is None or start is None else dim - start)
        else:
            result.append(int(count))
    return TensorShape.of(tuple(result))


@op("Slice", shape=_slice_shape, types={"begin": INDEX, "size": INDEX}, view=True)
def _slice(input: Tensor, begin: Tensor, size: Tensor) -> Tensor:
    index = []
    for axis, (start, count) in enumerate(zip(sizes(begin), sizes(size), strict=True)):
        dim = input.shape[axis]
        stop = dim if count == -1 else start + count
        if not 0 <= start <= dim:
            raise invalid(f"Expected begin[{axis}] in [0, {dim}], but got {start}")
        if not start <= stop <= dim:
            raise invalid(f"Expected size[{axis}] in [0, {dim - start}], but got {count}")
        index.append(slice(start, stop))
    return as_strings(input[tuple(index)]) if is_strings(input) else input[tuple(index)]


def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """`size` elements from `begin` on, along every axis; -1 for all that are left. TF symbol: `tf.slice`.

    InvalidArgumentError (ValueError while building) when that reaches beyond the tensor.
    """
    return _slice(input_, begin, size, name=name)


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """The slice that vectors of bounds and steps describe; bit k of a mask is about entry k.

    TF symbol: `tf.strided_slice`. ValueError when the vectors' length is not known.
    """
    if not (isinstance(ellipsis_mask, int) and ellipsis_mask & (ellipsis_mask - 1) == 0):
        raise ValueError("Multiple ellipses not allowed")
    with name_scope(name, "strided_slice", [input_]) as scope:
        begins, ends = _parts(begin), _parts(end)
        steps = [1] * len(begins) if strides is None else _parts(strides)
        dynamic: list[Any] = []
        index: list[Any] = []
        for k, (start, stop, step) in enumerate(zip(begins, ends, steps, strict=True)):
            bit = 1 << k
            if ellipsis_mask & bit:
                index.append(Ellipsis)
            elif new_axis_mask & bit:
                index.append(None)
            elif shrink_axis_mask & bit:
                index.append(_entry(start, dynamic))
            else:
                bounds = (None if begin_mask & bit else start, None if end_mask & bit else stop, step)
                index.append(_entry(slice(*bounds), dynamic))
        return _strided_slice(convert_to_tensor(input_), dynamic, tuple(index), name=scope)


def _parts(vector: Any) -> list[Any]:
    if isinstance(vector, (list, tuple)):
        return list(vector)
    tensor = convert_to_tensor(vector)
    known = constant_value(tensor)
    if known is not None:
        return [int(value) for value in known]
    if not tensor.shape.is_fully_defined():
        raise ValueError(f"The length of '{tensor.name}', which bounds a slice, must be known: it has {tensor.shape}.")
    return [getitem(tensor, k) for k in range(tensor.shape.as_list()[0] or 0)]


newaxis = None
