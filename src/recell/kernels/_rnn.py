"""The basic recurrent network (Elman, "Finding structure in time", 1990; TensorFlow's `BasicRNNCell`)."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from recell.kernels._checks import Lengths, check_like, check_state, lengths_within
from recell.kernels._cudnn_cells import cudnn_basic, why_not_cudnn_basic
from recell.kernels._engines import Choice, Engine, Engines, register, takes_all
from recell.kernels._fused_rnn import fused_rnn, why_not_fused_rnn
from recell.kernels._sequence import Activation, linear, run_units


def rnn_step(x: Tensor, h: Tensor, kernel: Tensor, bias: Tensor, activation: Activation = torch.tanh) -> Tensor:
    """One step of the basic recurrent network::

        h' = activation([x, h] W + b)

    Args:
      x: input `[batch, depth]`.
      h: state `[batch, units]`.
      kernel: W `[depth + units, units]`; bias: b `[units]`.
      activation: a function of one tensor.

    Returns:
      The new state `[batch, units]`, which is also the output.
    """
    return activation(linear(x, h, kernel, bias))


def rnn(
    x: Tensor,
    h0: Tensor,
    kernel: Tensor,
    bias: Tensor,
    *,
    activation: Activation = torch.tanh,
    lengths: Lengths = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """`rnn_step` over a batch of sequences, all of one floating-point dtype.

    Args:
      x: `[time, batch, depth]`.
      h0: the state before the first step, `[batch, units]`.
      kernel, bias, activation: as in `rnn_step`.
      lengths: how many steps of each row count, `[batch]` integers; None means all.
      reverse: start from the last step that counts and go back to the first.

    Returns:
      outputs `[time, batch, units]`, zero past a row's length; the state after each row's last step, `[batch, units]`
      (`h0` for an empty row).

    Raises:
      ValueError: a shape or dtype that does not fit, or a length outside of 0 to time.

    Example, the second row one step long:
      >>> x = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
      >>> outputs, h = rnn(x, torch.zeros(2, 1), torch.full((2, 1), 0.5), torch.zeros(1), lengths=[2, 1])
      >>> outputs[:, :, 0]
      tensor([[0.4621, 0.7616],
              [0.9392, 0.0000]])
      >>> h[:, 0]
      tensor([0.9392, 0.7616])
    """
    call = RnnCall(x, h0, kernel, bias, activation=activation, lengths=lengths, reverse=reverse)
    outputs, h = _ENGINES.run(call)
    return outputs, h


@dataclass
class RnnCall:
    """What `rnn` was called with, checked; `rows` are the lengths as a tensor."""

    x: Tensor
    h0: Tensor
    kernel: Tensor
    bias: Tensor
    _: KW_ONLY
    activation: Activation = torch.tanh
    lengths: Lengths = None
    reverse: bool = False
    rows: Tensor | None = field(init=False)

    def __post_init__(self) -> None:
        depth, units = check_state("rnn", self.x, self.h0)
        check_like("rnn", self.x, "kernel", self.kernel, "[depth + units, units]", [depth + units, units])
        check_like("rnn", self.x, "bias", self.bias, "[units]", [units])
        self.rows = lengths_within("rnn", self.lengths, self.x)

    def choices(self) -> list[Choice]:
        return _ENGINES.choices(self)


def plain_rnn(call: RnnCall) -> tuple[Tensor, ...]:
    """Step by step, in torch's own operations: what the other engines are tested against."""

    def step(x: Tensor, h: Tensor) -> Tensor:
        return rnn_step(x, h, call.kernel, call.bias, call.activation)

    return run_units(step, call.x, call.h0, call.rows, call.reverse)


_ENGINES: Engines[RnnCall] = Engines(
    Engine("cudnn", why_not_cudnn_basic, lambda call: cudnn_basic(call, plain_rnn)),
    Engine("fused", why_not_fused_rnn, lambda call: fused_rnn(call, plain_rnn)),
    Engine("plain", takes_all, plain_rnn),
)
register(rnn, RnnCall)
