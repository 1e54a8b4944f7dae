"""Matrices that initializers make: orthonormal ones from random ones, and diagonal ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph.convert import constant
from recell.graph.dtypes import DType
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Tensor
from recell.ops.array_shape import reshape, transpose
from recell.ops.math_unary import sign
from recell.ops.op import FLOATS, op

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


def _qr_shapes(i: Inference) -> list[TensorShape]:
    rows, columns = i.shape(0).with_rank(2).as_list()
    least = None if rows is None or columns is None else min(rows, columns)
    return [TensorShape.of((rows, least)), TensorShape.of((least, columns))]


@op("Qr", shape=_qr_shapes, T=FLOATS, dtype=lambda i: [i.dtype(0)] * 2)
def _qr(input: Tensor) -> Any:
    wide = input.double() if input.dtype in (torch.float16, torch.bfloat16) else input
    q, r = torch.linalg.qr(wide)
    return q.to(input.dtype), r.to(input.dtype)


@op("DiagPart", shape=lambda i: [i.shape(0).as_list()[0]], view=True)
def _diagonal(input: Tensor) -> Tensor:
    return torch.diagonal(input)


def orthonormal(normal: Tensor, shape: Sequence[int], transposed: bool, gain: float) -> Tensor:
    """`gain` times the orthonormal columns of `normal` (`[rows, columns]`, no more columns than rows), in `shape`.

    The signs make the result unique: R of the decomposition has a positive diagonal.
    """
    q, r = _qr(normal)
    q = q * sign(_diagonal(r))
    if transposed:
        q = transpose(q, (1, 0), name="matrix_transpose/transpose")
    return gain * reshape(q, shape)


def diagonal_matrix(
    gain: float, whole: Sequence[int], offset: tuple[int, ...], shape: Sequence[int], dtype: DType
) -> Tensor:
    """The part of `shape` at `offset` of the `whole`-sized identity matrix times `gain`."""
    rows = np.arange(shape[0])[:, None] + offset[0]
    columns = np.arange(shape[1])[None, :] + offset[1]
    eye = (rows == columns) & (rows < min(whole)) & (columns < min(whole))
    return gain * constant(eye.astype(dtype.as_numpy_dtype), dtype, name="eye")
