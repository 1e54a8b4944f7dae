"""The gated recurrent unit in the fused kernel: whole sequences on the processor, in float32."""

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
    room_for_kept,
    sequence_of,
    why_not_fused,
)
from recell.kernels._plain_gradient import gradient_by_plain

if TYPE_CHECKING:
    from recell.kernels._gru import GruCall

_WEIGHTS = ("gate_kernel", "gate_bias", "candidate_kernel", "candidate_bias")
_INPUTS = ("x", "h0", *_WEIGHTS)


class _Call(ctypes.Structure):
    """`RecellGru` of recell.h."""

    _fields_ = (("sequence", SequenceOf), *((name, Pointer) for name in (*_INPUTS, "y", "h", "kept")))


class _GradientCall(ctypes.Structure):
    """`RecellGruGradient` of recell.h."""

    _fields_ = (
        ("sequence", SequenceOf),
        *((name, Pointer) for name in ("x", "h0", "gate_kernel", "candidate_kernel", "y", "kept", "dy", "dh")),
        *((f"d{name}", Pointer) for name in _INPUTS),
    )


class _Options(NamedTuple):
    """What of a call is no tensor to differentiate by."""

    lengths: Tensor | None
    reverse: bool
    keeps: bool
    """Whether a gradient may be asked for; the forward pass of a function cannot tell."""
    plain: Callable[..., Sequence[Tensor]]
    """The same function in torch's own operations, for gradients of gradients."""


def why_not_fused_gru(call: GruCall) -> str:
    """Why the fused kernel cannot compute this GRU; empty where it can."""
    if reason := why_not_fused(call.x, call.h0.shape[1]):
        return reason
    if call.activation is not torch.tanh:
        return f"the fused GRU has tanh, not {getattr(call.activation, '__name__', repr(call.activation))}"
    return ""


def fused_gru(call: GruCall, plain: Callable[[GruCall], Sequence[Tensor]]) -> tuple[Tensor, ...]:
    """Outputs and h. `plain` computes the same, for second gradients."""

    def reference(*tensors: Tensor) -> Sequence[Tensor]:
        named: dict[str, Any] = dict(zip(_INPUTS, tensors, strict=True), lengths=call.rows)
        return plain(replace(call, **named))

    options = _Options(contiguous(call.rows), call.reverse, torch.is_grad_enabled(), reference)
    return _Gru.apply(*(getattr(call, name) for name in _INPUTS), options)


def _forward(inputs: list[Any], options: _Options, keep: bool) -> tuple[tuple[Tensor, ...], Tensor | None]:
    """Outputs and h, and what the gradient needs beside them."""
    x, h0, *_ = inputs
    units = h0.shape[1]
    kept = room_for_kept(x, units, options.lengths, 4) if keep else None
    outputs = x.new_empty((*x.shape[:2], units)), torch.empty_like(h0)
    arguments = _Call(
        sequence_of(x, units, 3, options.lengths, options.reverse), *map(address, (*inputs, *outputs, kept))
    )
    call_library("recell_gru", arguments)
    return outputs, kept


class _Gru(torch.autograd.Function):
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
        needs, options = ctx.needs_input_grad[:-1], ctx.options
        if torch.is_grad_enabled():
            return (*gradient_by_plain(options.plain, given, gradients, needs), None)
        inputs: list[Any] = [contiguous(tensor) for tensor in given]
        kept, ctx.kept = ctx.kept, None
        if kept is None:  # used up by a gradient before this one
            _, kept = _forward(inputs, options, keep=True)
        x, h0, gate_kernel, _, candidate_kernel, _ = inputs
        # the kernel leaves out what is large and not asked for; the rest costs nothing
        found = [torch.empty_like(t) if need or t.dim() < 2 else None for t, need in zip(inputs, needs, strict=True)]
        found[1] = torch.empty_like(h0)
        seeds = [contiguous(gradient) for gradient in gradients]
        arguments = _GradientCall(
            sequence_of(x, h0.shape[1], 3, options.lengths, options.reverse),
            *map(address, (x, h0, gate_kernel, candidate_kernel, y, kept, *seeds, *found)),
        )
        call_library("recell_gru_gradient", arguments)
        return (*found, None)
