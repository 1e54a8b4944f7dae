"""Data frames as arrays, for `tf.contrib.learn`. Pandas is not imported: an object that has its methods will do."""

from __future__ import annotations

from typing import Any

import numpy as np


def _is_frame(data: Any) -> bool:
    return hasattr(data, "columns") and hasattr(data, "dtypes")


def _is_series(data: Any) -> bool:
    return hasattr(data, "to_numpy") and hasattr(data, "index") and not _is_frame(data)


def extract_pandas_data(data: Any) -> Any:
    """A data frame's numbers as a float64 array; anything else as it is. TF: `tf.contrib.learn.extract_pandas_data`.

    ValueError for a column that holds no numbers.
    """
    if not _is_frame(data):
        return data
    wrong = [(name, kind) for name, kind in zip(data.columns, data.dtypes, strict=True) if not _is_number(kind)]
    if wrong:
        found = ", ".join(f"'{name}' type='{kind}'" for name, kind in wrong)
        raise ValueError(f"Data types for extracting pandas data must be int, float, or bool. Found: {found}")
    return data.to_numpy(dtype=np.float64)


def _is_number(kind: Any) -> bool:
    return getattr(kind, "kind", "O") in "iufb"


def extract_pandas_matrix(data: Any) -> Any:
    """A data frame as an array; anything else as it is. TF symbol: `tf.contrib.learn.extract_pandas_matrix`."""
    return data.to_numpy() if _is_frame(data) else data


def extract_pandas_labels(labels: Any) -> Any:
    """The one column of a data frame as an array of a column; anything else as it is.

    TF symbol: `tf.contrib.learn.extract_pandas_labels`. ValueError for several columns or one without numbers.
    """
    if not _is_frame(labels):
        return labels
    if len(labels.columns) > 1:
        raise ValueError("Only one column for labels is allowed.")
    if not all(_is_number(kind) for kind in labels.dtypes):
        raise ValueError("Data types for extracting labels must be int, float, or bool.")
    return labels.to_numpy()


def as_data(data: Any) -> Any:
    """What a feeder is given, without pandas: arrays of numbers, or a dict of them."""
    if isinstance(data, dict):
        return {name: as_data(value) for name, value in data.items()}
    if _is_series(data):
        return data.to_numpy()
    return extract_pandas_data(data)


def as_labels(labels: Any) -> Any:
    """The same of labels."""
    if isinstance(labels, dict):
        return {name: as_labels(value) for name, value in labels.items()}
    return labels.to_numpy() if _is_series(labels) else extract_pandas_labels(labels)
