"""Elements picked by index or by mask, and put back. Symbols: tf.gather, gather_nd, scatter_nd, boolean_mask, ..."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import static_int
from recell.ops._kernels import as_strings, bracketed, invalid, is_strings, sizes
from recell.ops.op import BOOL, INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


# -- gather ---------------------------------------------------------------------------------------------------------


def _gather_shape(i: Inference) -> TensorShape:
    params, indices = i.shape("params").tuple, i.shape("indices").tuple
    axis, batch_dims = i["axis"], i["batch_dims"]
    if params is None:
        return TensorShape(None)
    if not params:
        raise i.mismatch("Shape must be at least rank 1 but is rank 0")
    axis = rules.axis_index(axis, len(params), i)
    if indices is None:
        return TensorShape(None)
    return TensorShape.of((*params[:axis], *indices[batch_dims:], *params[axis + 1 :]))


@op("GatherV2", shape=_gather_shape, types={"indices": INDEX}, dtype=lambda i: i.dtype("params"))
def _gather(params: Tensor, indices: Tensor, axis: int = 0, batch_dims: int = 0) -> Tensor:
    if is_strings(params):
        _check_indices(indices, params.shape[axis])
        return as_strings(np.take(params, indices.numpy(), axis))
    axis %= params.ndim
    if batch_dims:
        return _gather_batched(params, indices, axis, batch_dims)
    try:
        picked = torch.index_select(params, axis, indices.reshape(-1))
    except (RuntimeError, IndexError):
        _check_indices(indices, params.shape[axis])
        raise
    if indices.ndim == 1:
        return picked
    return picked.reshape((*params.shape[:axis], *indices.shape, *params.shape[axis + 1 :]))


def _gather_batched(params: Tensor, indices: Tensor, axis: int, batch_dims: int) -> Tensor:
    """Each batch as if by itself: the leading axes are one, and its number is part of the index."""
    _check_indices(indices, params.shape[axis])
    batch, count = params.shape[:batch_dims], math.prod(params.shape[:batch_dims])
    size = params.shape[axis]
    moved = params.movedim(axis, batch_dims)
    rest = moved.shape[batch_dims + 1 :]
    flat = moved.reshape(count * size, *rest)
    offsets = (torch.arange(count) * size).reshape(*batch, *(1 for _ in indices.shape[batch_dims:]))
    picked = torch.index_select(flat, 0, (indices.long() + offsets).reshape(-1))
    picked = picked.reshape(*indices.shape, *rest)
    inner = indices.ndim - batch_dims
    # The axes of the index stand before those that lay between the batch and `axis`: bring them back.
    between = axis - batch_dims
    order = [
        *range(batch_dims),
        *range(batch_dims + inner, batch_dims + inner + between),
        *range(batch_dims, batch_dims + inner),
        *range(batch_dims + inner + between, picked.ndim),
    ]
    return picked.permute(order)


def _check_indices(indices: Tensor, limit: int) -> None:
    """InvalidArgumentError, in TF1's words, for the first index out of range."""
    wrong = torch.nonzero((indices < 0) | (indices >= limit))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        shown = ",".join(str(k) for k in place)
        raise invalid(f"indices{f'[{shown}]' if place else ''} = {int(indices[place])} is not in [0, {limit})")


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Any:
    """Slices of `params` along `axis` (the first of the `batch_dims`' rest), one for each index.

    TF symbol: `tf.gather`. The result has the shape `params.shape[:axis] + indices.shape[batch_dims:] +
    params.shape[axis + 1:]`. Raises ValueError for an axis out of range, InvalidArgumentError while running for an
    index out of range.
    """
    where = batch_dims if axis is None else static_int(axis, "axis")
    if not batch_dims:
        return _gather(params, indices, where, 0, name=name)
    indices = convert_to_tensor(indices, name="indices")
    params = convert_to_tensor(params, name="params")
    rank = indices.shape.ndims
    if batch_dims < 0:
        if rank is None:
            raise ValueError("tf.gather needs the rank of `indices` for a negative batch_dims.")
        batch_dims += rank
        where = batch_dims if axis is None else where
    if where < 0:
        if params.shape.ndims is None:
            raise ValueError("tf.gather needs the rank of `params` for a negative axis.")
        where += params.shape.ndims
    if where < batch_dims:
        raise ValueError(f"batch_dims ({batch_dims}) must be less than or equal to axis ({where}).")
    return _gather(params, indices, where, batch_dims, name=name)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """`gather` within each batch, the last axis of `indices` left. TF symbol: `tf.batch_gather`."""
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        if indices.shape.ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return gather(params, indices, batch_dims=indices.shape.ndims - 1)


