"""Tensors made from a shape or from indices.

Symbols: tf.zeros, ones, fill, one_hot, sequence_mask, range, linspace, ...
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import torch_dtype
from recell.graph import dtypes
from recell.graph.convert import constant, convert_to_tensor, is_tensor_like
from recell.graph.core import name_scope
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.ops import rules
from recell.ops._attributes import static_int
from recell.ops._kernels import invalid, sizes
from recell.ops.math_cast import cast
from recell.ops.op import ANY, FLOATS, INDEX, INTS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_SMALL = 1000  # from this many elements on TF1 fills at run time instead of keeping a constant


@op("Fill", shape=rules.from_value("dims"), types={"dims": INDEX, "value": ANY}, dtype=lambda i: i.dtype("value"))
def fill(dims: Tensor, value: Tensor) -> Tensor:
    """A tensor of shape `dims` whose every element is the scalar `value`. TF symbol: `tf.fill`."""
    wanted = sizes(dims)
    if min(wanted, default=0) < 0:
        raise invalid(f"Dimension {min(wanted)} must be >= 0")
    if isinstance(value, np.ndarray):
        return np.full(wanted, value[()], dtype=object)
    if value.requires_grad:
        return value.expand(wanted).clone()
    return value.new_full(wanted, value.item())


def _filled(shape: Any, value: Any, dtype: Any, default: str, name: str | None) -> Any:
    dtype = as_dtype(dtype).base_dtype
    with name_scope(name, default, [shape] if is_tensor_like(shape) else []) as scope:
        if not isinstance(shape, TensorShape) and not _has_tensor(shape):
            if isinstance(shape, (list, tuple)) and None in shape:
                raise TypeError("Expected int32, got None of type 'NoneType' instead.")
            shape = TensorShape(shape)
        if isinstance(shape, TensorShape):
            if not shape.is_fully_defined():
                raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {shape}")
            dims: list[int] = shape.as_list()  # type: ignore[assignment]
            if math.prod(dims) < _SMALL:
                array = np.empty(dims, dtype=dtype.as_numpy_dtype)
                array[...] = value
                return constant(array, dtype, name=scope)
            shape = constant(np.array(dims, np.int32), name="shape_as_tensor")
        else:
            shape = convert_to_tensor(shape, preferred_dtype=dtypes.int32)
            if shape.shape.ndims == 0:
                from recell.ops.array_shape import reshape

                shape = reshape(shape, [-1])
        return fill(shape, constant(value, dtype), name=scope)


def _has_tensor(shape: Any) -> bool:
    if isinstance(shape, (list, tuple)):
        return any(is_tensor_like(part) for part in shape)
    return is_tensor_like(shape)


def _zero(dtype: Any) -> Any:
    dtype = as_dtype(dtype)
    return False if dtype.is_bool else "" if dtype.base_dtype is dtypes.string else 0


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """Zeros (False, empty strings) of a shape that may be a tensor. TF symbol: `tf.zeros`."""
    value = b"" if as_dtype(dtype).base_dtype is dtypes.string else _zero(dtype)
    return _filled(shape, value, dtype, "zeros", name)


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """Ones (True) of a shape that may be a tensor. TF symbol: `tf.ones`. TypeError for strings."""
    return _filled(shape, True if as_dtype(dtype).is_bool else 1, dtype, "ones", name)


@op("ZerosLike", shape=rules.unchanged, dtype="dtype", differentiable=False)
def _zeros_like(tensor: Tensor, dtype: Any) -> Tensor:
    if dtype is dtypes.string:
        return np.full(tensor.shape, b"", dtype=object)  # type: ignore[return-value]
    return torch.zeros(tensor.shape, dtype=torch_dtype(dtype))


@op("OnesLike", shape=rules.unchanged, dtype="dtype", differentiable=False)
def _ones_like(tensor: Tensor, dtype: Any) -> Tensor:
    return torch.ones(tensor.shape, dtype=torch_dtype(dtype))


def zeros_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Any:
    """Zeros in the shape of `tensor`, of its type or of `dtype`. TF symbol: `tf.zeros_like`."""
    return _like(tensor, dtype, name, optimize, "zeros_like", zeros, _zeros_like)


def ones_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Any:
    """Ones in the shape of `tensor`, of its type or of `dtype`. TF symbol: `tf.ones_like`."""
    return _like(tensor, dtype, name, optimize, "ones_like", ones, _ones_like)


def _like(tensor: Any, dtype: Any, name: str | None, optimize: bool, default: str, static: Any, dynamic: Any) -> Any:
    with name_scope(name, default, [tensor]) as scope:
        dense = getattr(tensor, "dense_shape", None)
        if dense is not None and hasattr(tensor, "indices"):
            return static(dense, dtype or tensor.dtype, name=scope)
        tensor = convert_to_tensor(tensor, name="tensor")
        dtype = tensor.dtype.base_dtype if dtype is None else as_dtype(dtype).base_dtype
        if optimize and tensor.shape.is_fully_defined():
            return static(tensor.shape, dtype, name=scope)
        return dynamic(tensor, dtype, name=scope)


def _one_hot_shape(i: Inference) -> TensorShape:
    dims, axis, depth = i.shape("indices").tuple, i["axis"], i.value("depth")
    if dims is None:
        return TensorShape(None)
    if not -1 <= axis <= len(dims):
        raise i.mismatch(f"Expected axis to be -1 or between [0, {len(dims) + 1}).  But received: {axis}")
    at = len(dims) if axis == -1 else axis
    return TensorShape.of((*dims[:at], None if depth is None else int(depth), *dims[at:]))


@op(
    "OneHot",
    shape=_one_hot_shape,
    types={"indices": frozenset({dtypes.int32, dtypes.int64, dtypes.uint8}), "depth": dtypes.int32},
    dtype=lambda i: i.dtype("on_value"),
)
def _one_hot(indices: Tensor, depth: Tensor, on_value: Tensor, off_value: Tensor, axis: int = -1) -> Tensor:
    count = int(depth)
    if count < 0:
        raise invalid(f"depth must be non-negative, got: {count}")
    at = indices.ndim if axis == -1 else axis
    index = indices.long().unsqueeze(at)
    shape = (*indices.shape[:at], count, *indices.shape[at:])
    result = off_value.expand(shape).clone()
    if not count:
        return result
    inside = (index >= 0) & (index < count)
    # An index out of range lights nothing: it writes "off", somewhere in its own row.
    return result.scatter(at, index.clamp(0, count - 1), torch.where(inside, on_value, off_value))


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """`on_value` (1) at each index along a new axis of size `depth`, elsewhere `off_value` (0).

    TF symbol: `tf.one_hot`. An index out of range lights nothing. Raises TypeError when the values' types and `dtype`
    differ.
    """
    with name_scope(name, "one_hot", [indices] if is_tensor_like(indices) else []) as scope:
        found = [convert_to_tensor(v, name="value").dtype.base_dtype for v in (on_value, off_value) if v is not None]
        wanted = None if dtype is None else as_dtype(dtype).base_dtype
        if wanted is None:
            wanted = found[0] if found else dtypes.float32
        for given, value in zip(found, [v for v in (on_value, off_value) if v is not None], strict=True):
            if given is not wanted and (dtype is not None or is_tensor_like(value) or len(found) == 2):
                raise TypeError(f"dtype {given.name} of {value!r} does not match dtype parameter {wanted.name}")
        on = convert_to_tensor(_one(wanted) if on_value is None else on_value, wanted, name="on_value")
        off = convert_to_tensor(_zero(wanted) if off_value is None else off_value, wanted, name="off_value")
        where = -1 if axis is None else static_int(axis, "axis")
        if is_tensor_like(depth) and depth.dtype.base_dtype is not dtypes.int32:
            depth = cast(depth, dtypes.int32)
        return _one_hot(indices, depth, on, off, where, name=scope)


def _one(dtype: Any) -> Any:
    return True if dtype.is_bool else 1


def _mask_shape(i: Inference) -> TensorShape:
    if i.tensor("maxlen") is not None:
        maxlen = i.value("maxlen")
    else:
        lengths = i.value("lengths")
        maxlen = None if lengths is None else np.max(lengths, initial=0)
    dims = i.shape("lengths").tuple
    return TensorShape.of(None if dims is None else (*dims, None if maxlen is None else int(maxlen)))


@op(
    "SequenceMask",
    shape=_mask_shape,
    types={"lengths": frozenset(INTS | FLOATS), "maxlen": INDEX},
    dtype="dtype",
    differentiable=False,
)
def _sequence_mask(lengths: Tensor, maxlen: Tensor | None, dtype: Any = dtypes.bool) -> Tensor:
    count = int(maxlen) if maxlen is not None else max(int(lengths.max()), 0) if lengths.numel() else 0
    mask = torch.arange(count, dtype=lengths.dtype) < lengths.unsqueeze(-1)
    return mask if dtype is dtypes.bool else mask.to(torch_dtype(dtype))


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None) -> Any:
    """`result[..., j]` tells whether `j < lengths[...]`; `maxlen` (the largest length) sizes j.

    TF symbol: `tf.sequence_mask`. Raises ValueError when `maxlen` is known not to be a scalar.
    """
    with name_scope(name, "SequenceMask", [lengths] if is_tensor_like(lengths) else []) as scope:
        if maxlen is not None:
            maxlen = convert_to_tensor(maxlen)
            if maxlen.shape.ndims not in (None, 0):
                raise ValueError("maxlen must be scalar for sequence_mask")
        return _sequence_mask(lengths, maxlen, as_dtype(dtype).base_dtype, name=scope)


# -- evenly spaced --------------------------------------------------------------------------------------------------


def _range_shape(i: Inference) -> TensorShape:
    start, limit, delta = (i.value(key) for key in ("start", "limit", "delta"))
    if start is None or limit is None or delta is None:
        return TensorShape.of((None,))
    if delta == 0:
        raise i.mismatch("Requires delta != 0: 0")
    if (delta > 0 and start > limit) or (delta < 0 and start < limit):
        sign = ("<=", ">") if delta > 0 else (">=", "<")
        raise i.mismatch(f"Requires start {sign[0]} limit when delta {sign[1]} 0: {start}/{limit}")
    return TensorShape.of((_range_count(start, limit, delta),))


def _range_count(start: Any, limit: Any, delta: Any) -> int:
    if np.asarray(delta).dtype.kind in "iu":
        return -((int(start) - int(limit)) // int(delta))
    return math.ceil(abs((float(limit) - float(start)) / float(delta)))


@op("Range", shape=_range_shape, T=FLOATS | INTS, differentiable=False)
def _range(start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    first, end, step = start.item(), limit.item(), delta.item()
    if step == 0:
        raise invalid(f"Requires delta != 0: {step}")
    if (step > 0 and first > end) or (step < 0 and first < end):
        sign = ("<=", ">") if step > 0 else (">=", "<")
        raise invalid(f"Requires start {sign[0]} limit when delta {sign[1]} 0: {first}/{end}")
    if not start.is_floating_point():
        return torch.arange(first, end, step, dtype=start.dtype)
    # Added up step by step, each rounded: what TF1's loop does, and a product would not.
    count = _range_count(first, end, step)
    steps = torch.full((count,), step, dtype=start.dtype)
    steps[:1] = first
    return torch.from_numpy(np.add.accumulate(steps.numpy())) if count else steps


def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range") -> Any:
    """The numbers from `start` (0) up to but without `limit`, by `delta`. TF symbol: `tf.range`.

    The type is the widest of the three in the order int32, int64, float32, float64, unless `dtype` names it. Raises
    ValueError when `delta` leads away from the limit.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [v for v in (start, limit, delta) if is_tensor_like(v)]) as scope:
        wanted = None if dtype is None else as_dtype(dtype).base_dtype
        given = [
            convert_to_tensor(v, wanted, name=n) for v, n in ((start, "start"), (limit, "limit"), (delta, "delta"))
        ]
        if wanted is None:
            order = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]
            wanted = max((t.dtype.base_dtype for t in given), key=order.index)
            given = [t if t.dtype.base_dtype is wanted else _as_constant(t, wanted) for t in given]
        return _range(*given, name=scope)


