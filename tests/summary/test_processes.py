"""Event files and the ends of processes: exits, kills, forks. Each in a process of its own, which must end in time."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import recell.v1 as tf

_HEAD = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python's, about forks beside threads
import recell.v1 as tf
folder = sys.argv[1]
def add(writer, step):
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=step)]), step)
writer = tf.summary.FileWriter(folder)
"""


def run(folder: pathlib.Path, program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _HEAD + program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def steps(folder: pathlib.Path) -> list[list[int]]:
    paths = sorted(folder.iterdir())
    return [[event.step for event in tf.train.summary_iterator(str(path))][1:] for path in paths]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError('wrong')", 1),
        ("del writer", 0),
        ("threading.Thread(target=lambda: (time.sleep(0.2), add(writer, 100))).start()", 0),
    ],
)
def test_the_end_of_the_program_loses_nothing(tmp_path: pathlib.Path, end: str, code: int) -> None:
    done = run(tmp_path, f"for k in range(100): add(writer, k)\n{end}")
    assert done.returncode == code, done.stderr
    expected = list(range(101 if "Thread" in end else 100))
    assert steps(tmp_path) == [expected]


def test_many_writers_at_the_end_of_the_program(tmp_path: pathlib.Path) -> None:
    done = run(
        tmp_path, "ws = [tf.summary.FileWriter(folder) for _ in range(20)]\nfor k, w in enumerate(ws): add(w, k)"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(steps(tmp_path)) == [[k] for k in range(20)]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_what_was_flushed_survives_a_kill(tmp_path: pathlib.Path, end: str) -> None:
    run(tmp_path, f"for k in range(10): add(writer, k)\nwriter.flush()\nfor k in range(10, 30): add(writer, k)\n{end}")
    (found,) = steps(tmp_path)
    assert found == list(range(len(found)))
    assert len(found) >= 10


def test_a_failure_at_the_end_is_told(tmp_path: pathlib.Path) -> None:
    done = run(
        tmp_path,
        """
from recell.platform.records import RecordWriter
add(writer, 0)
writer.flush()
def full(self, record): raise tf.errors.ResourceExhaustedError(None, None, "no space")
RecordWriter.write = full
add(writer, 1)
""",
    )
    assert "could not be written: no space" in done.stderr
    assert done.returncode == 0


def test_a_forked_process_writes_a_file_of_its_own(tmp_path: pathlib.Path) -> None:
    done = run(
        tmp_path,
        """
for k in range(50): add(writer, k)
child = os.fork()
for k in range(10): add(writer, (1000 if child == 0 else 100) + k)
if child == 0:
    os._exit(0)  # as the processes of multiprocessing end: nothing runs
assert os.waitpid(child, 0)[1] == 0
writer.close()
""",
    )
    assert done.returncode == 0, done.stderr
    assert sorted(steps(tmp_path)) == [[*range(50), *range(100, 110)], list(range(1000, 1010))]


def test_a_forked_process_that_adds_nothing_writes_nothing(tmp_path: pathlib.Path) -> None:
    done = run(
        tmp_path,
        """
for k in range(50): add(writer, k)
child = os.fork()
if child == 0: sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    )
    assert done.returncode == 0, done.stderr
    assert steps(tmp_path) == [list(range(50))]


def test_forks_while_threads_add(tmp_path: pathlib.Path) -> None:
    done = run(
        tmp_path,
        """
stop = threading.Event()
count = [0]
def work():
    while not stop.is_set():
        add(writer, count[0])
        count[0] += 1
        time.sleep(0.0005)
thread = threading.Thread(target=work)
thread.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        add(writer, 10**6)
        writer.flush()
        writer.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
thread.join()
writer.close()
print(count[0])
""",
    )
    assert done.returncode == 0, done.stderr
    found = steps(tmp_path)
    assert sorted(found)[0] == list(range(int(done.stdout)))
    assert sorted(found)[1:] == [[10**6]] * 10


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_multiprocessing(tmp_path: pathlib.Path, method: str) -> None:
    script = tmp_path / "script.py"
    logs = tmp_path / "logs"
    script.write_text(
        _HEAD.replace("folder = sys.argv[1]", f"folder = {str(logs)!r}").replace("writer = ", "make = lambda: ")
        + f"""
import multiprocessing
def work(writer, step):
    add(writer or make(), step)
if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    writer = make()
    add(writer, 1)
    passed = writer if {method!r} == "fork" else None
    processes = [context.Process(target=work, args=(passed, 10 + k)) for k in range(2)]
    for process in processes: process.start()
    for process in processes: process.join(50)
    assert [process.exitcode for process in processes] == [0, 0]
    add(writer, 2)
"""
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(steps(logs)) == [[1, 2], [10], [11]]
