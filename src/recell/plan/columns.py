"""States that are cut and joined: which columns of which tensors a tensor consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor


class Columns(NamedTuple):
    """Columns `start` to `stop` of a tensor `[batch, width]`; `stop` None: all of a tensor whose width is not known."""

    tensor: Tensor
    start: int
    stop: int | None


Parts: TypeAlias = tuple[Columns, ...]


def whole(tensor: Tensor) -> Parts:
    """All columns of a tensor, whatever its rank."""
    return (Columns(tensor, 0, _width(tensor)),)


def parted(op: Operation, parts: Mapping[Tensor, Parts]) -> list[Parts] | None:
    """What each output of `op` consists of, where it cuts or joins tensors that have `parts`; else None."""
    if any(tensor not in parts for tensor in (op.inputs if op.type == "ConcatV2" else op.inputs[:1])):
        return None
    if op.type == "Identity":
        return [parts[op.inputs[0]]]
    if op.type == "ConcatV2" and _is_of_columns(op):
        joined = [column for tensor in op.inputs for column in parts[tensor]]
        return None if any(column.stop is None for column in joined) else [_merged(joined)]
    bounds = _bounds(op)
    source = parts[op.inputs[0]] if bounds else ()
    if not bounds or any(column.stop is None for column in source):
        return None
    return [_taken(source, start, stop) for start, stop in bounds]


def _width(tensor: Tensor) -> int | None:
    dims = tensor.shape.tuple
    return dims[1] if dims is not None and len(dims) == 2 else None


def _is_of_columns(op: Operation) -> bool:
    return op.attrs["axis"] in (1, -1) and all(tensor.shape.ndims == 2 for tensor in op.inputs)


def _bounds(op: Operation) -> list[tuple[int, int]] | None:
    """From where to where each output of a cut reaches, None where that is not known or it is no cut of columns."""
    if op.type in ("Split", "SplitV"):
        widths = [_width(tensor) for tensor in op.outputs]
        if _is_of_columns(op) and None not in widths:
            return list(pairwise(accumulate((w or 0 for w in widths), initial=0)))
    elif op.type == "Slice":
        begin, size = map(constant_value, op.inputs[1:])
        width = _width(op.outputs[0])
        if begin is not None and size is not None and len(begin) == 2 and width is not None:
            return [(int(begin[1]), int(begin[1]) + width)] if (begin[0], size[0]) == (0, -1) else None
    return None


def _taken(parts: Parts, start: int, stop: int) -> Parts:
    """The columns from `start` to `stop`, counted over all parts."""
    taken, offset = [], 0
    for tensor, first, last in parts:
        assert last is not None
        low, high = max(start - offset, 0), min(stop - offset, last - first)
        if low < high:
            taken.append(Columns(tensor, first + low, first + high))
        offset += last - first
    return _merged(taken)


def _merged(parts: Sequence[Columns]) -> Parts:
    merged: list[Columns] = []
    for column in parts:
        if merged and (merged[-1].tensor, merged[-1].stop) == (column.tensor, column.start):
            merged[-1] = merged[-1]._replace(stop=column.stop)
        else:
            merged.append(column)
    return tuple(merged)
