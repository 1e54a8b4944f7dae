"""One step of a beam search: scores, the best continuations, and the state in the order of the new beams.

    log p(beam, token) = log p(beam) + log softmax(logits)[token]
    score = log p / ((5 + length) / 6) ** alpha + beta * sum_i log(min(sum_t a_ti, 1))

with the length penalty alpha and the coverage penalty beta of Wu et al., Google's Neural Machine Translation System,
https://arxiv.org/abs/1609.08144; a_ti is the attention that step t pays to place i of the source.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from recell.graph import dtypes, nest
from recell.graph.convert import convert_to_tensor
from recell.graph.shapes import TensorShape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor
from recell.ops.array_index import gather
from recell.ops.array_join import stack
from recell.ops.array_make import one_hot, ones_like
from recell.ops.array_make import range_ as range_of
from recell.ops.array_order import top_k
from recell.ops.array_shape import broadcast_to, expand_dims, reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.comparison import equal, logical_not, logical_or, not_equal, where
from recell.ops.math_binary import div, floordiv, floormod, minimum
from recell.ops.math_binary import pow as pow_
from recell.ops.math_cast import cast
from recell.ops.math_unary import log
from recell.ops.nn_activations import log_softmax
from recell.ops.reductions import reduce_mean, reduce_sum
from recell.ops.tensor_array import TensorArray
from recell.seq2seq.attention_wrapper import AttentionWrapperState


class BeamSearchDecoderState(NamedTuple):
    """What a beam search carries from step to step. TF symbol: `tf.contrib.seq2seq.BeamSearchDecoderState`.

    Fields: `cell_state`, tensors `[batch, beam, ...]` nested as the cell's state; `log_probs` `[batch, beam]`, the
    logarithm of each beam's probability; `finished` bool `[batch, beam]`; `lengths` int64 `[batch, beam]`, the end
    token counted; `accumulated_attention_probs` `[batch, beam, places]`, `()` without a coverage penalty.
    """

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any


class BeamSearchDecoderOutput(NamedTuple):
    """What a step of a beam search puts out. TF symbol: `tf.contrib.seq2seq.BeamSearchDecoderOutput`.

    Fields, `[batch, beam]` each, best first: `scores`; `predicted_ids`, the token that each beam takes, int32;
    `parent_ids`, the beam of the step before that it goes on from, int32.
    """

    scores: Any
    predicted_ids: Any
    parent_ids: Any


class FinalBeamSearchDecoderOutput(NamedTuple):
    """What `dynamic_decode` gives for a beam search. TF symbol: `tf.contrib.seq2seq.FinalBeamSearchDecoderOutput`.

    Fields: `predicted_ids` int32 `[batch, time, beam]` (`[time, batch, beam]` if time-major), the tokens of each beam,
    best first, filled up with the end token; `beam_search_decoder_output`, the `BeamSearchDecoderOutput` of all steps.
    """

    predicted_ids: Any
    beam_search_decoder_output: Any


def beam_search_step(
    time: Any,
    logits: Tensor,
    next_cell_state: Any,
    beam_state: BeamSearchDecoderState,
    batch_size: Any,
    beam_width: int,
    end_token: Any,
    length_penalty_weight: Any,
    coverage_penalty_weight: Any,
) -> tuple[BeamSearchDecoderOutput, BeamSearchDecoderState]:
    """Chooses the `beam_width` best of all continuations of all beams; of equal ones those of the first beam and token.

    A finished beam goes on with the end token alone, at no cost and without growing. A beam that takes the end token is
    finished: its length counts it, but not yet in the score by which it is chosen here.

    Args:
      time: not looked at.
      logits: `[batch, beam, vocabulary]`.
      next_cell_state: what the cell gave, tensors `[batch, beam, ...]`; scalars and tensor arrays belong to no beam.
      beam_state: of the step before.
      batch_size: an int or an int32 scalar; beam_width: an int.
      end_token: an int or an int32 scalar.
      length_penalty_weight, coverage_penalty_weight: alpha and beta.

    Returns:
      The step's output, and the state with everything in the order of the new beams.

    Raises:
      ValueError: a coverage penalty without an attention in the state.
    """
    batch = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
    alive = logical_not(beam_state.finished)
    steps = mask_probs(log_softmax(logits), end_token, beam_state.finished)
    totals = expand_dims(beam_state.log_probs, 2) + steps
    vocabulary = logits.shape[-1].value or shape_of(logits)[-1]
    grows = cast(not_equal(range_of(vocabulary), end_token), dtypes.int64)
    lengths = expand_dims(beam_state.lengths, 2) + expand_dims(cast(alive, dtypes.int64), 2) * grows
    coverage = _coverage(next_cell_state, beam_state, alive, coverage_penalty_weight)
    scores = get_scores(totals, lengths, length_penalty_weight, coverage_penalty_weight, beam_state.finished, coverage)
    best = top_k(reshape(scores, [batch_size, -1]), beam_width)
    best.values.set_shape([batch, beam_width])
    best.indices.set_shape([batch, beam_width])
    tokens = floormod(best.indices, vocabulary, name="next_beam_word_ids")
    parents = floordiv(best.indices, vocabulary, name="next_beam_parent_ids")
    were_finished = gather(beam_state.finished, parents, batch_dims=1)
    state = BeamSearchDecoderState(
        cell_state=nest.map_structure(lambda t: _of_parents(t, parents), next_cell_state),
        log_probs=gather(reshape(totals, [batch_size, -1]), best.indices, batch_dims=1, name="next_beam_probs"),
        finished=logical_or(were_finished, equal(tokens, end_token), name="next_beam_finished"),
        lengths=gather(beam_state.lengths, parents, batch_dims=1) + cast(logical_not(were_finished), dtypes.int64),
        accumulated_attention_probs=() if coverage is None else _of_parents(coverage, parents),
    )
    return BeamSearchDecoderOutput(scores=best.values, predicted_ids=tokens, parent_ids=parents), state


def _of_parents(value: Any, parents: Tensor) -> Any:
    """`[batch, beam, ...]` in the order of the new beams; what has no beams as it is."""
    if isinstance(value, TensorArray):
        return value
    check_rank_known(value)
    if value.shape.ndims < 2:
        return value
    ordered = gather(value, parents, batch_dims=1)
    ordered.set_shape(TensorShape([parents.shape[0].value, *value.shape.as_list()[1:]]))
    return ordered


def check_rank_known(t: Any) -> None:
    """ValueError for a tensor whose rank is not known."""
    if t.shape.ndims is None:
        raise ValueError(f"Expected tensor ({t}) to have known rank, but ndims == None.")


def mask_probs(probs: Any, eos_token: Any, finished: Any) -> Tensor:
    """`probs` `[batch, beam, vocabulary]`; of finished ones 0 at the end token, elsewhere the dtype's lowest number."""
    dims = shape_of(probs)
    on, off = (convert_to_tensor(value, probs.dtype.base_dtype) for value in (0.0, probs.dtype.min))
    only_end = one_hot(eos_token, dims[2], on_value=on, off_value=off)
    return where(broadcast_to(expand_dims(finished, 2), dims), broadcast_to(only_end, dims), probs)


