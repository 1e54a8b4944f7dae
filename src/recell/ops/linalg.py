"""Products of matrices and tensors, and norms. Symbols: tf.matmul, batch_matmul, tensordot, einsum, norm, cross, ..."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import renamed, static_axes, static_value
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import FLOATS, INTS, NUMBERS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from recell import kernels
else:
    torch = lazy_module("torch")
    kernels = lazy_module("recell.kernels")

_FIELD = FLOATS | {dtypes.complex64, dtypes.complex128}


def _product(a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool, batched: bool) -> Tensor:
    left = a.mT if transpose_a else a
    right = b.mT if transpose_b else b
    try:
        return kernels.matmul(left, right)
    except RuntimeError as error:
        if a.ndim < 2 or b.ndim < 2:
            raise invalid(f"In[0] and In[1] are not matrices: {bracketed(a)}, {bracketed(b)}") from error
        if left.shape[-1] != right.shape[-2] and batched:
            raise invalid(
                f"In[0] mismatch In[1] shape: {left.shape[-1]} vs. {right.shape[-2]}: {bracketed(a)} {bracketed(b)} "
                f"{int(transpose_a)} {int(transpose_b)}"
            ) from error
        if left.shape[-1] != right.shape[-2]:
            raise invalid(f"Matrix size-incompatible: In[0]: {bracketed(a)}, In[1]: {bracketed(b)}") from error
        raise


@op("MatMul", shape=rules.matmul, T=NUMBERS)
def _matmul(a: Tensor, b: Tensor, transpose_a: bool = False, transpose_b: bool = False) -> Tensor:
    return _product(a, b, transpose_a, transpose_b, False)


@op("BatchMatMulV2", shape=rules.matmul, T=NUMBERS)
def _batch_matmul(a: Tensor, b: Tensor, transpose_a: bool = False, transpose_b: bool = False) -> Tensor:
    return _product(a, b, transpose_a, transpose_b, True)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """`[..., m, k] x [..., k, n]`; leading axes broadcast. TF symbol: `tf.matmul`.

    `a_is_sparse` and `b_is_sparse` are hints in TF 1 and change no number here. Raises ValueError for shapes that do
    not go together, and when a matrix is to be both transposed and adjoint.
    """
    if transpose_a and adjoint_a:
        raise ValueError("Only one of transpose_a and adjoint_a can be True.")
    if transpose_b and adjoint_b:
        raise ValueError("Only one of transpose_b and adjoint_b can be True.")
    with name_scope(name, "MatMul", [a, b]) as scope:
        if not _is_typed(a) and _is_typed(b):
            b = convert_to_tensor(b, name="b")
            a = convert_to_tensor(a, b.dtype.base_dtype, name="a")
        else:
            a = convert_to_tensor(a, name="a")
            b = convert_to_tensor(b, None if _is_typed(b) else a.dtype.base_dtype, name="b")
        a, b = _adjoint(a, adjoint_a), _adjoint(b, adjoint_b)
        batched = any(x.shape.ndims is None or x.shape.ndims > 2 for x in (a, b))
        build = _batch_matmul if batched else _matmul
        return build(a, b, bool(transpose_a or adjoint_a), bool(transpose_b or adjoint_b), name=scope)


def _is_typed(value: Any) -> bool:
    return hasattr(value, "op") or hasattr(value, "_as_tensor")


def _adjoint(x: Any, wanted: bool) -> Any:
    if wanted and x.dtype.is_complex:
        from recell.ops.array_shape import _conjugated

        return _conjugated(x)
    return x


def batch_matmul(x: Any, y: Any, adj_x: bool = False, adj_y: bool = False, name: str | None = None) -> Any:
    """`matmul` as releases before 1.0 called it for batches. TF symbol: `tf.batch_matmul`."""
    return matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y, name=name or "BatchMatMul")


# -- products over any axes -----------------------------------------------------------------------------------------


def _contracted(axes: Any, a_rank: int | None, b_rank: int | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    axes = static_value(axes, "axes")
    if isinstance(axes, (int, np.integer)) or (isinstance(axes, np.ndarray) and axes.ndim == 0):
        count = int(axes)
        if count < 0:
            raise ValueError("'axes' must be at least 0.")
        if a_rank is None:
            raise ValueError("tf.tensordot needs to know the rank of `a` while the graph is built: name the axes.")
        if count > a_rank:
            raise ValueError(f"'axes' must not be larger than the number of dimensions of tensor {a_rank}.")
        return tuple(range(a_rank - count, a_rank)), tuple(range(count))
    if len(axes) != 2:
        raise ValueError("'axes' must be an integer or have length 2.")
    first, second = (tuple(int(k) for k in np.ravel(part)) for part in axes)
    if len(first) != len(second):
        raise ValueError(f"Different number of contraction axes 'a' and 'b', {len(first)} != {len(second)}.")
    return first, second


def _tensordot_shape(i: Inference) -> TensorShape:
    a, b = i.shape(0).tuple, i.shape(1).tuple
    if a is None or b is None:
        return TensorShape(None)
    a_axes = [k % len(a) for k in i["a_axes"]]
    b_axes = [k % len(b) for k in i["b_axes"]]
    for j, k in zip(a_axes, b_axes, strict=True):
        if a[j] is not None and b[k] is not None and a[j] != b[k]:
            raise i.mismatch(f"Dimensions must be equal, but are {a[j]} and {b[k]}")
    rest = [d for k, d in enumerate(a) if k not in a_axes] + [d for k, d in enumerate(b) if k not in b_axes]
    return TensorShape.of(tuple(rest))


@op("Tensordot", shape=_tensordot_shape, T=NUMBERS)
def _tensordot(a: Tensor, b: Tensor, a_axes: Any, b_axes: Any) -> Tensor:
    last_with_first = [k % a.ndim for k in a_axes] == [a.ndim - 1] and [k % b.ndim for k in b_axes] == [0]
    if last_with_first and b.ndim == 2 and a.shape[-1] == b.shape[0]:
        return kernels.matmul(a, b)
    return torch.tensordot(a, b, (list(a_axes), list(b_axes)))


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """The product summed over axes of `a` paired with axes of `b`. TF symbol: `tf.tensordot`.

    `axes` is a number n (the last n of `a` with the first n of `b`), or two lists. ValueError for lists of two lengths.
    """
    with name_scope(name, "Tensordot", [a, b]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, None if _is_typed(b) else a.dtype.base_dtype, name="b")
        a_axes, b_axes = _contracted(axes, a.shape.ndims, b.shape.ndims)
        return _tensordot(a, b, a_axes, b_axes, name=scope)


def _einsum_labels(equation: str, count: int) -> tuple[list[str], str]:
    equation = equation.replace(" ", "")
    if "..." in equation or "." in equation:
        raise ValueError(f"Subscripts not supported: the equation {equation!r} holds an ellipsis.")
    left, arrow, right = equation.partition("->")
    labels = left.split(",")
    if len(labels) != count:
        raise ValueError(f'Got {count} arguments for equation "{equation}", expecting {len(labels)}')
    if not arrow:
        letters = "".join(labels)
        right = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return labels, right


def _einsum_shape(i: Inference) -> TensorShape:
    labels, right = _einsum_labels(i["equation"], len(i.shapes()))
    known: dict[str, int | None] = {}
    for label, shape in zip(labels, i.shapes(), strict=True):
        if shape.tuple is None:
            continue
        if len(label) != len(shape.tuple):
            raise i.mismatch(f"Shape must be rank {len(label)} but is rank {len(shape.tuple)}")
        for c, d in zip(label, shape.tuple, strict=True):
            if d is not None and known.get(c) not in (None, d):
                raise i.mismatch(f"Dimensions must be equal, but are {known[c]} and {d}")
            known[c] = d if d is not None else known.get(c)
    return TensorShape.of(tuple(known.get(c) for c in right))


@op("Einsum", shape=_einsum_shape, T=NUMBERS, view=True)
def _einsum(inputs: list[Tensor], equation: str) -> Tensor:
    return torch.einsum(equation, *inputs)


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """The sum of products that `equation` describes, as `bij,bjk->bik`. TF symbol: `tf.einsum`.

    Raises ValueError for an equation that does not fit the inputs (an ellipsis does not, in TF 1), TypeError for an
    unknown keyword.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise TypeError("invalid keyword arguments for this function: " + ", ".join(sorted(kwargs)))
    labels, right = _einsum_labels(equation, len(inputs))
    return _einsum(list(inputs), f"{','.join(labels)}->{right}", name=name or "einsum")


