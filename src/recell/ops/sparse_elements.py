"""Sparse tensors as elements of queues: each is packed into a single value, several are unpacked as rows of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.dtypes import DType
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_PARTS = {"indices": dtypes.int64, "values": ANY, "dense_shape": dtypes.int64}


@op("AddSparseToTensorsMap", shape=rules.scalar, types=_PARTS, dtype=dtypes.variant, differentiable=False)
def _pack(indices: Tensor, values: Tensor, dense_shape: Tensor) -> Any:
    return _held((indices, values, dense_shape))


def _held(parts: Any) -> np.ndarray:
    held = np.empty((), dtype=object)
    held[()] = tuple(part.detach().clone() if isinstance(part, torch.Tensor) else part.copy() for part in parts)
    return held


@op(
    "AddManySparseToTensorsMap",
    shape=lambda i: TensorShape([None]),
    types=_PARTS,
    dtype=dtypes.variant,
    differentiable=False,
)
def _pack_rows(indices: Tensor, values: Tensor, dense_shape: Tensor) -> Any:
    rows = np.empty(int(dense_shape[0]), dtype=object)
    for row in range(len(rows)):
        chosen = torch.nonzero(indices[:, 0] == row)[:, 0]
        picked = values[chosen] if isinstance(values, torch.Tensor) else values[chosen.numpy()]
        rows[row] = _held((indices[chosen, 1:], picked, dense_shape[1:]))[()]
    return rows


def _unpacked_shapes(i: Any) -> list[TensorShape]:
    rank = None if i["rank"] is None else i["rank"] + 1
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


@op(
    "TakeManySparseFromTensorsMap",
    shape=_unpacked_shapes,
    types={"elements": ANY},
    dtype=lambda i: [dtypes.int64, i["dtype"], dtypes.int64],
    differentiable=False,
)
def _unpack(elements: Tensor, dtype: Any, rank: int | None) -> Any:
    parts: list[Any] = list(np.asarray(elements, dtype=object).ravel())
    ranks = {len(part[2]) for part in parts}
    if len(ranks) > 1:
        raise invalid(f"Sparse tensors of different ranks in one batch: {sorted(ranks)}")
    if not parts:
        raise invalid("A batch of sparse tensors needs at least one of them.")
    numbered = [
        torch.cat([torch.full((len(indices), 1), row, dtype=torch.int64), indices], 1)
        for row, (indices, _, _) in enumerate(parts)
    ]
    values = [part[1] for part in parts]
    joined = torch.cat(values) if isinstance(values[0], torch.Tensor) else np.concatenate(values)
    largest = torch.stack([part[2] for part in parts]).amax(0)
    return torch.cat(numbered), joined, torch.cat([torch.tensor([len(parts)]), largest])


def pack(tensor: Any, rows: bool = False) -> Any:
    """A sparse tensor (with `rows`, each of its rows) as a value that a queue takes; any other tensor as it is."""
    if not isinstance(tensor, SparseTensor):
        return tensor
    return (_pack_rows if rows else _pack)(tensor.indices, tensor.values, tensor.dense_shape)


def unpack(taken: Sequence[Any], originals: Sequence[Any], rows: bool = False) -> list[Any]:
    """What `pack` packed, after `dequeue_many`: sparse tensors `[batch, ...]` where `originals` were sparse."""
    found: list[Any] = []
    for value, original in zip(taken, originals, strict=True):
        if isinstance(original, SparseTensor):
            dtype: DType = original.dtype.base_dtype
            rank = original.shape.ndims
            value = SparseTensor(*_unpack(value, dtype, rank if rank is None or not rows else rank - 1))
        found.append(value)
    return found
