"""Convolutional LSTM cells of one, two and three dimensions: Shi et al., https://arxiv.org/abs/1506.04214."""

from __future__ import annotations

from typing import Any

from recell.graph.convert import convert_to_tensor
from recell.graph.shapes import TensorShape
from recell.graph.variable_scope import get_variable
from recell.ops.array_join import concat, split
from recell.ops.conv import convolve
from recell.ops.initializers import Zeros
from recell.ops.math_unary import sigmoid, tanh
from recell.rnn.arguments import keeps_arguments
from recell.rnn.cell import RNNCell
from recell.rnn.state import LSTMStateTuple
from recell.rnn.warn import warn_no_effect


class ConvLSTMCell(RNNCell):
    """Long short-term memory whose products are convolutions over images. TF symbol: `tf.contrib.rnn.ConvLSTMCell`.

        i, j, f, o = conv([x, h], W) + b
        c' = sigmoid(f + forget_bias) * c + sigmoid(i) * tanh(j)
        h' = sigmoid(o) * tanh(c')

    The convolution pads with zeros and keeps the images' size. Peepholes, which the paper has, are not there.

    Variables: `conv_lstm_cell/kernel` W `kernel_shape + [in + channels, 4 * channels]`, output channels i, j, f, o;
    `conv_lstm_cell/biases` b `[4 * channels]`, zeros at first. Keras's `ConvLSTM2D` orders i, f, j, o, has a
    kernel each for x and h, and squashes the gates with a hard sigmoid; torch and cuDNN have none.

    Args:
      conv_ndims: 1, 2 or 3 axes of space.
      input_shape: `[..., in]`, of inputs without the batch; of use only for the sizes of the state.
      output_channels: channels of c and h.
      kernel_shape: sizes of the window, one an axis of space.
      use_bias: whether there is b.
      skip_connection: appends x to h', in the output and in the new state. `state_size` still says what h is without
        it, as TF's does, so that a state of zeros serves one step only: feed a wider h to run several.
      forget_bias: added to the forget gate while running, never stored.
      initializers: has no effect, as in TensorFlow 1.15. The variables start as their scope's initializer says.
      name: of the scope.

    Call: inputs `[batch, ..., in]`, state `LSTMStateTuple(c, h)`, both `[batch, ..., channels]` -> output h' and
    `LSTMStateTuple(c', h')`. ValueError for an `input_shape` of another rank, inputs and h of different ranks or with
    more axes of space than 3; TypeError where their channels are not known.

    Example:
      >>> import recell.v1 as tf
      >>> cell = tf.contrib.rnn.Conv2DLSTMCell(input_shape=[8, 6, 3], output_channels=2, kernel_shape=[3, 3])
      >>> frames = tf.placeholder(tf.float32, [None, 10, 8, 6, 3])  # [batch, time, height, width, channels]
      >>> outputs, state = tf.nn.dynamic_rnn(cell, frames, dtype=tf.float32)
      >>> outputs.shape.as_list(), state.c.shape.as_list()
      ([None, 10, 8, 6, 2], [None, 8, 6, 2])
    """

    @keeps_arguments
    def __init__(
        self,
        conv_ndims: int,
        input_shape: Any,
        output_channels: int,
        kernel_shape: Any,
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str | None = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        if initializers is not None:
            warn_no_effect(self, "initializers")

    @property
    def state_size(self) -> LSTMStateTuple:
        size = self._sized(self._output_channels)
        return LSTMStateTuple(size, size)

    @property
    def output_size(self) -> TensorShape:
        appended = self._input_shape[-1] if self._skip_connection else 0
        return self._sized(self._output_channels + appended)

    def _sized(self, channels: int) -> TensorShape:
        return TensorShape([*self._input_shape[:-1], channels])

    def call(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        c, h = state
        x, h = convert_to_tensor(inputs), convert_to_tensor(h)
        gates = self._convolved(x, h)
        i, j, f, o = split(gates, 4, axis=self._conv_ndims + 1)
        c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * tanh(j)
        output = tanh(c) * sigmoid(o)
        if self._skip_connection:
            output = concat([output, x], -1)
        return output, LSTMStateTuple(c, output)

    def _convolved(self, x: Any, h: Any) -> Any:
        shapes = [x.shape.as_list(), h.shape.as_list()]
        if len(shapes[0]) not in (3, 4, 5):
            raise ValueError(f"Conv Linear expects 3D, 4D or 5D arguments: {shapes}")
        if len(shapes[0]) != len(shapes[1]):
            raise ValueError(f"Conv Linear expects all args to be of same Dimension: {shapes}")
        if None in (shapes[0][-1], shapes[1][-1]):
            raise TypeError(f"The channels of inputs and state must be known, but their shapes are {shapes}")
        dtype, count, out = x.dtype.base_dtype, len(shapes[0]) - 2, 4 * self._output_channels
        channels = shapes[0][-1] + shapes[1][-1]
        kernel = get_variable("kernel", [*self._kernel_shape, channels, out], dtype=dtype)
        gates = convolve(count, concat([x, h], -1), kernel, 1, "SAME", None, 1, "conv")
        return gates + get_variable("biases", [out], dtype=dtype, initializer=Zeros()) if self._use_bias else gates


class _Dimensional(ConvLSTMCell):
    """A cell whose number of axes of space is not an argument."""

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: value for key, value in config.items() if key not in ("conv_ndims", "dtype", "trainable")}


class Conv1DLSTMCell(_Dimensional):
    """`ConvLSTMCell` over sequences: inputs `[batch, width, in]`. TF symbol: `tf.contrib.rnn.Conv1DLSTMCell`.

    Args:
      name: of the scope; others are those of `ConvLSTMCell` but `conv_ndims`.
    """

    def __init__(self, name: str | None = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(_Dimensional):
    """`ConvLSTMCell` over images: inputs `[batch, height, width, in]`. TF symbol: `tf.contrib.rnn.Conv2DLSTMCell`.

    Args:
      name: of the scope; others are those of `ConvLSTMCell` but `conv_ndims`.
    """

    def __init__(self, name: str | None = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(_Dimensional):
    """`ConvLSTMCell` over volumes: inputs `[batch, depth, height, width, in]`.

    TF symbol: `tf.contrib.rnn.Conv3DLSTMCell`.

    Args:
      name: of the scope; others are those of `ConvLSTMCell` but `conv_ndims`.
    """

    def __init__(self, name: str | None = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)


__all__ = ["Conv1DLSTMCell", "Conv2DLSTMCell", "Conv3DLSTMCell", "ConvLSTMCell"]
