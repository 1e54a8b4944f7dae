"""Comparisons, logic, and the choice between two tensors. Symbols: tf.equal, less, logical_and, where, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._differences import difference
from recell.ops._kernels import bracketed, broadcasting, invalid, is_strings
from recell.ops.op import BOOL, FLOATS, INTS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_REAL = FLOATS | INTS


def _bools(array: Any) -> Tensor:
    return torch.from_numpy(np.asarray(array, dtype=bool))


@op("Equal", shape=rules.broadcast, dtype=BOOL, differentiable=False)
@broadcasting
def equal(x: Tensor, y: Tensor) -> Tensor:
    """Where `x` and `y` are equal. TF symbol: `tf.equal`."""
    return _bools(x == y) if is_strings(x) else torch.eq(x, y)


@op("NotEqual", shape=rules.broadcast, dtype=BOOL, differentiable=False)
@broadcasting
def not_equal(x: Tensor, y: Tensor) -> Tensor:
    """Where `x` and `y` differ. TF symbol: `tf.not_equal`."""
    return _bools(x != y) if is_strings(x) else torch.ne(x, y)


@op("Less", shape=rules.broadcast, dtype=BOOL, T=_REAL, differentiable=False)
@broadcasting
def less(x: Tensor, y: Tensor) -> Tensor:
    """`x < y`. TF symbol: `tf.less`."""
    return torch.lt(x, y)


@op("LessEqual", shape=rules.broadcast, dtype=BOOL, T=_REAL, differentiable=False)
@broadcasting
def less_equal(x: Tensor, y: Tensor) -> Tensor:
    """`x <= y`. TF symbol: `tf.less_equal`."""
    return torch.le(x, y)


@op("Greater", shape=rules.broadcast, dtype=BOOL, T=_REAL, differentiable=False)
@broadcasting
def greater(x: Tensor, y: Tensor) -> Tensor:
    """`x > y`. TF symbol: `tf.greater`."""
    return torch.gt(x, y)


@op("GreaterEqual", shape=rules.broadcast, dtype=BOOL, T=_REAL, differentiable=False)
@broadcasting
def greater_equal(x: Tensor, y: Tensor) -> Tensor:
    """`x >= y`. TF symbol: `tf.greater_equal`."""
    return torch.ge(x, y)


@op("LogicalAnd", shape=rules.broadcast, types={"x": BOOL, "y": BOOL}, dtype=BOOL, differentiable=False)
@broadcasting
def logical_and(x: Tensor, y: Tensor) -> Tensor:
    """TF symbol: `tf.logical_and`."""
    return torch.logical_and(x, y)


@op("LogicalOr", shape=rules.broadcast, types={"x": BOOL, "y": BOOL}, dtype=BOOL, differentiable=False)
@broadcasting
def logical_or(x: Tensor, y: Tensor) -> Tensor:
    """TF symbol: `tf.logical_or`."""
    return torch.logical_or(x, y)


@op("LogicalNot", shape=rules.unchanged, types={"x": BOOL}, dtype=BOOL, differentiable=False)
def logical_not(x: Tensor) -> Tensor:
    """TF symbol: `tf.logical_not`."""
    return torch.logical_not(x)


def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Any:
    """Where exactly one of the two is true. TF symbol: `tf.logical_xor`."""
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)


@op("ApproximateEqual", shape=rules.broadcast, dtype=BOOL, T=_REAL, differentiable=False)
@broadcasting
def _approximate_equal(x: Tensor, y: Tensor, tolerance: float = 1e-5) -> Tensor:
    return torch.abs(x - y) < tolerance


def _where_shape(i: Inference) -> TensorShape:
    return TensorShape.of((None, i.shape(0).ndims))


@op("Where", shape=_where_shape, dtype=dtypes.int64, differentiable=False)
def _where(condition: Tensor) -> Tensor:
    if is_strings(condition):
        raise NotImplementedError("Where of strings is not supported.")
    return torch.nonzero(condition)


def _select_shape(i: Inference) -> TensorShape:
    x, y, condition = i.shape("x"), i.shape("y"), i.shape("condition")
    try:
        shape = x.merge_with(y)
    except ValueError:
        raise i.mismatch(difference(x, y)) from None
    if condition.ndims is None or shape.ndims is None or condition.ndims == 0:
        return shape
    if condition.ndims == 1 and shape.ndims > 1:
        if not condition.is_compatible_with(shape[:1]):
            raise i.mismatch(difference(condition, shape[:1]))
        return shape
    try:
        return shape.merge_with(condition)
    except ValueError:
        raise i.mismatch(difference(condition, shape)) from None


@op("Select", shape=_select_shape, types={"condition": BOOL}, dtype=lambda i: i.dtype("x"))
def _select(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    if condition.ndim == 1 and x.ndim > 1:
        if condition.shape[0] != x.shape[0]:
            raise invalid(
                f"Number of batches of 'then' must match size of 'cond', but saw: {x.shape[0]} vs. {condition.shape[0]}"
            )
        condition = condition.reshape(-1, *(1 for _ in x.shape[1:]))
    elif condition.ndim and condition.shape != x.shape:
        raise invalid(
            f"'then' and 'else' must have the same size. but received: {bracketed(x)} vs. {bracketed(condition)}"
        )
    if x.shape != y.shape:
        raise invalid(f"'then' and 'else' must have the same size. but received: {bracketed(x)} vs. {bracketed(y)}")
    if is_strings(x):
        chosen: Any = np.where(condition.numpy(), x, y)
        return chosen
    return torch.where(condition, x, y)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Places where `condition` holds, int64 `[count, rank]`; or `x` where it holds and `y` elsewhere.

    `x` and `y` have one shape, and `condition` that shape too, or it is a vector that picks whole rows of
    theirs, or a scalar. TF symbol: `tf.where` (TF 1's: it does not broadcast).

    Raises ValueError when only one of `x` and `y` is given, or for shapes that do not go together.
    """
    if x is None and y is None:
        with name_scope(name, "Where", [condition]) as scope:
            condition = convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
            return _where(condition, name=scope)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return _select(condition, x, y, name=name)


def select(condition: Any, t: Any, e: Any, name: str | None = None) -> Any:
    """`where` by its name in 0.x: `t` where `condition` holds, `e` elsewhere. TF symbol: `tf.select`."""
    return _select(condition, t, e, name=name)


def approximate_equal(x: Any, y: Any, tolerance: float = 1e-5, name: str | None = None) -> Any:
    """Where `|x - y| < tolerance`. TF symbol: `tf.approximate_equal`."""
    return _approximate_equal(x, y, tolerance, name=name)
