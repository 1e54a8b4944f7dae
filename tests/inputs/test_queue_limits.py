"""Time limits, interrupts and sessions that close at the worst moment: no element is lost, nobody waits for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf
from recell.graph import errors
from recell.ops.queue_state import QueueState
from recell.ops.queue_stores import Fifo, Shuffled

LIMIT = 60.0


def python(program: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("error", [errors.DeadlineExceededError(None, None, "late"), KeyboardInterrupt()])
def test_who_is_served_while_giving_up_loses_nothing(error: BaseException) -> None:
    """The wait ends with `error` although an element has come in the same moment."""

    def wait(event: threading.Event) -> None:
        queue.put([(1,)])
        assert event.is_set()
        raise error

    queue = QueueState("q", Fifo(), 5, wait)
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            queue.take(1)
        assert queue.size() == 1
    else:
        assert queue.take(1) == [(1,)]
        assert queue.size() == 0


def test_the_configuration_limits_callables() -> None:
    take = tf.FIFOQueue(9, tf.int32, shapes=[[]]).dequeue()
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=50)) as session:
        call = session.make_callable(take)
        with pytest.raises(tf.errors.DeadlineExceededError):
            call()


def test_options_of_callables() -> None:
    take = tf.FIFOQueue(9, tf.int32, shapes=[[]]).dequeue()
    options = tf.RunOptions(timeout_in_ms=50)
    with tf.Session() as session:
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.make_callable(take, accept_options=True)(options=options)
        with pytest.raises(TypeError, match="unexpected keyword argument 'options'"):
            session.make_callable(take)(options=options)


def test_a_run_inside_a_run_leaves_the_limit_of_the_outer_one() -> None:
    queue = tf.FIFOQueue(9, tf.int32, shapes=[[]])
    size, session = queue.size(), tf.Session()

    def inner() -> Any:
        return session.run(size, options=tf.RunOptions(timeout_in_ms=60_000))

    with tf.control_dependencies([tf.py_func(inner, [], tf.int32)]):
        take = queue.dequeue()
    with session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(take, options=tf.RunOptions(timeout_in_ms=200))


def test_a_queue_is_not_opened_in_a_session_that_has_closed_meanwhile() -> None:
    session = tf.Session()

    def close() -> Any:
        session.close()
        return 0

    with tf.control_dependencies([tf.py_func(close, [], tf.int64)]):
        take = tf.FIFOQueue(9, tf.int32, shapes=[[]]).dequeue()
    with pytest.raises(tf.errors.CancelledError, match="Session has been closed"):
        session.run(take)


WAITS = {
    "dequeue": "session.run(queue.dequeue())",
    "enqueue": "session.run(queue.enqueue_many([[1, 2, 3]]))",
    "join": "coord.join(threads)",
    "wait_for_stop": "coord.wait_for_stop()",
}


@pytest.mark.parametrize("wait", list(WAITS))
def test_interrupts_end_the_wait(wait: str) -> None:
    program = f"""
        import recell.v1 as tf
        filled = tf.train.range_input_producer(4)
        queue = tf.FIFOQueue(2, tf.int32, shapes=[[]])
        session = tf.Session()
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=session, coord=coord)
        session.run(filled.dequeue())
        print("ready")
        try:
            {WAITS[wait]}
        except KeyboardInterrupt:
            print("interrupted")
            coord.request_stop()
            coord.join(threads)
            session.run(queue.enqueue(5)) if {wait == "dequeue"} else None
            print("size", session.run(queue.size()))
    """
    process = python(program)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    threading.Event().wait(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT)
    size = {"dequeue": 1, "enqueue": 2}.get(wait, 0)
    assert out == f"interrupted\nsize {size}\n", err
    assert process.returncode == 0


@pytest.mark.parametrize("ending", ["pass", "session.close()", "raise SystemExit(3)", "raise ValueError('x')"])
def test_a_program_that_never_stops_its_runners_ends(ending: str) -> None:
    program = f"""
        import threading
        import recell.v1 as tf
        x = tf.train.range_input_producer(4).dequeue()
        noise = tf.random_uniform([50, 50]) + tf.cast(x, tf.float32)
        batch = tf.train.shuffle_batch([noise], 4, 40, 10, num_threads=4)
        session = tf.Session()
        tf.train.start_queue_runners(sess=session)
        other = tf.FIFOQueue(1, tf.int32, shapes=[[]]).dequeue()
        threading.Thread(target=lambda: session.run(other), daemon=True).start()
        for _ in range(3):
            session.run(batch)
        print("done")
        {ending}
    """
    process = python(program)
    out, err = process.communicate(timeout=LIMIT)
    assert out == "done\n", err
    assert process.returncode == {"r": 3 if "Exit" in ending else 1}.get(ending[0], 0), err
    assert "Fatal" not in err


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_or_doubled_by_those_who_give_up(seed: int) -> None:
    """Threads that put and take with hardly any patience: what they were told is true."""
    random = np.random.default_rng(seed)

    def wait(event: threading.Event) -> None:
        if not event.wait(random.random() * 0.004):
            raise errors.DeadlineExceededError(None, None, "late")

    store = Fifo() if seed % 2 else Shuffled(0, iter(lambda: int(random.integers(2**32)), None))
    queue = QueueState("q", store, 3, wait)
    said: list[Any] = []
    unsure: list[Any] = []
    found: list[Any] = []

    def put(thread: int) -> None:
        for turn in range(30):
            elements = [(thread, turn, k) for k in range(1 + turn % 5)]
            try:
                queue.put(elements)
            except errors.DeadlineExceededError:
                unsure.extend(elements)  # those there was room for are in
            else:
                said.extend(elements)

    def take(thread: int) -> None:
        for turn in range(50):
            with contextlib.suppress(errors.DeadlineExceededError):
                found.extend(queue.take(1 + turn % 4, fewer=turn % 3 == 0) if turn % 5 else [queue.dequeue()])

    threads = [threading.Thread(target=work, args=(k,)) for work in (put, take) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive()
    found += [queue.dequeue() for _ in range(queue.size())]
    assert len(found) == len(set(found))
    assert set(said) <= set(found) <= set(said) | set(unsure)


def test_queues_of_one_shared_name_have_one_capacity() -> None:
    first, second = (tf.FIFOQueue(n, tf.int32, shapes=[[]], shared_name="s") for n in (3, 4))
    with tf.Session() as session:
        session.run(first.size())
        with pytest.raises(tf.errors.InvalidArgumentError, match="has capacity 3 but requested capacity was 4"):
            session.run(second.size())
