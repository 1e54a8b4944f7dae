"""Softmax cross entropy of logits with shares or with the number of the right class."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor

from recell.kernels._fused import Pointer, address
from recell.kernels._native import native
from recell.kernels._training import unfused

SMALL = 4096
"""Logits up to which torch's own cross entropy of labels costs less than a call of the compiled one."""


def softmax_cross_entropy(logits: Tensor, shares: Tensor) -> Tensor:
    """`-sum(shares * log_softmax(logits))` along the last axis.

    The gradient by the logits is `softmax(logits) - shares` whatever the shares sum to, as in TensorFlow; that of the
    formula would differ where they do not sum to one. The shares have a gradient too.

    Args:
      logits: `[..., classes]`, floating-point.
      shares: how much of each class is right, of the shape and dtype of the logits.

    Returns:
      One loss a row, `[...]`.

    Raises:
      ValueError: for different shapes.

    Example:
      >>> softmax_cross_entropy(torch.zeros(2, 4), torch.eye(4)[:2])
      tensor([1.3863, 1.3863])
    """
    if logits.shape != shares.shape or not logits.dim():
        raise ValueError(
            f"softmax_cross_entropy: logits and shares must have one shape [..., classes], received "
            f"{list(logits.shape)} and {list(shares.shape)}."
        )
    if unfused(logits, shares):
        return _SharesPlain.apply(logits, shares)
    return _Shares.apply(logits.contiguous(), shares.contiguous())


def sparse_softmax_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """`-log_softmax(logits)[label]` of each row.

    Args:
      logits: `[..., classes]`, floating-point.
      labels: the right class of each row, int32 or int64 `[...]`.

    Returns:
      One loss a row, `[...]`.

    Raises:
      ValueError: for shapes that do not go together.
      IndexError: for a label that is no class.

    Example:
      >>> sparse_softmax_cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
      tensor([1.3863, 1.3863])
    """
    if logits.shape[:-1] != labels.shape or not logits.dim():
        raise ValueError(
            f"sparse_softmax_cross_entropy: labels must have the shape of logits {list(logits.shape)} without its last "
            f"axis, received {list(labels.shape)}."
        )
    classes = logits.shape[-1]
    labels = labels.long()
    if labels.numel():
        low, high = (int(bound) for bound in torch.aminmax(labels))
        if low < 0 or high >= classes:
            raise IndexError(
                f"sparse_softmax_cross_entropy: label {low if low < 0 else high} is outside of 0 to {classes - 1}, the "
                f"classes of logits {list(logits.shape)}."
            )
    if logits.numel() < SMALL or unfused(logits):
        flat = logits.reshape(labels.numel(), classes)
        loss = torch.nn.functional.cross_entropy(flat, labels.reshape(-1), reduction="none")
        return loss.reshape(labels.shape)
    return _Sparse.apply(logits.contiguous(), labels.contiguous())


# -- in torch's operations ------------------------------------------------------------------------------------------


class _SharesPlain(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, shares: Tensor) -> Tensor:
        logp = torch.log_softmax(logits, -1)
        ctx.save_for_backward(logits, shares, logp)
        return -(shares * logp).sum(-1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        logits, shares, logp = ctx.saved_tensors
        if torch.is_grad_enabled():
            logp = torch.log_softmax(logits, -1)  # a function of the logits, for gradients of this gradient
        return _by_shares(logp, shares, gradient, ctx.needs_input_grad)


def _by_shares(
    logp: Tensor, shares: Tensor, gradient: Tensor, needs: tuple[bool, ...]
) -> tuple[Tensor | None, Tensor | None]:
    gradient = gradient.unsqueeze(-1)
    of_logits = (logp.exp() - shares) * gradient if needs[0] else None
    return of_logits, -logp * gradient if needs[1] else None


# -- fused ----------------------------------------------------------------------------------------------------------


class _Call(ctypes.Structure):
    """`RecellCrossEntropy` of training.h."""

    _fields_ = (
        ("rows", ctypes.c_int64),
        ("classes", ctypes.c_int64),
        *((name, Pointer) for name in ("logits", "labels", "shares", "greatest", "sums", "losses")),
        ("threads", ctypes.c_int32),
    )


class _GradientCall(ctypes.Structure):
    """`RecellCrossEntropyGradient` of training.h."""

    _fields_ = (("of", _Call), ("weights", Pointer), ("gradient", Pointer))


def _call(
    logits: Tensor, labels: Tensor | None, shares: Tensor | None, scale: Tensor, losses: Tensor | None = None
) -> _Call:
    """`scale` `[2, ...]` holds what a row's exponentials are relative to, and their sum."""
    rows, greatest = scale.numel() // 2, scale.data_ptr()
    sums = greatest + rows * scale.element_size()
    given = address(logits), address(labels), address(shares)
    return _Call(rows, logits.shape[-1], *given, greatest, sums, address(losses), torch.get_num_threads())


def _forward(logits: Tensor, labels: Tensor | None, shares: Tensor | None) -> tuple[Tensor, Tensor]:
    scale = logits.new_empty((2, *logits.shape[:-1]))
    losses = logits.new_empty(logits.shape[:-1])
    native().library.recell_cross_entropy(ctypes.byref(_call(logits, labels, shares, scale, losses)))
    return losses, scale


def _gradient(logits: Tensor, labels: Tensor | None, shares: Tensor | None, scale: Tensor, weights: Tensor) -> Tensor:
    gradient, weights = torch.empty_like(logits), weights.contiguous()
    call = _GradientCall(_call(logits, labels, shares, scale), weights.data_ptr(), gradient.data_ptr())
    native().library.recell_cross_entropy_gradient(ctypes.byref(call))
    return gradient


class _Sparse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        losses, scale = _forward(logits, labels, None)
        ctx.save_for_backward(logits, labels, scale)
        return losses

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        logits, labels, scale = ctx.saved_tensors
        if not torch.is_grad_enabled():
            return _gradient(logits, labels, None, scale, gradient), None
        right = torch.nn.functional.one_hot(labels, logits.shape[-1])
        return (torch.softmax(logits, -1) - right) * gradient.unsqueeze(-1), None


class _Shares(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, shares: Tensor) -> Tensor:
        losses, scale = _forward(logits, None, shares)
        ctx.save_for_backward(logits, shares, scale)
        return losses

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        logits, shares, scale = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _by_shares(torch.log_softmax(logits, -1), shares, gradient, ctx.needs_input_grad)
        if not ctx.needs_input_grad[1]:
            return _gradient(logits, None, shares, scale, gradient), None
        greatest, sums = scale.unsqueeze(-1)
        return _by_shares(logits - greatest - sums.log(), shares, gradient, ctx.needs_input_grad)
