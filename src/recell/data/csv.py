"""Files of comma-separated values. TF symbols: `tf.data.experimental.CsvDataset`, `make_csv_dataset`."""

from __future__ import annotations

import csv
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from recell.data.dataset import Dataset
from recell.data.examples import file_names, shuffled_and_repeated
from recell.data.experimental import ignore_errors as without_errors
from recell.data.experimental import parallel_interleave
from recell.data.files import read_lines
from recell.data.readers import TextLineDataset
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.dtypes import DType
from recell.ops.decode_csv import decode_csv

_COLUMN_TYPES = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.string)


def _default(value: Any) -> Any:
    """A column's default: of no value where the column's dtype is given, which means that a field may not be empty."""
    if not isinstance(value, DType):
        return convert_to_tensor(value)
    return convert_to_tensor(np.zeros(0, value.as_numpy_dtype), value)


class CsvDataset(Dataset):
    """The records of files of comma-separated values, as tuples of scalars.

    TF symbol: `tf.data.experimental.CsvDataset`.

    Args:
      filenames: a string tensor of paths, or a dataset of such.
      record_defaults: for each column what an empty field stands for, or its dtype where none may be empty.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted; files are read by blocks of one size.
      header: whether the first line of each file is left out.
      field_delim: the character between fields.
      use_quote_delim: whether fields may stand in quotes. A field may hold no line break.
      na_value: another text that stands for an empty field.
      select_cols: numbers, rising, of the columns that are wanted.

    Raises:
      What `tf.decode_csv` and `tf.data.TextLineDataset` raise.
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Sequence[Any],
        compression_type: Any = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Sequence[int] | None = None,
    ) -> None:
        lines = TextLineDataset(filenames, compression_type)
        if header:
            paths: Any = filenames
            if not isinstance(filenames, Dataset):
                tensor = convert_to_tensor(filenames, dtypes.string)
                paths = Dataset.from_tensors(tensor) if tensor.shape.ndims == 0 else Dataset.from_tensor_slices(tensor)
            lines = paths.flat_map(lambda path: TextLineDataset(path, compression_type).skip(1))
        defaults = [_default(value) for value in record_defaults]
        records = lines.map(
            lambda line: tuple(
                decode_csv(line, defaults, field_delim, use_quote_delim, na_value=na_value, select_cols=select_cols)
            )
        )
        super().__init__(records._variant_tensor, records.element_spec)


# -- tables with names ------------------------------------------------------------------------------------------------


def _rows(path: str, compression: Any, delimiter: str, quotes: bool) -> Iterator[list[str]]:
    lines = (line.decode("utf-8") for line in read_lines(path, compression or ""))
    quoting: Any = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=delimiter, quoting=quoting)


def _column_names(names: Sequence[str], compression: Any, delimiter: str, quotes: bool) -> list[str]:
    found = [next(_rows(name, compression, delimiter, quotes), []) for name in names]
    if any(other != found[0] for other in found):
        raise ValueError("Files have different column names in the header row.")
    return found[0]


def _fits(text: str, dtype: DType) -> bool:
    if dtype is dtypes.string:
        return True
    try:
        number = int(text) if dtype.is_integer else float(text)
    except ValueError:
        return False
    return dtype.min <= number <= dtype.max if dtype.is_integer or np.isfinite(number) else False


def _column_types(rows: Iterator[list[str]], columns: Sequence[int], na_value: str, most: int | None) -> list[DType]:
    """For each column the narrowest dtype of the fields that are not empty; string where all are."""
    widths: list[int | None] = [None] * len(columns)
    for number, row in enumerate(rows):
        if most is not None and number >= most:
            break
        for place, column in enumerate(columns):
            if row[column] not in ("", na_value):
                first = widths[place] or 0
                widths[place] = next(k for k in range(first, 5) if _fits(row[column], _COLUMN_TYPES[k]))
    return [dtypes.string if width is None else _COLUMN_TYPES[width] for width in widths]


def _zero(dtype: DType) -> Any:
    return convert_to_tensor([b""] if dtype is dtypes.string else np.zeros(1, dtype.as_numpy_dtype), dtype)


def _column(wanted: Any, names: Sequence[str]) -> int:
    if isinstance(wanted, int):
        return wanted
    if wanted not in names:
        raise ValueError(f"Value '{wanted}' for column to select not in column names: {list(names)}.")
    return list(names).index(wanted)


def make_csv_dataset(
    file_pattern: Any,
    batch_size: Any,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: Any = 10000,
    shuffle_seed: Any = None,
    prefetch_buffer_size: Any = None,
    num_parallel_reads: Any = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: Any = None,
    ignore_errors: bool = False,
) -> Any:
    """Batches of the columns of files of comma-separated values. TF symbol: `tf.data.experimental.make_csv_dataset`.

    Args:
      file_pattern: a path, a pattern, or a list of them.
      column_names: of all columns; those in the first line of the files if None.
      column_defaults: as of `CsvDataset`; zeros and empty strings, of the narrowest dtype that holds the first
        `num_rows_for_inference` rows (all of them if that is None), if None.
      label_name: the column that becomes the second component of the elements.
      select_columns: names or numbers of the columns that are wanted.
      num_epochs: how often the files are gone over; for ever, in whole batches only, if None.
      shuffle, shuffle_buffer_size, shuffle_seed: the order of files and rows.
      num_parallel_reads: how many files are read at a time; `sloppy` passes over one that has to be waited for.
      ignore_errors: leaves out rows that cannot be parsed.
      field_delim, use_quote_delim, na_value, header, compression_type: as of `CsvDataset`.

    Returns:
      A dataset of dictionaries (in the columns' order) of vectors, or of pairs of such and the label's.

    Raises:
      ValueError: no file fits, names that repeat or differ between files, columns or a label that there are not.
    """
    names = file_names(file_pattern)
    if column_names is None:
        if not header:
            raise ValueError("Cannot infer column names without a header line.")
        column_names = _column_names(names, compression_type, field_delim, use_quote_delim)
    if len(column_names) != len(set(column_names)):
        raise ValueError("Cannot have duplicate column names.")
    columns = list(range(len(column_names)))
    if select_columns is not None:
        columns = sorted(_column(wanted, column_names) for wanted in select_columns)
    if column_defaults is None:
        rows = (row for name in names for row in _body(name, header, compression_type, field_delim, use_quote_delim))
        column_defaults = [_zero(t) for t in _column_types(rows, columns, na_value, num_rows_for_inference)]
    kept = [column_names[column] for column in columns]
    if label_name is not None and label_name not in kept:
        raise ValueError("`label_name` provided must be one of the columns.")
    files = Dataset.from_tensor_slices(names)
    if shuffle:
        files = files.shuffle(len(names), shuffle_seed)

    def read(name: Any) -> Any:
        return CsvDataset(
            name, column_defaults, compression_type, None, header, field_delim, use_quote_delim, na_value,
            None if select_columns is None else columns,
        )  # fmt: skip

    records = files.apply(parallel_interleave(read, cycle_length=num_parallel_reads or 1, sloppy=sloppy))
    if ignore_errors:
        records = records.apply(without_errors())
    records = shuffled_and_repeated(records, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)

    def named(*parts: Any) -> Any:
        features = OrderedDict(zip(kept, parts, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    batches = records.batch(batch_size, drop_remainder=num_epochs is None).map(named)
    return batches.prefetch(1 if prefetch_buffer_size is None else prefetch_buffer_size)


def _body(name: str, header: bool, compression: Any, delimiter: str, quotes: bool) -> Iterator[list[str]]:
    rows = _rows(name, compression, delimiter, quotes)
    if header:
        next(rows, None)
    return rows
