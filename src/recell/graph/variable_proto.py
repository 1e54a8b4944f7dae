"""Variables as `VariableDef` messages: the names of their operations, which a graph that was imported holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recell._lazy import lazy_module
from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.proto_functions import prepend_name_scope, register_lazily, strip_name_scope
from recell.graph.variable_options import VariableAggregation, VariableSynchronization, resolve_trainable
from recell.graph.variable_slice import SaveSliceInfo

if TYPE_CHECKING:
    from recell.graph.variables import Variable

# Named here and not imported: messages are made in a room above this one, when a graph is written or read.
_messages = lazy_module("recell.platform.graph_protos")

_KEYS = (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.METRIC_VARIABLES,
    GraphKeys.GLOBAL_STEP,
)


def variable_to_proto(variable: Variable, export_scope: str | None = None) -> Any:
    """The names that make up a variable, without the scope; None for a variable outside of the scope."""
    if export_scope and not variable.name.startswith(export_scope):
        return None
    message = _messages.VariableDef(
        variable_name=strip_name_scope(variable.name, export_scope),
        initial_value_name=strip_name_scope(variable.initial_value.name, export_scope),
        initializer_name=strip_name_scope(variable.initializer.name, export_scope),
        snapshot_name=strip_name_scope(variable._snapshot.name, export_scope),
        is_resource=variable._resource,
        trainable=variable.trainable,
        synchronization=variable.synchronization.value,
        aggregation=variable.aggregation.value,
    )
    info = variable._save_slice_info
    if info is not None:
        message.save_slice_info_def.CopyFrom(
            _messages.SaveSliceInfoDef(
                full_name=strip_name_scope(str(info.full_name), export_scope),
                full_shape=info.full_shape,
                var_offset=info.var_offset,
                var_shape=info.var_shape,
            )
        )
    return message


def restore_variable(variable: Variable, message: Any, import_scope: str | None = None) -> None:
    """Makes a new, empty variable the one that a `VariableDef` names, whose operations the default graph holds.

    Raises TypeError for another kind of message, KeyError for an operation that is not in the graph.
    """
    if not isinstance(message, _messages.VariableDef):
        raise TypeError(f"variable_def must be a VariableDef, but got {type(message).__name__}: {message!r}")
    graph = get_default_graph()

    def tensor(name: str) -> Any:
        return graph.get_tensor_by_name(prepend_name_scope(name, import_scope))

    variable._variable = tensor(message.variable_name)
    variable._initializer_op = graph.get_operation_by_name(prepend_name_scope(message.initializer_name, import_scope))
    variable._snapshot = tensor(message.snapshot_name)
    # Messages of before TensorFlow 1.3 do not name it; the initializer's own value stands for it.
    named = message.initial_value_name
    variable._initial_value = tensor(named) if named else variable._initializer_op.inputs[1]
    variable._caching_device = None
    variable._constraint = None
    variable._resource = message.is_resource
    variable._synchronization = VariableSynchronization(message.synchronization)
    variable._aggregation = VariableAggregation(message.aggregation)
    variable._trainable = resolve_trainable(message.trainable, variable._synchronization)
    variable._save_slice_info = None
    if message.HasField("save_slice_info_def"):
        info = message.save_slice_info_def
        variable._save_slice_info = SaveSliceInfo(
            prepend_name_scope(info.full_name, import_scope),
            list(info.full_shape),
            list(info.var_offset),
            list(info.var_shape),
        )


def register_variables(kind: type[Variable]) -> None:
    """Lets collections of variables be in meta graphs."""
    for key in _KEYS:
        register_lazily(key, lambda: _messages.VariableDef, kind.to_proto, kind.from_proto)


__all__ = ["register_variables", "restore_variable", "variable_to_proto"]
