"""The size of a cell's inputs that must be known when its variables are made, as the cells of `tf.contrib.rnn` ask."""

from __future__ import annotations

from recell.graph.shapes import TensorShape


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
    size = shape.as_list()[-1]
    if size is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {shape}")
    return size


__all__ = ["known_depth", "known_last"]
