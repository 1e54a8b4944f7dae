"""Summaries, events and graphs as protocol buffers, with TensorFlow's names and numbers of the fields.

TF symbols: `tf.Summary`, `tf.SummaryMetadata`, `tf.HistogramProto`, `tf.Event`, `tf.SessionLog`, `tf.LogMessage`,
`tf.GraphDef`, `tf.NodeDef`, `tf.AttrValue`, `tf.summary.SummaryDescription`, `tf.summary.TaggedRunMetadata`.
"""

from __future__ import annotations

from typing import Any

from recell.platform.graph_protos import GRAPH
from recell.platform.protos import ProtoFile
from recell.platform.tensor_protos import TENSOR, TENSOR_SHAPE

SUMMARY = ProtoFile(
    "tensorflow/core/framework/summary.proto",
    {
        "SummaryDescription": ["string type_hint = 1"],
        "HistogramProto": [
            "double min = 1",
            "double max = 2",
            "double num = 3",
            "double sum = 4",
            "double sum_squares = 5",
            "repeated double bucket_limit = 6",
            "repeated double bucket = 7",
        ],
        "SummaryMetadata": [
            "SummaryMetadata.PluginData plugin_data = 1",
            "string display_name = 2",
            "string summary_description = 3",
        ],
        "SummaryMetadata.PluginData": ["string plugin_name = 1", "bytes content = 2"],
        "Summary": ["repeated Summary.Value value = 1"],
        "Summary.Image": [
            "int32 height = 1",
            "int32 width = 2",
            "int32 colorspace = 3",
            "bytes encoded_image_string = 4",
        ],
        "Summary.Audio": [
            "float sample_rate = 1",
            "int64 num_channels = 2",
            "int64 length_frames = 3",
            "bytes encoded_audio_string = 4",
            "string content_type = 5",
        ],
        "Summary.Value": [
            "string node_name = 7",
            "string tag = 1",
            "SummaryMetadata metadata = 9",
            "float simple_value = 2 in value",
            "bytes obsolete_old_style_histogram = 3 in value",
            "Summary.Image image = 4 in value",
            "HistogramProto histo = 5 in value",
            "Summary.Audio audio = 6 in value",
            "TensorProto tensor = 8 in value",
        ],
    },
    uses=[TENSOR],
    module=__name__,
)

EVENT = ProtoFile(
    "tensorflow/core/util/event.proto",
    {
        "Event": [
            "double wall_time = 1",
            "int64 step = 2",
            "string file_version = 3 in what",
            "bytes graph_def = 4 in what",
            "Summary summary = 5 in what",
            "LogMessage log_message = 6 in what",
            "SessionLog session_log = 7 in what",
            "TaggedRunMetadata tagged_run_metadata = 8 in what",
            "bytes meta_graph_def = 9 in what",
        ],
        "LogMessage": ["LogMessage.Level level = 1", "string message = 2"],
        "LogMessage.Level": {"UNKNOWN": 0, "DEBUGGING": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50},
        "SessionLog": ["SessionLog.SessionStatus status = 1", "string checkpoint_path = 2", "string msg = 3"],
        "SessionLog.SessionStatus": {"STATUS_UNSPECIFIED": 0, "START": 1, "STOP": 2, "CHECKPOINT": 3},
        "TaggedRunMetadata": ["string tag = 1", "bytes run_metadata = 2"],
    },
    uses=[SUMMARY],
    module=__name__,
)


def __getattr__(name: str) -> Any:
    for file in (SUMMARY, EVENT, TENSOR, TENSOR_SHAPE, GRAPH):
        if "." not in name and name in file.messages:
            # Kept: later look-ups are quick, and take no lock that a forked process could find held for ever.
            return globals().setdefault(name, file.message(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
