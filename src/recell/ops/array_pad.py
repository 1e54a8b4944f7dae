"""Tensors repeated and padded. Symbols: tf.tile, pad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph.convert import is_tensor_like
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor as GraphTensor
from recell.ops._kernels import invalid, is_strings, sizes
from recell.ops.op import INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _tile_shape(i: Inference) -> TensorShape:
    dims, multiples = i.shape(0).tuple, i.value_as_shape("multiples").tuple
    if dims is None or multiples is None:
        return TensorShape.of(None if dims is None else (None,) * len(dims))
    if len(dims) != len(multiples):
        raise i.mismatch(f"Shape must be rank {len(dims)} but is rank {len(multiples)}")
    pairs = zip(dims, multiples, strict=True)
    return TensorShape.of(tuple(0 if 0 in (d, m) else None if None in (d, m) else d * m for d, m in pairs))  # type: ignore[operator]


@op("Tile", shape=_tile_shape, types={"multiples": INDEX})
def tile(input: Tensor, multiples: Tensor) -> Tensor:
    """`input` repeated along its axes. TF symbol: `tf.tile`. ValueError unless there is one number for every axis."""
    counts = sizes(multiples)
    if len(counts) != input.ndim:
        raise invalid(f"Expected multiples argument to be a vector of length {input.ndim} but got length {len(counts)}")
    if min(counts, default=0) < 0:
        raise invalid(f"Expected multiples[{counts.index(min(counts))}] >= 0, but got {min(counts)}")
    if is_strings(input):
        return np.tile(input, counts)  # type: ignore[return-value]
    return input.repeat(counts)


def _known_rows(paddings: GraphTensor) -> list[Any] | None:
    """The rows of a table of paddings, None for each that only a run tells."""
    known = constant_value(paddings)
    if known is not None:
        return list(known)
    if paddings.op.type == "Pack" and paddings.op.attrs["axis"] == 0:
        return [constant_value(row) for row in paddings.op.inputs]
    return None


def _pad_shape(i: Inference) -> TensorShape:
    dims, paddings = i.shape(0).tuple, _known_rows(i.tensor("paddings"))
    if dims is None:
        count = i.shape("paddings").tuple
        return TensorShape.of(None if not count or count[0] is None else (None,) * count[0])
    rows = i.shape("paddings").tuple
    if rows is not None and (len(rows) != 2 or rows[0] not in (None, len(dims))):
        raise i.mismatch(f"Shape must be rank {rows[0]} but is rank {len(dims)}")
    if paddings is None:
        return TensorShape.of((None,) * len(dims))
    pairs = zip(dims, paddings, strict=True)
    return TensorShape.of(tuple(None if d is None or row is None else d + int(sum(row)) for d, row in pairs))


@op("Pad", shape=_pad_shape, types={"paddings": INDEX})
def _pad(tensor: Tensor, paddings: Tensor, value: Any = 0) -> Tensor:
    pairs = paddings.tolist()
    if is_strings(tensor):
        return np.pad(tensor, pairs, constant_values=b"")  # type: ignore[return-value]
    return torch.nn.functional.pad(tensor, [n for pair in reversed(pairs) for n in pair], value=value)


@op("PadV2", shape=_pad_shape, types={"paddings": INDEX})
def _pad_with(tensor: Tensor, constant_values: Tensor, paddings: Tensor) -> Tensor:
    pairs = paddings.tolist()
    spread = [n for pair in reversed(pairs) for n in pair]
    inside = torch.nn.functional.pad(torch.ones(tensor.shape, dtype=torch.bool), spread)
    return torch.where(inside, torch.nn.functional.pad(tensor, spread), constant_values)


@op("MirrorPad", shape=_pad_shape, types={"paddings": INDEX}, view=True)
def _mirror_pad(tensor: Tensor, paddings: Tensor, mode: str = "REFLECT") -> Tensor:
    edge = 0 if mode == "SYMMETRIC" else 1
    for axis, (before, after) in enumerate(paddings.tolist()):
        n = tensor.shape[axis]
        if before > n - edge or after > n - edge:
            rule = "less than" if edge else "no greater than"
            against = "not less than" if edge else "greater than"
            raise invalid(f"paddings must be {rule} the dimension size: {before}, {after} {against} {n}")
        if before or after:
            index = [*range(before - 1 + edge, edge - 1, -1), *range(n), *range(n - 1 - edge, n - 1 - edge - after, -1)]
            tensor = tensor.index_select(axis, torch.tensor(index))
    return tensor


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str | None = None, constant_values: Any = 0) -> Any:
    """`tensor` with `paddings[k]` = (before, after) elements put around axis k. TF symbol: `tf.pad`.

    `mode` is "CONSTANT" (`constant_values`), "REFLECT" (mirrored, without the edge) or "SYMMETRIC" (with it), in either
    case; ValueError for another.
    """
    kind = mode.upper()
    if kind == "CONSTANT":
        if is_tensor_like(constant_values):
            return _pad_with(tensor, constant_values, paddings, name=name)
        return _pad(tensor, paddings, constant_values, name=name)
    if kind in ("REFLECT", "SYMMETRIC"):
        return _mirror_pad(tensor, paddings, kind, name=name)
    raise ValueError(f"Unknown padding mode: {mode}")