# -- norms ----------------------------------------------------------------------------------------------------------


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Any:
    """The norm of vectors along `axis`, of matrices along two axes, or of all elements. TF symbol: `tf.norm`.

    `ord` is 'euclidean', a positive number, or infinity; of matrices 'fro', 'euclidean', 1, 2 or infinity. ValueError
    for another.
    """
    keepdims = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    axes = static_axes(axis)
    if isinstance(axes, tuple) and len(axes) == 1:
        axes = axes[0]
    is_matrix = isinstance(axes, tuple)
    if is_matrix:
        if len(axes) != 2 or axes[0] == axes[1]:  # type: ignore[arg-type, index]
            raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
        if ord not in ("euclidean", "fro", 0.5, 1, 2, math.inf):
            raise ValueError(f"'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got {ord}")
    elif ord != "euclidean" and (isinstance(ord, str) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return _norm(tensor, ord, axes, keepdims, name=name or "norm")


@op("Norm", shape=rules.reduction, T=_FIELD, dtype=lambda i: i.dtype(0).real_dtype)
def _norm(x: Tensor, ord: Any, axis: Any, keepdims: bool) -> Tensor:
    dims = tuple(range(x.ndim)) if axis is None else axis
    if ord in ("euclidean", "fro") or (ord == 2 and isinstance(axis, int)) or (ord == 2 and axis is None):
        return torch.sqrt(torch.sum((x * x.conj()).real if x.is_complex() else x * x, dims, keepdim=keepdims))
    size = torch.abs(x)
    if isinstance(axis, tuple):
        if ord == 2:
            return torch.linalg.matrix_norm(x, 2, dims, keepdim=keepdims)
        inner, outer = (axis[0], axis[1]) if ord == 1 else (axis[1], axis[0])
        found = size.sum(inner, keepdim=True).amax(outer, keepdim=True)
        return found if keepdims else found.squeeze(axis)
    if ord == math.inf:
        return torch.amax(size, dims, keepdim=keepdims)
    if ord == 1:
        return torch.sum(size, dims, keepdim=keepdims)
    return torch.pow(torch.sum(torch.pow(size, ord), dims, keepdim=keepdims), 1.0 / ord)


def _cross_shape(i: Inference) -> TensorShape:
    shape = rules.merged(i)
    if shape.ndims is not None and (shape.ndims < 1 or shape.tuple[-1] not in (None, 3)):  # type: ignore[index]
        raise i.mismatch(f"Dimension must be 3 but is {shape[-1] if shape.ndims else 'none'}")
    return shape


@op("Cross", shape=_cross_shape, T=FLOATS | INTS)
def cross(a: Tensor, b: Tensor) -> Tensor:
    """The cross product of vectors of three, along the last axis. TF symbol: `tf.cross`."""
    return torch.linalg.cross(a, b, dim=-1)
