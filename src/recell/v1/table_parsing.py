"""Records, examples and their parsing: rows of the table (see table.py for their form)."""

from __future__ import annotations

_FEATURE = "BytesList Feature FeatureList FeatureLists Features FloatList Int64List"
_EXAMPLE = "Example SequenceExample"
_RECORDS = "TFRecordCompressionType TFRecordOptions TFRecordWriter=RecordWriter tf_record_iterator"

ROWS: dict[str, dict[str, str]] = {
    "train": {"recell.platform.protos": f"{_FEATURE} {_EXAMPLE}"},
    "core.example.example_pb2": {"recell.platform.protos": _EXAMPLE},
    "core.example.feature_pb2": {"recell.platform.protos": _FEATURE},
    "io": {"recell.platform.records": _RECORDS},
    "python_io": {"recell.platform.records": _RECORDS},
    "python.lib.io.tf_record": {"recell.platform.records": _RECORDS},
    "python.lib.io.python_io": {"recell.platform.records": _RECORDS},
}
