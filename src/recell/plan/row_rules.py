"""Operations that compute a row of their result from the same row of their inputs, as lines of `RowCode`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from recell.graph.dtypes import float32
from recell.graph.tensor import Operation, Tensor
from recell.kernels import Part, RowCode

Rule: TypeAlias = Callable[[RowCode, Operation, "Sequence[Part | None]"], "list[Part]"]
"""Writes an operation down, from its inputs (None for one that is not given) to its outputs."""


def _line(operation: str, factor: float = 0.0) -> Rule:
    def write(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
        return [code.apply(operation, *filter(None, parts), factor=factor)]

    return write


def _square(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
    x = _only(parts)
    return [code.apply("multiply", x, x)]


def _squared_difference(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
    difference = code.apply("subtract", *filter(None, parts))
    return [code.apply("multiply", difference, difference)]


def _moments(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
    x = _only(parts)
    mean = code.apply("mean", x)
    return [mean, code.apply("variance", x, mean)]


def _batch_normalization(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
    x, mean, variance, offset, scale = parts
    assert x is not None
    assert mean is not None
    assert variance is not None
    inverse = code.apply("inverse root", code.apply("shift", variance, factor=op.attrs["variance_epsilon"]))
    result = code.apply("multiply", code.apply("subtract", x, mean), inverse)
    if scale is not None:
        result = code.apply("multiply", result, scale)
    return [result if offset is None else code.apply("add", result, offset)]


def _split(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
    x, start, pieces = _only(parts), 0, []
    for output in op.outputs:
        width = width_of(output)
        assert width is not None
        pieces.append(x.slice(start, width))
        start += width
    return pieces


def _columns(code: RowCode, op: Operation, parts: Sequence[Part | None]) -> list[Part]:
    x = parts[0]
    assert x is not None
    start, stop, _ = op.attrs["index"][1].indices(x.width)
    return [x.slice(start, stop - start)]


def _only(parts: Sequence[Part | None]) -> Part:
    (part,) = parts
    assert part is not None
    return part


RULES: dict[str, Rule] = {
    "Add": _line("add"),
    "BiasAdd": _line("add"),
    "Sub": _line("subtract"),
    "Mul": _line("multiply"),
    "RealDiv": _line("divide"),
    "Neg": _line("scale", -1.0),
    "Square": _square,
    "SquaredDifference": _squared_difference,
    "Sqrt": _line("root"),
    "Rsqrt": _line("inverse root"),
    "Sigmoid": _line("sigmoid"),
    "Tanh": _line("tanh"),
    "Relu": _line("relu"),
    "Sum": _line("sum"),
    "Mean": _line("mean"),
    "Moments": _moments,
    "BatchNormalization": _batch_normalization,
    "Split": _split,
    "SplitV": _split,
    "StridedSlice": _columns,
}


def width_of(tensor: Tensor) -> int | None:
    """How many numbers a row of `[rows, width]` has; None for everything else, and where it is not known."""
    dims = tensor.shape.tuple
    return dims[1] if dims is not None and len(dims) == 2 and tensor.dtype is float32 else None


def shared_width(tensor: Tensor) -> int | None:
    """How many numbers `[width]`, or a scalar, has; None for everything else, and where it is not known."""
    dims = tensor.shape.tuple
    if dims is None or len(dims) > 1 or tensor.dtype.base_dtype is not float32:
        return None
    return dims[0] if dims else 1


def why_not_rowwise(op: Operation) -> str:
    """Why `op` cannot be part of a program over the rows of float32 matrices; empty where it can."""
    if op.type not in RULES:
        return f"there is no rule for {op.type}"
    if op.control_inputs:
        return "it waits for other operations"
    if "_custom_gradient" in op.attrs:
        return "it has a gradient of the program's own"
    if not all(width_of(tensor) for tensor in op.outputs):
        return "its result is no float32 matrix whose width is known"
    if any(width_of(tensor) is None and shared_width(tensor) is None for tensor in op.inputs):
        return "an input is neither a float32 matrix whose width is known, nor a vector or scalar that all rows share"
    matrices = [tensor for tensor in op.inputs if width_of(tensor) is not None]
    shapes = (tensor.shape.tuple or () for tensor in (*matrices, *op.outputs))
    if not matrices or len({dims[0] for dims in shapes} - {None}) > 1:
        return "its inputs have another number of rows than its result"
    return "" if _keeps_rows_apart(op) else "a row of its result is not made of the same row of its inputs alone"


def _keeps_rows_apart(op: Operation) -> bool:
    """Whether the operation's attributes keep every row to itself, and its widths go together."""
    if op.type in ("Sum", "Mean", "Moments"):
        axis = op.attrs["axis"]
        return bool(op.attrs["keepdims"]) and (axis if isinstance(axis, tuple) else (axis,)) in ((1,), (-1,))
    if op.type in ("Split", "SplitV"):
        return op.attrs["axis"] in (1, -1)
    if op.type == "StridedSlice":
        return len(op.inputs) == 1 and _takes_columns(op.attrs["index"])
    if op.type == "BiasAdd" and op.attrs["data_format"] != "NHWC":
        return False
    width = width_of(op.outputs[0])
    ins = {width_of(tensor) or shared_width(tensor) for tensor in op.inputs}
    return ins <= {1, width} and width in ins


def _takes_columns(index: Sequence[object]) -> bool:
    """Whether `x[index]` is all rows of some columns next to each other."""
    if len(index) != 2 or not all(isinstance(entry, slice) and entry.step in (None, 1) for entry in index):
        return False
    rows = index[0]
    return isinstance(rows, slice) and rows.start in (None, 0) and rows.stop is None


__all__ = ["RULES", "shared_width", "why_not_rowwise", "width_of"]
