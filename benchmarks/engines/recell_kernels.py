"""`recell.kernels`, called as any function of torch tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.engines import torch_steps
from benchmarks.workloads import Task
from recell import __version__
from recell.kernels import gru, lstm


def build(task: Task) -> Callable[[], float]:
    x, lengths = torch_steps.inputs(task)
    w = task.workload
    layers = [weights(task.cell, w.depth if layer == 0 else w.units, w.units) for layer in range(w.layers)]
    zeros = torch.zeros(w.batch, w.units)

    def outputs() -> Tensor:
        sequence = x
        for layer in layers:
            if task.cell == "lstm":
                sequence = lstm(sequence, zeros, zeros, *layer, lengths=lengths)[0]
            else:
                sequence = gru(sequence, zeros, *layer, lengths=lengths)[0]
        return sequence

    return torch_steps.step(outputs, [x, *(one for layer in layers for one in layer)], task.training)


def weights(cell: str, depth: int, units: int) -> list[Tensor]:
    """Each kernel and its bias, in the order of `recell.kernels`."""
    columns = [4 * units] if cell == "lstm" else [2 * units, units]
    return [one for n in columns for one in (torch_steps.weight(depth + units, n), torch_steps.weight(n))]


def versions() -> str:
    return f"recell {__version__}, {torch_steps.versions()}"
