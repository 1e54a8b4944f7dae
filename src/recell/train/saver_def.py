"""The settings of a Saver, and the names of its operations, as a message. TF symbol: `tf.train.SaverDef`."""

from __future__ import annotations

from typing import Any

from recell.graph.proto_functions import prepend_name_scope, strip_name_scope
from recell.platform import graph_protos

LEGACY, V1, V2 = 0, 1, 2
"""The formats of checkpoints: `SaverDef.LEGACY`, `SaverDef.V1`, `SaverDef.V2`."""

_NAMES = ("filename_tensor_name", "save_tensor_name", "restore_op_name")


def checked(saver_def: Any) -> Any:
    """A copy of a SaverDef. ValueError for anything else, and for one that does not name its operations."""
    if not isinstance(saver_def, graph_protos.SaverDef):
        raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {saver_def}")
    for name in ("save_tensor_name", "restore_op_name", "filename_tensor_name"):
        if not getattr(saver_def, name):
            raise ValueError(f"saver_def must specify the {name}: {saver_def}")
    return graph_protos.SaverDef.FromString(saver_def.SerializeToString())


def within(saver_def: Any, import_scope: str | None) -> Any:
    """The same Saver in a graph that was imported into a scope."""
    return _renamed(saver_def, lambda name: prepend_name_scope(name, import_scope))


def without(saver_def: Any, export_scope: str | None) -> Any:
    """The same Saver with the scope taken off its names; None when it is not within the scope."""
    if export_scope and not all(getattr(saver_def, name).startswith(export_scope) for name in _NAMES):
        return None
    return _renamed(saver_def, lambda name: strip_name_scope(name, export_scope))


def _renamed(saver_def: Any, new_name: Any) -> Any:
    made = graph_protos.SaverDef.FromString(saver_def.SerializeToString())
    for name in _NAMES:
        setattr(made, name, new_name(getattr(made, name)))
    return made


def __getattr__(name: str) -> Any:
    if name == "SaverDef":  # made when somebody asks for it: Savers that only save and restore need no messages
        return graph_protos.SaverDef
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["LEGACY", "V1", "V2", "checked", "within", "without"]
