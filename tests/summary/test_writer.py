"""Event files: what goes in comes out, in order, whatever happens in between."""

from __future__ import annotations

import pathlib
import re
import socket
import tempfile
import threading
import time
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recell.v1 as tf
from recell.platform.records import RecordWriter
from recell.summary.event_writer import EventFileWriter


def summary(value: float, tag: str = "a") -> Any:
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=value)])


def read(folder: Any) -> list[list[Any]]:
    """The events of each file in a folder, files in the order of their names, without the first event."""
    found = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        events = list(tf.train.summary_iterator(str(path)))
        assert events[0].file_version == "brain.Event:2"
        assert events[0].wall_time == int(path.name.split(".")[3])
        found.append(events[1:])
    return found


def steps(folder: Any) -> list[list[int]]:
    return [[event.step for event in events] for events in read(folder)]


def test_nothing_is_written_until_there_is_something(tmp_path: pathlib.Path) -> None:
    writer = tf.summary.FileWriter(str(tmp_path / "a" / "b"))
    writer.flush()
    assert list((tmp_path / "a" / "b").iterdir()) == []
    writer.close()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_the_name_of_the_file(tmp_path: pathlib.Path) -> None:
    before = int(time.time())
    with tf.summary.FileWriter(str(tmp_path), filename_suffix=".suf") as writer:
        assert writer.get_logdir() == str(tmp_path)
        writer.add_summary(summary(1.0))
    (path,) = tmp_path.iterdir()
    match = re.fullmatch(r"events\.out\.tfevents\.(\d{10})\.(.*)\.suf", path.name)
    assert match is not None
    assert before <= int(match[1]) <= time.time()
    assert match[2] == socket.gethostname()


def test_values_steps_and_times(tmp_path: pathlib.Path) -> None:
    before = time.time()
    with tf.summary.FileWriter(tmp_path) as writer:
        given = [3, None, np.int64(7), np.float32(2.5), np.array(5), np.array([6]), "8", 2**40]
        for k, step in enumerate(given):
            writer.add_summary(summary(k), step)
    (events,) = read(tmp_path)
    assert [event.step for event in events] == [3, 0, 7, 2, 5, 6, 8, 2**40]
    assert [event.summary.value[0].simple_value for event in events] == list(range(8))
    assert all(before <= event.wall_time <= time.time() for event in events)


@pytest.mark.parametrize("step", ["x", [1], np.array([1, 2])])
def test_a_step_that_is_none(tmp_path: pathlib.Path, step: Any) -> None:
    with tf.summary.FileWriter(tmp_path) as writer, pytest.raises((TypeError, ValueError)):
        writer.add_summary(summary(1.0), step)


def test_summaries_as_bytes_and_messages(tmp_path: pathlib.Path) -> None:
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(summary(1.0).SerializeToString(), 1)
        writer.add_summary(np.array(summary(2.0).SerializeToString(), dtype=object), 2)
        writer.add_summary(summary(3.0), 3)
        for wrong in ("text", None, 1.5, [b""]):
            with pytest.raises(TypeError, match=r"add_summary takes a tf\.Summary or the bytes"):
                writer.add_summary(wrong, 1)
        from google.protobuf.message import DecodeError

        with pytest.raises(DecodeError):
            writer.add_summary(b"abc", 1)
    assert steps(tmp_path) == [[1, 2, 3]]


def test_metadata_of_a_tag_is_written_once(tmp_path: pathlib.Path) -> None:
    metadata = tf.SummaryMetadata(display_name="d")
    given = tf.Summary(value=[tf.Summary.Value(tag=t, simple_value=1.0, metadata=metadata) for t in "ab"])
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(given, 1)
        writer.add_summary(given, 2)
    assert given.value[0].HasField("metadata")
    (events,) = read(tmp_path)
    assert [[v.HasField("metadata") for v in event.summary.value] for event in events] == [[True] * 2, [False] * 2]


