"""What is read off a curve of scores against thresholds. TF symbols: `tf.metrics.auc` and its kin.

`predictions` are scores from 0 to 1 (InvalidArgumentError, when run, for others); `labels` are cast to bool. The counts
at `num_thresholds` thresholds are kept in the variables `true_positives`, `false_negatives`, `true_negatives` and
`false_positives`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected
from recell.metrics.thresholds import before_and_after, check_curve, check_share, confusion, evenly_spaced
from recell.ops.threshold_counts import EPSILON, area_under_curve, sensitivity_at, specificity_at

_SUMMATIONS = ("trapezoidal", "careful_interpolation", "minoring", "majoring")


def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Sequence[float] | None = None,
) -> Metric:
    """The area under a curve, a float32 scalar. TF symbol: `tf.metrics.auc`.

    Args:
      num_thresholds: how many thresholds from 0 to 1 approximate the curve.
      curve: "ROC", or "PR" for precision over recall.
      summation_method: "trapezoidal", "minoring" and "majoring" (the lower and upper sum), or "careful_interpolation",
        which for "PR" interpolates the counts.
      thresholds: numbers between 0 and 1 to use instead of `num_thresholds` even ones.

    ValueError for an unknown curve or method.
    """
    with variable_scope(name, "auc", [labels, predictions, weights]):
        check_curve(curve)
        bounds = evenly_spaced(num_thresholds) if thresholds is None else [-EPSILON, *sorted(thresholds), 1 + EPSILON]
        points = num_thresholds if thresholds is None else len(bounds)
        before, after = before_and_after(confusion(labels, predictions, bounds, weights))
        if summation_method not in _SUMMATIONS:
            raise ValueError(f"Invalid summation_method: {summation_method}. It is one of {', '.join(_SUMMATIONS)}.")

        def area(counts: list[Any], name: str) -> Any:
            # An area that does not need the true negatives leaves their variable alone, as TF1's does.
            tp, fn, tn, fp = counts
            return area_under_curve(
                tp, fn, fp, tn if curve == "ROC" else None, curve, summation_method, points, name=name
            )

        interpolated = curve == "PR" and summation_method == "careful_interpolation"
        value = area(before, "interpolate_pr_auc" if interpolated else "value")
        update_op = area(after, "interpolate_pr_auc" if interpolated else "update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The share of yes found at the threshold whose specificity is nearest to the one given (0 to 1, else ValueError).

    TF symbol: `tf.metrics.sensitivity_at_specificity`.
    """
    check_share(specificity, "specificity")
    with variable_scope(name, "sensitivity_at_specificity", [predictions, labels, weights]):
        before, after = before_and_after(confusion(labels, predictions, evenly_spaced(num_thresholds), weights))
        value = sensitivity_at(*before, float(specificity), name="value")
        update_op = sensitivity_at(*after, float(specificity), name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The share of no that is told so at the threshold whose sensitivity is nearest to the one given (0 to 1).

    TF symbol: `tf.metrics.specificity_at_sensitivity`. ValueError for a sensitivity outside of 0 to 1.
    """
    check_share(sensitivity, "sensitivity")
    with variable_scope(name, "specificity_at_sensitivity", [predictions, labels, weights]):
        # TF1 puts its last threshold here where a score of 1 is still above it.
        bounds = evenly_spaced(num_thresholds, 1 - EPSILON)
        before, after = before_and_after(confusion(labels, predictions, bounds, weights))
        value = specificity_at(*before, float(sensitivity), name="value")
        update_op = specificity_at(*after, float(sensitivity), name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


__all__ = ["auc", "sensitivity_at_specificity", "specificity_at_sensitivity"]
