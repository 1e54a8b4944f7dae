"""cuDNN networks whose weights the program keeps itself: the classes of `tensorflow.contrib.cudnn_rnn` before 1.4.

TF module: `tensorflow.contrib.cudnn_rnn.python.ops.cudnn_rnn_ops`. Since 1.4 `tf.contrib.cudnn_rnn.CudnnLSTM` is a
layer, `recell.rnn.cudnn_layers`, which makes one of these where its arguments are those of the older class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.graph import dtypes
from recell.rnn.cudnn_opaque import (
    cudnn_rnn_canonical_to_opaque_params,
    cudnn_rnn_opaque_params_size,
    cudnn_rnn_opaque_params_to_canonical,
)
from recell.rnn.cudnn_ops import run_network
from recell.rnn.cudnn_params import (
    CUDNN_GRU,
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_LSTM,
    CUDNN_RNN_RELU,
    CUDNN_RNN_TANH,
    CUDNN_RNN_UNIDIRECTION,
)


class CudnnNetwork:
    """What the four classes share.

    Args:
      num_layers, num_units, input_size: of the network.
      input_mode: "linear_input", or "skip_input" to add an input of size `num_units` to the gates as it is;
        "auto_select" skips wherever the sizes allow it.
      direction: "unidirectional" or "bidirectional".
      dtype: float16, float32 or float64.
      dropout: the probability of dropping an output between two layers while training.
      seed: of the dropout.
      num_proj: size of an LSTM's projection.
    """

    _rnn_mode: str

    def __init__(
        self,
        num_layers: Any,
        num_units: Any,
        input_size: Any,
        input_mode: str = CUDNN_INPUT_LINEAR_MODE,
        direction: str = CUDNN_RNN_UNIDIRECTION,
        dtype: Any = dtypes.float32,
        dropout: float = 0.0,
        seed: int | None = 0,
        num_proj: int | None = None,
    ) -> None:
        self._num_layers = num_layers
        self._num_units = num_units
        self._input_size = input_size
        self._input_mode = input_mode
        self._direction = direction
        self._dtype = dtype
        self._dropout = dropout
        self._seed = seed
        self._num_proj = num_proj

    @property
    def input_mode(self) -> str:
        return self._input_mode

    @property
    def input_size(self) -> Any:
        return self._input_size

    @property
    def num_units(self) -> Any:
        return self._num_units

    @property
    def num_layers(self) -> Any:
        return self._num_layers

    @property
    def rnn_mode(self) -> str:
        return self._rnn_mode

    @property
    def direction(self) -> str:
        return self._direction

    @property
    def num_proj(self) -> int | None:
        return self._num_proj

    def params_size(self) -> Any:
        """The number of weights, an int32 scalar: the size of the vector that the program keeps."""
        return cudnn_rnn_opaque_params_size(self._rnn_mode, *self._sizes, dtype=self._dtype, **self._form)

    def params_to_canonical(self, params: Any) -> tuple[list[Any], list[Any]]:
        """The matrices and biases in a vector: see `recell.rnn.cudnn_params`."""
        return cudnn_rnn_opaque_params_to_canonical(self._rnn_mode, *self._sizes, params, **self._form)

    def canonical_to_params(self, weights: Sequence[Any], biases: Sequence[Any]) -> Any:
        """The vector of matrices and biases."""
        return cudnn_rnn_canonical_to_opaque_params(self._rnn_mode, *self._sizes, weights, biases, **self._form)

    @property
    def _sizes(self) -> tuple[Any, Any, Any]:
        return self._num_layers, self._num_units, self._input_size

    @property
    def _form(self) -> dict[str, Any]:
        return {"input_mode": self._input_mode, "direction": self._direction, "num_proj": self._num_proj}

    def _run(self, inputs: Any, h: Any, c: Any, params: Any, lengths: Any, time_major: bool, training: Any) -> Any:
        if isinstance(lengths, bool):
            lengths, training = None, lengths  # before 1.13 there were no lengths, and is_training came here
        options = lengths, time_major, self._input_mode, self._direction, self._dropout, self._seed, self._num_proj
        return tuple(run_network(self._rnn_mode, inputs, h, c, params, training, *options))


class CudnnLSTM(CudnnNetwork):
    """cuDNN's LSTM on weights of the program's. The maths and their order: `recell.kernels.cudnn_rnn`.

    TF symbol: `tensorflow.contrib.cudnn_rnn.python.ops.cudnn_rnn_ops.CudnnLSTM`, before 1.4
    `tf.contrib.cudnn_rnn.CudnnLSTM`. Args: see `CudnnNetwork`.

    Call: inputs `[time, batch, input_size]`, h and c `[layers * directions, batch, num_units]` and the weights ->
    outputs `[time, batch, directions * num_units]`, h, c. Without `time_major` batches come first in all of them.
    `sequence_lengths` are int32 `[batch]`; `is_training=False` turns the dropout off.

    Example:
      >>> import recell.v1 as tf
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     lstm = tf.contrib.cudnn_rnn.CudnnLSTM(num_layers=1, num_units=2, input_size=3)
      ...     weights = tf.Variable(tf.zeros([lstm.params_size()]), validate_shape=False)
      ...     state = tf.ones([1, 1, 2])
      ...     outputs, h, c = lstm(tf.ones([4, 1, 3]), state, state, weights, is_training=False)
      ...     session.run(tf.global_variables_initializer())
      ...     print(session.run(c), session.run(lstm.params_size()))  # every gate is sigmoid(0)
      [[[0.0625 0.0625]]] 56
    """

    _rnn_mode = CUDNN_LSTM

    def __call__(
        self,
        input_data: Any,
        input_h: Any,
        input_c: Any,
        params: Any,
        sequence_lengths: Any = None,
        time_major: bool = True,
        is_training: bool = True,
    ) -> tuple[Any, Any, Any]:
        return self._run(input_data, input_h, input_c, params, sequence_lengths, time_major, is_training)


class CudnnNetworkNoInputC(CudnnNetwork):
    """What those without memories share."""

    def __init__(
        self,
        num_layers: Any,
        num_units: Any,
        input_size: Any,
        input_mode: str = CUDNN_INPUT_LINEAR_MODE,
        direction: str = CUDNN_RNN_UNIDIRECTION,
        dtype: Any = dtypes.float32,
        dropout: float = 0.0,
        seed: int | None = 0,
    ) -> None:
        super().__init__(num_layers, num_units, input_size, input_mode, direction, dtype, dropout, seed)

    def __call__(
        self,
        input_data: Any,
        input_h: Any,
        params: Any,
        sequence_lengths: Any = None,
        time_major: bool = True,
        is_training: bool = True,
    ) -> tuple[Any, Any]:
        return self._run(input_data, input_h, None, params, sequence_lengths, time_major, is_training)


class CudnnGRU(CudnnNetworkNoInputC):
    """cuDNN's GRU on weights of the program's: as `CudnnLSTM`, with h only. Args: see `CudnnNetwork`."""

    _rnn_mode = CUDNN_GRU


class CudnnRNNTanh(CudnnNetworkNoInputC):
    """cuDNN's tanh network on weights of the program's: as `CudnnLSTM`, with h only. Args: see `CudnnNetwork`."""

    _rnn_mode = CUDNN_RNN_TANH


class CudnnRNNRelu(CudnnNetworkNoInputC):
    """cuDNN's relu network on weights of the program's: as `CudnnLSTM`, with h only. Args: see `CudnnNetwork`."""

    _rnn_mode = CUDNN_RNN_RELU


__all__ = ["CudnnGRU", "CudnnLSTM", "CudnnNetwork", "CudnnNetworkNoInputC", "CudnnRNNRelu", "CudnnRNNTanh"]
