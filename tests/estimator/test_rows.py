"""Rows of arrays, batch by batch: every row, in order or shuffled, however many threads read."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf
from recell.estimator.rows import RowReader, RowSource
from recell.graph import errors


def read_all(reader, most=10_000):
    batches = []
    while len(batches) < most:
        try:
            batches.append(reader.next())
        except errors.OutOfRangeError:
            return batches
    raise AssertionError("the rows do not end")


@settings(max_examples=200, deadline=None)
@given(
    rows=st.integers(0, 30),
    batch=st.integers(1, 40),
    epochs=st.integers(0, 4),
    shuffle=st.booleans(),
)
def test_every_epoch_has_every_row(rows, batch, epochs, shuffle):
    numbers = np.arange(rows)
    source = RowSource([numbers * 3, np.stack([numbers, -numbers], 1)], batch, epochs, shuffle)
    batches = read_all(RowReader(source, [1, 2]))
    read = np.concatenate([b[1] for b in batches]) if batches else numbers[:0]
    assert len(read) == rows * epochs
    for epoch in range(epochs):
        part = read[epoch * rows : (epoch + 1) * rows]
        assert sorted(part) == (numbers * 3).tolist()
        assert shuffle or part.tolist() == (numbers * 3).tolist()
    assert all(len(b[0]) == batch for b in batches[:-1])
    for index, tripled, pairs in batches:
        assert (index * 3 == tripled).all()
        assert (pairs == np.stack([index, -index], 1)).all()


def test_without_end_every_batch_is_full():
    reader = RowReader(RowSource([np.arange(5)], 3, None, False), None)
    assert np.concatenate([reader.next()[1] for _ in range(10)]).tolist() == [k % 5 for k in range(30)]


def test_no_rows_end_at_once_even_without_end():
    with pytest.raises(errors.OutOfRangeError, match="All 0 rows"):
        RowReader(RowSource([np.zeros([0, 2])], 3, None, False), None).next()


def test_several_threads_share_the_rows():
    reader = RowReader(RowSource([np.arange(1000)], 7, 2, True), None)
    found: list[int] = []
    lock = threading.Lock()

    def work():
        for batch in read_all(reader):
            with lock:
                found.extend(batch[1].tolist())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([*range(1000), *range(1000)])


def test_batches_do_not_share_the_memory_of_the_arrays():
    data = np.arange(6.0)
    batch = RowReader(RowSource([data], 3, 1, False), None).next()[1]
    batch[:] = -1
    assert data.tolist() == [0, 1, 2, 3, 4, 5]


def shuffled(seed):
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        x = tf.estimator.inputs.numpy_input_fn(np.arange(40), batch_size=40, shuffle=True)()
        with tf.Session() as session:
            return session.run(x).tolist()


def test_the_order_follows_from_the_seed_of_the_graph():
    assert shuffled(3) == shuffled(3) != shuffled(4)
    assert sorted(shuffled(3)) == list(range(40)) != shuffled(3)


def test_each_epoch_has_an_order_of_its_own():
    reader = RowReader(RowSource([np.arange(40)], 40, 2, True), [1, 2])
    first, second = reader.next()[1].tolist(), reader.next()[1].tolist()
    assert sorted(first) == sorted(second)
    assert first != second


@pytest.mark.parametrize(
    ("name", "value"),
    [("queue_capacity", 0), ("num_threads", 0), ("num_threads", 1.5), ("batch_size", 0), ("batch_size", -2)],
)
def test_counts_must_be_positive(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a positive integer"):
        tf.estimator.inputs.numpy_input_fn(np.zeros(3), shuffle=False, **{name: value})


FRAME = pd.DataFrame({"b": [1, 2, 3], "a": [0.5, 1.5, 2.5], "s": ["x", "y", "z"]})


def run(input_fn, most=5):
    with tf.Graph().as_default():
        made = input_fn()
        found = []
        with tf.train.MonitoredSession() as session:
            while len(found) < most and not session.should_stop():
                found.append(session.run(made))
        return made, found


def test_a_data_frame_gives_its_columns():
    made, found = run(tf.estimator.inputs.pandas_input_fn(FRAME, pd.Series([7, 8, 9]), batch_size=2, shuffle=False))
    assert list(made[0]) == ["b", "a", "s"]
    assert [t.dtype.name for t in (*made[0].values(), made[1])] == ["int64", "float64", "string", "int64"]
    assert [len(labels) for _, labels in found] == [2, 1]
    assert found[0][0]["a"].tolist() == [0.5, 1.5]
    assert found[1][0]["s"].tolist() == [b"z"]
    assert found[1][1].tolist() == [9]


def test_a_data_frame_alone_and_labels_in_a_frame():
    made, found = run(tf.estimator.inputs.pandas_input_fn(FRAME[["a"]], batch_size=2, shuffle=False))
    assert list(made) == ["a"]
    assert [row["a"].tolist() for row in found] == [[0.5, 1.5], [2.5]]
    labels = pd.DataFrame({"p": [1, 2, 3], "a": [4, 5, 6]})
    _, found = run(tf.estimator.inputs.pandas_input_fn(FRAME, labels, batch_size=3, shuffle=False))
    assert {name: column.tolist() for name, column in found[0][1].items()} == {"p": [1, 2, 3], "a": [4, 5, 6]}


def test_data_frames_that_do_not_fit():
    make = tf.estimator.inputs.pandas_input_fn
    with pytest.raises(ValueError, match=r"Index for x and y are mismatched"):
        make(FRAME, pd.Series([7, 8, 9], index=[3, 4, 5]), shuffle=False)
    with pytest.raises(ValueError, match="Cannot use name b for target column"):
        make(FRAME, pd.Series([7, 8, 9]), shuffle=False, target_column="b")
    with pytest.raises(TypeError, match="target_column must be a string type"):
        make(FRAME, pd.Series([7, 8, 9]), shuffle=False, target_column=["b"])
    with pytest.raises(ValueError, match="shuffle must be provided"):
        make(FRAME, pd.Series([7, 8, 9]))


def test_frames_as_arrays_of_contrib_learn():
    learn = tf.contrib.learn
    assert learn.extract_pandas_data(FRAME[["a", "b"]]).tolist() == [[0.5, 1], [1.5, 2], [2.5, 3]]
    assert learn.extract_pandas_data([1]) == [1]
    with pytest.raises(ValueError, match=r"must be int, float, or bool\. Found: 's'"):
        learn.extract_pandas_data(FRAME)
    assert learn.extract_pandas_labels(FRAME[["b"]]).tolist() == [[1], [2], [3]]
    with pytest.raises(ValueError, match="Only one column for labels"):
        learn.extract_pandas_labels(FRAME)
    assert learn.extract_pandas_matrix(FRAME[["a"]]).tolist() == [[0.5], [1.5], [2.5]]


def test_frames_are_fed():
    from recell.estimator.learn_data import setup_train_data_feeder

    with tf.Graph().as_default():
        feeder = setup_train_data_feeder(FRAME[["a", "b"]], pd.Series([7, 8, 9]), None, batch_size=2, shuffle=False)
        x, y = feeder.input_builder()
        assert (x.dtype.name, y.dtype.name) == ("float64", "int64")
        fed = feeder.get_feed_dict_fn()()
        assert fed[x].tolist() == [[0.5, 1], [1.5, 2]]
        assert fed[y].tolist() == [7, 8]
