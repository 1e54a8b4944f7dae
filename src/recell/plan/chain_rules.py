"""Which operations take a tensor apart along time, do the same at every step, and put steps together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recell.graph.repeatable import draws
from recell.graph.tensor import Operation, Tensor
from recell.plan.chain_calls import concatenated, stacked
from recell.plan.chain_types import Call
from recell.plan.lifting import Kind, kind_of
from recell.plan.resources import Resources
from recell.plan.stepped_draws import has_stepped_draws

JOINS: dict[str, Callable[[Operation, Resources], Call]] = {"ConcatV2": concatenated, "Pack": stacked}
"""Types that put the tensors of a series together."""

_MAY_REFUSE = frozenset({"FloorDiv", "FloorMod", "GatherV2", "TruncateDiv", "TruncateMod"})
"""Types that refuse some values, and then tell which step it was."""

OWN_OF_EACH = ("seed", "seed2")
"""Attributes that may differ from step to step."""


@dataclass(frozen=True)
class Element:
    """One element of a tensor along an axis: `tensor[:, index]` where the axis is 1, of `length` elements."""

    tensor: Tensor
    axis: int
    index: int
    length: int


def element_of(op: Operation) -> Element | None:
    """What a slice that takes one element along one axis, and all there is along the others, is an element of."""
    if op.type != "StridedSlice" or len(op.inputs) != 1:
        return None
    tensor = op.inputs[0]
    dims = tensor.shape.tuple
    axis, index = _single_index(op.attrs["index"])
    if dims is None or axis is None or axis >= len(dims) or tensor.dtype.name == "string":
        return None
    length = dims[axis]
    if length is None or not -length <= index < length:
        return None
    return Element(tensor, axis, index % length, length)


def _single_index(index: Sequence[Any]) -> tuple[int | None, int]:
    """The axis and the number where `index` is one number among `:`, perhaps with `...` behind it."""
    for axis, entry in enumerate(index):
        if isinstance(entry, int):
            is_alone = all(other == slice(None) or other is Ellipsis for other in index[axis + 1 :])
            return (axis, entry) if is_alone else (None, 0)
        if entry != slice(None):
            break
    return None, 0


def can_run_at_once(op: Operation, along: Sequence[bool]) -> bool:
    """Whether operations like `op`, one a step, are one call, where `along` says which inputs differ between steps."""
    if len(op.outputs) != 1 or not any(along) or op.type in _MAY_REFUSE:
        return False
    if draws(op):
        return op.type == "Dropout" and has_stepped_draws(op, along)
    return not op.definition.stateful and kind_of(op, along) in (Kind.ELEMENTS, Kind.ROWS)
