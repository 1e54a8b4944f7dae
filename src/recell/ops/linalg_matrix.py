"""Single matrices and batches of them. Symbols: tf.eye, matrix_diag, matrix_transpose, matrix_inverse, cholesky, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import invalid
from recell.ops.op import FLOATS, INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_FIELD = FLOATS | {dtypes.complex64, dtypes.complex128}


def _matrix(i: Inference) -> tuple[int | None, ...] | None:
    dims = i.shape(0).tuple
    if dims is not None and len(dims) < 2:
        raise i.mismatch(f"Shape must be at least rank 2 but is rank {len(dims)}")
    return dims


def _square(i: Inference) -> TensorShape:
    dims = _matrix(i)
    if dims is None:
        return TensorShape(None)
    if None not in dims[-2:] and dims[-1] != dims[-2]:
        raise i.mismatch(f"Dimensions must be equal, but are {dims[-2]} and {dims[-1]}")
    side = dims[-1] if dims[-2] is None else dims[-2]
    return TensorShape.of((*dims[:-2], side, side))


def _turned(i: Inference) -> TensorShape:
    dims = _matrix(i)
    return TensorShape.of(None if dims is None else (*dims[:-2], dims[-1], dims[-2]))


@op("MatrixTranspose", shape=_turned, view=True)
def _matrix_transpose(a: Tensor) -> Tensor:
    return a.mT


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Any:
    """`a` with its last two axes exchanged. TF symbol: `tf.matrix_transpose`. ValueError for less than two axes."""
    with name_scope(name, "matrix_transpose", [a]) as scope:
        a = convert_to_tensor(a, name="a")
        if a.shape.ndims is not None and a.shape.ndims < 2:
            raise ValueError(f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}")
        if conjugate and a.dtype.is_complex:
            from recell.ops.array_shape import _conjugated

            a = _conjugated(a)
        return _matrix_transpose(a, name=scope)


def _diag_shape(i: Inference) -> TensorShape:
    dims = i.shape(0).tuple
    if dims is not None and not dims:
        raise i.mismatch("Shape must be at least rank 1 but is rank 0")
    return TensorShape.of(None if dims is None else (*dims, dims[-1]))


@op("MatrixDiag", shape=_diag_shape)
def matrix_diag(diagonal: Tensor) -> Tensor:
    """Square matrices with these diagonals, else 0. TF symbol: `tf.matrix_diag`."""
    return torch.diag_embed(diagonal)


def _diag_part_shape(i: Inference) -> TensorShape:
    dims = _matrix(i)
    if dims is None:
        return TensorShape(None)
    return TensorShape.of((*dims[:-2], None if None in dims[-2:] else min(dims[-2:])))  # type: ignore[type-var]


@op("MatrixDiagPart", shape=_diag_part_shape, view=True)
def matrix_diag_part(input: Tensor) -> Tensor:
    """The diagonals of matrices. TF symbol: `tf.matrix_diag_part`."""
    return torch.diagonal(input, dim1=-2, dim2=-1)


@op("MatrixSetDiag", shape=rules.unchanged)
def matrix_set_diag(input: Tensor, diagonal: Tensor) -> Tensor:
    """Matrices with their diagonals replaced. TF symbol: `tf.matrix_set_diag`."""
    return torch.diagonal_scatter(input, diagonal, dim1=-2, dim2=-1)


@op("Diag", shape=lambda i: i.shape(0).concatenate(i.shape(0)))
def diag(diagonal: Tensor) -> Tensor:
    """A tensor of twice the rank with `diagonal` where both halves of the index agree. TF symbol: `tf.diag`."""
    return torch.diag(diagonal.reshape(-1)).reshape(*diagonal.shape, *diagonal.shape)


def _tensor_diag_part(i: Inference) -> TensorShape:
    dims = i.shape(0).tuple
    if dims is None:
        return TensorShape(None)
    if len(dims) % 2 or not dims:
        raise i.mismatch(f"Input must have even and non-zero rank, input rank is {len(dims)}")
    return TensorShape.of(dims[: len(dims) // 2])


@op("DiagPart", shape=_tensor_diag_part, view=True)
def diag_part(input: Tensor) -> Tensor:
    """The inverse of `diag`. TF symbol: `tf.diag_part`."""
    half = input.shape[: input.ndim // 2]
    side = half.numel()
    return torch.diagonal(input.reshape(side, side)).reshape(half)


@op("MatrixBandPart", shape=rules.unchanged, types={"num_lower": INDEX, "num_upper": INDEX})
def matrix_band_part(input: Tensor, num_lower: Tensor, num_upper: Tensor) -> Tensor:
    """Matrices with 0 outside a band around the diagonal; negative widths keep all.

    TF symbol: `tf.matrix_band_part`.
    """
    lower, upper = int(num_lower), int(num_upper)
    if lower >= 0:
        input = torch.triu(input, -lower)
    if upper >= 0:
        input = torch.tril(input, upper)
    return input if lower >= 0 or upper >= 0 else input.clone()


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Identity matrices, one for each place of `batch_shape`. TF symbol: `tf.eye`."""
    from recell.ops.array_shape import reshape

    with name_scope(name, "eye", [v for v in (num_rows, num_columns) if hasattr(v, "graph")]) as scope:
        columns = num_rows if num_columns is None else num_columns
        batch = convert_to_tensor([] if batch_shape is None else batch_shape, dtypes.int32, name="batch_shape")
        return _eye(reshape(num_rows, []), reshape(columns, []), batch, dtypes.as_dtype(dtype).base_dtype, name=scope)


