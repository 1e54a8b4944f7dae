"""Queues, runners and coordinators with real threads: they fill, end, fail, are cancelled, and never hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf
from recell.ops.queue_state import QueueState
from recell.ops.queue_stores import Fifo, Shuffled

LIMIT = 20.0  # seconds after which a test has hung


class Background(threading.Thread):
    """A call in a thread of its own, and what came of it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.result: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:
            self.error = error

    def outcome(self) -> Any:
        self.join(LIMIT)
        assert not self.is_alive(), "it hangs"
        return self.result if self.error is None else self.error


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def until_waiting(session: Any, count: int) -> None:
    """Waits until so many calls wait in queues of the session: to put in, to take out, or to close."""

    def waiting() -> int:
        queues = [found for found in session.resources.shared.values() if isinstance(found, QueueState)]
        return sum(len(queue._putting) + len(queue._taking) for queue in queues)

    until(lambda: waiting() == count)


@pytest.fixture
def session() -> Iterator[Any]:
    with tf.Session() as session:
        yield session


def test_dequeue_waits_for_an_element(session: Any) -> None:
    queue = tf.FIFOQueue(2, tf.float32, shapes=[[]])
    waiting = Background(lambda: session.run(queue.dequeue()))
    until_waiting(session, 1)
    assert waiting.is_alive()
    session.run(queue.enqueue(3.0))
    assert waiting.outcome() == 3.0


def test_enqueue_waits_for_room(session: Any) -> None:
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, take, size = queue.enqueue_many([[1, 2, 3]]), queue.dequeue(), queue.size()
    waiting = Background(lambda: session.run(put))
    until(lambda: session.run(size) == 1)
    assert waiting.is_alive()
    assert [session.run(take) for _ in range(3)] == [1, 2, 3]
    assert waiting.outcome() is None


def test_dequeue_many_may_ask_for_more_than_the_capacity(session: Any) -> None:
    queue = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    put, take = queue.enqueue_many([np.arange(7)]), queue.dequeue_many(7)
    waiting = Background(lambda: session.run(put))
    assert session.run(take).tolist() == list(range(7))
    assert waiting.outcome() is None


def test_closing_lets_waiting_enqueues_in_first(session: Any) -> None:
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, take, close, closed = queue.enqueue(1), queue.dequeue(), queue.close(), queue.is_closed()
    session.run(put)
    second = Background(lambda: session.run(put))
    until_waiting(session, 1)
    closing = Background(lambda: session.run(close))
    until_waiting(session, 2)
    assert closing.is_alive()
    assert not session.run(closed)
    session.run(take)
    assert second.outcome() is None
    assert closing.outcome() is None
    assert session.run(closed)


def test_closing_to_cancel_ends_waiting_enqueues(session: Any) -> None:
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put, cancel = queue.enqueue(1), queue.close(cancel_pending_enqueues=True)
    session.run(put)
    waiting = Background(lambda: session.run(put))
    until_waiting(session, 1)
    session.run(cancel)
    error = waiting.outcome()
    assert isinstance(error, tf.errors.CancelledError)
    assert "Enqueue operation was cancelled" in str(error)


def test_waiting_takers_learn_of_the_end(session: Any) -> None:
    queue = tf.FIFOQueue(5, tf.int32, shapes=[[]])
    many, up_to, put, close = queue.dequeue_many(3), queue.dequeue_up_to(3), queue.enqueue(1), queue.close()
    first = Background(lambda: session.run(many))
    until_waiting(session, 1)
    session.run(put)
    session.run(close)
    error = first.outcome()
    assert isinstance(error, tf.errors.OutOfRangeError)
    assert "is closed and has insufficient elements (requested 3, current size 1)" in str(error)
    assert session.run(up_to).tolist() == [1]  # what the first had taken went back


