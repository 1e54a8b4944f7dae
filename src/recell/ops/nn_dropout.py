"""Dropout."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.convert import convert_to_tensor
from recell.graph.core import get_default_graph, name_scope
from recell.graph.registry import Inference
from recell.graph.seeds import get_seed
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value
from recell.ops import rules
from recell.ops._kernels import sizes
from recell.ops.op import FLOATS, INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _dropout_shape(i: Inference) -> TensorShape:
    shape = i.shape("x")
    if i.tensor("noise_shape") is None:
        return shape
    try:
        dims = rules.broadcast_dims(shape.tuple, i.value_as_shape("noise_shape").tuple)
    except ValueError as error:
        raise i.mismatch(str(error)) from None
    return TensorShape(None) if dims is None else TensorShape.of(dims)


@op("Dropout", shape=_dropout_shape, T=FLOATS, types={"noise_shape": INDEX}, stateful=True)
def _dropout(
    ctx: Any, x: Tensor, rate: Tensor, noise_shape: Tensor | None, seed: int | None = None, seed2: int | None = None
) -> Tensor:
    shape = tuple(x.shape) if noise_shape is None else sizes(noise_shape)
    drawn = ctx.stream.uniform(shape, dtype=x.dtype)
    # Kept elements are multiplied by the scale, dropped ones by 0, in one factor: what autograd must remember.
    return x * drawn.ge_(rate).mul_(1 / (1 - rate))


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Any:
    """Sets elements to zero with probability `rate`, scales the others by `1 / (1 - rate)`. TF symbol: `tf.nn.dropout`.

    An element is kept where a uniform number in [0, 1) is at least `rate`; with a seed the numbers are TF 1's.

    Args:
        x: a floating-point tensor of any shape.
        keep_prob: `1 - rate`, the name of releases before 1.13; a number or a scalar tensor.
        noise_shape: the shape in which random numbers are drawn, broadcast to that of `x`; None entries (in a Python
            list) take the size that `x` has there.
        rate: the probability of being dropped, in [0, 1), a number or a scalar tensor.

    Returns:
        A tensor like `x`; `x` itself when nothing can be dropped.

    Raises:
        ValueError: `x` is not floating, or the rate is missing, given twice, or out of range.
    """
    if keep_prob is not None:
        if rate is not None:
            raise ValueError("Cannot specify both 'keep_prob' and 'rate'")
        rate = 1 - keep_prob
    if rate is None:
        raise ValueError("You must provide a rate to dropout.")
    with name_scope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        dtype = x.dtype.base_dtype
        if not dtype.is_floating:
            raise ValueError(
                "x has to be a floating point tensor since it's going to be scaled. "
                f"Got a {dtype} tensor instead ('{x.name}')."
            )
        if isinstance(rate, numbers.Real):
            rate = float(rate)
            if not 0 <= rate < 1:
                raise ValueError(f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}")
            if rate == 0:
                return x
        rate = convert_to_tensor(rate, dtype=dtype, name="rate")
        rate.shape.assert_has_rank(0)
        if constant_value(rate) == 0:
            return x
        graph = get_default_graph()
        seeds = get_seed(graph.seed, seed, graph._last_id)
        return _dropout(x, rate, _noise_shape(x, noise_shape), *seeds, name="mul_1")


def _noise_shape(x: Any, noise_shape: Any) -> Any:
    """The shape to draw numbers in as a tensor; None for that of `x`."""
    if noise_shape is None:
        return None
    if isinstance(noise_shape, (list, tuple, TensorShape)) and not any(hasattr(n, "op") for n in noise_shape):
        dims = as_shape(noise_shape).as_list()
        known = x.shape.as_list() if x.shape.ndims == len(dims) else [None] * len(dims)
        noise_shape = TensorShape([k if d is None else d for d, k in zip(dims, known, strict=True)])
        if not noise_shape.is_fully_defined():
            raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {noise_shape}")
        noise_shape = noise_shape.as_list()
    return convert_to_tensor(noise_shape, name="noise_shape", preferred_dtype="int32")


__all__ = ["dropout"]
