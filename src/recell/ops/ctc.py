"""Connectionist temporal classification (Graves et al. 2006). Symbol: tf.nn.ctc_loss."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops._kernels import invalid
from recell.ops.array_shape import transpose
from recell.ops.op import FLOATS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_IMPOSSIBLE = -1e30  # a logarithm of zero that leaves gradients finite


def _loss_shape(i: Inference) -> TensorShape:
    inputs, lengths = i.shape("inputs").tuple, i.shape("sequence_length").tuple
    if inputs is not None and len(inputs) != 3:
        raise i.mismatch(f"Shape must be rank 3 but is rank {len(inputs)}")
    if lengths is not None and len(lengths) != 1:
        raise i.mismatch(f"Shape must be rank 1 but is rank {len(lengths)}")
    batch, count = None if inputs is None else inputs[1], None if lengths is None else lengths[0]
    if batch is not None and count is not None and batch != count:
        raise i.mismatch(f"Dimensions must be equal, but are {batch} and {count}")
    return TensorShape([count if batch is None else batch])


def _rows(indices: Tensor, values: Tensor, batch: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(batch)]
    for row, value in zip(indices[:, 0].tolist(), values.tolist(), strict=True):
        if row >= batch:
            raise invalid(f"label batch number {row} is not below the batch size {batch}")
        rows[row].append(value)
    return rows


def _cleaned(rows: list[list[int]], classes: int, collapse: bool) -> list[list[int]]:
    """Labels up to the first one that is no class; runs of equal labels as one, if `collapse`."""
    cleaned = []
    for number, row in enumerate(rows):
        if not row:
            raise invalid(f"Labels length is zero in batch {number}")
        kept: list[int] = []
        ended = False
        for label in row:
            if label < 0:
                raise invalid(f"All labels must be nonnegative integers, batch: {number} labels: {row}")
            if label >= classes - 1:
                ended = True
            elif ended:
                raise invalid(
                    f"Saw a non-null label (index >= num_classes - 1) following a null label, batch: {number} "
                    f"num_classes: {classes} labels: {row}"
                )
            elif not (collapse and kept and kept[-1] == label):
                kept.append(label)
        cleaned.append(kept)
    return cleaned


def frames_needed(labels: list[int], merge: bool) -> int:
    """The least number of frames that labels fit in: with `merge` equal neighbours need a blank between them."""
    repeats = sum(a == b for a, b in itertools.pairwise(labels)) if merge else 0
    return len(labels) + repeats


@op(
    "CTCLoss",
    shape=_loss_shape,
    T=FLOATS,
    types={"labels_indices": dtypes.int64, "labels_values": dtypes.int32, "sequence_length": dtypes.int32},
)
def _ctc_loss(
    inputs: Tensor,
    labels_indices: Tensor,
    labels_values: Tensor,
    sequence_length: Tensor,
    preprocess_collapse_repeated: bool,
    ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> Tensor:
    steps, batch, classes = inputs.shape
    lengths = sequence_length.tolist()
    for number, length in enumerate(lengths):
        if length > steps:
            raise invalid(f"sequence_length({number}) <= {steps}")
    rows = _cleaned(_rows(labels_indices, labels_values, batch), classes, preprocess_collapse_repeated)
    dropped = [len(row) > length for row, length in zip(rows, lengths, strict=True)]
    for number, is_dropped in enumerate(dropped):
        if is_dropped and not ignore_longer_outputs_than_inputs:
            raise invalid(
                f"Not enough time for target transition sequence (required: {len(rows[number])}, available: "
                f"{lengths[number]}){number}You can turn this error into a warning by using the flag "
                "ignore_longer_outputs_than_inputs"
            )
    needs = [frames_needed(row, ctc_merge_repeated) for row in rows]
    impossible = [need > length for need, length in zip(needs, lengths, strict=True)]
    logp = torch.log_softmax(inputs, -1)
    losses = _merged(logp, rows, lengths, classes - 1) if ctc_merge_repeated else _unmerged(logp, rows, lengths)
    nulls = [number for number, row in enumerate(rows) if not row and lengths[number] > 1]
    if nulls:
        losses = losses + _of_null_labels(inputs, logp, nulls, lengths)
    if any(impossible):
        losses = torch.where(torch.tensor(impossible), _without_path(inputs, lengths), losses)
    return torch.where(torch.tensor(dropped), torch.zeros_like(losses), losses) if any(dropped) else losses


def _without_path(inputs: Tensor, lengths: list[int]) -> Tensor:
    """Infinite losses whose gradient is the softmax, as TF1's is where no path gives the labels."""
    frames = torch.arange(inputs.shape[0])[:, None] < torch.tensor(lengths)
    mass = (torch.logsumexp(inputs, -1) * frames).sum(0)
    return mass - mass.detach() + float("inf")


