"""What can be told of a whole graph: its version, and its operations as a protocol buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module

if TYPE_CHECKING:
    from recell.graph.tensor import Operation

# Named here and not imported: messages are made in a room above this one, which needs them only when it is asked.
_writing = lazy_module("recell.platform.graph_def")


class Described:
    """The part of a graph that describes it to others."""

    _ops: list[Operation]

    @property
    def version(self) -> int:
        """How many operations there are: it grows with each one."""
        return len(self._ops)

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The operations as a `tf.GraphDef`, to be looked at, and to be put into a graph by `tf.import_graph_def`.

        With `from_version`, only those made since the graph had that `version`; with `add_shapes`, with the shapes of
        their results.
        """
        return _writing.graph_to_graph_def(self, from_version, add_shapes)
