"""Sparse tensors.

Symbols: tf.sparse_placeholder, sparse_to_dense, sparse_tensor_dense_matmul, sparse_reduce_sum, ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.sparse_tensor import SparseTensor, SparseTensorValue
from recell.ops import rules
from recell.ops._attributes import renamed, static_axes, static_int
from recell.ops._kernels import invalid, is_strings, sizes
from recell.ops.math_binary import truediv
from recell.ops.op import ANY, BOOL, INDEX, NUMBERS, op
from recell.ops.state import placeholder

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_WHERE = {"indices": dtypes.int64, "shape": dtypes.int64}


def _sparse(value: Any) -> SparseTensor:
    """TypeError, as TF1's, for what is no sparse tensor."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor to be fed: a SparseTensorValue or (indices, values, shape).

    TF symbol: `tf.sparse_placeholder`.
    """
    base = name or "Placeholder"
    rank = None if shape is None else as_shape(shape).ndims
    dense = placeholder(dtypes.int64, [rank], name=f"{base}/shape")
    values = placeholder(dtype, [None], name=f"{base}/values")
    indices = placeholder(dtypes.int64, [None, rank], name=f"{base}/indices")
    if shape is not None and as_shape(shape).is_fully_defined():
        dense = convert_to_tensor(np.array(as_shape(shape).as_list(), np.int64))
    return _FedSparse(indices, values, dense)


class _FedSparse(SparseTensor):
    """A placeholder's: a shape that is known is not fed."""

    def _feed_components(self, value: Any) -> list[Any]:
        return [(t, part) for t, part in super()._feed_components(value) if t.op.type == "Placeholder"]


# -- to dense -------------------------------------------------------------------------------------------------------


def _check_order(indices: Tensor, shape: tuple[int, ...]) -> None:
    """InvalidArgumentError for an index out of bounds, repeated, or before its predecessor."""
    if len(indices) == 0:
        return
    limits = torch.tensor(shape, dtype=indices.dtype)
    beyond = torch.nonzero(((indices < 0) | (indices >= limits)).any(1))
    if len(beyond):
        raise invalid(
            f"indices[{int(beyond[0])}] = {_listed(indices[int(beyond[0])])} is out of bounds: need 0 <= index < "
            f"{_listed(limits)}"
        )
    flat = _flat(indices, shape)
    steps = flat[1:] - flat[:-1]
    if bool((steps <= 0).any()):
        k = int(torch.nonzero(steps <= 0)[0]) + 1
        what = "repeated" if int(steps[k - 1]) == 0 else "out of order. Many sparse ops require sorted indices."
        raise invalid(f"indices[{k}] = {_listed(indices[k])} is {what}")


def _listed(row: Tensor) -> str:
    return "[" + ",".join(str(n) for n in row.tolist()) + "]"


