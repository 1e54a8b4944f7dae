"""What contrib reads off a curve of scores against thresholds. TF symbols: `tf.contrib.metrics.f1_score`, ...

Arguments and variables are those of `recell.metrics.curves`.
"""

from __future__ import annotations

from typing import Any

from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected
from recell.metrics.thresholds import before_and_after, check_curve, check_share, confusion, evenly_spaced
from recell.ops.state import group
from recell.ops.threshold_counts import best_f1, curve_points, precision_at, recall_at

_POSITIVE = ("true_positives", "false_negatives", "false_positives")


def f1_score(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The best harmonic mean of precision and recall over thresholds. TF symbol: `tf.contrib.metrics.f1_score`."""
    with variable_scope(name, "f1", [labels, predictions, weights]):
        found = confusion(labels, predictions, evenly_spaced(num_thresholds), weights, _POSITIVE)
        before, after = before_and_after(found, _POSITIVE)
        value, update_op = best_f1(*before, name="Max"), best_f1(*after, name="Max")
        return collected(value, update_op, metrics_collections, updates_collections)


def precision_at_recall(
    labels: Any,
    predictions: Any,
    target_recall: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The precision at the highest threshold whose recall reaches `target_recall` (0 to 1, else ValueError).

    TF symbol: `tf.contrib.metrics.precision_at_recall`.
    """
    check_share(target_recall, "target_recall")
    with variable_scope(name, "precision_at_recall", [predictions, labels, weights]):
        found = confusion(labels, predictions, evenly_spaced(num_thresholds), weights)
        before, after = before_and_after(found, _POSITIVE)
        value = precision_at(*before, float(target_recall), name="value")
        update_op = precision_at(*after, float(target_recall), name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def recall_at_precision(
    labels: Any,
    predictions: Any,
    precision: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
    strict_mode: bool = False,
) -> Metric:
    """The recall at the threshold whose precision is nearest to `precision` (0 to 1, else ValueError).

    With `strict_mode` at the nearest one that reaches it, 0 when none does.
    TF symbol: `tf.contrib.metrics.recall_at_precision`.
    """
    check_share(precision, "precision")
    with variable_scope(name, "recall_at_precision", [predictions, labels, weights]):
        found = confusion(labels, predictions, evenly_spaced(num_thresholds), weights)
        before, after = before_and_after(found, _POSITIVE)
        strict = bool(strict_mode)
        value = recall_at(*before, float(precision), strict, name="cond/Merge" if strict else "value")
        update_op = recall_at(*after, float(precision), strict, name="cond_1/Merge" if strict else "update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def streaming_curve_points(
    labels: Any = None,
    predictions: Any = None,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    curve: str = "ROC",
    name: str | None = None,
) -> Metric:
    """The points of a curve, `[num_thresholds, 2]`: false positive rate and recall, or for "PR" recall and precision.

    TF symbol: `tf.contrib.metrics.streaming_curve_points`. ValueError for another curve. The update has no value.
    """
    with variable_scope(name, "curve_points", [labels, predictions, weights]):
        check_curve(curve)
        found = confusion(labels, predictions, evenly_spaced(num_thresholds), weights)
        before, after = before_and_after(found)
        points = curve_points(*before, curve, name="stack_1")
        return collected(points, group(*after), metrics_collections, updates_collections)


__all__ = ["f1_score", "precision_at_recall", "recall_at_precision", "streaming_curve_points"]
