"""`torch.nn.LSTM` and `torch.nn.GRU`; rows of different length are packed, as torch asks for."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.engines import torch_steps
from benchmarks.engines.torch_steps import versions
from benchmarks.workloads import Task

__all__ = ["build", "versions"]


def build(task: Task) -> Callable[[], float]:
    x, lengths = torch_steps.inputs(task)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU}[task.cell]
    network = kind(task.workload.depth, task.workload.units, task.workload.layers)

    def outputs() -> Tensor:
        if lengths is None:
            return network(x)[0]
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        return pad_packed_sequence(network(packed)[0])[0]

    return torch_steps.step(outputs, [x, *network.parameters()], task.training)
