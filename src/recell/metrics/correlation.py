"""Running covariance and correlation. TF symbols: `tf.contrib.metrics.streaming_covariance`, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies
from recell.graph.registry import Inference
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, metric_variable
from recell.ops import rules
from recell.ops.array_make import ones_like
from recell.ops.math_binary import multiply, truediv
from recell.ops.math_cast import cast
from recell.ops.math_unary import sqrt
from recell.ops.op import op
from recell.ops.state import assign
from recell.ops.weights_broadcast import broadcast_weights

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_STATE = ("count", "mean_prediction", "mean_label", "comoment")


def _four_scalars(i: Inference) -> list[Any]:
    return [()] * 4


@op("MergeMoments", shape=_four_scalars, dtype=[dtypes.float32] * 4, differentiable=False)
def _merge_moments(
    count: Tensor,
    mean_prediction: Tensor,
    mean_label: Tensor,
    comoment: Tensor,
    predictions: Tensor,
    labels: Tensor,
    weights: Tensor,
) -> Any:
    """Count, means and comoment with a batch taken in (Chan, Golub, LeVeque 1979)."""
    batch = weights.sum()
    together = count + batch
    if float(batch) == 0:
        return [part.clone() for part in (count, mean_prediction, mean_label, comoment)]
    batch_prediction, batch_label = (weights * predictions).sum() / batch, (weights * labels).sum() / batch
    within = ((predictions - batch_prediction) * (labels - batch_label) * weights).sum()
    apart_prediction, apart_label = batch_prediction - mean_prediction, batch_label - mean_label
    between = apart_prediction * apart_label * (count * batch / together)
    return [
        together,
        mean_prediction + apart_prediction * batch / together,
        mean_label + apart_label * batch / together,
        comoment + within + between,
    ]


@op("Covariance", shape=rules.scalar, differentiable=False)
def _covariance(count: Tensor, comoment: Tensor) -> Tensor:
    """The unbiased covariance; NaN for a count below 2."""
    return torch.where(count < 2, torch.nan, comoment / (count - 1))


def streaming_covariance(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The unbiased covariance of all predictions and labels so far.

    TF symbol: `tf.contrib.metrics.streaming_covariance`. A float32 scalar, NaN for fewer than two values, in the
    variables `count`, `mean_prediction`, `mean_label` and `comoment`. A value of weight w counts as w values.
    """
    with variable_scope(name, "covariance", [predictions, labels, weights]):
        predictions = cast(convert_to_tensor(predictions), dtypes.float32)
        labels = cast(convert_to_tensor(labels), dtypes.float32)
        predictions.shape.assert_is_compatible_with(labels.shape)
        state = [metric_variable([], dtypes.float32, name=part) for part in _STATE]
        if weights is None:
            weights = ones_like(predictions)
        else:
            weights = broadcast_weights(cast(weights, dtypes.float32), labels)
        merged = _merge_moments(*state, predictions, labels, weights)
        updates = [assign(variable, new) for variable, new in zip(state, merged, strict=True)]
        value = _covariance(state[0], state[3], name="covariance")
        # The means have no part in the value, but the update must set them.
        with control_dependencies(updates):
            update_op = _covariance(updates[0], updates[3], name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def streaming_pearson_correlation(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """Pearson's correlation of all predictions and labels so far.

    A float32 scalar, NaN where one of them is constant. TF symbol: `tf.contrib.metrics.streaming_pearson_correlation`.
    """
    with variable_scope(name, "pearson_r", [predictions, labels, weights]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        predictions.shape.assert_is_compatible_with(labels.shape)
        both, new_both = streaming_covariance(predictions, labels, weights, name="covariance")
        first, new_first = streaming_covariance(predictions, predictions, weights, name="variance_predictions")
        second, new_second = streaming_covariance(labels, labels, weights, name="variance_labels")
        value = truediv(both, multiply(sqrt(first), sqrt(second)), name="pearson_r")
        update_op = truediv(new_both, multiply(sqrt(new_first), sqrt(new_second)), name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


__all__ = ["streaming_covariance", "streaming_pearson_correlation"]
