"""How two static shapes differ, in TF1's words."""

from __future__ import annotations

from recell.graph.registry import Inference, brackets
from recell.graph.shapes import TensorShape


def difference(a: TensorShape, b: TensorShape) -> str:
    """What keeps two shapes that are known to differ from being one."""
    if a.ndims != b.ndims:
        return f"Shapes must be equal rank, but are {a.ndims} and {b.ndims}"
    pairs = enumerate(zip(a.tuple or (), b.tuple or (), strict=True))
    k, m, n = next((k, m, n) for k, (m, n) in pairs if None not in (m, n) and m != n)
    return (
        f"Dimension {k} in both shapes must be equal, but are {m} and {n}. Shapes are {brackets(a)} and {brackets(b)}."
    )


def all_equal(i: Inference) -> TensorShape:
    """The rule for inputs that must all have one shape, naming the first that has not."""
    shape = i.shape(0)
    for k, other in enumerate(i.shapes()[1:]):
        try:
            shape = shape.merge_with(other)
        except ValueError:
            raise i.mismatch(f"{difference(shape, other)}\n\tFrom merging shape {k} with other shapes.") from None
    return shape
