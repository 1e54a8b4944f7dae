"""A dataset keeps what it was made of, whatever the caller does with the arrays that were fed."""

from __future__ import annotations

import numpy as np
import pytest

import recell.v1 as tf


@pytest.mark.parametrize("dtype", ["float32", "int64", "str"])
def test_a_fed_array_changes_after_the_iterator_has_started(dtype: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.string if dtype == "str" else dtype, [None])
        iterator = tf.data.Dataset.from_tensor_slices(fed).make_initializable_iterator()
        element = iterator.get_next()
        array = np.array(["1", "2", "3"], object) if dtype == "str" else np.arange(1, 4).astype(dtype)
        session.run(iterator.initializer, {fed: array})
        array[:] = array[0]
        found = [session.run(element) for _ in range(3)]
    assert found == ([b"1", b"2", b"3"] if dtype == "str" else [1, 2, 3])


def test_a_fed_array_changes_after_it_was_put_in_a_queue() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float32, [2])
        queue = tf.FIFOQueue(3, tf.float32, shapes=[[2]])
        put, got = queue.enqueue(fed), queue.dequeue()
        array = np.ones(2, np.float32)
        session.run(put, {fed: array})
        array[:] = 5.0
        assert session.run(got).tolist() == [1.0, 1.0]
