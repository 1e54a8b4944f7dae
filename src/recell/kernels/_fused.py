"""What the fused kernels of all cells share: which calls they take, how tensors become arguments of the C interface."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recell.kernels._native import native
from recell.kernels._plain_gradient import gradient_by_plain

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


class Recurrence(NamedTuple):
    """One call of a fused cell, as far as it is no tensor to differentiate by."""

    forward: Callable[[list[Any], Tensor | None], tuple[Tensor, ...]]
    """From the inputs and the memory for what is kept (or None): outputs and final states."""
    gradient: Callable[..., Sequence[Tensor | None]]
    """From inputs, outputs, what was kept, the gradients by the results and which are needed: those by the inputs."""
    plain: Callable[..., Sequence[Tensor]]
    """The same function in torch's own operations, for gradients of gradients."""
    units: int
    lengths: Tensor | None
    vectors: int
    """What is kept for the gradient: so many vectors for each block of units in each step of each row."""
    keeps: bool
    """Whether a gradient may be asked for; the forward pass of a function cannot tell."""

    def run(self, inputs: list[Any], keep: bool) -> tuple[tuple[Tensor, ...], Tensor | None]:
        """The results, and what was kept for the gradient."""
        kept = room_for_kept(inputs[0], self.units, self.lengths, self.vectors) if keep else None
        return self.forward(inputs, kept), kept


class Fused(torch.autograd.Function):
    """`Fused.apply(*inputs, recurrence)`: a fused cell and its gradient. The first input is x, the first result y."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, ...]:
        *given, recurrence = arguments
        ctx.recurrence = recurrence
        ctx.set_materialize_grads(False)
        keep = recurrence.vectors and recurrence.keeps and any(ctx.needs_input_grad)
        results, ctx.kept = recurrence.run([contiguous(tensor) for tensor in given], keep)
        ctx.save_for_backward(*given, results[0])
        return results

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        *given, y = ctx.saved_tensors
        recurrence, needs = ctx.recurrence, ctx.needs_input_grad[:-1]
        if torch.is_grad_enabled():
            return (*gradient_by_plain(recurrence.plain, given, gradients, needs), None)
        inputs = [contiguous(tensor) for tensor in given]
        kept, ctx.kept = ctx.kept, None
        if kept is None and recurrence.vectors:  # used up by a gradient before this one
            _, kept = recurrence.run(inputs, keep=True)
        seeds = [contiguous(gradient) for gradient in gradients]
        return (*recurrence.gradient(inputs, y, kept, seeds, needs), None)