# -- gather_nd and scatter_nd ---------------------------------------------------------------------------------------


def _gather_nd_shape(i: Inference) -> TensorShape:
    params, indices = i.shape("params").tuple, i.shape("indices").tuple
    if indices is None or params is None or not indices or indices[-1] is None:
        return TensorShape(None)
    if indices[-1] > len(params):
        raise i.mismatch(f"indices.shape[-1] must be <= params.rank, but saw indices.shape[-1]={indices[-1]}")
    return TensorShape.of((*indices[:-1], *params[indices[-1] :]))


@op("GatherNd", shape=_gather_nd_shape, types={"indices": INDEX}, dtype=lambda i: i.dtype("params"), view=True)
def _gather_nd(params: Tensor, indices: Tensor) -> Tensor:
    depth = indices.shape[-1]
    if depth > params.ndim:
        raise invalid(f"index innermost dimension length must be <= params rank; saw: {depth} vs. {params.ndim}")
    _check_nd(indices, params.shape, "param shape")
    if is_strings(params):
        return as_strings(params[tuple(np.moveaxis(indices.numpy(), -1, 0))])
    if depth == 0:
        return params.expand(*indices.shape[:-1], *params.shape)
    return params[tuple(part.long() for part in indices.unbind(-1))]


def _check_nd(indices: Tensor, shape: Any, what: str) -> None:
    limits = torch.tensor(shape[: indices.shape[-1]], dtype=indices.dtype)
    wrong = torch.nonzero(((indices < 0) | (indices >= limits)).any(-1))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        shown = ",".join(str(k) for k in place)
        row = indices[place].tolist()
        listed = "[" + ",".join(str(n) for n in shape) + "]"
        sep = ", " if what == "param shape" else ","
        where = f"[{shown}]" if place else ""
        raise invalid(f"indices{where} = [{sep.join(str(n) for n in row)}] does not index into {what} {listed}")


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Any:
    """The slices of `params` that the rows of `indices` (`[..., depth]`) name. TF symbol: `tf.gather_nd`.

    The result has the shape `indices.shape[:-1] + params.shape[depth:]`. InvalidArgumentError for an index out of
    range.
    """
    if batch_dims:
        return _batched_gather_nd(params, indices, batch_dims, name)
    return _gather_nd(params, indices, name=name)


def _batched_gather_nd(params: Any, indices: Any, batch_dims: int, name: str | None) -> Any:
    from recell.ops.array_join import concat
    from recell.ops.array_make import range_
    from recell.ops.array_shape import broadcast_to, reshape, shape

    with name_scope(name, "GatherNd", [params, indices]):
        indices = convert_to_tensor(indices)
        dims, rank = shape(indices, out_type=indices.dtype.base_dtype), indices.shape.ndims
        if rank is None:
            raise ValueError("tf.gather_nd with batch_dims needs the rank of `indices`.")
        column = concat([dims[:-1], [1]], 0)
        parts = []
        for k in range(batch_dims):
            own = reshape(range_(dims[k]), [-1 if j == k else 1 for j in range(rank)])
            parts.append(broadcast_to(own, column))
        return _gather_nd(params, concat([*parts, indices], -1))


