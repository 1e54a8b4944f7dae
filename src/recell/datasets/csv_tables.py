"""Tables of numbers in CSV files, and the irises: `tf.contrib.learn.datasets`."""

from __future__ import annotations

import csv
from typing import Any, NamedTuple

import numpy as np

from recell.platform.gfile import GFile

# Where the table that TensorFlow brings differs from the corrected one of scikit-learn: (row, column) -> number.
_AS_IN_TENSORFLOW = {(34, 3): 0.1, (37, 1): 3.1, (37, 2): 1.5}


class Dataset(NamedTuple):
    """Rows and their targets. TF symbol: `Dataset` of `tf.contrib.learn.datasets.base`."""

    data: Any
    target: Any


def _table(rows: list[list[str]], target_dtype: Any, features_dtype: Any, target_column: int) -> Dataset:
    targets = [row.pop(target_column) for row in rows]
    kind = np.dtype(target_dtype).type
    numbers = [kind(int(text) if issubclass(kind, np.integer) else text) for text in targets]
    return Dataset(np.asarray(rows, dtype=features_dtype), np.asarray(numbers, dtype=target_dtype))


def load_csv_with_header(filename: str, target_dtype: Any, features_dtype: Any, target_column: int = -1) -> Dataset:
    """A CSV file whose first line begins with the numbers of rows and of features.

    TF symbol: `tf.contrib.learn.datasets.base.load_csv_with_header`.

    Args:
      target_dtype, features_dtype: numpy dtypes of the results.
      target_column: which column is the target.

    Raises NotFoundError for a missing file, ValueError for another number of rows and for what is no number.
    """
    with GFile(filename) as file:
        lines = csv.reader(file)
        expected = int(next(lines)[0])
        rows = [list(row) for row in lines if row]
    if len(rows) != expected:
        raise ValueError(f"{filename} has {len(rows)} rows, but its first line says {expected}.")
    return _table(rows, target_dtype, features_dtype, target_column)


def load_csv_without_header(filename: str, target_dtype: Any, features_dtype: Any, target_column: int = -1) -> Dataset:
    """A CSV file of rows alone; arguments and errors as of `load_csv_with_header`.

    TF symbol: `tf.contrib.learn.datasets.base.load_csv_without_header`.
    """
    with GFile(filename) as file:
        rows = [list(row) for row in csv.reader(file) if row]
    return _table(rows, target_dtype, features_dtype, target_column)


def load_iris(data_path: str | None = None) -> Dataset:
    """The 150 irises, 4 float64 features and a class of three. TF symbol: `tf.contrib.learn.datasets.load_iris`.

    Args:
      data_path: a CSV file with a header; what scikit-learn bundles, with TensorFlow's three numbers, by default.

    ImportError, with what to install, without scikit-learn.
    """
    if data_path is not None:
        return load_csv_with_header(data_path, target_dtype=np.int64, features_dtype=np.float64)
    try:
        from sklearn import datasets
    except ImportError:
        raise ImportError("The irises come with scikit-learn: pip install 'recell[demo]'") from None
    bundled = datasets.load_iris()
    data = np.array(bundled.data, np.float64)
    for place, number in _AS_IN_TENSORFLOW.items():
        data[place] = number
    return Dataset(data, np.array(bundled.target, np.int64))


def load_dataset(name: str) -> Dataset:
    """A data set by its name, "iris". TF symbol: `tf.contrib.learn.datasets.load_dataset`.

    ValueError for another name.
    """
    if name != "iris":
        raise ValueError(f"Name of dataset is not found: {name}. There is 'iris'; MNIST is read by read_data_sets.")
    return load_iris()
