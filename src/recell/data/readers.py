"""Datasets of files. TF symbols: `tf.data.TextLineDataset`, `tf.data.TFRecordDataset`, `FixedLengthRecordDataset`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.data import files, spec
from recell.data.arguments import int_argument
from recell.data.dataset import Dataset
from recell.data.dataset_base import BaseDataset
from recell.data.experimental import parallel_interleave
from recell.graph import dtypes
from recell.graph.convert import convert_to_tensor
from recell.graph.tensor import Tensor
from recell.ops.array_shape import reshape

_BUFFER_BYTES = 256 * 1024
_STRING = spec.TensorSpec([], dtypes.string)


class _FileDataset(Dataset):
    """What is in files, one after the other or several at a time."""

    def __init__(self, filenames: Any, parallel_reads: Any, read: Callable[[Any], Tensor]) -> None:
        paths = _paths(filenames)
        if parallel_reads is None:
            made = paths.flat_map(lambda path: Dataset(read(path), _STRING))
        else:
            made = paths.apply(
                parallel_interleave(lambda path: Dataset(read(path), _STRING), cycle_length=parallel_reads)
            )
        super().__init__(made._variant_tensor, _STRING)


def _paths(filenames: Any) -> Any:
    if isinstance(filenames, BaseDataset):
        if spec.legacy_types(filenames.element_spec) != dtypes.string:
            raise TypeError("`filenames` must be a `tf.data.Dataset` of `tf.string` elements.")
        return filenames
    tensor = convert_to_tensor(filenames, dtypes.string)
    return Dataset.from_tensor_slices(reshape(tensor, [-1], name="flat_filenames"))


def _compression(value: Any) -> Tensor:
    return convert_to_tensor("" if value is None else value, dtypes.string, name="compression_type")


def _buffer(value: Any) -> Tensor:
    return int_argument(_BUFFER_BYTES if value is None else value, "buffer_size")


class TextLineDataset(_FileDataset):
    """The lines of text files, without their ends. TF symbol: `tf.data.TextLineDataset`.

    Args:
      filenames: a string tensor of paths, or a dataset of such.
      compression_type: "", "ZLIB" or "GZIP".
      buffer_size: accepted; files are read by blocks of one size.
      num_parallel_reads: how many files are read at a time, their lines in turn; one after the other if None.

    Raises:
      When run: NotFoundError and its kin for a file that cannot be opened, DataLossError for one that cannot be
      inflated, InvalidArgumentError for another `compression_type`.
    """

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None
    ) -> None:
        compression, buffer = _compression(compression_type), _buffer(buffer_size)
        super().__init__(filenames, num_parallel_reads, lambda path: files.text_line_dataset(path, compression, buffer))


class TFRecordDataset(_FileDataset):
    """The records of TFRecord files. TF symbol: `tf.data.TFRecordDataset`.

    The arguments are those of `TextLineDataset`. DataLossError, when run, for a damaged record: the dataset goes on
    with the next file.
    """

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None
    ) -> None:
        compression, buffer = _compression(compression_type), _buffer(buffer_size)
        super().__init__(filenames, num_parallel_reads, lambda path: files.tf_record_dataset(path, compression, buffer))


class FixedLengthRecordDataset(_FileDataset):
    """Files in pieces of one length. TF symbol: `tf.data.FixedLengthRecordDataset`.

    Args:
      filenames: a string tensor of paths, or a dataset of such.
      record_bytes: the length of a piece.
      header_bytes, footer_bytes: what is left out at the beginning and the end of each file.
      buffer_size, compression_type, num_parallel_reads: as of `TextLineDataset`.

    Raises:
      When run: InvalidArgumentError for a file that is no whole number of pieces.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        header = int_argument(0 if header_bytes is None else header_bytes, "header_bytes")
        size = int_argument(record_bytes, "record_bytes")
        footer = int_argument(0 if footer_bytes is None else footer_bytes, "footer_bytes")
        compression, buffer = _compression(compression_type), _buffer(buffer_size)

        def read(path: Any) -> Tensor:
            made: Tensor = files.fixed_length_record_dataset(path, header, size, footer, buffer, compression)
            return made

        super().__init__(filenames, num_parallel_reads, read)
