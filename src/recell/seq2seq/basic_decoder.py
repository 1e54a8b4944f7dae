"""`BasicDecoder`: a cell, what is done to its outputs, and a helper that gives it its inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

from recell.graph import nest
from recell.graph.core import name_scope
from recell.graph.shapes import TensorShape, as_shape
from recell.graph.tensor import Tensor
from recell.ops.layer import Layer
from recell.rnn.cell import assert_like_rnncell
from recell.rnn.state import size_dims
from recell.seq2seq.decoder import Decoder
from recell.seq2seq.helper import Helper
from recell.seq2seq.teacher_forcing import decode_forced, why_not_forced


class _Output(NamedTuple):
    rnn_output: Any
    sample_id: Any


class BasicDecoderOutput(_Output):
    """What a step of a `BasicDecoder` gives: the cell's (or the output layer's) `rnn_output`, the helper's `sample_id`.

    TF symbol: `tf.contrib.seq2seq.BasicDecoderOutput`.
    """

    __slots__ = ()


class BasicDecoder(Decoder):
    """A cell whose inputs a helper gives. TF symbol: `tf.contrib.seq2seq.BasicDecoder`. A step is

        rnn_output, state = cell(inputs, state)
        rnn_output = output_layer(rnn_output)
        sample_id = helper.sample(time, rnn_output, state)
        finished, inputs, state = helper.next_inputs(time, rnn_output, state, sample_id)

    Args:
      cell: an RNNCell, or anything with its `state_size`, `output_size`, `zero_state` and call.
      helper: a `Helper`.
      initial_state: nested as `cell.state_size`. Its first leaf's dtype is the outputs'.
      output_layer: a `tf.layers.Layer` with `compute_output_shape`, such as `tf.layers.Dense`, for the cell's outputs.

    Raises TypeError for a cell, a helper or a layer that is none.

    Example:
      >>> import recell.v1 as tf
      >>> cell, projection = tf.nn.rnn_cell.GRUCell(4), tf.layers.Dense(3, name="logits")
      >>> helper = tf.contrib.seq2seq.TrainingHelper(tf.zeros([2, 5, 1]), sequence_length=[5, 4])
      >>> decoder = tf.contrib.seq2seq.BasicDecoder(cell, helper, cell.zero_state(2, tf.float32), projection)
      >>> outputs, state, lengths = tf.contrib.seq2seq.dynamic_decode(decoder)
      >>> for tensor in (outputs.rnn_output, outputs.sample_id, state, lengths):
      ...     print(tensor.dtype.name, tensor.shape)
      float32 (2, ?, 3)
      int32 (2, ?)
      float32 (2, 4)
      int32 (2,)
      >>> print([variable.op.name for variable in tf.trainable_variables()][-2:])
      ['decoder/logits/kernel', 'decoder/logits/bias']
    """

    def __init__(self, cell: Any, helper: Helper, initial_state: Any, output_layer: Any = None) -> None:
        assert_like_rnncell("cell", cell)
        if not isinstance(helper, Helper):
            raise TypeError(f"helper must be a Helper, received: {type(helper)}")
        if output_layer is not None and not isinstance(output_layer, Layer):
            raise TypeError(f"output_layer must be a Layer, received: {type(output_layer)}")
        self._cell = cell
        self._helper: Any = helper
        self._initial_state = initial_state
        self._output_layer: Any = output_layer

    @property
    def batch_size(self) -> Any:
        return self._helper.batch_size

    def _rnn_output_size(self) -> Any:
        size = self._cell.output_size
        if self._output_layer is None:
            return size
        return nest.map_structure(self._layer_output_size, size)

    def _layer_output_size(self, size: Any) -> TensorShape:
        shape = as_shape(self._output_layer.compute_output_shape(TensorShape([None, *size_dims(size)])))
        return shape[1:]

    @property
    def output_size(self) -> BasicDecoderOutput:
        """The size of the cell's outputs, or of the output layer's; the helper's `sample_ids_shape`."""
        return BasicDecoderOutput(self._rnn_output_size(), self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> BasicDecoderOutput:
        """The dtype of the initial state's first leaf; the helper's `sample_ids_dtype`."""
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            nest.map_structure(lambda _: dtype, self._rnn_output_size()), self._helper.sample_ids_dtype
        )

    def initialize(self, name: str | None = None) -> tuple[Any, Any, Any]:
        """What the helper gives for the first step, and the initial state."""
        finished, first_inputs = self._helper.initialize()
        return finished, first_inputs, self._initial_state

    def step(
        self, time: Any, inputs: Any, state: Any, name: str | None = None
    ) -> tuple[BasicDecoderOutput, Any, Any, Any]:
        """One step: `(BasicDecoderOutput, next_state, next_inputs, finished)`."""
        with name_scope(name, "BasicDecoderStep", [time, *nest.flatten(inputs), *nest.flatten(state)]):
            output, state = self._outputs(time, inputs, state)
            finished, next_inputs, state = self._helper.next_inputs(
                time=time, outputs=output.rnn_output, state=state, sample_ids=output.sample_id
            )
        return output, state, next_inputs, finished

    def _at_once(self, limit: Tensor | None, impute_finished: bool, swap_memory: bool) -> tuple[Any, Any, Any] | None:
        if type(self) is not BasicDecoder or why_not_forced(self._helper, self._initial_state) is not None:
            return None

        def step(inputs: Any, state: Any) -> tuple[Any, Any]:
            return self._outputs(0, inputs, state)

        return decode_forced(
            step, self._helper, self._initial_state, self.output_size, limit, impute_finished, swap_memory
        )

    def _outputs(self, time: Any, inputs: Any, state: Any) -> tuple[BasicDecoderOutput, Any]:
        """What a step puts out, and the state after it."""
        outputs, state = self._cell(inputs, state)
        if self._output_layer is not None:
            outputs = self._output_layer(outputs)
        return BasicDecoderOutput(outputs, self._helper.sample(time=time, outputs=outputs, state=state)), state


__all__ = ["BasicDecoder", "BasicDecoderOutput"]