def _flat(indices: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Each index as the number of the element in a dense tensor."""
    flat = torch.zeros(len(indices), dtype=torch.int64)
    for axis, size in enumerate(shape):
        flat = flat * size + indices[:, axis].long()
    return flat


@op(
    "SparseToDense",
    shape=rules.from_value("output_shape"),
    types={"sparse_indices": INDEX, "output_shape": INDEX},
    dtype=lambda i: i.dtype("sparse_values"),
)
def _sparse_to_dense(
    sparse_indices: Tensor,
    output_shape: Tensor,
    sparse_values: Tensor,
    default_value: Tensor,
    validate_indices: bool = True,
) -> Tensor:
    shape = sizes(output_shape)
    indices = sparse_indices
    if indices.ndim < 2:
        indices = indices.reshape(-1, 1)
    if validate_indices:
        _check_order(indices, shape)
    if is_strings(sparse_values):
        strings = np.full(shape, default_value[()], dtype=object)
        strings[tuple(indices.numpy().T)] = sparse_values
        return strings  # type: ignore[return-value]
    start = default_value.expand(shape).clone()
    return start.index_put(tuple(indices.long().unbind(1)), sparse_values)


def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """A dense tensor with values at indices (a scalar, `[n]` or `[n, rank]`). TF symbol: `tf.sparse_to_dense`.

    InvalidArgumentError unless the indices ascend, or without `validate_indices`.
    """
    values = convert_to_tensor(sparse_values, name="sparse_values")
    if values.dtype.base_dtype is dtypes.string and default_value == 0:
        default_value = ""
    return _sparse_to_dense(sparse_indices, output_shape, values, default_value, bool(validate_indices), name=name)


def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Any:
    """The dense tensor. TF symbols: `tf.sparse_tensor_to_dense`, `tf.sparse.to_dense`. TypeError for none sparse."""
    sparse = _sparse(sp_input)
    if default_value is None:
        default_value = "" if sparse.dtype.base_dtype is dtypes.string else 0 if not sparse.dtype.is_bool else False
    return sparse_to_dense(
        sparse.indices, sparse.dense_shape, sparse.values, default_value, validate_indices, name=name
    )


# -- products and sums ----------------------------------------------------------------------------------------------


def _matmul_shape(i: Inference) -> TensorShape:
    a, b = i.value_as_shape("shape"), i.shape("b")
    rows = a[1 if i["adjoint_a"] else 0].value if a.ndims else None
    columns = b[0 if i["adjoint_b"] else 1].value if b.ndims else None
    return TensorShape([rows, columns])


@op("SparseTensorDenseMatMul", shape=_matmul_shape, types=_WHERE, T=NUMBERS, dtype=lambda i: i.dtype("values"))
def _dense_matmul(
    indices: Tensor, values: Tensor, shape: Tensor, b: Tensor, adjoint_a: bool = False, adjoint_b: bool = False
) -> Tensor:
    rows, inner = (indices[:, 1], indices[:, 0]) if adjoint_a else (indices[:, 0], indices[:, 1])
    count, size = sizes(shape)[::-1] if adjoint_a else sizes(shape)
    right = b.mH if adjoint_b else b
    if right.shape[0] != size:
        raise invalid(f"Cannot multiply A and B because inner dimension does not match: {size} vs. {right.shape[0]}.")
    if adjoint_a and values.is_complex():
        values = values.conj()
    products = values.unsqueeze(1) * right.index_select(0, inner)
    return torch.zeros(count, right.shape[1], dtype=products.dtype).index_add(0, rows, products)


def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """The product of a sparse and a dense matrix. TF symbol: `tf.sparse_tensor_dense_matmul`."""
    sparse = _sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sparse.values]) as scope:
        b = convert_to_tensor(b, sparse.dtype.base_dtype if not hasattr(b, "graph") else None, name="b")
        return _dense_matmul(
            sparse.indices, sparse.values, sparse.dense_shape, b, bool(adjoint_a), bool(adjoint_b), name=scope
        )


def _reduced_shape(i: Inference) -> TensorShape:
    dims, axis = i.value_as_shape("shape").tuple, i["axis"]
    if dims is None:
        return TensorShape(None)
    axes = range(len(dims)) if axis is None else rules.normalized_axes(axis, len(dims), i)
    kept = [(1 if k in axes else d) for k, d in enumerate(dims) if i["keepdims"] or k not in axes]
    return TensorShape.of(tuple(kept))


def _reduced(indices: Tensor, values: Tensor, shape: Tensor, axis: Any, keepdims: bool) -> tuple[Any, ...]:
    dims = sizes(shape)
    axes = range(len(dims)) if axis is None else [axis] if isinstance(axis, int) else axis
    gone = {k % len(dims) for k in axes}
    kept = [k for k in range(len(dims)) if k not in gone]
    result = tuple(1 if k in gone else d for k, d in enumerate(dims) if keepdims or k not in gone)
    inner = tuple(dims[k] for k in kept)
    flat = _flat(indices[:, kept], inner)
    return flat, int(np.prod(inner, dtype=np.int64)), result


@op("SparseReduceSum", shape=_reduced_shape, types=_WHERE, T=NUMBERS, dtype=lambda i: i.dtype("values"))
def _reduce_sum(indices: Tensor, values: Tensor, shape: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    flat, count, result = _reduced(indices, values, shape, axis, keepdims)
    return torch.zeros(count, dtype=values.dtype).index_add(0, flat, values).reshape(result)


@op("SparseReduceMax", shape=_reduced_shape, types=_WHERE, T=NUMBERS, dtype=lambda i: i.dtype("values"))
def _reduce_max(indices: Tensor, values: Tensor, shape: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    flat, count, result = _reduced(indices, values, shape, axis, keepdims)
    start = torch.zeros(count, dtype=values.dtype)
    return start.scatter_reduce(0, flat, values, "amax", include_self=False).reshape(result)


def _reducer(builder: Any, symbol: str, what: str) -> Callable[..., Any]:
    def reduce(
        sp_input: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        reduction_axes: Any = None,
        keep_dims: bool | None = None,
    ) -> Any:
        axis = static_axes(renamed("axis", axis, "reduction_axes", reduction_axes))
        keepdims = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
        sparse = _sparse(sp_input)
        return builder(sparse.indices, sparse.values, sparse.dense_shape, axis, keepdims)

    reduce.__name__ = reduce.__qualname__ = symbol
    reduce.__doc__ = (
        f"The {what} of the kept elements over `axis`, dense; 0 where there is none. TF symbol: `tf.{symbol}`."
    )
    return reduce


sparse_reduce_sum = _reducer(_reduce_sum, "sparse_reduce_sum", "sum")
sparse_reduce_max = _reducer(_reduce_max, "sparse_reduce_max", "largest")


def _cwise(builder: Callable[..., Any]) -> Callable[[SparseTensor, Any], SparseTensor]:
    def operate(sparse: SparseTensor, dense: Any) -> SparseTensor:
        dense = convert_to_tensor(dense, None if hasattr(dense, "graph") else sparse.dtype.base_dtype)
        own = _at_indices(sparse.indices, sparse.dense_shape, dense)
        return sparse._with_values(builder(sparse.values, own))

    return operate


@op(
    "SparseDenseCwise",
    shape=lambda i: TensorShape([i.shape("indices")[0].value if i.shape("indices").ndims else None]),
    types=_WHERE,
    dtype=lambda i: i.dtype("dense"),
)
def _at_indices(indices: Tensor, shape: Tensor, dense: Tensor) -> Tensor:
    """The elements of a dense tensor, broadcast to the sparse one's shape, where the sparse one has elements."""
    spread = dense.broadcast_to(sizes(shape))
    return spread[tuple(indices.unbind(1))]


def _install_operators() -> None:
    from recell.ops.math_binary import multiply

    times, over = _cwise(multiply), _cwise(truediv)
    for name, method in {"__mul__": times, "__rmul__": times, "__truediv__": over, "__div__": over}.items():
        setattr(SparseTensor, name, method)


_install_operators()


# -- rearranging ----------------------------------------------------------------------------------------------------


def _parts(i: Inference) -> list[TensorShape]:
    return [i.shape("indices"), i.shape("values"), i.shape("shape")]


def _sparse_dtypes(i: Inference) -> list[Any]:
    return [dtypes.int64, i.dtype("values"), dtypes.int64]


def _take(values: Any, order: Tensor) -> Any:
    return values[order.numpy()] if is_strings(values) else values.index_select(0, order)


@op("SparseReorder", shape=_parts, types={**_WHERE, "values": ANY}, dtype=_sparse_dtypes)
def _reorder(indices: Tensor, values: Tensor, shape: Tensor) -> Any:
    if len(indices) != len(values):
        counts = f"(indices = {len(indices)}, values = {len(values)})"
        raise invalid(f"indices and values rows (indexing dimension) must match. {counts}")
    order = torch.argsort(_flat(indices, sizes(shape)), stable=True)
    return indices[order], _take(values, order), shape.clone()


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same elements in row-major order. TF symbol: `tf.sparse_reorder`."""
    sparse = _sparse(sp_input)
    indices, values, _ = _reorder(sparse.indices, sparse.values, sparse.dense_shape, name=name)
    return SparseTensor(indices, values, sparse.dense_shape)


def _some_parts(i: Inference) -> list[TensorShape]:
    rank = i.shape("shape").num_elements()
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


@op("SparseRetain", shape=_some_parts, types={**_WHERE, "values": ANY, "keep": BOOL}, dtype=_sparse_dtypes)
def _retain(indices: Tensor, values: Tensor, shape: Tensor, keep: Tensor) -> Any:
    order = torch.nonzero(keep).reshape(-1)
    return indices[order], _take(values, order), shape.clone()


def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Only the elements for which `to_retain` is true. TF symbol: `tf.sparse_retain`."""
    sparse = _sparse(sp_input)
    indices, values, _ = _retain(sparse.indices, sparse.values, sparse.dense_shape, to_retain)
    return SparseTensor(indices, values, sparse.dense_shape)


@op(
    "SparseSlice",
    shape=_some_parts,
    types={**_WHERE, "values": ANY, "start": dtypes.int64, "size": dtypes.int64},
    dtype=_sparse_dtypes,
)
def _slice(indices: Tensor, values: Tensor, shape: Tensor, start: Tensor, size: Tensor) -> Any:
    room = torch.minimum(shape - start, size).clamp(min=0)
    moved = indices - start
    order = torch.nonzero(((moved >= 0) & (moved < room)).all(1)).reshape(-1)
    return moved[order], _take(values, order), room


def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """The elements of a block, counted from its corner. TF symbol: `tf.sparse_slice`."""
    sparse = _sparse(sp_input)
    return SparseTensor(*_slice(sparse.indices, sparse.values, sparse.dense_shape, start, size, name=name))


def _joined_parts(i: Inference) -> list[TensorShape]:
    rank = i.shapes("shapes")[0].num_elements()
    counts = [shape.num_elements() for shape in i.shapes("values")]
    total = None if None in counts else sum(counts)  # type: ignore[arg-type]
    return [TensorShape([total, rank]), TensorShape([total]), TensorShape([rank])]


@op(
    "SparseConcat",
    shape=_joined_parts,
    types={"indices": dtypes.int64, "shapes": dtypes.int64},
    dtype=_sparse_dtypes,
)
def _concat(indices: list[Tensor], values: list[Tensor], shapes: list[Tensor], axis: int) -> Any:
    parts, offset = [], 0
    total = shapes[0].clone()
    for where, shape in zip(indices, shapes, strict=True):
        shift = torch.zeros(len(shape), dtype=torch.int64)
        shift[axis] = offset
        parts.append(where + shift)
        offset += int(shape[axis])
    total[axis] = offset
    joined = torch.cat(parts)
    order = torch.argsort(_flat(joined, sizes(total)), stable=True)
    every: Any = np.concatenate(values) if is_strings(values[0]) else torch.cat(values)
    return joined[order], _take(every, order), total


def sparse_concat(axis: Any, sp_inputs: Any, name: str | None = None, concat_dim: Any = None) -> SparseTensor:
    """Sparse tensors joined along `axis`. TF symbol: `tf.sparse_concat`."""
    parts = [_sparse(part) for part in sp_inputs]
    if len(parts) == 1:
        return parts[0]
    where = static_int(renamed("axis", axis, "concat_dim", concat_dim), "axis")
    indices, values, shape = _concat(
        [p.indices for p in parts], [p.values for p in parts], [p.dense_shape for p in parts], where, name=name
    )
    return SparseTensor(indices, values, shape)
