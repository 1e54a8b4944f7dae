"""What depends on nothing but shapes and constants, computed once for each set of shapes and not in every run.

A batch of unknown size makes every zero state, mask of ones and dimension of a `reshape` a small computation of its
own: a dozen operations on two or three integers each, in every run the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from recell.graph.tensor import Operation, Tensor
from recell.plan.plan import Plan

_OF_SHAPES = frozenset({"OnesLike", "Rank", "Shape", "Size", "ZerosLike"})
"""Types whose result follows from the shape of what they are given."""

_NAMES = """
Abs Add All Any Cast ConcatV2 Equal ExpandDims Fill FloorDiv FloorMod GatherV2 Greater GreaterEqual Identity
InvertPermutation Less LessEqual LogicalAnd LogicalNot LogicalOr Max Maximum Min Minimum Mul Neg NotEqual Pack Prod
Range RealDiv Reshape ReverseV2 Select Slice Split SplitV Squeeze StridedSlice Sub Sum Tile Transpose TransposeBy
TruncateDiv TruncateMod Unpack Where
"""

_ARITHMETIC = frozenset(_NAMES.split())
"""Types that computations with shapes are made of; each result follows from the inputs."""

_MOST_ELEMENTS = 2**16
"""Of a constant that is computed ahead of its use: a larger one would cost more memory than it saves time."""

_MOST_BYTES = 2**20
_MOST_SHAPES = 8


@dataclass
class ShapeGroup:
    """Operations of a plan that need the shapes of the same tensors `of`; the rest of the plan looks at `results`."""

    of: list[Tensor]
    results: list[Tensor] = field(default_factory=list)


def shape_groups(
    order: Sequence[Operation], looked_at: Iterable[Tensor], fixed: set[Tensor]
) -> dict[Operation, ShapeGroup | None]:
    """The operations of `order` that need only shapes and constants, each with its group, None if only those use it.

    `looked_at`: tensors that somebody outside of the plan sees. `fixed`: tensors whose operations must stay by
    themselves, since their values are fed, or differentiated by.
    """
    needs: dict[Operation, frozenset[Tensor]] = {}
    for op in order:
        shapes = None if op.control_inputs or not fixed.isdisjoint(op.outputs) else _shapes_needed(op, needs)
        if shapes is not None:
            needs[op] = shapes
    wanted = set(looked_at)
    for op in order:
        if op not in needs:
            wanted.update(op.inputs, op.attrs.get("_extra_inputs", ()))
    groups: dict[frozenset[Tensor], ShapeGroup] = {}
    found: dict[Operation, ShapeGroup | None] = {}
    for op, shapes in needs.items():
        if op.type == "Const":
            continue
        found[op] = None
        results = [t for t in op.outputs if t in wanted]
        if results:
            group = groups.get(shapes)
            if group is None:
                group = groups[shapes] = ShapeGroup(sorted(shapes, key=lambda t: (t.op.index, t.value_index)))
            group.results.extend(results)
            found[op] = group
    return found


def _shapes_needed(op: Operation, needs: dict[Operation, frozenset[Tensor]]) -> frozenset[Tensor] | None:
    """The tensors whose shapes determine what `op` gives; None if more does."""
    if op.type in _OF_SHAPES:
        shapes = frozenset().union(*(needs.get(t.op, {t}) for t in op.inputs))
    elif op.type == "Const" or (op.type in _ARITHMETIC and all(t.op in needs for t in op.inputs)):
        shapes = frozenset().union(*(needs[t.op] for t in op.inputs))
    else:
        return None
    return shapes if shapes or all(_is_small(t) for t in op.outputs) else None


def _is_small(tensor: Tensor) -> bool:
    elements = tensor.shape.num_elements()
    return elements is not None and elements <= _MOST_ELEMENTS


def kept_by_shape(plan: Plan) -> Callable[..., Any]:
    """A function that gives the results of `plan`, and the same objects again for arguments of the same shapes."""
    single = len(plan.results) == 1
    kept: dict[tuple[Any, ...], Any] = {}

    def call(*values: Any) -> Any:
        shapes = tuple([value.shape for value in values])
        found = kept.get(shapes)
        if found is None:
            made = plan.execute(values)
            found = made[0] if single else made
            if sum(value.nbytes for value in made) <= _MOST_BYTES:
                if len(kept) >= _MOST_SHAPES:
                    kept.clear()
                kept[shapes] = found
        return found

    return call
