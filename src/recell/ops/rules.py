"""Shape rules: what is known of an operation's output shapes from its inputs' and attributes'.

A rule takes an `Inference` and gives a shape (a TensorShape, a list of dims, None for nothing known) or a list of
shapes. Two unknown dimensions may turn out equal at run time, so a rule never rejects them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape

Dims = tuple[int | None, ...]
Rule = Callable[[Inference], Any]


def unchanged(i: Inference) -> TensorShape:
    """The first input's shape."""
    return i.shape(0)


def scalar(i: Inference) -> TensorShape:
    return TensorShape.of(())


def unknown(i: Inference) -> TensorShape:
    return TensorShape(None)


def fixed(*dims: int | None) -> Rule:
    """A rule that always gives `dims`."""
    shape = TensorShape(list(dims))
    return lambda i: shape


def like(key: int | str) -> Rule:
    """A rule that gives the shape of one input."""
    return lambda i: i.shape(key)


def none(i: Inference) -> list[Any]:
    """For operations without outputs."""
    return []


def ranked(i: Inference, key: int | str, rank: int) -> TensorShape:
    """An input's shape, of unknown dims where nothing is known. ValueError for another rank."""
    shape = i.shape(key)
    if shape.ndims is None:
        return TensorShape([None] * rank)
    if shape.ndims != rank:
        raise i.mismatch(f"Shape must be rank {rank} but is rank {shape.ndims}")
    return shape


def broadcast_dims(a: Dims | None, b: Dims | None) -> Dims | None:
    """The dims of two broadcast shapes. ValueError when no run could make them fit."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    dims = list(a)
    offset = len(a) - len(b)
    for position, y in enumerate(b):
        x = a[offset + position]
        if x == y or y == 1:
            continue
        if x == 1 or x is None:
            dims[offset + position] = y
        elif y is not None:
            raise ValueError(f"Dimensions must be equal, but are {x} and {y}")
    return tuple(dims)


def broadcast(i: Inference) -> TensorShape:
    """The inputs broadcast together, two or more."""
    shapes = i.shapes()
    dims = shapes[0].tuple
    try:
        for shape in shapes[1:]:
            dims = broadcast_dims(dims, shape.tuple)
    except ValueError as error:
        raise i.mismatch(str(error)) from None
    return TensorShape(None) if dims is None else TensorShape.of(dims)


def merged(i: Inference) -> TensorShape:
    """The inputs, which must all have one shape."""
    shape = i.shape(0)
    for other in i.shapes()[1:]:
        try:
            shape = shape.merge_with(other)
        except ValueError:
            raise i.mismatch("Shapes must be equal") from None
    return shape


def normalized_axes(axis: Any, rank: int, i: Inference) -> list[int]:
    """The axes as numbers from 0. ValueError when one is out of range."""
    axes = [axis] if isinstance(axis, int) else [int(a) for a in axis]
    for a in axes:
        if not -rank <= a < rank:
            raise i.mismatch(f"Invalid reduction dimension {a} for input with {rank} dimensions.")
    return [a % rank if rank else 0 for a in axes]


def reduction(i: Inference) -> TensorShape:
    """For attributes `axis` (int, sequence or None) and `keepdims`."""
    dims = i.shape(0).tuple
    axis = i["axis"]
    if dims is None:
        return TensorShape.of(()) if axis is None and not i["keepdims"] else TensorShape(None)
    axes = list(range(len(dims))) if axis is None else normalized_axes(axis, len(dims), i)
    if i["keepdims"]:
        return TensorShape.of(tuple(1 if k in axes else d for k, d in enumerate(dims)))
    return TensorShape.of(tuple(d for k, d in enumerate(dims) if k not in axes))


def matmul(i: Inference) -> TensorShape:
    """`[..., m, k] x [..., k, n]`, with attributes `transpose_a` and `transpose_b`."""
    a, b = i.shape(0).tuple, i.shape(1).tuple
    if a is None or b is None:
        return TensorShape(None)
    if len(a) < 2 or len(b) < 2:
        short = a if len(a) < 2 else b
        raise i.mismatch(f"Shape must be rank 2 but is rank {len(short)}")
    m, inner_a = (a[-1], a[-2]) if i["transpose_a"] else (a[-2], a[-1])
    inner_b, n = (b[-1], b[-2]) if i["transpose_b"] else (b[-2], b[-1])
    if inner_a is not None and inner_b is not None and inner_a != inner_b:
        raise i.mismatch(f"Dimensions must be equal, but are {inner_a} and {inner_b}")
    try:
        batch = broadcast_dims(a[:-2], b[:-2])
    except ValueError as error:
        raise i.mismatch(str(error)) from None
    return TensorShape.of((*(batch or ()), m, n))


def from_value(key: int | str) -> Rule:
    """A rule for an output whose shape is an input's value (`fill`, `random_uniform`, ...)."""
    return lambda i: i.value_as_shape(key)


def axis_index(axis: int, rank: int, i: Inference, extra: int = 0) -> int:
    """`axis` counted from 0 in a tensor of `rank + extra` dims. ValueError when it is out of range."""
    rank += extra
    if not -rank <= axis < rank:
        raise i.mismatch(f"axis = {axis} not in [{-rank}, {rank})")
    return axis % rank


def concat_dims(shapes: Sequence[TensorShape], axis: int, i: Inference) -> TensorShape:
    """The shapes joined along `axis`."""
    known = [shape.tuple for shape in shapes if shape.tuple is not None]
    if not known:
        return TensorShape(None)
    rank = len(known[0])
    axis = axis_index(axis, rank, i)
    dims: list[int | None] = list(known[0])
    dims[axis] = 0 if len(known) == len(shapes) else None
    for shape in known:
        if len(shape) != rank:
            raise i.mismatch(f"Shape must be rank {rank} but is rank {len(shape)}")
        for k, d in enumerate(shape):
            if k == axis:
                dims[k] = None if dims[k] is None or d is None else dims[k] + d  # type: ignore[operator]
            elif dims[k] is None:
                dims[k] = d
            elif d is not None and d != dims[k]:
                raise i.mismatch(f"Dimension {k} in both shapes must be equal, but are {dims[k]} and {d}.")
    return TensorShape.of(tuple(dims))
