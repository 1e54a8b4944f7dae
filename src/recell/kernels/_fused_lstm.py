"""Long short-term memory in the fused kernel: whole sequences on the processor, in float32."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from recell.kernels._fused import (
    Fused,
    Pointer,
    Recurrence,
    SequenceOf,
    address,
    call_library,
    contiguous,
    sequence_of,
    why_not_fused,
)

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

    lengths, clip = contiguous(call.rows), math.inf if call.cell_clip is None else call.cell_clip
    units = call.c0.shape[1]

    def forward(inputs: list[Any], kept: Tensor | None) -> tuple[Tensor, ...]:
        x, c0, h0, *_ = inputs
        results = x.new_empty((*x.shape[:2], units)), torch.empty_like(c0), torch.empty_like(h0)
        arguments = _Call(
            sequence_of(x, units, 4, lengths, call.reverse),
            *map(address, inputs),
            float(call.forget_bias),
            clip,
            *map(address, (*results, kept)),
        )
        call_library("recell_lstm", arguments)
        return results

    def gradient(
        inputs: list[Any], y: Tensor, kept: Tensor, seeds: list[Tensor | None], needs: tuple[bool, ...]
    ) -> Sequence[Tensor | None]:
        x, c0, h0, kernel, bias, *peepholes = inputs
        found = [
            torch.empty_like(x) if needs[0] else None,
            torch.empty_like(c0),
            torch.empty_like(h0),
            torch.empty_like(kernel) if needs[3] else None,
            torch.empty_like(bias),
            *(None if peephole is None else torch.empty_like(peephole) for peephole in peepholes),
        ]
        arguments = _GradientCall(
            sequence_of(x, units, 4, lengths, call.reverse),
            *map(address, (x, c0, h0, kernel, *peepholes)),
            clip,
            call.straight_through_clip,
            *map(address, (y, kept, *seeds, *found)),
        )
        call_library("recell_lstm_gradient", arguments)
        return found

    recurrence = Recurrence(forward, gradient, reference, units, lengths, 5, torch.is_grad_enabled())
    return Fused.apply(*(getattr(call, name) for name in names), recurrence)
