"""`numpy_input_fn` and `pandas_input_fn`: functions that put the rows of arrays into a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.estimator.rows import RowSource, input_rows

InputFn = Callable[[], Any]


def _source(arrays: list[Any], batch_size: int, num_epochs: int | None, shuffle: bool, num_threads: int) -> RowSource:
    # In TensorFlow every thread reads all of the rows num_epochs times.
    epochs = None if num_epochs is None else num_epochs * num_threads
    return RowSource(arrays, batch_size, epochs, shuffle)


def _read(source: RowSource) -> list[Any]:
    queue = "random_shuffle_queue" if source.shuffle else "fifo_queue"
    dequeue = "DequeueMany" if source.epochs is None else "DequeueUpTo"
    return input_rows(source, name=f"{queue}_{dequeue}")[1:]


def _check_shuffle(shuffle: Any) -> None:
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended to set it as True for "
            f"training); got {shuffle}"
        )


def _check_counts(batch_size: Any, queue_capacity: Any, num_threads: Any) -> None:
    counts = ("batch_size", batch_size), ("queue_capacity", queue_capacity), ("num_threads", num_threads)
    for name, value in counts:
        if not hasattr(value, "__index__") or value < 1:
            raise ValueError(f"{name} must be a positive integer; got {value!r}")


def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> InputFn:
    """A function that gives the rows of arrays as tensors, batch by batch. TF: `tf.estimator.inputs.numpy_input_fn`.

    Args:
      x: an array, or a dict of arrays, of n rows each.
      y: the labels: an array or a dict of arrays of n rows; None for none.
      batch_size: rows of a batch; a batch may hold the end of one epoch and the beginning of the next.
      num_epochs: how often the rows are read; None for without end.
      shuffle: whether in a new random order each time. It must be given.
      queue_capacity: nothing is queued, so that it does not limit anything.
      num_threads: the rows are read so many times `num_epochs` times, as TensorFlow's threads do.

    Returns:
      A function without arguments that gives `x` as a tensor or dict of them, and with `y` the pair of both.

    Raises:
      ValueError: `shuffle` is no bool, or a count is not positive. When the returned function is called: arrays of
        several lengths, an empty dict, or a key that is in both.
      TypeError: when called, `x` is neither array nor dict.
      AttributeError: when called, a list stands for an array.
    """
    _check_shuffle(shuffle)
    _check_counts(batch_size, queue_capacity, num_threads)

    def input_fn() -> Any:
        if not isinstance(x, (dict, np.ndarray)):
            raise TypeError(f"x must be a dict or array; got {type(x).__name__}")
        if isinstance(x, dict) and not x:
            raise ValueError("x cannot be an empty dict")
        if isinstance(y, dict) and not y:
            raise ValueError("y cannot be empty dict, use None instead.")
        features = dict(sorted(x.items())) if isinstance(x, dict) else {"": x}
        labels = {} if y is None else dict(sorted(y.items())) if isinstance(y, dict) else {"": y}
        _check_keys(x, y)
        _check_lengths(x, y, features, labels)
        arrays = [*features.values(), *labels.values()]
        tensors = _read(_source(arrays, batch_size, num_epochs, bool(shuffle), num_threads))
        of_x = dict(zip(features, tensors, strict=False))
        of_y = dict(zip(labels, tensors[len(features) :], strict=True))
        given = of_x if isinstance(x, dict) else of_x[""]
        if y is None:
            return given
        return given, of_y if isinstance(y, dict) else of_y[""]

    return input_fn


def _check_keys(x: Any, y: Any) -> None:
    if isinstance(x, dict) and isinstance(y, dict):
        both = set(x) & set(y)
        if both:
            raise ValueError(f"{len(both)} duplicate keys are found in both x and y: {both}")


def _check_lengths(x: Any, y: Any, features: dict[str, Any], labels: dict[str, Any]) -> None:
    shapes_of_x = {key: value.shape for key, value in features.items()}
    shapes_of_y = {key: value.shape for key, value in labels.items()}
    if len({shape[0] for shape in (*shapes_of_x.values(), *shapes_of_y.values())}) > 1:
        shown = [s if isinstance(of, dict) else s.get("") for of, s in ((x, shapes_of_x), (y, shapes_of_y))]
        raise ValueError(
            "Length of tensors in x and y is mismatched. All elements in x and y must have the same length.\n"
            f"Shapes in x: {shown[0]}\nShapes in y: {shown[1]}"
        )


def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
    target_column: str = "target",
) -> InputFn:
    """A function that gives a data frame's columns as tensors. TF symbol: `tf.estimator.inputs.pandas_input_fn`.

    Args:
      x: a `pandas.DataFrame`.
      y: the labels: a series, or a frame whose columns become a dict; None for none. Its index must be that of `x`.
      target_column: a name that `x` has no column of.
      batch_size, num_epochs, shuffle, queue_capacity, num_threads: as `numpy_input_fn`.

    Raises:
      ValueError: `shuffle` is no bool, a count is not positive, the indices differ, or `x` has a column called
        `target_column`.
      TypeError: `target_column` is no string.
    """
    _check_shuffle(shuffle)
    _check_counts(batch_size, queue_capacity, num_threads)
    if not isinstance(target_column, str):
        raise TypeError("target_column must be a string type")
    if y is not None:
        if target_column in x:
            raise ValueError(
                f"Cannot use name {target_column} for target column: DataFrame already has a column with that name: "
                f"{x.columns}"
            )
        if not x.index.equals(y.index):
            raise ValueError(f"Index for x and y are mismatched.\nIndex for x: {x.index}\nIndex for y: {y.index}")

    def input_fn() -> Any:
        features = {name: x[name].to_numpy() for name in x.columns}
        frame = y is not None and hasattr(y, "columns")
        labels = {name: y[name].to_numpy() for name in y.columns} if frame else {}
        if y is not None and not frame:
            labels = {target_column: y.to_numpy()}
        arrays = [*features.values(), *labels.values()]
        tensors = _read(_source(arrays, batch_size, num_epochs, bool(shuffle), num_threads))
        of_x = dict(zip(features, tensors, strict=False))
        of_y = dict(zip(labels, tensors[len(features) :], strict=True))
        if y is None:
            return of_x
        return of_x, of_y if frame else of_y[target_column]

    return input_fn
