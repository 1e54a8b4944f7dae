"""Cohen's kappa. TF symbol: `tf.contrib.metrics.cohen_kappa`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.variable_scope import variable_scope
from recell.metrics.state import Collections, Metric, collected, metric_variable
from recell.ops import rules
from recell.ops.array_shape import squeeze
from recell.ops.linalg_matrix import diag_part
from recell.ops.math_scan import confusion_matrix
from recell.ops.op import op
from recell.ops.reductions import reduce_sum
from recell.ops.state import assign_add

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@op("CohenKappa", shape=rules.scalar, dtype=dtypes.float64, differentiable=False)
def _kappa(agreed: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """How far the agreement exceeds that of chance; 0 where there is nothing to compare."""
    agreed, rows, columns = agreed.double(), rows.double(), columns.double()
    total = rows.sum()
    chance = (rows * columns).sum() / torch.where(total > 0, total, 1)
    excess = total - chance
    return torch.where(excess > 0, (agreed.sum() - chance) / torch.where(excess > 0, excess, 1), 0)


def cohen_kappa(
    labels: Any,
    predictions_idx: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> Metric:
    """The agreement of two raters beyond chance, a float64 scalar. TF symbol: `tf.contrib.metrics.cohen_kappa`.

    Labels, predicted classes and weights are `[batch]` or `[batch, 1]`. Its variables `po`, `pe_row` and `pe_col`
    count, for each class, agreement, predictions and labels, in int64 or in the dtype of the weights.
    InvalidArgumentError, when run, for a class that is negative or not below `num_classes`.
    """
    with variable_scope(name, "cohen_kappa", [labels, predictions_idx, weights]):
        labels, predictions = (_vector(value) for value in (labels, predictions_idx))
        predictions.shape.assert_is_compatible_with(labels.shape)
        if weights is not None:
            weights = _vector(weights)
        dtype = dtypes.int64 if weights is None else weights.dtype.base_dtype
        state = [metric_variable([num_classes], dtype, name=part) for part in ("po", "pe_row", "pe_col")]
        matrix = confusion_matrix(labels, predictions, num_classes, weights=weights, dtype=dtype)
        parts = (diag_part(matrix), reduce_sum(matrix, axis=0), reduce_sum(matrix, axis=1))
        updates = [assign_add(variable, part) for variable, part in zip(state, parts, strict=True)]
        value, update_op = _kappa(*state, name="value"), _kappa(*updates, name="update_op")
        return collected(value, update_op, metrics_collections, updates_collections)


def _vector(value: Any) -> Any:
    value = convert_to_tensor(value)
    return squeeze(value, [-1]) if value.shape.ndims == 2 else value


__all__ = ["cohen_kappa"]
