"""cuDNN, through torch's own recurrent functions: what it can compute, and TensorFlow's weights in its layout.

torch's functions of the same names run on every device, which is how the tests check the layout without a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from recell.kernels._plain_gradient import gradient_by_plain
from recell.kernels._sequence import Activation, reverse_sequence

if TYPE_CHECKING:
    from recell.kernels._gru_reset_after import GruResetAfterCall
    from recell.kernels._lstm import LstmCall
    from recell.kernels._rnn import RnnCall

DTYPES = (torch.float16, torch.float32, torch.float64)

Network: TypeAlias = Callable[..., "tuple[Tensor, ...]"]
"""`torch.lstm`, `torch.gru`, `torch.rnn_tanh`, `torch.rnn_relu`."""

_BASIC: dict[Activation, Network] = {torch.tanh: torch.rnn_tanh, torch.relu: torch.rnn_relu}


def why_not_cudnn(x: Tensor) -> str:
    """Why cuDNN cannot compute any network over `x` `[time, batch, depth]`; empty where it can."""
    if x.device.type != "cuda":
        return f"cuDNN runs on CUDA devices, and x is on {x.device}"
    if not torch.backends.cudnn.is_available():
        return "this PyTorch was built without cuDNN"
    if not torch.backends.cudnn.enabled:
        return "torch.backends.cudnn.enabled is False"
    if x.dtype not in DTYPES:
        return f"cuDNN's networks have no {x.dtype}"
    if not x.numel():
        return f"cuDNN refuses an x without elements, {list(x.shape)}"
    return ""


def why_not_cudnn_lstm(call: LstmCall) -> str:
    """Why cuDNN cannot compute this LSTM; empty where it can."""
    if reason := why_not_cudnn(call.x):
        return reason
    if call.activation is not torch.tanh:
        return f"cuDNN's LSTM has tanh, not {_name(call.activation)}"
    if any(peephole is not None for peephole in (call.peephole_i, call.peephole_f, call.peephole_o)):
        return "cuDNN's LSTM has no peepholes"
    if call.cell_clip is not None or call.proj_clip is not None:
        return "PyTorch passes no clipping on to cuDNN"
    if not call.c0.shape[1]:
        return "cuDNN refuses an LSTM without units"
    if call.projection is not None and not 0 < call.projection.shape[1] < call.projection.shape[0]:
        return f"cuDNN projects to fewer units than there are, not from {call.c0.shape[1]} to {call.h0.shape[1]}"
    if isinstance(call.forget_bias, Tensor) and call.forget_bias.dim() > 1:
        return "the forget bias goes into cuDNN's bias, which is the same for all rows"
    return ""


def why_not_cudnn_gru(call: GruResetAfterCall) -> str:
    """Why cuDNN cannot compute this GRU; empty where it can."""
    if reason := why_not_cudnn(call.x):
        return reason
    if call.activation is not torch.tanh:
        return f"cuDNN's GRU has tanh, not {_name(call.activation)}"
    return "" if call.h0.shape[1] else "cuDNN refuses a GRU without units"


def why_not_cudnn_basic(call: RnnCall) -> str:
    """Why cuDNN cannot compute this basic network; empty where it can."""
    if reason := why_not_cudnn(call.x):
        return reason
    if call.activation not in _BASIC:
        return f"cuDNN's basic network has tanh or relu, not {_name(call.activation)}"
    return "" if call.h0.shape[1] else "cuDNN refuses a network without units"


def _name(activation: Activation) -> str:
    return getattr(activation, "__name__", repr(activation))


def cudnn_lstm(call: LstmCall, plain: Callable[[LstmCall], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Outputs, c and h of an LSTM without peepholes and clips. `plain` computes the same, for second gradients."""
    i, j, f, o = call.bias.chunk(4)
    folded = replace(call, bias=torch.cat([i, j, f + call.forget_bias, o]), forget_bias=0.0)

    def cudnn(
        x: Tensor, c0: Tensor, h0: Tensor, kernel: Tensor, bias: Tensor, projection: Tensor | None
    ) -> tuple[Tensor, ...]:
        depth = x.shape[2]
        columns, bias = _in_order(kernel.t()), _in_order(bias)
        weights = [columns[:, :depth], columns[:, depth:], bias, torch.zeros_like(bias)]
        if projection is not None:
            weights.append(projection.t())
        y, h, c = _over_time(torch.lstm, x, (h0, c0), weights, call.rows, call.reverse)
        return y, c, h

    def reference(
        x: Tensor, c0: Tensor, h0: Tensor, kernel: Tensor, bias: Tensor, projection: Tensor | None
    ) -> tuple[Tensor, ...]:
        return plain(replace(folded, x=x, c0=c0, h0=h0, kernel=kernel, bias=bias, projection=projection))

    tensors = call.x, call.c0, call.h0, call.kernel, folded.bias, call.projection
    return differentiated_once(cudnn, reference, tensors)