def length_penalty(sequence_lengths: Any, penalty_factor: Any) -> Any:
    """`((5 + length) / 6) ** penalty_factor`, float32; 1.0 for a factor that is known to be 0.

    ValueError for a factor that is no scalar.
    """
    factor = convert_to_tensor(penalty_factor, name="penalty_factor")
    if factor.shape.ndims not in (None, 0):
        raise ValueError(
            f"Shapes must be equal rank, but are {factor.shape.ndims} and 0: length_penalty_weight must be a scalar."
        )
    if constant_value(factor) == 0:
        return 1.0
    return div(pow_(5.0 + cast(sequence_lengths, dtypes.float32), factor), pow_(convert_to_tensor(6.0), factor))


def get_scores(
    log_probs: Tensor,
    sequence_lengths: Any,
    length_penalty_weight: Any,
    coverage_penalty_weight: Any,
    finished: Any,
    accumulated_attention_probs: Any,
) -> Any:
    """The scores of all continuations, `[batch, beam, vocabulary]`, of `log_probs` and lengths of that shape.

    Only beams that were `finished` before, `[batch, beam]`, pay the coverage penalty. A place without any attention
    counts as covered, as padding does.

    Raises:
      ValueError: a coverage penalty that is no scalar, or one without `accumulated_attention_probs`
        `[batch, beam, places]`.
    """
    penalty = length_penalty(sequence_lengths, length_penalty_weight)
    if isinstance(penalty, Tensor):
        penalty = cast(penalty, log_probs.dtype)
    scores = div(log_probs, penalty)
    weight = convert_to_tensor(coverage_penalty_weight, name="coverage_penalty_weight")
    if weight.shape.ndims != 0:
        raise ValueError(f"coverage_penalty_weight should be a scalar, but saw shape: {weight.shape}")
    if _is_zero(coverage_penalty_weight):
        return scores
    if accumulated_attention_probs is None:
        raise ValueError("accumulated_attention_probs can be None only if coverage penalty is disabled.")
    probs = accumulated_attention_probs
    probs = where(equal(probs, 0.0), ones_like(probs), probs)
    coverage = reduce_sum(log(minimum(probs, 1.0)), 2) * cast(finished, probs.dtype)
    return scores + expand_dims(coverage * cast(weight, probs.dtype), 2)


