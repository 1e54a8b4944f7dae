"""Operations of one run that wait for each other at a queue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import recell.v1 as tf

SOON = tf.RunOptions(timeout_in_ms=20_000)
AT_ONCE = tf.RunOptions(timeout_in_ms=100)


@pytest.fixture
def queue() -> Any:
    return tf.FIFOQueue(1, tf.int32, shapes=[[]])


def test_a_full_queue_is_emptied_and_filled_in_one_run(queue: Any) -> None:
    put, take = queue.enqueue(2), queue.dequeue()
    with tf.Session() as session:
        session.run(queue.enqueue(1))
        assert [session.run([take, put], options=SOON)[0] for _ in range(3)] == [1, 2, 2]
        assert session.run(queue.size()) == 1


def test_more_than_fits_goes_through_in_one_run(queue: Any) -> None:
    put, take = queue.enqueue_many([np.arange(6)]), queue.dequeue_many(6)
    with tf.Session() as session:
        assert session.run([put, take], options=SOON)[1].tolist() == list(range(6))


def test_what_needs_the_enqueue_waits_for_it(queue: Any) -> None:
    other = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, take = queue.enqueue(2), other.dequeue()
    with tf.control_dependencies([tf.group(put)]):
        size = tf.identity(queue.size())
    with tf.Session() as session:
        session.run([queue.enqueue(1), other.enqueue(5)])
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run([take, size], options=AT_ONCE)  # nobody empties the first queue
        session.run(queue.dequeue())
        assert session.run([take, size], options=SOON) == [5, 1]


def test_the_end_of_a_run_waits_for_the_enqueue(queue: Any) -> None:
    other = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    with tf.Session() as session:
        session.run([queue.enqueue(1), other.enqueue_many([[5, 6]])])
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run([other.dequeue(), queue.enqueue(2)], options=AT_ONCE)
        assert session.run([queue.size(), queue.dequeue(), other.size()]) == [1, 1, 1]
        assert session.run(queue.size()) == 0  # what was given up did not come later


def test_a_failing_run_gives_its_enqueue_up(queue: Any) -> None:
    other = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    with tf.Session() as session:
        session.run(queue.enqueue(1))
        session.run(other.close())
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run([other.dequeue(), queue.enqueue(2)], options=SOON)
        assert session.run(queue.dequeue()) == 1
        assert session.run(queue.size()) == 0


def test_a_pipeline_of_two_queues_in_one_run() -> None:
    first, second = (tf.FIFOQueue(1, tf.int32, shapes=[[]]) for _ in range(2))
    number = tf.placeholder(tf.int32, [])
    put, on, out = first.enqueue(number), second.enqueue(first.dequeue() * 10), second.dequeue()
    with tf.Session() as session:
        session.run(put, {number: 1})
        session.run(on)
        session.run(put, {number: 2})  # both are full
        found = [session.run([out, on, put], {number: k}, options=SOON)[0] for k in range(3, 6)]
        assert found == [10, 20, 30]


def test_a_body_puts_in_at_once(queue: Any) -> None:
    put = tf.cond(tf.constant(True), lambda: queue.enqueue(3), tf.no_op)
    with tf.control_dependencies([put]):
        size = queue.size()
    with tf.Session() as session:
        assert session.run(size) == 1
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(put, options=AT_ONCE)
