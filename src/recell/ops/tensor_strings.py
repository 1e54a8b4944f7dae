"""Tensors as strings, in the bytes that TensorFlow gives them. Symbols: `tf.serialize_tensor`, `tf.parse_tensor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_numpy, to_torch
from recell.graph.dtypes import DType, as_dtype, runtime_name
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._kernels import as_strings, bracketed, invalid, string_array
from recell.ops.op import ANY, STRING, op
from recell.platform import tensor_protos
from recell.platform.tensor_values import make_ndarray, raw_tensor_proto

if TYPE_CHECKING:
    from torch import Tensor


@op("SerializeTensor", shape=rules.scalar, types={"tensor": ANY}, dtype=STRING, differentiable=False)
def serialize_tensor(tensor: Tensor) -> Tensor:
    """A tensor as a string, a serialized TensorProto. TF symbol: `tf.serialize_tensor`."""
    array = np.asarray(to_numpy(tensor, False), order="C")
    return as_strings(raw_tensor_proto(array).SerializeToString())


def _scalar_only(i: Inference) -> TensorShape:
    rules.ranked(i, "serialized", 0)
    return TensorShape(None)


@op("ParseTensor", shape=_scalar_only, types={"serialized": STRING}, dtype="out_type", differentiable=False)
def _parse_tensor(serialized: Tensor, out_type: Any) -> Tensor:
    from google.protobuf.message import DecodeError

    text: Any = serialized
    if text.ndim:
        raise invalid(f"Expected `serialized` to be a scalar, got shape: {bracketed(text)}")
    try:
        proto = tensor_protos.TensorProto.FromString(text[()])
    except DecodeError:
        shown = text[()].decode("utf-8", "replace")
        raise invalid(f"Could not parse `serialized` as TensorProto: '{shown}'") from None
    try:
        found = DType(proto.dtype)
        array = make_ndarray(proto)
    except (TypeError, ValueError) as error:
        raise invalid(f"Cannot parse tensor from proto: {proto}") from error
    if found is not out_type:
        raise invalid(
            f"Type mismatch between parsed tensor ({runtime_name(found)}) and dtype ({runtime_name(out_type)})"
        )
    return to_torch(string_array(array.ravel().tolist()).reshape(array.shape) if array.dtype == object else array)


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Any:
    """The tensor that a string of `tf.serialize_tensor` holds, of unknown shape. TF symbol: `tf.parse_tensor`.

    When run: InvalidArgumentError for a string that holds none, or one of another dtype than `out_type`.
    """
    return _parse_tensor(serialized, as_dtype(out_type), name=name)


__all__ = ["parse_tensor", "serialize_tensor"]
