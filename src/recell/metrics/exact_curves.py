"""Curves from all scores, from histograms, at even thresholds. TF: `tf.contrib.metrics.streaming_dynamic_auc`, ..."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.keys import GraphKeys
from recell.graph.variable_scope import variable_scope
from recell.graph.variables import Variable
from recell.metrics.concatenation import streaming_concat
from recell.metrics.state import Collections, Metric, collected, metric_variable
from recell.metrics.thresholds import check_curve
from recell.ops.array_index import boolean_mask
from recell.ops.array_make import linspace, ones_like, zeros
from recell.ops.array_shape import reshape
from recell.ops.comparison import logical_not
from recell.ops.exact_areas import area_of_histograms, exact_area, zero_or_one
from recell.ops.math_binary import maximum, truediv
from recell.ops.math_cast import cast
from recell.ops.math_scan import cumsum, histogram_fixed_width
from recell.ops.reductions import reduce_sum
from recell.ops.segment import unsorted_segment_sum
from recell.ops.state import assign_add, group
from recell.ops.threshold_counts import scores_in_range
from recell.ops.weights_broadcast import broadcast_weights


def streaming_dynamic_auc(
    labels: Any,
    predictions: Any,
    curve: str = "ROC",
    metrics_collections: Collections = (),
    updates_collections: Collections = (),
    name: str | None = None,
    weights: Any = None,
) -> Metric:
    """The area under the ROC curve (or "PR") of all scores so far, a float64 scalar; 0 without both classes.

    TF symbol: `tf.contrib.metrics.streaming_dynamic_auc`. Labels are 0 or 1 (InvalidArgumentError, when run, for
    others), scores any numbers; all are kept. The update has no value. ValueError for another curve.
    """
    check_curve(curve)
    with variable_scope(name, "dynamic_auc", [labels, predictions, weights]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        labels.shape.assert_is_compatible_with(predictions.shape)
        scores = reshape(cast(predictions, dtypes.float64), [-1])
        kinds = zero_or_one(reshape(cast(labels, dtypes.int64), [-1]))
        all_scores, add_scores = streaming_concat(scores, name="concat_preds")
        all_kinds, add_kinds = streaming_concat(kinds, name="concat_labels")
        updates = [add_scores, add_kinds]
        if weights is None:
            all_weights = ones_like(all_scores)
        else:
            weights = broadcast_weights(cast(weights, dtypes.float64), predictions)
            all_weights, add_weights = streaming_concat(reshape(weights, [-1]), name="concat_weights")
            updates.append(add_weights)
        value = exact_area(all_scores, all_kinds, all_weights, curve, name="cond/Merge")
        return collected(value, group(*updates), metrics_collections, updates_collections)


def auc_using_histogram(
    boolean_labels: Any,
    scores: Any,
    score_range: Sequence[float],
    nbins: int = 100,
    collections: Sequence[str] | None = None,
    check_shape: bool = True,
    name: str | None = None,
) -> Metric:
    """The area under the ROC curve from histograms of `nbins` bins over `score_range`, a float32 scalar.

    TF symbol: `tf.contrib.metrics.auc_using_histogram`. Scores outside of the range count in the outermost bins. NaN
    before both classes have come. `collections` are those that its variables join, the local variables by default. The
    update has no value. ValueError for labels that are not bool, or shapes that
    differ.
    """
    with variable_scope(name, "auc_using_histogram", [boolean_labels, scores, score_range]):
        labels, scores = convert_to_tensor(boolean_labels), convert_to_tensor(scores)
        if check_shape:
            scores.shape.assert_is_compatible_with(labels.shape)
        if labels.dtype.base_dtype is not dtypes.bool:
            raise ValueError(f"Argument boolean_labels should have dtype bool.  Found: {labels.dtype.base_dtype!r}")
        totals, updates = [], []
        with variable_scope(None, "hist_accumulate", [labels, scores]):
            for kind, chosen in (("true", labels), ("false", logical_not(labels))):
                total = Variable(
                    lambda: zeros([nbins], dtypes.int64),
                    trainable=False,
                    collections=[GraphKeys.LOCAL_VARIABLES] if collections is None else collections,
                    name=f"hist_{kind}_acc",
                )
                found = boolean_mask(scores, chosen)
                bins = histogram_fixed_width(found, score_range, nbins=nbins, dtype=dtypes.int64)
                totals.append(total)
                updates.append(assign_add(total, bins))
            update_op = group(*updates, name="update_op")
        return area_of_histograms(*totals, name="auc"), update_op


class PrecisionRecallData(NamedTuple):
    """What there is at each threshold: weights of right and wrong answers, precision, recall, the threshold."""

    tp: Any
    fp: Any
    tn: Any
    fn: Any
    precision: Any
    recall: Any
    thresholds: Any


def precision_recall_at_equal_thresholds(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> tuple[PrecisionRecallData, Any]:
    """Counts, precision and recall at even thresholds from 0 to 1 (201 of them, unless told otherwise).

    TF symbol: `tf.contrib.metrics.precision_recall_at_equal_thresholds`. A score counts as yes at and above a threshold
    (rounded down to one). TypeError for labels that are not bool; InvalidArgumentError, when run, for scores outside
    of 0 to 1. Results have the dtype of `predictions`; the update has no value.
    """
    number = 201 if num_thresholds is None else num_thresholds
    labels, predictions = convert_to_tensor(labels), convert_to_tensor(predictions)
    if labels.dtype.base_dtype is not dtypes.bool:
        raise TypeError(f"labels must be of type {dtypes.bool!r}, but '{labels.name}' is {labels.dtype.base_dtype!r}.")
    predictions.shape.assert_is_compatible_with(labels.shape)
    dtype = predictions.dtype.base_dtype
    with variable_scope(name, "precision_recall_at_equal_thresholds", [labels, predictions, weights]):
        flags = reshape(labels, [-1])
        scores = scores_in_range(reshape(predictions, [-1]))
        if weights is None:
            amounts = ones_like(cast(scores, dtypes.float64))
        else:
            amounts = reshape(broadcast_weights(cast(weights, dtypes.float64), predictions), [-1])
        buckets = cast(scores * (number - 1), dtypes.int32)
        found, updates = [], []
        with name_scope("variables"):
            totals = [metric_variable([number], dtypes.float64, name=f"{kind}_buckets") for kind in ("tp", "fp")]
        for total, chosen in zip(totals, (flags, logical_not(flags)), strict=True):
            counts = unsorted_segment_sum(amounts * cast(chosen, dtypes.float64), buckets, number)
            updates.append(assign_add(total, counts, use_locking=use_locking))
            found.append(cumsum(total.value(), reverse=True))
        tp, fp = found
        positives, negatives = reduce_sum(totals[0]), reduce_sum(totals[1])
        precision = truediv(tp, maximum(_TINY, tp + fp))
        recall = truediv(tp, maximum(_TINY, positives))
        thresholds = linspace(0.0, 1.0, number)
        parts = (tp, fp, negatives - fp, positives - tp, precision, recall, thresholds)
        return PrecisionRecallData._make(cast(part, dtype) for part in parts), group(*updates)


_TINY = 1e-7

__all__ = [
    "PrecisionRecallData",
    "auc_using_histogram",
    "precision_recall_at_equal_thresholds",
    "streaming_dynamic_auc",
]
