"""When a plan turns autograd's recording on and off: as rarely as the values that it handles allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recell.graph.tensor import Operation
from recell.plan.bodies import bodies_of
from recell.plan.item import Item


def recording_modes(items: Iterable[Item], recorded: set[Operation]) -> Iterator[bool | None]:
    """For each item whether recording must be on, must be off, or may stay as it is (None).

    It matters only where a value with a history comes in, and where a function looks at it itself.
    """
    with_history: set[int] = set()
    for item in items:
        has_history = not with_history.isdisjoint(item.ins)
        mode = _mode(item, has_history, recorded)
        if item.is_source or mode or (item.op is None and has_history):
            with_history.update(item.outs)
        yield mode


def _mode(item: Item, has_history: bool, recorded: set[Operation]) -> bool | None:
    op = item.op
    if op in recorded:
        return True
    if item.is_source:
        return True if has_history else None
    if op is None or op.type == "Gradients":  # which takes care of itself
        return None
    looks_itself = op.definition.stateful or op.definition.mutates or bodies_of(op)
    return False if has_history or looks_itself else None
