"""The product of two matrices by the fastest library that torch holds."""

from __future__ import annotations

import functools
import os
import platform
from typing import Any

import torch
from torch import Tensor

LIBRARIES = ("torch", "onednn")
"""What RECELL_PRODUCT may say: torch's own product or oneDNN's; without it the processor decides."""

LARGE = 1 << 22
"""Multiplications from which the choice of a library matters more than what its call costs."""


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """`a @ b`, as `torch.matmul` has it: of matrices, or of stacks of them, with gradients of every order.

    Large float32 matrices, and stacks of rows with one matrix, go to the library that `product_choice` names.

    Raises:
      RuntimeError: for shapes that do not go together, with torch's message.
    """
    if product_choice()[0] == "torch":
        return torch.matmul(a, b)
    rows = a.reshape(-1, a.shape[-1]) if a.dim() > 2 and b.dim() == 2 else a
    if why_torch(rows, b):
        return torch.matmul(a, b)
    return _Product.apply(rows, b).view(*a.shape[:-1], b.shape[1])


@functools.cache
def product_choice() -> tuple[str, str]:
    """Which library multiplies large matrices, `"torch"` or `"onednn"`, and the reason in a few words.

    torch's own product is MKL's, which runs at less than half its speed on processors of AMD's, where oneDNN's (which
    torch holds too) is twice as fast. On Intel's, MKL's is as fast or faster.

    Raises:
      ValueError: RECELL_PRODUCT names no library.
    """
    wanted = os.environ.get("RECELL_PRODUCT")
    if wanted is not None and wanted not in LIBRARIES:
        raise ValueError(f"RECELL_PRODUCT is {wanted!r}; it may be {' or '.join(LIBRARIES)}, or unset.")
    if not torch.backends.mkldnn.is_available():
        return "torch", "this build of torch has no oneDNN"
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return "torch", "this release of torch does not offer oneDNN's product"
    if wanted is not None:
        return wanted, f"RECELL_PRODUCT is {wanted}"
    if not torch.backends.mkl.is_available():
        return "torch", "torch's own product is not MKL's"
    vendor = _processor()
    if "AMD" in vendor:
        return "onednn", f"the processor is {vendor}, on which MKL's is slow"
    return "torch", f"the processor is {vendor or 'not known'}, and MKL's is slow only on AMD's"


def why_torch(a: Tensor, b: Tensor) -> str:
    """Why torch multiplies these two itself whatever the choice, in a few words; empty if the choice holds."""
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[0]:
        return "they are not two matrices that go together"
    for tensor in (a, b):
        if tensor.dtype != torch.float32 or tensor.device.type != "cpu":
            return f"one is {tensor.dtype} on {tensor.device}, not float32 on the CPU"
    if a.shape[0] * a.shape[1] * b.shape[1] < LARGE:
        return "they are small"
    return ""


def _processor() -> str:
    """The maker's name as the processor tells it; empty where nobody says."""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            return next((line.split(":")[1].strip() for line in lines if line.startswith("vendor_id")), "")
    return platform.processor()


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return _onednn(a, b)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        return (
            matmul(gradient, b.t()) if ctx.needs_input_grad[0] else None,
            matmul(a.t(), gradient) if ctx.needs_input_grad[1] else None,
        )


def _onednn(a: Tensor, b: Tensor) -> Tensor:
    # A left matrix that lies transposed costs oneDNN more than a copy of it; the right one may lie either way.
    right = b if 1 in b.stride() else b.contiguous()
    return torch.ops.mkldnn._linear_pointwise(a.contiguous(), right.t(), None, "none", [], "")
