"""Which engine runs a call, and what is said of those that do not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from recell import kernels

TIME, BATCH, DEPTH, UNITS = 3, 2, 4, 5


@pytest.fixture
def cudnn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Tensors of a GPU with cuDNN that only have shapes."""
    monkeypatch.setattr(torch.backends.cudnn, "is_available", lambda: True)
    with FakeTensorMode():
        yield


def lstm_arguments(device: str = "cuda", dtype: torch.dtype = torch.float32, time: int = TIME, out: int = UNITS) -> Any:
    def zeros(*shape: int) -> torch.Tensor:
        return torch.zeros(shape, device=device, dtype=dtype)

    state = zeros(BATCH, UNITS), zeros(BATCH, out)
    return zeros(time, BATCH, DEPTH), *state, zeros(DEPTH + out, 4 * UNITS), zeros(4 * UNITS)


def gru_arguments() -> Any:
    shapes = [(TIME, BATCH, DEPTH), (BATCH, UNITS), (DEPTH + UNITS, 2 * UNITS), (2 * UNITS,)]
    after = [(DEPTH, UNITS), (UNITS,), (UNITS, UNITS), (UNITS,)]
    return [torch.zeros(shape, device="cuda") for shape in shapes + after]


def reason(choices: list[kernels.Choice], engine: str) -> str:
    return next(choice.reason for choice in choices if choice.engine == engine)


@pytest.mark.usefixtures("cudnn")
def test_cudnn_runs_what_it_can() -> None:
    assert [str(choice) for choice in kernels.explain(kernels.lstm, *lstm_arguments())][-1] == "cudnn: runs"
    for dtype in (torch.float16, torch.float64):
        assert kernels.explain(kernels.lstm, *lstm_arguments(dtype=dtype))[-1].engine == "cudnn"
    projected = lstm_arguments(out=2)
    projection = torch.zeros(UNITS, 2, device="cuda")
    assert kernels.explain(kernels.lstm, *projected, projection=projection)[-1].engine == "cudnn"
    assert kernels.explain(kernels.gru_reset_after, *gru_arguments())[-1].engine == "cudnn"
    x, h0 = gru_arguments()[:2]
    weights = torch.zeros(DEPTH + UNITS, UNITS, device="cuda"), torch.zeros(UNITS, device="cuda")
    for activation in (torch.tanh, torch.relu):
        assert kernels.explain(kernels.rnn, x, h0, *weights, activation=activation)[-1].engine == "cudnn"


@pytest.mark.usefixtures("cudnn")
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"activation": torch.relu}, "cuDNN's LSTM has tanh, not relu"),
        ({"peephole_o": UNITS}, "cuDNN's LSTM has no peepholes"),
        ({"cell_clip": 1.0}, "PyTorch passes no clipping on to cuDNN"),
        ({"projection": (UNITS, UNITS)}, "cuDNN projects to fewer units than there are, not from 5 to 5"),
        ({"forget_bias": (BATCH, UNITS)}, "the forget bias goes into cuDNN's bias, which is the same for all rows"),
    ],
)
def test_what_cudnn_does_not_have(options: dict[str, Any], text: str) -> None:
    given = {
        key: torch.zeros(value, device="cuda") if isinstance(value, (int, tuple)) else value
        for key, value in options.items()
    }
    choices = kernels.explain(kernels.lstm, *lstm_arguments(), **given)
    assert choices[-1].engine == "plain"
    assert reason(choices, "cudnn") == text


@pytest.mark.usefixtures("cudnn")
def test_where_cudnn_is_not() -> None:
    for options, text in [
        ({"device": "cpu"}, "cuDNN runs on CUDA devices, and x is on cpu"),
        ({"dtype": torch.bfloat16}, "cuDNN's networks have no torch.bfloat16"),
        ({"time": 0}, "cuDNN refuses an x without elements, [0, 2, 4]"),
    ]:
        assert reason(kernels.explain(kernels.lstm, *lstm_arguments(**options)), "cudnn") == text
    with torch.backends.cudnn.flags(enabled=False):
        assert reason(kernels.explain(kernels.lstm, *lstm_arguments()), "cudnn").startswith("torch.backends.cudnn.ena")


def test_a_torch_without_cudnn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "is_available", lambda: False)
    with FakeTensorMode():
        choices = kernels.explain(kernels.lstm, *lstm_arguments())
    assert reason(choices, "cudnn") == "this PyTorch was built without cuDNN"


@pytest.mark.usefixtures("cudnn")
def test_the_gru_of_tensorflow_is_not_that_of_cudnn() -> None:
    x, h0, *gates = gru_arguments()[:4]
    candidate = torch.zeros(DEPTH + UNITS, UNITS, device="cuda"), torch.zeros(UNITS, device="cuda")
    choices = kernels.explain(kernels.gru, x, h0, *gates, *candidate)
    assert choices[-1].engine == "plain"
    assert "resets the state after its product" in reason(choices, "cudnn")


@pytest.mark.usefixtures("cudnn")
def test_networks_run_at_once_unless_something_happens_between_the_layers() -> None:
    def network(layers: int, **options: Any) -> list[kernels.Choice]:
        h0 = torch.zeros(layers, BATCH, UNITS, device="cuda")
        depths = [DEPTH] + [UNITS] * (layers - 1)
        weights = [torch.zeros(UNITS, d, device="cuda") for depth in depths for d in [depth] * 3 + [UNITS] * 3]
        biases = [torch.zeros(UNITS, device="cuda") for _ in range(6 * layers)]
        x = torch.zeros(TIME, BATCH, DEPTH, device="cuda")
        return kernels.explain(kernels.cudnn_rnn, x, h0, None, weights, biases, mode="gru", **options)

    assert network(2)[-1].engine == "cudnn"
    assert network(1, between_layers=torch.relu)[-1].engine == "cudnn"
    assert network(2, between_layers=torch.relu)[-1] == ("layer by layer", True, "")


def test_arguments_are_checked_as_the_function_checks_them() -> None:
    x, c0, h0, kernel, bias = lstm_arguments("cpu")
    with pytest.raises(ValueError, match="lstm: bias must have shape"):
        kernels.explain(kernels.lstm, x, c0, h0, kernel, bias[1:])
    with pytest.raises(TypeError, match="knows cudnn_rnn, gru, gru_reset_after, lstm, rnn of "):
        kernels.explain(torch.lstm, x)
