"""cuDNN's networks as functions, one for each mode.

TF module: `tensorflow.contrib.cudnn_rnn.python.ops.cudnn_rnn_ops`. They share the arguments of
`recell.rnn.cudnn_ops.run_network`, in the orders that TensorFlow gives them.
"""

from __future__ import annotations

from typing import Any

from recell.ops.array_make import zeros
from recell.rnn.cudnn_ops import run_network
from recell.rnn.cudnn_params import (
    CUDNN_GRU,
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_LSTM,
    CUDNN_RNN_RELU,
    CUDNN_RNN_TANH,
    CUDNN_RNN_UNIDIRECTION,
)


def cudnn_lstm(
    inputs: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    is_training: bool,
    sequence_lengths: Any = None,
    time_major: bool = True,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    num_proj: int | None = None,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """cuDNN's LSTM: `(outputs, output_h, output_c)`. See `run_network` for the arguments."""
    options = sequence_lengths, time_major, input_mode, direction, dropout, seed, num_proj, name
    outputs, h, c = run_network(CUDNN_LSTM, inputs, input_h, input_c, params, is_training, *options)
    return outputs, h, c


def cudnn_rnn_no_input_c(
    inputs: Any,
    input_h: Any,
    params: Any,
    is_training: bool,
    rnn_mode: str,
    sequence_lengths: Any = None,
    time_major: bool = True,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    name: str | None = None,
) -> tuple[Any, Any]:
    """A network without memories: `(outputs, output_h)`. See `run_network` for the arguments."""
    options = sequence_lengths, time_major, input_mode, direction, dropout, seed, None, name
    outputs, h = run_network(rnn_mode, inputs, input_h, None, params, is_training, *options)
    return outputs, h


def cudnn_gru(
    inputs: Any,
    input_h: Any,
    params: Any,
    is_training: bool,
    sequence_lengths: Any = None,
    time_major: bool = True,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    name: str | None = None,
) -> tuple[Any, Any]:
    """cuDNN's GRU: `(outputs, output_h)`. See `run_network` for the arguments."""
    options = sequence_lengths, time_major, input_mode, direction, dropout, seed, name
    return cudnn_rnn_no_input_c(inputs, input_h, params, is_training, CUDNN_GRU, *options)


def cudnn_rnn_tanh(
    inputs: Any,
    input_h: Any,
    params: Any,
    is_training: bool,
    sequence_lengths: Any = None,
    time_major: bool = True,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    name: str | None = None,
) -> tuple[Any, Any]:
    """cuDNN's plain network with tanh: `(outputs, output_h)`. See `run_network` for the arguments."""
    options = sequence_lengths, time_major, input_mode, direction, dropout, seed, name
    return cudnn_rnn_no_input_c(inputs, input_h, params, is_training, CUDNN_RNN_TANH, *options)


def cudnn_rnn_relu(
    inputs: Any,
    input_h: Any,
    params: Any,
    is_training: bool,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    sequence_lengths: Any = None,
    time_major: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """cuDNN's plain network with relu: `(outputs, output_h)`. See `run_network` for the arguments."""
    options = sequence_lengths, time_major, input_mode, direction, dropout, seed, name
    return cudnn_rnn_no_input_c(inputs, input_h, params, is_training, CUDNN_RNN_RELU, *options)


def cudnn_rnn(
    inputs: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    is_training: bool,
    rnn_mode: str,
    sequence_lengths: Any = None,
    time_major: bool = True,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    num_proj: int | None = None,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """A network of any mode: `(outputs, output_h, output_c)`; `output_c` is a scalar zero where there is none."""
    options = sequence_lengths, time_major, input_mode, direction, dropout, seed, num_proj, name
    memory = input_c if rnn_mode == CUDNN_LSTM else None
    made = run_network(rnn_mode, inputs, input_h, memory, params, is_training, *options)
    outputs, h, c = made if len(made) == 3 else (*made, zeros([], made[0].dtype))
    return outputs, h, c


__all__ = ["cudnn_gru", "cudnn_lstm", "cudnn_rnn", "cudnn_rnn_no_input_c", "cudnn_rnn_relu", "cudnn_rnn_tanh"]
