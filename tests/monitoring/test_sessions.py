"""What cases cannot say of sessions: threads that wait, errors in full, nothing that is left behind."""

from __future__ import annotations

import gc
import glob
import logging
import pathlib
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import recell.v1 as tf

GRACE = 20
"""Far less than the two minutes that closing may wait for threads: whatever takes as long has hung."""


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    before, start = set(threading.enumerate()), time.time()
    yield
    tf.summary.FileWriterCache.clear()
    assert time.time() - start < GRACE
    until = time.time() + 5
    while [t for t in threading.enumerate() if t not in before and not t.daemon] and time.time() < until:
        time.sleep(0.01)
    assert not [t for t in threading.enumerate() if t not in before and "recell-events" not in t.name]


def test_closing_wakes_a_runner_that_waits_for_room() -> None:
    queue = tf.FIFOQueue(1, [tf.float32])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1.0)] * 3))
    item = queue.dequeue()
    for _ in range(2):
        with tf.train.MonitoredSession() as session:
            assert session.run(item) == 1.0
            time.sleep(0.05)  # all three runners wait now


def test_closing_wakes_a_runner_that_waits_for_items() -> None:
    source, queue = tf.FIFOQueue(1, [tf.float32]), tf.FIFOQueue(1, [tf.float32])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(source.dequeue())]))
    size = queue.size()
    with tf.train.MonitoredSession() as session:
        assert session.run(size) == 0
        time.sleep(0.05)


def test_a_supervisor_stops_runners_that_wait() -> None:
    source, queue = tf.FIFOQueue(1, [tf.float32]), tf.FIFOQueue(1, [tf.float32])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(source.dequeue())]))
    sv = tf.train.Supervisor()
    with sv.managed_session():
        time.sleep(0.05)
    assert sv.should_stop()


def test_a_supervisor_whose_summaries_wait_for_input(tmp_path: pathlib.Path) -> None:
    queue = tf.FIFOQueue(1, [tf.float32])
    item = queue.dequeue()
    item.set_shape([])
    tf.train.get_or_create_global_step()
    tf.summary.scalar("item", item)
    sv = tf.train.Supervisor(logdir=str(tmp_path), save_summaries_secs=1, stop_grace_secs=2)
    with sv.managed_session():
        time.sleep(0.1)  # the thread of summaries waits for an item that never comes
    assert sv.should_stop()


def test_what_a_thread_raises_reaches_the_program_from_run() -> None:
    class Failing(tf.train.SessionRunHook):  # type: ignore[misc]
        def after_create_session(self, session: Any, coord: Any) -> None:
            def fail() -> None:
                with coord.stop_on_exception():
                    raise ValueError("in a thread of a hook")

            thread = threading.Thread(target=fail)
            coord.register_thread(thread)
            thread.start()
            thread.join()

    one = tf.constant(1)

    def train(kind: Any) -> None:
        with kind(hooks=[Failing()]) as session:
            while not session.should_stop():
                session.run(one)

    for kind in (tf.train.MonitoredSession, tf.train.SingularMonitoredSession):
        with pytest.raises(ValueError, match="in a thread of a hook"):
            train(kind)


def test_an_error_of_a_run_is_the_one_that_is_raised() -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    with (
        pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x'"),
        tf.train.MonitoredTrainingSession() as session,
    ):
        session.run(x)


def test_the_graph_can_be_built_again_after_the_session() -> None:
    with tf.train.MonitoredSession(), pytest.raises(RuntimeError, match="Graph is finalized"):
        tf.constant(1)
    tf.constant(1)
    with pytest.raises(KeyError), tf.train.MonitoredSession() as session:
        raise KeyError("mine")
    tf.constant(1)
    assert session.graph is None


def test_run_after_close_says_so() -> None:
    one = tf.constant(1)
    session = tf.train.MonitoredSession()
    session.close()
    with pytest.raises(RuntimeError, match="Session is already closed"):
        session.run(one)
    with pytest.raises(RuntimeError, match="Session is already closed"):
        session.run_step_fn(lambda step_context: 1)


def test_a_saver_wants_the_session_itself(tmp_path: pathlib.Path) -> None:
    tf.get_variable("v", [])
    saver = tf.train.Saver()
    with tf.train.SingularMonitoredSession() as session:
        with pytest.raises(TypeError, match="'sess' must be a Session"):
            saver.save(session, str(tmp_path / "m"))
        assert saver.save(session.raw_session(), str(tmp_path / "m")) == str(tmp_path / "m")


def test_closed_sessions_are_not_kept() -> None:
    step = tf.train.get_or_create_global_step()
    more = step.assign_add(1)
    session = tf.train.SingularMonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=3)])
    session.run(more)
    found = weakref.ref(session.raw_session())
    session.close()
    del session
    gc.collect()
    assert found() is None


