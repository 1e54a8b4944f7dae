"""Networks of several layers and directions against torch's own, which compute what cuDNN computes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from recell import kernels

MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn_tanh": torch.nn.RNN, "rnn_relu": torch.nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def module(mode: str, depth: int, units: int, **options: object) -> torch.nn.RNNBase:
    """torch's network of that mode in double precision."""
    if mode.startswith("rnn_"):
        options["nonlinearity"] = mode[4:]
    return MODULES[mode](depth, units, dtype=torch.float64, **options)


def canonical(network: torch.nn.RNNBase, mode: str) -> tuple[list[Tensor], list[Tensor]]:
    """torch's weights gate by gate: it keeps the same matrices below each other."""
    weights, biases = [], []
    for name, value in network.named_parameters():
        if "bias" in name:
            biases += list(value.chunk(GATES[mode]))
        else:
            weights += [value] if "_hr_" in name else list(value.chunk(GATES[mode]))
    return weights, biases


def states(mode: str, cells: int, batch: int, units: int, out: int) -> list[Tensor]:
    """Random initial states, h and for an LSTM c."""
    sizes = [out, units] if mode == "lstm" else [out]
    return [torch.randn(cells, batch, size, dtype=torch.float64, requires_grad=True) for size in sizes]


def run(network: torch.nn.RNNBase, mode: str, x: Tensor, start: list[Tensor], **options: object) -> tuple[Tensor, ...]:
    """Ours on the weights of torch's network: outputs, then the final states."""
    weights, biases = canonical(network, mode)
    c0 = start[1] if mode == "lstm" else None
    directions = 2 if network.bidirectional else 1
    results = kernels.cudnn_rnn(x, start[0], c0, weights, biases, mode=mode, directions=directions, **options)
    return tuple(value for value in results if value is not None)


def theirs(
    network: torch.nn.RNNBase, mode: str, x: Tensor, start: list[Tensor], lengths: Tensor | None
) -> list[Tensor]:
    """torch's outputs and final states, in the order of ours."""
    given = tuple(start) if mode == "lstm" else start[0]
    if lengths is None:
        outputs, final = network(x, given)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        outputs, final = network(packed, given)
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, total_length=x.shape[0])
    return [outputs, *(final if mode == "lstm" else [final])]


def same(network: torch.nn.RNNBase, mode: str, x: Tensor, start: list[Tensor], lengths: Tensor | None) -> None:
    """Asserts that values and gradients agree."""
    expected = theirs(network, mode, x, start, lengths)
    got = run(network, mode, x, start, lengths=lengths)
    leaves = [x, *start, *network.parameters()]
    factors = [torch.randn_like(value) for value in expected]
    gradients = []
    for values in (expected, got):
        loss = sum((value * factor).sum() for value, factor in zip(values, factors, strict=True))
        gradients.append(torch.autograd.grad(loss, leaves))
    for a, b in zip([*expected, *gradients[0]], [*got, *gradients[1]], strict=True):
        torch.testing.assert_close(b, a, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("mode", MODULES)
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (3, False), (1, True), (2, True)])
@pytest.mark.parametrize("ragged", [False, True])
def test_agrees_with_torch(mode: str, layers: int, bidirectional: bool, ragged: bool) -> None:
    torch.manual_seed(7 * layers + bidirectional)
    time, batch, depth, units = 6, 4, 3, 5
    network = module(mode, depth, units, num_layers=layers, bidirectional=bidirectional)
    x = torch.randn(time, batch, depth, dtype=torch.float64, requires_grad=True)
    start = states(mode, layers * (1 + bidirectional), batch, units, units)
    same(network, mode, x, start, torch.tensor([6, 1, 4, 3]) if ragged else None)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_projections_agree_with_torch(bidirectional: bool) -> None:
    torch.manual_seed(3)
    network = module("lstm", 3, 5, num_layers=2, bidirectional=bidirectional, proj_size=2)
    x = torch.randn(4, 3, 3, dtype=torch.float64, requires_grad=True)
    same(network, "lstm", x, states("lstm", 2 * (1 + bidirectional), 3, 5, 2), torch.tensor([4, 2, 1]))


def test_an_empty_row_keeps_its_states_and_reads_no_padding() -> None:
    torch.manual_seed(1)
    network = module("lstm", 2, 3, num_layers=2, bidirectional=True)
    x = torch.randn(4, 2, 2, dtype=torch.float64)
    x[:, 1] = math.nan
    start = states("lstm", 4, 2, 3, 3)
    outputs, h, c = run(network, "lstm", x, start, lengths=[3, 0])
    assert outputs[3, 0].eq(0).all()
    assert outputs[:, 1].eq(0).all()
    assert torch.equal(h[:, 1], start[0][:, 1])
    assert torch.equal(c[:, 1], start[1][:, 1])
    assert not h[:, 0].isnan().any()


def test_between_layers_sees_the_joined_outputs_of_all_layers_but_the_last() -> None:
    network = module("gru", 2, 3, num_layers=3, bidirectional=True)
    seen = []

    def halve(x: Tensor) -> Tensor:
        seen.append(tuple(x.shape))
        return x / 2

    x = torch.randn(4, 2, 2, dtype=torch.float64)
    start = states("gru", 6, 2, 3, 3)
    halved, _ = run(network, "gru", x, start, between_layers=halve)
    assert seen == [(4, 2, 6), (4, 2, 6)]
    with torch.no_grad():
        for name, value in network.named_parameters():
            if "weight_ih" in name and "l0" not in name:
                value /= 2
    torch.testing.assert_close(halved, run(network, "gru", x, start)[0])


