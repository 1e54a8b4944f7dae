"""What the fused kernels of all cells share: which calls they take, how tensors become arguments of the C interface."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from recell.kernels._native import native

Pointer = ctypes.c_void_p


class SequenceOf(ctypes.Structure):
    """`RecellSequence` of recell.h."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("time", "batch", "depth", "units")),
        ("lengths", Pointer),
        ("reverse", ctypes.c_int32),
        ("threads", ctypes.c_int32),
    )


def why_not_fused(x: Tensor, units: int) -> str:
    """Why no fused kernel can run over `x` `[time, batch, depth]`; empty where one can."""
    if x.device.type != "cpu":
        return f"the fused kernels run on the processor, and x is on {x.device}"
    if x.dtype != torch.float32:
        return f"the fused kernels compute in float32, and x is {x.dtype}"
    if not x.numel() or not units:
        return f"there is nothing to compute: x is {list(x.shape)}, and there are {units} units"
    return native().reason


WORTH_A_THREAD = 4_000_000
"""Multiplications and additions that take about as long as it takes to wake a thread."""


def sequence_of(x: Tensor, units: int, gates: int, lengths: Tensor | None, reverse: bool) -> SequenceOf:
    """The sequences of a call whose weights have `gates * units` columns.

    `lengths` are int64, contiguous, and stay alive as long as the result is used.
    """
    time, batch, depth = x.shape
    work = 2 * time * batch * gates * units * (depth + units)
    threads = min(torch.get_num_threads(), max(1, work // WORTH_A_THREAD))
    return SequenceOf(time, batch, depth, units, address(lengths), reverse, threads)


def address(tensor: Tensor | None) -> int | None:
    """Where a tensor's numbers begin, for the C interface."""
    return None if tensor is None else tensor.data_ptr()


def contiguous(tensor: Tensor | None) -> Tensor | None:
    """The tensor as the C interface reads it."""
    return None if tensor is None else tensor.contiguous()


def call_library(name: str, arguments: ctypes.Structure) -> None:
    """Calls function `name` of the library, without the GIL."""
    getattr(native().library, name)(ctypes.byref(arguments))


def room_for_kept(x: Tensor, units: int, lengths: Tensor | None, vectors: int) -> Tensor:
    """Memory for what a kernel keeps: so many vectors for each block of units in each step of each row."""
    library = native().library
    assert library is not None
    lanes = library.recell_lanes()
    places = x.shape[0] * x.shape[1] if lengths is None else int(lengths.sum())
    return x.new_empty(places * -(-units // lanes) * lanes * vectors)
