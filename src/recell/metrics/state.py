"""What metrics share: their variables, the fitting of their arguments, ratios, and the collections at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import add_to_collections
from recell.graph.keys import GraphKeys
from recell.graph.variables import Variable
from recell.ops.array_make import zeros
from recell.ops.comparison import greater, where
from recell.ops.math_binary import div_no_nan, maximum, truediv
from recell.ops.math_cast import cast
from recell.ops.weights_broadcast import match_weights_rank, remove_squeezable_dimensions

Metric = tuple[Any, Any]
"""A metric's value so far, and the operation that takes one batch more into it (its value is the new value)."""

Collections = str | Sequence[str] | None
"""Names of collections that a metric's value, or its update operation, joins."""


def metric_variable(shape: Any, dtype: Any, validate_shape: bool = True, name: str | None = None) -> Any:
    """A variable of zeros for a metric: local, not trainable, in the collection `metric_variables`.

    TF symbol: `metric_variable` of `tensorflow.python.ops.metrics_impl`.
    """
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=validate_shape,
        name=name,
    )


def fitted(labels: Any, predictions: Any, weights: Any = None) -> tuple[Any, Any, Any]:
    """Labels, predictions and weights of one rank. ValueError when labels and predictions differ in shape."""
    labels, predictions = remove_squeezable_dimensions(labels, predictions)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return labels, predictions, None if weights is None else match_weights_rank(weights, predictions)


def floats(labels: Any, predictions: Any, weights: Any = None) -> tuple[Any, Any, Any]:
    """`fitted`, labels and predictions as float32."""
    labels, predictions = (cast(value, dtypes.float32) for value in (labels, predictions))
    return fitted(labels, predictions, weights)


def ratio(numerator: Any, denominator: Any, name: str | None = None) -> Any:
    """The quotient, 0 where the denominator is not positive."""
    return div_no_nan(numerator, maximum(denominator, 0), name=name)


def share(part: Any, rest: Any, name: str | None = None) -> Any:
    """`part / (part + rest)`, 0 where the sum is not positive."""
    whole = part + rest
    return where(greater(whole, 0), truediv(part, whole), convert_to_tensor(0.0), name=name)


def collected(value: Any, update_op: Any, metrics_collections: Collections, updates_collections: Collections) -> Metric:
    """Both, added to the collections that are named."""
    if metrics_collections:
        add_to_collections(metrics_collections, value)
    if updates_collections:
        add_to_collections(updates_collections, update_op)
    return value, update_op


__all__ = ["Collections", "Metric", "collected", "fitted", "floats", "metric_variable", "ratio", "share"]