@pytest.mark.parametrize("blocked", ["dequeue", "enqueue", "dequeue_many"])
def test_closing_the_session_wakes_everybody(blocked: str) -> None:
    queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
    put = queue.enqueue(1)
    operation = {"dequeue": queue.dequeue(), "enqueue": put, "dequeue_many": queue.dequeue_many(4)}[blocked]
    session = tf.Session()
    if blocked == "enqueue":
        session.run(put)
    waiting = [Background(lambda: session.run(operation)) for _ in range(3)]
    until_waiting(session, 3)
    session.close()
    for thread in waiting:
        assert isinstance(thread.outcome(), (tf.errors.CancelledError, RuntimeError))


def test_a_time_limit_ends_the_wait_and_loses_nothing(session: Any) -> None:
    queue = tf.FIFOQueue(9, tf.int32, shapes=[[]])
    put, three, size = queue.enqueue_many([[1, 2]]), queue.dequeue_many(3), queue.size()
    session.run(put)
    with pytest.raises(tf.errors.DeadlineExceededError, match="Timed out waiting"):
        session.run(three, options=tf.RunOptions(timeout_in_ms=50))
    assert session.run(size) == 2
    session.run(put)
    assert session.run(three).tolist() == [1, 2, 1]  # later runs have no limit


def test_the_configuration_limits_every_run() -> None:
    queue = tf.FIFOQueue(9, tf.int32, shapes=[[]])
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=50)) as session:
        for _ in range(2):
            with pytest.raises(tf.errors.DeadlineExceededError):
                session.run(queue.dequeue())


def test_a_run_may_fill_and_empty_a_queue_whatever_was_made_first(session: Any) -> None:
    queue = tf.FIFOQueue(9, tf.int32, shapes=[[]])
    take = queue.dequeue()
    put = queue.enqueue(5)
    assert session.run([take, put])[0] == 5


def test_what_is_put_in_is_not_changed_by_later_assignments(session: Any) -> None:
    variable = tf.Variable([1.0, 2.0])
    queue = tf.FIFOQueue(9, tf.float32, shapes=[[2]])
    put, many, add, take = queue.enqueue(variable), queue.enqueue_many([[variable]]), variable.assign_add([1, 1]), None
    take = queue.dequeue()
    session.run(tf.global_variables_initializer())
    session.run(put)
    session.run(many)
    session.run(add)
    assert session.run(take).tolist() == [1, 2]
    found = session.run(take)
    assert found.tolist() == [1, 2]


def test_queues_of_two_sessions_are_two() -> None:
    queue = tf.FIFOQueue(9, tf.int32, shapes=[[]])
    put, size = queue.enqueue(1), queue.size()
    with tf.Session() as one, tf.Session() as two:
        one.run(put)
        assert (one.run(size), two.run(size)) == (1, 0)


def test_one_shared_name_is_one_kind_of_queue(session: Any) -> None:
    first = tf.RandomShuffleQueue(9, 1, tf.int32, shapes=[[]], shared_name="s")
    session.run(first.size())
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected RandomShuffleQueue, found FIFOQueueV2"):
        session.run(tf.FIFOQueue(9, tf.int32, shared_name="s").size())


def test_a_waiting_runner_does_not_make_updates_copy(session: Any) -> None:
    queue = tf.train.range_input_producer(5)
    variable = tf.Variable(tf.zeros([4]))
    add = variable.assign_add(tf.ones([4]))
    session.run(tf.global_variables_initializer())
    tf.train.start_queue_runners(sess=session, coord=tf.train.Coordinator())
    session.run(queue.dequeue())
    cell = session.resources.cell(variable.op)
    before = cell.value.data_ptr()
    session.run(add.op)
    assert cell.value.data_ptr() == before


# -- runners and coordinators ---------------------------------------------------------------------------------------


def collect(session: Any, fetch: Any) -> list[Any]:
    """Runs until the end of the input, between `start_queue_runners` and `join`."""
    coordinator = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=session, coord=coordinator)
    found = []
    try:
        while not coordinator.should_stop():
            found.append(session.run(fetch))
    except tf.errors.OutOfRangeError:
        pass
    finally:
        coordinator.request_stop()
    coordinator.join(threads, stop_grace_period_secs=LIMIT)
    assert not any(thread.is_alive() for thread in threads)
    return found