def test_other_events(tmp_path: pathlib.Path) -> None:
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 3)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.CHECKPOINT, checkpoint_path="p"))
        writer.add_run_metadata(tf.RunMetadata(), "step 1", 4)
        with pytest.raises(ValueError, match="already used"):
            writer.add_run_metadata(tf.RunMetadata(), "step 1", 5)
        writer.add_event(tf.Event(step=5, wall_time=3.5, summary=summary(1.0)))
        for wrong in (1, "x", b"x", None, summary(1.0)):
            with pytest.raises(TypeError, match=r"tf\.Event"):
                writer.add_event(wrong)
    (events,) = read(tmp_path)
    assert [event.WhichOneof("what") for event in events] == [
        "session_log",
        "session_log",
        "tagged_run_metadata",
        "summary",
    ]
    assert [event.step for event in events] == [3, 0, 4, 5]
    assert events[1].session_log.checkpoint_path == "p"
    assert events[2].tagged_run_metadata.tag == "step 1"
    assert events[3].wall_time == 3.5


def test_flush_is_for_readers(tmp_path: pathlib.Path) -> None:
    writer = tf.summary.FileWriter(tmp_path)
    for k in range(25):
        writer.add_summary(summary(k), k)
        writer.flush()
        assert steps(tmp_path) == [list(range(k + 1))]
    writer.close()


