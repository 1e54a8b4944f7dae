"""`BeamSearchDecoder`: keeps the best `beam_width` sequences of each row at every step."""

from __future__ import annotations

import logging
from typing import Any

from recell.graph import dtypes, nest
from recell.graph.convert import convert_to_tensor
from recell.graph.core import control_dependencies, name_scope
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.static import constant_value
from recell.graph.tensor import Tensor
from recell.ops.array_join import concat
from recell.ops.array_make import one_hot, zeros
from recell.ops.array_pad import tile
from recell.ops.array_shape import expand_dims, reshape
from recell.ops.array_shape import shape as shape_of
from recell.ops.array_shape import size as size_of
from recell.ops.branches import cond
from recell.ops.embedding import embedding_lookup
from recell.ops.layer import Layer
from recell.ops.math_cast import cast
from recell.ops.reductions import reduce_all, reduce_max
from recell.ops.tensor_array import TensorArray
from recell.rnn.cell import assert_like_rnncell
from recell.seq2seq.beam_search import (
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    FinalBeamSearchDecoderOutput,
    beam_search_step,
    check_rank_known,
    get_attention_probs,
)
from recell.seq2seq.decoder import Decoder
from recell.seq2seq.gather_tree import (
    check_batch_beam,
    check_static_batch_beam,
    gather_tree,
    gather_tree_from_array,
)


