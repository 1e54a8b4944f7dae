"""Gradients of gradients: engines that are differentiated once hand the second time to the plain path."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def gradient_by_plain(
    plain: Callable[..., Sequence[Tensor]],
    inputs: Sequence[Tensor | None],
    gradients: Sequence[Tensor | None],
    needs: Sequence[bool],
) -> tuple[Tensor | None, ...]:
    """The gradient of `plain(*inputs)`, as something to differentiate again.

    Args:
      plain: the function in operations that torch can differentiate twice.
      inputs: its arguments, with their history.
      gradients: by each of its outputs, or None.
      needs: which inputs are asked about.

    Returns:
      For each input its gradient, None for those that are not asked about or have none.
    """
    # nodes of their own, so that no gradient goes around through another input's history
    copies = [None if tensor is None else tensor.view_as(tensor) for tensor in inputs]
    outputs = plain(*copies)
    asked = [(output, gradient) for output, gradient in zip(outputs, gradients, strict=True) if gradient is not None]
    wanted = [copy for copy, need in zip(copies, needs, strict=True) if need and copy is not None]
    if not asked or not wanted:
        return (None,) * len(copies)
    ys, seeds = zip(*asked, strict=True)
    found = iter(torch.autograd.grad(ys, wanted, seeds, create_graph=True, allow_unused=True))
    return tuple(next(found) if need and copy is not None else None for copy, need in zip(copies, needs, strict=True))
