"""Accuracy of one batch, running counts and error rates. TF symbols: `tf.contrib.metrics.accuracy`, `count`, ..."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.variable_scope import variable_scope
from recell.metrics import confusion as counts
from recell.metrics.state import Collections, Metric, collected, metric_variable
from recell.metrics.thresholds import confusion, share_at
from recell.ops.array_make import ones_like
from recell.ops.array_shape import size
from recell.ops.comparison import equal
from recell.ops.math_binary import truediv
from recell.ops.math_cast import cast
from recell.ops.op import INTS
from recell.ops.reductions import reduce_mean, reduce_sum
from recell.ops.state import assign_add, identity
from recell.ops.weights_broadcast import broadcast_weights, match_weights_rank


def accuracy(predictions: Any, labels: Any, weights: Any = None, name: str | None = None) -> Any:
    """How often predictions equal labels, in this batch alone. TF symbol: `tf.contrib.metrics.accuracy`.

    Both are of one type, bools, integers or strings (else ValueError), and of one shape, which `weights` broadcasts to.
    """
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    dtype = labels.dtype.base_dtype
    if dtype not in INTS and dtype not in (dtypes.bool, dtypes.string):
        raise ValueError(f"Labels should have bool, integer, or string dtype, not {dtype!r}")
    if predictions.dtype.base_dtype is not dtype:
        raise ValueError(
            f"Dtypes of predictions and labels should match. Given: predictions ({predictions.dtype.base_dtype!r}) and "
            f"labels ({dtype!r})"
        )
    with name_scope(name, "accuracy", [predictions, labels]):
        right = cast(equal(predictions, labels), dtypes.float32)
        if weights is None:
            return reduce_mean(right)
        weights = cast(weights, dtypes.float32) * ones_like(right)
        right = right * weights
        return truediv(reduce_sum(right), reduce_sum(weights), name="div")


def count(
    values: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """How many values there were, or what their weights add up to. TF symbol: `tf.contrib.metrics.count`."""
    with variable_scope(name, "count", [values, weights]):
        total = metric_variable([], dtypes.float32, name="count")
        if weights is None:
            number = cast(size(values), dtypes.float32)
        else:
            values = convert_to_tensor(values)
            weights = match_weights_rank(cast(weights, dtypes.float32), values)
            number = reduce_sum(broadcast_weights(weights, values))
        value = identity(total)
        return collected(value, assign_add(total, number), metrics_collections, updates_collections)


def _rate(symbol: str, what: str, wrong: Callable[..., Metric], right: Callable[..., Metric]) -> Callable[..., Metric]:
    def rate(
        predictions: Any,
        labels: Any,
        weights: Any = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> Metric:
        with variable_scope(name, symbol, [predictions, labels, weights]):
            collections = metrics_collections, updates_collections
            return counts.share_of(wrong, right, labels, predictions, weights, collections)

    rate.__name__ = rate.__qualname__ = f"streaming_{symbol}"
    rate.__doc__ = f"Which share of {what}. TF symbol: `tf.contrib.metrics.streaming_{symbol}`."
    return rate


streaming_false_positive_rate = _rate(
    "false_positive_rate", "those that are no was predicted yes", counts.false_positives, counts.true_negatives
)
streaming_false_negative_rate = _rate(
    "false_negative_rate", "those that are yes was predicted no", counts.false_negatives, counts.true_positives
)


def _rate_at(symbol: str, short: str, wrong: str, right: str) -> Callable[..., Metric]:
    def rate(
        predictions: Any,
        labels: Any,
        thresholds: Sequence[float],
        weights: Any = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> Metric:
        with variable_scope(name, symbol, [predictions, labels, weights]):
            collections = metrics_collections, updates_collections
            return share_at(wrong, right, labels, predictions, thresholds, weights, short, collections)

    rate.__name__ = rate.__qualname__ = f"streaming_{symbol}"
    told = symbol.removesuffix("_at_thresholds").replace("_", " ")
    rate.__doc__ = f"The {told} at each threshold. TF symbol: `tf.contrib.metrics.streaming_{symbol}`."
    return rate


streaming_false_positive_rate_at_thresholds = _rate_at(
    "false_positive_rate_at_thresholds", "fpr", "false_positives", "true_negatives"
)
streaming_false_negative_rate_at_thresholds = _rate_at(
    "false_negative_rate_at_thresholds", "fnr", "false_negatives", "true_positives"
)


def _counter_at(kind: str) -> Callable[..., Metric]:
    def count_at(predictions: Any, labels: Any, thresholds: Sequence[float], weights: Any = None) -> Metric:
        found = confusion(labels, predictions, thresholds, weights, [kind])[kind]
        return found.variable, found.update

    count_at.__name__ = count_at.__qualname__ = f"streaming_{kind}_at_thresholds"
    told = kind.replace("_", " ")
    symbol = f"tf.contrib.metrics.streaming_{kind}_at_thresholds"
    count_at.__doc__ = f"The variable of {told} at each threshold, and its update. TF symbol: `{symbol}`."
    return count_at


streaming_true_positives_at_thresholds = _counter_at("true_positives")
streaming_false_negatives_at_thresholds = _counter_at("false_negatives")
streaming_true_negatives_at_thresholds = _counter_at("true_negatives")
streaming_false_positives_at_thresholds = _counter_at("false_positives")

__all__ = [
    "accuracy",
    "count",
    "streaming_false_negative_rate",
    "streaming_false_negative_rate_at_thresholds",
    "streaming_false_negatives_at_thresholds",
    "streaming_false_positive_rate",
    "streaming_false_positive_rate_at_thresholds",
    "streaming_false_positives_at_thresholds",
    "streaming_true_negatives_at_thresholds",
    "streaming_true_positives_at_thresholds",
]