def test_epochs_end(session: Any) -> None:
    x = tf.train.range_input_producer(4, num_epochs=3, shuffle=False, capacity=2).dequeue()
    session.run(tf.local_variables_initializer())
    assert collect(session, x) == [0, 1, 2, 3] * 3


def test_local_variables_must_be_initialized(session: Any) -> None:
    x = tf.train.range_input_producer(4, num_epochs=3).dequeue()
    coordinator = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=session, coord=coordinator)
    with pytest.raises(tf.errors.OpError):
        session.run(x)
    with pytest.raises(tf.errors.FailedPreconditionError, match=r"epochs. Run tf.local_variables_initializer\(\)"):
        coordinator.join(threads)


@pytest.mark.parametrize("smaller", [False, True])
def test_the_last_batch(session: Any, smaller: bool) -> None:
    x = tf.train.range_input_producer(5, num_epochs=1, shuffle=False).dequeue()
    batch = tf.train.batch([x], 2, allow_smaller_final_batch=smaller)
    session.run(tf.local_variables_initializer())
    found = [part.tolist() for part in collect(session, batch)]
    assert found == [[0, 1], [2, 3], [4]][: 3 if smaller else 2]


def test_every_epoch_is_shuffled_and_complete(session: Any) -> None:
    x = tf.train.string_input_producer(list("abcdefgh"), num_epochs=5, seed=4).dequeue()
    session.run(tf.local_variables_initializer())
    found = collect(session, x)
    epochs = [tuple(found[start : start + 8]) for start in range(0, 40, 8)]
    assert all(sorted(epoch) == [c.encode() for c in "abcdefgh"] for epoch in epochs)
    assert len(set(epochs)) > 1


def test_slices_stay_together(session: Any) -> None:
    numbers, names = tf.train.slice_input_producer([np.arange(12).reshape(6, 2), list("abcdef")], num_epochs=2)
    batch = tf.train.shuffle_batch([numbers, names], 3, 8, 2, num_threads=3, allow_smaller_final_batch=True)
    session.run(tf.local_variables_initializer())
    pairs = [(tuple(n), s) for found in collect(session, batch) for n, s in zip(*found, strict=True)]
    assert sorted(pairs) == sorted([((2 * k, 2 * k + 1), b"abcdef"[k : k + 1]) for k in range(6)] * 2)


@pytest.mark.parametrize("many", [False, True])
def test_keep_input(session: Any, many: bool) -> None:
    x = tf.train.range_input_producer(10, num_epochs=1, shuffle=False).dequeue()
    if many:
        batch = tf.train.maybe_batch(
            [[x, x + 100]], tf.stack([tf.equal(x % 3, 0), tf.equal(x, 5)]), 2, enqueue_many=True
        )
        expected = [[0, 3], [105, 6]]
    else:
        batch, expected = tf.train.maybe_batch([x], tf.equal(x % 3, 0), 2), [[0, 3], [6, 9]]
    session.run(tf.local_variables_initializer())
    assert [found.tolist() for found in collect(session, batch)] == expected


def test_sparse_tensors_are_batched(session: Any) -> None:
    x = tf.train.range_input_producer(4, num_epochs=1, shuffle=False).dequeue()
    position = tf.cast(x, tf.int64)
    sparse = tf.SparseTensor(tf.reshape(position, [1, 1]), tf.reshape(x * 10, [1]), tf.reshape(position + 1, [1]))
    batch = tf.train.batch({"s": sparse, "x": x}, 2)
    assert isinstance(batch["s"], tf.SparseTensor)
    session.run(tf.local_variables_initializer())
    first, second = collect(session, batch)
    assert first["s"].indices.tolist() == [[0, 0], [1, 1]]
    assert second["s"].values.tolist() == [20, 30]
    assert second["s"].dense_shape.tolist() == [2, 4]
    assert second["x"].tolist() == [2, 3]


