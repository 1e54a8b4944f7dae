"""`tf.contrib.data.Dataset` as 1.2 and 1.3 had it, with transformations as methods and threads by other names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.data import experimental, grouping, readers
from recell.data.dataset import Dataset as CoreDataset


class Dataset(CoreDataset):
    """`tf.data.Dataset` with the methods of releases 1.2 and 1.3. TF symbol: `tf.contrib.data.Dataset`."""

    def map(  # type: ignore[override] # the order of arguments that 1.2 had
        self,
        map_func: Callable[..., Any],
        num_threads: Any = None,
        output_buffer_size: Any = None,
        num_parallel_calls: Any = None,
    ) -> Any:
        """`map_func` of each element, by `num_threads` threads, which run `output_buffer_size` elements ahead."""
        calls = num_threads if num_parallel_calls is None else num_parallel_calls
        mapped = super().map(map_func, calls)
        return mapped if output_buffer_size is None else mapped.prefetch(output_buffer_size)

    def dense_to_sparse_batch(self, batch_size: Any, row_shape: Any) -> Any:
        """`tf.data.experimental.dense_to_sparse_batch` as a method."""
        return self.apply(experimental.dense_to_sparse_batch(batch_size, row_shape))

    def group_by_window(self, key_func: Any, reduce_func: Any, window_size: Any) -> Any:
        """`tf.data.experimental.group_by_window` as a method."""
        return self.apply(grouping.group_by_window(key_func, reduce_func, window_size))

    def ignore_errors(self) -> Any:
        """`tf.data.experimental.ignore_errors` as a method."""
        return self.apply(experimental.ignore_errors())


Dataset._made_as = Dataset


def TextLineDataset(filenames: Any, compression_type: Any = None, buffer_size: Any = None) -> Any:
    """The lines of text files, with the methods of 1.2. TF symbol: `tf.contrib.data.TextLineDataset`."""
    return _with_methods(readers.TextLineDataset(filenames, compression_type, buffer_size))


def TFRecordDataset(filenames: Any, compression_type: Any = None, buffer_size: Any = None) -> Any:
    """The records of TFRecord files, with the methods of 1.2. TF symbol: `tf.contrib.data.TFRecordDataset`."""
    return _with_methods(readers.TFRecordDataset(filenames, compression_type, buffer_size))


def FixedLengthRecordDataset(
    filenames: Any, record_bytes: Any, header_bytes: Any = None, footer_bytes: Any = None, buffer_size: Any = None
) -> Any:
    """Files in pieces, with the methods of 1.2. TF symbol: `tf.contrib.data.FixedLengthRecordDataset`."""
    return _with_methods(
        readers.FixedLengthRecordDataset(filenames, record_bytes, header_bytes, footer_bytes, buffer_size)
    )


def _with_methods(dataset: CoreDataset) -> Dataset:
    return Dataset(dataset._variant_tensor, dataset.element_spec, dataset.options())
