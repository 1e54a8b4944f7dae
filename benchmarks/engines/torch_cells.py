"""`torch.nn.LSTMCell` and `torch.nn.GRUCell` in a Python loop, as networks are written whose step is the user's own."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.engines import torch_steps
from benchmarks.engines.torch_steps import versions
from benchmarks.workloads import Task

__all__ = ["build", "versions"]


def build(task: Task) -> Callable[[], float]:
    x, lengths = torch_steps.inputs(task)
    w = task.workload
    kind = {"lstm": nn.LSTMCell, "gru": nn.GRUCell}[task.cell]
    cells = nn.ModuleList(kind(w.depth if layer == 0 else w.units, w.units) for layer in range(w.layers))

    def outputs() -> Tensor:
        sequence = list(x)
        for cell in cells:
            sequence = layer_outputs(cell, sequence, lengths, w.batch, w.units)
        return torch.stack(sequence)

    return torch_steps.step(outputs, [x, *cells.parameters()], task.training)


def layer_outputs(cell: nn.Module, xs: list[Tensor], lengths: Tensor | None, batch: int, units: int) -> list[Tensor]:
    zeros = torch.zeros(batch, units)
    state = (zeros, zeros) if isinstance(cell, nn.LSTMCell) else (zeros,)
    outputs = []
    for time, x in enumerate(xs):
        new = cell(x, state) if len(state) == 2 else (cell(x, state[0]),)
        output = new[0]
        if lengths is not None:
            counts = (time < lengths)[:, None]
            new = tuple(torch.where(counts, one, old) for one, old in zip(new, state, strict=True))
            output = torch.where(counts, output, zeros)
        state = new
        outputs.append(output)
    return outputs
