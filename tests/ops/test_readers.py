"""Readers against TensorFlow 1.15's answers, and what those answers do not cover: threads, files, closing."""

from __future__ import annotations

import pathlib
import tempfile
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import figures

import recell.v1 as tf
from recell.ops.reader_state import ReaderState, Slices

FILE = pathlib.Path(__file__).with_name("readers_cases.txt")


@pytest.mark.parametrize("name", figures.read_cases(FILE))
def test_same_as_tensorflow(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    figures.check(figures.read_answers(FILE)[name], figures.answer(tf, figures.read_cases(FILE)[name]))


def _queue(names: list[pathlib.Path], close: bool = True) -> tuple[tf.QueueBase, list[tf.Operation]]:
    queue = tf.FIFOQueue(100, tf.string, shapes=[()])
    fill = [queue.enqueue_many([[str(name) for name in names]])]
    return queue, [*fill, queue.close()] if close else fill


def test_threads_share_a_reader(tmp_path: pathlib.Path) -> None:
    for k in range(3):
        (tmp_path / f"{k}").write_text("".join(f"{k} {n}\n" for n in range(200)))
    queue, fill = _queue([tmp_path / f"{k}" for k in range(3)])
    reader = tf.TextLineReader()
    value, counts = reader.read(queue).value, [reader.num_records_produced(), reader.num_work_units_completed()]
    found: list[list[bytes]] = [[] for _ in range(4)]
    with tf.Session() as session:
        for op in fill:
            session.run(op)

        def read(mine: list[bytes]) -> None:
            try:
                while True:
                    mine.append(session.run(value))
            except tf.errors.OutOfRangeError:
                pass

        threads = [threading.Thread(target=read, args=(mine,)) for mine in found]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert session.run(counts) == [600, 3]
    everything = [line for mine in found for line in mine]
    assert sorted(everything) == sorted(b"%d %d" % (k, n) for k in range(3) for n in range(200))
    for mine in found:
        assert mine == sorted(mine, key=lambda line: tuple(map(int, line.split())))


@pytest.mark.parametrize("make", [tf.TextLineReader, tf.WholeFileReader, tf.TFRecordReader])
def test_closing_the_session_wakes_who_waits_for_a_name(make: Any) -> None:
    queue, _ = _queue([])
    key = make().read(queue).key
    session = tf.Session()
    raised: list[BaseException] = []
    started = threading.Event()

    def read() -> None:
        started.set()
        try:
            session.run(key)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    started.wait(10)
    time.sleep(0.05)
    session.close()
    for thread in threads:
        thread.join(30)
    assert [type(error) for error in raised if isinstance(error, tf.errors.CancelledError)]
    assert all(isinstance(error, (tf.errors.CancelledError, RuntimeError)) for error in raised)
    assert len(raised) == 2


def test_closing_the_session_closes_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_text("one\ntwo\n")
    queue, fill = _queue([tmp_path / "a"])
    value = tf.TextLineReader().read(queue).value
    with tf.Session() as session:
        for op in fill:
            session.run(op)
        assert session.run(value) == b"one"
        (state,) = (r for r in session.resources.shared.values() if isinstance(r, ReaderState))
        source: Any = state._source
        assert not source._file.closed
    assert source._file.closed


def test_a_time_limit_ends_the_wait(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_text("one\n")
    queue, fill = _queue([tmp_path / "a"], close=False)
    value = tf.TextLineReader().read(queue).value
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=200)) as session:
        session.run(fill[0])
        assert session.run(value) == b"one"
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(value)
        session.run(fill[0])
        assert session.run(value) == b"one"


def test_a_negative_number_of_records(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_text("one\n")
    queue, fill = _queue([tmp_path / "a"])
    keys = tf.TextLineReader().read_up_to(queue, -1).keys
    with tf.Session() as session:
        session.run(fill[0])
        with pytest.raises(tf.errors.InvalidArgumentError, match="num_records must be >= 0, but is -1"):
            session.run(keys)


@settings(max_examples=30, deadline=None)
@given(
    data=st.binary(max_size=60),
    size=st.integers(1, 9),
    header=st.integers(0, 5),
    footer=st.integers(0, 5),
    hop=st.integers(0, 9),
)
def test_slices_are_those_of_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, size: int, header: int, footer: int, hop: int
) -> None:
    path = tmp_path_factory.mktemp("slices") / "a"
    path.write_bytes(data)
    middle = data[header : max(header, len(data) - footer)]
    starts = range(0, len(middle) - size + 1, hop or size)
    expected = [(b"n:%d" % k, middle[start : start + size]) for k, start in enumerate(starts)]
    if len(data) < header:
        with pytest.raises(tf.errors.OutOfRangeError):
            Slices(str(path).encode(), size, header, footer, hop, "")
        return
    source = Slices(str(path).encode(), size, header, footer, hop, "")
    source._name = b"n"
    found = list(iter(source.next, None))
    source.close()
    assert found == expected
