"""Records, examples and their parsing: rows of the table (see table.py for their form)."""

from __future__ import annotations

_FEATURE = "BytesList Feature FeatureList FeatureLists Features FloatList Int64List"
_EXAMPLE = "Example SequenceExample"

ROWS: dict[str, dict[str, str]] = {
    "train": {"recell.platform.protos": f"{_FEATURE} {_EXAMPLE}"},
    "core.example.example_pb2": {"recell.platform.protos": _EXAMPLE},
    "core.example.feature_pb2": {"recell.platform.protos": _FEATURE},
}
