"""The feeder of iterators, which are read as far as a batch needs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from recell.estimator.learn_columns import classes_of, fed_rows, row_shape
from recell.estimator.learn_feeder import DataFeeder, FeedFn, warn_of_float64
from recell.graph.tensor import Tensor


class StreamingDataFeeder(DataFeeder):
    """Feeds what iterators give, row by row. TF symbol: `StreamingDataFeeder` of contrib.learn's `data_feeder`.

    Args:
      x, y: iterators of rows, or of dicts of them; y may be None.
      n_classes: as of `DataFeeder`; the labels are then fed as float32.
      batch_size: rows of a batch; 1 by default. The last one may be smaller; then the feeding ends.

    The first row tells the shapes and dtypes. ValueError for an iterator that is empty.
    """

    def __init__(self, x: Any, y: Any, n_classes: Any, batch_size: int | None = None) -> None:
        first_x, self._rows = _peeked(x)
        self._labels: Any = None
        first_y = None
        if y is not None:
            first_y, self._labels = _peeked(y)
        self.n_classes = n_classes
        self._batch_size = 1 if batch_size is None else batch_size
        self._rows_fed = self._batch_size
        self._shuffle = False
        self._x_names, self._y_names = isinstance(first_x, dict), isinstance(first_y, dict)
        examples = {name: np.asarray(value) for name, value in _named(first_x).items()}
        self._x_dtypes = {name: value.dtype for name, value in examples.items()}
        self._x_shapes = {name: row_shape((1, *v.shape), is_label=False) for name, v in examples.items()}
        labels = {} if first_y is None else {name: np.asarray(v) for name, v in _named(first_y).items()}
        self._classes = {name: classes_of(n_classes, name) for name in labels}
        self._y_shapes = {name: self._label_shape(name, (1, *v.shape)) for name, v in labels.items()}
        self._y_dtypes = {
            name: value.dtype if self._classes[name] is None else np.float32 for name, value in labels.items()
        }
        for dtype in (*self._x_dtypes.values(), *self._y_dtypes.values()):
            warn_of_float64(dtype)
        self._placeholders: dict[tuple[str, str | None], Tensor] = {}
        self._epoch_placeholder: Tensor | None = None
        self._is_stopped = False

    @property
    def x(self) -> Any:
        return self._rows

    @property
    def y(self) -> Any:
        return self._labels

    @property
    def input_dtype(self) -> Any:
        return self._x_dtypes if self._x_names else self._x_dtypes[None]

    @property
    def output_dtype(self) -> Any:
        return self._y_dtypes if self._y_names else self._y_dtypes.get(None)

    def input_builder(self) -> tuple[Any, Any]:
        features = self._build("input", self._x_shapes, self._x_dtypes)
        labels = self._build("output", self._y_shapes, self._y_dtypes)
        return features if self._x_names else features[None], labels if self._y_names else labels.get(None)

    def get_feed_params(self) -> dict[str, Any]:
        """`batch_size`: where an iterator is, nobody knows."""
        return {"batch_size": self._batch_size}

    def get_feed_dict_fn(self) -> FeedFn:
        """A function that gives the feeds of the next batch; StopIteration when the iterators have ended."""
        return self._next_batch

    def _next_batch(self) -> dict[Any, Any]:
        if self._is_stopped:
            raise StopIteration
        rows = list(itertools.islice(self._rows, self._batch_size))
        labels = [] if self._labels is None else list(itertools.islice(self._labels, len(rows)))
        if self._labels is not None:
            rows = rows[: len(labels)]
        self._is_stopped = len(rows) < self._batch_size
        if not rows:
            raise StopIteration
        feeds: dict[Any, Any] = {}
        for name, shape in self._x_shapes.items():
            fed = _column(rows, name).astype(self._x_dtypes[name], copy=False)
            feeds[self._placeholders["input", name]] = fed.reshape(len(rows), *shape)
        for name, shape in self._y_shapes.items():
            fed = fed_rows(_column(labels, name), shape, self._y_dtypes[name], self._classes[name])
            feeds[self._placeholders["output", name]] = fed
        return feeds


def _peeked(rows: Any) -> tuple[Any, Any]:
    """The first row, and an iterator of all. ValueError when there is none."""
    try:
        first = next(rows)
    except StopIteration:
        raise ValueError("The iterator of rows is empty.") from None
    return first, itertools.chain([first], rows)


def _named(row: Any) -> dict[Any, Any]:
    return row if isinstance(row, dict) else {None: row}


def _column(rows: list[Any], name: Any) -> np.ndarray:
    return np.asarray(rows if name is None else [row[name] for row in rows])
