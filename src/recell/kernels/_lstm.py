"""Long short-term memory (Hochreiter and Schmidhuber, 1997; TensorFlow's `BasicLSTMCell` and `LSTMCell`)."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from recell.kernels._checks import Lengths, check_like, check_rank, lengths_within
from recell.kernels._cudnn_cells import cudnn_lstm, why_not_cudnn_lstm
from recell.kernels._engines import Choice, Engine, Engines, register, takes_all
from recell.kernels._fused_lstm import fused_lstm, why_not_fused_lstm
from recell.kernels._sequence import Activation, linear, run_sequence


def lstm_step(
    x: Tensor,
    c: Tensor,
    h: Tensor,
    kernel: Tensor,
    bias: Tensor,
    *,
    forget_bias: float | Tensor = 1.0,
    activation: Activation = torch.tanh,
    peephole_i: Tensor | None = None,
    peephole_f: Tensor | None = None,
    peephole_o: Tensor | None = None,
    cell_clip: float | None = None,
    straight_through_clip: bool = False,
    projection: Tensor | None = None,
    proj_clip: float | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of long short-term memory, with the peepholes, clipping and projection of Sak et al.
    (https://www.isca-archive.org/interspeech_2014/sak14_interspeech.html)::

        i, j, f, o = [x, h] W + b
        c' = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * activation(j)
        c' = clip(c', -cell_clip, cell_clip)
        m' = sigmoid(o + w_o * c') * activation(c')
        m' = clip(m' P, -proj_clip, proj_clip)

    Input and forget gate see the old c, the output gate the new one, already clipped. `torch.nn.LSTM`, cuDNN and Keras
    order the columns i, f, j, o and keep the forget bias inside b.

    Args:
      x: input `[batch, depth]`.
      c: memory `[batch, units]`.
      h: the output of the step before, `[batch, units]`, with a projection `[batch, projected]`.
      kernel: W `[depth + units (or projected), 4 * units]`, columns i, j, f, o; bias: b `[4 * units]`.
      forget_bias: added to the forget gate while running, and never part of b.
      activation: a function of one tensor, for j and for c'.
      peephole_i, peephole_f, peephole_o: w_i, w_f, w_o `[units]` (`w_i_diag`, ... in TensorFlow), each may be None.
      cell_clip: bound of c'; None is none, and 0.0 really clips to zero.
      straight_through_clip: the gradient passes that bound as if there were none, as in TensorFlow's fused LSTM.
      projection: P `[units, projected]` or None.
      proj_clip: bound of the projected m', without meaning where there is no projection.

    Returns:
      `(c', m')`: `[batch, units]` and, as output and next h, `[batch, units or projected]`.
    """
    i, j, f, o = linear(x, h, kernel, bias).chunk(4, dim=-1)
    f = f + forget_bias
    if peephole_i is not None:
        i = i + peephole_i * c
    if peephole_f is not None:
        f = f + peephole_f * c
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * activation(j)
    if cell_clip is not None:
        bounded = c.clamp(-cell_clip, cell_clip)
        # c - c is exactly zero, and brings its gradient along
        c = bounded.detach() + (c - c.detach()) if straight_through_clip else bounded
    if peephole_o is not None:
        o = o + peephole_o * c
    m = torch.sigmoid(o) * activation(c)
    if projection is not None:
        m = m @ projection
        if proj_clip is not None:
            m = m.clamp(-proj_clip, proj_clip)
    return c, m


