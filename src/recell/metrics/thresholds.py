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
from recell.graph.static import constant_value
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, fitted, metric_variable
from recell.ops._kernels import invalid
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
        raise invalid(f"predictions must be in [0, 1], but '{predictions.name}' holds {known}")
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


def before_and_after(found: dict[str, Running], kinds: Sequence[str] = KINDS) -> tuple[list[Any], list[Any]]:
    """The counts of `kinds`, before and after the batch."""
    return [found[kind].value for kind in kinds], [found[kind].update for kind in kinds]


def check_curve(curve: str) -> None:
    """ValueError for a curve that there is not."""
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")


def check_share(value: float, name: str) -> None:
    """ValueError for an argument `name` outside of 0 to 1."""
    if value < 0 or value > 1:  # so that NaN passes, as in TensorFlow
        raise ValueError(f"`{name}` must be in the range [0, 1], got {value}.")


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


def share_at(
    part: str,
    rest: str,
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any,
    name: str,
    collections: tuple[Collections, Collections],
) -> Metric:
    """Which share the count `part` has of `part` and `rest`, at each threshold."""
    found = confusion(labels, predictions, thresholds, weights, (part, rest))
    before, after = before_and_after(found, (part, rest))
    value = truediv(before[0], EPSILON + before[0] + before[1], name=f"{name}_value")
    update_op = truediv(after[0], EPSILON + after[0] + after[1], name=f"{name}_update_op")
    return collected(value, update_op, *collections)


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
        collections = metrics_collections, updates_collections
        kinds = ("true_positives", "false_positives")
        return share_at(*kinds, labels, predictions, thresholds, weights, "precision", collections)


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
        collections = metrics_collections, updates_collections
        kinds = ("true_positives", "false_negatives")
        return share_at(*kinds, labels, predictions, thresholds, weights, "recall", collections)


__all__ = [
    "KINDS",
    "Running",
    "before_and_after",
    "check_curve",
    "check_share",
    "confusion",
    "evenly_spaced",
    "false_negatives_at_thresholds",
    "false_positives_at_thresholds",
    "precision_at_thresholds",
    "recall_at_thresholds",
    "share_at",
    "true_negatives_at_thresholds",
    "true_positives_at_thresholds",
]
