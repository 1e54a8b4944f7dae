"""Numbers for values: two tensors that have the same one hold the same value in a run.

So that `1 - keep_prob`, computed anew at every step of a loop, is seen to be one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from recell.graph.body import Body
from recell.graph.tensor import Operation, Tensor
from recell.plan.chain_types import Scene
from recell.plan.order import read_variable

_SMALL = 16  # elements of a constant that is compared by value


class Numbers:
    """The numbers of the tensors of a stretch of a plan's order within which no variable changes."""

    def __init__(self, ops: Sequence[Operation], scene: Scene) -> None:
        self._scene = scene
        self._by_key: dict[Any, int] = {}
        self._by_tensor: dict[Tensor, int] = {}
        self._firsts: dict[int, Tensor] = {}
        for op in ops:
            if is_pure(op) and not scene.is_special(op) and not scene.is_read(op.outputs[0]):
                key = signature(op), op in scene.recorded, self.of_all(op.inputs)
                for tensor in op.outputs:
                    number = self._by_tensor[tensor] = self._number((key, tensor.value_index))
                    self._firsts.setdefault(number, tensor)

    def of(self, tensor: Tensor) -> int:
        """The number of a tensor's value; one of its own where nothing else is known to be the same."""
        found = self._by_tensor.get(tensor)
        if found is None:
            key = read_variable(tensor) if self._scene.is_read(tensor) else tensor
            found = self._by_tensor[tensor] = self._number(key)
        return found

    def of_all(self, tensors: Iterable[Tensor]) -> tuple[int, ...]:
        return tuple(map(self.of, tensors))

    def first(self, tensor: Tensor) -> Tensor:
        """The first in order of the tensors that are computed to the same value."""
        return self._firsts.get(self.of(tensor), tensor)

    def _number(self, key: Any) -> int:
        return self._by_key.setdefault(key, len(self._by_key))


def is_pure(op: Operation) -> bool:
    """Whether the operation's values depend on those of its inputs and on nothing else, and it does nothing else."""
    definition = op.definition
    return (
        bool(op.outputs)
        and (op.type == "Const" or definition.kernel is not None)
        and not (definition.stateful or definition.mutates or definition.waits or definition.defers)
        and op.type not in ("Gradients", "BodyArg")
        and not op.control_inputs
        and not any(key.startswith("_") or isinstance(value, Body) for key, value in op.attrs.items())
    )


def signature(op: Operation, but: Iterable[str] = ()) -> Any:
    """What says, beside its inputs, what an operation computes: its type, its layout, its attributes without `but`."""
    attrs = tuple((key, _frozen(value)) for key, value in sorted(op.attrs.items()) if key not in but)
    return op.type, op.layout, attrs, tuple(t.dtype for t in op.outputs)


def _frozen(value: Any) -> Any:
    """Something to compare and to hash in place of an attribute: itself where it is a number or a name."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_frozen, value))
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step
    if isinstance(value, np.ndarray) and value.size <= _SMALL and value.dtype.kind in "biufc":
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, float):
        return value.hex()  # 0.0 and -0.0 differ
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return type(value), value
    return id, id(value)
