"""What a Saver has to do with meta graphs: the graph beside a checkpoint, and a Saver made from a `SaverDef`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from recell.graph.core import get_default_graph
from recell.graph.graph import Graph
from recell.graph.keys import GraphKeys
from recell.graph.proto_functions import register_lazily
from recell.graph.saveable import SaveableObject, SaveSpec
from recell.graph.static import constant_value
from recell.graph.tensor import Operation, Tensor
from recell.platform import graph_protos
from recell.platform.graph_def import graph_to_graph_def
from recell.train import meta_graph, saver_def
from recell.train.meta_graph_files import write_message


class SaverMessages:
    """The part of a Saver that reads and writes messages; `saver_def` is its own, None while it is not built."""

    saver_def: Any

    def as_saver_def(self) -> Any:
        """The names of the operations and the settings, a `SaverDef`; None for an empty Saver."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """`as_saver_def`, its names without the scope; None for a Saver whose operations are outside of it."""
        return saver_def.without(self.saver_def, export_scope) if export_scope else self.saver_def

    @classmethod
    def from_proto(cls, saver_def: Any, import_scope: str | None = None) -> Any:
        """A Saver of the operations that a `SaverDef` names, within a scope."""
        return cls(saver_def=saver_def, name=import_scope)  # type: ignore[call-arg]

    def export_meta_graph(
        self,
        filename: Any = None,
        collection_list: Iterable[str] | None = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """The default graph and this Saver as a `MetaGraphDef`: see `tf.train.export_meta_graph`."""
        return meta_graph.export_meta_graph(
            filename=filename,
            graph_def=graph_to_graph_def(get_default_graph(), add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )


def register_savers(kind: type[SaverMessages]) -> None:
    """Lets collections of Savers be in meta graphs."""
    register_lazily(GraphKeys.SAVERS, lambda: graph_protos.SaverDef, kind.to_proto, kind.from_proto)


def write_meta_graph(graph: Graph, saver: SaverMessages, path: str, strip_default_attrs: bool) -> None:
    """Writes the file beside a checkpoint, also for a graph that cannot be imported again: then the file says so."""
    made, _ = meta_graph.describe_graph(
        None, graph, None, saver_def=saver.saver_def, strip_default_attrs=strip_default_attrs
    )
    write_message(made, path, as_text=False)


def saveables_of(graph: Graph, definition: Any) -> list[SaveableObject]:
    """What the operations of a Saver restore: the references of variables, and their keys in a checkpoint.

    For a Saver whose objects are not there, as its graph was imported. What cannot be told is left out.
    """
    found: list[SaveableObject] = []
    with contextlib.suppress(KeyError, ValueError):  # names of operations that are not in the graph
        for assigning in _waited_for(graph.get_operation_by_name(definition.restore_op_name)):
            if assigning.type == "Assign":
                spec = _spec(*assigning.inputs)
                if spec is not None:
                    found.append(SaveableObject(assigning.inputs[0], [spec], spec.name))
    return found


def _waited_for(op: Operation) -> Iterator[Operation]:
    for other in op.control_inputs:
        if other.type == "NoOp":
            yield from _waited_for(other)
        else:
            yield other


def _spec(ref: Tensor, value: Tensor) -> SaveSpec | None:
    while value.op.type == "Identity":
        value = value.op.inputs[0]
    if value.op.type != "RestoreV2":
        return None
    names, slices = (constant_value(tensor) for tensor in value.op.inputs[1:3])
    if names is None or slices is None:
        return None
    name, part = (_text(array, value.value_index) for array in (names, slices))
    return SaveSpec(ref, part, name, ref.dtype.base_dtype)


def _text(array: np.ndarray, position: int) -> str:
    return str(array.ravel()[position].decode("utf-8"))


__all__ = ["SaverMessages", "register_savers", "saveables_of", "write_meta_graph"]
