"""Tensors as protocol buffers: the messages that `tf.serialize_tensor`, summaries and graphs hold.

TF symbols: `tf.TensorProto`, `tf.TensorShapeProto`.
"""

from __future__ import annotations

from typing import Any

from recell.graph.dtypes import DType, runtime_name
from recell.platform.protos import ProtoFile


def _type_names() -> dict[str, int]:
    """The names and numbers of `DataType`: those of all dtypes, and of references to them."""
    names = {f"DT_{runtime_name(DType(number)).upper()}": number for number in range(1, 24)}
    return {"DT_INVALID": 0, **names, **{f"{name}_REF": number + 100 for name, number in names.items()}}


TYPES = ProtoFile("tensorflow/core/framework/types.proto", {"DataType": _type_names()}, module=__name__)

TENSOR_SHAPE = ProtoFile(
    "tensorflow/core/framework/tensor_shape.proto",
    {
        "TensorShapeProto": ["repeated TensorShapeProto.Dim dim = 2", "bool unknown_rank = 3"],
        "TensorShapeProto.Dim": ["int64 size = 1", "string name = 2"],
    },
    module=__name__,
)

TENSOR = ProtoFile(
    "tensorflow/core/framework/tensor.proto",
    {
        "TensorProto": [
            "DataType dtype = 1",
            "TensorShapeProto tensor_shape = 2",
            "int32 version_number = 3",
            "bytes tensor_content = 4",
            "repeated int32 half_val = 13",
            "repeated float float_val = 5",
            "repeated double double_val = 6",
            "repeated int32 int_val = 7",
            "repeated bytes string_val = 8",
            "repeated float scomplex_val = 9",
            "repeated int64 int64_val = 10",
            "repeated bool bool_val = 11",
            "repeated double dcomplex_val = 12",
            "repeated uint32 uint32_val = 16",
            "repeated uint64 uint64_val = 17",
        ],
    },
    uses=[TYPES, TENSOR_SHAPE],
    module=__name__,
)


def __getattr__(name: str) -> Any:
    for file in (TENSOR, TENSOR_SHAPE):
        if "." not in name and name in file.messages:
            return file.message(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
