"""Between the graph's dtypes and torch's, and between numpy's arrays and torch's."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell.graph.dtypes import DType, as_dtype, bfloat16

if TYPE_CHECKING:
    import torch
else:
    torch = lazy_module("torch")


@functools.cache
def torch_dtype(dtype: DType) -> torch.dtype:
    """The torch dtype that holds `dtype`. TypeError for one that torch has no tensor of (strings, resources)."""
    name = as_dtype(dtype).base_dtype.name
    found = getattr(torch, {"half": "float16", "float": "float32", "double": "float64"}.get(name, name), None)
    if not isinstance(found, torch.dtype):
        raise TypeError(f"Tensors of type {name} are held by numpy, not by torch.")
    return found


def to_torch(array: np.ndarray) -> Any:
    """A torch tensor that shares the array's memory where it can; object arrays (strings) are left as they are."""
    if array.dtype == object:
        return array
    if not array.flags.writeable or not array.flags.c_contiguous or not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="), order="C", copy=True)
    if array.dtype.kind == "V" and array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_numpy(value: Any, copy: bool) -> Any:
    """A numpy array of the value, or a numpy scalar for a scalar; shares memory unless `copy`."""
    if isinstance(value, np.ndarray):
        array = value.copy() if copy else value
        return array[()] if array.ndim == 0 else array
    if value.requires_grad:
        value = value.detach()
    if value.device.type != "cpu":
        value, copy = value.cpu(), False
    if value.dtype == torch.bfloat16:
        array = value.view(torch.int16).numpy().view(bfloat16.as_numpy_dtype)
    else:
        array = value.numpy()
    if array.ndim == 0:
        return array[()]
    return array.copy() if copy or not array.flags.c_contiguous else array
