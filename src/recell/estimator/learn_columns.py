"""One array among those that a feeder of `tf.contrib.learn` feeds: its shape, its dtype, its rows as they are fed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recell.graph import dtypes
from recell.graph.dtypes import as_dtype
from recell.graph.tensor import Tensor
from recell.ops.state import placeholder


def row_shape(shape: Sequence[int], *, is_label: bool) -> list[int]:
    """The shape of a row as it is fed: a column for a number of the input, a number for a column of labels."""
    rest = [int(n) for n in shape[1:]]
    if is_label:
        return rest[1:] if rest and rest[0] == 1 else rest
    return rest or [1]


def classes_of(n_classes: Any, name: str | None) -> int | None:
    """How many classes the labels of this name have; None when they are fed as they are."""
    return n_classes.get(name) if isinstance(n_classes, dict) else n_classes


def label_dtype(given: Any, classes: int | None, *, named: bool) -> Any:
    """The dtype in which labels are fed."""
    if classes is None:
        return given
    return np.dtype(np.int64) if classes > 1 and not named else np.dtype(np.float32)


def fed_rows(rows: np.ndarray, shape: Sequence[int], dtype: Any, classes: int | None) -> np.ndarray:
    """Rows in the shape and dtype that are fed; classes as rows of zeros with a one.

    IndexError for a class that is none of them.
    """
    if classes is None or classes <= 1:
        return rows.astype(dtype, copy=False).reshape(len(rows), *shape)
    numbers = rows.astype(np.int64).reshape(len(rows), *shape[:-1])
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
        wrong = numbers[(numbers < 0) | (numbers >= classes)].ravel()[0]
        raise IndexError(f"index {wrong} is out of bounds: a label is none of the {classes} classes, numbered from 0.")
    fed = np.zeros((*numbers.shape, classes), dtype)
    np.put_along_axis(fed, numbers[..., None], 1, axis=-1)
    return fed


def input_placeholder(name: str, shape: Sequence[int], dtype: Any) -> Tensor:
    """A placeholder of any number of such rows."""
    dtype = np.dtype(dtype)
    kind = dtypes.string if dtype.kind in "USO" else as_dtype(dtype)
    return placeholder(kind, [None, *shape], name=name)
