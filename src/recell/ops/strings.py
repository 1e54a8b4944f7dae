"""Strings: bytes in numpy arrays of objects. Symbols: tf.string_join, string_split, as_string, substr, tf.strings.*"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._lazy import lazy_module
from recell._torch import to_torch
from recell.graph import dtypes
from recell.graph.dtypes import as_dtype
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.graph.sparse_tensor import SparseTensor
from recell.ops import rules
from recell.ops._attributes import renamed, static_axes
from recell.ops._kernels import invalid, string_array
from recell.ops.op import ANY, BOOL, INDEX, STRING, op

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy_module("torch")


def _mapped(function: Callable[[bytes], Any], strings: Any, dtype: Any = object) -> Any:
    """`function` of every string, in an array of the same shape."""
    out = np.empty(strings.size, dtype=dtype)
    for k, text in enumerate(strings.ravel()):
        out[k] = function(text)
    return out.reshape(strings.shape)


# -- joining and splitting ------------------------------------------------------------------------------------------


def _joined_shape(i: Inference) -> TensorShape:
    shape = TensorShape([])
    for other in i.shapes():
        if other.ndims is None:
            shape = TensorShape(None) if shape.ndims == 0 else shape
        elif other.ndims:
            try:
                shape = other if shape.ndims == 0 else shape.merge_with(other)
            except ValueError:
                raise i.mismatch(f"Shapes must be equal, but are {shape} and {other}") from None
    return shape


@op("StringJoin", shape=_joined_shape, types={"inputs": STRING}, dtype=STRING, differentiable=False)
def _join(inputs: list[Tensor], separator: str = "") -> Tensor:
    between = separator.encode() if isinstance(separator, str) else separator
    parts = np.broadcast_arrays(*inputs)
    out = np.empty(parts[0].size, dtype=object)
    flat = [part.ravel() for part in parts]
    for k in range(len(out)):
        out[k] = between.join(part[k] for part in flat)
    return out.reshape(parts[0].shape)  # type: ignore[return-value]


def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    """The strings of several tensors (of one shape, or scalars) joined one by one. TF symbol: `tf.string_join`."""
    return _join(list(inputs), separator, name=name)


@op(
    "StringSplit",
    shape=lambda i: [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])],
    types={"input": STRING, "delimiter": STRING},
    dtype=[dtypes.int64, STRING, dtypes.int64],
    differentiable=False,
)
def _split(input: Tensor, delimiter: Tensor, skip_empty: bool = True) -> Any:
    marks = bytes(delimiter[()])
    cut = re.compile(b"[" + re.escape(marks) + b"]") if marks else None
    indices: list[tuple[int, int]] = []
    values: list[bytes] = []
    widest = 0
    for row, text in enumerate(input):
        pieces = cut.split(text) if cut is not None else [text[k : k + 1] for k in range(len(text))]
        if skip_empty:
            pieces = [piece for piece in pieces if piece]
        indices.extend((row, k) for k in range(len(pieces)))
        values.extend(pieces)
        widest = max(widest, len(pieces))
    found = string_array(values)
    where = np.array(indices, np.int64).reshape(-1, 2)
    return to_torch(where), found, torch.tensor([len(input), widest])


def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> SparseTensor:
    """The pieces of each string of a vector between any of the characters of `sep` (" "). TF symbol: `tf.string_split`.

    An empty `sep` splits into bytes. The result is sparse `[strings, most pieces]`.
    """
    mark = renamed("sep", sep, "delimiter", delimiter)
    if result_type != "SparseTensor":
        raise ValueError("result_type must be 'SparseTensor': there are no ragged tensors here.")
    return SparseTensor(*_split(source, " " if mark is None else mark, bool(skip_empty), name=name))


def _reduced_shape(i: Inference) -> TensorShape:
    dims, axis = i.shape(0).tuple, i["axis"]
    if dims is None:
        return TensorShape(None)
    axes = range(len(dims)) if axis is None else rules.normalized_axes(axis, len(dims), i)
    return TensorShape.of(tuple(1 if k in axes else d for k, d in enumerate(dims) if i["keep_dims"] or k not in axes))


@op("ReduceJoin", shape=_reduced_shape, types={"inputs": STRING}, dtype=STRING, differentiable=False)
def _reduce_join(inputs: Tensor, axis: Any = None, keep_dims: bool = False, separator: str = "") -> Tensor:
    rank = inputs.ndim
    axes = list(range(rank))[::-1] if axis is None else [axis] if isinstance(axis, int) else list(axis)
    axes = [a % rank for a in axes] if rank else []
    kept = [k for k in range(rank) if k not in axes]
    # The axis named first is joined first, so it varies fastest.
    array: Any = inputs
    moved = array.transpose([*kept, *reversed(axes)])
    shape = moved.shape[: len(kept)]
    rows = moved.reshape(int(np.prod(shape, dtype=np.int64)), -1)
    out = np.empty(len(rows), dtype=object)
    for k, row in enumerate(rows):
        out[k] = separator.encode().join(row.tolist())
    final = tuple(1 if k in axes else n for k, n in enumerate(inputs.shape) if keep_dims or k not in axes)
    return out.reshape(final)  # type: ignore[return-value]


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The strings along `axis` (all axes; several in the order given) joined. TF symbol: `tf.reduce_join`."""
    axes = static_axes(renamed("axis", axis, "reduction_indices", reduction_indices))
    keep = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    return _reduce_join(inputs, axes, keep, separator, name=name)


