"""Programs that are killed and started again: they go on from the last whole checkpoint."""

from __future__ import annotations

import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import recell.v1 as tf

TRAINING = """
import sys
import recell.v1 as tf
tf.logging.set_verbosity(tf.logging.ERROR)
step = tf.train.get_or_create_global_step()
w = tf.get_variable("w", [100000], initializer=tf.zeros_initializer())
first = w[0]
more = tf.group(step.assign_add(1), w.assign_add(tf.ones([100000])))
last = tf.train.StopAtStepHook(last_step=int(sys.argv[2]))
with tf.train.MonitoredTrainingSession(checkpoint_dir=sys.argv[1], hooks=[last], save_checkpoint_steps=1,
                                       save_summaries_steps=None, log_step_count_steps=None) as s:
    start = s.run(step)
    print("start", start, s.run(first), flush=True)
    while not s.should_stop():
        s.run(more)
        print("step", flush=True)
"""


def started(folder: pathlib.Path, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TRAINING, str(folder), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check_whole(folder: pathlib.Path) -> int:
    """The step of the newest checkpoint, whose values must all be of it."""
    path = tf.train.latest_checkpoint(str(folder))
    assert path is not None
    reader = tf.train.NewCheckpointReader(path)
    step = int(reader.get_tensor("global_step"))
    assert path.endswith(f"model.ckpt-{step}")
    np.testing.assert_array_equal(reader.get_tensor("w"), np.full(100000, step, np.float32))
    return step


def test_a_killed_training_goes_on_from_its_last_whole_checkpoint(tmp_path: pathlib.Path) -> None:
    reached = 0
    for kill in range(3):
        with started(tmp_path, 10**6) as process:
            assert process.stdout is not None
            said = process.stdout.readline().split()
            assert said == ["start", str(reached), str(float(reached))]
            for _ in range(5 + kill):
                process.stdout.readline()
            time.sleep(0.013 * kill)
            process.send_signal(signal.SIGKILL)
            process.stdout.read()
        now = check_whole(tmp_path)
        assert now > reached
        reached = now
    with started(tmp_path, reached + 3) as process:
        assert process.stdout is not None
        said = process.stdout.read()
    assert process.returncode == 0
    assert re.findall("step", said) == ["step"] * 3
    assert check_whole(tmp_path) == reached + 3
    state = tf.train.get_checkpoint_state(str(tmp_path))
    kept = {f"{path}.index" for path in state.all_model_checkpoint_paths}
    there = set(map(str, tmp_path.glob("*.index")))
    assert len(kept) == 5
    assert kept <= there
    # Who is killed after the state says that a checkpoint is no longer kept, and before it is deleted, leaves that one.
    assert len(there - kept) <= 3


SUPERVISED = """
import sys, time
import recell.v1 as tf
tf.logging.set_verbosity(tf.logging.ERROR)
step = tf.train.get_or_create_global_step()
more = step.assign_add(1)
sv = tf.train.Supervisor(logdir=sys.argv[1], save_model_secs=1)
with sv.managed_session() as s:
    print("start", s.run(step), flush=True)
    while not sv.should_stop():
        s.run(more)
        time.sleep(0.01)
"""


def newest_step(folder: pathlib.Path) -> int:
    """The step that a program started in the folder would go on from; -1 before there is a checkpoint."""
    # The folder's state file, not the newest index: a program killed between the two begins where the state says.
    path = tf.train.latest_checkpoint(str(folder))
    return -1 if path is None else int(path.rpartition("-")[2])


def test_a_supervised_program_that_is_killed_goes_on(tmp_path: pathlib.Path) -> None:
    starts = []
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", SUPERVISED, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            starts.append(int(process.stdout.readline().split()[1]))
            until = time.time() + 20
            while time.time() < until and newest_step(tmp_path) <= starts[-1]:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
    assert starts[0] == 0
    assert starts[1] > 0


INTERRUPTED = """
import os, signal, sys, threading
import recell.v1 as tf
step = tf.train.get_or_create_global_step()
more = step.assign_add(1)
n = 0
with tf.train.MonitoredTrainingSession(checkpoint_dir=sys.argv[1], save_summaries_steps=None) as s:
    while True:
        s.run(more)
        n += 1
        if n == 5:
            os.kill(os.getpid(), signal.SIGINT)
"""


def test_ctrl_c_closes_the_session_and_is_raised(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "KeyboardInterrupt" in done.stderr
    assert [path.name for path in tmp_path.glob("*.index")] == ["model.ckpt-0.index"]  # no end: it was not reached


@pytest.mark.parametrize("damage", ["cut", "empty", "gone"])
def test_a_damaged_checkpoint_is_told(tmp_path: pathlib.Path, damage: str) -> None:
    with tf.Graph().as_default():
        tf.get_variable("v", [50])
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            path = pathlib.Path(saver.save(session, str(tmp_path / "m"), 1) + ".index")
        content = path.read_bytes()
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes(content[:100] if damage == "cut" else b"")
        tf.train.get_or_create_global_step()
        if damage == "gone":
            with pytest.raises(ValueError, match="The passed save_path is not a valid checkpoint"):
                tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path))
        else:
            with pytest.raises(tf.errors.DataLossError, match=r"Unable to open table file .*m-1.index: .* cut short"):
                tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path))
