"""Graphs and meta graphs as protocol buffers, with TensorFlow's names and numbers of the fields.

TF symbols: `tf.GraphDef`, `tf.NodeDef`, `tf.AttrValue`, `tf.NameAttrList`, `tf.MetaGraphDef`, `tf.train.SaverDef`, and
the messages that collections hold: `VariableDef`, `SaveSliceInfoDef`, `QueueRunnerDef`.
"""

from __future__ import annotations

from typing import Any

from recell.platform.protos import ProtoFile
from recell.platform.tensor_protos import TENSOR, TENSOR_SHAPE, TYPES

_ATTR_VALUES = {
    "AttrValue": [
        "bytes s = 2 in value",
        "int64 i = 3 in value",
        "float f = 4 in value",
        "bool b = 5 in value",
        "DataType type = 6 in value",
        "TensorShapeProto shape = 7 in value",
        "TensorProto tensor = 8 in value",
        "AttrValue.ListValue list = 1 in value",
        "NameAttrList func = 10 in value",
        "string placeholder = 9 in value",
    ],
    "AttrValue.ListValue": [
        "repeated bytes s = 2",
        "repeated int64 i = 3",
        "repeated float f = 4",
        "repeated bool b = 5",
        "repeated DataType type = 6",
        "repeated TensorShapeProto shape = 7",
        "repeated TensorProto tensor = 8",
        "repeated NameAttrList func = 9",
    ],
    "NameAttrList": ["string name = 1", "map<string, AttrValue> attr = 2"],
}
_OPERATIONS = {
    "OpDef": [
        "string name = 1",
        "repeated OpDef.ArgDef input_arg = 2",
        "repeated OpDef.ArgDef output_arg = 3",
        "repeated string control_output = 20",
        "repeated OpDef.AttrDef attr = 4",
        "string summary = 5",
        "string description = 6",
        "bool is_commutative = 18",
        "bool is_aggregate = 16",
        "bool is_stateful = 17",
        "bool allows_uninitialized_input = 19",
    ],
    "OpDef.ArgDef": [
        "string name = 1",
        "string description = 2",
        "DataType type = 3",
        "string type_attr = 4",
        "string number_attr = 5",
        "string type_list_attr = 6",
        "bool is_ref = 16",
    ],
    "OpDef.AttrDef": [
        "string name = 1",
        "string type = 2",
        "AttrValue default_value = 3",
        "string description = 4",
        "bool has_minimum = 5",
        "int64 minimum = 6",
        "AttrValue allowed_values = 7",
    ],
    "OpList": ["repeated OpDef op = 1"],
}
_NODES = {
    "NodeDef": [
        "string name = 1",
        "string op = 2",
        "repeated string input = 3",
        "string device = 4",
        "map<string, AttrValue> attr = 5",
    ],
    "FunctionDef": [
        "OpDef signature = 1",
        "map<string, AttrValue> attr = 5",
        "repeated NodeDef node_def = 3",
        "map<string, string> ret = 4",
        "map<string, string> control_ret = 6",
    ],
    "GradientDef": ["string function_name = 1", "string gradient_func = 2"],
    "FunctionDefLibrary": ["repeated FunctionDef function = 1", "repeated GradientDef gradient = 2"],
    "VersionDef": ["int32 producer = 1", "int32 min_consumer = 2", "repeated int32 bad_consumers = 3"],
    "GraphDef": [
        "repeated NodeDef node = 1",
        "VersionDef versions = 4",
        "int32 version = 3",
        "FunctionDefLibrary library = 2",
    ],
}

GRAPH = ProtoFile(
    "tensorflow/core/framework/graph.proto",
    {**_ATTR_VALUES, **_OPERATIONS, **_NODES},
    uses=[TYPES, TENSOR_SHAPE, TENSOR],
    module=__name__,
)

VARIABLE = ProtoFile(
    "tensorflow/core/framework/variable.proto",
    {
        "VariableSynchronization": {
            "VARIABLE_SYNCHRONIZATION_AUTO": 0,
            "VARIABLE_SYNCHRONIZATION_NONE": 1,
            "VARIABLE_SYNCHRONIZATION_ON_WRITE": 2,
            "VARIABLE_SYNCHRONIZATION_ON_READ": 3,
        },
        "VariableAggregation": {
            "VARIABLE_AGGREGATION_NONE": 0,
            "VARIABLE_AGGREGATION_SUM": 1,
            "VARIABLE_AGGREGATION_MEAN": 2,
            "VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA": 3,
        },
        "SaveSliceInfoDef": [
            "string full_name = 1",
            "repeated int64 full_shape = 2",
            "repeated int64 var_offset = 3",
            "repeated int64 var_shape = 4",
        ],
        "VariableDef": [
            "string variable_name = 1",
            "string initial_value_name = 6",
            "string initializer_name = 2",
            "string snapshot_name = 3",
            "SaveSliceInfoDef save_slice_info_def = 4",
            "bool is_resource = 5",
            "bool trainable = 7",
            "VariableSynchronization synchronization = 8",
            "VariableAggregation aggregation = 9",
        ],
    },
    module=__name__,
)

