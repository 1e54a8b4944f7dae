"""Penalties on the size of weights. TF symbols: `tf.contrib.layers.l1_regularizer`, `l2_regularizer`, ...

Each function returns a function of a variable or tensor that returns a scalar tensor, or None when it adds nothing.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

from recell.graph.convert import constant, convert_to_tensor
from recell.graph.core import add_to_collection, get_collection, name_scope
from recell.graph.keys import GraphKeys
from recell.graph.tensor import Tensor
from recell.ops.math_binary import add_n, multiply
from recell.ops.math_unary import abs as absolute
from recell.ops.nn_dense import l2_loss
from recell.ops.reductions import reduce_sum
from recell.ops.state import identity

Regularizer = Callable[[Any], "Tensor | None"]


def l1_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """`scale` times the sum of absolute values; nothing for 0. ValueError for an integer or a negative scale."""
    if _checked("scale", scale) == 0.0:
        return lambda _: None

    def l1(weights: Any) -> Tensor:
        with name_scope(scope, "l1_regularizer", [weights]) as name:
            factor = convert_to_tensor(scale, weights.dtype.base_dtype, name="scale")
            return multiply(factor, reduce_sum(absolute(weights)), name=name)

    return l1


def l2_regularizer(scale: float, scope: str | None = None) -> Regularizer:
    """`scale` times half the sum of squares; nothing for 0. ValueError for an integer or a negative scale."""
    if _checked("scale", scale) == 0.0:
        return lambda _: None

    def l2(weights: Any) -> Tensor:
        with name_scope(scope, "l2_regularizer", [weights]) as name:
            factor = convert_to_tensor(scale, weights.dtype.base_dtype, name="scale")
            return multiply(factor, l2_loss(weights), name=name)

    return l2


def l1_l2_regularizer(scale_l1: float = 1.0, scale_l2: float = 1.0, scope: str | None = None) -> Regularizer:
    """The two penalties added up. ValueError for an integer scale or a negative one."""
    for name, scale in (("scale_l1", scale_l1), ("scale_l2", scale_l2)):
        _refuse_integer(name, scale)
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return _added([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


def sum_regularizer(regularizer_list: Sequence[Regularizer | None], scope: str | None = None) -> Regularizer | None:
    """Several penalties added up; None when there are none."""
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    return _added(regularizers, scope) if regularizers else None


def _added(regularizers: Sequence[Regularizer], scope: str | None) -> Regularizer:
    def added(weights: Any) -> Tensor | None:
        with name_scope(scope, "sum_regularizer", [weights]) as name:
            terms = [term for term in (regularizer(weights) for regularizer in regularizers) if term is not None]
            if not terms:
                return None
            return identity(terms[0], name=name) if len(terms) == 1 else add_n(terms, name=name)

    return added


def apply_regularization(regularizer: Regularizer | None, weights_list: Sequence[Any] | None = None) -> Tensor:
    """The penalty of all of `weights_list` (by default the `weights` collection); joins the regularization losses.

    ValueError when there are no weights, or the regularizer returns something that is no scalar.
    """
    weights = get_collection(GraphKeys.WEIGHTS) if weights_list is None else list(weights_list)
    if not weights:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights) as name:
        found = [regularizer(weight) if regularizer is not None else None for weight in weights]
        penalties = [constant(0.0) if penalty is None else penalty for penalty in found]
        for penalty in penalties:
            if penalty.shape.ndims != 0:
                raise ValueError(
                    f"regularizer must return a scalar Tensor instead of a Tensor with rank {penalty.shape.ndims}: "
                    f"{penalty}"
                )
        total = identity(penalties[0], name=name) if len(penalties) == 1 else add_n(penalties, name=name)
    add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
    return total


def _checked(name: str, scale: Any) -> float:
    _refuse_integer(name, scale)
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}")
    return scale


def _refuse_integer(name: str, scale: Any) -> None:
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"{name} cannot be an integer: {scale}")


__all__ = ["apply_regularization", "l1_l2_regularizer", "l1_regularizer", "l2_regularizer", "sum_regularizer"]
