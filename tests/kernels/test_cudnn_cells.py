"""cuDNN's engines against the plain path: torch's functions of the same names compute the same on the processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from recell.kernels import _cudnn, _cudnn_cells, _gru_reset_after, _lstm, _rnn

Run = Callable[[Any], "tuple[Tensor, ...]"]


def random(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


def lstm_call(time: int, batch: int, depth: int, units: int, projected: bool, **options: Any) -> _lstm.LstmCall:
    out = max(1, units - 1) if projected else units
    projection = random(units, out) if projected else None
    weights = random(depth + out, 4 * units), random(4 * units)
    state = random(batch, units), random(batch, out)
    return _lstm.LstmCall(random(time, batch, depth), *state, *weights, projection=projection, **options)


def gru_call(time: int, batch: int, depth: int, units: int, **options: Any) -> _gru_reset_after.GruResetAfterCall:
    shapes = [(depth + units, 2 * units), (2 * units,), (depth, units), (units,), (units, units), (units,)]
    weights = [random(*shape) for shape in shapes]
    return _gru_reset_after.GruResetAfterCall(random(time, batch, depth), random(batch, units), *weights, **options)


def rnn_call(time: int, batch: int, depth: int, units: int, **options: Any) -> _rnn.RnnCall:
    x, h0 = random(time, batch, depth), random(batch, units)
    return _rnn.RnnCall(x, h0, random(depth + units, units), random(units), **options)


def tensors(call: Any) -> list[Tensor]:
    """What the call can be differentiated by."""
    found = [value for value in vars(call).values() if isinstance(value, Tensor) and value.requires_grad]
    found += [*getattr(call, "weights", ()), *getattr(call, "biases", ())]
    return found


def results(run: Run, call: Any) -> Sequence[Tensor]:
    """Outputs, first gradients, and the gradients of those."""
    outputs = run(call)
    generator = torch.Generator().manual_seed(1)

    def total(values: Sequence[Tensor]) -> Tensor:
        weights = [torch.randn(v.shape, dtype=v.dtype, generator=generator) for v in values]
        return torch.stack([(v.sin() * w).sum() for v, w in zip(values, weights, strict=True)]).sum()

    by = tensors(call)
    first = torch.autograd.grad(total(outputs), by, retain_graph=True)
    again = torch.autograd.grad(total(run(call)), by, create_graph=True)
    second = torch.autograd.grad(total(again), by, allow_unused=True, materialize_grads=True)
    return [*outputs, *first, *second]


def same(run: Run, plain: Run, call: Any) -> None:
    for a, b in zip(results(run, call), results(plain, call), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


@st.composite
def sizes(draw: st.DrawFn) -> tuple[tuple[int, int, int, int], dict[str, Any]]:
    """time, batch, depth and units; lengths and direction."""
    time, batch = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    torch.manual_seed(draw(st.integers(0, 100)))
    lengths = draw(st.none() | st.lists(st.integers(0, time), min_size=batch, max_size=batch))
    options = {"lengths": lengths, "reverse": draw(st.booleans())}
    return (time, batch, draw(st.integers(1, 4)), draw(st.integers(2, 5))), options


@settings(max_examples=15, deadline=None)
@given(sizes(), st.booleans(), st.sampled_from([0.0, 1.0, "number", "units"]))
def test_lstm(given: Any, projected: bool, forget_bias: Any) -> None:
    sized, options = given
    if isinstance(forget_bias, str):
        forget_bias = random(*([] if forget_bias == "number" else [sized[3]]))
    call = lstm_call(*sized, projected, forget_bias=forget_bias, **options)
    same(lambda call: _cudnn_cells.cudnn_lstm(call, _lstm.plain_lstm), _lstm.plain_lstm, call)


@settings(max_examples=10, deadline=None)
@given(sizes())
def test_gru_that_resets_after(given: Any) -> None:
    sized, options = given
    plain = _gru_reset_after.plain_gru_reset_after
    same(lambda call: _cudnn_cells.cudnn_gru(call, plain), plain, gru_call(*sized, **options))


@settings(max_examples=10, deadline=None)
@given(sizes(), st.sampled_from([torch.tanh, torch.relu]))
def test_basic_network(given: Any, activation: Any) -> None:
    sized, options = given
    call = rnn_call(*sized, activation=activation, **options)
    same(lambda call: _cudnn_cells.cudnn_basic(call, _rnn.plain_rnn), _rnn.plain_rnn, call)


@settings(max_examples=15, deadline=None)
@given(sizes(), st.sampled_from(["lstm", "gru", "rnn_tanh", "rnn_relu"]), st.integers(1, 2), st.integers(1, 2))
def test_a_whole_network_at_once(given: Any, mode: str, layers: int, directions: int) -> None:
    (time, batch, depth, units), options = given
    cells, gates = layers * directions, {"lstm": 4, "gru": 3}.get(mode, 1)
    depths = [depth if k < directions else directions * units for k in range(cells)]
    call = _cudnn.CudnnCall(
        random(time, batch, depth),
        random(cells, batch, units),
        random(cells, batch, units) if mode == "lstm" else None,
        [random(units, columns) for depth in depths for columns in [depth] * gates + [units] * gates],
        [random(units) for _ in range(2 * gates * cells)],
        mode=mode,
        directions=directions,
        lengths=options["lengths"],
    )
    same(_cudnn._at_once, _cudnn._layer_by_layer, call)


def test_no_history_is_made_where_nobody_asks() -> None:
    call = lstm_call(3, 2, 2, 2, False)
    with torch.no_grad():
        outputs = _cudnn_cells.cudnn_lstm(call, _lstm.plain_lstm)
    assert not any(output.requires_grad for output in outputs)


def test_a_gradient_may_be_asked_for_twice() -> None:
    call = gru_call(3, 2, 2, 2)
    y, _ = _cudnn_cells.cudnn_gru(call, _gru_reset_after.plain_gru_reset_after)
    (first,) = torch.autograd.grad(y.sum(), [call.x], retain_graph=True)
    (second,) = torch.autograd.grad(y.sum(), [call.x])
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("rows", [[0, 2], [0, 0]])
def test_padding_reaches_neither_outputs_nor_states(rows: list[int]) -> None:
    call = lstm_call(2, 2, 2, 2, False, lengths=rows)
    call.x.data[:, 0] = float("nan")
    y, c, h = _cudnn_cells.cudnn_lstm(call, _lstm.plain_lstm)
    assert torch.equal(y[:, 0], torch.zeros(2, 2, dtype=torch.float64))
    assert torch.equal(torch.stack([c, h])[:, 0], torch.stack([call.c0, call.h0])[:, 0])