def test_rows_of_sparse_tensors_are_batched(session: Any) -> None:
    sparse = tf.SparseTensor([[0, 1], [2, 0], [2, 2]], ["a", "b", "c"], [3, 4])
    with tf.control_dependencies([tf.train.limit_epochs(tf.constant(1), 1)]):
        values = tf.identity(sparse.values)
    batch = tf.train.batch([tf.SparseTensor(sparse.indices, values, sparse.dense_shape)], 3, enqueue_many=True)
    session.run(tf.local_variables_initializer())
    (found,) = collect(session, batch)
    assert found.indices.tolist() == [[0, 1], [2, 0], [2, 2]]
    assert found.values.tolist() == [b"a", b"b", b"c"]
    assert found.dense_shape.tolist() == [3, 4]


def test_buckets_hold_alike_lengths(session: Any) -> None:
    n = tf.train.range_input_producer(24, num_epochs=2, shuffle=False).dequeue() % 8 + 1
    lengths, words = tf.contrib.training.bucket_by_sequence_length(
        n, [tf.fill([n], n)], 4, [3, 6], dynamic_pad=True, allow_smaller_final_batch=True
    )
    session.run(tf.local_variables_initializer())
    seen = []
    for found, rows in collect(session, [lengths, words[0]]):
        assert len({0 if k < 3 else 1 if k < 6 else 2 for k in found}) == 1
        assert rows.shape == (len(found), max(found))
        for length, row in zip(found, rows, strict=True):
            assert row.tolist() == [length] * length + [0] * (max(found) - length)
        seen.extend(found)
    assert sorted(seen) == sorted([k % 8 + 1 for k in range(24)] * 2)


def test_an_example_without_a_bucket_is_left_out(session: Any) -> None:
    n = tf.train.range_input_producer(6, num_epochs=1, shuffle=False).dequeue()
    which, value = tf.contrib.training.bucket([n], n % 3, 2, 2, keep_input=n < 5)
    session.run(tf.local_variables_initializer())
    found = sorted((int(k), v.tolist()) for k, v in collect(session, [which, value]))
    assert found == [(0, [0, 3]), (1, [1, 4])]


def test_a_failure_in_a_thread_reaches_join(session: Any) -> None:
    def fail(x: Any) -> Any:
        raise ValueError("nothing to read")

    x = tf.py_func(fail, [1], tf.int32)
    x.set_shape([])
    batch = tf.train.batch([x], 2)
    coordinator = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=session, coord=coordinator)
    with pytest.raises(tf.errors.OutOfRangeError):  # the queue was closed under the reader
        session.run(batch)
    with pytest.raises(tf.errors.InvalidArgumentError, match="nothing to read"):
        coordinator.join(threads, stop_grace_period_secs=LIMIT)


def test_a_failure_without_a_coordinator_is_kept(session: Any) -> None:
    def fail() -> Any:
        raise ValueError("nothing to read")

    queue = tf.FIFOQueue(3, tf.int32, shapes=[[]])
    value = tf.py_func(fail, [], tf.int32)
    value.set_shape([])
    runner = tf.train.QueueRunner(queue, [queue.enqueue(value)])
    for thread in runner.create_threads(session, start=True):
        thread.join(LIMIT)
    assert [type(error) for error in runner.exceptions_raised] == [tf.errors.InvalidArgumentError]


def test_runners_are_not_started_twice(session: Any) -> None:
    tf.train.range_input_producer(4)
    coordinator = tf.train.Coordinator()
    first = tf.train.start_queue_runners(sess=session, coord=coordinator)
    second = tf.train.start_queue_runners(sess=session, coord=coordinator)
    assert ([thread.name for thread in first], second) == (
        [
            "QueueRunnerThread-input_producer-input_producer/input_producer_EnqueueMany",
            "QueueRunnerThread-input_producer-close_on_stop",
        ],
        [],
    )
    coordinator.request_stop()
    coordinator.join(first)


def test_closing_a_session_ends_its_runners() -> None:
    x = tf.train.range_input_producer(4).dequeue()
    with tf.Session() as session:
        threads = tf.train.start_queue_runners(sess=session)
        session.run(x)
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive()


