"""Lines of comma-separated values to tensors, a tensor for each column. Symbol: `tf.decode_csv`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recell._torch import to_torch
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.core import name_scope
from recell.graph.dtypes import DType, runtime_name
from recell.graph.registry import Inference
from recell.graph.shapes import TensorShape
from recell.ops._attributes import as_list
from recell.ops._kernels import invalid, string_array
from recell.ops.op import STRING, op
from recell.ops.parsing_columns import as_array, result

if TYPE_CHECKING:
    from torch import Tensor

_TYPES = frozenset({dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.string})
_INT = re.compile(rb"\s*-?\d+\s*")
_FLOAT = re.compile(rb"\s*([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|nan)|([-+]?0x[0-9a-f]+)|)\s*", re.IGNORECASE)
_ENDED = "Quoted field has to end with quote followed by delim or end"
_UNQUOTED = "Unquoted fields cannot have quotes/CRLFs inside"
_INSIDE = "Quote inside a string has to be escaped by another quote"

# -- fields ---------------------------------------------------------------------------------------------------------


def split_record(record: bytes, delimiter: bytes, quotes: bool, wanted: int | None = None) -> list[bytes]:
    """The fields of one record; none for an empty one. InvalidArgumentError for quotes that do not go together.

    Only the first `wanted` fields are sure to be looked at.
    """
    if b"\n" in record or b"\r" in record or (quotes and b'"' in record):
        return _fields(record, delimiter, quotes and delimiter != b'"', wanted)
    return record.split(delimiter) if record else []


def _fields(record: bytes, delimiter: bytes, quotes: bool, wanted: int | None) -> list[bytes]:
    fields: list[bytes] = []
    start = 0
    while start < len(record):
        if len(fields) == wanted:
            return fields
        if record[start] in b"\r\n":  # at the beginning of a field, TensorFlow passes over these
            start += 1
            continue
        if quotes and record.startswith(b'"', start):
            field, end = _quoted_field(record, start + 1, delimiter)
        else:
            end = record.find(delimiter, start)
            end = len(record) if end < 0 else end
            field = record[start:end]
            if b"\n" in field or b"\r" in field or (quotes and b'"' in field):
                raise invalid(_UNQUOTED)
        fields.append(field)
        start = end + 1
    if record.endswith(delimiter):
        fields.append(b"")
    return fields


def _quoted_field(record: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    """The field whose opening quote stands before `start`, and where the delimiter after it stands."""
    parts = []
    while True:
        end = record.find(b'"', start)
        if end < 0:
            raise invalid(_ENDED)
        parts.append(record[start:end])
        after = record[end + 1 : end + 2]
        if after != b'"':
            if after not in (b"", delimiter):
                raise invalid(_INSIDE)
            return b"".join(parts), end + 1
        parts.append(b'"')
        start = end + 2


# -- columns --------------------------------------------------------------------------------------------------------


def _int_reader(dtype: DType) -> Callable[[bytes], int | None]:
    low, high = dtype.min, dtype.max

    def read(text: bytes) -> int | None:
        if not _INT.fullmatch(text):
            return None
        value = int(text)
        return value if low <= value <= high else None

    return read


def _read_float(text: bytes) -> float | None:
    match = _FLOAT.fullmatch(text)
    if match is None:
        return None
    number, hexadecimal = match.groups()
    return float(int(hexadecimal, 16)) if hexadecimal else float(number or 0)


def _column(texts: Sequence[bytes], index: int, default: np.ndarray, dtype: DType, missing: tuple[bytes, ...]) -> Any:
    if default.size > 1:
        raise invalid(f"There should only be 1 default per field but field {index} has {default.size}")
    fallback = default.reshape(-1)[0] if default.size else None
    if fallback is None:
        for record, text in enumerate(texts):
            if text in missing:
                raise invalid(f"Field {index} is required but missing in record {record}!")
    if dtype is dtypes.string:
        return string_array([fallback if text in missing else text for text in texts])
    read = _int_reader(dtype) if dtype.is_integer else _read_float
    values: list[Any] = []
    for record, text in enumerate(texts):
        value = fallback if text in missing else read(text)
        if value is None:
            said = f"Field {index} in record {record} is not a valid {runtime_name(dtype)}"
            raise invalid(f"{said}: {text.decode('utf-8', 'replace')}")
        values.append(value)
    with np.errstate(over="ignore"):
        return np.array(values, np.float64 if dtype.is_floating else np.int64).astype(dtype.as_numpy_dtype)


def _shapes(i: Inference) -> list[TensorShape]:
    for shape in i.shapes("record_defaults"):
        if shape.ndims is not None and shape.ndims > 1:
            raise i.mismatch(f"Shape must be at most rank 1 but is rank {shape.ndims}")
        if shape.ndims == 1 and (shape.num_elements() or 0) > 1:
            raise i.mismatch("Shape of a default must be a length-0 or length-1 vector, or a scalar.")
    return [i.shape("records") for _ in i.tensor("record_defaults")]


@op(
    "DecodeCSV",
    shape=_shapes,
    types={"records": STRING, "record_defaults": _TYPES},
    dtype=lambda i: [tensor.dtype.base_dtype for tensor in i.tensor("record_defaults")],
    differentiable=False,
)
def _decode_csv(
    records: Tensor,
    record_defaults: list[Tensor],
    out_types: Any,
    field_delim: str,
    use_quote_delim: bool,
    na_value: str,
    select_cols: Any,
) -> Any:
    delimiter = field_delim.encode()
    if len(delimiter) != 1:
        raise invalid(f"field_delim should be only 1 char, got {field_delim!r}")
    rows = []
    wanted = select_cols[-1] + 1 if select_cols else None
    for k, record in enumerate(as_array(records).ravel()):
        fields = split_record(record, delimiter, use_quote_delim, wanted)
        if select_cols:
            fields = [fields[column] for column in select_cols if column < len(fields)]
        if len(fields) != len(out_types):
            raise invalid(f"Expect {len(out_types)} fields but have {len(fields)} in record {k}")
        rows.append(fields)
    columns = zip(*rows, strict=True) if rows else [()] * len(out_types)
    missing = (b"", na_value.encode())
    parsed = [
        _column(texts, k, as_array(default), dtype, missing)
        for k, (texts, default, dtype) in enumerate(zip(columns, record_defaults, out_types, strict=True))
    ]
    return result([to_torch(column.reshape(tuple(records.shape))) for column in parsed])


def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str | None = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Any = None,
) -> list[Any]:
    """Lines of comma-separated values to a tensor for each column. TF symbol: `tf.decode_csv`.

    Args:
      records: strings of any shape, a record each.
      record_defaults: for each column a tensor, or a list, of one value: what an empty field stands for, and the
        column's dtype (float32, float64, int32, int64, string). Of no value where a field must not be empty.
      field_delim: the one character between fields; None for a comma.
      use_quote_delim: whether fields may stand in quotes, with `""` for a quote in them.
      na_value: another text that stands for an empty field.
      select_cols: numbers, rising, of the columns that are wanted; the others are not parsed.

    Returns:
      A list of tensors of the shape of `records`.

    Raises:
      ValueError: for defaults of another shape, for `select_cols` that do not rise or are not as many. TypeError for
      defaults of other dtypes.
      When run: InvalidArgumentError for a record with another number of fields, a field that is no number of its
      dtype, misplaced quotes, an empty field without a default, a delimiter that is not one character.
    """
    columns = None if select_cols is None else [int(column) for column in select_cols]
    if columns is not None:
        if any(a >= b for a, b in itertools.pairwise(columns)):
            raise ValueError("select_cols is not strictly increasing.")
        if columns and columns[0] < 0:
            raise ValueError("select_cols contains negative values.")
        if len(columns) != len(record_defaults):
            raise ValueError("Length of select_cols and record_defaults do not match.")
    if not len(record_defaults):
        raise ValueError("Attr 'OUT_TYPE' of 'DecodeCSV' Op passed list of length 0 less than minimum 1.")
    with name_scope(name, "DecodeCSV") as scope:
        defaults = [convert_to_tensor(value, name=f"record_defaults_{k}") for k, value in enumerate(record_defaults)]
        parsed = _decode_csv(
            convert_to_tensor(records, dtypes.string, name="records"),
            defaults,
            tuple(default.dtype.base_dtype for default in defaults),
            "," if field_delim is None else field_delim,
            bool(use_quote_delim),
            na_value,
            tuple(columns or ()),
            name=scope,
        )
    return as_list(parsed)


__all__ = ["decode_csv"]