def test_flush_secs_without_another_event(tmp_path: pathlib.Path) -> None:
    writer = tf.summary.FileWriter(tmp_path, flush_secs=0.05)
    writer.add_summary(summary(1.0), 1)
    deadline = time.monotonic() + 20
    while not (any(tmp_path.iterdir()) and steps_so_far(tmp_path) == [1]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    writer.close()


def steps_so_far(folder: pathlib.Path) -> list[int]:
    (path,) = folder.iterdir()
    return [event.step for event in tf.train.summary_iterator(str(path)) if not event.file_version]


@pytest.mark.parametrize("flush_secs", [float("inf"), 1e30, 0, -1])
def test_flush_secs_without_end_and_without_delay(tmp_path: pathlib.Path, flush_secs: float) -> None:
    with tf.summary.FileWriter(tmp_path, flush_secs=flush_secs) as writer:
        for step in range(20):
            writer.add_summary(summary(1.0), step)
            time.sleep(0.001)
    assert steps(tmp_path) == [list(range(20))]


def test_closing_and_reopening(tmp_path: pathlib.Path) -> None:
    writer = tf.summary.FileWriter(tmp_path)
    writer.add_summary(summary(1.0), 1)
    writer.reopen()
    writer.add_summary(summary(1.0), 2)
    writer.close()
    writer.close()
    writer.flush()
    with pytest.warns(UserWarning, match="closed FileWriter"):
        writer.add_summary(summary(1.0), 3)
    assert steps(tmp_path) == [[1, 2]]
    writer.reopen()
    writer.add_summary(summary(1.0), 4)
    writer.close()
    # A second file within the same second does not overwrite the first one.
    assert steps(tmp_path) == [[1, 2], [4]]


def test_writers_of_one_folder_do_not_overwrite_each_other(tmp_path: pathlib.Path) -> None:
    writers = [tf.summary.FileWriter(tmp_path) for _ in range(5)]
    for k, writer in enumerate(writers):
        writer.add_summary(summary(k), k)
    for writer in writers:
        writer.close()
    assert sorted(steps(tmp_path)) == [[0], [1], [2], [3], [4]]


def test_a_with_block_after_the_end(tmp_path: pathlib.Path) -> None:
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(summary(1.0), 1)
    with warnings.catch_warnings(record=True) as caught, writer as again:
        warnings.simplefilter("always")
        again.add_summary(summary(1.0), 2)
    assert [w.category for w in caught] == [UserWarning]
    assert steps(tmp_path) == [[1]]


@pytest.mark.parametrize("max_queue", [-1, 0, 1, 10])
def test_many_threads_lose_nothing(tmp_path: pathlib.Path, max_queue: int) -> None:
    writer = tf.summary.FileWriter(tmp_path, max_queue=max_queue)

    def add(first: int) -> None:
        for k in range(100):
            writer.add_summary(summary(k), first + k)

    threads = [threading.Thread(target=add, args=(1000 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    writer.close()
    (found,) = steps(tmp_path)
    for number in range(6):
        assert [s for s in found if s // 1000 == number] == list(range(1000 * number, 1000 * number + 100))
    assert len(found) == 600


def test_add_waits_while_the_queue_is_full(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = threading.Event()
    write = RecordWriter.write

    def slow(self: RecordWriter, record: bytes) -> None:
        assert threading.current_thread() is threading.main_thread() or allowed.wait(60)
        write(self, record)

    monkeypatch.setattr(RecordWriter, "write", slow)
    writer = tf.summary.FileWriter(tmp_path, max_queue=3)
    writer.add_summary(summary(0), 0)
    added = []

    def add() -> None:
        for k in range(1, 10):
            writer.add_summary(summary(k), k)
            added.append(k)

    thread = threading.Thread(target=add)
    thread.start()
    deadline = time.monotonic() + 20
    while len(added) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    assert 3 <= len(added) <= 6
    allowed.set()
    thread.join(60)
    writer.close()
    assert steps(tmp_path) == [list(range(10))]


def test_what_fails_in_the_thread_is_raised(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = tf.summary.FileWriter(tmp_path)
    writer.add_summary(summary(0), 0)
    writer.flush()

    def full(self: RecordWriter, record: bytes) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(RecordWriter, "write", full)
    writer.event_writer.add_event(tf.Event(step=1))
    with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left"):
        writer.flush()
    monkeypatch.undo()
    writer.add_summary(summary(7), 7)
    writer.close()
    assert steps(tmp_path)[0][-1] == 7


def test_folders_that_cannot_be(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(tf.errors.OpError):
        tf.summary.FileWriter(tmp_path / "file")
    with pytest.raises(tf.errors.OpError):
        tf.summary.FileWriter(tmp_path / "file" / "below")
    with pytest.raises(TypeError):
        tf.summary.FileWriter(None)
    with pytest.raises(ValueError, match="session"):
        tf.summary.FileWriter(tmp_path, session=object())


def test_a_folder_that_was_removed_is_made_again(tmp_path: pathlib.Path) -> None:
    writer = tf.summary.FileWriter(tmp_path / "logs")
    (tmp_path / "logs").rmdir()
    writer.add_summary(summary(1), 1)
    writer.close()
    assert steps(tmp_path / "logs") == [[1]]


def test_bytes_as_folder(tmp_path: pathlib.Path) -> None:
    with tf.summary.FileWriter(str(tmp_path).encode()) as writer:
        writer.add_summary(summary(1), 1)
    assert steps(tmp_path) == [[1]]


def test_the_present_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with tf.summary.FileWriter("") as writer:
        writer.add_summary(summary(1), 1)
        assert writer.get_logdir() == ""
    assert steps(tmp_path) == [[1]]


def test_event_file_writer_alone(tmp_path: pathlib.Path) -> None:
    writer = EventFileWriter(tmp_path)
    writer.add_event(tf.Event(step=1))
    writer.close()
    writer.add_event(tf.Event(step=2))
    writer.reopen()
    writer.add_event(tf.Event(step=3))
    writer.close()
    assert steps(tmp_path) == [[1], [3]]


def test_the_cache(tmp_path: pathlib.Path) -> None:
    cache = tf.summary.FileWriterCache
    cache.clear()
    with tf.Graph().as_default():
        tf.constant(1.0, name="c")
        writer = cache.get(str(tmp_path))
        assert cache.get(str(tmp_path)) is writer
    cache.clear()
    assert cache.get(str(tmp_path)) is not writer
    writer.close()
    cache.get(str(tmp_path)).close()
    cache.clear()
    first = read(tmp_path)[0][0]
    assert [node.name for node in tf.GraphDef.FromString(first.graph_def).node] == ["c"]


_events = st.lists(
    st.one_of(
        st.builds(lambda s, v: tf.Event(step=s, summary=summary(v)), st.integers(0, 2**62), st.floats(width=32)),
        st.builds(lambda t: tf.Event(wall_time=1.0, log_message=tf.LogMessage(message=t)), st.text(max_size=50)),
        st.builds(lambda b: tf.Event(graph_def=b), st.binary(max_size=2000)),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(_events, st.integers(0, 5), st.sampled_from([0.0, 120.0]))
def test_any_events_come_back(events: list[Any], max_queue: int, flush_secs: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with tf.summary.FileWriter(folder, max_queue=max_queue, flush_secs=flush_secs) as writer:
            for event in events:
                writer.add_event(event)
        found = [event.SerializeToString() for file in read(folder) for event in file]
        assert found == [event.SerializeToString() for event in events]


def test_an_event_may_be_changed_after_it_was_added(tmp_path: pathlib.Path) -> None:
    event = tf.Event(step=1)
    with tf.summary.FileWriter(tmp_path) as writer:
        for step in range(50):
            event.step = step
            writer.add_event(event)
    assert steps(tmp_path) == [list(range(50))]