# -- numbers --------------------------------------------------------------------------------------------------------

_NUMBER = {
    dtypes.float32: re.compile(rb"\s*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|inf|infinity|nan)\s*\Z", re.I),
    dtypes.int32: re.compile(rb"\s*-?\d+\s*\Z"),
}


@op("StringToNumber", shape=rules.unchanged, types={"string_tensor": STRING}, dtype="out_type", differentiable=False)
def _to_number(string_tensor: Tensor, out_type: Any = dtypes.float32) -> Tensor:
    pattern = _NUMBER[dtypes.int32 if out_type.is_integer else dtypes.float32]
    limits = (out_type.min, out_type.max) if out_type.is_integer else None

    def number(text: bytes) -> Any:
        if pattern.match(text):
            value: Any = int(text) if limits else float(text)
            if limits is None or limits[0] <= value <= limits[1]:
                return value
        raise invalid(f"StringToNumberOp could not correctly convert string: {text.decode('utf-8', 'replace')}")

    return to_torch(_mapped(number, string_tensor, out_type.as_numpy_dtype))


def string_to_number(
    string_tensor: Any, out_type: Any = dtypes.float32, name: str | None = None, input: Any = None
) -> Any:
    """The number that each string writes.

    TF symbol: `tf.string_to_number`. InvalidArgumentError for one that writes none.
    """
    text = renamed("input", string_tensor, "string_tensor", input) if string_tensor is None else string_tensor
    return _to_number(text, as_dtype(out_type), name=name)


@op("AsString", shape=rules.unchanged, types={"input": ANY}, dtype=STRING, differentiable=False)
def as_string(
    input: Tensor,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
) -> Tensor:
    """Each number written as text. TF symbol: `tf.as_string`. ValueError for both `scientific` and `shortest`."""
    if scientific and shortest:
        raise invalid("Cannot select both scientific and shortest notation")
    kind = "e" if scientific else "g" if shortest else "f"
    digits = f".{precision}" if precision > -1 else ""
    padding = f"{fill}{width}" if width > -1 else ""
    form = f"%{padding}{digits}{kind}" if input.is_floating_point() or input.is_complex() else f"%{padding}d"

    def text(x: Any) -> bytes:
        if isinstance(x, np.bool_):
            return (b"true" if x else b"false").rjust(max(width, 0))
        return (f"({form % x.real},{form % x.imag})" if isinstance(x, np.complexfloating) else form % x).encode()

    numbers = input.double() if input.dtype == torch.bfloat16 else input
    found: Tensor = _mapped(text, numbers.numpy())
    return found


# -- pieces of strings ----------------------------------------------------------------------------------------------


