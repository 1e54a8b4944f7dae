"""Softmax cross entropy of logits with shares or with the number of the right class."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import torch
from torch import Tensor, get_num_threads

from recell.kernels._fused import Pointer, address
from recell.kernels._native import native
from recell.kernels._training import unfused

SMALL = 4096
"""Logits up to which torch's own cross entropy of labels costs less than a call of the compiled one."""


def softmax_cross_entropy(logits: Tensor, shares: Tensor, bias: Tensor | None = None) -> Tensor:
    """`-sum(shares * log_softmax(logits))` along the last axis.

    The gradient by the logits is `softmax(logits) - shares` whatever the shares sum to, as in TensorFlow; that of the
    formula would differ where they do not sum to one. The shares have a gradient too.

    Args:
      logits: `[..., classes]`, floating-point.
      shares: how much of each class is right, of the shape and dtype of the logits.
      bias: `[classes]`, added to every row of the logits on the way; nothing is as large as the logits but their
        gradient.

    Returns:
      One loss a row, `[...]`.

    Raises:
      ValueError: for shapes that do not go together.

    Example:
      >>> softmax_cross_entropy(torch.zeros(2, 4), torch.eye(4)[:2])
      tensor([1.3863, 1.3863])
    """
    if logits.shape != shares.shape or not logits.dim():
        raise ValueError(
            f"softmax_cross_entropy: logits and shares must have one shape [..., classes], received "
            f"{list(logits.shape)} and {list(shares.shape)}."
        )
    _check_bias("softmax_cross_entropy", logits, bias)
    if unfused(logits, shares):
        return _SharesPlain.apply(logits if bias is None else logits + bias, shares)
    return _Shares.apply(logits.contiguous(), shares.contiguous(), _contiguous(bias))


def sparse_softmax_cross_entropy(logits: Tensor, labels: Tensor, bias: Tensor | None = None) -> Tensor:
    """`-log_softmax(logits)[label]` of each row.

    Args:
      logits: `[..., classes]`, floating-point.
      labels: the right class of each row, int32 or int64 `[...]`.
      bias: see `softmax_cross_entropy`.

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
    _check_bias("sparse_softmax_cross_entropy", logits, bias)
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
        flat = (logits if bias is None else logits + bias).reshape(labels.numel(), classes)
        loss = torch.nn.functional.cross_entropy(flat, labels.reshape(-1), reduction="none")
        return loss.reshape(labels.shape)
    return _Sparse.apply(logits.contiguous(), labels.contiguous(), _contiguous(bias))


def _check_bias(function: str, logits: Tensor, bias: Tensor | None) -> None:
    if bias is not None and (bias.shape != logits.shape[-1:] or bias.dtype != logits.dtype):
        raise ValueError(
            f"{function}: bias must be {logits.dtype} [classes] = [{logits.shape[-1]}], received {bias.dtype} "
            f"{list(bias.shape)}."
        )


def _contiguous(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.contiguous()


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
        *((name, Pointer) for name in ("logits", "bias", "labels", "shares", "greatest", "sums", "losses")),
        ("threads", ctypes.c_int32),
    )


class _GradientCall(ctypes.Structure):
    """`RecellCrossEntropyGradient` of training.h."""

    _fields_ = (("of", _Call), *((name, Pointer) for name in ("weights", "gradient", "totals")))


class _Rows(NamedTuple):
    """Logits with what they are compared with: labels or shares. All contiguous."""

    logits: Tensor
    bias: Tensor | None
    labels: Tensor | None = None
    shares: Tensor | None = None

    def call(self, scale: Tensor, losses: Tensor | None = None) -> _Call:
        """`scale` `[2, ...]` holds what a row's exponentials are relative to, and their sum."""
        rows, greatest = scale.numel() // 2, scale.data_ptr()
        sums = greatest + rows * scale.element_size()
        return _Call(
            rows, self.logits.shape[-1], *map(address, self), greatest, sums, address(losses), get_num_threads()
        )

    def losses(self) -> tuple[Tensor, Tensor]:
        """Losses `[...]` and `scale`."""
        scale = self.logits.new_empty((2, *self.logits.shape[:-1]))
        losses = self.logits.new_empty(self.logits.shape[:-1])
        native().library.recell_cross_entropy(ctypes.byref(self.call(scale, losses)))
        return losses, scale

    def gradients(self, scale: Tensor, weights: Tensor, of_bias: bool) -> tuple[Tensor, Tensor | None]:
        """The gradients by logits and bias, from those by the losses."""
        gradient, weights, classes = torch.empty_like(self.logits), weights.contiguous(), self.logits.shape[-1]
        totals = self.logits.new_zeros((get_num_threads(), classes)) if of_bias else None
        call = _GradientCall(self.call(scale), *map(address, (weights, gradient, totals)))
        native().library.recell_cross_entropy_gradient(ctypes.byref(call))
        return gradient, None if totals is None else totals.sum(0)

    def biased(self) -> Tensor:
        return self.logits if self.bias is None else self.logits + self.bias


class _Sparse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, bias: Tensor | None) -> Tensor:
        losses, scale = _Rows(logits, bias, labels).losses()
        ctx.save_for_backward(logits, labels, bias, scale)
        return losses

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        logits, labels, bias, scale = ctx.saved_tensors
        rows = _Rows(logits, bias, labels)
        if not torch.is_grad_enabled():
            of_logits, of_bias = rows.gradients(scale, gradient, ctx.needs_input_grad[2])
            return of_logits, None, of_bias
        right = torch.nn.functional.one_hot(labels, logits.shape[-1])
        of_logits = (torch.softmax(rows.biased(), -1) - right) * gradient.unsqueeze(-1)
        return of_logits, None, _summed(of_logits, ctx.needs_input_grad[2])


class _Shares(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, shares: Tensor, bias: Tensor | None) -> Tensor:
        losses, scale = _Rows(logits, bias, shares=shares).losses()
        ctx.save_for_backward(logits, shares, bias, scale)
        return losses

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        logits, shares, bias, scale = ctx.saved_tensors
        rows, needs = _Rows(logits, bias, shares=shares), ctx.needs_input_grad
        if not torch.is_grad_enabled() and not needs[1]:
            of_logits, of_bias = rows.gradients(scale, gradient, needs[2])
            return of_logits, None, of_bias
        logp = torch.log_softmax(rows.biased(), -1)
        wanted, of_shares = _by_shares(logp, shares, gradient, (needs[0] or needs[2], needs[1]))
        return wanted, of_shares, None if wanted is None else _summed(wanted, needs[2])


def _summed(gradient: Tensor, wanted: bool) -> Tensor | None:
    """The gradient by the bias from that by the logits."""
    return gradient.reshape(-1, gradient.shape[-1]).sum(0) if wanted else None
