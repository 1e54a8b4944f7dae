"""Counts, precision and recall at several thresholds. TF symbols: `tf.metrics.true_positives_at_thresholds`, ...

`predictions` are scores from 0 to 1 (InvalidArgumentError for others), positive where they are greater than
a threshold; `labels` are cast to bool; `thresholds` is a list or array of numbers. Results are `[thresholds]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.errors import InvalidArgumentError
from recell.graph.static import constant_value
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, fitted, metric_variable
from recell.ops.array_make import ones_like
from recell.ops.math_binary import truediv
from recell.ops.math_cast import cast
from recell.ops.state import assign_add, identity
from recell.ops.threshold_counts import EPSILON, confusion_at_thresholds
from recell.ops.weights_broadcast import broadcast_weights

KINDS = ("true_positives", "false_negatives", "true_negatives", "false_positives")


class Running(NamedTuple):
    """A count at each threshold: its variable, what is read of it, and the operation that adds a batch to it."""

    variable: Any
    value: Any
    update: Any


def confusion(
    labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any = None, kinds: Sequence[str] = KINDS
) -> dict[str, Running]:
    """The counts of `kinds`, in variables of their names, made in the order of `KINDS`."""
    number = len(thresholds)
    predictions = cast(convert_to_tensor(predictions), dtypes.float32)
    known = constant_value(predictions)
    if known is not None and not np.all((known >= 0) & (known <= 1)):
        raise InvalidArgumentError(None, None, f"predictions must be in [0, 1], but '{predictions.name}' holds {known}")
    labels, predictions, weights = fitted(cast(labels, dtypes.bool), predictions, weights)
    if weights is None:
        weights = ones_like(predictions)
    else:
        weights = broadcast_weights(cast(weights, dtypes.float32), predictions)
    bounds = convert_to_tensor(thresholds, dtypes.float32)
    counts = dict(zip(KINDS, confusion_at_thresholds(labels, predictions, bounds, weights), strict=True))
    found = {}
    for kind in KINDS:
        if kind in kinds:
            total = metric_variable([number], dtypes.float32, name=kind)
            found[kind] = Running(total, total.value(), assign_add(total, counts[kind]))
    return found


def evenly_spaced(number: int, last: float = 1 + EPSILON) -> list[float]:
    """Thresholds from below 0 to `last`, the inner ones at equal distances."""
    return [-EPSILON, *((k + 1) / (number - 1) for k in range(number - 2)), last]


def _counter(kind: str) -> Callable[..., Metric]:
    def count(
        labels: Any,
        predictions: Any,
        thresholds: Sequence[float],
        weights: Any = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> Metric:
        with variable_scope(name, kind, [predictions, labels, weights]):
            found = confusion(labels, predictions, thresholds, weights, [kind])[kind]
            return collected(identity(found.value), found.update, metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = f"{kind}_at_thresholds"
    told = kind.replace("_", " ")
    count.__doc__ = f"The weight of {told} at each threshold. TF symbol: `tf.metrics.{kind}_at_thresholds`."
    return count


true_positives_at_thresholds = _counter("true_positives")
false_negatives_at_thresholds = _counter("false_negatives")
true_negatives_at_thresholds = _counter("true_negatives")
false_positives_at_thresholds = _counter("false_positives")


def _part(part: Any, rest: Any, name: str) -> Any:
    return truediv(part, EPSILON + part + rest, name=name)


def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of those above a threshold are yes. TF symbol: `tf.metrics.precision_at_thresholds`."""
    with variable_scope(name, "precision_at_thresholds", [predictions, labels, weights]):
        kinds = ("true_positives", "false_positives")
        hits, wrong = confusion(labels, predictions, thresholds, weights, kinds).values()
        value = _part(hits.value, wrong.value, "precision_value")
        update_op = _part(hits.update, wrong.update, "precision_update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Which share of those that are yes is above a threshold. TF symbol: `tf.metrics.recall_at_thresholds`."""
    with variable_scope(name, "recall_at_thresholds", [predictions, labels, weights]):
        kinds = ("true_positives", "false_negatives")
        hits, missed = confusion(labels, predictions, thresholds, weights, kinds).values()
        value = _part(hits.value, missed.value, "recall_value")
        update_op = _part(hits.update, missed.update, "recall_update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


__all__ = [
    "KINDS",
    "Running",
    "confusion",
    "evenly_spaced",
    "false_negatives_at_thresholds",
    "false_positives_at_thresholds",
    "precision_at_thresholds",
    "recall_at_thresholds",
    "true_negatives_at_thresholds",
    "true_positives_at_thresholds",
]
