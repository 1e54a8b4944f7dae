"""Linear-chain conditional random fields (Lafferty et al. 2001). TF symbols: `tf.contrib.crf.*`.

Shapes: `inputs` `[batch, time, tags]` are unary scores, `transition_params` `[tags, tags]` scores of going from the
row's tag to the column's, `tag_indices` `[batch, time]`, `sequence_lengths` `[batch]`. Rows of length 0 score 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.variable_scope import get_variable
from recell.ops.op import BOOL, FLOATS, INDEX, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _per_row(i: Inference) -> TensorShape:
    rows = i.shape("sequence_lengths").tuple
    return TensorShape([None if rows is None else rows[0]])


def _within(lengths: Tensor, steps: int) -> Tensor:
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


@op("CrfLogNorm", shape=_per_row, T=FLOATS, types={"sequence_lengths": INDEX})
def _log_norm(inputs: Tensor, transition_params: Tensor, sequence_lengths: Tensor) -> Tensor:
    alpha = inputs[:, 0]
    for step in range(1, inputs.shape[1]):
        following = inputs[:, step] + torch.logsumexp(alpha.unsqueeze(2) + transition_params, 1)
        alpha = torch.where((sequence_lengths > step).unsqueeze(1), following, alpha)
    norm = torch.logsumexp(alpha, 1)
    return torch.where(sequence_lengths > 0, norm, torch.zeros_like(norm))


@op(
    "CrfUnaryScore",
    shape=_per_row,
    T=FLOATS,
    types={"tag_indices": INDEX, "sequence_lengths": INDEX},
)
def _unary(inputs: Tensor, tag_indices: Tensor, sequence_lengths: Tensor) -> Tensor:
    picked = inputs.gather(2, tag_indices.long().unsqueeze(2)).squeeze(2)
    return (picked * _within(sequence_lengths, inputs.shape[1])).sum(1)


@op(
    "CrfBinaryScore",
    shape=_per_row,
    T=FLOATS,
    types={"tag_indices": INDEX, "sequence_lengths": INDEX},
)
def _binary(transition_params: Tensor, tag_indices: Tensor, sequence_lengths: Tensor) -> Tensor:
    tags = tag_indices.long()
    picked = transition_params[tags[:, :-1], tags[:, 1:]]
    return (picked * _within(sequence_lengths, tags.shape[1])[:, 1:]).sum(1)


@op("CrfExcludeTags", shape=lambda i: i.shape("inputs"), T=FLOATS, types={"tag_bitmap": BOOL})
def _excluding(inputs: Tensor, tag_bitmap: Tensor) -> Tensor:
    return inputs.masked_fill(~tag_bitmap, float("-inf"))


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The logarithm of the sum over all tag sequences of the exponential of their scores, `[batch]`.

    TF symbol: `tf.contrib.crf.crf_log_norm`.
    """
    return _log_norm(inputs, transition_params, sequence_lengths)


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Any:
    """The sum of the unary scores of the given tags, `[batch]`. TF symbol: `tf.contrib.crf.crf_unary_score`."""
    return _unary(inputs, tag_indices, sequence_lengths)


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The sum of the scores of the given tags' transitions, `[batch]`. TF symbol: `tf.contrib.crf.crf_binary_score`."""
    return _binary(transition_params, tag_indices, sequence_lengths)


def crf_sequence_score(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The unnormalised score of the given tags, `[batch]`. TF symbol: `tf.contrib.crf.crf_sequence_score`."""
    unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
    return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)


def crf_multitag_sequence_score(inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The score of all tag sequences that a bitmap `[batch, time, tags]` allows, `[batch]`.

    TF symbol: `tf.contrib.crf.crf_multitag_sequence_score`.
    """
    return crf_log_norm(_excluding(inputs, tag_bitmap), sequence_lengths, transition_params)


def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Any, Any]:
    """The log probability of the given tags, `[batch]`, and the transition scores.

    TF symbol: `tf.contrib.crf.crf_log_likelihood`. Without `transition_params` a variable `transitions` `[tags, tags]`
    is made under the current scope.
    """
    inputs = convert_to_tensor(inputs, name="inputs")
    if transition_params is None:
        tags = inputs.shape.as_list()[2]
        transition_params = get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


# -- the best sequence ----------------------------------------------------------------------------------------------


def _decode_shapes(i: Inference) -> list[TensorShape]:
    shape = i.shape("potentials").tuple or (None, None, None)
    return [TensorShape([shape[0], shape[1]]), TensorShape([shape[0]])]


@op(
    "CrfDecode",
    shape=_decode_shapes,
    T=FLOATS,
    types={"sequence_length": INDEX},
    dtype=lambda i: [dtypes.int32, i.dtype("potentials")],
    differentiable=False,
)
def _decode(potentials: Tensor, transition_params: Tensor, sequence_length: Tensor) -> list[Tensor]:
    batch, steps, _ = potentials.shape
    score = potentials[:, 0]
    pointers = []
    for step in range(1, steps):
        best, pointer = (score.unsqueeze(2) + transition_params).max(1)
        running = (sequence_length > step).unsqueeze(1)
        score = torch.where(running, best + potentials[:, step], score)
        pointers.append(pointer)
    final, tag = score.max(1)
    tags = torch.zeros(batch, steps, dtype=torch.int64)
    last = (sequence_length.long() - 1).clamp(min=0)  # a row without steps is decoded as if it had one
    for step in range(steps - 1, -1, -1):
        tags[:, step] = torch.where(last >= step, tag, torch.zeros_like(tag))
        if step:
            before = pointers[step - 1].gather(1, tag.unsqueeze(1)).squeeze(1)
            tag = torch.where(last >= step, before, tag)
    return [tags.int(), final]


def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> tuple[Any, Any]:
    """The best tags, int32 `[batch, time]`, and their scores `[batch]`. TF symbol: `tf.contrib.crf.crf_decode`."""
    tags, scores = _decode(potentials, transition_params, sequence_length)
    return tags, scores


def viterbi_decode(score: np.ndarray, transition_params: np.ndarray) -> tuple[list[int], Any]:
    """The best tags of one sequence `[time, tags]`, and their score, outside of any graph.

    TF symbol: `tf.contrib.crf.viterbi_decode`. Arguments and results are numpy's and Python's.
    """
    score = np.asarray(score)
    best = np.zeros_like(score)
    pointers = np.zeros(score.shape, np.int32)
    best[0] = score[0]
    for step in range(1, score.shape[0]):
        ways = best[step - 1][:, None] + transition_params
        best[step] = score[step] + ways.max(0)
        pointers[step] = ways.argmax(0)
    tags = [int(best[-1].argmax())]
    for pointer in pointers[:0:-1]:
        tags.append(int(pointer[tags[-1]]))
    return tags[::-1], best[-1].max()


__all__ = [
    "crf_binary_score",
    "crf_decode",
    "crf_log_likelihood",
    "crf_log_norm",
    "crf_multitag_sequence_score",
    "crf_sequence_score",
    "crf_unary_score",
    "viterbi_decode",
]
