"""What optimizers do to a variable and its slots, compiled: one pass over memory, in place."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recell.kernels._fused import Pointer, address
from recell.kernels._native import native
from recell.kernels._training import unfused

_SLOTS = 2

_NUMBERS = {
    "gradient_descent": (ctypes.c_float,),
    "momentum": (ctypes.c_float, ctypes.c_float, ctypes.c_int32),
    "adam": (ctypes.c_float, ctypes.c_float, ctypes.c_float, ctypes.c_float, ctypes.c_int32),
    "adam_between": (ctypes.c_int64, ctypes.c_float, ctypes.c_float, ctypes.c_float, ctypes.c_float),
    "adagrad": (ctypes.c_float, ctypes.c_int32),
    "rms_prop": (ctypes.c_float, ctypes.c_float, ctypes.c_float, ctypes.c_float),
}
"""What each rule takes behind the tensors, as training.h has it."""


_FEW_OPERATIONS = frozenset({"gradient_descent", "momentum", "adagrad"})
"""Rules that torch makes in so few operations that a compiled call pays for large variables alone."""

_SMALL = 1 << 13


class Scaled(NamedTuple):
    """A gradient that counts `scale` times, without memory for the product."""

    values: Tensor
    scale: Tensor
    """A scalar."""


class _Call(ctypes.Structure):
    """`RecellUpdate` of training.h."""

    _fields_ = (
        ("rows", ctypes.c_int64),
        ("width", ctypes.c_int64),
        ("variable", Pointer),
        ("slots", Pointer * _SLOTS),
        ("gradient", Pointer),
        ("indices", Pointer),
        ("scale", ctypes.c_float),
        ("threads", ctypes.c_int32),
    )


def not_updated(rule: str, state: Sequence[Tensor], gradient: Tensor) -> str:
    """Why `update` does not take this rule or these tensors, in a few words; empty if it does."""
    if rule not in _NUMBERS:
        return f"there is no compiled {rule}"
    if rule in _FEW_OPERATIONS and gradient.numel() < _SMALL:
        return "torch's few operations are as fast on so few elements"
    if not all(tensor.is_contiguous() for tensor in state):
        return "the variable or a slot is not contiguous"
    return unfused(*state, gradient)


def update(
    rule: str,
    state: Sequence[Tensor],
    gradient: Tensor,
    numbers: Sequence[float],
    *,
    rows: Tensor | None = None,
    scale: float = 1.0,
) -> None:
    """Changes a variable and its slots in place by one of the rules `gradient_descent`, `momentum`, `adam`, `adagrad`,
    `rms_prop`, or `adam_between`. TensorFlow's formulas and hyper-parameters.

    Args:
      rule: its name.
      state: the variable and its slots, of one shape: none, accum; m and v; accumulator; ms and mom.
      gradient: of the same shape, or `[n, ...]` for n rows of it.
      numbers: learning rate, momentum, Nesterov's form or not; step size, beta1, beta2, epsilon, Nesterov's form or
        not; learning rate, whether the accumulator changes; learning rate, rho, momentum, epsilon. `adam_between`, for
        a gradient that is zero in the other rows, takes no last one.
      rows: the numbers of the n rows, int64, in range, none twice, and ascending for `adam_between`.
      scale: a factor for the gradient.
    """
    variable, *slots = state
    count = 1 if rows is None else rows.numel()
    gradient = gradient.contiguous()
    pointers = [slot.data_ptr() for slot in slots] + [None] * (_SLOTS - len(slots))
    call = _Call(
        count,
        gradient.numel() // count,
        variable.data_ptr(),
        (Pointer * _SLOTS)(*pointers),
        gradient.data_ptr(),
        address(rows),
        scale,
        torch.get_num_threads(),
    )
    first = (variable.shape[0],) if rule == "adam_between" else ()
    _function(rule)(ctypes.byref(call), *first, *numbers)


@functools.cache
def _function(rule: str) -> Callable[..., Any]:
    function = getattr(native().library, f"recell_{rule}")
    function.argtypes = (Pointer, *_NUMBERS[rule])
    function.restype = None
    return function
