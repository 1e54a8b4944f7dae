"""Records, examples and their parsing: rows of the table (see table.py for their form)."""

from __future__ import annotations

_FEATURE = "BytesList Feature FeatureList FeatureLists Features FloatList Int64List"
_EXAMPLE = "Example SequenceExample"
_RECORDS = "TFRecordCompressionType TFRecordOptions TFRecordWriter=RecordWriter tf_record_iterator"
_PARSING = {
    "recell.ops.parsing_features": "FixedLenFeature FixedLenSequenceFeature SparseFeature VarLenFeature",
    "recell.ops.parsing": "parse_example parse_single_example",
    "recell.ops.parsing_sequence": "parse_single_sequence_example",
    "recell.ops.decode_csv": "decode_csv",
    "recell.ops.tensor_strings": "parse_tensor serialize_tensor",
    "recell.ops.decode": "decode_base64 decode_compressed decode_json_example decode_raw encode_base64",
}
_FILES = "matching_files read_file write_file"
_READERS = {
    "recell.ops.readers": (
        "FixedLengthRecordReader IdentityReader ReaderBase TFRecordReader TextLineReader WholeFileReader"
    ),
}

ROWS: dict[str, dict[str, str]] = {
    "": {**_PARSING, **_READERS, "recell.ops.sparse_merge": "sparse_merge", "recell.ops.files": _FILES},
    "train": {
        "recell.platform.protos": f"{_FEATURE} {_EXAMPLE}",
        "recell.ops.files": "match_filenames_once",
    },
    "core.example.example_pb2": {"recell.platform.protos": _EXAMPLE},
    "core.example.feature_pb2": {"recell.platform.protos": _FEATURE},
    "io": {
        **_PARSING,
        "recell.ops.parsing_sequence_batch": "parse_sequence_example",
        "recell.ops.files": f"{_FILES} match_filenames_once",
        "recell.platform.records": _RECORDS,
    },
    "python_io": {"recell.platform.records": _RECORDS},
    "python.lib.io.tf_record": {"recell.platform.records": _RECORDS},
    "python.lib.io.python_io": {"recell.platform.records": _RECORDS},
}
