"""Whether the compiled kernels take the tensors of a training step."""

from __future__ import annotations

import torch
from torch import Tensor

from recell.kernels._native import native


def unfused(*tensors: Tensor) -> str:
    """Why torch's operations must do it, in a few words; empty where the compiled kernels can."""
    loaded = native()
    if not loaded.active:
        return loaded.reason
    for tensor in tensors:
        if tensor.dtype is not torch.float32:
            return f"{tensor.dtype} is not float32"
        if not tensor.is_cpu:
            return f"the tensors are on {tensor.device}"
        if not tensor.numel():
            return "there is nothing to compute"
    return ""
