"""Tables in CSV files and the irises of contrib.learn."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf

datasets = tf.contrib.learn.datasets


def test_with_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("3,2,a,b\n1.5,2,0\n3,4,1\n5,6,2\n")
    read = datasets.base.load_csv_with_header(str(path), np.int64, np.float32)
    assert (read.data.tolist(), read.target.tolist()) == ([[1.5, 2], [3, 4], [5, 6]], [0, 1, 2])
    assert (read.data.dtype, read.target.dtype) == (np.float32, np.int64)
    with pytest.raises(ValueError, match="invalid literal for int"):
        datasets.base.load_csv_with_header(str(path), np.int64, np.float32, target_column=0)
    path.write_text("4,2,a,b\n1.5,2,0\n")
    with pytest.raises(ValueError, match="has 1 rows, but its first line says 4"):
        datasets.base.load_csv_with_header(str(path), np.int64, np.float32)


def test_without_header(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text("1.5,2,0\n3,4,1\n")
    read = datasets.base.load_csv_without_header(str(path), np.float32, np.float64, target_column=0)
    assert (read.data.tolist(), read.target.tolist()) == ([[2, 0], [4, 1]], [1.5, 3])
    with pytest.raises(tf.errors.NotFoundError, match="nope"):
        datasets.base.load_csv_without_header(str(tmp_path / "nope.csv"), np.int64, np.float32)


def test_irises():
    read = datasets.load_iris()
    assert (read.data.shape, read.data.dtype, read.target.dtype) == ((150, 4), np.float64, np.int64)
    assert np.bincount(read.target).tolist() == [50, 50, 50]
    # What TensorFlow 1.15's table holds: the sums of its columns.
    np.testing.assert_allclose(read.data.sum(0), SUMS)
    assert datasets.load_dataset("iris").data.shape == (150, 4)
    with pytest.raises(ValueError, match="Name of dataset is not found: zz"):
        datasets.load_dataset("zz")


SUMS = [876.5, 458.1, 563.8, 179.8]