def lstm(
    x: Tensor,
    c0: Tensor,
    h0: Tensor,
    kernel: Tensor,
    bias: Tensor,
    *,
    forget_bias: float | Tensor = 1.0,
    activation: Activation = torch.tanh,
    peephole_i: Tensor | None = None,
    peephole_f: Tensor | None = None,
    peephole_o: Tensor | None = None,
    cell_clip: float | None = None,
    straight_through_clip: bool = False,
    projection: Tensor | None = None,
    proj_clip: float | None = None,
    lengths: Lengths = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """`lstm_step` over a batch of sequences, all of one floating-point dtype.

    Args:
      x: `[time, batch, depth]`.
      c0, h0: the state before the first step, `[batch, units]` both (h0 `[batch, projected]` with a projection).
      kernel, bias, forget_bias, ..., proj_clip: as in `lstm_step`.
      lengths: how many steps of each row count, `[batch]` integers; None means all.
      reverse: start from the last step that counts and go back to the first.

    Returns:
      outputs `[time, batch, units or projected]`, zero past a row's length; c and m after each row's last step
      (`c0` and `h0` for an empty row).

    Raises:
      ValueError: a shape or dtype that does not fit, a length outside of 0 to time, `proj_clip` without `projection`.

    Example, the second row one step long:
      >>> x = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
      >>> zeros, kernel, bias = torch.zeros(2, 1), torch.full((2, 4), 0.5), torch.zeros(4)
      >>> outputs, c, m = lstm(x, zeros, zeros, kernel, bias, lengths=[2, 1])
      >>> outputs[:, :, 0]
      tensor([[0.1743, 0.3696],
              [0.6429, 0.0000]])
      >>> c[:, 0], m[:, 0]
      (tensor([1.0311, 0.5568]), tensor([0.6429, 0.3696]))
    """
    call = LstmCall(
        x,
        c0,
        h0,
        kernel,
        bias,
        forget_bias=forget_bias,
        activation=activation,
        peephole_i=peephole_i,
        peephole_f=peephole_f,
        peephole_o=peephole_o,
        cell_clip=cell_clip,
        straight_through_clip=straight_through_clip,
        projection=projection,
        proj_clip=proj_clip,
        lengths=lengths,
        reverse=reverse,
    )
    outputs, c, m = _ENGINES.run(call)
    return outputs, c, m


@dataclass
class LstmCall:
    """What `lstm` was called with, checked; `rows` are the lengths as a tensor."""

    x: Tensor
    c0: Tensor
    h0: Tensor
    kernel: Tensor
    bias: Tensor
    _: KW_ONLY
    forget_bias: float | Tensor = 1.0
    activation: Activation = torch.tanh
    peephole_i: Tensor | None = None
    peephole_f: Tensor | None = None
    peephole_o: Tensor | None = None
    cell_clip: float | None = None
    straight_through_clip: bool = False
    projection: Tensor | None = None
    proj_clip: float | None = None
    lengths: Lengths = None
    reverse: bool = False
    rows: Tensor | None = field(init=False)

    def __post_init__(self) -> None:
        x, c0, h0 = self.x, self.c0, self.h0
        check_rank("lstm", "x", x, "[time, batch, depth]")
        check_rank("lstm", "c0", c0, "[batch, units]")
        name = "units" if self.projection is None else "projected"
        check_rank("lstm", "h0", h0, f"[batch, {name}]")
        (_, batch, depth), units, out = x.shape, c0.shape[1], h0.shape[1]
        check_like("lstm", x, "c0", c0, "[batch, units]", [batch, units])
        check_like("lstm", x, "h0", h0, f"[batch, {name}]", [batch, units if self.projection is None else out])
        check_like("lstm", x, "kernel", self.kernel, f"[depth + {name}, 4 * units]", [depth + out, 4 * units])
        check_like("lstm", x, "bias", self.bias, "[4 * units]", [4 * units])
        check_like("lstm", x, "projection", self.projection, "[units, projected]", [units, out])
        for argument in ("peephole_i", "peephole_f", "peephole_o"):
            check_like("lstm", x, argument, getattr(self, argument), "[units]", [units])
        if self.proj_clip is not None and self.projection is None:
            raise ValueError(
                "lstm: proj_clip bounds the projected output, and there is no projection. Pass both or none."
            )
        self.rows = lengths_within("lstm", self.lengths, x)

    def choices(self) -> list[Choice]:
        return _ENGINES.choices(self)


def plain_lstm(call: LstmCall) -> tuple[Tensor, ...]:
    """Step by step, in torch's own operations: what the other engines are tested against."""

    def step(x: tuple[Tensor, ...], state: tuple[Tensor, ...]) -> tuple[tuple[Tensor], tuple[Tensor, Tensor]]:
        c, m = lstm_step(
            x[0],
            state[0],
            state[1],
            call.kernel,
            call.bias,
            forget_bias=call.forget_bias,
            activation=call.activation,
            peephole_i=call.peephole_i,
            peephole_f=call.peephole_f,
            peephole_o=call.peephole_o,
            cell_clip=call.cell_clip,
            straight_through_clip=call.straight_through_clip,
            projection=call.projection,
            proj_clip=call.proj_clip,
        )
        return (m,), (c, m)

    return run_sequence(step, call.x, (call.c0, call.h0), call.rows, call.reverse, call.h0.shape[1])


_ENGINES: Engines[LstmCall] = Engines(
    Engine("cudnn", why_not_cudnn_lstm, lambda call: cudnn_lstm(call, plain_lstm)),
    Engine("fused", why_not_fused_lstm, lambda call: fused_lstm(call, plain_lstm)),
    Engine("plain", takes_all, plain_lstm),
)
register(lstm, LstmCall)
