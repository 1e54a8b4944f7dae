"""Functions with a pole whose gradient TensorFlow takes to be zero where nothing flows back, instead of 0 * inf.

`tf.where(x > 0, tf.sqrt(x), x)` then has a gradient at x = 0. Imported when a gradient is first recorded through one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def _where_asked(gradient: Tensor, result: Tensor) -> Tensor:
    return torch.where(gradient == 0, torch.zeros_like(result), result)


class Sqrt(torch.autograd.Function):
    """`sqrt(x)`, gradient `g / (2 sqrt(x))`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.sqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return _where_asked(grads[0], 0.5 * grads[0] / y.conj())


class Rsqrt(torch.autograd.Function):
    """`1 / sqrt(x)`, gradient `-g y^3 / 2`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.rsqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return _where_asked(grads[0], -0.5 * grads[0] * (y * y * y).conj())


class Reciprocal(torch.autograd.Function):
    """`1 / x`, gradient `-g y^2`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.reciprocal(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return _where_asked(grads[0], -grads[0] * (y * y).conj())
