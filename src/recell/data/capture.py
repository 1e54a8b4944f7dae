"""What a dataset takes from the graph around it: what one-shot iterators refuse, what begins anew."""

from __future__ import annotations

from collections.abc import Iterator

from recell.graph import dtypes
from recell.graph.body import Body
from recell.graph.tensor import Operation, Tensor


def _upstream(tensors: list[Tensor]) -> Iterator[Operation]:
    """The operations that the tensors need."""
    found: set[Operation] = set()
    stack = [tensor.op for tensor in tensors]
    while stack:
        op = stack.pop()
        if op in found:
            continue
        found.add(op)
        yield op
        stack.extend(tensor.op for tensor in op.inputs)
        stack.extend(op.control_inputs)


def _makes_dataset(op: Operation) -> bool:
    return any(tensor.dtype is dtypes.variant for tensor in op.outputs)


def check_one_shot(dataset: Tensor) -> None:
    """ValueError for a dataset that needs what is fed, or what changes from run to run.

    A one-shot iterator has no moment at which a program could give it such values.
    """
    for op in sorted(_upstream([dataset]), key=lambda op: op.index):
        if op.type == "Placeholder":
            raise ValueError(f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value.")
        variable = op.type == "VariableV2" or op.definition.mutates
        if variable or (op.definition.stateful and not _makes_dataset(op) and op.type != "MatchingFiles"):
            raise ValueError(
                "Failed to create a one-shot iterator for a dataset. `Dataset.make_one_shot_iterator()` does not "
                "support datasets that capture stateful objects, such as a `Variable` or `LookupTable`. In these "
                "cases, use `Dataset.make_initializable_iterator()`. (Original error: Cannot capture a stateful node "
                f"(name:{op.name}, type:{op.type}) by value.)"
            )


def seeded_operations(dataset: Tensor) -> tuple[Operation, ...]:
    """The random operations with seeds inside of the functions of a dataset."""
    found: dict[Operation, None] = {}
    for op in _upstream([dataset]):
        if _makes_dataset(op):
            _collect(op, found)
    return tuple(found)


def _collect(owner: Operation, found: dict[Operation, None]) -> None:
    for body in owner.attrs.values():
        if not isinstance(body, Body):
            continue
        for op in _upstream(body.outputs):
            if op.body is None:
                continue
            if op.attrs.get("seed") or op.attrs.get("seed2"):
                found[op] = None
            _collect(op, found)
