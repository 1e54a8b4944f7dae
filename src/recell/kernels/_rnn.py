"""The basic recurrent network (Elman, "Finding structure in time", 1990; TensorFlow's `BasicRNNCell`)."""

from __future__ import annotations

import torch
from torch import Tensor

from recell.kernels._checks import Lengths, check_like, check_state
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
    depth, units = check_state("rnn", x, h0)
    check_like("rnn", x, "kernel", kernel, "[depth + units, units]", [depth + units, units])
    check_like("rnn", x, "bias", bias, "[units]", [units])

    def step(x: Tensor, h: Tensor) -> Tensor:
        return rnn_step(x, h, kernel, bias, activation)

    return run_units("rnn", step, x, h0, lengths, reverse)
