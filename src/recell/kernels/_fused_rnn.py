"""The basic recurrent network in the fused kernel: whole sequences on the processor, in float32."""

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

    lengths, units, relu = contiguous(call.rows), call.h0.shape[1], call.activation is torch.relu

    def forward(inputs: list[Any], kept: Tensor | None) -> tuple[Tensor, ...]:
        x, h0, *_ = inputs
        results = x.new_empty((*x.shape[:2], units)), torch.empty_like(h0)
        sequence = sequence_of(x, units, 1, lengths, call.reverse)
        call_library("recell_rnn", _Call(sequence, *map(address, inputs), relu, *map(address, results)))
        return results

    def gradient(
        inputs: list[Any], y: Tensor, kept: None, seeds: list[Tensor | None], needs: tuple[bool, ...]
    ) -> Sequence[Tensor | None]:
        x, h0, kernel, bias = inputs
        found = (
            torch.empty_like(x) if needs[0] else None,
            torch.empty_like(h0),
            torch.empty_like(kernel) if needs[2] else None,
            torch.empty_like(bias),
        )
        arguments = _GradientCall(
            sequence_of(x, units, 1, lengths, call.reverse),
            *map(address, (x, h0, kernel)),
            relu,
            *map(address, (y, *seeds, *found)),
        )
        call_library("recell_rnn_gradient", arguments)
        return found

    # its outputs are all that the gradient needs
    recurrence = Recurrence(forward, gradient, reference, units, lengths, 0, torch.is_grad_enabled())
    return Fused.apply(*(getattr(call, name) for name in _INPUTS), recurrence)