def _eye_shape(i: Inference) -> TensorShape:
    rows, columns = i.value("rows"), i.value("columns")
    sides = [None if v is None else int(v) for v in (rows, columns)]
    return i.value_as_shape("batch").concatenate(sides)


@op(
    "Eye",
    shape=_eye_shape,
    types={"rows": INDEX, "columns": INDEX, "batch": INDEX},
    dtype="dtype",
    differentiable=False,
)
def _eye(rows: Tensor, columns: Tensor, batch: Tensor, dtype: Any) -> Tensor:
    from recell._torch import torch_dtype

    one = torch.eye(int(rows), int(columns), dtype=torch_dtype(dtype))
    return one.expand(*batch.tolist(), *one.shape).clone() if len(batch) else one


def trace(x: Any, name: str | None = None) -> Any:
    """The sums of the diagonals. TF symbol: `tf.trace`."""
    from recell.ops.reductions import reduce_sum

    with name_scope(name, "Trace", [x]) as scope:
        return reduce_sum(matrix_diag_part(x), -1, name=scope)


# -- inverses and factors -------------------------------------------------------------------------------------------


@op("MatrixInverse", shape=_square, T=_FIELD)
def matrix_inverse(input: Tensor, adjoint: bool = False) -> Tensor:
    """The inverses of square matrices. TF symbol: `tf.matrix_inverse`. InvalidArgumentError where there is none."""
    try:
        return torch.linalg.inv(input.mH if adjoint else input)
    except RuntimeError as error:
        raise invalid("Input is not invertible.") from error


def _batch_of_squares(i: Inference) -> TensorShape:
    dims = _square(i).tuple
    return TensorShape.of(None if dims is None else dims[:-2])


@op("MatrixDeterminant", shape=_batch_of_squares, T=_FIELD)
def matrix_determinant(input: Tensor) -> Tensor:
    """The determinants of square matrices. TF symbol: `tf.matrix_determinant`."""
    return torch.linalg.det(input)


def _solved(i: Inference) -> TensorShape:
    square, right = _square(i).tuple, i.shape(1).tuple
    if square is None or right is None:
        return TensorShape(None)
    if None not in (square[-1], right[-2]) and square[-1] != right[-2]:
        raise i.mismatch(f"Dimensions must be equal, but are {square[-1]} and {right[-2]}")
    return TensorShape.of((*square[:-1], right[-1]))


@op("MatrixSolve", shape=_solved, T=_FIELD)
def matrix_solve(matrix: Tensor, rhs: Tensor, adjoint: bool = False) -> Tensor:
    """`x` with `matrix @ x = rhs`. TF symbol: `tf.matrix_solve`. InvalidArgumentError for a singular matrix."""
    try:
        return torch.linalg.solve(matrix.mH if adjoint else matrix, rhs)
    except RuntimeError as error:
        raise invalid("Input matrix is not invertible.") from error


@op("MatrixTriangularSolve", shape=_solved, T=_FIELD)
def matrix_triangular_solve(matrix: Tensor, rhs: Tensor, lower: bool = True, adjoint: bool = False) -> Tensor:
    """`matrix_solve` of which only one triangle of `matrix` is looked at. TF symbol: `tf.matrix_triangular_solve`."""
    left = matrix.mH if adjoint else matrix
    return torch.linalg.solve_triangular(left, rhs, upper=lower == adjoint)


@op("Cholesky", shape=_square, T=_FIELD)
def cholesky(input: Tensor) -> Tensor:
    """Lower triangular factors. TF symbol: `tf.cholesky`. InvalidArgumentError unless positive definite."""
    try:
        return torch.linalg.cholesky(input)
    except RuntimeError as error:
        raise invalid("Cholesky decomposition was not successful. The input might not be valid.") from error


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Singular values, and the vectors `u` and `v` (`tensor = u diag(s) v^H`) unless told not to.

    TF symbol: `tf.svd`.
    """
    if not compute_uv:
        return _singular_values(tensor, name=name or "Svd")
    return tuple(_svd(tensor, full_matrices, name=name))


def _svd_shapes(i: Inference) -> list[TensorShape]:
    dims = _matrix(i)
    if dims is None:
        return [TensorShape(None)] * 3
    m, n = dims[-2:]
    p = None if None in (m, n) else min(m, n)  # type: ignore[type-var]
    batch = dims[:-2]
    u, v = (m, n) if i["full_matrices"] else (p, p)
    return [TensorShape.of((*batch, p)), TensorShape.of((*batch, m, u)), TensorShape.of((*batch, n, v))]


@op("Svd", shape=_svd_shapes, T=_FIELD, dtype=lambda i: [i.dtype(0).real_dtype, i.dtype(0), i.dtype(0)])
def _svd(tensor: Tensor, full_matrices: bool = False) -> Any:
    u, s, vh = torch.linalg.svd(tensor, full_matrices)
    return s, u, vh.mH


@op("SvdValues", shape=_diag_part_shape, T=_FIELD, dtype=lambda i: i.dtype(0).real_dtype)
def _singular_values(tensor: Tensor) -> Tensor:
    return torch.linalg.svdvals(tensor)
