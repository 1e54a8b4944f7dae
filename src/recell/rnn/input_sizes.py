"""The sizes of a cell's inputs: of columns, which must be known while building, and of rows, which need not be."""

from __future__ import annotations

from typing import Any

from recell.graph.shapes import TensorShape
from recell.ops.array_shape import shape as shape_of


def known_depth(shape: TensorShape) -> int:
    """The depth of inputs `[batch, depth]`. ValueError for another rank, or a depth that is not known."""
    depth = shape.with_rank(2).as_list()[1]
    if depth is None:
        raise ValueError(
            f"Could not infer input size from inputs.get_shape()[-1]: it is not known in {shape}. Give the inputs "
            "their depth, by inputs.set_shape([None, depth])."
        )
    return depth


def known_last(shape: TensorShape) -> int:
    """The size of the last axis, whatever the rank. ValueError when it is not known."""
    dims = shape.as_list()
    if dims[-1] is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {tuple(dims)}")
    return dims[-1]


def row_count(inputs: Any) -> Any:
    """The first size of `inputs` `[batch, ...]`: an int where it is known while building, or else a scalar tensor."""
    dims = inputs.shape.tuple
    return shape_of(inputs)[0] if dims is None or dims[0] is None else dims[0]


__all__ = ["known_depth", "known_last", "row_count"]
