"""Running sums that round as TensorFlow's do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recell._lazy import lazy_module
from recell.ops import rules
from recell.ops.op import FLOATS, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


@op("SumsInOrder", shape=rules.unchanged, T=FLOATS, differentiable=False)
def sums_in_order(x: Tensor) -> Tensor:
    """Running sums along axis 1, rounded after each addition.

    torch adds in double precision: it reaches 1 exactly where TensorFlow ends a little below, or the other way round.
    """
    if x.device.type != "cpu" or x.dtype is torch.bfloat16:
        return torch.cumsum(x, 1)
    values = x.detach().numpy()
    return torch.from_numpy(np.cumsum(values, axis=1, dtype=values.dtype))


__all__ = ["sums_in_order"]