def _is_zero(weight: Any) -> bool:
    """Whether the penalty is off: a tensor never turns it off, whatever its value."""
    return not isinstance(weight, Tensor) and weight == 0.0


def _coverage(
    next_cell_state: Any, beam_state: BeamSearchDecoderState, alive: Tensor, coverage_penalty_weight: Any
) -> Any:
    """The attention paid up to now, `[batch, beam, places]`; finished beams pay none. None without a penalty."""
    probs = get_attention_probs(next_cell_state, coverage_penalty_weight)
    if probs is None:
        return None
    return beam_state.accumulated_attention_probs + probs * expand_dims(cast(alive, probs.dtype), 2)


def get_attention_probs(next_cell_state: Any, coverage_penalty_weight: Any) -> Any:
    """The attention in a cell's state, `[batch, beam, places]`; of several cells the mean. None without a penalty.

    ValueError for a penalty where neither the state nor one of its parts is an `AttentionWrapperState`.
    """
    if _is_zero(coverage_penalty_weight):
        return None
    if isinstance(next_cell_state, AttentionWrapperState):
        found = [attention_probs_of(next_cell_state)]
    elif isinstance(next_cell_state, tuple):
        found = [attention_probs_of(state) for state in next_cell_state if isinstance(state, AttentionWrapperState)]
    else:
        found = []
    if not found:
        raise ValueError("coverage_penalty_weight must be 0.0 if no cell is attentional.")
    return _mean(found)


def attention_probs_of(attention_state: AttentionWrapperState) -> Any:
    """The alignments `[batch, beam, places]` of a state; of several attention mechanisms their mean."""
    alignments = attention_state.alignments
    return _mean(list(alignments)) if isinstance(alignments, tuple) else alignments


def _mean(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else reduce_mean(stack(tensors, -1), -1)


__all__ = [
    "BeamSearchDecoderOutput",
    "BeamSearchDecoderState",
    "FinalBeamSearchDecoderOutput",
    "attention_probs_of",
    "beam_search_step",
    "check_rank_known",
    "get_attention_probs",
    "get_scores",
    "length_penalty",
    "mask_probs",
]
