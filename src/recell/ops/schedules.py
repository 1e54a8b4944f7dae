"""The operation behind `piecewise_constant`: the other schedules are ordinary arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops.op import ANY, op

if TYPE_CHECKING:
    from torch import Tensor


def _any_value(i: Inference) -> TensorShape:
    """The values' shape as far as they have it in common: any of them may be picked."""
    shapes = i.shapes("values")
    if any(shape.ndims != shapes[0].ndims or shape.tuple is None for shape in shapes):
        return TensorShape(None)
    dims = zip(*(shape.tuple or () for shape in shapes), strict=True)
    return TensorShape.of(tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in dims))


@op(
    "PiecewiseConstant",
    shape=_any_value,
    dtype=lambda i: i.dtype("values"),
    types={"x": ANY, "boundaries": ANY},
    view=True,
)
def pick_by_boundaries(x: Tensor, boundaries: list[Tensor], values: list[Tensor]) -> Tensor:
    """`values[k]` for the first k with `x <= boundaries[k]`, the last value beyond all of them. `x` is a scalar."""
    for boundary, value in zip(boundaries, values[:-1], strict=True):
        if bool(x <= boundary):
            return value
    return values[-1]
