"""Weights of a cuDNN network as the cells of TensorFlow have them, and back.

cuDNN's canonical form is two lists of small matrices and biases: see `recell.rnn.cudnn_params`. TensorFlow's, here
*tf canonical*, is the variables of the cells that compute the same, for each cell of the network in the same order:

    lstm                 kernel [depth + units, 4 * units], bias [4 * units], columns i, j, f, o:
                         `CudnnCompatibleLSTMCell`, and `BasicLSTMCell` with forget_bias=0
    gru                  gates/kernel, candidate/input_projection/kernel, candidate/hidden_projection/kernel and their
                         biases: `CudnnCompatibleGRUCell`
    rnn_tanh, rnn_relu   kernel [depth + units, units], bias [units]: `BasicRNNCell`

all kernels first and then all biases. cuDNN has two biases where TensorFlow has one: each gets half of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recell.ops.array_join import concat, split
from recell.ops.array_shape import transpose
from recell.rnn.cudnn_opaque import (
    cudnn_rnn_canonical_to_opaque_params,
    cudnn_rnn_opaque_params_to_canonical,
    get_num_params,
)
from recell.rnn.cudnn_params import (
    CUDNN_GRU,
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_LSTM,
    CUDNN_RNN_RELU,
    CUDNN_RNN_TANH,
    CUDNN_RNN_UNIDIRECTION,
    PARAMS_PER_LAYER,
    direction_count,
)


class CudnnParamsFormatConverter:
    """What the converters share. TF symbol: `tf.contrib.cudnn_rnn.CudnnParamsFormatConverter*`.

    Args:
      num_layers, num_units, input_size: of the network.
      num_proj: size of an LSTM's projection; None or 0 is no projection.
      input_mode: "linear_input", "skip_input" or "auto_select"; direction: "unidirectional" or "bidirectional".
    """

    _rnn_mode: str
    _per_cell = 1
    """How many kernels, and biases, a cell of TensorFlow has."""

    def __init__(
        self,
        num_layers: int,
        num_units: int,
        input_size: int,
        num_proj: int | None = None,
        input_mode: str = CUDNN_INPUT_LINEAR_MODE,
        direction: str = CUDNN_RNN_UNIDIRECTION,
    ) -> None:
        self._num_layers = num_layers
        self._input_size = input_size
        self._num_units = num_units
        self._input_mode = input_mode
        self._num_proj = num_proj
        self._direction = direction
        self._num_dirs = direction_count(direction)
        self._num_params = get_num_params(self._rnn_mode, num_layers, direction)

    def tf_canonical_to_opaque(self, tf_canonicals: Sequence[Any], weights_proj: Sequence[Any] | None = None) -> Any:
        """The opaque vector of the cells' kernels and biases (one list, kernels first) and of LSTM projections."""
        return self._cu_canonical_to_opaque(*self._tf_canonical_to_cu_canonical(tf_canonicals, weights_proj))

    def opaque_to_tf_canonical(self, opaque_param: Any) -> tuple[list[Any], ...]:
        """The cells' kernels and biases, two lists, and with `num_proj` a third one of projections `[units, out]`."""
        return self._cu_canonical_to_tf_canonical(*self._opaque_to_cu_canonical(opaque_param))

    def _opaque_to_cu_canonical(self, opaque_param: Any) -> tuple[list[Any], list[Any]]:
        return cudnn_rnn_opaque_params_to_canonical(self._rnn_mode, *self._sizes, opaque_param, **self._form)

    def _cu_canonical_to_opaque(self, cu_weights: Sequence[Any], cu_biases: Sequence[Any]) -> Any:
        return cudnn_rnn_canonical_to_opaque_params(self._rnn_mode, *self._sizes, cu_weights, cu_biases, **self._form)

    @property
    def _sizes(self) -> tuple[int, int, int]:
        return self._num_layers, self._num_units, self._input_size

    @property
    def _form(self) -> dict[str, Any]:
        return {"input_mode": self._input_mode, "direction": self._direction, "num_proj": self._num_proj}

    def _tf_canonical_to_cu_canonical(
        self, tf_canonicals: Sequence[Any], weights_proj: Sequence[Any] | None
    ) -> tuple[list[Any], list[Any]]:
        """cuDNN's lists of matrices and biases. ValueError for another number of kernels and biases than there are."""
        cells = self._num_layers * self._num_dirs
        per_cell = self._per_cell
        if len(tf_canonicals) != 2 * per_cell * cells or (self._num_proj and len(weights_proj or ()) != cells):
            raise ValueError(
                f"A network of {cells} cells has {per_cell * cells} kernels, as many biases and, with num_proj, "
                f"{cells} projections, but {len(tf_canonicals)} tensors and {len(weights_proj or ())} projections were "
                "given."
            )
        kernels, biases = tf_canonicals[: per_cell * cells], tf_canonicals[per_cell * cells :]
        cu_weights: list[Any] = []
        cu_biases: list[Any] = []
        for k in range(cells):
            mine = slice(k * per_cell, (k + 1) * per_cell)
            cu_weights += self._to_matrices(k // self._num_dirs, *kernels[mine])
            if self._num_proj and weights_proj is not None:
                cu_weights.append(transpose(weights_proj[k]))
            cu_biases += self._to_halves(*biases[mine])
        return cu_weights, cu_biases

    def _cu_canonical_to_tf_canonical(
        self, cu_weights: Sequence[Any], cu_biases: Sequence[Any]
    ) -> tuple[list[Any], ...]:
        """The cells' kernels, biases and, with `num_proj`, projections."""
        cells = self._num_layers * self._num_dirs
        count = PARAMS_PER_LAYER[self._rnn_mode]
        stride = count + (1 if self._num_proj else 0)
        kernels: list[Any] = []
        biases: list[Any] = []
        for k in range(cells):
            kernels += self._to_kernels(*cu_weights[k * stride : k * stride + count])
            biases += self._to_biases(*cu_biases[k * count : (k + 1) * count])
        if not self._num_proj:
            return kernels, biases
        return kernels, biases, [transpose(cu_weights[k * stride + count]) for k in range(cells)]

    def _depth(self, layer: int) -> int:
        return self._input_size if layer == 0 else (self._num_proj or self._num_units) * self._num_dirs

    def _halves(self, layer: int, kernel: Any) -> list[Any]:
        """The part of a transposed kernel that meets the input, and the one that meets the state."""
        return split(kernel, [self._depth(layer), self._num_proj or self._num_units], axis=1)

    def _to_matrices(self, layer: int, *kernels: Any) -> list[Any]:
        raise NotImplementedError

    def _to_halves(self, *biases: Any) -> list[Any]:
        raise NotImplementedError

    def _to_kernels(self, *matrices: Any) -> list[Any]:
        raise NotImplementedError

    def _to_biases(self, *halves: Any) -> list[Any]:
        raise NotImplementedError


class CudnnParamsFormatConverterLSTM(CudnnParamsFormatConverter):
    """Of LSTM weights. TF symbol: `tf.contrib.cudnn_rnn.CudnnParamsFormatConverterLSTM`.

    Args and methods: see `CudnnParamsFormatConverter`.

    Example:
      >>> import recell.v1 as tf
      >>> converter = tf.contrib.cudnn_rnn.CudnnParamsFormatConverterLSTM(num_layers=1, num_units=1, input_size=1)
      >>> with tf.Graph().as_default(), tf.Session() as session:
      ...     kernel, bias = tf.constant([[1.0, 2, 3, 4], [5, 6, 7, 8]]), tf.constant([20.0, 40, 60, 80])
      ...     print(session.run(converter.tf_canonical_to_opaque([kernel, bias])))  # i, j, f, o becomes i, f, c, o
      [ 1.  3.  2.  4.  5.  7.  6.  8. 10. 30. 20. 40. 10. 30. 20. 40.]
    """

    _rnn_mode = CUDNN_LSTM
    _order: tuple[int, ...] = (0, 2, 1, 3)
    """Where cuDNN's gates i, f, c, o are among TensorFlow's columns i, j, f, o, and the other way round."""

    def _to_matrices(self, layer: int, *kernels: Any) -> list[Any]:
        gates = split(transpose(kernels[0]), len(self._order), axis=0)
        pairs = [self._halves(layer, gates[k]) for k in self._order]
        return [pair[0] for pair in pairs] + [pair[1] for pair in pairs]

    def _to_halves(self, *biases: Any) -> list[Any]:
        gates = split(biases[0], len(self._order), axis=0)
        return [gates[k] * 0.5 for k in self._order] * 2

    def _to_kernels(self, *matrices: Any) -> list[Any]:
        count = len(self._order)
        gates = [concat([matrices[k], matrices[count + k]], 1) for k in self._order]
        return [transpose(concat(gates, 0))]

    def _to_biases(self, *halves: Any) -> list[Any]:
        count = len(self._order)
        return [concat([halves[k] + halves[count + k] for k in self._order], 0)]


class CudnnParamsFormatConverterBasic(CudnnParamsFormatConverterLSTM):
    """Of the weights of networks without gates."""

    _order = (0,)


class CudnnParamsFormatConverterTanh(CudnnParamsFormatConverterBasic):
    """Of a tanh network's weights. TF symbol: `tf.contrib.cudnn_rnn.CudnnParamsFormatConverterTanh`."""

    _rnn_mode = CUDNN_RNN_TANH


class CudnnParamsFormatConverterRelu(CudnnParamsFormatConverterBasic):
    """Of a relu network's weights. TF symbol: `tf.contrib.cudnn_rnn.CudnnParamsFormatConverterRelu`."""

    _rnn_mode = CUDNN_RNN_RELU


class CudnnParamsFormatConverterGRU(CudnnParamsFormatConverter):
    """Of GRU weights, whose candidate has two biases in TensorFlow too.

    TF symbol: `tf.contrib.cudnn_rnn.CudnnParamsFormatConverterGRU`.
    """

    _rnn_mode = CUDNN_GRU
    _per_cell = 3

    def _to_matrices(self, layer: int, *kernels: Any) -> list[Any]:
        gates, candidate_input, candidate_hidden = kernels
        r, u = (self._halves(layer, gate) for gate in split(transpose(gates), 2, axis=0))
        return [r[0], u[0], transpose(candidate_input), r[1], u[1], transpose(candidate_hidden)]

    def _to_halves(self, *biases: Any) -> list[Any]:
        gates, candidate_input, candidate_hidden = biases
        halves = [gate * 0.5 for gate in split(gates, 2, axis=0)]
        return [*halves, candidate_input, *halves, candidate_hidden]

    def _to_kernels(self, *matrices: Any) -> list[Any]:
        w_r, w_u, w_c, r_r, r_u, r_c = matrices
        gates = concat([concat([w_r, r_r], 1), concat([w_u, r_u], 1)], 0)
        return [transpose(gates), transpose(w_c), transpose(r_c)]

    def _to_biases(self, *halves: Any) -> list[Any]:
        w_r, w_u, w_c, r_r, r_u, r_c = halves
        return [concat([w_r + r_r, w_u + r_u], 0), w_c, r_c]


CONVERTERS: dict[str, type[CudnnParamsFormatConverter]] = {
    CUDNN_LSTM: CudnnParamsFormatConverterLSTM,
    CUDNN_GRU: CudnnParamsFormatConverterGRU,
    CUDNN_RNN_TANH: CudnnParamsFormatConverterTanh,
    CUDNN_RNN_RELU: CudnnParamsFormatConverterRelu,
}

__all__ = [
    "CONVERTERS",
    "CudnnParamsFormatConverter",
    "CudnnParamsFormatConverterBasic",
    "CudnnParamsFormatConverterGRU",
    "CudnnParamsFormatConverterLSTM",
    "CudnnParamsFormatConverterRelu",
    "CudnnParamsFormatConverterTanh",
]
