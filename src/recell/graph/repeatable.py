"""Whether a traced step may be computed a second time, and which of its operations draw random numbers."""

from __future__ import annotations

from collections.abc import Iterator

from recell.graph.body import Body
from recell.graph.seeds import OperationCount
from recell.graph.tensor import Operation

_HARMLESS = frozenset({"Recurrence", "VariableV2", "Gradients"})
"""Stateful operations that give the same again, and change nothing."""


def _operations(body: Body) -> Iterator[Operation]:
    """Everything that a run of the body may execute, in bodies within it too."""
    seen: set[Operation] = set()
    stack = [tensor.op for tensor in body.outputs]
    while stack:
        op = stack.pop()
        if op in seen or not body.encloses(op.body):
            continue
        seen.add(op)
        yield op
        stack.extend(t.op for t in op.inputs)
        stack.extend(op.control_inputs)
        for value in op.attrs.values():
            if isinstance(value, Body):
                stack.extend(t.op for t in value.outputs)


def draws(op: Operation) -> bool:
    """Whether an operation draws random numbers."""
    return op.definition.stateful and "seed" in op.attrs


def may_repeat(body: Body) -> bool:
    """Whether computing the body twice is the same as once: no assignments, no Python functions, no printing.

    Random draws may be repeated, because their streams can be set back.
    """
    return not any(
        op.definition.mutates
        or (op.definition.stateful and not draws(op) and op.type not in _HARMLESS)
        or op.type in ("PyFunc", "EagerPyFunc", "PyFuncStateless", "Print", "PrintV2", "Assert")
        for op in _operations(body)
    )


def random_operations(body: Body) -> tuple[Operation, ...]:
    """The operations of the body that draw random numbers."""
    return tuple(op for op in _operations(body) if draws(op))


def seeded_operations(body: Body) -> tuple[Operation, ...]:
    """Those of them that have a seed of their own, whatever that of the graph is."""
    return tuple(
        op
        for op in random_operations(body)
        if op.attrs["seed"] is not None and not isinstance(op.attrs["seed2"], OperationCount)
    )


__all__ = ["draws", "may_repeat", "random_operations", "seeded_operations"]
