"""Code over the rows of matrices as one function of tensors: compiled, and differentiated once."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from recell.kernels._native import native
from recell.kernels._plain_gradient import gradient_by_plain
from recell.kernels._row_code import OPERATIONS, REDUCTIONS, Code, Layout, RowCode, Step, forward, gradient

_NUMBERS = {name: number for number, name in enumerate(OPERATIONS)}
_ONE_A, _ONE_B, _ONTO = 1, 2, 4


class _Step(ctypes.Structure):
    """`RecellRowStep` of csrc/rowwise.h."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("operation", "flags", "width", "to", "a", "b")),
        ("factor", ctypes.c_float),
    )


class _Place(ctypes.Structure):
    """`RecellRowPlace` of csrc/rowwise.h."""

    _fields_ = (("at", ctypes.c_int32), ("width", ctypes.c_int32))


class _Program(ctypes.Structure):
    """`RecellRowProgram` of csrc/rowwise.h."""

    _fields_ = (
        ("memory", ctypes.c_int32),
        ("step_count", ctypes.c_int32),
        ("steps", ctypes.POINTER(_Step)),
        *((name, ctypes.c_int32) for name in ("shared", "inputs", "outputs", "sums")),
        ("places", ctypes.POINTER(_Place)),
    )


class _Compiled:
    """A layout as the library reads it. `shared` says which inputs are: those come first there."""

    def __init__(self, layout: Layout, shared: Sequence[bool]) -> None:
        order = sorted(range(len(shared)), key=lambda k: not shared[k])
        self._order = order
        rows = len(layout.outputs) - layout.sums
        self._widths = [place.width for place in layout.outputs[:rows]]
        self._sums = [place.width for place in layout.outputs[rows:]]
        places = [layout.inputs[k] for k in order] + layout.outputs
        self._steps = (_Step * len(layout.steps))(*map(_encoded, layout.steps))
        self._places = (_Place * len(places))(*(_Place(*place) for place in places))
        count = sum(shared)
        self._program = _Program(
            layout.memory, len(layout.steps), self._steps, count, len(order) - count, rows, layout.sums, self._places
        )
        self._reference = ctypes.byref(self._program)
        self._ins = ctypes.c_void_p * len(order)
        self._outs = ctypes.c_void_p * len(layout.outputs)

    def __call__(self, tensors: Sequence[Tensor], rows: int) -> list[Tensor]:
        """The outputs, those of rows `[rows, width]` before the sums `[width]`."""
        like = tensors[0]
        results = [like.new_empty((rows, width)) for width in self._widths]
        results += [like.new_empty(width) for width in self._sums]
        native().library.recell_rowwise(
            self._reference,
            ctypes.c_int64(rows),
            self._ins(*[tensors[k].data_ptr() for k in self._order]),
            self._outs(*[result.data_ptr() for result in results]),
            ctypes.c_int32(torch.get_num_threads()),
        )
        return results


def _encoded(step: Step) -> _Step:
    operation, to, a, b, factor, onto = step
    alone = operation not in REDUCTIONS
    flags = _ONE_A * (alone and a.width < step.width) | _ONE_B * (alone and b.width < step.width) | _ONTO * onto
    return _Step(_NUMBERS[operation], flags, step.width, to.at, a.at, b.at, factor)


# A loop written by hand has the same code at every step.
@functools.lru_cache(maxsize=256)
def _values_of(code: Code) -> _Compiled:
    return _Compiled(forward(code), [source.shared for source in code.inputs])


@functools.lru_cache(maxsize=256)
def _gradient_of(code: Code, given: tuple[bool, ...], wanted: tuple[bool, ...]) -> _Compiled:
    shared = [source.shared for source in code.inputs] + [False] * sum(given)
    return _Compiled(gradient(code, given, wanted), shared)


class RowProgram:
    """Compiled code. Called with the code's inputs, it gives its outputs, `[rows, width]` each.

    Args:
      code: what to compute. At least one of its inputs is not shared.
      plain: the same function in torch's operations: takes the inputs, gives a sequence of the outputs. It runs where
        `why_not` has a reason, and for gradients of gradients.
    """

    def __init__(self, code: RowCode, plain: Callable[..., Sequence[Tensor]]) -> None:
        self.plain = plain
        self._code = code.done()
        self._inputs = code.inputs
        self._shared = [source.shared for source in code.inputs]
        self._first = self._shared.index(False)
        self._forward = _values_of(self._code)
        self._gradients: dict[tuple[tuple[bool, ...], tuple[bool, ...]], _Compiled] = {}

    def why_not(self, tensors: Sequence[Tensor]) -> str:
        """Why the compiled code cannot run on these inputs; empty where it can."""
        if not native().active:
            return native().reason
        rows = tensors[self._first].shape[0] if tensors[self._first].dim() else 0
        if not rows:
            return "there are no rows"
        for tensor, (width, shared) in zip(tensors, self._inputs, strict=True):
            if tensor.dtype is not torch.float32 or not tensor.is_cpu:
                return f"compiled code takes float32 on the processor, not {tensor.dtype} on {tensor.device}"
            if shared:
                if tensor.dim() > 1 or tensor.numel() != width:
                    return f"an input that all rows share must have {width} numbers, not {list(tensor.shape)}"
            elif tensor.dim() != 2 or tensor.shape[1] != width or tensor.shape[0] != rows:
                return f"an input must be {[rows, width]}, not {list(tensor.shape)}"
        return ""

    def __call__(self, *tensors: Tensor) -> Sequence[Tensor]:
        if self.why_not(tensors):
            return self.plain(*tensors)
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
            return _Rowwise.apply(self, *tensors)
        return self.run(tensors)

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for inputs that `why_not` has nothing against."""
        contiguous = [tensor.contiguous() for tensor in tensors]
        return self._forward(contiguous, contiguous[self._first].shape[0])

    def gradient(
        self, tensors: Sequence[Tensor], gradients: Sequence[Tensor | None], wanted: tuple[bool, ...]
    ) -> list[Tensor | None]:
        """The gradients by the wanted inputs, of their shapes; None for the others."""
        given = tuple(g is not None for g in gradients)
        found = [g for g in gradients if g is not None]
        if not found:
            return [None] * len(tensors)
        key = given, wanted
        compiled = self._gradients.get(key)
        if compiled is None:
            compiled = self._gradients[key] = _gradient_of(self._code, given, wanted)
        contiguous = [tensor.contiguous() for tensor in (*tensors, *found)]
        results = iter(compiled(contiguous, contiguous[self._first].shape[0]))
        by: list[Tensor | None] = [None] * len(tensors)
        for shared_ones in (False, True):
            for k, tensor in enumerate(tensors):
                if wanted[k] and self._shared[k] is shared_ones:
                    by[k] = next(results).view(tensor.shape)
        return by


class _Rowwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, program: RowProgram, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.program = program
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        return tuple(program.run(tensors))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        program, tensors, wanted = ctx.program, ctx.saved_tensors, ctx.needs_input_grad[1:]
        if torch.is_grad_enabled():
            return None, *gradient_by_plain(program.plain, tensors, gradients, wanted)
        return None, *program.gradient(tensors, gradients, wanted)
