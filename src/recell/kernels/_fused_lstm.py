"""Long short-term memory in the fused kernel: whole sequences on the processor, in float32."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from recell.kernels._fused import (
    Pointer,
    SequenceOf,
    address,
    call_library,
    contiguous,
    room_for_kept,
    sequence_of,
    why_not_fused,
)
from recell.kernels._plain_gradient import gradient_by_plain

if TYPE_CHECKING:
    from recell.kernels._lstm import LstmCall

_PEEPHOLES = ("peephole_i", "peephole_f", "peephole_o")


class _Call(ctypes.Structure):
    """`RecellLstm` of recell.h."""

    _fields_ = (
        ("sequence", SequenceOf),
        *((name, Pointer) for name in ("x", "c0", "h0", "kernel", "bias", *_PEEPHOLES)),
        ("forget_bias", ctypes.c_float),
        ("cell_clip", ctypes.c_float),
        *((name, Pointer) for name in ("y", "c", "h", "kept")),
    )


class _GradientCall(ctypes.Structure):
    """`RecellLstmGradient` of recell.h."""

    _fields_ = (
        ("sequence", SequenceOf),
        *((name, Pointer) for name in ("x", "c0", "h0", "kernel", *_PEEPHOLES)),
        ("cell_clip", ctypes.c_float),
        ("straight_through", ctypes.c_int32),
        *((name, Pointer) for name in ("y", "kept", "dy", "dc", "dh")),
        *((name, Pointer) for name in ("dx", "dc0", "dh0", "dkernel", "dbias")),
        *((f"d{name}", Pointer) for name in _PEEPHOLES),
    )


class _Options(NamedTuple):
    """What of a call is no tensor to differentiate by."""

    forget_bias: float
    cell_clip: float
    straight_through_clip: bool
    lengths: Tensor | None
    reverse: bool
    keeps: bool
    """Whether a gradient may be asked for; the forward pass of a function cannot tell."""
    plain: Callable[..., Sequence[Tensor]]
    """The same function in torch's own operations, for gradients of gradients."""


def why_not_fused_lstm(call: LstmCall) -> str:
    """Why the fused kernel cannot compute this LSTM; empty where it can."""
    if reason := why_not_fused(call.x, call.c0.shape[1]):
        return reason
    if call.activation is not torch.tanh:
        return f"the fused LSTM has tanh, not {getattr(call.activation, '__name__', call.activation)!s}"
    if call.projection is not None:
        return "the fused LSTM has no projection"
    if isinstance(call.forget_bias, Tensor):
        return "the fused LSTM adds one number as forget bias, not a tensor"
    return ""


def fused_lstm(call: LstmCall, plain: Callable[[LstmCall], Sequence[Tensor]]) -> tuple[Tensor, ...]:
    """Outputs, c and h. `plain` computes the same, for second gradients."""
    names = ("x", "c0", "h0", "kernel", "bias", *_PEEPHOLES)

    def reference(*tensors: Tensor | None) -> Sequence[Tensor]:
        named: dict[str, Any] = dict(zip(names, tensors, strict=True), lengths=call.rows)
        return plain(replace(call, **named))

    options = _Options(
        float(call.forget_bias),
        math.inf if call.cell_clip is None else call.cell_clip,
        call.straight_through_clip,
        contiguous(call.rows),
        call.reverse,
        torch.is_grad_enabled(),
        reference,
    )
    return _Lstm.apply(*(getattr(call, name) for name in names), options)


def _forward(inputs: list[Any], options: _Options, keep: bool) -> tuple[tuple[Tensor, ...], Tensor | None]:
    """Outputs, c and h, and what the gradient needs beside them."""
    x, c0, h0, *_ = inputs
    units = c0.shape[1]
    kept = room_for_kept(x, units, options.lengths, 5) if keep else None
    outputs = x.new_empty((*x.shape[:2], units)), torch.empty_like(c0), torch.empty_like(h0)
    arguments = _Call(
        sequence_of(x, units, 4, options.lengths, options.reverse),
        *map(address, inputs),
        options.forget_bias,
        options.cell_clip,
        *map(address, (*outputs, kept)),
    )
    call_library("recell_lstm", arguments)
    return outputs, kept


class _Lstm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, ...]:
        *given, ctx.options = arguments
        inputs = [contiguous(tensor) for tensor in given]
        ctx.set_materialize_grads(False)
        outputs, ctx.kept = _forward(inputs, ctx.options, keep=ctx.options.keeps and any(ctx.needs_input_grad))
        ctx.save_for_backward(*given, outputs[0])
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        *given, y = ctx.saved_tensors
        needs = ctx.needs_input_grad[:-1]
        if torch.is_grad_enabled():
            return (*gradient_by_plain(ctx.options.plain, given, gradients, needs), None)
        inputs = [contiguous(tensor) for tensor in given]
        kept, ctx.kept = ctx.kept, None
        if kept is None:  # used up by a gradient before this one
            _, kept = _forward(inputs, ctx.options, keep=True)
        return (*_backward(inputs, y, kept, ctx.options, gradients, needs), None)


def _backward(
    inputs: list[Any],
    y: Tensor,
    kept: Tensor,
    options: _Options,
    gradients: tuple[Tensor | None, ...],
    needs: tuple[bool, ...],
) -> tuple[Tensor | None, ...]:
    x, c0, h0, kernel, bias, *peepholes = inputs
    found = [
        torch.empty_like(x) if needs[0] else None,
        torch.empty_like(c0),
        torch.empty_like(h0),
        torch.empty_like(kernel) if needs[3] else None,
        torch.empty_like(bias),
        *(None if peephole is None else torch.empty_like(peephole) for peephole in peepholes),
    ]
    seeds = [contiguous(gradient) for gradient in gradients]
    arguments = _GradientCall(
        sequence_of(x, c0.shape[1], 4, options.lengths, options.reverse),
        *map(address, (x, c0, h0, kernel, *peepholes)),
        options.cell_clip,
        options.straight_through_clip,
        *map(address, (y, kept, *seeds, *found)),
    )
    call_library("recell_lstm_gradient", arguments)
    return tuple(found)
