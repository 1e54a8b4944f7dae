"""Orthonormal matrices for initializers, and the decomposition that makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import tensor as graph_tensor
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops.array_shape import reshape
from recell.ops.linalg_matrix import diag_part, matrix_transpose
from recell.ops.math_unary import sign
from recell.ops.op import FLOATS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _qr_shapes(i: Inference) -> list[TensorShape]:
    rows, columns = i.shape(0).with_rank(2).as_list()
    least = None if rows is None or columns is None else min(rows, columns)
    return [TensorShape.of((rows, least)), TensorShape.of((least, columns))]


@op("Qr", shape=_qr_shapes, T=FLOATS, dtype=lambda i: [i.dtype(0)] * 2)
def qr(input: Tensor) -> Any:
    """Orthonormal columns and a triangular matrix whose product is `input`, `[rows, columns]`. TF symbol: `tf.qr`."""
    wide = input.double() if input.dtype in (torch.float16, torch.bfloat16) else input
    q, r = torch.linalg.qr(wide)
    return q.to(input.dtype), r.to(input.dtype)


def orthonormal(normal: graph_tensor.Tensor, shape: Sequence[int], transposed: bool, gain: float) -> Any:
    """`gain` times the orthonormal columns of `normal` (`[rows, columns]`, no more columns than rows), in `shape`.

    The signs make the result unique: R of the decomposition has a positive diagonal.
    """
    q, r = qr(normal)
    q = q * sign(diag_part(r))
    if transposed:
        q = matrix_transpose(q)
    return gain * reshape(q, shape)
