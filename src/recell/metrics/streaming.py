"""`tf.metrics` under contrib's names: `streaming_...(predictions, labels, ...)`, predictions first.

Everything else is as in the functions of the same name in `tf.metrics`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from recell.graph import dtypes
from recell.graph.core import name_scope
from recell.metrics import classes, confusion, curves, means, thresholds, top_k
from recell.metrics.state import Collections, Metric
from recell.ops.array_order import in_top_k
from recell.ops.math_cast import cast

_Metric = Callable[..., Metric]


def _renamed(metric: _Metric, name: str, first: Mapping[str, str] | None = None) -> _Metric:
    """`metric` called `name`; with `first`, labels and predictions, under these names, the other way round."""
    signature = inspect.signature(metric)
    parameters = list(signature.parameters.values())
    if first is not None:
        labels, predictions = parameters[:2]
        parameters[:2] = [predictions.replace(name=first[predictions.name]), labels]
    shown = signature.replace(parameters=parameters)
    back = {new: old for old, new in (first or {}).items()}

    @functools.wraps(metric)
    def call(*args: Any, **kwargs: Any) -> Metric:
        given = shown.bind(*args, **kwargs).arguments
        return metric(**{back.get(key, key): value for key, value in given.items()})

    call.__name__ = call.__qualname__ = name
    call.__signature__ = shown  # type: ignore[attr-defined]
    what = "arguments are in the order (predictions, labels, ...)" if first else "it is the same"
    call.__doc__ = f"`tf.metrics.{metric.__name__}`: {what}. TF symbol: `tf.contrib.metrics.{name}`."
    return call


def _swapped(metric: _Metric, name: str | None = None, predictions: str = "predictions") -> _Metric:
    given = list(inspect.signature(metric).parameters)[1]
    return _renamed(metric, name or f"streaming_{metric.__name__}", {given: predictions})


streaming_mean = _renamed(means.mean, "streaming_mean")
streaming_mean_tensor = _renamed(means.mean_tensor, "streaming_mean_tensor")
streaming_percentage_less = _renamed(means.percentage_below, "streaming_percentage_less")

streaming_accuracy = _swapped(means.accuracy)
streaming_mean_absolute_error = _swapped(means.mean_absolute_error)
streaming_mean_cosine_distance = _swapped(means.mean_cosine_distance)
streaming_mean_relative_error = _swapped(means.mean_relative_error)
streaming_mean_squared_error = _swapped(means.mean_squared_error)
streaming_root_mean_squared_error = _swapped(means.root_mean_squared_error)

streaming_false_negatives = _swapped(confusion.false_negatives)
streaming_false_positives = _swapped(confusion.false_positives)
streaming_true_negatives = _swapped(confusion.true_negatives)
streaming_true_positives = _swapped(confusion.true_positives)
streaming_precision = _swapped(confusion.precision)
streaming_recall = _swapped(confusion.recall)

streaming_precision_at_thresholds = _swapped(thresholds.precision_at_thresholds)
streaming_recall_at_thresholds = _swapped(thresholds.recall_at_thresholds)

streaming_sensitivity_at_specificity = _swapped(curves.sensitivity_at_specificity)
streaming_specificity_at_sensitivity = _swapped(curves.specificity_at_sensitivity)
streaming_mean_iou = _swapped(classes.mean_iou)

streaming_sparse_precision_at_k = _swapped(top_k.precision_at_k, "streaming_sparse_precision_at_k")
streaming_sparse_recall_at_k = _swapped(top_k.recall_at_k, "streaming_sparse_recall_at_k")
streaming_sparse_average_precision_at_k = _swapped(
    top_k.average_precision_at_k, "streaming_sparse_average_precision_at_k"
)


def streaming_auc(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    curve: str = "ROC",
    name: str | None = None,
) -> Metric:
    """`tf.metrics.auc` with its first summation method. TF symbol: `tf.contrib.metrics.streaming_auc`."""
    collections = metrics_collections, updates_collections
    return curves.auc(labels, predictions, weights, num_thresholds, *collections, curve, name)


def streaming_recall_at_k(
    predictions: Any,
    labels: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """How often the label `[batch]` is among the k best of `predictions` `[batch, classes]`.

    TF symbol: `tf.contrib.metrics.streaming_recall_at_k`.
    """
    found = cast(in_top_k(predictions, labels, k), dtypes.float32)
    return means.mean(found, weights, metrics_collections, updates_collections, name or f"recall_at_{k}")


def streaming_sparse_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """`tf.metrics.precision_at_top_k`. TF symbol: `tf.contrib.metrics.streaming_sparse_precision_at_top_k`."""
    collections = {"metrics_collections": metrics_collections, "updates_collections": updates_collections}
    return top_k.precision_at_top_k(labels, top_k_predictions, None, class_id, weights, name=name, **collections)


def sparse_recall_at_top_k(
    labels: Any,
    top_k_predictions: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """`tf.metrics.recall_at_top_k`. TF symbol: `tf.contrib.metrics.sparse_recall_at_top_k`."""
    collections = {"metrics_collections": metrics_collections, "updates_collections": updates_collections}
    return top_k.recall_at_top_k(labels, top_k_predictions, None, class_id, weights, name=name, **collections)


def streaming_sparse_average_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The mean over rows of the precision at each label's place among the classes predicted, `[..., k]`.

    TF symbol: `tf.contrib.metrics.streaming_sparse_average_precision_at_top_k`.
    """
    with name_scope(name, "average_precision_at_top_k", [top_k_predictions, labels, weights]) as scope:
        return top_k.average_precision_at_top_k(
            labels, top_k_predictions, weights, metrics_collections, updates_collections, scope
        )


def aggregate_metrics(*value_update_tuples: Metric) -> tuple[list[Any], list[Any]]:
    """The values and the updates of several metrics. TF symbol: `tf.contrib.metrics.aggregate_metrics`.

    ValueError when there are none.
    """
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples: Mapping[str, Metric]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values and the updates of several metrics, by name. TF: `tf.contrib.metrics.aggregate_metric_map`."""
    values = {name: value for name, (value, _) in names_to_tuples.items()}
    return values, {name: update for name, (_, update) in names_to_tuples.items()}


__all__ = [
    "aggregate_metric_map",
    "aggregate_metrics",
    "sparse_recall_at_top_k",
    "streaming_accuracy",
    "streaming_auc",
    "streaming_false_negatives",
    "streaming_false_positives",
    "streaming_mean",
    "streaming_mean_absolute_error",
    "streaming_mean_cosine_distance",
    "streaming_mean_iou",
    "streaming_mean_relative_error",
    "streaming_mean_squared_error",
    "streaming_mean_tensor",
    "streaming_percentage_less",
    "streaming_precision",
    "streaming_precision_at_thresholds",
    "streaming_recall",
    "streaming_recall_at_k",
    "streaming_recall_at_thresholds",
    "streaming_root_mean_squared_error",
    "streaming_sensitivity_at_specificity",
    "streaming_sparse_average_precision_at_k",
    "streaming_sparse_average_precision_at_top_k",
    "streaming_sparse_precision_at_k",
    "streaming_sparse_precision_at_top_k",
    "streaming_sparse_recall_at_k",
    "streaming_specificity_at_sensitivity",
    "streaming_true_negatives",
    "streaming_true_positives",
]
