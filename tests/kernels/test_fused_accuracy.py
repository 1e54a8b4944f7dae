"""The vector functions behind the gates, seen through an LSTM of one unit whose other gates are open or shut."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from recell import kernels
from recell.kernels import native

pytestmark = pytest.mark.skipif(not native().active, reason=native().reason)

GATES = "ijfo"
# 1 in float32, and so near to 0 that nothing is left of what it multiplies.
OPEN, SHUT = 100.0, -100.0

SWEEP = torch.cat(
    [
        torch.linspace(-100.0, 100.0, 20011, dtype=torch.float64),
        torch.linspace(-1.0, 1.0, 4001, dtype=torch.float64),  # where tanh changes from one formula to another
        torch.logspace(-30, -1, 300, dtype=torch.float64),
        -torch.logspace(-30, -1, 300, dtype=torch.float64),
        torch.tensor([0.0, 1e30, -1e30, 3e38, -3e38], dtype=torch.float64),
    ]
).float()


def gate(name: str, c0: float, biases: dict[str, float]) -> tuple[Tensor, Tensor]:
    """Output and memory of one step for each number of the sweep, which goes to one gate; the others have biases."""
    rows = len(SWEEP)
    kernel = torch.zeros(2, 4)
    kernel[0, GATES.index(name)] = 1.0
    bias = torch.tensor([biases.get(each, 0.0) for each in GATES])
    call = (SWEEP[None, :, None], torch.full((rows, 1), c0), torch.zeros(rows, 1), kernel, bias)
    assert kernels.explain(kernels.lstm, *call, forget_bias=0.0)[-1].engine == "fused"
    outputs, c, _ = kernels.lstm(*call, forget_bias=0.0)
    return outputs[0, :, 0].double(), c[:, 0].double()


def assert_relative(found: Tensor, expected: Tensor, tolerance: float, where: Tensor) -> None:
    zero = expected == 0
    assert (found[where & zero] == 0).all()
    off = ((found - expected).abs() / expected.abs())[where & ~zero]
    assert off.max() <= tolerance, f"off by {off.max():.3g} at {SWEEP[where & ~zero][off.argmax()]}"


def test_tanh_keeps_its_digits_near_zero() -> None:
    _, c = gate("j", 0.0, {"i": OPEN, "f": SHUT, "o": OPEN})
    assert_relative(c, SWEEP.double().tanh(), 1e-6, torch.ones(len(SWEEP), dtype=torch.bool))


@pytest.mark.parametrize(("name", "c0"), [("i", 0.0), ("f", 1.0)])
def test_the_sigmoid_keeps_its_digits_until_e_to_minus_x_ends(name: str, c0: float) -> None:
    _, c = gate(name, c0, {"j": OPEN} if name == "i" else {})
    # Below, float32 has no normal number for the result.
    assert_relative(c, SWEEP.double().sigmoid(), 1e-6, SWEEP > -86.0)
    assert (c[SWEEP <= -86.0] < 1e-37).all()
    assert (c[SWEEP >= 20.0] == 1.0).all()


def test_outputs_are_the_sigmoid_of_their_gate_times_tanh_of_the_memory() -> None:
    y, _ = gate("o", 0.5, {"i": SHUT, "f": OPEN})
    expected = SWEEP.double().sigmoid() * torch.tensor(0.5, dtype=torch.float64).tanh()
    assert_relative(y, expected, 1e-6, SWEEP > -85.0)


@pytest.mark.parametrize("name", GATES)
def test_nan_stays(name: str) -> None:
    x = torch.full((1, 17, 1), float("nan"))
    kernel = torch.zeros(2, 4)
    kernel[0, GATES.index(name)] = 1.0
    y, _, _ = kernels.lstm(x, torch.ones(17, 1), torch.zeros(17, 1), kernel, torch.zeros(4), cell_clip=0.5)
    assert y.isnan().all()
