"""Operations that a run begins and finishes later, so that the run itself can do what they wait for.

`session.run([queue.dequeue(), queue.enqueue(x)])` with a full queue ends only if the dequeue may come first. The kernel
of an operation that `defers` gives None when it is done, and otherwise something to finish: `finish()` waits, and
`give_up()` takes back what it can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from recell.graph.tensor import Operation, Tensor
from recell.plan.order import predecessors


class Unfinished(Protocol):
    """What an operation that defers has left to do."""

    def finish(self) -> None: ...

    def give_up(self) -> None: ...


def finish(unfinished: Unfinished | None) -> None:
    if unfinished is not None:
        unfinished.finish()


def finishing(call: Callable[..., Any]) -> Callable[..., None]:
    """The kernel `call` of an operation that defers, which is finished at once."""
    return lambda *values: finish(call(*values))


def due(order: Sequence[Operation], given: set[Tensor]) -> dict[Operation, Operation | None]:
    """Of the operations that defer, those with a waiting operation behind them that does not need them.

    With each, the first operation that needs it done; None: the end of the run.
    """
    found: dict[Operation, Operation | None] = {}
    for position, op in enumerate(order):
        if not op.definition.defers:
            continue
        needing, waiting = {op}, False
        for other in order[position + 1 :]:
            if not needing.isdisjoint(predecessors(other, given)):
                needing.add(other)
                if other.type != "NoOp":  # which does nothing itself, but for others
                    if waiting:
                        found[op] = other
                    break
            waiting = waiting or other.definition.waits
        else:
            if waiting:
                found[op] = None
    return found
