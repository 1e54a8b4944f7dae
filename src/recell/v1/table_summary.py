"""`tf.summary` and event files: rows of the table (see table.py for their form)."""

from __future__ import annotations

_PROTOS = "Event SessionLog Summary SummaryDescription TaggedRunMetadata"
_FUNCTIONS = "scalar histogram tensor_summary text merge merge_all get_summary_description"
_OLD = "scalar_summary histogram_summary image_summary audio_summary merge_summary merge_all_summaries"
_WRITERS = "FileWriter FileWriterCache"
_EVENTS = "Event LogMessage SessionLog TaggedRunMetadata"
_SUMMARIES = "HistogramProto Summary SummaryDescription SummaryMetadata"

_MODULE = {
    "recell.summary.protos": _PROTOS,
    "recell.summary.functions": _FUNCTIONS,
    "recell.summary.media": "image audio",
    "recell.summary.writer": _WRITERS,
}

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.summary.protos": (
            "Event HistogramProto LogMessage SessionLog Summary SummaryMetadata GraphDef NodeDef AttrValue NameAttrList"
        ),
        "recell.platform.tensor_values": "make_tensor_proto make_ndarray",
        "recell.summary.old": _OLD,
    },
    "contrib.deprecated": {"recell.summary.old": _OLD},
    "summary": _MODULE,
    "io": {"recell.summary.graph_def": "write_graph"},
    "train": {
        "recell.summary.graph_def": "write_graph",
        "recell.summary.iterator": "summary_iterator",
        "recell.summary.writer": "SummaryWriter=FileWriter SummaryWriterCache=FileWriterCache",
    },
    "train.summary_io": {
        "recell.summary.iterator": "summary_iterator",
        "recell.summary.writer": "SummaryWriter=FileWriter SummaryWriterCache=FileWriterCache",
    },
    "python.summary.summary": _MODULE,
    "python.summary.summary_iterator": {"recell.summary.iterator": "summary_iterator"},
    "python.summary.writer.writer": {"recell.summary.writer": "FileWriter"},
    "python.summary.writer.writer_cache": {"recell.summary.writer": "FileWriterCache"},
    "python.summary.writer.event_file_writer": {"recell.summary.event_writer": "EventFileWriter"},
    "core.framework.summary_pb2": {"recell.summary.protos": _SUMMARIES},
    "core.framework.graph_pb2": {"recell.summary.protos": "GraphDef"},
    "core.framework.node_def_pb2": {"recell.summary.protos": "NodeDef"},
    "core.framework.attr_value_pb2": {"recell.summary.protos": "AttrValue NameAttrList"},
    "core.framework.tensor_pb2": {"recell.summary.protos": "TensorProto"},
    "core.framework.tensor_shape_pb2": {"recell.summary.protos": "TensorShapeProto"},
    "core.util.event_pb2": {"recell.summary.protos": _EVENTS},
}
