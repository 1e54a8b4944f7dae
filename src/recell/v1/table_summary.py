"""`tf.summary` and event files: rows of the table (see table.py for their form)."""

from __future__ import annotations

_PROTOS = "Event SessionLog Summary SummaryDescription TaggedRunMetadata"
_FUNCTIONS = "scalar histogram tensor_summary text merge merge_all get_summary_description"

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.summary.protos": (
            "Event HistogramProto LogMessage SessionLog Summary SummaryMetadata GraphDef NodeDef AttrValue"
        ),
        "recell.summary.tensor_proto": "make_tensor_proto make_ndarray",
    },
    "summary": {
        "recell.summary.protos": _PROTOS,
        "recell.summary.functions": _FUNCTIONS,
        "recell.summary.writer": "FileWriter FileWriterCache",
    },
    "train": {
        "recell.summary.iterator": "summary_iterator",
        "recell.summary.writer": "SummaryWriter=FileWriter SummaryWriterCache=FileWriterCache",
    },
}
