"""The known cells over whole sequences: values, gradients, lengths, padding, direction, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels.cases import DEPTH, NAMES, UNITS, make

from recell.kernels import gru, lstm, reverse_sequence, rnn


def assert_all_close(got: Any, expected: Any) -> None:
    for mine, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("lengths", [None, [5, 2, 0, 1], [3, 3, 3, 3], [0, 0, 0, 0], [5, 5, 5, 5]])
def test_values(name: str, reverse: bool, lengths: list[int] | None) -> None:
    case = make(name)
    x, state, weights = case.draw(5, 4)
    got = case.run(x, *state, *weights, lengths=lengths, reverse=reverse, **case.options)
    assert_all_close(got, case.expected(x, state, lengths=lengths, reverse=reverse))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("time", "batch", "lengths"), [(0, 2, None), (0, 2, [0, 0]), (1, 1, [1]), (3, 0, None), (3, 0, []), (0, 0, [])]
)
def test_empty_and_smallest(name: str, time: int, batch: int, lengths: list[int] | None) -> None:
    case = make(name)
    x, state, weights = case.draw(time, batch)
    for tensor in (x, *state, *weights):
        tensor.requires_grad_()
    outputs, *final = case.run(x, *state, *weights, lengths=lengths, **case.options)
    assert outputs.shape == (time, batch, case.state[-1])
    assert [leaf.shape for leaf in final] == [leaf.shape for leaf in state]
    if time == 0:
        assert all(torch.equal(a, b) for a, b in zip(final, state, strict=True))
    sum(leaf.sum() for leaf in (outputs, *final)).backward()
    assert all(torch.equal(leaf.grad, torch.ones_like(leaf)) for leaf in state if time == 0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("lengths", "reverse"), [(None, False), ([3, 1, 0], True)])
def test_gradients_of_both_orders(name: str, lengths: list[int] | None, reverse: bool) -> None:
    case = make(name)
    x, state, weights = case.draw(3, 3, seed=4)
    tensors = [t.requires_grad_() for t in (x, *state, *weights)]

    def run(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return case.run(*tensors, lengths=lengths, reverse=reverse, **case.options)

    assert torch.autograd.gradcheck(run, tensors, fast_mode=True)
    assert torch.autograd.gradgradcheck(run, tensors, fast_mode=True)


def test_gradients_of_peepholes_and_projection() -> None:
    case = make("lstm_all")
    x, state, weights = case.draw(3, 2)
    names = ["peephole_i", "peephole_f", "peephole_o", "projection"]
    fixed = {"cell_clip": 1.0, "proj_clip": 0.9, "forget_bias": 0.5}

    def run(*more: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return lstm(x, *state, *weights, **dict(zip(names, more, strict=True)), **fixed)

    tensors = [case.options[name].clone().requires_grad_() for name in names]
    assert torch.autograd.gradcheck(run, tensors)
    assert torch.autograd.gradgradcheck(run, tensors)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(NAMES), reverse=st.booleans(), time=st.integers(1, 6), data=st.data())
def test_a_row_runs_as_if_alone_whatever_is_in_the_padding(name: str, reverse: bool, time: int, data: Any) -> None:
    case = make(name)
    lengths = data.draw(st.lists(st.integers(0, time), min_size=1, max_size=4))
    x, state, weights = case.draw(time, len(lengths), seed=time)
    for row, length in enumerate(lengths):
        x[length:, row] = float("nan")
    outputs, *final = case.run(x, *state, *weights, lengths=lengths, reverse=reverse, **case.options)
    for row, length in enumerate(lengths):
        one = slice(row, row + 1)
        alone = case.run(x[:length, one], *(leaf[one] for leaf in state), *weights, reverse=reverse, **case.options)
        assert_all_close((outputs[:length, one], *(leaf[one] for leaf in final)), alone)
        assert not outputs[length:, row].any()


@pytest.mark.parametrize("name", NAMES)
def test_padding_gets_no_gradient(name: str) -> None:
    case = make(name)
    x, state, weights = case.draw(4, 2)
    x.requires_grad_()
    sum(leaf.sum() for leaf in case.run(x, *state, *weights, lengths=[4, 2], **case.options)).backward()
    assert x.grad is not None
    assert not x.grad[2:, 1].any()
    assert x.grad[:2].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", NAMES[:3])
def test_other_dtypes(name: str, dtype: torch.dtype) -> None:
    case = make(name)
    x, state, weights = case.draw(3, 2)
    got = case.run(x.to(dtype), *(t.to(dtype) for t in (*state, *weights)), lengths=[3, 1])
    assert {leaf.dtype for leaf in got} == {dtype}
    for mine, theirs in zip(got, case.expected(x, state, lengths=[3, 1]), strict=True):
        np.testing.assert_allclose(mine.double(), theirs, atol=1e-5 if dtype == torch.float32 else 0.05)


@pytest.mark.parametrize("lengths", [np.array([3, 1]), (3, 1), torch.tensor([3, 1], dtype=torch.int32)])
def test_lengths_of_any_kind(lengths: Any) -> None:
    case = make("gru")
    x, state, weights = case.draw(3, 2)
    assert_all_close(gru(x, *state, *weights, lengths=lengths), case.expected(x, state, lengths=[3, 1]))


def test_reverse_sequence() -> None:
    x = torch.arange(8).reshape(4, 2)
    assert reverse_sequence(x).tolist() == [[6, 7], [4, 5], [2, 3], [0, 1]]
    assert reverse_sequence(x, torch.tensor([3, 0])).tolist() == [[4, 1], [2, 3], [0, 5], [6, 7]]
    deep = torch.randn(4, 2, 3, 5)
    lengths = torch.tensor([3, 4])
    assert torch.equal(reverse_sequence(reverse_sequence(deep, lengths), lengths), deep)
    assert torch.equal(reverse_sequence(deep, lengths)[0, 0], deep[2, 0])


X, H, W, B = torch.zeros(5, 2, DEPTH), torch.zeros(2, UNITS), torch.zeros(DEPTH + UNITS, UNITS), torch.zeros(UNITS)
LSTM_W, LSTM_B = torch.zeros(DEPTH + UNITS, 4 * UNITS), torch.zeros(4 * UNITS)
GRU = [torch.zeros(DEPTH + UNITS, 2 * UNITS), torch.zeros(2 * UNITS), W, B]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rnn(X[0], H, W, B), r"rnn: x must have shape \[time, batch, depth\], received \[2, 3\]"),
        (lambda: rnn(X.long(), H, W, B), r"x must be of a floating-point dtype, received torch.int64"),
        (lambda: rnn(X, H[:1], W, B), r"h0 must have shape \[batch, units\] = \[2, 4\], received \[1, 4\]"),
        (
            lambda: rnn(X, H, W[1:], B),
            r"kernel must have shape \[depth \+ units, units\] = \[7, 4\], received \[6, 4\]",
        ),
        (lambda: rnn(X, H, W.double(), B), r"kernel must have the dtype of x, torch.float32, received torch.float64"),
        (lambda: rnn(X, H, W, B[1:]), r"bias must have shape \[units\] = \[4\], received \[3\]"),
        (lambda: rnn(X, H, W, B, lengths=[1, 6]), r"between 0 and the 5 steps of x \[5, 2, 3\], received 6"),
        (lambda: rnn(X, H, W, B, lengths=[1, -1]), r"between 0 and the 5 steps of x \[5, 2, 3\], received -1"),
        (lambda: rnn(X, H, W, B, lengths=[1, 2, 3]), r"lengths must have shape \[batch\] = \[2\], received \[3\]"),
        (lambda: rnn(X, H, W, B, lengths=[1.0, 2.0]), r"rnn: lengths must be integers, received torch.float32"),
        (lambda: gru(X, H, GRU[0][:, 1:], *GRU[1:]), r"gru: gate_kernel .* = \[7, 8\], received \[7, 7\]"),
        (lambda: gru(X, H, GRU[0], GRU[1], W.T, B), r"gru: candidate_kernel .* = \[7, 4\], received \[4, 7\]"),
        (lambda: lstm(X, H, H, LSTM_W.T, LSTM_B), r"lstm: kernel .* 4 \* units\] = \[7, 16\], received \[16, 7\]"),
        (lambda: lstm(X, H, H[:, :3], LSTM_W, LSTM_B), r"h0 must have shape \[batch, units\] = \[2, 4\], received"),
        (lambda: lstm(X, H, H, LSTM_W, LSTM_B, peephole_f=B[1:]), r"peephole_f .* = \[4\], received \[3\]"),
        (lambda: lstm(X, H, H, LSTM_W, LSTM_B, projection=W), r"projection .* = \[4, 4\], received \[7, 4\]"),
        (lambda: lstm(X, H, H, LSTM_W, LSTM_B, proj_clip=1.0), r"proj_clip .* no projection"),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_list_is_not_a_tensor() -> None:
    with pytest.raises(TypeError, match=r"rnn: h0 must be a torch.Tensor \[batch, units\], received list"):
        rnn(X, [[0.0]], W, B)  # type: ignore[arg-type]