def _scattered_shape(i: Inference) -> TensorShape:
    wanted, indices, updates = i.value_as_shape("shape"), i.shape("indices").tuple, i.shape("updates").tuple
    if wanted.tuple is None or not indices or indices[-1] is None or updates is None:
        return wanted
    inner, given = wanted[indices[-1] :], TensorShape.of(updates[len(indices) - 1 :])
    if not inner.is_compatible_with(given):
        raise i.mismatch(
            f"The inner {inner.ndims} dimensions of output.shape={brackets(wanted)} must match the inner {given.ndims} "
            f"dimensions of updates.shape={brackets(i.shape('updates'))}: Shapes are {brackets(inner)} and "
            f"{brackets(given)}."
        )
    return wanted


@op(
    "ScatterNd",
    shape=_scattered_shape,
    types={"indices": INDEX, "shape": INDEX},
    dtype=lambda i: i.dtype("updates"),
)
def scatter_nd(indices: Tensor, updates: Tensor, shape: Tensor) -> Tensor:
    """Zeros of `shape` to which `updates` are added where the rows of `indices` say. TF symbol: `tf.scatter_nd`.

    InvalidArgumentError for an index out of range.
    """
    wanted = sizes(shape)
    depth = indices.shape[-1]
    if tuple(updates.shape) != (*indices.shape[:-1], *wanted[depth:]):
        raise invalid(
            "Must have updates.shape = indices.shape[:batch_dim] + output_shape[slice_dim:], got updates.shape: "
            f"{bracketed(updates)}, indices.shape: {bracketed(indices)}, output_shape: {list(wanted)}"
        )
    _check_nd(indices, wanted, "shape")
    zeros = torch.zeros(wanted, dtype=updates.dtype)
    return zeros.index_put(tuple(part.long() for part in indices.unbind(-1)), updates, accumulate=True)


# -- masks ----------------------------------------------------------------------------------------------------------


def _masked_shape(i: Inference) -> TensorShape:
    dims, axis, mask = i.shape("tensor").tuple, i["axis"], i.shape("mask")
    if dims is None or mask.ndims is None:
        return TensorShape(None)
    return TensorShape.of((*dims[:axis], None, *dims[axis + mask.ndims :]))


@op("BooleanMask", shape=_masked_shape, types={"mask": BOOL}, dtype=lambda i: i.dtype("tensor"))
def _boolean_mask(tensor: Tensor, mask: Tensor, axis: int = 0) -> Tensor:
    part = tuple(tensor.shape[axis : axis + mask.ndim])
    if tuple(mask.shape) != part:
        raise invalid(f"Shapes {bracketed(mask)} and {list(part)} are incompatible: the mask must fit the tensor.")
    index = (*(slice(None) for _ in range(axis)), mask.numpy() if is_strings(tensor) else mask)
    return tensor[index]


def boolean_mask(tensor: Any, mask: Any, name: str = "boolean_mask", axis: Any = None) -> Any:
    """The elements or slices of `tensor` (from `axis` on) where `mask` is true, in one axis.

    TF symbol: `tf.boolean_mask`. Raises ValueError when the mask is a scalar, of unknown rank, or does not fit the
    tensor.
    """
    with name_scope(name, "boolean_mask", [v for v in (tensor, mask) if hasattr(v, "graph")]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        if mask.shape.ndims == 0:
            raise ValueError("mask cannot be scalar.")
        if mask.shape.ndims is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. shape=[None] is "
                "ok, but shape=None is not."
            )
        where = 0 if axis is None else static_int(axis, "axis")
        if tensor.shape.ndims is not None:
            where %= max(tensor.shape.ndims, 1)
            tensor.shape[where : where + mask.shape.ndims].assert_is_compatible_with(mask.shape)
        return _boolean_mask(tensor, mask, where, name=scope)
