"""The gated recurrent unit (Cho et al., https://arxiv.org/abs/1406.1078; TensorFlow's `GRUCell`)."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from recell.kernels._checks import Lengths, check_like, check_state, lengths_within
from recell.kernels._engines import Choice, Engine, Engines, absent, register, takes_all
from recell.kernels._fused_gru import fused_gru, why_not_fused_gru
from recell.kernels._sequence import Activation, linear, run_units


def gru_step(
    x: Tensor,
    h: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
    *,
    activation: Activation = torch.tanh,
) -> Tensor:
    """One step of the gated recurrent unit, with reset gate r, update gate u and candidate c::

        r, u = sigmoid([x, h] W + b)
        c    = activation([x, r * h] Wc + bc)
        h'   = u * h + (1 - u) * c

    `torch.nn.GRU` and cuDNN reset after the product, `r * (h Wc)`, with a bias of its own; Keras calls u `z`.

    Args:
      x: input `[batch, depth]`.
      h: state `[batch, units]`.
      gate_kernel: W `[depth + units, 2 * units]`, columns r then u.
      gate_bias: b `[2 * units]` (TensorFlow starts it at 1).
      candidate_kernel: Wc `[depth + units, units]`; candidate_bias: bc `[units]`.
      activation: a function of one tensor.

    Returns:
      The new state `[batch, units]`, which is also the output.
    """
    r, u = torch.sigmoid(linear(x, h, gate_kernel, gate_bias)).chunk(2, dim=-1)
    c = activation(linear(x, r * h, candidate_kernel, candidate_bias))
    return u * h + (1 - u) * c


def gru(
    x: Tensor,
    h0: Tensor,
    gate_kernel: Tensor,
    gate_bias: Tensor,
    candidate_kernel: Tensor,
    candidate_bias: Tensor,
    *,
    activation: Activation = torch.tanh,
    lengths: Lengths = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """`gru_step` over a batch of sequences, all of one floating-point dtype.

    Args:
      x: `[time, batch, depth]`.
      h0: the state before the first step, `[batch, units]`.
      gate_kernel, gate_bias, candidate_kernel, candidate_bias, activation: as in `gru_step`.
      lengths: how many steps of each row count, `[batch]` integers; None means all.
      reverse: start from the last step that counts and go back to the first.

    Returns:
      outputs `[time, batch, units]`, zero past a row's length; the state after each row's last step, `[batch, units]`
      (`h0` for an empty row).

    Raises:
      ValueError: a shape or dtype that does not fit, or a length outside of 0 to time.

    Example, the second row one step long:
      >>> x = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
      >>> gates, candidate = (torch.full((2, 2), 0.5), torch.ones(2)), (torch.full((2, 1), 0.5), torch.zeros(1))
      >>> outputs, h = gru(x, torch.zeros(2, 1), *gates, *candidate, lengths=[2, 1])
      >>> outputs[:, :, 0]
      tensor([[0.0843, 0.0908],
              [0.1447, 0.0000]])
      >>> h[:, 0]
      tensor([0.1447, 0.0908])
    """
    call = GruCall(
        x,
        h0,
        gate_kernel,
        gate_bias,
        candidate_kernel,
        candidate_bias,
        activation=activation,
        lengths=lengths,
        reverse=reverse,
    )
    outputs, h = _ENGINES.run(call)
    return outputs, h


@dataclass
class GruCall:
    """What `gru` was called with, checked; `rows` are the lengths as a tensor."""

    x: Tensor
    h0: Tensor
    gate_kernel: Tensor
    gate_bias: Tensor
    candidate_kernel: Tensor
    candidate_bias: Tensor
    _: KW_ONLY
    activation: Activation = torch.tanh
    lengths: Lengths = None
    reverse: bool = False
    rows: Tensor | None = field(init=False)

    def __post_init__(self) -> None:
        x = self.x
        depth, units = check_state("gru", x, self.h0)
        both = depth + units
        check_like("gru", x, "gate_kernel", self.gate_kernel, "[depth + units, 2 * units]", [both, 2 * units])
        check_like("gru", x, "gate_bias", self.gate_bias, "[2 * units]", [2 * units])
        check_like("gru", x, "candidate_kernel", self.candidate_kernel, "[depth + units, units]", [both, units])
        check_like("gru", x, "candidate_bias", self.candidate_bias, "[units]", [units])
        self.rows = lengths_within("gru", self.lengths, x)

    def choices(self) -> list[Choice]:
        return _ENGINES.choices(self)


def plain_gru(call: GruCall) -> tuple[Tensor, ...]:
    """Step by step, in torch's own operations: what the other engines are tested against."""
    weights = call.gate_kernel, call.gate_bias, call.candidate_kernel, call.candidate_bias

    def step(x: Tensor, h: Tensor) -> Tensor:
        return gru_step(x, h, *weights, activation=call.activation)

    return run_units(step, call.x, call.h0, call.rows, call.reverse)


_ENGINES: Engines[GruCall] = Engines(
    absent("cudnn", "cuDNN resets the state after its product, as gru_reset_after does, and this GRU before it"),
    Engine("fused", why_not_fused_gru, lambda call: fused_gru(call, plain_gru)),
    Engine("plain", takes_all, plain_gru),
)
register(gru, GruCall)
