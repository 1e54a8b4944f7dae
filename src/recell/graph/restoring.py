"""Operations that are put into a graph as they are, not built: their results are known, and no rule is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recell.graph.graph import _user_site
from recell.graph.tensor import Operation, Tensor

if TYPE_CHECKING:
    from recell.graph.body import Body
    from recell.graph.dtypes import DType
    from recell.graph.graph import Graph
    from recell.graph.registry import OpDef
    from recell.graph.shapes import TensorShape


class Restoring:
    """Several operations that refer to each other, in any direction; they join the graph together, or none does."""

    def __init__(self, graph: Graph) -> None:
        """RuntimeError for a graph that is finalized."""
        graph._check_not_finalized()
        self._graph = graph
        self._site = _user_site()
        self._made: dict[str, Operation] = {}

    def add(
        self,
        name: str,
        definition: OpDef,
        results: Sequence[tuple[DType, TensorShape]],
        device: str,
        body: Body | None,
        layout: tuple[int | None, ...] | None,
    ) -> Operation:
        """An operation without inputs and attributes, which are given to it before `join`."""
        op = Operation(self._graph, name, definition, (), {}, (), device, body, self._site, layout)
        op.outputs = [Tensor(op, position, dtype, shape) for position, (dtype, shape) in enumerate(results)]
        self._made[name] = op
        return op

    def join(self) -> None:
        """Puts them into the graph, in the order in which they were made."""
        graph = self._graph
        with graph._lock:
            for name, op in self._made.items():
                op.index = len(graph._ops)
                graph._ops.append(op)
                graph._by_name[name] = op
                graph._names_in_use.setdefault(name.lower(), 1)


def device_of(graph: Graph, op_type: str, own: str) -> str:
    """The device of an operation that asks for `own`, or for none, within the device scopes that are open."""
    with graph.device(own) if own else graph.device(""):
        return graph._current_device(op_type)


def controls_of(graph: Graph) -> tuple[Operation, ...]:
    """What operations made now must wait for."""
    return graph._current_controls()
