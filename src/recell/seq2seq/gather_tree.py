"""Beams from their steps: `gather_tree` and `gather_tree_from_array` follow each beam back through its parents."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape
from recell.graph.tensor import Operation
from recell.ops._kernels import bracketed, invalid
from recell.ops.array_index import gather
from recell.ops.array_make import range_ as range_of
from recell.ops.array_make import sequence_mask
from recell.ops.array_pad import tile
from recell.ops.array_shape import reshape, transpose
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import equal, logical_and, logical_or, where
from recell.ops.logging_ops import Assert
from recell.ops.math_cast import cast
from recell.ops.op import op
from recell.ops.reductions import reduce_max

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")

_LOG = logging.getLogger("tensorflow")
_ADVICE = "Consider setting reorder_tensor_arrays to False to disable TensorArray reordering during the beam search."


def _tree_shape(i: Inference) -> TensorShape:
    ids, parents, lengths, end = (i.shape(k) for k in range(4))
    for shape, rank in ((ids, 3), (parents, 3), (lengths, 1), (end, 0)):
        if shape.ndims not in (None, rank):
            raise i.mismatch(f"Shape must be rank {rank} but is rank {shape.ndims}")
    wanted = TensorShape([None] * 3)
    for shape in (ids, parents):
        for axis, (a, b) in enumerate(zip(wanted.as_list(), shape.with_rank(3).as_list(), strict=True)):
            if None not in (a, b) and a != b:
                raise i.mismatch(
                    f"Dimension {axis} in both shapes must be equal, but are {a} and {b}. "
                    f"Shapes are {brackets(ids)} and {brackets(parents)}."
                )
        wanted = wanted.merge_with(shape)
    rows, given = wanted[1].value, lengths[0].value if lengths.ndims else None
    if None not in (rows, given) and rows != given:
        raise i.mismatch(f"Dimensions must be equal, but are {rows} and {given}")
    return wanted.merge_with(TensorShape([None, given, None]))


@op(
    "GatherTree",
    shape=_tree_shape,
    types={"max_sequence_lengths": dtypes.int32, "end_token": dtypes.int32},
    T=frozenset({dtypes.int32}),
    differentiable=False,
)
def gather_tree(step_ids: Tensor, parent_ids: Tensor, max_sequence_lengths: Tensor, end_token: Tensor) -> Tensor:
    """The tokens of each beam, found by going from its last step back from parent to parent.

    TF symbol: `tf.contrib.seq2seq.gather_tree`.

        beam[last] = k,  last = min(max_sequence_lengths[batch], time) - 1
        beam[t - 1] = parent_ids[t, batch, beam[t]]
        result[t, batch, k] = step_ids[t, batch, beam[t]]

    and `end_token` after `last`, and after the first `end_token` of a beam.

    Args:
      step_ids: int32 `[time, batch, beam]`, the token that each beam took at each step.
      parent_ids: int32 `[time, batch, beam]`, the beam of the step before that it goes on from; of the first step not
        looked at.
      max_sequence_lengths: int32 `[batch]`, the length of the longest beam; more than `time` counts as `time`.
      end_token: int32 scalar.

    Returns:
      int32 `[time, batch, beam]`.

    Raises:
      ValueError: shapes that do not fit (InvalidArgumentError where only the run tells).
      InvalidArgumentError: while running, a parent that is not in `[0, beam)`.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Session() as session:
      ...     ids, parents = [[[1, 2]], [[3, 4]], [[5, 6]]], [[[0, 0]], [[1, 0]], [[1, 1]]]
      ...     print(session.run(tf.contrib.seq2seq.gather_tree(ids, parents, [3], 9))[:, 0].T)
      [[1 4 5]
       [1 4 6]]
    """
    _check_tree(step_ids, parent_ids, max_sequence_lengths, end_token)
    steps, batch, width = step_ids.shape
    last = max_sequence_lengths.clamp(max=steps).unsqueeze(1) - 1
    beams = torch.arange(width, device=step_ids.device).expand(batch, width)
    found = torch.empty_like(step_ids)
    for step in range(steps - 1, -1, -1):
        inside = last >= step
        found[step] = torch.where(inside, step_ids[step].gather(1, beams), end_token)
        if step:
            parents = torch.where(inside, parent_ids[step].gather(1, beams).long(), beams)
            _check_parents(parents, step)
            beams = parents
    ends = found == end_token
    return torch.where(ends.cumsum(0) > ends.long(), end_token, found)


def _check_tree(ids: Tensor, parents: Tensor, lengths: Tensor, end: Tensor) -> None:
    if ids.ndim != 3:
        raise invalid(f"step_ids must be a 3-tensor, saw shape: {bracketed(ids)}")
    if lengths.ndim != 1:
        raise invalid(f"max_sequence_lengths must be a vector, saw shape: {bracketed(lengths)}")
    if end.ndim:
        raise invalid(f"end_token must be a scalar, saw shape: {bracketed(end)}")
    if ids.shape != parents.shape:
        raise invalid(
            f"step_ids.shape must match parent_ids.shape.  but shapes are: {bracketed(ids)} and {bracketed(parents)}"
        )
    if ids.shape[1] != lengths.shape[0]:
        raise invalid(
            "batch size dimensions step_ids.shape[1] and max_sequence_lengths.shape[0] must match.  but shapes are: "
            f"{bracketed(ids)} and {bracketed(lengths)}"
        )


def _check_parents(parents: Tensor, step: int) -> None:
    wrong = (parents < 0) | (parents >= parents.shape[1])
    if bool(wrong.any()):
        row, beam = wrong.nonzero()[0].tolist()
        raise invalid(
            f"Saw invalid parent id {int(parents[row, beam])} at (batch, time, beam) == ({row}, {step - 1}, {beam})"
        )


def gather_tree_from_array(t: Any, parent_ids: Any, sequence_length: Any) -> Any:
    """What each beam met at each of its steps: `gather_tree` for elements of any kind.

    TF symbol: `tensorflow.contrib.seq2seq.python.ops.beam_search_decoder.gather_tree_from_array`.

    Args:
      t: a tensor `[time, batch * beam, ...]` or `[time, batch, beam, ...]`.
      parent_ids: int32 `[time, batch, beam]`, as for `gather_tree`.
      sequence_length: int `[batch, beam]`, the length of each beam.

    Returns:
      A tensor of the shape of `t`: at each step of beam k what the beam that it then was had there, and from its length
      on what beam k had.
    """
    t, parents = convert_to_tensor(t, name="t"), convert_to_tensor(parent_ids, dtypes.int32, name="parent_ids")
    lengths = convert_to_tensor(sequence_length, name="sequence_length")
    dynamic, static = shape_of(parents), parents.shape.as_list()
    steps, batch, width = (dynamic[k] if size is None else size for k, size in enumerate(static))
    places = tile(reshape(range_of(width), [1, 1, -1]), [steps, batch, 1])
    longest = cast(reduce_max(lengths, axis=1), dtypes.int32)
    # No place is an end token.
    sorted_places = gather_tree(places, parents, longest, width + 1)
    inside = transpose(sequence_mask(lengths, maxlen=steps), [2, 0, 1])
    sorted_places = where(inside, sorted_places, places)
    parted = reshape(t, [steps, batch, width, -1])
    ordered = reshape(gather(parted, sorted_places, batch_dims=2), shape_of(t))
    ordered.set_shape(t.shape)
    return ordered


def check_static_batch_beam(shape: TensorShape, batch_size: int | None, beam_width: int) -> bool:
    """Whether elements of a tensor array, as far as `shape` tells, are known not to hold the beams; logs if they are.

    As in TensorFlow, with a known `batch_size` only elements whose second size is unknown or the beam width pass.
    """
    rows = shape.as_list()[0]
    if batch_size is None or rows is None:
        return True
    second = shape.as_list()[1] if len(shape.as_list()) > 1 else None
    if rows == batch_size * beam_width and (second is None or (rows == batch_size and second == beam_width)):
        return True
    _LOG.warning(
        "TensorArray reordering expects elements to be reshapable to %s which is incompatible with the current shape "
        "%s. %s",
        TensorShape([batch_size, beam_width, None]),
        shape,
        _ADVICE,
    )
    return False


def check_batch_beam(t: Any, batch_size: Any, beam_width: int) -> Operation:
    """Asserts that the elements of a tensor array, stacked, hold beams: `[time, batch * beam or batch, beam, ...]`.

    Returns:
      An operation that raises InvalidArgumentError, when run, if it is neither.
    """
    message = (
        "TensorArray reordering expects elements to be reshapable to [batch_size, beam_size, -1] which is incompatible "
        f"with the dynamic shape of {t.name} elements. {_ADVICE}"
    )
    dims, rank = shape_of(t), t.shape.ndims
    fits = equal(dims[1], batch_size * beam_width)
    if rank != 2:
        fits = logical_or(fits, logical_and(equal(dims[1], batch_size), equal(dims[2], beam_width)))
    return Assert(fits, [message])


__all__ = ["check_batch_beam", "check_static_batch_beam", "gather_tree", "gather_tree_from_array"]
