"""`torch.nn.LSTM` and `torch.nn.GRU`.

Rows of different length are packed, as torch asks for, or computed to the end of the time axis and masked: the same
outputs as long as nobody wants states or the other direction.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.engines import torch_steps
from benchmarks.workloads import Task


def build(task: Task, packed: bool = True) -> Callable[[], float]:
    x, lengths = torch_steps.inputs(task)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU}[task.cell]
    counts = None if lengths is None else (torch.arange(task.workload.time)[:, None] < lengths)[:, :, None]
    network = kind(task.workload.depth, task.workload.units, task.workload.layers)

    def outputs() -> Tensor:
        if lengths is None:
            return network(x)[0]
        if not packed:
            return torch.where(counts, network(x)[0], 0.0)
        return pad_packed_sequence(network(pack_padded_sequence(x, lengths, enforce_sorted=False))[0])[0]

    return torch_steps.step(outputs, [x, *network.parameters()], task.training)


def versions(packed: bool = True) -> str:
    return torch_steps.versions()
