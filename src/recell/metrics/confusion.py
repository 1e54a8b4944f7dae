"""Counts of right and wrong answers to yes-or-no questions, precision and recall. TF: `tf.metrics.true_positives`, ...

Labels and predictions are cast to bool, so that anything but 0 means yes. `weights` is a scalar or of the predictions'
rank and broadcasts with them. ValueError for shapes that do not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.graph import dtypes
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, fitted, metric_variable, share
from recell.ops.comparison import logical_and, logical_not
from recell.ops.math_cast import cast
from recell.ops.reductions import reduce_sum
from recell.ops.state import assign_add, identity


def _bools(labels: Any, predictions: Any, weights: Any) -> tuple[Any, Any, Any]:
    return fitted(cast(labels, dtypes.bool), cast(predictions, dtypes.bool), weights)


def _counter(symbol: str, what: str, condition: Callable[[Any, Any], Any]) -> Callable[..., Metric]:
    """The metric that counts where `condition(labels, predictions)` holds."""

    def count(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> Metric:
        with variable_scope(name, symbol, [predictions, labels, weights]):
            labels, predictions, weights = _bools(labels, predictions, weights)
            found = condition(labels, predictions)
            total = metric_variable([], dtypes.float32, name="count")
            found = cast(found, dtypes.float32)
            if weights is not None:
                found = found * cast(weights, dtypes.float32)
            value = identity(total)
            update_op = assign_add(total, reduce_sum(found))
            return collected(value, update_op, metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = symbol
    count.__doc__ = f"How many {what}, a float32 scalar in the variable `count`. TF symbol: `tf.metrics.{symbol}`."
    return count


true_positives = _counter("true_positives", "are yes and were predicted so", logical_and)
false_positives = _counter(
    "false_positives",
    "are no but were predicted yes",
    lambda labels, predictions: logical_and(logical_not(labels), predictions),
)
true_negatives = _counter(
    "true_negatives",
    "are no and were predicted so",
    lambda labels, predictions: logical_and(logical_not(labels), logical_not(predictions)),
)
false_negatives = _counter(
    "false_negatives",
    "are yes but were predicted no",
    lambda labels, predictions: logical_and(labels, logical_not(predictions)),
)


def share_of(
    part: Callable[..., Metric],
    rest: Callable[..., Metric],
    labels: Any,
    predictions: Any,
    weights: Any,
    collections: tuple[Collections, Collections],
) -> Metric:
    """Which share what `part` counts has of what `part` and `rest` count."""
    found, new_found = part(labels, predictions, weights)
    others, new_others = rest(labels, predictions, weights)
    value = share(found, others, name="value")
    update_op = share(new_found, new_others, name="update_op")
    return collected(value, update_op, *collections)


def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of those predicted yes are yes; 0 when there are none. TF symbol: `tf.metrics.precision`."""
    with variable_scope(name, "precision", [predictions, labels, weights]):
        labels, predictions, weights = _bools(labels, predictions, weights)
        collections = metrics_collections, updates_collections
        return share_of(true_positives, false_positives, labels, predictions, weights, collections)


def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of those that are yes were predicted so; 0 when there are none. TF symbol: `tf.metrics.recall`."""
    with variable_scope(name, "recall", [predictions, labels, weights]):
        labels, predictions, weights = _bools(labels, predictions, weights)
        collections = metrics_collections, updates_collections
        return share_of(true_positives, false_negatives, labels, predictions, weights, collections)


__all__ = ["false_negatives", "false_positives", "precision", "recall", "share_of", "true_negatives", "true_positives"]
