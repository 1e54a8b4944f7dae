"""Connectionist temporal classification with labels as a matrix and any class as the blank: tf.nn.ctc_loss_v2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops._kernels import invalid
from recell.ops.array_join import concat
from recell.ops.ctc import ctc_loss, frames_needed, path_scores, time_first
from recell.ops.math_cast import cast
from recell.ops.op import FLOATS, INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_NEVER = -math.log(1e-307)  # what TF1 takes for the logarithm of an impossible end


def _shape(i: Inference) -> TensorShape:
    logits, labels = i.shape("logits").tuple, i.shape("labels").tuple
    batch = None if logits is None else logits[1]
    rows = None if labels is None else labels[0]
    if batch is not None and rows is not None and batch != rows:
        raise i.mismatch(f"Dimensions must be equal, but are {batch} and {rows}")
    return TensorShape([rows if batch is None else batch])


@op(
    "CTCLossDense",
    shape=_shape,
    T=FLOATS,
    types={
        "labels": INDEX,
        "label_length": INDEX,
        "logit_length": INDEX,
        "unique_labels": INDEX,
        "unique_indices": INDEX,
    },
)
def _ctc_loss_dense(
    logits: Tensor,
    labels: Tensor,
    label_length: Tensor,
    logit_length: Tensor,
    unique_labels: Tensor | None,
    unique_indices: Tensor | None,
    blank_index: int,
) -> Tensor:
    steps, _, classes = logits.shape
    blank = blank_index % classes
    frames = logit_length.long().clamp(max=steps)
    logp = torch.log_softmax(logits, -1)
    if unique_labels is not None and unique_indices is not None:
        return _with_unique(logits, labels.long(), label_length.long(), frames, unique_labels, unique_indices, blank)
    losses, _ = _losses(logp, labels.long(), label_length.long(), frames, blank)
    # TF1's gradient past the end of a row is the softmax, and not 0.
    past = torch.arange(steps)[:, None] >= frames
    mass = (torch.logsumexp(logits, -1) * past).sum(0)
    return losses + (mass - mass.detach())


def _losses(logp: Tensor, labels: Tensor, label_length: Tensor, frames: Tensor, blank: int) -> tuple[Tensor, Tensor]:
    """The losses, and how many frames each row has more than it needs."""
    sizes = label_length.clamp(max=labels.shape[1])
    rows = [row[:size] for row, size in zip(labels.tolist(), sizes.tolist(), strict=True)]
    for number, row in enumerate(rows):
        if any(not 0 <= label < logp.shape[2] for label in row):
            raise invalid(f"labels of row {number} are no classes, of which there are {logp.shape[2]}: {row}")
    losses = torch.nn.functional.ctc_loss(
        logp, labels, frames, sizes, blank=blank, reduction="none", zero_infinity=True
    )
    spare = frames - torch.tensor([frames_needed(row, True) for row in rows], dtype=torch.int64)
    impossible = (spare < 0) | (label_length > labels.shape[1])
    if not bool(impossible.any()):
        return losses, spare
    ends = torch.logsumexp(path_scores(logp, rows, frames.tolist(), blank, merge=True), 1)
    never = _NEVER - torch.where(frames > 0, ends, torch.zeros_like(ends))
    return torch.where(impossible, never, losses), spare


def _with_unique(
    logits: Tensor,
    labels: Tensor,
    label_length: Tensor,
    frames: Tensor,
    unique_labels: Tensor,
    unique_indices: Tensor,
    blank: int,
) -> Tensor:
    """The same losses with TF1's gradient: softmax minus occupation, but of labels put elsewhere, and not all of it.

    TF1 moves the blank to the front before it computes, which makes label c < blank into c + 1. `unique`, made before
    that, still says c, so that the occupation of c counts for c - 1, and that of 0 for none. Where a row has no frame
    to spare labels are certain, and the logarithm of their occupation is 0: which TF1 takes for "no such label".
    """
    with torch.enable_grad():
        logp = torch.log_softmax(logits.detach(), -1).requires_grad_()
        losses, spare = _losses(logp, labels, label_length, frames, blank)
        (slopes,) = torch.autograd.grad(losses.sum(), logp)
    within = (torch.arange(logits.shape[0])[:, None] < frames).unsqueeze(-1)
    probability = logp.detach().exp()
    occupation = torch.where(within, probability - slopes, slopes.new_zeros(()))
    batch, classes = logits.shape[1], logits.shape[2]
    said = unique_labels.gather(
        1, unique_indices.long()
    ).long()  # of each label, in the order that begins with the blank
    places = torch.where(said <= blank, said - 1, said)
    counts = (torch.arange(labels.shape[1]) < label_length[:, None]) & (said > 0)
    moves = logits.new_zeros(batch, classes, classes)
    row = torch.arange(batch)[:, None].expand_as(labels)
    moves[row[counts], labels[counts], places[counts]] = 1
    moves[spare == 0] = 0
    moves[:, blank, blank] = 1
    gradient = probability - torch.einsum("tbc,bcd->tbd", occupation, moves)
    weighed = (logits * gradient).sum((0, 2))
    return losses.detach() + (weighed - weighed.detach())


def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Any:
    """The loss for labels as a dense matrix, and a blank of one's choice. TF symbol: `tf.nn.ctc_loss_v2`.

    Args:
        labels: integers `[batch, longest]` with `label_length`, or a SparseTensor (then `blank_index` must be given).
        logits: `[time, batch, classes]`, or `[batch, time, classes]` unless `logits_time_major`.
        label_length, logit_length: integers `[batch]`.
        unique: `ctc_unique_labels(labels)`, with which TensorFlow computes faster. The losses are the same. The
            gradient is TensorFlow's, which with `unique` is another one, and not the losses' derivative: for a blank
            that is not class 0, and for rows that have no frame to spare.
        blank_index: the class that is the blank, 0 unless given; negative ones count from the end.

    Returns:
        `[batch]`; some 707 where no alignment exists. The gradient past the end of a row is the softmax, as
        TensorFlow's is, and not 0.
    """
    dense = not isinstance(labels, SparseTensor)
    with name_scope(name, "ctc_loss_dense" if dense else "ctc_loss", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        if not logits_time_major:
            logits = time_first(logits)
        if dense:
            known = (None, None) if unique is None else tuple(unique)
            blank = 0 if blank_index is None else blank_index
            return _ctc_loss_dense(logits, labels, label_length, logit_length, *known, blank)
        if blank_index is None:
            raise ValueError("blank_index must be given when using SparseTensor labels.")
        labels, logits = _blank_last(labels, logits, blank_index)
        return ctc_loss(labels, logits, logit_length)


def _blank_last(labels: SparseTensor, logits: Any, blank_index: int) -> tuple[SparseTensor, Any]:
    """Labels and logits of classes in the order in which the blank is the last one."""
    classes: int = logits.shape.as_list()[-1]
    if blank_index < 0:
        blank_index += classes
    if blank_index == classes - 1:
        return labels, logits
    end = blank_index + 1
    logits = concat([logits[:, :, :blank_index], logits[:, :, end:], logits[:, :, blank_index:end]], 2)
    values: Any = labels.values
    moved = values - cast(values > blank_index, dtypes.int32)
    return SparseTensor(labels.indices, moved, labels.dense_shape), logits


__all__ = ["ctc_loss_v2"]
