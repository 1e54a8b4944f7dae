"""The gated recurrent unit in the fused kernel: whole sequences on the processor, in float32."""

from __future__ import annotations

import ctypes
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

    lengths, units = contiguous(call.rows), call.h0.shape[1]

    def forward(inputs: list[Any], kept: Tensor | None) -> tuple[Tensor, ...]:
        x, h0, *_ = inputs
        results = x.new_empty((*x.shape[:2], units)), torch.empty_like(h0)
        sequence = sequence_of(x, units, 3, lengths, call.reverse)
        call_library("recell_gru", _Call(sequence, *map(address, (*inputs, *results, kept))))
        return results

    def gradient(
        inputs: list[Any], y: Tensor, kept: Tensor, seeds: list[Tensor | None], needs: tuple[bool, ...]
    ) -> Sequence[Tensor | None]:
        x, h0, gate_kernel, _, candidate_kernel, _ = inputs
        # the kernel leaves out what is large and not asked for; the rest costs nothing
        found = [torch.empty_like(t) if need or t.dim() < 2 else None for t, need in zip(inputs, needs, strict=True)]
        found[1] = torch.empty_like(h0)
        arguments = _GradientCall(
            sequence_of(x, units, 3, lengths, call.reverse),
            *map(address, (x, h0, gate_kernel, candidate_kernel, y, kept, *seeds, *found)),
        )
        call_library("recell_gru_gradient", arguments)
        return found

    recurrence = Recurrence(forward, gradient, reference, units, lengths, 4, torch.is_grad_enabled())
    return Fused.apply(*(getattr(call, name) for name in _INPUTS), recurrence)
