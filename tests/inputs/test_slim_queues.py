"""`slim.queues.QueueRunners` starts and stops the threads, and says what went wrong in them."""

from __future__ import annotations

import threading

import pytest

import recell.v1 as tf

slim = tf.contrib.slim


def runners() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("QueueRunnerThread")]


def test_threads_run_inside_the_block() -> None:
    x = tf.train.range_input_producer(4, shuffle=False).dequeue()
    with tf.Session() as session:
        with slim.queues.QueueRunners(session):
            assert [session.run(x) for _ in range(5)] == [0, 1, 2, 3, 0]
            assert runners()
        assert runners() == []


def test_an_error_of_the_block_stops_the_threads() -> None:
    tf.train.range_input_producer(4)
    with tf.Session() as session, pytest.raises(ZeroDivisionError), slim.queues.QueueRunners(session):
        raise ZeroDivisionError
    assert runners() == []


def test_blocks_are_not_nested() -> None:
    tf.train.range_input_producer(4)
    nested = slim.queues.QueueRunners
    with tf.Session() as one, nested(one), pytest.raises(slim.queues.NestedQueueRunnerError, match="be nested"):
        nested(one).__enter__()
    with tf.Session() as other, nested(other):
        pass


def test_failures_of_threads_are_raised() -> None:
    x = tf.train.range_input_producer(4, num_epochs=1).dequeue()  # the counter is not initialized

    def read() -> None:
        with tf.Session() as session, slim.queues.QueueRunners(session), pytest.raises(tf.errors.OutOfRangeError):
            session.run(x)

    with pytest.raises(tf.errors.FailedPreconditionError, match="epochs"):
        read()