class TestRefuses:
    weights = torch.zeros(2, 3), torch.zeros(2, 2)
    biases = torch.zeros(2), torch.zeros(2)
    x, h = torch.zeros(4, 1, 3), torch.zeros(1, 1, 2)

    def test_a_mode_that_there_is_not(self) -> None:
        with pytest.raises(ValueError, match="mode must be one of lstm, gru, rnn_tanh, rnn_relu, received 'rnn'"):
            kernels.cudnn_rnn(self.x, self.h, None, self.weights, self.biases, mode="rnn")

    def test_another_number_of_weights(self) -> None:
        with pytest.raises(ValueError, match="need 8 weights and 8 biases, or 9 weights with projections, received 2"):
            kernels.cudnn_rnn(self.x, self.h, self.h, self.weights, self.biases, mode="lstm")
        with pytest.raises(ValueError, match="need 2 weights and 2 biases, received 3 and 2"):
            kernels.cudnn_rnn(self.x, self.h, None, [*self.weights, self.h], self.biases, mode="rnn_relu")

    def test_states_that_are_not_one_for_each_direction(self) -> None:
        with pytest.raises(ValueError, match=r"layers \* 2 states, received 1"):
            kernels.cudnn_rnn(self.x, self.h, None, self.weights, self.biases, mode="rnn_tanh", directions=2)

    def test_a_length_beyond_the_time_axis(self) -> None:
        with pytest.raises(ValueError, match="between 0 and the 4 steps"):
            kernels.cudnn_rnn(self.x, self.h, None, self.weights, self.biases, mode="rnn_tanh", lengths=[5])

    def test_a_weight_of_another_shape(self) -> None:
        weights = self.weights[0], torch.zeros(2, 3)
        with pytest.raises(ValueError, match=r"weights\[1\] must have shape \[units, out\] = \[2, 2\], received"):
            kernels.cudnn_rnn(self.x, self.h, None, weights, self.biases, mode="rnn_tanh")

    def test_a_bias_of_another_dtype(self) -> None:
        biases = self.biases[0], self.biases[1].double()
        with pytest.raises(ValueError, match=r"biases\[1\] must have the dtype of x, torch.float32"):
            kernels.cudnn_rnn(self.x, self.h, None, self.weights, biases, mode="rnn_tanh")

    def test_memories_of_a_network_without_any_and_an_lstm_without_its_own(self) -> None:
        with pytest.raises(ValueError, match="mode 'rnn_tanh' has no memories: c0 must be None"):
            kernels.cudnn_rnn(self.x, self.h, self.h, self.weights, self.biases, mode="rnn_tanh")
        with pytest.raises(ValueError, match="mode 'lstm' needs c0"):
            kernels.cudnn_rnn(self.x, self.h, None, self.weights * 4, self.biases * 4, mode="lstm")

    def test_states_of_other_rows_or_without_layers(self) -> None:
        with pytest.raises(ValueError, match=r"h0 must have shape .* = \[1, 1, 2\], received \[1, 3, 2\]"):
            kernels.cudnn_rnn(self.x, torch.zeros(1, 3, 2), None, self.weights, self.biases, mode="rnn_tanh")
        with pytest.raises(ValueError, match=r"h0 must have shape \[layers \* directions, batch, out\]"):
            kernels.cudnn_rnn(self.x, self.h[0], None, self.weights, self.biases, mode="rnn_tanh")

    def test_other_directions_than_one_and_two(self) -> None:
        with pytest.raises(ValueError, match="directions must be 1 or 2, received 3"):
            kernels.cudnn_rnn(self.x, self.h, None, self.weights, self.biases, mode="rnn_tanh", directions=3)


def test_reset_after_is_not_reset_before() -> None:
    torch.manual_seed(0)
    x, h = torch.randn(2, 3), torch.randn(2, 4)
    gates = torch.randn(7, 8), torch.ones(8)
    wx, wh = torch.randn(3, 4), torch.randn(4, 4)
    zero = torch.zeros(4)
    after = kernels.gru_reset_after_step(x, h, *gates, wx, zero, wh, zero)
    before = kernels.gru_step(x, h, *gates, torch.cat([wx, wh]), zero)
    r, u = torch.sigmoid(torch.cat([x, h], 1) @ gates[0] + 1).chunk(2, 1)
    torch.testing.assert_close(after, u * h + (1 - u) * torch.tanh(x @ wx + r * (h @ wh)))
    assert (after - before).abs().max() > 0.1


def test_reset_after_refuses_a_hidden_kernel_of_another_shape() -> None:
    x, h = torch.zeros(2, 1, 3), torch.zeros(1, 4)
    weights = torch.zeros(7, 8), torch.zeros(8), torch.zeros(3, 4), torch.zeros(4), torch.zeros(5, 4), torch.zeros(4)
    with pytest.raises(ValueError, match=r"hidden_kernel must have shape \[units, units\] = \[4, 4\]"):
        kernels.gru_reset_after(x, h, *weights)
