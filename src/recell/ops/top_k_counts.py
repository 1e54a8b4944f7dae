"""Labels and the classes predicted for them, compared row by row as sets: hits, wrong guesses, misses, precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops import rules
from recell.ops._differences import difference
from recell.ops._kernels import invalid, sizes
from recell.ops.array_make import ones_like
from recell.ops.op import op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_INT64 = dtypes.int64


def _row_shapes(i: Inference) -> list[TensorShape]:
    outer = i.value_as_shape("dense_shape")
    shape = TensorShape(None) if outer.ndims is None else outer[:-1].concatenate(TensorShape([None]))
    return [shape, shape]


@op("SparseRows", shape=_row_shapes, T=frozenset({_INT64}), dtype=[_INT64, dtypes.bool], differentiable=False)
def _sparse_rows(indices: Tensor, values: Tensor, dense_shape: Tensor) -> Any:
    """The values of each row side by side, and which of these places are filled."""
    outer = sizes(dense_shape)[:-1]
    rows = torch.zeros(len(values), dtype=torch.int64)
    for axis, size in enumerate(outer):
        rows = rows * size + indices[:, axis]
    count = torch.Size(outer).numel()
    lengths = torch.bincount(rows, minlength=count)
    order = torch.argsort(rows, stable=True)
    starts = lengths.cumsum(0) - lengths
    within = torch.empty_like(rows)
    within[order] = torch.arange(len(rows)) - starts[rows[order]]
    width = int(lengths.max()) if count and len(rows) else 0
    found = torch.zeros((count, width), dtype=torch.int64)
    there = torch.zeros((count, width), dtype=torch.bool)
    found[rows, within], there[rows, within] = values, True
    return found.reshape(*outer, width), there.reshape(*outer, width)


def as_rows(labels: Any) -> tuple[Any, Any]:
    """Labels `[..., n]`, dense or sparse, as a dense tensor and one that says which of its places are filled."""
    if isinstance(labels, SparseTensor):
        values, there = _sparse_rows(labels.indices, labels.values, labels.dense_shape)
        return values, there
    return labels, ones_like(labels, dtype=dtypes.bool)


def _firsts(values: Tensor, there: Tensor) -> Tensor:
    """Where a filled place holds a value for the first time in its row."""
    same = (values[..., :, None] == values[..., None, :]) & there[..., None, :]
    return there & ~same.tril(-1).any(-1)


def _met(predictions: Tensor, labels: Tensor, there: Tensor) -> Tensor:
    """Whether each prediction is among the labels of its row."""
    return ((predictions[..., :, None] == labels[..., None, :]) & there[..., None, :]).any(-1)


def _outer_shape(i: Inference) -> TensorShape:
    shape, labels = i.shape("predictions"), i.shape("labels")
    if shape.ndims is not None and shape.ndims < 2:
        raise i.mismatch(f"Shape must be at least rank 2 but is rank {shape.ndims}")
    if shape.ndims is None or labels.ndims is None:
        return TensorShape(None)
    if not shape[:-1].is_compatible_with(labels[:-1]):
        raise i.mismatch(difference(shape[:-1], labels[:-1]))
    # Left unknown, so that weights are compared with it in the run, as in TF1.
    return TensorShape(None)


def _check_rows(predictions: Tensor, labels: Tensor) -> None:
    a, b = list(predictions.shape[:-1]), list(labels.shape[:-1])
    if a != b:
        raise invalid(f"Mismatched shapes {a} vs {b}: every row of predictions needs its labels.")


@op("AddLastAxis", shape=rules.unknown, T=frozenset({_INT64}), view=True, differentiable=False)
def add_last_axis(labels: Tensor, predictions: Tensor) -> Tensor:
    """The labels with one axis more where they have one less than the predictions."""
    return labels[..., None] if labels.ndim == predictions.ndim - 1 else labels


@op(
    "TopKCounts",
    shape=lambda i: [_outer_shape(i)] * 3,
    types={"there": dtypes.bool},
    T=frozenset({_INT64}),
    dtype=[dtypes.float64] * 3,
    differentiable=False,
)
def top_k_counts(labels: Tensor, predictions: Tensor, there: Tensor, class_id: int | None = None) -> Any:
    """For each row the numbers of true positives, false positives and false negatives, each class counted once.

    With `class_id` only that class counts.
    """
    _check_rows(predictions, labels)
    guessed = _firsts(predictions, torch.ones_like(predictions, dtype=torch.bool))
    wanted = _firsts(labels, there)
    if class_id is not None:
        guessed, wanted = guessed & (predictions == class_id), wanted & (labels == class_id)
    hits = (guessed & _met(predictions, labels, there)).sum(-1)
    return [count.double() for count in (hits, guessed.sum(-1) - hits, wanted.sum(-1) - hits)]


@op(
    "AveragePrecision",
    shape=_outer_shape,
    types={"there": dtypes.bool},
    T=frozenset({_INT64}),
    dtype=dtypes.float64,
    differentiable=False,
)
def average_precision(
    labels: Tensor, predictions: Tensor, there: Tensor, num_classes: Tensor | None, distinct: bool
) -> Tensor:
    """For each row the mean, over its labels (k at most), of the precision at the place where each is predicted.

    `distinct` counts equal labels of a row once; otherwise labels that are no classes do not count. NaN for a row
    without labels.
    """
    _check_rows(predictions, labels)
    met = _met(predictions, labels, there)
    k = predictions.shape[-1]
    precision = met.cumsum(-1).double() / torch.arange(1, k + 1)
    if distinct:
        wanted = _firsts(labels, there)
    else:
        wanted = labels >= 0
        if num_classes is not None:
            wanted = wanted & (labels < num_classes)
    return (precision * met).sum(-1) / wanted.sum(-1).clamp(max=k)


__all__ = ["add_last_axis", "as_rows", "average_precision", "top_k_counts"]