def _of_null_labels(inputs: Tensor, logp: Tensor, nulls: list[int], lengths: list[int]) -> Tensor:
    """What TF1's loss of a row whose labels are all null differs by from the loss of nothing but blanks.

    Its recursion backwards starts one entry before the only one there is, which is the same entry of the frame before:
    as if the blank of the last frame, of probability p, were optional. Its gradient is softmax minus occupation
    all the same, and the last blank's occupation is then p / (1 + p).
    """
    row, last = torch.tensor(nulls), torch.tensor([lengths[number] - 1 for number in nulls])
    blank, score = logp[last, row, -1].detach(), inputs[last, row, -1]
    more = blank - torch.log1p(blank.exp()) + (score - score.detach()) / (1 + blank.exp())
    return inputs.new_zeros(inputs.shape[1]).index_put((row,), more)


def _merged(logp: Tensor, rows: list[list[int]], lengths: list[int], blank: int) -> Tensor:
    """The usual rule, where a label may stay for several frames: torch's own kernel."""
    targets = torch.tensor([label for row in rows for label in row], dtype=torch.long)
    return torch.nn.functional.ctc_loss(
        logp,
        targets,
        torch.tensor(lengths),
        torch.tensor([len(row) for row in rows]),
        blank=blank,
        reduction="none",
        zero_infinity=True,
    )


def _unmerged(logp: Tensor, rows: list[list[int]], lengths: list[int]) -> Tensor:
    """The rule in which every label takes one frame."""
    alpha = path_scores(logp, rows, lengths, logp.shape[-1] - 1, merge=False)
    nothing = alpha.new_full((len(rows), 1), _IMPOSSIBLE)
    last = torch.tensor([2 * len(row) for row in rows])[:, None]
    on_label = torch.where(last > 0, alpha.gather(1, (last - 1).clamp(min=0)), nothing)
    return -torch.logsumexp(torch.cat([alpha.gather(1, last), on_label], 1), 1)


def path_scores(logp: Tensor, rows: list[list[int]], lengths: list[int], blank: int, merge: bool) -> Tensor:
    """How likely it is to stand at each place of blank, label, blank, label, ... after a row's last frame.

    Logarithms of sums over paths, one frame after the other. With `merge` a label may stay for several frames, and
    equal neighbours need a blank between them. `[batch, 2 * longest + 1]` for `logp` `[time, batch, classes]`.
    """
    steps, batch, _ = logp.shape
    width = 2 * max((len(row) for row in rows), default=0) + 1
    states = np.full((batch, width), blank)
    for number, row in enumerate(rows):
        states[number, 1 : 2 * len(row) : 2] = row
    path = torch.from_numpy(states)
    is_blank = torch.arange(width) % 2 == 0
    stays = is_blank | merge
    before = torch.cat([torch.full((batch, min(2, width)), blank), path[:, :-2]], 1)
    skips = ~is_blank & ((before != path) | (not merge))
    emitted = logp.gather(2, path.expand(steps, batch, width))
    nothing = emitted.new_full((batch, 1), _IMPOSSIBLE)
    start = torch.arange(width) < 2
    alpha = torch.where(start, emitted[0], nothing) if steps else nothing.expand(batch, width)
    ends = torch.tensor(lengths)
    for frame in range(1, steps):
        one_back = torch.cat([nothing, alpha[:, :-1]], 1)
        two_back = torch.cat([nothing, nothing, alpha[:, :-2]], 1)[:, :width]
        ways = torch.stack([torch.where(stays, alpha, nothing), one_back, torch.where(skips, two_back, nothing)])
        following = torch.logsumexp(ways, 0) + emitted[frame]
        alpha = torch.where((frame < ends)[:, None], following, alpha)
    return alpha


def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Any:
    """The negative log probability of label sequences, summed over alignments; the last class is the blank.

    Args:
        labels: a SparseTensor of int32, `[batch, longest]`.
        inputs: logits `[time, batch, classes]`, or `[batch, time, classes]` unless `time_major`.
        sequence_length: int32 `[batch]`.
        preprocess_collapse_repeated: runs of equal labels are one before anything else.
        ctc_merge_repeated: a label may stay for several frames; otherwise each takes exactly one.
        ignore_longer_outputs_than_inputs: more labels than frames give a loss of 0 and no error.

    Returns:
        `[batch]`; infinite where no alignment exists.

    Raises:
        TypeError: labels that are no SparseTensor.
        InvalidArgumentError: while running, for a row without labels, with more labels than frames, or longer than the
            inputs.

    TF symbol: `tf.nn.ctc_loss`.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    inputs = convert_to_tensor(inputs if logits is None else logits, name="inputs")
    if not time_major:
        inputs = time_first(inputs)
    return _ctc_loss(
        inputs,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated,
        ctc_merge_repeated,
        ignore_longer_outputs_than_inputs,
        name="CTCLoss",
    )


def time_first(inputs: Any) -> Any:
    """`[batch, time, ...]` as `[time, batch, ...]`, for ranks of 3."""
    return transpose(inputs, [1, 0, 2])


__all__ = ["ctc_loss", "frames_needed", "path_scores", "time_first"]
