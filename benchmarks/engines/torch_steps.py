"""What the engines that run on torch share: inputs, and a step with or without gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from benchmarks.workloads import Task


def inputs(task: Task) -> tuple[Tensor, Tensor | None]:
    """The batch `[time, batch, depth]`, which asks for gradients when training; the lengths `[batch]` or None."""
    x = torch.from_numpy(task.workload.inputs()).requires_grad_(task.training)
    lengths = task.workload.lengths()
    return x, None if lengths is None else torch.from_numpy(lengths)


def weight(*shape: int) -> Tensor:
    return (torch.rand(*shape) * 0.2 - 0.1).requires_grad_()


def step(outputs: Callable[[], Tensor], leaves: Sequence[Tensor], training: bool) -> Callable[[], float]:
    """One step: `outputs()`, their mean square, and when training its gradients by `leaves`."""

    def train() -> float:
        loss = outputs().square().mean()
        torch.autograd.grad(loss, leaves)
        return loss.item()

    def forward() -> float:
        with torch.no_grad():
            return outputs().square().mean().item()

    return train if training else forward


def versions() -> str:
    return f"torch {torch.__version__}"
