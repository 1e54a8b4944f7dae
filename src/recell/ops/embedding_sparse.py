"""Embeddings of several ids a row, combined: tf.nn.embedding_lookup_sparse, safe_embedding_lookup_sparse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops.array_order import unique
from recell.ops.embedding import embedding_lookup, tables_of
from recell.ops.op import ANY, FLOATS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_COMBINERS = ("mean", "sqrtn", "sum")


def _combined_shape(i: Inference) -> TensorShape:
    rows = i.shape("rows").tuple
    return TensorShape(None) if rows is None else TensorShape.of((None, *rows[1:]))


@op(
    "CombineRows",
    shape=_combined_shape,
    T=FLOATS,
    types={"places": ANY, "indices": dtypes.int64, "weights": ANY},
)
def _combine(rows: Tensor, places: Tensor, indices: Tensor, weights: Tensor | None, combiner: str) -> Tensor:
    """`rows[places]`, those of one row of the ids together; rows that have none and stand before the last are 0."""
    number = indices[:, 0]
    count = int(number[-1]) + 1 if number.numel() else 0
    picked = rows.index_select(0, places.long())
    spread = (-1,) + (1,) * (picked.ndim - 1)
    used = torch.ones_like(number, dtype=rows.dtype) if weights is None else weights.to(rows.dtype)
    zeros = picked.new_zeros((count, *picked.shape[1:]))
    sums = zeros.index_add(0, number, picked * used.reshape(spread))
    if combiner == "sum":
        return sums
    norms = rows.new_zeros(count).index_add(0, number, used if combiner == "mean" else used * used)
    if weights is None:
        norms = norms.clamp(min=1)  # TF1 gives 0 for an empty row here, and 0 / 0 where there are weights
    return sums / (norms if combiner == "mean" else norms.sqrt()).reshape(spread)


def _check(params: Any, sp_ids: Any, sp_weights: Any, combiner: str) -> None:
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError("sp_weights must be either None or SparseTensor")
    if combiner not in _COMBINERS:
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: float | None = None,
) -> Any:
    """For each row of ids, the weighted sum of their embeddings, or what `combiner` makes of it.

    Args:
        params: a table `[rows, ...]`, or several as in `embedding_lookup`.
        sp_ids: an int64 SparseTensor `[batch, any]` without empty rows.
        sp_weights: a SparseTensor like it, or None for ones.
        combiner: `"sum"`, `"mean"` (divided by the weights' sum), `"sqrtn"` (by the root of the sum of squares).

    Returns:
        `[batch, ...]`.

    Raises:
        TypeError: ids or weights that are no SparseTensor. ValueError: an unknown combiner, or no tables.

    TF symbol: `tf.nn.embedding_lookup_sparse`.
    """
    combiner = combiner or "mean"
    tables = tables_of(params)
    _check(params, sp_ids, sp_weights, combiner)
    with name_scope(name, "embedding_lookup_sparse", [*tables, sp_ids.values]) as scope:
        ids, places = unique(sp_ids.values)
        rows = embedding_lookup(tables, ids, partition_strategy, max_norm=max_norm)
        weights = None if sp_weights is None else sp_weights.values
        return _combine(rows, places, sp_ids.indices, weights, combiner, name=scope)


@op(
    "FilledIds",
    shape=lambda i: [TensorShape([None, 2]), TensorShape([None]), TensorShape([None]), TensorShape([None])],
    types={"indices": dtypes.int64, "values": ANY, "dense_shape": dtypes.int64, "weights": dtypes.float32},
    dtype=lambda i: [dtypes.int64, i.dtype("values"), dtypes.float32, dtypes.bool],
    differentiable=False,
)
def _filled(
    indices: Tensor, values: Tensor, dense_shape: Tensor, weights: Tensor | None, prune: bool, default_id: int
) -> list[Tensor]:
    """Ids that are valid, with one default id in every row that has none; their weights; which rows had none."""
    rows = int(dense_shape[:-1].prod())
    strides = torch.ones_like(dense_shape[:-1])
    for axis in range(len(strides) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * dense_shape[axis + 1]
    number = (indices[:, :-1] * strides).sum(1)
    used = torch.ones(len(values)) if weights is None else weights
    valid = values >= 0
    if prune:
        valid = valid & (used > 0)
    number, ids, used = number[valid], values[valid], used[valid]
    empty = torch.ones(rows, dtype=torch.bool)
    empty[number] = False
    missing = torch.nonzero(empty).reshape(-1)
    number = torch.cat([number, missing])
    ids = torch.cat([ids, torch.full_like(missing, default_id).to(ids.dtype)])
    used = torch.cat([used, torch.ones(len(missing))])
    order = torch.argsort(number, stable=True)
    number = number[order]
    return [torch.stack([number, torch.zeros_like(number)], 1), ids[order], used[order], empty]


@op("ZeroRows", shape=lambda i: i.shape("rows"), T=FLOATS, types={"empty": dtypes.bool})
def _zero_rows(rows: Tensor, empty: Tensor) -> Tensor:
    return torch.where(empty.reshape((-1,) + (1,) * (rows.ndim - 1)), torch.zeros_like(rows), rows)


def _unflattened(i: Inference) -> TensorShape:
    outer, rows = i.value_as_shape("dense_shape").tuple, i.shape("rows").tuple
    return TensorShape(None) if outer is None or rows is None else TensorShape.of((*outer[:-1], *rows[1:]))


@op("UnflattenRows", shape=_unflattened, T=FLOATS, types={"dense_shape": dtypes.int64}, view=True)
def _unflatten(rows: Tensor, dense_shape: Tensor) -> Tensor:
    return rows.reshape((*dense_shape[:-1].tolist(), *rows.shape[1:]))


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Any:
    """`embedding_lookup_sparse` that leaves out negative ids (and weights that are not positive) and allows empty rows.

    An empty row gives the embedding of `default_id`, or zeros without one. Ids may have more than two axes. TF symbols:
    `tf.nn.safe_embedding_lookup_sparse`, `tf.contrib.layers.safe_embedding_lookup_sparse`.
    """
    tables = tables_of(embedding_weights)
    _check(tables, sparse_ids, sparse_weights, combiner)
    with name_scope(name, "embedding_lookup", [*tables, sparse_ids.values]):
        weights = None if sparse_weights is None else sparse_weights.values
        prune = combiner != "sum" and weights is not None
        indices, ids, used, empty = _filled(
            sparse_ids.indices, sparse_ids.values, sparse_ids.dense_shape, weights, prune, default_id or 0
        )
        distinct, places = unique(ids)
        rows = embedding_lookup(tables, distinct, partition_strategy, max_norm=max_norm)
        result = _combine(rows, places, indices, None if weights is None else used, combiner)
        if default_id is None:
            result = _zero_rows(result, empty)
        return _unflatten(result, sparse_ids.dense_shape)


__all__ = ["embedding_lookup_sparse", "safe_embedding_lookup_sparse"]
