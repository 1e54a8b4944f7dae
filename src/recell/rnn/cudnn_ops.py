"""The operation that runs a cuDNN network, wherever torch runs; the maths is `recell.kernels.cudnn_rnn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph import dtypes
from recell.graph.core import get_default_graph
from recell.graph.registry import Inference
from recell.graph.seeds import get_seed as pair_of_seeds
from recell.graph.shapes import TensorShape
from recell.ops._kernels import bracketed, invalid
from recell.ops.op import op
from recell.rnn.cudnn_opaque import KINDS, unpacked
from recell.rnn.cudnn_params import (
    CUDNN_INPUT_LINEAR_MODE,
    CUDNN_RNN_UNIDIRECTION,
    Network,
    check_direction,
    check_input_mode,
    check_rnn_mode,
    direction_count,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from recell import kernels
else:
    torch = lazy_module("torch")
    kernels = lazy_module("recell.kernels")


def get_seed(seed: int | None) -> tuple[int, int]:
    """The two seeds of a network's dropout, zeros where neither the graph nor the operation has one."""
    graph = get_default_graph()
    first, second = pair_of_seeds(graph.seed, seed, graph._last_id)
    return first or 0, second or 0


def _output_shapes(i: Inference) -> list[TensorShape]:
    inputs, h = i.shape("inputs").with_rank(3), i.shape("input_h").with_rank(3)
    out = h.tuple[2] if h.tuple is not None else None
    front = (None, None) if inputs.tuple is None else inputs.tuple[:2]
    width = None if out is None else out * direction_count(i["direction"])
    states = [h] if i.tensor("input_c") is None else [h, i.shape("input_c").with_rank(3)]
    return [TensorShape.of((*front, width)), *states]


@op(
    "CudnnRNN",
    shape=_output_shapes,
    dtype=lambda i: [i.dtype(0)] * (2 if i.tensor("input_c") is None else 3),
    T=KINDS,
    types={"sequence_lengths": dtypes.int32},
    stateful=True,
)
def _network(
    ctx: Any,
    inputs: Tensor,
    input_h: Tensor,
    input_c: Tensor | None,
    params: Tensor,
    sequence_lengths: Tensor | None,
    rnn_mode: str,
    input_mode: str,
    direction: str,
    dropout: float,
    seed: int | None,
    seed2: int | None,
    num_proj: int | None,
    is_training: bool,
    time_major: bool,
) -> Any:
    if not time_major:
        inputs, input_h = inputs.transpose(0, 1), input_h.transpose(0, 1)
        input_c = None if input_c is None else input_c.transpose(0, 1)
    network = _network_of_states(inputs, input_h, input_c, rnn_mode, input_mode, direction, num_proj)
    if not 0 <= dropout <= 1:
        raise invalid(f"Dropout must be between 0 and 1, but is {dropout}.")
    weights, biases = unpacked(params, network)
    y, h, c = kernels.cudnn_rnn(
        inputs,
        input_h,
        input_c,
        weights,
        biases,
        mode=rnn_mode,
        directions=network.num_dirs,
        lengths=sequence_lengths,
        between_layers=_dropout(ctx, dropout) if is_training and dropout else None,
    )
    results = (y, h) if c is None else (y, h, c)
    return results if time_major else tuple(tensor.transpose(0, 1) for tensor in results)


def _network_of_states(
    inputs: Tensor,
    h: Tensor,
    c: Tensor | None,
    rnn_mode: str,
    input_mode: str,
    direction: str,
    num_proj: int | None,
) -> Network:
    """The sizes of the network that the states of a run belong to. InvalidArgumentError where they do not fit."""
    dirs, batch = direction_count(direction), inputs.shape[1]
    layers = h.shape[0] // dirs
    units = h.shape[2] if c is None else c.shape[2]
    wanted = (layers * dirs, batch, num_proj or units)
    if tuple(h.shape) != wanted or not layers:
        expected = f"[{max(layers, 1) * dirs},{batch},{wanted[2]}]"
        raise invalid(f"Invalid input_h shape: {bracketed(h)} {expected} (layers and directions, batch, units)")
    if c is not None and tuple(c.shape) != (layers * dirs, batch, units):
        raise invalid(f"Invalid input_c shape: {bracketed(c)} [{layers * dirs},{batch},{units}]")
    return Network(rnn_mode, layers, units, inputs.shape[2], input_mode, direction, num_proj)


def _dropout(ctx: Any, rate: float) -> Callable[[Tensor], Tensor]:
    """Drops each element with probability `rate`, and scales the others so that the expectation stays."""

    def drop(x: Tensor) -> Tensor:
        if rate == 1:
            return torch.zeros_like(x)
        kept = ctx.stream.uniform(tuple(x.shape), dtype=x.dtype) >= rate
        return x * (kept.to(x.dtype) * (1 / (1 - rate)))

    return drop


def run_network(
    rnn_mode: str,
    inputs: Any,
    input_h: Any,
    input_c: Any,
    params: Any,
    is_training: bool | None,
    sequence_lengths: Any = None,
    time_major: bool = True,
    input_mode: str = CUDNN_INPUT_LINEAR_MODE,
    direction: str = CUDNN_RNN_UNIDIRECTION,
    dropout: float = 0.0,
    seed: int | None = 0,
    num_proj: int | None = None,
    name: str | None = None,
) -> list[Any]:
    """Outputs and final states of a network: what the functions, layers and older classes all call.

    Args:
      inputs: `[time, batch, depth]`, or `[batch, time, depth]` without `time_major`.
      input_h, input_c: `[layers * directions, batch, units]`, or `[batch, layers * directions, units]` without
        `time_major`; `input_c` for an LSTM, else None.
      params: the opaque weights, a vector.
      is_training: whether to drop between layers; None is True.
      sequence_lengths: int32 `[batch]`, or None: rows past their length give zeros and keep their states.
      input_mode, direction, num_proj: of the network, see `recell.rnn.cudnn_params`; its other sizes are the states'.
      dropout: the probability of dropping an output between two layers. seed: of these draws; with None, and
        no seed of the graph, they differ from run to run.

    Returns:
      `[outputs, h]` or `[outputs, h, c]`, laid out as inputs and states are.

    Raises:
      ValueError: a mode or direction that cuDNN does not have. TypeError: `is_training` is no bool.
      tf.errors.InvalidArgumentError, in the session: sizes that do not go together, or a length outside of 0 to time.
    """
    check_rnn_mode(rnn_mode)
    check_direction(direction)
    check_input_mode(input_mode)
    training = True if is_training is None else is_training
    if not isinstance(training, bool):
        raise TypeError(f"Expected bool for argument 'is_training' not {training!r}.")
    seed, seed2 = get_seed(seed)
    seeds = (None, None) if (seed, seed2) == (0, 0) else (seed, seed2)
    plain = sequence_lengths is None and time_major and not num_proj
    attributes = rnn_mode, input_mode, direction, float(dropout), *seeds, num_proj or None, training, bool(time_major)
    made = _network(
        inputs,
        input_h,
        input_c,
        params,
        sequence_lengths,
        *attributes,
        name=name or ("CudnnRNN" if plain else "CudnnRNNV3"),
    )
    return list(made)


__all__ = ["get_seed", "run_network"]
