"""The loop itself, with steps that no known cell has: nested leaves, counters, lengths of every kind."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recell.kernels import Leaves, unroll


def count(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
    """One value a row and one for all."""
    return (x[0],), (state[0] + 1, state[1] + 1)


def run_count(time: int, lengths: list[int] | None) -> tuple[list[float], list[float], float]:
    batch = 3 if lengths is None else len(lengths)
    given_lengths = None if lengths is None else torch.tensor(lengths, dtype=torch.int32)
    state = (torch.zeros(batch, 2), torch.tensor(0.0))
    (out,), (rows, scalar) = unroll(count, (torch.ones(time, batch, 2),), state, given_lengths)
    assert out.shape == (time, batch, 2)
    return out[:, :, 0].sum(0).tolist(), rows[:, 0].tolist(), scalar.item()


@pytest.mark.parametrize(
    ("lengths", "rows", "scalar"),
    [
        # what dynamic_rnn of TensorFlow 1.15 gives for a cell with a scalar counter in its state, time 5
        ([2, 3, 0], [2, 3, 0], 3),
        ([0, 0, 0], [0, 0, 0], 1),
        ([9, 1, 1], [5, 1, 1], 5),
        ([-3, -1, -2], [0, 0, 0], 1),
        ([5, 5, 5], [5, 5, 5], 5),
        (None, [5, 5, 5], 5),
        ([], [], 1),
    ],
)
def test_steps_and_counters_are_those_of_tensorflow(lengths: list[int] | None, rows: list[int], scalar: int) -> None:
    assert run_count(5, lengths) == (rows, rows, scalar)


def test_no_select_while_all_rows_are_alive() -> None:
    states: list[torch.Tensor] = []
    kept: list[torch.Tensor] = []

    def step(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
        states.append(state[0])
        kept.append(state[0] + x[0])
        return (x[0],), (kept[-1],)

    unroll(step, (torch.ones(5, 2),), (torch.zeros(2),), torch.tensor([3, 4]))
    assert [a is b for a, b in zip(states[1:], kept, strict=False)] == [True, True, True]
    assert len(kept) == 4


def test_nested_leaves_of_any_rank_and_dtype() -> None:
    def step(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
        a, b = x
        deep, seen, flag = state
        return (deep + b, a > 0, deep.sum((1, 2))), (deep + b, seen + a, ~flag)

    a, b = torch.tensor([[1, 2], [3, 4], [5, 6]]), torch.ones(3, 2, 2, 3)
    state = (torch.zeros(2, 2, 3), torch.zeros(2, dtype=torch.int64), torch.tensor([True, True]))
    (deep, positive, total), final = unroll(step, (a, b), state, torch.tensor([1, 3]))
    assert deep.shape == (3, 2, 2, 3)
    assert deep[:, :, 0, 0].tolist() == [[1, 1], [0, 2], [0, 3]]
    assert positive.dtype == torch.bool
    assert positive.tolist() == [[True, True], [False, True], [False, True]]
    assert total.tolist() == [[0, 0], [0, 6], [0, 12]]
    assert final[0][:, 0, 0].tolist() == [1, 3]
    assert final[1].tolist() == [1, 12]
    assert final[2].tolist() == [False, False]


def test_no_state_and_no_outputs() -> None:
    (out,), state = unroll(lambda x, s: ((2 * x[0],), ()), (torch.ones(3, 2),), (), torch.tensor([1, 2]))
    assert out.tolist() == [[2, 2], [0, 2], [0, 0]]
    assert state == ()
    outputs, state = unroll(lambda x, s: ((), (s[0] + x[0],)), (torch.ones(3, 2),), (torch.zeros(2),))
    assert outputs == ()
    assert state[0].tolist() == [3, 3]


def test_empty_time_axis() -> None:
    state = (torch.ones(2, 3), torch.tensor(4.0))
    like = (((5,), torch.float64), ((), torch.bool))
    for lengths in (None, torch.tensor([0, 2])):
        outputs, final = unroll(count, (torch.ones(0, 2, 3),), state, lengths, output_like=like)
        assert [(leaf.shape, leaf.dtype) for leaf in outputs] == [((0, 2, 5), torch.float64), ((0, 2), torch.bool)]
        assert final[0] is state[0]
        assert final[1] is state[1]
    with pytest.raises(ValueError, match=r"time axis is empty.*output_like"):
        unroll(count, (torch.ones(0, 2, 3),), state)


@settings(max_examples=40, deadline=None)
@given(time=st.integers(1, 7), data=st.data())
def test_any_lengths_and_segments_are_the_plain_loop(time: int, data: Any) -> None:
    lengths = data.draw(st.lists(st.integers(-2, time + 2), min_size=1, max_size=4))
    segments = data.draw(st.one_of(st.none(), st.just("auto"), st.integers(1, time + 1)))
    x = torch.arange(1.0, 1 + time * len(lengths)).reshape(time, len(lengths))
    for row, length in enumerate(lengths):
        x[max(length, 0) :, row] = float("nan")

    def step(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
        total = 0.5 * state[0] + x[0]
        return (total,), (total,)

    start = torch.ones(len(lengths), requires_grad=True)
    (out,), (final,) = unroll(step, (x,), (start,), torch.tensor(lengths), checkpoint_segments=segments)
    for row, length in enumerate(lengths):
        total = 1.0
        for t in range(time):
            if t < length:
                total = 0.5 * total + x[t, row].item()
            assert out[t, row].item() == (pytest.approx(total) if t < length else 0.0)
        assert final[row].item() == pytest.approx(total)
    (gradient,) = torch.autograd.grad(final.sum(), start)
    assert gradient.tolist() == [pytest.approx(0.5 ** min(max(n, 0), time)) for n in lengths]


ROWS, ONE = torch.ones(4, 2, 3), torch.zeros(2, 3)


def echo(x: Leaves, state: Leaves) -> tuple[Leaves, Leaves]:
    return x, state


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: unroll(echo, (), (ONE,)), "at least one input tensor"),
        (lambda: unroll(echo, (torch.ones(4),), (ONE,)), r"every input must be \[time, batch, ...\].*\[\[4\]\]"),
        (lambda: unroll(echo, (ROWS, ROWS[1:]), ()), r"time and batch the same, received \[\[4, 2, 3\], \[3, 2, 3\]\]"),
        (
            lambda: unroll(echo, (ROWS,), (ONE,), torch.tensor(3)),
            r"lengths must have shape \[batch\] = \[2\], received \[\]",
        ),
        (lambda: unroll(echo, (ROWS,), (ONE,), torch.tensor([1, 2, 3])), r"= \[2\], received \[3\]"),
        (lambda: unroll(echo, (ROWS,), (ONE,), torch.tensor([1.0, 2.0])), "lengths must be integers"),
        (lambda: unroll(lambda x, s: (x, ()), (ROWS,), (ONE,)), "given 1 state tensors and returned 0"),
        (
            lambda: unroll(lambda x, s: (x, (s[0].sum(1, keepdim=True),)), (ROWS,), (ONE,), torch.tensor([1, 2])),
            r"every state of the step must keep .* given torch.float32 \[2, 3\], .* returned torch.float32 \[2, 1\]",
        ),
        (
            lambda: unroll(lambda x, s: (x, (s[0].double(),)), (ROWS,), (ONE,), torch.tensor([1, 2])),
            r"every state .* returned torch.float64",
        ),
        (
            lambda: unroll(lambda x, s: ((x[0].sum(),), s), (ROWS,), (ONE,), torch.tensor([1, 2])),
            r"every output .* \(batch is 2\), received \[\]",
        ),
        (lambda: unroll(echo, (ROWS,), (ONE,), checkpoint_segments=0), "checkpoint_segments must be .* received 0"),
        (lambda: unroll(echo, (ROWS,), (ONE,), checkpoint_segments=True), "checkpoint_segments .* received True"),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
