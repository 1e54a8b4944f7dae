"""One step of each cell against the formulas, and against torch's own cells where the two agree."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels import formulas

from recell.kernels import gru_step, lstm_step, rnn_step

RNG = np.random.default_rng(7)
B, D, N, P = 3, 2, 4, 3
ACTIVATIONS = {
    "tanh": (torch.tanh, np.tanh),
    "relu": (torch.relu, formulas.relu),
    "sigmoid": (torch.sigmoid, formulas.sigmoid),
}


def draw(*shape: int) -> Any:
    return RNG.normal(size=shape)


def tensors(*arrays: Any) -> list[torch.Tensor]:
    return [torch.from_numpy(a) for a in arrays]


def rows(step: Any, x: Any, state: list[Any], *weights: Any, **options: Any) -> list[Any]:
    results = [step(x[b], *(leaf[b] for leaf in state), *weights, **options) for b in range(len(x))]
    return [np.stack(leaf) for leaf in zip(*results, strict=True)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_rnn_step(activation: str) -> None:
    ours, numpys = ACTIVATIONS[activation]
    x, h, w, b = draw(B, D), draw(B, N), draw(D + N, N), draw(N)
    np.testing.assert_allclose(
        rnn_step(*tensors(x, h, w, b), activation=ours), rows(formulas.rnn_step, x, [h], w, b, numpys)[0], rtol=1e-12
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gru_step(activation: str) -> None:
    ours, numpys = ACTIVATIONS[activation]
    x, h, weights = draw(B, D), draw(B, N), [draw(D + N, 2 * N), draw(2 * N), draw(D + N, N), draw(N)]
    np.testing.assert_allclose(
        gru_step(*tensors(x, h, *weights), activation=ours),
        rows(formulas.gru_step, x, [h], *weights, numpys)[0],
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    ("peepholes", "cell_clip", "project", "forget_bias", "activation"),
    [
        *itertools.product(["", "i", "f", "o", "ifo"], [None, 0.0, 0.4], [None, False, 0.2], [0.0, 2.5], ["tanh"]),
        *itertools.product(["", "ifo"], [None, 0.4], [None, 0.2], [1.0], ["relu", "sigmoid"]),
    ],
)
def test_lstm_step(
    peepholes: str, cell_clip: float | None, project: float | bool | None, forget_bias: float, activation: str
) -> None:
    ours, numpys = ACTIVATIONS[activation]
    out = N if project is None else P
    x, c, h, w, b = draw(B, D), draw(B, N), draw(B, out), draw(D + out, 4 * N), draw(4 * N)
    diagonals = {gate: draw(N) for gate in peepholes}
    projection, proj_clip = (None if project is None else draw(N, P)), project or None
    got = lstm_step(
        *tensors(x, c, h, w, b),
        forget_bias=forget_bias,
        activation=ours,
        cell_clip=cell_clip,
        projection=None if projection is None else torch.from_numpy(projection),
        proj_clip=proj_clip,
        **{f"peephole_{gate}": torch.from_numpy(diagonal) for gate, diagonal in diagonals.items()},
    )
    expected = rows(
        formulas.lstm_step,
        x,
        [c, h],
        w,
        b,
        forget_bias,
        numpys,
        [diagonals.get(gate) for gate in "ifo"],
        cell_clip,
        projection,
        proj_clip,
    )
    for mine, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-14)
    if cell_clip == 0.0:
        assert not got[0].any()


def test_forget_bias_may_be_a_tensor() -> None:
    arguments = tensors(draw(B, D), draw(B, N), draw(B, N), draw(D + N, 4 * N), draw(4 * N))
    as_number, as_tensor = (lstm_step(*arguments, forget_bias=fb) for fb in (0.25, torch.tensor(0.25)))
    assert all(torch.equal(a, b) for a, b in zip(as_number, as_tensor, strict=True))


def test_gradient_straight_through_the_clip() -> None:
    """The value of the clip to the bit, the gradient of none at all, at the place that the clip leads to."""
    x, c, h, w, b = tensors(draw(B, D), 3 * draw(B, N), draw(B, N), draw(D + N, 4 * N), draw(4 * N))
    c.requires_grad_()
    memory, output = lstm_step(x, c, h, w, b, cell_clip=0.4, straight_through_clip=True)
    clipped = lstm_step(x, c, h, w, b, cell_clip=0.4)
    assert torch.equal(memory, clipped[0])
    assert torch.equal(output, clipped[1])
    free = lstm_step(x, c, h, w, b)[0]
    assert (free.abs() > 0.4).any()
    expected, through, stopped = (torch.autograd.grad(t.sum(), c)[0] for t in (free, memory, clipped[0]))
    torch.testing.assert_close(through, expected)
    assert not stopped[free.abs() > 0.4].any()


def test_arguments_are_left_as_they_were() -> None:
    arguments = tensors(draw(B, D), draw(B, N), draw(B, N), draw(D + N, 4 * N), draw(4 * N))
    before = [a.clone() for a in arguments]
    lstm_step(*arguments, peephole_i=torch.ones(N), cell_clip=0.1, projection=torch.ones(N, P).double(), proj_clip=0.1)
    assert all(torch.equal(a, b) for a, b in zip(arguments, before, strict=True))


def test_lstm_step_is_torch_lstm_cell() -> None:
    cell = torch.nn.LSTMCell(D, N, dtype=torch.float64)
    # torch has rows i, f, j, o and two biases; ours has columns i, j, f, o and the forget bias apart
    order = torch.cat([torch.arange(k * N, (k + 1) * N) for k in (0, 2, 1, 3)])
    kernel = torch.cat([cell.weight_ih, cell.weight_hh], dim=1)[order].T
    bias = (cell.bias_ih + cell.bias_hh)[order]
    x, c, h = tensors(draw(B, D), draw(B, N), draw(B, N))
    m, new_c = cell(x, (h, c))
    torch.testing.assert_close(lstm_step(x, c, h, kernel, bias, forget_bias=0.0), (new_c, m))


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_step_is_torch_rnn_cell(nonlinearity: str) -> None:
    cell = torch.nn.RNNCell(D, N, nonlinearity=nonlinearity, dtype=torch.float64)
    kernel = torch.cat([cell.weight_ih, cell.weight_hh], dim=1).T
    x, h = tensors(draw(B, D), draw(B, N))
    ours = rnn_step(x, h, kernel, cell.bias_ih + cell.bias_hh, getattr(torch, nonlinearity))
    torch.testing.assert_close(ours, cell(x, h))


def test_gru_step_is_torch_gru_cell_where_resetting_commutes() -> None:
    """(r * h) W = r * (h W) when W is diagonal; the candidate's recurrent bias, which we lack, is zero."""
    cell = torch.nn.GRUCell(D, N, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_hh[2 * N :] = torch.diag(torch.randn(N, dtype=torch.float64))
        cell.bias_hh[2 * N :] = 0
    kernel = torch.cat([cell.weight_ih, cell.weight_hh], dim=1).T
    bias = cell.bias_ih + cell.bias_hh
    x, h = tensors(draw(B, D), draw(B, N))
    ours = gru_step(x, h, kernel[:, : 2 * N], bias[: 2 * N], kernel[:, 2 * N :], bias[2 * N :])
    torch.testing.assert_close(ours, cell(x, h))


def test_a_state_of_other_rows_than_the_input() -> None:
    with pytest.raises(ValueError, match=r"the same rows: x is \[3, 2\], h \[1, 4\]"):
        rnn_step(torch.zeros(3, 2), torch.zeros(1, 4), torch.zeros(6, 4), torch.zeros(4))
