"""The gated recurrent unit that resets after the product, as cuDNN and torch do, and Cho et al. (2014) at first."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from recell.kernels._checks import Lengths, check_like, check_state, lengths_within
from recell.kernels._cudnn_cells import cudnn_gru, why_not_cudnn_gru
from recell.kernels._engines import Choice, Engine, Engines, register, takes_all
from recell.kernels._sequence import Activation, linear, run_units


def gru_reset_after_step(
    x: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    input_kernel: Tensor,
    input_bias: Tensor,
    hidden_kernel: Tensor,
    hidden_bias: Tensor,
    *,
    activation: Activation = torch.tanh,
) -> Tensor:
    """One step of the gated recurrent unit whose reset gate r acts on the state's product, not on the state::

        r, u = sigmoid([x, h] W + b)
        c    = activation(x Wx + bx + r * (h Wh + bh))
        h'   = u * h + (1 - u) * c

    `torch.nn.GRU` and cuDNN compute this, with W in four parts and two biases for each gate; `gru_step` computes
    `(r * h) Wh` instead.

    Args:
      x: input `[batch, depth]`.
      h: state `[batch, units]`.
      gate_kernel: W `[depth + units, 2 * units]`, columns r then u; gate_bias: b `[2 * units]`.
      input_kernel: Wx `[depth, units]`; input_bias: bx `[units]`.
      hidden_kernel: Wh `[units, units]`; hidden_bias: bh `[units]`.
      activation: a function of one tensor.

    Returns:
      The new state `[batch, units]`, which is also the output.
    """
    r, u = torch.sigmoid(linear(x, h, gate_kernel, gate_bias)).chunk(2, dim=-1)
    c = activation(x @ input_kernel + input_bias + r * (h @ hidden_kernel + hidden_bias))
    return u * h + (1 - u) * c


def gru_reset_after(
    x: Tensor,
    h0: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    input_kernel: Tensor,
    input_bias: Tensor,
    hidden_kernel: Tensor,
    hidden_bias: Tensor,
    *,
    activation: Activation = torch.tanh,
    lengths: Lengths = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """`gru_reset_after_step` over a batch of sequences, all of one floating-point dtype.

    Args:
      x: `[time, batch, depth]`.
      h0: the state before the first step, `[batch, units]`.
      gate_kernel, ..., hidden_bias, activation: as in `gru_reset_after_step`.
      lengths: how many steps of each row count, `[batch]` integers; None means all.
      reverse: start from the last step that counts and go back to the first.

    Returns:
      outputs `[time, batch, units]`, zero past a row's length; the state after each row's last step, `[batch, units]`
      (`h0` for an empty row).

    Raises:
      ValueError: a shape or dtype that does not fit, or a length outside of 0 to time.

    Example, the second row one step long:
      >>> x, h0 = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]]), torch.zeros(2, 1)
      >>> gates, part = (torch.full((2, 2), 0.5), torch.ones(2)), (torch.full((1, 1), 0.5), torch.zeros(1))
      >>> outputs, h = gru_reset_after(x, h0, *gates, *part, *part, lengths=[2, 1])
      >>> outputs[:, :, 0]
      tensor([[0.0843, 0.0908],
              [0.1447, 0.0000]])
      >>> h[:, 0]
      tensor([0.1447, 0.0908])
    """
    call = GruResetAfterCall(
        x,
        h0,
        gate_kernel,
        gate_bias,
        input_kernel,
        input_bias,
        hidden_kernel,
        hidden_bias,
        activation=activation,
        lengths=lengths,
        reverse=reverse,
    )
    outputs, h = _ENGINES.run(call)
    return outputs, h


@dataclass
class GruResetAfterCall:
    """What `gru_reset_after` was called with, checked; `rows` are the lengths as a tensor."""

    x: Tensor
    h0: Tensor
    gate_kernel: Tensor
    gate_bias: Tensor
    input_kernel: Tensor
    input_bias: Tensor
    hidden_kernel: Tensor
    hidden_bias: Tensor
    _: KW_ONLY
    activation: Activation = torch.tanh
    lengths: Lengths = None
    reverse: bool = False
    rows: Tensor | None = field(init=False)

    def __post_init__(self) -> None:
        name, x = "gru_reset_after", self.x
        depth, units = check_state(name, x, self.h0)
        both = depth + units
        check_like(name, x, "gate_kernel", self.gate_kernel, "[depth + units, 2 * units]", [both, 2 * units])
        check_like(name, x, "gate_bias", self.gate_bias, "[2 * units]", [2 * units])
        check_like(name, x, "input_kernel", self.input_kernel, "[depth, units]", [depth, units])
        check_like(name, x, "input_bias", self.input_bias, "[units]", [units])
        check_like(name, x, "hidden_kernel", self.hidden_kernel, "[units, units]", [units, units])
        check_like(name, x, "hidden_bias", self.hidden_bias, "[units]", [units])
        self.rows = lengths_within(name, self.lengths, x)

    def choices(self) -> list[Choice]:
        return _ENGINES.choices(self)


def plain_gru_reset_after(call: GruResetAfterCall) -> tuple[Tensor, ...]:
    """Step by step, in torch's own operations: what the other engines are tested against."""
    weights = call.gate_kernel, call.gate_bias, call.input_kernel, call.input_bias, call.hidden_kernel, call.hidden_bias

    def step(x: Tensor, h: Tensor) -> Tensor:
        return gru_reset_after_step(x, h, *weights, activation=call.activation)

    return run_units(step, call.x, call.h0, call.rows, call.reverse)


_ENGINES: Engines[GruResetAfterCall] = Engines(
    Engine("cudnn", why_not_cudnn_gru, lambda call: cudnn_gru(call, plain_gru_reset_after)),
    Engine("plain", takes_all, plain_gru_reset_after),
)
register(gru_reset_after, GruResetAfterCall)
