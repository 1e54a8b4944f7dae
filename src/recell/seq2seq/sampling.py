"""What helpers draw: a coin for each row, and a class for each row, in TF 1's random streams."""

from __future__ import annotations

from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_shape import reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import less
from recell.ops.math_cast import cast
from recell.ops.math_unary import sigmoid
from recell.ops.random import multinomial, random_uniform
from recell.ops.reductions import reduce_prod


def bernoulli_sample(
    probs: Any = None, logits: Any = None, dtype: Any = dtypes.int32, sample_shape: Any = (), seed: int | None = None
) -> Tensor:
    """1 with probability `probs` or `sigmoid(logits)`, else 0; `[*sample_shape, *probs.shape]` of `dtype`.

    ValueError unless one of the two is given.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Must pass probs or logits, but not both.")
    with name_scope("call_sampler"):
        chance = convert_to_tensor(probs, name="probs") if logits is None else sigmoid(logits)
        shape = concat([_as_vector(sample_shape), shape_of(chance)], 0)
        return cast(less(random_uniform(shape, dtype=chance.dtype, seed=seed), chance), dtype)


def categorical_sample(
    logits: Any, dtype: Any = dtypes.int32, sample_shape: Any = (), seed: int | None = None
) -> Tensor:
    """A class for each row of `logits`, `[..., classes]`, with probabilities `softmax(logits)`.

    `[*sample_shape, ...]` of `dtype`, int32 or int64.
    """
    logits = convert_to_tensor(logits, name="logits")
    classes = logits.shape[-1].value if logits.shape.ndims else None
    flat = logits
    if logits.shape.ndims != 2:
        flat = reshape(logits, [-1, shape_of(logits)[-1] if classes is None else classes])
    rows = shape_of(logits)[:-1]
    with name_scope("call_sampler"):
        front = _as_vector(sample_shape)
        drawn = transpose(multinomial(flat, reduce_prod(front), seed=seed, output_dtype=dtype))
        return reshape(drawn, concat([front, rows], 0))


def _as_vector(sample_shape: Any) -> Tensor:
    return reshape(convert_to_tensor(sample_shape, dtypes.int32, name="sample_shape"), [-1])


__all__ = ["bernoulli_sample", "categorical_sample"]