@op(
    "Substr",
    shape=lambda i: TensorShape.of(rules.broadcast_dims(i.shape("input").tuple, i.shape("pos").tuple)),
    types={"input": STRING, "pos": INDEX, "len": INDEX},
    dtype=STRING,
    differentiable=False,
)
def _substr(input: Tensor, pos: Tensor, len: Tensor, unit: str = "BYTE") -> Tensor:
    texts, starts, counts = np.broadcast_arrays(input, pos.numpy(), len.numpy())
    out = np.empty(texts.size, dtype=object)
    for k, (text, start, count) in enumerate(zip(texts.ravel(), starts.ravel(), counts.ravel(), strict=True)):
        units: Any = text.decode("utf-8", "replace") if unit == "UTF8_CHAR" else text
        size = units.__len__()
        if not -size <= start <= size:
            raise invalid(f"pos {start} out of range for string b'{text.decode('utf-8', 'replace')}' at index {k}")
        first = start if start >= 0 else start + size
        piece = units[first : first + max(count, 0)]
        out[k] = piece.encode() if unit == "UTF8_CHAR" else piece
    return out.reshape(texts.shape)  # type: ignore[return-value]


def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """`len` bytes (or characters) of each string from `pos` on. TF symbols: `tf.substr`, `tf.strings.substr`.

    InvalidArgumentError for a position outside the string.
    """
    return _substr(input, pos, len, unit, name=name)


def _expression(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode() if isinstance(pattern, str) else pattern)


@op("StaticRegexReplace", shape=rules.unchanged, types={"input": STRING}, dtype=STRING, differentiable=False)
def _regex_replace(input: Tensor, pattern: Any, rewrite: Any, replace_global: bool = True) -> Tensor:
    found = _expression(pattern)
    text = rewrite.encode() if isinstance(rewrite, str) else rewrite
    count = 0 if replace_global else 1

    def replaced(string: bytes) -> bytes:
        return found.sub(text, string, count=count)

    result: Tensor = _mapped(replaced, input)
    return result


def regex_replace(input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None) -> Any:
    r"""Each string with what matches `pattern` replaced; `\1` in `rewrite` is a group.

    TF symbol: `tf.regex_replace`.
    """
    return _regex_replace(input, pattern, rewrite, bool(replace_global), name=name)


@op("StaticRegexFullMatch", shape=rules.unchanged, types={"input": STRING}, dtype=BOOL, differentiable=False)
def regex_full_match(input: Tensor, pattern: Any) -> Tensor:
    """Whether the whole of each string matches. TF symbol: `tf.strings.regex_full_match`."""
    found = _expression(pattern)
    return to_torch(_mapped(lambda text: found.fullmatch(text) is not None, input, np.bool_))


@op("StringLength", shape=rules.unchanged, types={"input": STRING}, dtype=dtypes.int32, differentiable=False)
def _length(input: Tensor, unit: str = "BYTE") -> Tensor:
    count: Callable[[bytes], int] = len if unit == "BYTE" else lambda text: len(text.decode("utf-8", "replace"))
    return to_torch(_mapped(count, input, np.int32))


def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """How many bytes (or, by `unit="UTF8_CHAR"`, characters) each string has. TF symbol: `tf.strings.length`."""
    return _length(input, unit, name=name)


def _cased(change: Callable[[str], str]) -> Callable[[bytes, str], bytes]:
    def apply(text: bytes, encoding: str) -> bytes:
        if encoding:
            return change(text.decode(encoding)).encode(encoding)
        return change(text.decode("latin-1")).encode("latin-1") if text.isascii() else _ascii_only(text, change)

    return apply


def _ascii_only(text: bytes, change: Callable[[str], str]) -> bytes:
    return bytes(ord(change(chr(byte))) if byte < 128 else byte for byte in text)


@op("StringLower", shape=rules.unchanged, types={"input": STRING}, dtype=STRING, differentiable=False)
def string_lower(input: Tensor, encoding: str = "") -> Tensor:
    """Each string in lower case; letters beyond ASCII only with `encoding="utf-8"`. TF symbol: `tf.strings.lower`."""
    result: Tensor = _mapped(lambda text: _cased(str.lower)(text, encoding), input)
    return result


@op("StringUpper", shape=rules.unchanged, types={"input": STRING}, dtype=STRING, differentiable=False)
def string_upper(input: Tensor, encoding: str = "") -> Tensor:
    """Each string in upper case, as `string_lower`. TF symbol: `tf.strings.upper`."""
    result: Tensor = _mapped(lambda text: _cased(str.upper)(text, encoding), input)
    return result


@op("StringStrip", shape=rules.unchanged, types={"input": STRING}, dtype=STRING, differentiable=False)
def string_strip(input: Tensor) -> Tensor:
    """Each string without the spaces around it. TF symbols: `tf.string_strip`, `tf.strings.strip`."""
    result: Tensor = _mapped(bytes.strip, input)
    return result