QUEUE_RUNNER = ProtoFile(
    "tensorflow/core/protobuf/queue_runner.proto",
    {
        "QueueRunnerDef": [
            "string queue_name = 1",
            "repeated string enqueue_op_name = 2",
            "string close_op_name = 3",
            "string cancel_op_name = 4",
            # An enumeration in TensorFlow: the numbers of errors, which have names of their own here.
            "repeated int32 queue_closed_exception_types = 5",
        ],
    },
    module=__name__,
)

SAVER = ProtoFile(
    "tensorflow/core/protobuf/saver.proto",
    {
        "SaverDef": [
            "string filename_tensor_name = 1",
            "string save_tensor_name = 2",
            "string restore_op_name = 3",
            "int32 max_to_keep = 4",
            "bool sharded = 5",
            "float keep_checkpoint_every_n_hours = 6",
            "SaverDef.CheckpointFormatVersion version = 7",
        ],
        "SaverDef.CheckpointFormatVersion": {"LEGACY": 0, "V1": 1, "V2": 2},
    },
    module=__name__,
)

ANY = ProtoFile(
    "google/protobuf/any.proto",
    {"Any": ["string type_url = 1", "bytes value = 2"]},
    package="google.protobuf",
    module=__name__,
)

META_GRAPH = ProtoFile(
    "tensorflow/core/protobuf/meta_graph.proto",
    {
        "TensorInfo": [
            "string name = 1 in encoding",
            "TensorInfo.CooSparse coo_sparse = 4 in encoding",
            "DataType dtype = 2",
            "TensorShapeProto tensor_shape = 3",
        ],
        "TensorInfo.CooSparse": [
            "string values_tensor_name = 1",
            "string indices_tensor_name = 2",
            "string dense_shape_tensor_name = 3",
        ],
        "SignatureDef": [
            "map<string, TensorInfo> inputs = 1",
            "map<string, TensorInfo> outputs = 2",
            "string method_name = 3",
        ],
        "AssetFileDef": ["TensorInfo tensor_info = 1", "string filename = 2"],
        "CollectionDef": [
            "CollectionDef.NodeList node_list = 1 in kind",
            "CollectionDef.BytesList bytes_list = 2 in kind",
            "CollectionDef.Int64List int64_list = 3 in kind",
            "CollectionDef.FloatList float_list = 4 in kind",
            "CollectionDef.AnyList any_list = 5 in kind",
        ],
        "CollectionDef.NodeList": ["repeated string value = 1"],
        "CollectionDef.BytesList": ["repeated bytes value = 1"],
        "CollectionDef.Int64List": ["repeated int64 value = 1"],
        "CollectionDef.FloatList": ["repeated float value = 1"],
        "CollectionDef.AnyList": ["repeated Any value = 1"],
        "MetaGraphDef": [
            "MetaGraphDef.MetaInfoDef meta_info_def = 1",
            "GraphDef graph_def = 2",
            "SaverDef saver_def = 3",
            "map<string, CollectionDef> collection_def = 4",
            "map<string, SignatureDef> signature_def = 5",
            "repeated AssetFileDef asset_file_def = 6",
            # Not TensorFlow's, which passes over it. The last in the bytes: what is cut off has none.
            "bool whole = 1000",
        ],
        "MetaGraphDef.MetaInfoDef": [
            "string meta_graph_version = 1",
            "OpList stripped_op_list = 2",
            "Any any_info = 3",
            "repeated string tags = 4",
            "string tensorflow_version = 5",
            "string tensorflow_git_version = 6",
            "bool stripped_default_attrs = 7",
        ],
    },
    uses=[TYPES, TENSOR_SHAPE, GRAPH, SAVER, ANY],
    module=__name__,
)


def __getattr__(name: str) -> Any:
    for file in (GRAPH, META_GRAPH, SAVER, VARIABLE, QUEUE_RUNNER):
        if "." not in name and name in file.messages:
            # Kept: later look-ups are quick, and take no lock that a forked process could find held for ever.
            return globals().setdefault(name, file.message(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
