"""The operations under TensorFlow's fused LSTM cells, which give all gates too: `lstm_block_cell`, `block_lstm`."""

from __future__ import annotations

from typing import Any, NamedTuple

from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.ops.array_join import concat, split, stack, unstack
from recell.ops.array_make import fill, zeros
from recell.ops.array_shape import shape as shape_of
from recell.ops.clip import clip_by_value
from recell.ops.linalg import matmul
from recell.ops.math_cast import cast
from recell.ops.math_unary import sigmoid, tanh
from recell.ops.state import stop_gradient
from recell.rnn.recurrence import recur
from recell.rnn.traced_step import Layout


class LSTMBlockGates(NamedTuple):
    """One step from within, `[batch, units]` each: gates, memory, candidate `ci`, `co = tanh(cs)`, output."""

    i: Any
    cs: Any
    f: Any
    o: Any
    ci: Any
    co: Any
    h: Any


def lstm_block_cell(
    x: Any,
    cs_prev: Any,
    h_prev: Any,
    w: Any,
    b: Any,
    wci: Any = None,
    wcf: Any = None,
    wco: Any = None,
    forget_bias: float | None = None,
    cell_clip: float | None = None,
    use_peephole: bool | None = None,
    name: str | None = None,
) -> LSTMBlockGates:
    """One step of `LSTMBlockCell`, all of it.

    TF symbol: `_lstm_block_cell` of `tensorflow.contrib.rnn.python.ops.lstm_ops`.

        i, ci, f, o = [x, h] w + b
        i, f = sigmoid(i + wci * cs), sigmoid(f + forget_bias + wcf * cs)
        cs'  = clip(f * cs + i * tanh(ci), -cell_clip, cell_clip)
        o    = sigmoid(o + wco * cs')
        h'   = o * tanh(cs')

    As in TensorFlow a gradient flows through `cs` and `h` only, and through the clip as if there were none.

    Args:
      x: `[batch, depth]`; cs_prev, h_prev: `[batch, units]`; w: `[depth + units, 4 * units]`; b: `[4 * units]`.
      wci, wcf, wco: peepholes `[units]`, which count if `use_peephole`.
      forget_bias: 1 unless given; cell_clip: none unless it is above zero.
    """
    with name_scope(name, "LSTMBlockCell", [x, cs_prev, h_prev, w, b]):
        x, cs, h, w, b = (convert_to_tensor(value) for value in (x, cs_prev, h_prev, w, b))
        i, ci, f, o = split(matmul(concat([x, h], 1), w) + b, 4, axis=1)
        f += 1.0 if forget_bias is None else float(forget_bias)
        if use_peephole:
            i, f = i + wci * cs, f + wcf * cs
        i, f, ci = sigmoid(i), sigmoid(f), tanh(ci)
        cs = f * cs + i * ci
        if cell_clip is not None and cell_clip > 0:
            cs = stop_gradient(clip_by_value(cs, -cell_clip, cell_clip)) + (cs - stop_gradient(cs))
        o = sigmoid(o + wco * cs if use_peephole else o)
        co = tanh(cs)
        h = o * co
        i, f, o, ci, co = (stop_gradient(gate) for gate in (i, f, o, ci, co))
        return LSTMBlockGates(i, cs, f, o, ci, co, h)


def block_lstm(
    seq_len_max: Any,
    x: Any,
    w: Any,
    b: Any,
    cs_prev: Any = None,
    h_prev: Any = None,
    wci: Any = None,
    wcf: Any = None,
    wco: Any = None,
    forget_bias: float | None = None,
    cell_clip: float | None = None,
    use_peephole: bool | None = None,
    name: str | None = None,
) -> LSTMBlockGates:
    """`lstm_block_cell` over a list of inputs. TF symbol: `_block_lstm` of the same module.

    Args:
      seq_len_max: a scalar integer: steps from there on do not run, and give zeros.
      x: a list of tensors `[batch, depth]`; cs_prev, h_prev: `[batch, units]`, zeros unless given.
      w, b, wci, ..., use_peephole: as in `lstm_block_cell`.

    Returns:
      For every field of `LSTMBlockGates` a list of one tensor `[batch, units]` a step.
    """
    with name_scope(name, "BlockLSTM", [*x, w, b]):
        steps, w, b = stack([convert_to_tensor(step) for step in x]), convert_to_tensor(w), convert_to_tensor(b)
        rows, columns = shape_of(steps)[1], b.shape.with_rank(1).as_list()[0]
        if columns is None:
            raise ValueError(f"`b` must have a known size, four times the units, but '{b.name}' has shape {b.shape}")
        zero = zeros(stack([rows, columns // 4]), steps.dtype.base_dtype)
        start = (zero if cs_prev is None else cs_prev, zero if h_prev is None else h_prev)

        def step(inputs: Any, state: Any) -> tuple[Any, Any]:
            cs, h = state
            made = lstm_block_cell(inputs, cs, h, w, b, wci, wcf, wco, forget_bias, cell_clip, use_peephole)
            return list(made), (made.cs, made.h)

        time, batch = steps.shape.as_list()[:2]
        lengths = fill(stack([rows]), cast(seq_len_max, "int32"))
        layout = Layout(time, batch, time_major=True)
        result = recur(step, steps, lengths, start, layout, [[columns // 4]] * len(LSTMBlockGates._fields))
        return LSTMBlockGates(*(unstack(leaf, num=time) for leaf in result.outputs))


__all__ = ["LSTMBlockGates", "block_lstm", "lstm_block_cell"]
