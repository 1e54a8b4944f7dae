"""What runs beside the program: it ends when it should, passes its errors on, and waits for nobody for ever."""

from __future__ import annotations

import gc
import signal
import threading
import time

import numpy as np
import pytest

import recell.v1 as tf

LIMIT = 20.0


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "recell-data"]


def until(condition, what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"waited too long: {what}"
        time.sleep(0.005)


def no_workers_left() -> None:
    gc.collect()
    until(lambda: not workers(), f"threads are left: {workers()}")


@pytest.fixture(autouse=True)
def leaves_no_threads():
    no_workers_left()
    with tf.Graph().as_default():
        yield
    no_workers_left()


def in_thread(function) -> tuple[threading.Thread, list]:
    """Runs `function` in a thread; what it raises or gives is left in the list."""
    result: list = []

    def run() -> None:
        try:
            result.append(function())
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, result


def joined(thread: threading.Thread) -> None:
    thread.join(LIMIT)
    assert not thread.is_alive(), "the thread hangs"


def drained(sess, tensor) -> list[int]:
    """All that is left, batches one element at a time."""
    found: list[int] = []
    try:
        while True:
            found += np.atleast_1d(sess.run(tensor)).tolist()
    except tf.errors.OutOfRangeError:
        return found


def slow(gate: threading.Event):
    """A generator that gives 0, and then nothing until the gate opens."""

    def generate():
        yield 0
        gate.wait()
        yield 1

    return generate


PIPELINES = {
    "prefetch": lambda ds: ds.prefetch(3),
    "map": lambda ds: ds.map(lambda x: x * 2, num_parallel_calls=3),
    "both": lambda ds: ds.map(lambda x: x * 2, num_parallel_calls=3).batch(2).prefetch(1),
    "prefetch twice": lambda ds: ds.prefetch(1).map(lambda x: x + 1).prefetch(2),
    "interleave": lambda ds: ds.interleave(
        lambda x: tf.data.Dataset.from_tensors(x).repeat(4), cycle_length=3, num_parallel_calls=2
    ),
    "parallel_interleave": lambda ds: ds.apply(
        tf.data.experimental.parallel_interleave(lambda x: tf.data.Dataset.from_tensors(x).repeat(4), 3, sloppy=True)
    ),
    "map_and_batch": lambda ds: ds.apply(tf.data.experimental.map_and_batch(lambda x: x, 4, num_parallel_calls=3)),
    "shuffled": lambda ds: ds.prefetch(2).shuffle(5).repeat(3).prefetch(1),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_ends_with_the_dataset(name):
    n = PIPELINES[name](tf.data.Dataset.range(20)).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        drained(sess, n)
        until(lambda: not workers(), "threads outlive their dataset")


@pytest.mark.parametrize("name", PIPELINES)
def test_ends_with_the_session(name):
    n = PIPELINES[name](tf.data.Dataset.range(10**9)).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        for _ in range(3):
            sess.run(n)
        assert workers()
    no_workers_left()


@pytest.mark.parametrize("name", PIPELINES)
def test_ends_when_initialized_again(name):
    it = PIPELINES[name](tf.data.Dataset.range(10**9)).make_initializable_iterator()
    n = it.get_next()
    with tf.Session() as sess:
        for _ in range(20):
            sess.run(it.initializer)
            sess.run(n)
        until(lambda: len(workers()) <= 12, "threads of earlier iterations are left")


@pytest.mark.parametrize("name", PIPELINES)
def test_ends_when_the_session_is_forgotten(name):
    n = PIPELINES[name](tf.data.Dataset.range(10**9)).make_one_shot_iterator().get_next()
    sess = tf.Session()
    sess.run(n)
    assert workers()
    del sess
    no_workers_left()


@pytest.mark.parametrize("name", PIPELINES)
def test_several_threads_take_each_element_once(name):
    n = PIPELINES[name](tf.data.Dataset.range(60)).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        threads = [in_thread(lambda: drained(sess, n)) for _ in range(4)]
        for thread, _ in threads:
            joined(thread)
    together = sorted(x for _, (found,) in threads for x in found)
    n = PIPELINES[name](tf.data.Dataset.range(60)).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        alone = drained(sess, n)
    assert together == sorted(alone)


@pytest.mark.parametrize("name", ["prefetch", "map", "prefetch twice", "shuffled"])
def test_closing_the_session_wakes_who_waits_though_the_source_hangs(name):
    gate = threading.Event()
    n = PIPELINES[name](tf.data.Dataset.from_generator(slow(gate), tf.int32, [])).make_one_shot_iterator().get_next()
    sess = tf.Session()
    thread, result = in_thread(lambda: [sess.run(n) for _ in range(2)])
    time.sleep(0.1)
    sess.close()
    joined(thread)
    assert isinstance(result[0], tf.errors.CancelledError)
    gate.set()


def test_runs_ahead_of_the_program():
    made: list[int] = []

    def generate():
        for i in range(100):
            made.append(i)
            yield i

    n = tf.data.Dataset.from_generator(generate, tf.int32, []).prefetch(5).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert sess.run(n) == 0
        until(lambda: len(made) >= 6, "nothing is made ahead")
        time.sleep(0.05)
        assert len(made) <= 7


def test_parallel_calls_run_together():
    together = threading.Barrier(3, timeout=LIMIT)

    def meet(x):
        together.wait()
        return x

    ds = tf.data.Dataset.range(6).map(lambda x: tf.py_func(meet, [x], tf.int64), num_parallel_calls=3)
    n = ds.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert [int(sess.run(n)) for _ in range(6)] == list(range(6))


def test_parallel_calls_are_no_more_than_asked_for():
    lock, running, most = threading.Lock(), [0], [0]

    def count(x):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.002)
        with lock:
            running[0] -= 1
        return x

    ds = tf.data.Dataset.range(40).map(lambda x: tf.py_func(count, [x], tf.int64), num_parallel_calls=2)
    n = ds.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert [int(sess.run(n)) for _ in range(40)] == list(range(40))
    assert most[0] <= 2


@pytest.mark.parametrize("name", ["prefetch", "map", "both", "prefetch twice", "map_and_batch"])
def test_errors_come_to_the_run(name):
    def fail(x):
        if x == 5:
            raise KeyError("five")
        return x

    source = tf.data.Dataset.range(12).map(lambda x: tf.py_func(fail, [x], tf.int64))
    n = PIPELINES[name](source).make_one_shot_iterator().get_next()
    failures = []
    with tf.Session() as sess:
        for _ in range(20):
            try:
                sess.run(n)
            except tf.errors.OutOfRangeError:
                break
            except tf.errors.UnknownError as error:
                failures.append(error)
    assert len(failures) == 1
    assert "KeyError" in failures[0].message
    assert "PyFunc" in failures[0].message


def test_what_is_no_exception_comes_too():
    def stop(x):
        if x == 2:
            raise SystemExit(3)
        return x

    ds = tf.data.Dataset.range(4).map(lambda x: tf.py_func(stop, [x], tf.int64)).prefetch(2)
    n = ds.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert [int(sess.run(n)) for _ in range(2)] == [0, 1]
        with pytest.raises(SystemExit):
            sess.run(n)


def test_generators_are_closed():
    log: list[str] = []

    def generate():
        try:
            yield from range(1000)
        finally:
            log.append("closed")

    source = tf.data.Dataset.from_generator(generate, tf.int32, [])
    for wrap in (lambda ds: ds, lambda ds: ds.take(3), PIPELINES["prefetch"], PIPELINES["both"]):
        log.clear()
        it = wrap(source).make_initializable_iterator()
        n = it.get_next()
        with tf.Session() as sess:
            sess.run(it.initializer)
            sess.run(n)
            sess.run(it.initializer)
            until(lambda: log == ["closed"], "the generator of the first iteration")
            sess.run(n)
        until(lambda: log == ["closed", "closed"], "the generator of the second iteration")


def test_a_generator_that_waits_is_closed_when_it_goes_on():
    waits, gate, log = threading.Event(), threading.Event(), []

    def generate():
        try:
            yield 0
            waits.set()
            gate.wait(LIMIT)
            yield 1
        finally:
            log.append("closed")

    n = tf.data.Dataset.from_generator(generate, tf.int32, []).prefetch(1).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        sess.run(n)
        waits.wait(LIMIT)
    assert not log
    gate.set()
    until(lambda: log == ["closed"], "the generator")


def test_background_threads_record_no_gradients():
    import torch

    seen = []

    def look(x):
        seen.append(torch.is_grad_enabled())
        return x

    ds = tf.data.Dataset.range(4).map(lambda x: tf.py_func(look, [x], tf.int64), num_parallel_calls=2).prefetch(1)
    n = ds.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        sess.run(n)
        until(lambda: len(seen) == 4, "all calls")
    assert not any(seen)


def test_sloppy_interleave_passes_over_who_is_slow():
    gate = threading.Event()

    def lines(x):
        if x == 0:
            gate.wait(LIMIT)
        return np.array([10 * x, 10 * x + 1])

    def inner(x):
        rows = tf.data.Dataset.from_tensors(x).map(lambda y: tf.py_func(lines, [y], tf.int64))
        return rows.flat_map(tf.data.Dataset.from_tensor_slices)

    apply = tf.data.experimental.parallel_interleave(inner, cycle_length=2, sloppy=True)
    n = tf.data.Dataset.range(2).apply(apply).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert [int(sess.run(n)) for _ in range(2)] == [10, 11]
        gate.set()
        assert [int(sess.run(n)) for _ in range(2)] == [0, 1]
        with pytest.raises(tf.errors.OutOfRangeError):
            sess.run(n)


def test_interrupts_reach_who_waits():
    gate = threading.Event()
    n = tf.data.Dataset.from_generator(slow(gate), tf.int32, []).prefetch(1).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        assert sess.run(n) == 0
        timer = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            sess.run(n)
        timer.join()
        gate.set()
        assert sess.run(n) == 1


def test_many_times_over():
    """What goes wrong rarely shows when it is done often."""
    source = tf.data.Dataset.range(30)
    its = [wrap(source).make_initializable_iterator() for wrap in PIPELINES.values()]
    elements = [it.get_next() for it in its]
    for round_number in range(15):
        with tf.Session() as sess:
            for it, n in zip(its, elements, strict=True):
                sess.run(it.initializer)
                for _ in range(round_number % 5):
                    sess.run(n)
            threads = [in_thread(lambda n=n, sess=sess: sess.run(n)) for n in elements]
            for thread, _ in threads:
                joined(thread)
        no_workers_left()


@pytest.mark.parametrize("name", ["prefetch", "map", "shuffled", "parallel_interleave"])
def test_time_limits_end_the_waiting(name):
    gate = threading.Event()

    def generate():
        gate.wait(LIMIT)
        yield 7

    n = PIPELINES[name](tf.data.Dataset.from_generator(generate, tf.int32, [])).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        if name != "parallel_interleave":  # whose first element opens what it interleaves
            with pytest.raises(tf.errors.DeadlineExceededError):
                sess.run(n, options=tf.RunOptions(timeout_in_ms=50))
        gate.set()
        assert sess.run(n, options=tf.RunOptions(timeout_in_ms=int(LIMIT * 1000))) == {"map": 14}.get(name, 7)