def _as_constant(tensor: Any, dtype: Any) -> Any:
    known = constant_value(tensor)
    return cast(tensor, dtype) if known is None else constant(known.astype(dtype.as_numpy_dtype))


def _linspace_shape(i: Inference) -> TensorShape:
    num = i.value("num")
    if num is not None and num <= 0:
        raise i.mismatch(f"Requires num > 0: {num}")
    return TensorShape.of((None if num is None else int(num),))


@op("LinSpace", shape=_linspace_shape, types={"num": INDEX}, T=FLOATS, differentiable=False)
def lin_space(start: Tensor, stop: Tensor, num: Tensor) -> Tensor:
    """`num` numbers from `start` to `stop`, both included. TF symbols: `tf.lin_space`, `tf.linspace`."""
    count = int(num)
    if count <= 0:
        raise invalid(f"Requires num > 0: {count}")
    if count == 1:
        return start.reshape(1).clone()
    steps = torch.arange(count, dtype=start.dtype)
    result = start + (stop - start) / (count - 1) * steps
    result[-1] = stop
    return result


linspace = lin_space


def meshgrid(*args: Any, **kwargs: Any) -> list[Any]:
    """Coordinates of a grid, one tensor for each given vector. TF symbol: `tf.meshgrid`.

    `indexing` is "xy" (the first two axes exchanged) or "ij". Raises ValueError for another, TypeError for an unknown
    keyword.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", [v for v in args if is_tensor_like(v)]) as scope:
        if not args:
            return []
        if len(args) == 1:
            from recell.ops.array_shape import reshape

            return [reshape(args[0], [-1], name=scope)]
        return list(_meshgrid([convert_to_tensor(v) for v in args], indexing, name=scope))


def _meshgrid_shapes(i: Inference) -> list[TensorShape]:
    counts = [shape.num_elements() for shape in i.shapes()]
    if i["indexing"] == "xy":
        counts[:2] = counts[1::-1]
    return [TensorShape.of(tuple(counts))] * len(counts)


@op("Meshgrid", shape=_meshgrid_shapes, dtype=lambda i: [i.dtype("values")] * len(i.shapes()), view=True)
def _meshgrid(values: list[Tensor], indexing: str) -> Any:
    return torch.meshgrid(*(value.reshape(-1) for value in values), indexing=indexing)


__all__ = [
    "fill",
    "lin_space",
    "linspace",
    "meshgrid",
    "one_hot",
    "ones",
    "ones_like",
    "range_",
    "sequence_mask",
    "zeros",
    "zeros_like",
]