class BeamSearchDecoder(Decoder):
    """Decodes by beam search. TF symbol: `tf.contrib.seq2seq.BeamSearchDecoder`.

        at each step, for each row, of all continuations of its beams by one token:
            log p = log p of the beam + log softmax(output_layer(cell output))[token]
            score = log p / ((5 + length) / 6) ** length_penalty_weight + coverage penalty
            the beam_width best become the new beams; their cells' states go with them

    A beam that has taken `end_token` is finished and stays as it is; decoding ends when all beams are. Of equal scores
    the first beam's, and of these the first token's, counts as better. At first all beams are the start token, and only
    the first has a chance. Hugging Face's `generate` sets finished beams aside instead, and fills their places.

    Variables: those of the cell and of the output layer, made at the first step.

    The cell sees `batch * beam_width` rows: give `initial_state`, and with attention its memory and lengths, tiled by
    `tf.contrib.seq2seq.tile_batch`. With an `AttentionWrapper`, its initial state is
    `cell.zero_state(batch * beam_width, dtype).clone(cell_state=tile_batch(encoder_state, beam_width))`.

    Args:
      cell: an `RNNCell`.
      embedding: a matrix `[vocabulary, depth]`, or a function from ids `[batch, beam]` to the cell's inputs
        `[batch, beam, depth]`.
      start_tokens: int32 `[batch]`.
      end_token: int32 scalar.
      initial_state: tensors `[batch * beam_width, ...]`, nested as `cell.state_size`.
      beam_width: an int.
      output_layer: a layer that makes logits `[batch, beam, vocabulary]` of the cell's outputs, such as
        `tf.layers.Dense`; None if they are logits already.
      length_penalty_weight: 0 for none. Positive weights favour long sequences.
      coverage_penalty_weight: 0 for none. Finished beams pay for places of the source that got little attention.
      reorder_tensor_arrays: whether arrays in the last state, such as an `AttentionWrapper`'s alignment history, are
        given back as tensors `[time, ...]` with the steps of each beam together. As in TensorFlow that is done only
        where the elements' shape may hold `[batch, beam, ...]`: not if the batch size is known and the elements, of
        known size, are `[batch * beam_width, size]`. Such an array stays as it is, and a warning says so.

    Raises:
      TypeError: `cell` is no cell, `output_layer` no layer.
      ValueError: `start_tokens` is no vector, `end_token` no scalar, or the state's shapes do not fit the beams.

    `dynamic_decode` gives a `FinalBeamSearchDecoderOutput`, a `BeamSearchDecoderState`, and lengths int32
    `[batch, beam]`.

    Example: the embedding of a token holds the logits of the next, and the cell hands them on.
      >>> import recell.v1 as tf
      >>> class Table(tf.nn.rnn_cell.RNNCell):
      ...     state_size = output_size = 3
      ...     def call(self, inputs, state):
      ...         return inputs, state
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     table = tf.log([[1.0, 0.0, 0.0], [0.4, 0.0, 0.6], [0.5, 0.3, 0.2]])
      ...     decoder = tf.contrib.seq2seq.BeamSearchDecoder(Table(), table, [1], 0, tf.zeros([2, 3]), 2)
      ...     outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
      ...     ids, probs = session.run([outputs.predicted_ids, tf.exp(state.log_probs)])
      ...     print(ids[0].T, probs[0].round(2))  # 2 is the likelier at first, 0 in the end
      [[0 0]
       [2 0]] [0.4 0.3]

    Papers: Graves, Sequence Transduction with Recurrent Neural Networks, https://arxiv.org/abs/1211.3711; the
    penalties: Wu et al., Google's Neural Machine Translation System, https://arxiv.org/abs/1609.08144.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: Any = 0.0,
        coverage_penalty_weight: Any = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        assert_like_rnncell("cell", cell)
        if output_layer is not None and not isinstance(output_layer, Layer):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._output_layer = output_layer
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._beam_width = beam_width
        self._embedding_fn = embedding if callable(embedding) else lambda ids: embedding_lookup(embedding, ids)
        tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        if tokens.shape.ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        if self._end_token.shape.ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size = size_of(tokens)
        self._initial_cell_state = nest.map_structure(self._split_state, initial_state, cell.state_size)
        self._start_tokens = tile(expand_dims(tokens, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self) -> Any:
        """The number of rows, without the beams, an int32 scalar."""
        return self._batch_size

    @property
    def output_size(self) -> BeamSearchDecoderOutput:
        return BeamSearchDecoderOutput(*[TensorShape([self._beam_width])] * 3)

    @property
    def output_dtype(self) -> BeamSearchDecoderOutput:
        return BeamSearchDecoderOutput(scores=self._dtype, predicted_ids=dtypes.int32, parent_ids=dtypes.int32)

    @property
    def tracks_own_finished(self) -> bool:
        """True: beams change their places, so a place that was finished may not be."""
        return True

    @property
    def _dtype(self) -> Any:
        return nest.flatten(self._initial_cell_state)[0].dtype.base_dtype

    def initialize(self, name: str | None = None) -> tuple[Any, Any, BeamSearchDecoderState]:
        """`(finished, inputs, state)` of the first step: only the first beam of each row is alive."""
        first = zeros([self._batch_size], dtypes.int32)
        width = self._beam_width
        certain, impossible = (convert_to_tensor(value, self._dtype) for value in (0.0, -float("inf")))
        finished = one_hot(first, width, on_value=False, off_value=True, dtype=dtypes.bool)
        covered = get_attention_probs(self._initial_cell_state, self._coverage_penalty_weight)
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=one_hot(first, width, on_value=certain, off_value=impossible),
            finished=finished,
            lengths=zeros([self._batch_size, width], dtypes.int64),
            accumulated_attention_probs=() if covered is None else covered,
        )
        return finished, self._start_inputs, state

    def step(
        self, time: Any, inputs: Any, state: BeamSearchDecoderState, name: str | None = None
    ) -> tuple[BeamSearchDecoderOutput, BeamSearchDecoderState, Any, Any]:
        """One step: `(outputs, next_state, next_inputs, finished)`.

        Args:
          time: int32 scalar.
          inputs: tensors `[batch, beam, ...]`.
          state: of the step before.
        """
        sizes = self._cell.state_size
        with name_scope(name, "BeamSearchDecoderStep", [time, *nest.flatten(inputs)]):
            inputs = nest.map_structure(lambda t: self._merge(t, t.shape[2:]), inputs)
            cell_state = nest.map_structure(self._merge_state, state.cell_state, sizes)
            outputs, cell_state = self._cell(inputs, cell_state)
            outputs = nest.map_structure(lambda t: self._split(t, t.shape[1:]), outputs)
            cell_state = nest.map_structure(self._split_state, cell_state, sizes)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            output, next_state = beam_search_step(
                time=time,
                logits=outputs,
                next_cell_state=cell_state,
                beam_state=state,
                batch_size=self._batch_size,
                beam_width=self._beam_width,
                end_token=self._end_token,
                length_penalty_weight=self._length_penalty_weight,
                coverage_penalty_weight=self._coverage_penalty_weight,
            )
            next_inputs = cond(
                reduce_all(next_state.finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(output.predicted_ids),
            )
        return output, next_state, next_inputs, next_state.finished

    def finalize(
        self, outputs: BeamSearchDecoderOutput, final_state: BeamSearchDecoderState, sequence_lengths: Any
    ) -> tuple[FinalBeamSearchDecoderOutput, BeamSearchDecoderState]:
        """Follows the beams back through their parents.

        Args:
          outputs: of all steps, `[time, batch, beam]`.
          final_state: the last; its `lengths` are the beams'.
          sequence_lengths: not looked at: they are those of the beams' places.
        """
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        if self._reorder_tensor_arrays:
            sort = lambda leaf: self._sorted(leaf, outputs.parent_ids, final_state.lengths)  # noqa: E731
            final_state = final_state._replace(cell_state=nest.map_structure(sort, final_state.cell_state))
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    # -- rows and beams: [batch * beam, ...] for the cell, [batch, beam, ...] for everything else ---------------------

    @property
    def _static_batch_size(self) -> int | None:
        known = constant_value(self._batch_size)
        return None if known is None else int(known)

    def _split_state(self, t: Any, size: Any) -> Any:
        """A leaf of the cell's state, of `size`, split; what has no rows as it is."""
        if isinstance(t, TensorArray):
            return t
        t = convert_to_tensor(t)
        check_rank_known(t)
        return self._split(t, size) if t.shape.ndims else t

    def _merge_state(self, t: Any, size: Any) -> Any:
        if isinstance(t, TensorArray):
            return t
        check_rank_known(t)
        return self._merge(t, size) if t.shape.ndims >= 2 else t

    def _split(self, t: Tensor, size: Any) -> Tensor:
        """`[batch * beam, ...]` -> `[batch, beam, ...]`. ValueError for a row that is not of `size`."""
        leading = [self._static_batch_size, self._beam_width]
        dims = concat([[self._batch_size, self._beam_width], shape_of(t)[1:]], 0)
        parted = reshape(t, dims)
        parted.set_shape(TensorShape(leading).concatenate(t.shape[1:]))
        expected = TensorShape(leading).concatenate(_shape_of_size(size))
        if not parted.shape.is_compatible_with(expected):
            raise ValueError(
                "Unexpected behavior when reshaping between beam width and batch size.  The reshaped tensor has shape: "
                f"{parted.shape}.  We expected it to have shape (batch_size, beam_width, depth) == {expected}.  "
                "Perhaps you forgot to create a zero_state with batch_size=encoder_batch_size * beam_width?"
            )
        parted.set_shape(expected)
        return parted

    def _merge(self, t: Any, size: Any) -> Tensor:
        """`[batch, beam, ...]` -> `[batch * beam, ...]`."""
        rows, t = self._static_batch_size, convert_to_tensor(t)
        merged = reshape(t, concat([[self._batch_size * self._beam_width], shape_of(t)[2:]], 0))
        merged.set_shape(
            TensorShape([None if rows is None else rows * self._beam_width]).concatenate(_shape_of_size(size))
        )
        return merged

    def _sorted(self, leaf: Any, parent_ids: Tensor, lengths: Tensor) -> Any:
        """A tensor array of the last state as a tensor with the steps of each beam together, if it holds beams."""
        if not isinstance(leaf, TensorArray):
            return leaf
        shape = leaf.element_shape
        if not shape.ndims:
            logging.getLogger("tensorflow").warning(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam search result. For "
                "a TensorArray to be sorted, its elements shape must be defined and have at least a rank of 1, but "
                "saw shape: %s",
                leaf.handle.name,
                shape,
            )
            return leaf
        if not check_static_batch_beam(shape, self._static_batch_size, self._beam_width):
            return leaf
        stacked = leaf.stack()
        with control_dependencies([check_batch_beam(stacked, self._batch_size, self._beam_width)]):
            return gather_tree_from_array(stacked, parent_ids, lengths)


def _shape_of_size(size: Any) -> TensorShape:
    """What `state_size` says of a row. A size that is a tensor, as of unknown memory's places, may not be known."""
    if isinstance(size, Tensor):
        known = constant_value(size)
        return TensorShape(None) if known is None else as_shape(known.tolist())
    return as_shape(size)


__all__ = ["BeamSearchDecoder"]
