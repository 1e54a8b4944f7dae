"""The tensor of a checkpoint of objects that says how they hang together, a message.

TF symbol: `TrackableObjectGraph` of `tensorflow.core.protobuf.trackable_object_graph_pb2`.
"""

from __future__ import annotations

from typing import Any

from recell import checkpoint
from recell.platform.protos import ProtoFile

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The tensor's name."""
VALUE = "VARIABLE_VALUE"
"""What of a variable is saved."""

_FILE = ProtoFile(
    "tensorflow/core/protobuf/trackable_object_graph.proto",
    {
        "TrackableObjectGraph": ["repeated TrackableObjectGraph.TrackableObject nodes = 1"],
        "TrackableObjectGraph.TrackableObject": [
            "repeated TrackableObjectGraph.TrackableObject.ObjectReference children = 1",
            "repeated TrackableObjectGraph.TrackableObject.SerializedTensor attributes = 2",
            "repeated TrackableObjectGraph.TrackableObject.SlotVariableReference slot_variables = 3",
        ],
        "TrackableObjectGraph.TrackableObject.ObjectReference": ["int32 node_id = 1", "string local_name = 2"],
        "TrackableObjectGraph.TrackableObject.SerializedTensor": [
            "string name = 1",
            "string full_name = 2",
            "string checkpoint_key = 3",
            "bool optional_restore = 4",
        ],
        "TrackableObjectGraph.TrackableObject.SlotVariableReference": [
            "int32 original_variable_node_id = 1",
            "string slot_name = 2",
            "int32 slot_variable_node_id = 3",
        ],
    },
    module=__name__,
)


def new_graph() -> Any:
    """An empty message."""
    return _FILE.message("TrackableObjectGraph")()


def read(reader: checkpoint.Reader) -> Any:
    """The message that a checkpoint keeps. DamagedCheckpoint for one that does not hang together."""
    from google.protobuf.message import DecodeError

    try:
        message = _FILE.message("TrackableObjectGraph").FromString(reader.read(GRAPH_KEY).item())
    except (DecodeError, TypeError, ValueError) as error:
        raise checkpoint.DamagedCheckpoint(reader.paths[0], f"no graph of objects ({error})", GRAPH_KEY) from None
    numbers = [child.node_id for node in message.nodes for child in node.children]
    for node in message.nodes:
        numbers += [
            number for s in node.slot_variables for number in (s.original_variable_node_id, s.slot_variable_node_id)
        ]
    if not message.nodes or any(not 0 <= number < len(message.nodes) for number in numbers):
        raise checkpoint.DamagedCheckpoint(reader.paths[0], "it names objects that it does not have", GRAPH_KEY)
    return message


def keys_by_name(message: Any) -> dict[str, str]:
    """The keys of a checkpoint's variables by the names that the variables had in their graph."""
    return {found.full_name: found.checkpoint_key for node in message.nodes for found in node.attributes}


__all__ = ["GRAPH_KEY", "VALUE", "keys_by_name", "new_graph", "read"]
