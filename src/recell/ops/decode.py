"""Strings of bytes to what they stand for. Symbols: `tf.decode_raw`, `tf.decode_compressed`, `tf.decode_base64`, ..."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import errors
from recell.graph.dtypes import as_dtype
from recell.graph.shapes import TensorShape
from recell.ops import rules
from recell.ops._attributes import renamed
from recell.ops._kernels import invalid, string_array
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import as_array

if TYPE_CHECKING:
    from torch import Tensor

_RAW = [
    *("float16", "float32", "float64", "int32", "uint16", "uint8", "int16", "int8", "int64"),
    *("complex64", "complex128", "bool"),
]


def _mapped(function: Callable[[bytes], bytes], strings: Any) -> Any:
    array = as_array(strings)
    return string_array([function(text) for text in array.ravel()]).reshape(array.shape)


# -- raw numbers ----------------------------------------------------------------------------------------------------


@op(
    "DecodeRaw",
    shape=lambda i: i.shape("bytes").concatenate(TensorShape([None])),
    types={"bytes": STRING},
    dtype="out_type",
    differentiable=False,
)
def _decode_raw(bytes: Tensor, out_type: Any, little_endian: bool = True) -> Tensor:
    strings = as_array(bytes)
    texts = list(strings.ravel())
    size = np.dtype(out_type.as_numpy_dtype).itemsize
    length = len(texts[0]) if texts else 0
    for k, text in enumerate(texts):
        if len(text) != length:
            raise invalid(
                f"DecodeRaw requires input strings to all be the same size, but element {k} has size {len(text)} != "
                f"{length}"
            )
    if length % size:
        raise invalid(
            f"Input to DecodeRaw has length {length} that is not a multiple of {size}, the size of {out_type.name}"
        )
    order = "<" if little_endian else ">"
    numbers = np.frombuffer(b"".join(texts), np.dtype(out_type.as_numpy_dtype).newbyteorder(order))
    return to_torch(numbers.reshape(*strings.shape, length // size))


def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool | None = True,
    name: str | None = None,
    bytes: Any = None,
) -> Any:
    """The numbers whose bytes a string holds. TF symbol: `tf.decode_raw`.

    Args:
      input_bytes: strings of any shape, all of one length.
      out_type: the numbers' dtype.
      little_endian: whether a number's first byte is its least; None for yes.

    Returns:
      A tensor of one more dimension, of as many numbers as fit into a string.

    Raises:
      TypeError: for a dtype that has no bytes.
      When run: InvalidArgumentError for strings of different lengths, or of a length that is no multiple of a number's.
    """
    strings = renamed("input_bytes", input_bytes, "bytes", bytes)
    if out_type is None:
        raise ValueError("decode_raw_v1() missing 1 positional argument: 'out_type'")
    dtype = as_dtype(out_type)
    if dtype.name not in _RAW:
        raise TypeError(
            f"Value passed to parameter 'out_type' has DataType {dtype.name} not in list of allowed values: "
            + ", ".join(_RAW)
        )
    return _decode_raw(strings, dtype, little_endian is None or bool(little_endian), name=name)


# -- text forms -----------------------------------------------------------------------------------------------------

_COMPRESSIONS = ("", "ZLIB", "GZIP")


@op("DecodeCompressed", shape=rules.unchanged, types={"bytes": STRING}, dtype=STRING, differentiable=False)
def decode_compressed(bytes: Tensor, compression_type: str = "") -> Tensor:
    """Each string inflated as `compression_type` ("", "ZLIB", "GZIP") says. TF symbol: `tf.decode_compressed`.

    When run: InvalidArgumentError for another compression, DataLossError for a string that is not so compressed.
    """
    import zlib

    if compression_type not in _COMPRESSIONS:
        raise invalid(f"Only ZLIB, GZIP or NONE are supported compressions, not {compression_type!r}")

    def inflated(data: Any) -> Any:
        if not compression_type:
            return data
        try:
            return zlib.decompressobj(31 if compression_type == "GZIP" else 15).decompress(data)
        except zlib.error as error:
            said = str(error).partition(": ")[2] or str(error)
            raise errors.DataLossError(None, None, f"inflate() failed with error -3: {said}") from None

    return _mapped(inflated, bytes)


@op("EncodeBase64", shape=rules.unchanged, types={"input": STRING}, dtype=STRING, differentiable=False)
def encode_base64(input: Tensor, pad: bool = False) -> Tensor:
    """Each string in the web-safe form of base64, with `=` at the end if `pad`. TF symbol: `tf.encode_base64`."""

    def encoded(data: bytes) -> bytes:
        found = base64.urlsafe_b64encode(data)
        return found if pad else found.rstrip(b"=")

    return _mapped(encoded, input)


_BASE64 = re.compile(rb"[A-Za-z0-9_-]*={0,2}")


@op("DecodeBase64", shape=rules.unchanged, types={"input": STRING}, dtype=STRING, differentiable=False)
def decode_base64(input: Tensor) -> Tensor:
    """Each string decoded from the web-safe form of base64. TF symbol: `tf.decode_base64`.

    When run: InvalidArgumentError for a string that is not base64.
    """

    def decoded(text: bytes) -> bytes:
        letters = text.rstrip(b"=")
        if len(letters) % 4 == 1:
            raise invalid("Base64 string length cannot be 1 modulo 4.")
        if not _BASE64.fullmatch(text):
            raise invalid(f"Invalid character found in base64: {text.decode('utf-8', 'replace')!r}")
        return base64.urlsafe_b64decode(letters + b"=" * (-len(letters) % 4))

    return _mapped(decoded, input)


@op("DecodeJSONExample", shape=rules.unchanged, types={"json_examples": STRING}, dtype=STRING, differentiable=False)
def decode_json_example(json_examples: Tensor) -> Tensor:
    """Each `tf.train.Example` written as JSON, serialized. TF symbol: `tf.decode_json_example`.

    When run: InvalidArgumentError for a text that is no such JSON.
    """
    from google.protobuf import json_format

    from recell.platform import protos

    def decoded(text: bytes) -> Any:
        try:
            found = json_format.Parse(text.decode("utf-8"), protos.Example())
            return found.SerializeToString(deterministic=True)  # or its features would stand in any order
        except (json_format.ParseError, UnicodeDecodeError) as error:
            raise invalid(f"Error while parsing JSON: {error}") from None

    return _mapped(decoded, json_examples)


__all__ = ["decode_base64", "decode_compressed", "decode_json_example", "decode_raw", "encode_base64"]
