"""States that steps hand on joined in one tensor and cut out of it again, as with `state_is_tuple=False`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recell.graph.tensor import Operation, Tensor
from recell.plan.chain_numbers import is_pure
from recell.plan.chain_types import Scene, Users
from recell.plan.columns import Parts, parted, whole


class HandedOn:
    """Which outputs of steps other tensors consist of, and who needs those tensors themselves."""

    def __init__(self, ops: Sequence[Operation], steps: set[Operation], scene: Scene) -> None:
        """`steps`: those of `ops` that may follow each other."""
        self._parts: dict[Tensor, Parts] = {}
        self._cuts: list[Operation] = []
        for op in ops:
            if op in steps:
                self._parts.update((tensor, whole(tensor)) for tensor in op.outputs)
            elif is_pure(op) and not scene.is_special(op):
                made = parted(op, self._parts)
                if made is not None:
                    self._parts.update(zip(op.outputs, made, strict=True))
                    self._cuts.append(op)

    def origin(self, tensor: Tensor) -> Tensor:
        """The output of a step that `tensor` is, through joining and cutting; itself where it is no single one."""
        parts = self._parts.get(tensor, ())
        return parts[0].tensor if len(parts) == 1 and parts == whole(parts[0].tensor) else tensor

    def unneeded(self, states: Mapping[Operation, Sequence[Tensor]], scene: Scene, users: Users) -> set[Operation]:
        """The operations that join and cut for nobody but steps which take their `states` from the steps before."""
        found: set[Operation] = set()
        for op in reversed(self._cuts):
            takers = [(user, tensor) for tensor in op.outputs for user in users.get(tensor, ())]
            for_steps = all(user in found or _is_replaced(tensor, user, states) for user, tensor in takers)
            if for_steps and op not in scene.awaited and scene.fetched.isdisjoint(op.outputs):
                found.add(op)
        return found


def _is_replaced(tensor: Tensor, op: Operation, states: Mapping[Operation, Sequence[Tensor]]) -> bool:
    """Whether `op`, which takes `tensor`, takes it only as a state that it has from the step before as well."""
    return op in states and tensor not in needs(op, states)


def needs(op: Operation, states: Mapping[Operation, Sequence[Tensor]]) -> list[Tensor]:
    """The inputs of `op`, with the states that it takes from the step before it in their places."""
    inputs = list(op.inputs)
    if op in states:
        for place, state in zip(op.definition.extra["over_time"].carried, states[op], strict=True):
            inputs[place] = state
    return inputs
