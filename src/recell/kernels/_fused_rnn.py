"""The basic recurrent network in the fused kernel: whole sequences on the processor, in float32."""

from __future__ import annotations

import ctypes
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
    sequence_of,
    why_not_fused,
)
from recell.kernels._plain_gradient import gradient_by_plain

if TYPE_CHECKING:
    from recell.kernels._rnn import RnnCall

_INPUTS = ("x", "h0", "kernel", "bias")


class _Call(ctypes.Structure):
    """`RecellRnn` of recell.h."""

    _fields_ = (
        ("sequence", SequenceOf),
        *((name, Pointer) for name in _INPUTS),
        ("relu", ctypes.c_int32),
        *((name, Pointer) for name in ("y", "h")),
    )


class _GradientCall(ctypes.Structure):
    """`RecellRnnGradient` of recell.h."""

    _fields_ = (
        ("sequence", SequenceOf),
        *((name, Pointer) for name in ("x", "h0", "kernel")),
        ("relu", ctypes.c_int32),
        *((name, Pointer) for name in ("y", "dy", "dh", "dx", "dh0", "dkernel", "dbias")),
    )


class _Options(NamedTuple):
    """What of a call is no tensor to differentiate by."""

    relu: bool
    lengths: Tensor | None
    reverse: bool
    plain: Callable[..., Sequence[Tensor]]
    """The same function in torch's own operations, for gradients of gradients."""


def why_not_fused_rnn(call: RnnCall) -> str:
    """Why the fused kernel cannot compute this network; empty where it can."""
    if reason := why_not_fused(call.x, call.h0.shape[1]):
        return reason
    if call.activation not in (torch.tanh, torch.relu):
        name = getattr(call.activation, "__name__", repr(call.activation))
        return f"the fused basic network has tanh or relu, not {name}"
    return ""


def fused_rnn(call: RnnCall, plain: Callable[[RnnCall], Sequence[Tensor]]) -> tuple[Tensor, ...]:
    """Outputs and h. `plain` computes the same, for second gradients."""

    def reference(*tensors: Tensor) -> Sequence[Tensor]:
        named: dict[str, Any] = dict(zip(_INPUTS, tensors, strict=True), lengths=call.rows)
        return plain(replace(call, **named))

    options = _Options(call.activation is torch.relu, contiguous(call.rows), call.reverse, reference)
    return _Rnn.apply(*(getattr(call, name) for name in _INPUTS), options)


class _Rnn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, ...]:
        *given, options = arguments
        inputs: list[Any] = [contiguous(tensor) for tensor in given]
        ctx.options = options
        ctx.set_materialize_grads(False)
        x, h0, *_ = inputs
        units = h0.shape[1]
        y, h = x.new_empty((*x.shape[:2], units)), torch.empty_like(h0)
        call = _Call(
            sequence_of(x, units, 1, options.lengths, options.reverse),
            *map(address, inputs),
            options.relu,
            *map(address, (y, h)),
        )
        call_library("recell_rnn", call)
        ctx.save_for_backward(*given, y)
        return y, h

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        *given, y = ctx.saved_tensors
        needs, options = ctx.needs_input_grad[:-1], ctx.options
        if torch.is_grad_enabled():
            return (*gradient_by_plain(options.plain, given, gradients, needs), None)
        x, h0, kernel, bias = (tensor.contiguous() for tensor in given)
        found = (
            torch.empty_like(x) if needs[0] else None,
            torch.empty_like(h0),
            torch.empty_like(kernel) if needs[2] else None,
            torch.empty_like(bias),
        )
        seeds = [contiguous(gradient) for gradient in gradients]
        call = _GradientCall(
            sequence_of(x, h0.shape[1], 1, options.lengths, options.reverse),
            *map(address, (x, h0, kernel)),
            options.relu,
            *map(address, (y, *seeds, *found)),
        )
        call_library("recell_rnn_gradient", call)
        return (*found, None)
