"""Networks of several layers in one or two directions, on the weights that cuDNN keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from recell.kernels._checks import Lengths, check_like, check_rank, lengths_within
from recell.kernels._cudnn_cells import Network, differentiated_once, run_network, why_not_cudnn
from recell.kernels._engines import Choice, Engine, Engines, register, takes_all
from recell.kernels._gru_reset_after import gru_reset_after
from recell.kernels._lstm import lstm
from recell.kernels._rnn import rnn
from recell.kernels._sequence import Activation

_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
_ACTIVATIONS: dict[str, Activation] = {"rnn_tanh": torch.tanh, "rnn_relu": torch.relu}
_NETWORKS: dict[str, Network] = {
    "lstm": torch.lstm,
    "gru": torch.gru,
    "rnn_tanh": torch.rnn_tanh,
    "rnn_relu": torch.rnn_relu,
}


def cudnn_rnn(
    x: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    *,
    mode: str,
    directions: int = 1,
    lengths: Lengths = None,
    between_layers: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """What cuDNN's recurrent functions (and `torch.nn.LSTM`, `GRU`, `RNN`) compute, on any device.

    A layer reads the outputs of the one below, both directions joined. The backward direction of a row starts at the
    row's last step. `weights` and `biases` hold, for each layer and in it for each direction, gate after gate, the
    parts that meet the input and then those that meet the state: W_g `[units, depth]`, R_g `[units, out]`, bW_g and
    bR_g `[units]`, with gates in the order::

        lstm                i, f, c, o   and then the projection P [out, units], if there is one
        gru                 r, u, c      (c = tanh(x W_c + bW_c + r * (h R_c + bR_c)))
        rnn_tanh, rnn_relu  one

    Args:
      x: `[time, batch, depth]`.
      h0: the states before the first step, `[layers * directions, batch, out]`, where out is units or the projection's.
      c0: the memories, `[layers * directions, batch, units]`, for "lstm"; else None.
      mode: "lstm", "gru", "rnn_tanh" or "rnn_relu".
      directions: 1, or 2 for forward and backward.
      lengths: how many steps of each row count, `[batch]` integers; None means all.
      between_layers: applied to the outputs of each layer but the last, `[time, batch, directions * out]`: dropout.

    Returns:
      outputs `[time, batch, directions * out]`, forward first, zero past a row's length; h and c (None without) after
      each row's last step, like `h0` and `c0`.

    Raises:
      ValueError: numbers, shapes or dtypes that do not fit, or a length outside of 0 to time.

    Example:
      >>> x, state = torch.tensor([[[1.0]], [[2.0]]]), torch.zeros(1, 1, 1)
      >>> weights, biases = [torch.tensor([[0.5]]), torch.tensor([[1.0]])], [torch.zeros(1), torch.zeros(1)]
      >>> y, h, _ = cudnn_rnn(x, state, None, weights, biases, mode="rnn_relu")
      >>> y[:, 0, 0], h[0]
      (tensor([0.5000, 1.5000]), tensor([[1.5000]]))
    """
    call = CudnnCall(
        x,
        h0,
        c0,
        weights,
        biases,
        mode=mode,
        directions=directions,
        lengths=lengths,
        between_layers=between_layers,
    )
    y, h, *c = _ENGINES.run(call)
    return y, h, c[0] if c else None


@dataclass
class CudnnCall:
    """What `cudnn_rnn` was called with, checked; `rows` are the lengths as a tensor."""

    x: Tensor
    h0: Tensor
    c0: Tensor | None
    weights: Sequence[Tensor]
    biases: Sequence[Tensor]
    _: KW_ONLY
    mode: str
    directions: int = 1
    lengths: Lengths = None
    between_layers: Callable[[Tensor], Tensor] | None = None
    rows: Tensor | None = field(init=False)

    def __post_init__(self) -> None:
        check_rank("cudnn_rnn", "x", self.x, "[time, batch, depth]")
        check_rank("cudnn_rnn", "h0", self.h0, "[layers * directions, batch, out]")
        _check_numbers(self.mode, self.cells, self.directions, len(self.weights), len(self.biases))
        _check_shapes(self.x, self.h0, self.c0, self.weights, self.biases, self.mode, self.directions)
        self.rows = lengths_within("cudnn_rnn", self.lengths, self.x)

    @property
    def cells(self) -> int:
        return self.h0.shape[0]

    def choices(self) -> list[Choice]:
        return _ENGINES.choices(self)


def _layer_by_layer(call: CudnnCall) -> tuple[Tensor, ...]:
    """Each cell over all of time, on the engine that its own function chooses."""
    x, cells, directions = call.x, call.cells, call.directions
    states = [(h, None) for h in call.h0] if call.c0 is None else list(zip(call.h0, call.c0, strict=True))
    finals: list[tuple[Tensor, Tensor | None]] = []
    for layer in range(cells // directions):
        outputs = []
        for direction in range(directions):
            k = layer * directions + direction
            own = _part(call.weights, k, cells), _part(call.biases, k, cells)
            y, h, c = _run_cell(call.mode, x, states[k], *own, call.rows, reverse=direction == 1)
            outputs.append(y)
            finals.append((h, c))
        x = torch.cat(outputs, dim=-1) if directions > 1 else outputs[0]
        if call.between_layers is not None and len(finals) < cells:
            x = call.between_layers(x)
    hs, cs = zip(*finals, strict=True)
    return (x, torch.stack(hs)) if call.c0 is None else (x, torch.stack(hs), torch.stack(cs))


def _why_not_at_once(call: CudnnCall) -> str:
    """Why cuDNN cannot run all layers in one call. Layer by layer it may still."""
    if reason := why_not_cudnn(call.x):
        return reason
    if call.between_layers is not None and call.cells > call.directions:
        return "something is done between the layers: each of them is a call of its own"
    units = call.weights[0].shape[0]
    if not units:
        return "cuDNN refuses a network without units"
    if len(call.weights) > len(call.biases) and not 0 < call.h0.shape[2] < units:
        return f"cuDNN projects to fewer units than there are, not from {units} to {call.h0.shape[2]}"
    return ""


def _at_once(call: CudnnCall) -> tuple[Tensor, ...]:
    """All layers and directions in one call of torch's function."""
    state = [call.h0] if call.c0 is None else [call.h0, call.c0]
    count, split = len(state), len(state) + len(call.weights)

    def cudnn(x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        own = _joined_gates(tensors[count:split], tensors[split:], call.cells, _GATES[call.mode])
        layers = call.cells // call.directions
        network = _NETWORKS[call.mode]
        return run_network(network, x, tensors[:count], own, call.rows, layers=layers, directions=call.directions)

    def reference(x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        h0, c0 = tensors[0], tensors[1] if count > 1 else None
        weights, biases = tensors[count:split], tensors[split:]
        return _layer_by_layer(replace(call, x=x, h0=h0, c0=c0, weights=weights, biases=biases))

    return differentiated_once(cudnn, reference, [call.x, *state, *call.weights, *call.biases])


def _joined_gates(weights: Sequence[Tensor], biases: Sequence[Tensor], cells: int, gates: int) -> list[Tensor]:
    """torch's weights, whose gates are in cuDNN's order: for each cell W, R, bW, bR and the projection."""
    joined = []
    for k in range(cells):
        w, b = _part(weights, k, cells), _part(biases, k, cells)
        joined += [torch.cat(list(part)) for part in (w[:gates], w[gates : 2 * gates], b[:gates], b[gates:])]
        joined += w[2 * gates :]
    return joined


def _check_numbers(mode: str, cells: int, directions: int, weights: int, biases: int) -> None:
    """ValueError for an unknown mode, and where states, weights and biases are not those of one network."""
    if mode not in _GATES:
        raise ValueError(f"cudnn_rnn: mode must be one of {', '.join(_GATES)}, received {mode!r}.")
    if directions not in (1, 2):
        raise ValueError(f"cudnn_rnn: directions must be 1 or 2, received {directions}.")
    if not cells or cells % directions:
        raise ValueError(f"cudnn_rnn: h0 must have layers * {directions} states, received {cells}.")
    needed = 2 * _GATES[mode] * cells
    projections = weights - needed
    if projections not in ((0, cells) if mode == "lstm" else (0,)) or biases != needed:
        raise ValueError(
            f"cudnn_rnn: {cells} cells of mode {mode!r} need {needed} weights and {needed} biases"
            f"{f', or {needed + cells} weights with projections' if mode == 'lstm' else ''}, received {weights} and "
            f"{biases}."
        )


def _check_shapes(
    x: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    mode: str,
    directions: int,
) -> None:
    """ValueError for states, weights or biases of another shape, dtype or device than the network's."""
    if (c0 is None) == (mode == "lstm"):
        wanted = "needs c0, the memories" if c0 is None else "has no memories: c0 must be None"
        raise ValueError(f"cudnn_rnn: mode {mode!r} {wanted}.")
    if c0 is not None:
        check_rank("cudnn_rnn", "c0", c0, "[layers * directions, batch, units]")
    check = partial(check_like, "cudnn_rnn", x)
    (cells, _, out), batch, gates = h0.shape, x.shape[1], _GATES[mode]
    projected = len(weights) > 2 * gates * cells
    units = out if c0 is None else c0.shape[2]
    check("h0", h0, "[layers * directions, batch, out]", [cells, batch, out if projected else units])
    check("c0", c0, "[layers * directions, batch, units]", [cells, batch, units])
    for k in range(cells):
        depth = x.shape[2] if k < directions else directions * out
        kinds = [("[units, depth]", [units, depth])] * gates + [("[units, out]", [units, out])] * gates
        kinds += [("[out, units]", [out, units])] * projected
        for j, (axes, shape) in enumerate(kinds):
            check(f"weights[{k * len(kinds) + j}]", weights[k * len(kinds) + j], axes, shape)
    for j, bias in enumerate(biases):
        check(f"biases[{j}]", bias, "[units]", [units])


def _part(tensors: Sequence[Tensor], k: int, cells: int) -> Sequence[Tensor]:
    size = len(tensors) // cells
    return tensors[k * size : (k + 1) * size]


def _run_cell(
    mode: str,
    x: Tensor,
    state: tuple[Tensor, Tensor | None],
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    lengths: Lengths,
    *,
    reverse: bool,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """One layer in one direction: outputs, h and c."""
    h0, c0 = state
    gates = _GATES[mode]

    def kernel(*order: int) -> Tensor:
        return torch.cat([torch.cat([weights[g], weights[gates + g]], dim=1) for g in order]).t()

    def bias(*order: int) -> Tensor:
        return torch.cat([biases[g] + biases[gates + g] for g in order])

    if c0 is not None:
        projection = weights[8].t() if len(weights) > 8 else None
        gate_order = 0, 2, 1, 3  # TensorFlow's columns are i, c, f, o
        y, c, h = lstm(
            x,
            c0,
            h0,
            kernel(*gate_order),
            bias(*gate_order),
            forget_bias=0.0,
            projection=projection,
            lengths=lengths,
            reverse=reverse,
        )
        return y, h, c
    if mode == "gru":
        candidate = weights[2].t(), biases[2], weights[5].t(), biases[5]
        y, h = gru_reset_after(x, h0, kernel(0, 1), bias(0, 1), *candidate, lengths=lengths, reverse=reverse)
        return y, h, None
    y, h = rnn(x, h0, kernel(0), bias(0), activation=_ACTIVATIONS[mode], lengths=lengths, reverse=reverse)
    return y, h, None


_ENGINES: Engines[CudnnCall] = Engines(
    Engine("cudnn", _why_not_at_once, _at_once),
    Engine("layer by layer", takes_all, _layer_by_layer),
)
register(cudnn_rnn, CudnnCall)
