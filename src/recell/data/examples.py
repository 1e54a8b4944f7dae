"""Batches of parsed `tf.train.Example`s. TF symbols: `tf.data.experimental.make_batched_features_dataset`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recell.data.dataset import Dataset
from recell.data.experimental import parallel_interleave, shuffle_and_repeat
from recell.data.readers import TFRecordDataset
from recell.ops._attributes import as_list
from recell.ops.parsing import parse_example
from recell.platform.gfile import Glob, IsDirectory, ListDirectory

_PREFETCHED = 2


def file_names(file_pattern: Any) -> list[str]:
    """The files that fit a pattern, or one of several; those of a folder. ValueError when there are none."""
    patterns = as_list(file_pattern)
    if not patterns:
        raise ValueError("File pattern is empty.")
    found: list[str] = []
    for pattern in patterns:
        if IsDirectory(pattern):
            found += [f"{pattern}/{name}" for name in sorted(ListDirectory(pattern))]
        else:
            found += Glob(pattern)
    if not found:
        raise ValueError(f"No files match {file_pattern}.")
    return sorted(found)


def shuffled_and_repeated(dataset: Any, epochs: Any, shuffle: bool, buffer_size: Any, seed: Any) -> Any:
    """In random order if `shuffle`, `epochs` times, for ever if that is None."""
    if shuffle and epochs != 1:
        return dataset.apply(shuffle_and_repeat(buffer_size, epochs, seed))
    if shuffle:
        return dataset.shuffle(buffer_size, seed)
    return dataset if epochs == 1 else dataset.repeat(epochs)


def parse_example_dataset(features: Any, num_parallel_calls: Any = 1) -> Callable[[Any], Any]:
    """Parses batches of serialized examples. TF symbol: `tf.data.experimental.parse_example_dataset`.

    Args:
      features: as of `tf.parse_example`. ValueError if it is None.
      num_parallel_calls: how many batches are worked on at a time.
    """
    if features is None:
        raise ValueError("Missing: features was None.")

    def apply(dataset: Any) -> Any:
        return dataset.map(lambda serialized: parse_example(serialized, features), num_parallel_calls)

    return apply


def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: Any,
    features: Any,
    reader: Any = TFRecordDataset,
    label_key: str | None = None,
    reader_args: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: Any = 10000,
    shuffle_seed: Any = None,
    prefetch_buffer_size: Any = None,
    reader_num_threads: Any = None,
    parser_num_threads: Any = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Any:
    """Batches of parsed examples from files. TF symbol: `tf.data.experimental.make_batched_features_dataset`.

    Args:
      file_pattern: a path, a pattern, or a list of them.
      features: as of `tf.parse_example`: a dictionary from keys to what is expected of them.
      reader: makes a dataset of serialized examples of a file name (and `reader_args`).
      label_key: the feature that becomes the second component of the elements.
      num_epochs: how often the files are gone over; for ever, in whole batches only, if None.
      shuffle, shuffle_buffer_size, shuffle_seed: the order of files and examples.
      prefetch_buffer_size: how many batches are made ahead.
      reader_num_threads, parser_num_threads: how many files are read, and batches parsed, at a time.
      sloppy_ordering: whether a file that has to be waited for is passed over.
      drop_final_batch: leaves out a last batch that is not full.

    Raises:
      ValueError: no file fits, or `label_key` is no feature.
    """
    if label_key is not None and label_key not in features:
        raise ValueError(f"The `label_key` provided ({label_key!r}) must be one of the `features` keys.")
    names = file_names(file_pattern)
    files = Dataset.from_tensor_slices(names)
    if shuffle:
        files = files.shuffle(len(names), shuffle_seed)
    records = files.apply(
        parallel_interleave(
            lambda name: reader(name, *(reader_args or ())),
            cycle_length=1 if reader_num_threads is None else reader_num_threads,
            sloppy=sloppy_ordering,
        )
    )
    records = shuffled_and_repeated(records, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    batches = records.batch(batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    parsed = batches.apply(parse_example_dataset(features, 2 if parser_num_threads is None else parser_num_threads))
    if label_key is not None:
        parsed = parsed.map(lambda found: ({k: v for k, v in found.items() if k != label_key}, found[label_key]))
    return parsed.prefetch(_PREFETCHED if prefetch_buffer_size is None else prefetch_buffer_size)


def read_batch_features(
    file_pattern: Any,
    batch_size: Any,
    features: Any,
    reader: Any = TFRecordDataset,
    reader_args: Any = None,
    randomize_input: bool = True,
    num_epochs: int | None = None,
    capacity: int = 10000,
) -> Any:
    """The tensors of the next batch of parsed examples, by key. TF symbol: `tf.contrib.data.read_batch_features`.

    The arguments are those of `make_batched_features_dataset`, with `randomize_input` for `shuffle` and `capacity` for
    the buffer's size.
    """
    dataset = make_batched_features_dataset(
        file_pattern,
        batch_size,
        features,
        reader,
        reader_args=reader_args,
        num_epochs=num_epochs,
        shuffle=randomize_input,
        shuffle_buffer_size=capacity,
    )
    return dataset.make_one_shot_iterator().get_next()
