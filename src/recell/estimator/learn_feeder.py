"""Feeders: arrays, lists, data frames and dicts of them, fed batch by batch into placeholders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recell.estimator.learn_columns import classes_of, fed_rows, input_placeholder, label_dtype, row_shape
from recell.graph.tensor import Tensor
from recell.ops.state import placeholder
from recell.platform import logging

_FIRST_SEED = 42
FeedFn = Callable[[], dict[Any, Any]]


def check_array(array: Any, dtype: Any) -> np.ndarray:
    """An array of this dtype. TF symbol: `check_array` of contrib.learn's `data_feeder`."""
    return np.asarray(array, dtype=dtype)


def warn_of_float64(dtype: Any) -> None:
    if dtype == np.float64:
        logging.warning("float64 is not supported by many models, consider casting to float32.")


class DataFeeder:
    """Feeds arrays. TF symbol: `DataFeeder` of contrib.learn's `data_feeder`.

    Args:
      x: an array of n rows, or a dict of them.
      y: labels of n rows, or a dict of them; None for none.
      n_classes: how many classes the labels tell apart: they are fed as rows of zeros with a one. None feeds them as
        they are; 0 or 1 as float32. A dict of numbers for a dict of labels.
      batch_size: rows of a batch; None for all.
      shuffle: whether each epoch has an order of its own.
      random_state: a `numpy.random.RandomState` to shuffle with; one that starts anew with each feeder by default.
      epochs: after how many the feeding ends, by StopIteration; None for never.

    Raises ValueError for a batch size that is not positive.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        n_classes: Any,
        batch_size: int | None = None,
        shuffle: bool = True,
        random_state: Any = None,
        epochs: int | None = None,
    ) -> None:
        if batch_size is not None and batch_size <= 0:
            raise ValueError(f"Invalid batch_size {batch_size}.")
        self._x, self._x_names = _arrays(x)
        self._y, self._y_names = _arrays(y)
        self.n_classes = n_classes
        self.max_epochs = epochs
        first = next(iter(self._x.values()))
        self._size = len(first)
        self._batch_size = self._size if batch_size is None else batch_size
        self._rows_fed = self._batch_size
        self._shuffle = shuffle
        self.random_state = np.random.RandomState(_FIRST_SEED) if random_state is None else random_state
        self._x_shapes = {name: row_shape(array.shape, is_label=False) for name, array in self._x.items()}
        self._classes = {name: classes_of(n_classes, name) for name in self._y}
        self._y_shapes = {name: self._label_shape(name, array.shape) for name, array in self._y.items()}
        self._y_dtypes = {
            name: label_dtype(array.dtype, self._classes[name], named=self._y_names) for name, array in self._y.items()
        }
        for array in (*self._x.values(), *self._y.values()):
            warn_of_float64(array.dtype)
        self.indices = self.random_state.permutation(self._size) if shuffle else np.arange(self._size)
        self.offset = 0
        self.epoch = 0
        self._placeholders: dict[tuple[str, str | None], Tensor] = {}
        self._epoch_placeholder: Tensor | None = None

    def _label_shape(self, name: Any, shape: Any) -> list[int]:
        classes = self._classes[name]
        found = row_shape(shape, is_label=True)
        return [*found, classes] if classes is not None and classes > 1 else found

    @property
    def x(self) -> Any:
        return self._x if self._x_names else self._x[None]

    @property
    def y(self) -> Any:
        return None if not self._y else self._y if self._y_names else self._y[None]

    @property
    def shuffle(self) -> bool:
        return self._shuffle

    @property
    def batch_size(self) -> int:
        return self._batch_size

    @property
    def input_dtype(self) -> Any:
        found = {name: array.dtype for name, array in self._x.items()}
        return found if self._x_names else found[None]

    @property
    def output_dtype(self) -> Any:
        return self._y_dtypes if self._y_names else self._y_dtypes.get(None, np.float32)

    @property
    def input_shape(self) -> Any:
        found = {name: [self._batch_size, *shape] for name, shape in self._x_shapes.items()}
        return found if self._x_names else found[None]

    @property
    def output_shape(self) -> Any:
        """Shapes of the labels of the last batch; before the first, those of a full one."""
        found = {name: [self._rows_fed, *shape] for name, shape in self._y_shapes.items()}
        return found if self._y_names else found.get(None)

    def make_epoch_variable(self) -> Tensor:
        """A placeholder that is fed the number of the epoch, as a vector of one element."""
        self._epoch_placeholder = placeholder(np.int32, [1], name="epoch")
        return self._epoch_placeholder

    def input_builder(self) -> tuple[Any, Any]:
        """Placeholders of the features and of the labels, in dicts where the data are; None for no labels."""
        features = self._build("input", self._x_shapes, {name: a.dtype for name, a in self._x.items()})
        labels = self._build("output", self._y_shapes, self._y_dtypes)
        return features if self._x_names else features[None], labels if self._y_names else labels.get(None)

    def _build(self, kind: str, shapes: dict[Any, list[int]], kinds: dict[Any, Any]) -> dict[Any, Tensor]:
        made = {}
        for name, shape in shapes.items():
            made[name] = input_placeholder(kind if name is None else f"{kind}_{name}", shape, kinds[name])
            self._placeholders[kind, name] = made[name]
        return made

    def set_placeholders(self, input_placeholder: Any, output_placeholder: Any) -> None:
        """Feeds these placeholders, in place of ones that `input_builder` makes."""
        for kind, given in (("input", input_placeholder), ("output", output_placeholder)):
            named = given if isinstance(given, dict) else {None: given}
            self._placeholders.update({(kind, name): tensor for name, tensor in named.items() if tensor is not None})

    def get_feed_params(self) -> dict[str, Any]:
        """Where the feeding is: `epoch`, `offset`, `batch_size`."""
        return {"epoch": self.epoch, "offset": self.offset, "batch_size": self._batch_size}

    def get_feed_dict_fn(self) -> FeedFn:
        """A function that gives the feeds of the next batch; StopIteration after the last epoch."""
        return self._next_feeds

    def _next_feeds(self) -> dict[Any, Any]:
        if self.max_epochs is not None and self.epoch + 1 > self.max_epochs:
            raise StopIteration
        rows = self.indices[self.offset : self.offset + self._batch_size]
        feeds: dict[Any, Any] = {}
        if self._epoch_placeholder is not None:
            feeds[self._epoch_placeholder] = [self.epoch]
        self.offset += self._batch_size
        self._rows_fed = len(rows)
        for name, array in self._x.items():
            feeds[self._placeholders["input", name]] = array[rows].reshape(len(rows), *self._x_shapes[name])
        for name, array in self._y.items():
            fed = fed_rows(array[rows], self._y_shapes[name], self._y_dtypes[name], self._classes[name])
            feeds[self._placeholders["output", name]] = fed
        if self.offset >= self._size:
            self.indices = self.random_state.permutation(self._size) if self._shuffle else np.arange(self._size)
            self.offset = 0
            self.epoch += 1
        return feeds


def _arrays(data: Any) -> tuple[dict[Any, np.ndarray], bool]:
    """Arrays by name, and whether they have names of their own: one without is that of None."""
    if data is None:
        return {}, False
    if isinstance(data, dict):
        return {name: np.asarray(value) for name, value in data.items()}, True
    return {None: np.asarray(data)}, False
