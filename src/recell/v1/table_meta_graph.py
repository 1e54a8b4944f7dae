"""Graphs and meta graphs as messages and files: rows of the table (see table.py for their form)."""

from __future__ import annotations

_SCOPED = "copy_scoped_meta_graph export_scoped_meta_graph import_scoped_meta_graph read_meta_graph_file"
_UTILITIES = {
    "recell.platform.graph_import": "import_graph_def",
    "recell.platform.graph_util": "convert_variables_to_constants extract_sub_graph",
}
_COLLECTIONS = "CollectionDef MetaGraphDef SignatureDef TensorInfo"

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.platform.graph_import": "import_graph_def",
        "recell.platform.graph_protos": "MetaGraphDef TensorInfo",
    },
    "graph_util": _UTILITIES,
    "python.framework.graph_util": _UTILITIES,
    "python.framework.graph_util_impl": {
        "recell.platform.graph_util": "convert_variables_to_constants extract_sub_graph"
    },
    "python.framework.graph_io": {"recell.summary.graph_def": "write_graph"},
    "train": {
        "recell.train.meta_graph": "export_meta_graph",
        "recell.train.meta_graph_import": "import_meta_graph",
    },
    "train.saver": {
        "recell.train.meta_graph": "export_meta_graph",
        "recell.train.meta_graph_import": "import_meta_graph",
    },
    "python.framework.meta_graph": {"recell.train.meta_graph": _SCOPED},
    "python.framework.importer": {"recell.platform.graph_import": "import_graph_def"},
    "python.framework.ops": {
        "recell.graph.proto_functions": "prepend_name_scope register_proto_function strip_name_scope",
    },
    "core.protobuf.meta_graph_pb2": {"recell.platform.graph_protos": _COLLECTIONS},
    "core.protobuf.saver_pb2": {"recell.platform.graph_protos": "SaverDef"},
    "core.protobuf.queue_runner_pb2": {"recell.platform.graph_protos": "QueueRunnerDef"},
    "core.framework.op_def_pb2": {"recell.platform.graph_protos": "OpDef OpList"},
    "core.framework.variable_pb2": {"recell.platform.graph_protos": "SaveSliceInfoDef VariableDef"},
}
