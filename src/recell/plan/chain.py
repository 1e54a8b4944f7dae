"""Loops that a program wrote by hand, `for t in range(n): output, state = cell(x[:, t], state)`, seen as what they are.

The pass takes the operations of a plan in order and puts one call in the place of operations that do the same at every
step: the steps of a recurrence become one call of the kernel that computes whole sequences; slices of one tensor, step
by step, one view of it; dropout, products with one matrix and arithmetic on every output one call on the sequence;
`tf.concat` and `tf.stack` of all of them one rearrangement. What it leaves, it leaves as it was: in doubt it joins not.

A plan's order is cut where something happens that others can see (a variable changes, a queue moves, Python runs).
Operations are joined within one of the stretches between, so that none of them passes such a point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from recell.graph.tensor import Operation, Tensor
from recell.plan.bodies import bodies_of, operations_in
from recell.plan.chain_find import LEAST_STEPS, is_step
from recell.plan.chain_numbers import is_pure
from recell.plan.chain_stretch import Stretch
from recell.plan.chain_types import Joined, Piece, Scene, Unit

_QUIET = frozenset({"CudnnRNN", "HistogramSummary", "Placeholder", "Recurrence", "VariableV2"})
"""Types that have state, which nobody else sees."""


def joined(order: Sequence[Operation], scene: Scene) -> Sequence[Unit]:
    """The operations of a plan in order, with those in one that may be computed as one."""
    if not _may_hold_loops(order):
        return order
    users = _users(order)
    units: list[Unit] = []
    for loud, stretch in groupby(order, _can_be_seen):
        ops = list(stretch)
        units.extend(ops if loud or not _may_hold_loops(ops) else Stretch(ops, scene, users).units())
    return _used(units, scene)


def _may_hold_loops(ops: Iterable[Operation]) -> bool:
    """Whether anything is there to begin with: several steps of recurrences, or several slices of one tensor."""
    steps = 0
    slices: Counter[Tensor] = Counter()
    for op in ops:
        if is_step(op):
            steps += 1
        elif op.type == "StridedSlice":
            slices[op.inputs[0]] += 1
    return steps >= LEAST_STEPS or any(count >= LEAST_STEPS for count in slices.values())


def _can_be_seen(op: Operation) -> bool:
    """Whether `op` does something that others can see, beside giving its values."""
    definition = op.definition
    if definition.mutates or definition.waits or definition.defers:
        return True
    if definition.stateful and op.type not in _QUIET and "seed" not in op.attrs:
        return True
    return any(_can_be_seen(inner) for body in bodies_of(op) for inner in operations_in(body))


def _users(order: Iterable[Operation]) -> dict[Tensor, list[Operation]]:
    users: dict[Tensor, list[Operation]] = {}
    for op in order:
        for tensor in dict.fromkeys(_inputs(op)):
            users.setdefault(tensor, []).append(op)
    return users


def _inputs(op: Operation) -> tuple[Tensor, ...]:
    return (*op.inputs, *op.attrs.get("_extra_inputs", ()))


def _used(units: Sequence[Unit], scene: Scene) -> list[Unit]:
    """The units that somebody needs, each `Joined` told which of its steps are needed one by one.

    An operation whose value a joined one takes from another, of the same value, is needed no more.
    """
    needed = set(scene.fetched)
    kept: list[Unit] = []
    for unit in reversed(units):
        if isinstance(unit, Joined):
            if unit.series is not None:
                unit.singles = [k for k, t in enumerate(unit.series.tensors) if t in needed and t not in unit.last]
            for argument in unit.arguments:
                if not isinstance(argument, Piece):
                    needed.update(argument.tensors)
        elif is_pure(unit) and unit not in scene.awaited and needed.isdisjoint(unit.outputs):
            continue
        else:
            needed.update(_inputs(unit))
        kept.append(unit)
    return kept[::-1]


def flat(units: Iterable[Unit]) -> Iterator[Operation]:
    """The operations of the units."""
    for unit in units:
        yield from unit.ops if isinstance(unit, Joined) else (unit,)