def test_coordinator_raises_the_first_failure() -> None:
    coordinator = tf.train.Coordinator()

    def work(kind: type[Exception], delay: float) -> None:
        with coordinator.stop_on_exception():
            coordinator.wait_for_stop(delay)
            raise kind("broken")

    threads = [threading.Thread(target=work, args=a) for a in ((KeyError, 0.01), (ValueError, LIMIT))]
    for thread in threads:
        thread.start()
    with pytest.raises(KeyError, match="broken"):
        coordinator.join(threads)
    assert coordinator.joined
    with pytest.raises(KeyError):
        coordinator.raise_requested_exception()
    with pytest.raises(ZeroDivisionError):
        coordinator.request_stop(ZeroDivisionError("late"))
    coordinator.clear_stop()
    assert not coordinator.should_stop()
    coordinator.raise_requested_exception()


def test_the_end_of_the_input_is_a_clean_stop() -> None:
    coordinator = tf.train.Coordinator()
    with coordinator.stop_on_exception():
        raise tf.errors.OutOfRangeError(None, None, "end")
    assert coordinator.should_stop()
    coordinator.join([])
    picky = tf.train.Coordinator(clean_stop_exception_types=(KeyError,))
    picky.request_stop(KeyError("clean"))
    picky.join([])


def test_threads_that_do_not_stop() -> None:
    coordinator, release = tf.train.Coordinator(), threading.Event()
    thread = threading.Thread(target=release.wait, args=(LIMIT,), name="stubborn")
    thread.start()
    coordinator.register_thread(thread)
    coordinator.request_stop()
    with pytest.raises(RuntimeError, match="Coordinator stopped with threads still running: stubborn"):
        coordinator.join(stop_grace_period_secs=0.05)
    coordinator.join([thread], stop_grace_period_secs=0.05, ignore_live_threads=True)
    release.set()
    thread.join(LIMIT)


def test_join_returns_when_all_threads_have_ended() -> None:
    coordinator = tf.train.Coordinator()
    thread = threading.Thread(target=lambda: None)
    thread.start()
    coordinator.join([thread])
    assert not coordinator.should_stop()


def test_loopers() -> None:
    coordinator = tf.train.Coordinator()
    calls: list[int] = []
    looper = tf.train.LooperThread.loop(coordinator, 0.005, calls.append, (1,))
    free = tf.train.LooperThread.loop(coordinator, None, lambda n: time.sleep(n), kwargs={"n": 0.001})
    until(lambda: len(calls) >= 3)
    coordinator.request_stop()
    coordinator.join(stop_grace_period_secs=LIMIT)
    assert not looper.is_alive()
    assert not free.is_alive()
    with pytest.raises(ValueError, match="must be a Coordinator"):
        tf.train.LooperThread(None, 1.0)


# -- the queue itself, under any order of events --------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.integers(1, 4),
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=6),
    takes=st.lists(st.integers(1, 5), min_size=1, max_size=8),
    shuffled=st.booleans(),
)
def test_nothing_is_lost_or_doubled(capacity: int, sizes: list[int], takes: list[int], shuffled: bool) -> None:
    store = Shuffled(0, iter(lambda: 7, None)) if shuffled else Fifo()
    queue = QueueState("q", store, capacity, lambda event: event.wait(LIMIT))  # type: ignore[arg-type,return-value]
    numbers = iter(range(1000))
    groups = [[(next(numbers),) for _ in range(size)] for size in sizes]
    putting = [Background(lambda group=group: queue.put(group)) for group in groups]
    total, found = sum(sizes), []
    for count in takes:
        if len(found) + count <= total:
            found += queue.take(count)
    rest = Background(lambda: queue.take(total - len(found)) if len(found) < total else [])
    found += rest.outcome()
    for thread in putting:
        assert thread.outcome() is None
    assert sorted(found) == [(k,) for k in range(total)]
    if not shuffled:
        for group in groups:  # each group in its order, whatever came between
            assert [element for element in found if element in group] == group