def cudnn_gru(call: GruResetAfterCall, plain: Callable[[GruResetAfterCall], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Outputs and h of a GRU that resets after the product. `plain` computes the same, for second gradients."""
    names = "x", "h0", "gate_kernel", "gate_bias", "input_kernel", "input_bias", "hidden_kernel", "hidden_bias"

    def cudnn(x: Tensor, h0: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        gate_kernel, gate_bias, input_kernel, input_bias, hidden_kernel, hidden_bias = tensors
        depth = x.shape[2]
        weights = [
            torch.cat([gate_kernel[:depth], input_kernel], dim=1).t(),
            torch.cat([gate_kernel[depth:], hidden_kernel], dim=1).t(),
            torch.cat([gate_bias, input_bias]),
            torch.cat([torch.zeros_like(gate_bias), hidden_bias]),
        ]
        return _over_time(torch.gru, x, (h0,), weights, call.rows, call.reverse)

    def reference(*tensors: Tensor) -> tuple[Tensor, ...]:
        named: dict[str, Any] = dict(zip(names, tensors, strict=True))
        return plain(replace(call, **named))

    return differentiated_once(cudnn, reference, [getattr(call, name) for name in names])


def cudnn_basic(call: RnnCall, plain: Callable[[RnnCall], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Outputs and h of a basic network with tanh or relu. `plain` computes the same, for second gradients."""

    def cudnn(x: Tensor, h0: Tensor, kernel: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        depth = x.shape[2]
        weights = [kernel[:depth].t(), kernel[depth:].t(), bias, torch.zeros_like(bias)]
        return _over_time(_BASIC[call.activation], x, (h0,), weights, call.rows, call.reverse)

    def reference(x: Tensor, h0: Tensor, kernel: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        return plain(replace(call, x=x, h0=h0, kernel=kernel, bias=bias))

    return differentiated_once(cudnn, reference, (call.x, call.h0, call.kernel, call.bias))


def _in_order(gates: Tensor) -> Tensor:
    """TensorFlow's gates of an LSTM, i, j, f, o along the first axis, in torch's order: i, f, j, o."""
    i, j, f, o = gates.chunk(4)
    return torch.cat([i, f, j, o])


def _over_time(
    network: Network,
    x: Tensor,
    state: tuple[Tensor, ...],
    weights: Sequence[Tensor],
    rows: Tensor | None,
    reverse: bool,
) -> tuple[Tensor, ...]:
    """One layer of `network` over `[time, batch, depth]`, in either direction: outputs, then final states."""
    xs = reverse_sequence(x, rows) if reverse else x
    y, *final = run_network(network, xs, [leaf[None] for leaf in state], weights, rows, layers=1, directions=1)
    return (reverse_sequence(y, rows) if reverse else y, *(leaf[0] for leaf in final))


def run_network(
    network: Network,
    x: Tensor,
    state: Sequence[Tensor],
    weights: Sequence[Tensor],
    rows: Tensor | None,
    *,
    layers: int,
    directions: int,
) -> tuple[Tensor, ...]:
    """`network` over the sequences of `x`, each as long as `rows` says: outputs, zero past a row's length, and states.

    Args:
      x: `[time, batch, depth]`.
      state: as many tensors `[layers * directions, batch, ...]` as the network has.
      weights: in torch's order, four or, with a projection, five for each cell.
      rows: None or int64 `[batch]`, between 0 and time.
    """
    own = tuple(state) if network is torch.lstm else state[0]
    training = torch.is_grad_enabled()
    if rows is None:
        return network(x, own, list(weights), True, layers, 0.0, training, directions == 2, False)
    # A packed sequence has no empty rows: those take a step that nobody sees.
    packed = pack_padded_sequence(x, rows.clamp(min=1).cpu(), enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    assert order is not None
    assert back is not None
    sorted_state = [leaf.index_select(1, order) for leaf in state]
    own = tuple(sorted_state) if network is torch.lstm else sorted_state[0]
    sizes = packed.batch_sizes
    data, *final = network(packed.data, sizes, own, list(weights), True, layers, 0.0, training, directions == 2)
    y, _ = pad_packed_sequence(PackedSequence(data, sizes, order, back), total_length=x.shape[0])
    alive = (rows > 0)[:, None]
    ends = [torch.where(alive, leaf.index_select(1, back), start) for leaf, start in zip(final, state, strict=True)]
    return (torch.where(alive, y, torch.zeros_like(y)), *ends)


def differentiated_once(
    engine: Callable[..., tuple[Tensor, ...]],
    plain: Callable[..., tuple[Tensor, ...]],
    tensors: Sequence[Tensor | None],
) -> tuple[Tensor, ...]:
    """`engine(*tensors)`, whose first gradient is the engine's own and whose further ones are those of `plain`."""
    if torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in tensors):
        return _Once.apply(engine, plain, *tensors)
    return engine(*tensors)


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, engine: Any, plain: Any, *tensors: Tensor | None) -> tuple[Tensor, ...]:
        ctx.plain = plain
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        leaves = [
            None if tensor is None else tensor.detach().requires_grad_(need)
            for tensor, need in zip(tensors, ctx.needs_input_grad[2:], strict=True)
        ]
        with torch.enable_grad():
            outputs = engine(*leaves)
        ctx.recorded = leaves, outputs
        return tuple(output.detach() for output in outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        needs = ctx.needs_input_grad[2:]
        if torch.is_grad_enabled():
            return None, None, *gradient_by_plain(ctx.plain, ctx.saved_tensors, gradients, needs)
        leaves, outputs = ctx.recorded
        asked = [(y, seed) for y, seed in zip(outputs, gradients, strict=True) if seed is not None and y.requires_grad]
        if not asked:
            return (None,) * (2 + len(leaves))
        wanted = [leaf for leaf, need in zip(leaves, needs, strict=True) if need]
        ys, seeds = zip(*asked, strict=True)
        # the caller may ask again: what was recorded goes when the outputs go
        found = iter(torch.autograd.grad(ys, wanted, seeds, retain_graph=True, allow_unused=True))
        return None, None, *(next(found) if need else None for need in needs)
