"""`tf.contrib.data` of 1.2 and 1.3: transformations as methods, threads by other names; and what 1.15 keeps of it."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf
from recell.v1.contrib.data import Dataset
from recell.v1.contrib.data.python.ops.dataset_ops import Dataset as SameDataset


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def drained(dataset):
    n = dataset.make_one_shot_iterator().get_next()
    found = []
    with tf.Session() as sess:
        try:
            while True:
                found.append(sess.run(n))
        except tf.errors.OutOfRangeError:
            return found


def test_is_one_class_and_a_dataset():
    assert tf.contrib.data.Dataset is Dataset is SameDataset
    assert issubclass(Dataset, tf.data.Dataset)
    assert tf.contrib.data.Iterator is tf.data.Iterator


def test_methods_give_the_same_class():
    ds = Dataset.range(6).map(lambda x: x + 1).filter(lambda x: x > 1).repeat(2).shuffle(3).batch(2)
    assert type(ds) is Dataset
    assert type(Dataset.zip((ds, ds))) is Dataset
    assert type(Dataset.from_tensor_slices([1]).flat_map(lambda x: Dataset.from_tensors(x))) is Dataset


def test_map_by_threads():
    ds = Dataset.range(5).map(lambda x: x * 2, num_threads=2, output_buffer_size=3)
    assert drained(ds) == [0, 2, 4, 6, 8]
    assert drained(Dataset.range(3).map(lambda x: x * 2, 2, 10)) == [0, 2, 4]
    assert drained(Dataset.range(3).map(lambda x: x, num_parallel_calls=2)) == [0, 1, 2]


def test_transformations_as_methods():
    even = Dataset.range(6).group_by_window(lambda x: x % 2, lambda key, group: group.batch(2), 2)
    assert [batch.tolist() for batch in drained(even)] == [[0, 2], [1, 3], [4], [5]]
    assert drained(Dataset.range(3).enumerate(start=5)) == [(5, 0), (6, 1), (7, 2)]
    assert drained(Dataset.range(4).batch(3).unbatch()) == [0, 1, 2, 3]
    failing = Dataset.range(3).map(lambda x: tf.check_numerics(1.0 / tf.to_float(x), "zero"))
    assert drained(failing.ignore_errors()) == [1.0, 0.5]
    (rows,) = drained(Dataset.range(1, 3).map(lambda x: tf.fill([x], x)).dense_to_sparse_batch(2, [3]))
    assert rows.dense_shape.tolist() == [2, 3]
    assert rows.values.tolist() == [1, 2, 2]


def test_files(tmp_path):
    path = tmp_path / "lines"
    path.write_text("a b\nc\n")
    ds = tf.contrib.data.TextLineDataset([str(path)]).map(lambda line: tf.string_split([line]).values, num_threads=1)
    assert [words.tolist() for words in drained(ds)] == [[b"a", b"b"], [b"c"]]
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        writer.write(b"record")
    assert drained(tf.contrib.data.TFRecordDataset(str(path))) == [b"record"]
    path.write_bytes(b"abcd")
    assert drained(tf.contrib.data.FixedLengthRecordDataset(str(path), 2)) == [b"ab", b"cd"]


def test_iterator_of_structure():
    train = Dataset.from_tensor_slices((np.arange(4), np.eye(4)))
    iterator = tf.contrib.data.Iterator.from_structure(train.output_types, train.output_shapes)
    start, n = iterator.make_initializer(train), iterator.get_next()
    with tf.Session() as sess:
        sess.run(start)
        number, row = sess.run(n)
    assert number == 0
    assert row.tolist() == [1, 0, 0, 0]
