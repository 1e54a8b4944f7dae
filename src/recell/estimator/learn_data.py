"""The feeder, or the batches, that suit what a program has: arrays, lists, data frames, iterators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from recell.estimator.learn_feeder import DataFeeder
from recell.estimator.learn_pandas import as_data, as_labels
from recell.estimator.learn_streaming import StreamingDataFeeder


def is_iterator(data: Any) -> bool:
    return hasattr(data, "__next__") or hasattr(data, "next")


def setup_train_data_feeder(
    x: Any, y: Any, n_classes: Any, batch_size: int | None = None, shuffle: bool = True, epochs: int | None = None
) -> DataFeeder:
    """The feeder that suits the data. TF symbol: `setup_train_data_feeder` of contrib.learn's `data_feeder`.

    ValueError when `x` is an iterator and the labels are none.
    """
    if is_iterator(x):
        if y is not None and not is_iterator(y):
            raise ValueError("Both x and y should be iterators for streaming learning to work.")
        return StreamingDataFeeder(x, y, n_classes, batch_size)
    return DataFeeder(as_data(x), as_labels(y), n_classes, batch_size, shuffle=shuffle, epochs=epochs)


def setup_predict_data_feeder(x: Any, batch_size: int | None = None) -> Any:
    """The batches of `x`: a list of arrays, an iterator of them for an iterator.

    TF symbol: `setup_predict_data_feeder` of contrib.learn's `data_feeder`.
    """
    if is_iterator(x):
        return _stacked(x, batch_size)
    array = np.asarray(as_data(x))
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if batch_size is None:
        return [array]
    return [array[start : start + batch_size] for start in range(0, len(array), batch_size)]


def _stacked(rows: Any, batch_size: int | None) -> Iterator[np.ndarray]:
    held: list[Any] = []
    for row in rows:
        held.append(row)
        if batch_size is not None and len(held) == batch_size:
            yield np.asarray(held)
            held = []
    if held:
        yield np.asarray(held)


def setup_processor_data_feeder(x: Any) -> Any:
    """What a text processor goes through. TF: `setup_processor_data_feeder` of contrib.learn's `data_feeder`."""
    return as_data(x) if hasattr(x, "columns") else x