def test_sessions_of_several_threads(tmp_path: pathlib.Path) -> None:
    results: dict[int, Any] = {}

    def train(number: int) -> None:
        with tf.Graph().as_default():
            step = tf.train.get_or_create_global_step()
            w = tf.get_variable("w", [], initializer=tf.constant_initializer(float(number)))
            more = tf.group(step.assign_add(1), w.assign_add(1.0))
            with tf.train.MonitoredTrainingSession(
                checkpoint_dir=str(tmp_path / str(number)),
                hooks=[tf.train.StopAtStepHook(5)],
                save_summaries_steps=None,
            ) as session:
                while not session.should_stop():
                    session.run(more)
            results[number] = tf.train.load_variable(str(tmp_path / str(number)), "w")

    threads = [threading.Thread(target=train, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: number + 5.0 for number in range(3)}


def test_events_of_a_training_session(tmp_path: pathlib.Path) -> None:
    step = tf.train.get_or_create_global_step()
    more = step.assign_add(1)
    tf.summary.scalar("loss", tf.constant(2.5))
    hooks = [tf.train.StopAtStepHook(4)]
    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path), hooks=hooks, save_summaries_steps=2, log_step_count_steps=2
    ) as session:
        while not session.should_stop():
            session.run(more)
    tf.summary.FileWriterCache.clear()
    tags: dict[str, list[int]] = {}
    logs, graphs = [], 0
    for event in tf.train.summary_iterator(glob.glob(str(tmp_path / "events*"))[0]):
        for value in event.summary.value:
            tags.setdefault(value.tag, []).append(event.step)
        if event.HasField("session_log"):
            logs.append((event.session_log.status, event.step))
        graphs += event.HasField("graph_def")
    assert tags == {"loss": [1, 3], "global_step/sec": [3]}
    assert logs == [(tf.SessionLog.CHECKPOINT, 0), (tf.SessionLog.START, 1), (tf.SessionLog.CHECKPOINT, 4)]
    assert graphs == 2
    assert 'op: "AssignAdd"' in (tmp_path / "graph.pbtxt").read_text()


def test_a_session_that_is_lost_again_and_again(tmp_path: pathlib.Path) -> None:
    step = tf.train.get_or_create_global_step()
    more = step.assign_add(1)

    class Losing(tf.train.SessionRunHook):  # type: ignore[misc]
        runs = 0

        def before_run(self, run_context: Any) -> None:
            Losing.runs += 1
            if Losing.runs % 3:
                raise tf.errors.UnavailableError(None, None, "lost")

    with tf.train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path), hooks=[Losing()], save_checkpoint_steps=1, save_summaries_steps=None
    ) as session:
        assert [int(session.run(more)) for _ in range(4)] == [1, 2, 3, 4]
    assert Losing.runs == 12


def test_a_hook_that_fails_at_the_start_leaves_no_threads() -> None:
    class Fails(tf.train.SessionRunHook):
        def after_create_session(self, session: Any, coord: Any) -> None:
            self.session = session
            raise KeyError("mine")

    queue = tf.FIFOQueue(2, tf.float32, [[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1.0)] * 2))
    size, before, hook = queue.size(), set(threading.enumerate()), Fails()
    for kind in (tf.train.MonitoredSession, tf.train.SingularMonitoredSession):
        with pytest.raises(KeyError, match="mine"):
            kind(hooks=[hook])
        started = set(threading.enumerate()) - before
        for thread in started:
            thread.join(10)
        assert not any(thread.is_alive() for thread in started)
        with pytest.raises(RuntimeError, match="closed"):
            hook.session.run(size)


def test_queues_are_filled_again_after_a_loss() -> None:
    queue = tf.FIFOQueue(5, [tf.int64])
    count = tf.Variable(np.int64(0), collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(count.count_up_to(100))]))
    item = queue.dequeue()

    class Losing(tf.train.SessionRunHook):  # type: ignore[misc]
        runs = 0

        def after_run(self, run_context: Any, run_values: Any) -> None:
            Losing.runs += 1
            if Losing.runs == 3:
                raise tf.errors.AbortedError(None, None, "lost")

    with tf.train.MonitoredSession(hooks=[Losing()]) as session:
        assert [int(session.run(item)) for _ in range(4)] == [0, 1, 0, 1]


def test_logged_numbers_are_those_of_the_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="tensorflow")
    step = tf.train.get_or_create_global_step()
    w = tf.get_variable("w", [], initializer=tf.constant_initializer(4.0))
    loss = tf.square(w, name="loss")
    train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
    hook = tf.train.LoggingTensorHook({"loss": loss, "step": step}, every_n_iter=2)
    with tf.train.MonitoredSession(hooks=[hook, tf.train.StopAtStepHook(3)]) as session:
        while not session.should_stop():
            session.run(train)
    lines = [record.getMessage() for record in caplog.records if "loss" in record.getMessage()]
    assert lines[0] == "loss = 16.0, step = 1"
    assert lines[1].startswith("loss = 1.0, step = 3 (")


def test_steps_that_take_no_time_on_a_coarse_clock(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, logger="tensorflow")
    train = tf.assign_add(tf.train.get_or_create_global_step(), 1)
    monkeypatch.setattr(time, "time", lambda: 1e9)
    with tf.train.MonitoredSession(hooks=[tf.train.StepCounterHook(every_n_steps=1)]) as session:
        for _ in range(3):
            session.run(train)
    assert "global_step/sec: inf" in caplog.messages
